/**
 * Requests a second of the API against bare node:http and pg that run the very same statements.
 *
 *   node bench/api-throughput.ts [seconds a round] [rounds]
 *
 * The statements of one request of each kind are recorded from the server and replayed by a process that does nothing
 * else (support/replay-server.ts). Server, yardstick, PostgreSQL (fsync on) and this load generator are processes of
 * their own; rounds alternate between the two, so that a machine that changes its pace changes both. Authentication,
 * rate limits, validation and logging are on; requests come from 400 people, since each may send 300 a minute.
 * The ratio is the figure to quote: the median of those of neighbouring rounds.
 */
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { Pool } from 'undici'
import { createApiKey } from '../core/accounts/keys.ts'
import { readConfig } from '../core/platform/config.ts'
import type { Logger } from '../core/platform/log.ts'
import { startServer } from '../server/start.ts'
import { buildJob, buildUser } from '../test/support/builders.ts'
import { line, percentile } from './support/figures.ts'
import { SMALL, storyboard, withInstallation } from './support/installation.ts'
import { type Recording, record, watchStatements } from './support/record.ts'

const SECONDS = Number(process.argv[2] ?? 4)
const ROUNDS = Number(process.argv[3] ?? 5)
const PEOPLE = 400
const AT_ONCE = 16
const JOBS_EACH = 3

type Target = {
  pool: Pool
  path(n: number): { path: string; method: 'GET' | 'POST'; headers?: Record<string, string>; body?: string }
}
type Figures = { tookMs: number[]; perSecond: number[]; failed: number }
const empty = (): Figures => ({ tookMs: [], perSecond: [], failed: 0 })

/** One round: `AT_ONCE` requests under way for `SECONDS`, or until `most` were sent. */
async function load(
  target: Target,
  into: Figures,
  next: () => number,
  most = Number.POSITIVE_INFINITY,
): Promise<void> {
  const startedAt = performance.now()
  let sent = 0
  let done = 0
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      while (performance.now() - startedAt < SECONDS * 1_000 && sent < most) {
        sent += 1
        const at = performance.now()
        const { statusCode, body } = await target.pool.request(target.path(next()))
        await body.dump()
        if (statusCode >= 300) into.failed += 1
        into.tookMs.push(performance.now() - at)
        done += 1
      }
    }),
  )
  into.perSecond.push(done / ((performance.now() - startedAt) / 1_000))
}

