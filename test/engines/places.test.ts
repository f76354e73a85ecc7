/** Places on servers as rows: who gets one, who waits, when it comes free, and what is held against a server. */
import t from 'tap'
import {
  type HostProbe,
  recordFailure,
  recordSuccess,
  registerHosts,
  storeProbe,
} from '../../core/engines/hosts.ts'
import { modelsOf, releasePlace, takePlace } from '../../core/engines/places.ts'
import { drainHost, listEngines, resumeHost } from '../../core/engines/service.ts'
import { type ClaimedStep, handBackStep, retryStep, storeRemoteId } from '../../core/jobs/steps.ts'
import { sweep } from '../../core/jobs/sweep.ts'
import { cancelJob } from '../../core/jobs/transitions.ts'
import { transaction } from '../../core/platform/database.ts'
import { storeHostFacts } from '../../core/workflows/host-facts.ts'
import { BUILTIN_WORKFLOWS_DIR, loadWorkflows } from '../../core/workflows/load.ts'
import { buildJob, buildUser } from '../support/builders.ts'
import { startDatabase } from '../support/postgres.ts'

const { pool } = await startDatabase(t)
const workflows = await loadWorkflows([BUILTIN_WORKFLOWS_DIR])
const WAN = 'core-wan22-5b-t2v'
const STILL = 'core-z-image-still'

let engines = 0
/** An engine of its own for each test, so that none sees the scenes of another. */
async function anEngine(names: readonly string[], places = 1) {
  engines += 1
  const engine = `comfyui-${engines}`
  await registerHosts(
    pool,
    engine,
    names.map((key) => ({ key, label: `${key}:8188`, slug: `${engine}-${key}`, places })),
  )
  for (const key of names) await storeProbe(pool, engine, key, answer())
  const take = (worker = 'w1', keys = names) => takePlace(pool, { engine, keys, worker, workflows })
  return { engine, take, slug: (key: string) => `${engine}-${key}` }
}

const answer = (vramTotalBytes = 24e9): HostProbe => ({
  ok: true,
  latencyMs: 3,
  version: '0.33.0',
  queueRunning: 0,
  queuePending: 0,
  vramTotalBytes,
  vramFreeBytes: 8e9,
  ramTotalBytes: 64e9,
})

/** A job that is being processed, with ready scenes of these workflows. */
async function scenes(engine: string, slugs: readonly string[]): Promise<string> {
  const jobId = await buildJob(pool, await buildUser(pool), {
    steps: slugs.map((workflow, n) => ({
      kind: 'scene',
      key: `s${n}`,
      task: 'scene.comfyui',
      engine,
      input: { workflow },
    })),
  })
  return jobId
}
const scene = async (id: string) => (await pool.query('select * from job_steps where id = $1', [id])).rows[0]
const hostRow = async (engine: string, key: string) =>
  (await pool.query('select * from engine_hosts where engine = $1 and key = $2', [engine, key])).rows[0]
const bells = async (engine: string): Promise<number> =>
  (
    await pool.query(
      `select count(*)::int as n from graphile_worker._private_jobs q
       join job_steps s on s.id = (q.payload ->> 'step_id')::uuid where s.engine = $1 and s.state = 'ready'`,
      [engine],
    )
  ).rows[0].n
const silence = (engine: string) =>
  pool.query(
    `delete from graphile_worker._private_jobs where (payload ->> 'step_id')::uuid in
     (select id from job_steps where engine = $1)`,
    [engine],
  )
const failure = (step: ClaimedStep, engine: string, key: string, over: object = {}) => ({
  step,
  engine,
  key,
  message: 'it broke',
  away: false,
  hostAtFault: false,
  costly: false,
  outOfMemory: false,
  ...over,
})
const retry = { delayS: 0, counted: true, forgetRemoteId: true }

t.test('two workers that ask at the same time never overfill a server', async (t) => {
  const { engine, take } = await anEngine(['a', 'b'], 2)
  await scenes(
    engine,
    Array.from({ length: 12 }, () => WAN),
  )
  const taken = await Promise.all(Array.from({ length: 16 }, (_, n) => take(`w${n % 2}`)))
  const hosts = taken.flatMap((step) => (step ? [step.host] : []))
  t.strictSame(hosts.toSorted(), ['a', 'a', 'b', 'b'])
  t.equal(new Set(taken.flatMap((step) => (step ? [step.id] : []))).size, 4)
})

t.test('a place comes free with the engine’s work, and somebody is rung for', async (t) => {
  const { engine, take } = await anEngine(['a'])
  await scenes(engine, [WAN, WAN])
  const first = (await take())!
  t.equal(await take(), null, 'the server is full')
  await silence(engine)
  await releasePlace(pool, first)
  t.match(await scene(first.id), { state: 'running', host: null })
  t.equal(await bells(engine), 1)
  t.match(await take(), { host: 'a' })
})

