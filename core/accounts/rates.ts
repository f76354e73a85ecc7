/** Counting requests in fixed windows of a minute, in the database, so that every server counts together. */
import type { QueryResultRow } from 'pg'
import type { Queryable } from '../platform/database.ts'

const WINDOW_S = 60

/** What a window holds after this request. */
export type RateUse = {
  used: number
  /** When the window ends, unix seconds of the database's clock. */
  resetAt: number
  /** Seconds until then, at least 1. */
  leftS: number
}

type RateRow = { rate_used: number | null; rate_reset_at: number; rate_left_s: number }

const COLUMNS = `rate.used as rate_used, extract(epoch from rate.ends_at)::float8 as rate_reset_at,
  greatest(1, ceil(extract(epoch from rate.ends_at - now())))::int as rate_left_s`

const useOf = ({ rate_used, rate_reset_at, rate_left_s }: RateRow): RateUse | null =>
  rate_used === null ? null : { used: rate_used, resetAt: Math.round(rate_reset_at), leftS: rate_left_s }

const userBucket = (userId: string): string => `user:${userId}`

/** Counts a request of whatever `bucket` names. */
export async function takeRate(db: Queryable, bucket: string): Promise<RateUse> {
  const { rows } = await db.query<RateRow>(`select ${COLUMNS} from take_rate($1, ${WINDOW_S}) rate`, [bucket])
  return useOf(rows[0]!) as RateUse
}

export const takeUserRate = (db: Queryable, userId: string): Promise<RateUse> =>
  takeRate(db, userBucket(userId))

/** Finds who a credential stands for: a query whose rows have a column `principal` (SQL function user_principal). */
export type LookUp = <Row extends QueryResultRow & { principal: unknown }>(
  query: string,
  values: unknown[],
) => Promise<Row[]>

export const plainLookUp =
  (db: Queryable): LookUp =>
  async <Row extends QueryResultRow>(query: string, values: unknown[]) =>
    (await db.query<Row>(query, values)).rows

/**
 * Looks up and counts a request of whoever is found, in one round trip.
 * @returns the look-up for one request, and what it counted: null when nobody was found
 */
export function countingLookUp(db: Queryable): { lookUp: LookUp; rate(): RateUse | null } {
  let rate: RateUse | null = null
  return {
    rate: () => rate,
    async lookUp<Row extends QueryResultRow>(query: string, values: unknown[]) {
      // `offset 0` keeps the planner from counting before it knows that somebody was found.
      const { rows } = await db.query<Row & RateRow>(
        `with found as materialized (${query})
         select found.*, ${COLUMNS} from found left join lateral (
           select taken.* from
             (select 'user:' || (found.principal ->> 'id') as bucket where found.principal is not null offset 0) whose,
             lateral take_rate(whose.bucket, ${WINDOW_S}) taken
         ) rate on true`,
        values,
      )
      rate = rows[0] ? useOf(rows[0]) : null
      return rows
    },
  }
}
