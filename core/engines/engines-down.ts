/** Which engines have nobody who could work, by what workers know of their servers. */
import type { Config, EngineKind } from '../platform/config.ts'
import type { Queryable } from '../platform/database.ts'
import type { BreakerState } from './breaker.ts'
import { healthOf } from './health.ts'

type Row = {
  engine: EngineKind
  label: string
  drained: boolean
  blocked: boolean
  probe_age_ms: number | null
  probe_failures: number
  breaker: BreakerState
  now_ms: number
}

/**
 * Engines whose every configured server is down or drained. One of which nobody knows anything is given the benefit of the doubt;
 * of a cloud endpoint nothing is kept.
 */
export async function enginesDown(
  db: Queryable,
  { COMFYUI_URLS, PREVIEW_URL }: Pick<Config, 'COMFYUI_URLS' | 'PREVIEW_URL'>,
): Promise<Set<EngineKind>> {
  const { rows } = await db.query<Row>(
    `select engine, label, drained_at is not null as drained, blocked_at is not null as blocked, probe_failures, breaker,
       (extract(epoch from now() - probed_at) * 1000)::float8 as probe_age_ms,
       (extract(epoch from clock_timestamp()) * 1000)::float8 as now_ms
     from engine_hosts`,
  )
  const isDown = (row: Row): boolean =>
    row.drained ||
    healthOf(
      {
        probeAgeMs: row.probe_age_ms,
        probeFailures: row.probe_failures,
        breaker: row.breaker,
        blocked: row.blocked,
        queued: null,
        vramFreeBytes: null,
      },
      row.now_ms,
    ) === 'down'
  const servers: [EngineKind, readonly string[]][] = [
    ['comfyui', COMFYUI_URLS],
    ['preview', PREVIEW_URL ? [PREVIEW_URL] : []],
  ]
  const down = servers.filter(
    ([engine, urls]) =>
      urls.length > 0 &&
      urls.every((url) => {
        const known = rows.filter((row) => row.engine === engine && row.label === new URL(url).host)
        return known.length > 0 && known.every(isDown)
      }),
  )
  return new Set(down.map(([engine]) => engine))
}
