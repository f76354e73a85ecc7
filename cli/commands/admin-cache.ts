/** `framecast admin cache`: what is kept for reuse, and letting it go. */
import { evict } from '../../core/jobs/cache-eviction.ts'
import type { CacheStage } from '../../core/jobs/content-cache.ts'
import type { CommandContext } from '../context.ts'
import { tableLines } from '../table.ts'
import { bytesText } from '../text.ts'
import { type AdminFlags, parseAge, withPool } from './admin.ts'

type Row = {
  scope: string
  stage: CacheStage
  entries: number
  bytes: string
  hits: string
  last_used_at: Date
}

export async function cacheList(flags: AdminFlags, context: CommandContext): Promise<void> {
  await withPool(flags, context, async (pool) => {
    const { rows } = await pool.query<Row>(
      `select scope::text, stage, count(*)::int as entries, sum(size_bytes) as bytes, sum(hits) as hits,
         max(last_used_at) as last_used_at
       from content_cache group by scope, stage order by scope, stage`,
    )
    const found = rows.map((row) => ({
      ...row,
      bytes: Number(row.bytes),
      hits: Number(row.hits),
      last_used_at: row.last_used_at.toISOString(),
    }))
    if (flags.json) {
      context.terminal.out(JSON.stringify(found))
      return
    }
    const cells = found.map((row) => [
      row.scope,
      row.stage,
      String(row.entries),
      bytesText(row.bytes),
      String(row.hits),
      row.last_used_at.slice(0, 10),
    ])
    for (const line of tableLines(
      ['owner', 'stage', 'entries', 'size', 'reused', 'last used'],
      cells,
      [2, 3, 4],
    ))
      context.terminal.out(line)
    const bytes = found.reduce((sum, row) => sum + row.bytes, 0)
    const entries = found.reduce((sum, row) => sum + row.entries, 0)
    context.terminal.out(`${entries} entries, ${bytesText(bytes)} in all`)
  })
}

export type EvictFlags = AdminFlags & {
  olderThan: string
  maxBytes: number
  owner?: string
  stage?: CacheStage
  dryRun?: boolean
}

export async function cacheEvict(flags: EvictFlags, context: CommandContext): Promise<void> {
  const rules = {
    unusedS: parseAge(flags.olderThan),
    maxBytes: flags.maxBytes,
    ...(flags.stage && { stage: flags.stage }),
  }
  await withPool(flags, context, async (pool) => {
    const dryRun = flags.dryRun === true
    const evicted = await evict(pool, rules, {
      dryRun,
      signal: context.signal,
      ...(flags.owner && { scope: flags.owner }),
    })
    const found = [...evicted].map(([scope, gone]) => ({ scope, ...gone }))
    if (flags.json) {
      context.terminal.out(JSON.stringify({ evicted: found, dry_run: dryRun }))
      return
    }
    for (const { scope, entries, bytes } of found)
      context.terminal.out(`${scope}  ${entries} entries, ${bytesText(bytes)}`)
    const entries = found.reduce((sum, one) => sum + one.entries, 0)
    context.terminal.out(
      `${entries} entries ${dryRun ? 'would go' : 'are gone; workers remove their files'}.`,
    )
  })
}
