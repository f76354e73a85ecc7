/** Storyboard validation with what only the database knows: which assets the caller may use. */
import type { Config } from '../platform/config.ts'
import type { Queryable } from '../platform/database.ts'
import { isUuid } from '../platform/ids.ts'
import type { SourceMap } from '../storyboard/source-map.ts'
import { SYSTEM_ASSET_IDS } from '../storyboard/system-assets.ts'
import type { Storyboard } from '../storyboard/types.ts'
import { collectAssetIds, type ValidationResult, validateStoryboard } from '../storyboard/validate.ts'

type AssetRow = { id: string; kind: string }

/**
 * Validates a storyboard for somebody who reaches `owners`. Never throws for what the storyboard holds.
 */
export async function checkSpec(
  db: Queryable,
  spec: unknown,
  owners: readonly string[],
  source: SourceMap | null = null,
  voiceEngine: Config['VOICE_ENGINE'] = 'offline',
): Promise<ValidationResult> {
  const asked = collectAssetIds(spec)
  const ids = [...asked.audio, ...asked.image].filter(isUuid)
  const found = { audio: new Set<string>(), image: new Set<string>() }
  if (ids.length > 0) {
    const { rows } = await db.query<AssetRow>(
      `select id, split_part(content_type, '/', 1) as kind from asset_files
       where id = any($1::uuid[]) and owner = any($2) and status = 'ready'`,
      [ids, owners],
    )
    for (const row of rows) if (row.kind === 'audio' || row.kind === 'image') found[row.kind].add(row.id)
  }
  const context = {
    systemAssets: SYSTEM_ASSET_IDS,
    findAudioAsset: (id: string) => found.audio.has(id.toLowerCase()),
    findImageAsset: (id: string) => found.image.has(id.toLowerCase()),
    voiceEngine: voiceEngine === 'off' ? ('off' as const) : ('on' as const),
  }
  return validateStoryboard(spec, context, source ?? undefined)
}

/** SHA-256 of each reference image that the storyboard names, by asset id. */
export async function imageHashes(db: Queryable, storyboard: Storyboard): Promise<Map<string, string>> {
  const ids = [...collectAssetIds(storyboard).image].filter(isUuid)
  if (ids.length === 0) return new Map()
  const { rows } = await db.query<{ id: string; sha256: string }>(
    `select id, metadata ->> 'sha256' as sha256 from asset_files where id = any($1::uuid[])`,
    [ids],
  )
  return new Map(rows.map((row) => [row.id, row.sha256]))
}