t.test('a place goes with a step that is handed back, and is given up by one that starts anew', async (t) => {
  const { engine, take } = await anEngine(['a', 'b'])
  await scenes(engine, [WAN, WAN, WAN])
  const first = (await take())!
  await storeRemoteId(pool, first, `${first.host}/x`)
  await transaction(pool, (client) => handBackStep(client, first))
  const second = (await take())!
  t.match(
    second,
    { id: first.id, host: first.host, attempt: 2, remoteId: `${first.host}/x` },
    'taken up where it is',
  )
  const third = (await take())!
  t.not(third.host, first.host)
  await transaction(pool, (client) => retryStep(client, third, { code: 'bad_result', message: '' }, retry))
  t.match(await scene(third.id), { state: 'ready', host: null })
})

t.test('the place of a worker that died goes with its lease, and comes back with the step', async (t) => {
  const { engine, take } = await anEngine(['a'])
  await scenes(engine, [WAN, WAN])
  const first = (await take())!
  await storeRemoteId(pool, first, 'a/x')
  await pool.query(`update job_steps set lease_until = now() - interval '1 minute' where id = $1`, [first.id])
  t.equal(await take('w2'), null, 'the prompt still runs there')
  await sweep(pool, 3_600)
  t.match(await take('w2'), { id: first.id, host: 'a', attempt: 2 })
})

t.test('the place of a job that is canceled is free at once', async (t) => {
  const { engine, take } = await anEngine(['a'])
  const jobId = await scenes(engine, [WAN])
  await take()
  await scenes(engine, [WAN])
  t.equal(await take(), null)
  await transaction(pool, (client) => cancelJob(client, jobId, 'system'))
  t.match(await take(), { host: 'a' })
})

t.test('each server keeps its models: changes are counted, and what it has loaded is known', async (t) => {
  const { engine, take } = await anEngine(['a', 'b'])
  await scenes(engine, [WAN, STILL, WAN, STILL, WAN, STILL])
  const hostsOf = new Map<string, Set<string>>()
  for (let n = 0; n < 3; n += 1) {
    const pair = [(await take())!, (await take())!]
    for (const step of pair) {
      const slug = String(step.input.workflow)
      hostsOf.set(slug, (hostsOf.get(slug) ?? new Set()).add(step.host!))
      await releasePlace(pool, step)
    }
  }
  t.strictSame(
    [...hostsOf.values()].map(({ size }) => size),
    [1, 1],
  )
  const [a, b] = [await hostRow(engine, 'a'), await hostRow(engine, 'b')]
  t.equal(a.swaps + b.swaps, 0)
  t.strictSame(
    [a.loaded, b.loaded].toSorted(),
    [modelsOf(workflows.get(WAN)), modelsOf(workflows.get(STILL))].toSorted(),
  )
})

t.test('a drained server finishes what it has and takes nothing, until it is resumed', async (t) => {
  const { engine, take, slug } = await anEngine(['a', 'b'])
  await scenes(engine, [WAN, WAN, WAN])
  const running = (await take())!
  await transaction(pool, (client) => drainHost(client, slug(running.host!), null))
  t.match(await scene(running.id), { state: 'running', host: running.host })
  const other = (await take())!
  t.not(other.host, running.host)
  await releasePlace(pool, running)
  t.equal(await take(), null, 'though it is free')
  await silence(engine)
  await transaction(pool, (client) => resumeHost(client, slug(running.host!), null))
  t.equal(await bells(engine), 1, 'whoever waits is rung for')
  t.match(await take(), { host: running.host })
  t.equal(await transaction(pool, (client) => drainHost(client, 'nothing-there', null)), false)
})

t.test('a server rests after five failures, and takes one scene when it comes back', async (t) => {
  const { engine, take } = await anEngine(['a'], 4)
  await scenes(
    engine,
    Array.from({ length: 6 }, () => WAN),
  )
  const step = (await take())!
  const rests: boolean[] = []
  for (let n = 0; n < 5; n += 1)
    rests.push(await recordFailure(pool, failure(step, engine, 'a', { hostAtFault: true })))
  t.strictSame(rests, [false, false, false, false, true])
  t.equal(await take(), null)
  t.match((await listEngines(pool)).find(({ slug }) => slug === `${engine}-a`)?.health, {
    state: 'down',
    last_error: 'it broke',
  })
  await pool.query(
    `update engine_hosts set breaker = breaker || jsonb_build_object('restUntil', 0) where engine = $1`,
    [engine],
  )
  await releasePlace(pool, step)
  const trial = (await take())!
  t.equal(trial.host, 'a')
  t.equal(await take(), null, 'half open: one at a time')
  await recordSuccess(pool, { step: trial, engine, key: 'a' })
  await recordSuccess(pool, { step: trial, engine, key: 'a' })
  t.match(await take(), { host: 'a' }, 'closed after two successes')
})

