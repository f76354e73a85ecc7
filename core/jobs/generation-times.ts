/** Measured times of generating, kept as sums by engine, workflow and size. */
import type { Queryable } from '../platform/database.ts'
import { type MeasuredTimes, sizeBucket } from './expected-time.ts'

/** Samples that count: with each one more, the older ones fade, so that a new graphics card is soon believed. */
const MEMORY = 30

export type Generation = {
  engine: string
  workflow: string
  /** Width x height x frames / 10^6. */
  megapixels: number
  /** Of generating alone: no waiting, no fetching. */
  seconds: number
}

export async function recordGeneration(
  db: Queryable,
  { engine, workflow, megapixels, seconds }: Generation,
): Promise<void> {
  if (!(seconds > 0) || !(megapixels > 0)) return
  await db.query(
    `insert into generation_times as g (engine, workflow, size_bucket, samples, weight, log_sum, log_square_sum)
     values ($1, $2, $3, 1, 1, $4::float8, $4::float8 * $4::float8)
     on conflict (engine, workflow, size_bucket) do update set
       samples = g.samples + 1,
       weight = g.weight * $5::float8 + 1,
       log_sum = g.log_sum * $5::float8 + excluded.log_sum,
       log_square_sum = g.log_square_sum * $5::float8 + excluded.log_square_sum,
       updated_at = now()`,
    [engine, workflow, sizeBucket(megapixels), Math.log(seconds / megapixels), 1 - 1 / MEMORY],
  )
}

/** What was measured of an engine's workflow. */
export async function measuredTimes(db: Queryable, engine: string, workflow: string): Promise<MeasuredTimes> {
  const { rows } = await db.query<{
    size_bucket: number
    samples: number
    weight: number
    log_sum: number
    log_square_sum: number
  }>(
    `select size_bucket, samples, weight, log_sum, log_square_sum from generation_times
     where engine = $1 and workflow = $2`,
    [engine, workflow],
  )
  return new Map(
    rows.map((row) => [
      row.size_bucket,
      {
        samples: row.samples,
        weight: row.weight,
        logSum: row.log_sum,
        logSquareSum: row.log_square_sum,
      },
    ]),
  )
}

/** Scenes that the servers of an engine make at once, as far as they answered lately; at least one. */
export async function enginePlaces(db: Queryable, engine: string): Promise<number> {
  const { rows } = await db.query<{ places: number }>(
    `select greatest(1, coalesce(sum(places), 0))::int as places from engine_hosts
     where engine = $1 and drained_at is null and blocked_at is null
       and greatest(checked_at, probed_at) > now() - interval '5 minutes'`,
    [engine],
  )
  return rows[0]?.places ?? 1
}
