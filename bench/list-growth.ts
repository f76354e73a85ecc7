/**
 * How lists and acceptance grow with the number of jobs in the table.
 *
 *   node bench/list-growth.ts [most rows]
 *
 * The same person with 50 jobs, in a table of 1 thousand, 10 thousand, 100 thousand and 1 million jobs of others. Shown:
 * the plan's nodes, buffers read, and the median time of the very query and of the request. Flat means that only the
 * index's depth grows.
 */
import { createApiKey } from '../core/accounts/keys.ts'
import { jobsStatement } from '../core/jobs/reading.ts'
import { newId } from '../core/platform/ids.ts'
import { buildJob, buildUser } from '../test/support/builders.ts'
import { percentile } from './support/figures.ts'
import { SMALL, storyboard, withInstallation } from './support/installation.ts'

const MOST = Number(process.argv[2] ?? 1_000_000)
const SIZES = [1_000, 10_000, 100_000, 1_000_000].filter((size) => size <= MOST)
const ROUNDS = 60
const BATCH = 50_000

type Plan = { 'Node Type': string; 'Index Name'?: string; 'Shared Hit Blocks': number; Plans?: Plan[] }
const nodesOf = (plan: Plan): string[] => [
  plan['Index Name'] ? `${plan['Node Type']} ${plan['Index Name']}` : plan['Node Type'],
  ...(plan.Plans ?? []).flatMap(nodesOf),
]

await withInstallation(
  async ({ db, startServer }) => {
    const server = await startServer()
    const person = await buildUser(db.pool)
    const { rawKey } = await createApiKey(db.pool, { userId: person.userId, name: 'bench', scopes: ['*'] })
    const others = await Promise.all(Array.from({ length: 20 }, () => buildUser(db.pool)))
    for (let n = 0; n < 50; n += 1) {
      const id = await buildJob(db.pool, person)
      await db.pool.query(
        `update jobs set status = 'canceled', failure_type = 'canceled', completed_at = now() where id = $1`,
        [id],
      )
    }
    const request = async (path: string, body?: object): Promise<{ id: string }> => {
      const response = await fetch(`${server.url}${path}`, {
        method: body ? 'POST' : 'GET',
        headers: { authorization: `Bearer ${rawKey}`, 'content-type': 'application/json' },
        ...(body ? { body: JSON.stringify(body) } : {}),
      })
      if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`)
      return (await response.json()) as { id: string }
    }
    let there = 50
    for (const size of SIZES) {
      while (there < size) {
        const count = Math.min(BATCH, size - there)
        const client = await db.pool.connect()
        await client.query(`set session_replication_role = replica`)
        await client.query(
          `insert into jobs (id, owner, triggered_by, status, spec_snapshot, engine, failure_type, completed_at, created_at, updated_at)
           select gen_random_uuid(), 'framecast:user:' || o, o::uuid, 'canceled', '{"title":"x"}', 'preview', 'canceled', now(),
             now() - n * interval '1 second', now()
           from generate_series(1, $1) n, lateral (select ($2::text[])[1 + n % 20] as o) whose`,
          [count, others.map(({ userId }) => userId)],
        )
        await client.query(`set session_replication_role = origin`)
        client.release()
        there += count
      }
      await db.pool.query('vacuum analyze jobs').catch(() => {})
      const owners = [`framecast:user:${person.userId}`]
      const { text, values } = jobsStatement(owners, {}, { limit: 20, offset: 0, after: null })
      const { rows } = await db.pool.query(`explain (analyze, buffers, format json) ${text}`, values)
      const { Plan: plan } = rows[0]['QUERY PLAN'][0] as { Plan: Plan }
      const times: Record<'list' | 'one' | 'generate', number[]> = { list: [], one: [], generate: [] }
      const timed = async <T>(into: number[], work: () => Promise<T>): Promise<T> => {
        const startedAt = performance.now()
        const result = await work()
        into.push(performance.now() - startedAt)
        return result
      }
      for (let n = 0; n < ROUNDS; n += 1) {
        await timed(times.list, () => request('/v1/jobs'))
        const { id } = await timed(times.generate, () =>
          request('/v1/generate', { spec: storyboard(`grow ${newId()}`, 3), options: SMALL }),
        )
        await timed(times.one, () => request(`/v1/jobs/${id}`))
        await request(`/v1/jobs/${id}/cancel`, {})
      }
      const median = (values: number[]): string => `${percentile(values, 0.5).toFixed(1)} ms`
      console.log(
        `${String(size).padStart(9)} jobs  list ${median(times.list)}  one ${median(times.one)}  generate ${median(times.generate)}` +
          `  | ${plan['Shared Hit Blocks']} blocks: ${nodesOf(plan).join(' < ')}`,
      )
    }
    await server.part.stop()
  },
  { RATE_LIMITS: 'off' },
)
