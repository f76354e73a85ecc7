import { pino } from 'pino'
import t from 'tap'
import { sqlState } from '../../core/platform/errors.ts'
import type { Logger } from '../../core/platform/log.ts'
import { longRead } from '../../core/platform/long-read.ts'
import { startChores } from '../../worker/leases/chores.ts'
import { buildUser } from '../support/builders.ts'
import { startDatabase } from '../support/postgres.ts'
import { until } from '../support/studio.ts'

const { pool } = await startDatabase(t)

t.test('a worker checks the books and counts stored bytes when it starts', async (t) => {
  const { userId } = await buildUser(pool, { credits: 10 })
  await pool.query('update users set credits = 11, ephemeral_storage_bytes = 5 where id = $1', [userId])
  const lines: { level: number; msg: string; payer?: string }[] = []
  const log = pino({ level: 'debug' }, { write: (text: string) => lines.push(JSON.parse(text)) })
  const stop = startChores(pool, log as unknown as Logger, { CACHE_UNUSED_DAYS: 30, CACHE_MAX_BYTES: 0 })
  await until(() => lines.some(({ msg }) => msg === 'stored bytes were miscounted'), 'the recount')
  await stop()
  const id = `framecast:user:${userId}`
  t.match(
    lines.filter(({ level }) => level === 50),
    [
      {
        msg: 'the books do not agree',
        rule: 'CREDIT-BALANCE',
        violations: [{ id, detail: '11 instead of 10' }],
      },
    ],
  )
  t.match(
    lines.find(({ payer }) => payer === id),
    { level: 40, was: 5, bytes: 0 },
  )
  await pool.query('update users set credits = 10 where id = $1', [userId])
})

t.test('a worker that stops does not wait for a long check', async (t) => {
  const stop = new AbortController()
  const reading = longRead(pool, (client) => client.query('select pg_sleep(300)'), { signal: stop.signal })
  await until(async () => {
    const { rows } = await pool.query(`select 1 from pg_stat_activity where wait_event = 'PgSleep'`)
    return rows.length > 0
  }, 'the check is under way')
  stop.abort()
  t.equal(await reading.then(() => null, sqlState), '57014')
})
