/** Levels of sources, kept so that each source is measured once. */
import type { Queryable } from '../../core/platform/database.ts'
import type { SoundLevel } from './level.ts'

/** What measuring gives may change with the way it is done. */
const METER_VERSION = 1
const keyOf = (identity: string): string => `${METER_VERSION}:${identity}`

/** The levels that are known, by identity. */
export async function findLevels(
  db: Queryable,
  identities: readonly string[],
): Promise<Map<string, SoundLevel>> {
  const { rows } = await db.query<{
    source: string
    samples: string
    lufs: number
    loudest_lufs: number
    true_peak_db: number
  }>(`select source, samples, lufs, loudest_lufs, true_peak_db from sound_levels where source = any($1)`, [
    identities.map(keyOf),
  ])
  const known = new Map(rows.map((row) => [row.source, row]))
  return new Map(
    identities.flatMap((identity) => {
      const row = known.get(keyOf(identity))
      if (!row) return []
      return [
        [
          identity,
          {
            samples: Number(row.samples),
            lufs: row.lufs,
            loudestLufs: row.loudest_lufs,
            truePeakDb: row.true_peak_db,
          },
        ] as const,
      ]
    }),
  )
}

export async function storeLevel(db: Queryable, identity: string, level: SoundLevel): Promise<void> {
  await db.query(
    `insert into sound_levels (source, samples, lufs, loudest_lufs, true_peak_db) values ($1, $2, $3, $4, $5)
     on conflict (source) do nothing`,
    [keyOf(identity), level.samples, level.lufs, level.loudestLufs, level.truePeakDb],
  )
}

/** A source that is still in use after half a year is measured again. */
export async function forgetOldLevels(db: Queryable): Promise<void> {
  await db.query(`delete from sound_levels where measured_at < now() - interval '180 days'`)
}
