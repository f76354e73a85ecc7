/**
 * From POST /v1/generate accepted to the first step started.
 *
 *   node bench/start-latency.ts [jobs]
 *
 * Server, worker, PostgreSQL (fsync on) are processes of their own. Both ends by the database's clock: from the job's
 * row (the beginning of the transaction that accepts it, so the commit counts too) to the claim of the plan step. The
 * worker plans only, so that rendering does not disturb; jobs come one after the other, each is canceled afterwards.
 */
import { createApiKey } from '../core/accounts/keys.ts'
import { buildUser } from '../test/support/builders.ts'
import { until } from '../test/support/faults.ts'
import { line, ms, percentile } from './support/figures.ts'
import { SMALL, storyboard, withInstallation } from './support/installation.ts'

const JOBS = Number(process.argv[2] ?? 200)
const WARM_UP = 10

await withInstallation(async ({ db, startServer, startWorker }) => {
  const [server, worker] = await Promise.all([startServer(), startWorker({ WORKER_ROLES: 'plan' })])
  const user = await buildUser(db.pool)
  const { rawKey } = await createApiKey(db.pool, { userId: user.userId, name: 'bench', scopes: ['*'] })
  const post = async (path: string, body: object): Promise<{ id: string }> => {
    const response = await fetch(`${server.url}${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${rawKey}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`)
    return (await response.json()) as { id: string }
  }
  const started: number[] = []
  const answered: number[] = []
  for (let n = -WARM_UP; n < JOBS; n += 1) {
    const sentAt = performance.now()
    const { id } = await post('/v1/generate', { spec: storyboard(`bench ${n}`, 3), options: SMALL })
    const tookMs = performance.now() - sentAt
    const waited = await until('the plan to start', async () => {
      const { rows } = await db.pool.query<{ ms: number }>(
        `select (extract(epoch from s.started_at - j.created_at) * 1000)::float as ms from job_steps s
         join jobs j on j.id = s.job_id where j.id = $1 and s.kind = 'plan' and s.state = 'done'`,
        [id],
      )
      return rows[0]
    })
    await post(`/v1/jobs/${id}/cancel`, {})
    if (n < 0) continue
    started.push(waited.ms)
    answered.push(tookMs)
  }
  console.log(`${JOBS} jobs, one after the other, after ${WARM_UP} to warm up\n`)
  console.log(line('accepted -> first step started', started))
  console.log(line('POST sent -> answer received', answered))
  console.log(`\np50 ${ms(percentile(started, 0.5))}, p99 ${ms(percentile(started, 0.99))}`)
  await worker.stop()
  await server.part.stop()
})