t.test('a scene that fails again and again closes a server to nobody', async (t) => {
  const { engine, take } = await anEngine(['a'])
  await scenes(engine, [WAN, WAN])
  const bad = (await take())!
  for (let n = 0; n < 8; n += 1) t.notOk(await recordFailure(pool, failure(bad, engine, 'a')))
  await releasePlace(pool, bad)
  t.match(await take(), { host: 'a' })
})

t.test('the last ten failures of a server are told, newest first', async (t) => {
  const { engine, take } = await anEngine(['a'])
  await scenes(engine, [WAN])
  const step = (await take())!
  for (let n = 1; n <= 12; n += 1)
    await recordFailure(pool, failure(step, engine, 'a', { message: `failure ${n}` }))
  const shown = (await listEngines(pool)).find(({ slug }) => slug === `${engine}-a`)?.recent_failures
  t.strictSame(
    shown?.map(({ message }) => message),
    Array.from({ length: 10 }, (_, n) => `failure ${12 - n}`),
  )
  t.ok(shown?.every(({ at }) => Date.parse(at) <= Date.now() + 60_000))
})

t.test(
  'a scene that failed goes elsewhere; a server whose scenes are made elsewhere is blocked',
  async (t) => {
    const { engine, take, slug } = await anEngine(['bad', 'good'])
    for (let n = 0; n < 3; n += 1) {
      await scenes(engine, [WAN])
      let step = (await take())!
      // Whichever server takes it first, it is the bad one that fails.
      if (step.host === 'good') await pool.query(`update job_steps set host = 'bad' where id = $1`, [step.id])
      await recordFailure(pool, failure(step, engine, 'bad'))
      await transaction(pool, (client) => retryStep(client, step, { code: 'bad_result', message: '' }, retry))
      step = (await take())!
      t.match(step, { host: 'good', failedHosts: ['bad'] })
      t.strictSame(await recordSuccess(pool, { step, engine, key: 'good' }), n === 2 ? [slug('bad')] : [])
      await releasePlace(pool, step)
      await pool.query(
        `update job_steps set state = 'canceled', lease_owner = null, lease_until = null where id = $1`,
        [step.id],
      )
    }
    t.match((await listEngines(pool)).find((one) => one.slug === slug('bad'))?.health, {
      state: 'down',
      last_error: /3 scenes that failed here/,
    })
    await scenes(engine, [WAN, WAN])
    t.match(await take(), { host: 'good' })
    t.equal(await take(), null)
    await transaction(pool, (client) => resumeHost(client, slug('bad'), null))
    t.match(await take(), { host: 'bad' })
  },
)

t.test('what ran out of memory waits for a larger card', async (t) => {
  const { engine, take } = await anEngine(['small', 'large'])
  await storeProbe(pool, engine, 'large', answer(48e9))
  await scenes(engine, [WAN, WAN])
  const [one, two] = [(await take())!, (await take())!]
  const failed = one.host === 'small' ? one : two
  const other = failed === one ? two : one
  await recordFailure(pool, failure(failed, engine, 'small', { outOfMemory: true }))
  await transaction(pool, (client) =>
    retryStep(client, failed, { code: 'out_of_memory', message: '' }, retry),
  )
  t.equal(await take(), null, 'the small one is free, and not for this')
  t.match(await hostRow(engine, 'small'), { breaker: {} }, 'nobody is to blame')
  await releasePlace(pool, other)
  t.match(await take(), { id: failed.id, host: 'large' })
})

t.test('three looks without an answer keep work away, one answer lets it come', async (t) => {
  const { engine, take } = await anEngine(['a'])
  await scenes(engine, [WAN])
  for (let n = 0; n < 3; n += 1)
    await storeProbe(pool, engine, 'a', { ok: false, error: 'a does not answer' })
  t.equal(await take(), null)
  await storeProbe(pool, engine, 'a', answer())
  t.match(await take(), { host: 'a' })
})

t.test('what no server has is taken without one, so that the reason is found', async (t) => {
  const { engine, take } = await anEngine(['a'])
  await storeHostFacts(pool, engine, [
    {
      key: 'a',
      label: 'a:8188',
      version: '0.33.0',
      vramTotalBytes: 24e9,
      ramTotalBytes: 64e9,
      workflows: {
        [WAN]: {
          digest: workflows.get(WAN)!.digest,
          missing_nodes: [],
          missing_models: ['x.safetensors'],
          needs_version: null,
        },
      },
    },
  ])
  await scenes(engine, [WAN])
  t.match(await take(), { host: null, attempt: 1 })
})

t.test('a bell that reaches a worker without room rings once more for one that reaches others', async (t) => {
  const { engine, take } = await anEngine(['a', 'b'])
  await scenes(engine, [WAN, WAN])
  t.match(await take('w1', ['a']), { host: 'a' })
  await silence(engine)
  t.equal(await take('w1', ['a']), null)
  t.equal(await bells(engine), 1)
  t.match(await take('w2', ['b']), { host: 'b' })
})
