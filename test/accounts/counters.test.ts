/** Counters of requests are kept as long as their window lasts, and not much longer. */
import t from 'tap'
import { expireAccountRows } from '../../core/accounts/expire.ts'
import { startDatabase } from '../support/postgres.ts'

const { pool } = await startDatabase(t)

t.test('a window of a day outlives the hour after which those of a minute go', async (t) => {
  await pool.query(
    `insert into rate_limits (bucket, window_start, count) values
       ('user:ada', now() - interval '2 hours', 1), ('user:ada', now() - interval '1 minute', 1),
       ('day:invitations:crew', now() - interval '23 hours', 1), ('day:invitations:crew', now() - interval '25 hours', 1)`,
  )
  await expireAccountRows(pool)
  const { rows } = await pool.query(
    `select bucket, round(extract(epoch from now() - window_start) / 60)::int as minutes from rate_limits order by bucket`,
  )
  t.strictSame(rows, [
    { bucket: 'day:invitations:crew', minutes: 1_380 },
    { bucket: 'user:ada', minutes: 1 },
  ])
})