watchStatements()
await withInstallation(async (installation) => {
  const { db, env } = installation
  const people: Recording['people'] = []
  const keys: string[] = []
  const jobs: string[] = []
  for (let n = 0; n < PEOPLE; n += 1) {
    const user = await buildUser(db.pool)
    const { rawKey } = await createApiKey(db.pool, { userId: user.userId, name: 'bench', scopes: ['*'] })
    keys.push(rawKey)
    people.push({
      userId: user.userId,
      email: user.email,
      keyHash: createHash('sha256').update(rawKey).digest('hex').slice(0, 16),
    })
    for (let job = 0; job < JOBS_EACH; job += 1) jobs.push(await buildJob(db.pool, user))
  }
  // Finished, so that lists have something to show and nobody is at the limit of active jobs.
  await db.pool.query(`update jobs set status = 'canceled', failure_type = 'canceled', completed_at = now()`)
  await db.pool.query('analyze')

  // Once in this process, to see what it asks of the database; then as a process of its own.
  const inProcess = await startServer(readConfig({ ...env, PORT: '0' }), {
    log: pino({ level: 'silent' }) as unknown as Logger,
    timings: { graceMs: 0 },
  })
  const ask = async (path: string, body?: object) => {
    const response = await fetch(`${inProcess.url}${path}`, {
      method: body ? 'POST' : 'GET',
      headers: { authorization: `Bearer ${keys[0]}`, 'content-type': 'application/json' },
      ...(body ? { body: JSON.stringify(body) } : {}),
    })
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`)
    await response.text()
  }
  const request = { spec: storyboard('bench', 3), options: SMALL }
  await ask('/v1/jobs')
  await ask(`/v1/jobs/${jobs[0]}`)
  const known = [people[0]!.userId, jobs[0]!]
  const operations: Recording['operations'] = {
    job: await record(() => ask(`/v1/jobs/${jobs[0]}`), known),
    jobs: await record(() => ask('/v1/jobs'), [...known, ...jobs]),
    generate: await record(() => ask('/v1/generate', request), known),
  }
  await inProcess.close()
  for (const [name, { statements }] of Object.entries(operations))
    console.log(`${name}: ${statements.length} statements a request`)

  const folder = await mkdtemp(join(tmpdir(), 'framecast-bench-'))
  const file = join(folder, 'recording.json')
  await writeFile(file, JSON.stringify({ operations, people } satisfies Recording))
  const bare = spawn(
    process.execPath,
    [new URL('support/replay-server.ts', import.meta.url).pathname, file, env.DATABASE_URL as string],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  )
  const bareUrl = (JSON.parse(String((await once(bare.stdout!, 'data'))[0])) as { url: string }).url
  const server = await installation.startServer()
  const pools = [
    new Pool(server.url, { connections: AT_ONCE }),
    new Pool(bareUrl, { connections: AT_ONCE }),
  ] as const

  const auth = (n: number) => ({
    authorization: `Bearer ${keys[n % PEOPLE]}`,
    'content-type': 'application/json',
  })
  const body = JSON.stringify(request)
  const real: Record<string, Target['path']> = {
    job: (n) => ({ path: `/v1/jobs/${jobs[(n % PEOPLE) * JOBS_EACH]}`, method: 'GET', headers: auth(n) }),
    jobs: (n) => ({ path: '/v1/jobs', method: 'GET', headers: auth(n) }),
    generate: (n) => ({ path: '/v1/generate', method: 'POST', headers: auth(n), body }),
  }
  // Each person may have five active jobs: the first half belongs to the server, the second to the yardstick.
  const MOST = Math.floor(((PEOPLE / 2) * 4) / ROUNDS)
  for (const name of Object.keys(operations)) {
    const figures = [empty(), empty()] as const
    const sent = [0, 0] as [number, number]
    const isGenerate = name === 'generate'
    for (let round = 0; round < ROUNDS; round += 1) {
      for (const which of [0, 1] as const) {
        const path: Target['path'] =
          which === 0 ? real[name]! : (n) => ({ path: `/${name}?as=${n}`, method: 'GET' })
        const next = () => {
          sent[which] += 1
          return isGenerate ? (sent[which] % (PEOPLE / 2)) + (which * PEOPLE) / 2 : sent[which]
        }
        await load({ pool: pools[which], path }, figures[which], next, isGenerate ? MOST : undefined)
      }
    }
    const [ours, theirs] = figures.map(({ perSecond }) => percentile(perSecond, 0.5)) as [number, number]
    const pairs = figures[0].perSecond.map((perSecond, at) => perSecond / figures[1].perSecond[at]!)
    console.log(
      `\n${name}: ${ours.toFixed(0)}/s against ${theirs.toFixed(0)}/s, ratio ${percentile(pairs, 0.5).toFixed(2)}` +
        ` (${pairs.map((pair) => pair.toFixed(2)).join(' ')})`,
    )
    console.log(line('  server', figures[0].tookMs))
    console.log(line('  same statements, bare', figures[1].tookMs))
    if (figures[0].failed + figures[1].failed > 0)
      console.log(`  refused: ${figures[0].failed} and ${figures[1].failed}`)
  }
  await Promise.all(pools.map((pool) => pool.close()))
  bare.kill('SIGTERM')
  await server.part.stop()
  await rm(folder, { recursive: true, force: true })
})
