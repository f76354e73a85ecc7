/** Nothing is made twice, counted at the engine: edits, undo, policies, and two jobs at once. */
import t from 'tap'
import type { UserPrincipal } from '../../core/access/principal.ts'
import type { JobOutput } from '../../core/jobs/types.ts'
import { buildPayer, OPTIONS, startFaultStack, until } from '../support/faults.ts'

t.setTimeout(420_000)
const stack = await startFaultStack(t)
const { fake, jobs } = stack
const { pool } = stack.db
await stack.startWorker({ WORKER_CONCURRENCY: '2', COMFYUI_PLACES: '2' })

type Scene = { id: string; prompt: string; duration: number }
const film = (title: string, count: number): { title: string; scenes: Scene[] } => ({
  title,
  scenes: Array.from({ length: count }, (_, n) => ({
    id: `s${n + 1}`,
    prompt: `${title}, picture ${n + 1}`,
    duration: 1,
  })),
})
const edited = (spec: ReturnType<typeof film>, at: number, prompt: string) => ({
  ...spec,
  scenes: spec.scenes.map((scene, n) => (n === at ? { ...scene, prompt } : scene)),
})

/** Renders to the end: what was charged, and how often the engine was asked. */
async function render(user: UserPrincipal, spec: object, over: object = {}) {
  const before = fake.posts.length
  const { job } = await jobs.accept(user, { spec, options: { ...OPTIONS, ...over } })
  const done = await stack.finished(job.id, 180_000)
  t.equal(done.status, 'completed', JSON.stringify(done.error))
  const output = done.output as JobOutput
  return {
    id: job.id,
    charged: job.creditsCharged,
    generations: fake.posts.length - before,
    reused: output.metadata.scenes_reused,
    output,
  }
}
const planOf = async (user: UserPrincipal, spec: object, over: object = {}) =>
  jobs.plan(user, { spec, options: { ...OPTIONS, ...over } })

t.test('one of fifty scenes changed is one generation; taking it back is none', async (t) => {
  const user = await buildPayer(stack)
  const spec = film('Fifty', 50)
  t.match(await render(user, spec), { charged: 50, generations: 50, reused: 0 })
  const change = edited(spec, 24, 'A heron on the quay')
  const plan = await planOf(user, change)
  t.match(plan.totals, { render: 1, reuse: 49, credits: 1 })
  t.match(plan.scenes[24], { action: 'render', reason: 'prompt_changed' })
  t.match(await render(user, change), { charged: 1, generations: 1, reused: 49 })
  t.match((await planOf(user, spec)).totals, { render: 0, reuse: 50, credits: 0 })
  t.match(await render(user, spec), { charged: 0, generations: 0, reused: 50 })
})

t.test('what was measured on the way is told as a range, before and during a render', async (t) => {
  const user = await buildPayer(stack)
  const spec = film('Measured', 6)
  const { totals } = await planOf(user, spec)
  t.match(totals.range, [Number, Number])
  t.ok(totals.range![0] <= totals.seconds && totals.seconds <= totals.range![1])
  const { id } = await render(user, spec)
  const { rows } = await pool.query<{ payload: { eta_seconds: number; eta_range: [number, number] } }>(
    `select payload from job_events where job_id = $1 and event_type = 'progress' and payload ? 'eta_range'`,
    [id],
  )
  t.ok(rows.length > 0, 'progress tells the time left')
  for (const { payload } of rows)
    t.ok(payload.eta_range[0] <= payload.eta_seconds && payload.eta_seconds <= payload.eta_range[1])
  const { rows: jobs } = await pool.query('select progress from jobs where id = $1', [id])
  t.notOk('eta_seconds' in jobs[0].progress, 'nothing is left at the end')
})

t.test('refresh replaces, bypass leaves nothing behind, only makes nothing', async (t) => {
  const user = await buildPayer(stack)
  const spec = film('Policies', 2)
  const entries = async () =>
    (
      await pool.query(
        'select content_key, object_key, hits from content_cache where scope = $1 order by 1',
        [`framecast:user:${user.userId}`],
      )
    ).rows
  const bypassed = await render(user, spec, { cache: 'bypass' })
  t.match(bypassed, { charged: 2, generations: 2 })
  t.strictSame(
    (await entries()).filter(({ object_key }) => object_key.includes('/clips/')),
    [],
  )
  for (const { key } of bypassed.output.scene_clips)
    t.match(key, `/jobs/${bypassed.id}/`, 'goes with its job')
  const refused = await jobs
    .accept(user, { spec, options: { ...OPTIONS, cache: 'only' } })
    .catch((error: unknown) => error)
  t.match(refused, { code: 'CONFLICT', reason: 'cache_miss' })
  t.match(await render(user, spec), { charged: 2, generations: 2 })
  t.match(await render(user, spec, { cache: 'refresh' }), { charged: 2, generations: 2, reused: 0 })
  t.match(await render(user, spec, { cache: 'refresh', scenes: ['s2'] }), {
    charged: 1,
    generations: 1,
    reused: 1,
  })
  t.match(await render(user, spec, { cache: 'only' }), { charged: 0, generations: 0, reused: 2 })
})

/** Takes an owner's entries away while a plan has them in hand: after its look at them, before its commit. */
async function vanish<Result>(user: UserPrincipal, during: () => Promise<Result>): Promise<Result> {
  const client = await pool.connect()
  try {
    await client.query('begin')
    // Reading goes on; whoever wants to hold an entry waits.
    await client.query('lock table content_cache in exclusive mode')
    const result = await during()
    await until('the plan waits for its entries', async () => {
      const { rows } = await client.query(
        `select 1 from pg_locks where not granted and relation = 'content_cache'::regclass`,
      )
      return rows.length > 0
    })
    await client.query('delete from content_cache where scope = $1', [`framecast:user:${user.userId}`])
    await client.query('commit')
    return result
  } finally {
    await client.query('rollback')
    client.release()
  }
}

t.test('a clip that goes between the look and the commit of a plan is rendered again', async (t) => {
  const user = await buildPayer(stack)
  const spec = film('Vanished', 1)
  await render(user, spec)
  const before = fake.posts.length
  const { job } = await vanish(user, () => jobs.accept(user, { spec, options: OPTIONS }))
  t.equal(job.creditsCharged, 0, 'what was known when it was accepted stays free')
  t.equal((await stack.finished(job.id)).status, 'completed')
  t.equal(fake.posts.length - before, 1)
})

t.test('what goes after acceptance is missed when only what is known may be used', async (t) => {
  const user = await buildPayer(stack)
  const spec = film('Missed', 1)
  await render(user, spec)
  const options = { ...OPTIONS, cache: 'only' }
  const { job } = await vanish(user, () => jobs.accept(user, { spec, options }))
  t.match(await stack.finished(job.id), {
    status: 'failed',
    failure_type: 'system',
    error: { code: 'cache_miss' },
  })
})

t.test('two jobs that need one clip render it once, and both have it', async (t) => {
  const user = await buildPayer(stack)
  const spec = film('Twins', 1)
  let go: () => void = () => {}
  const held = new Promise<void>((resolve) => {
    go = resolve
  })
  fake.hold = () => held
  const before = fake.posts.length
  const accept = () => jobs.accept(user, { spec, options: OPTIONS })
  const [one, two] = [await accept(), await accept()]
  t.strictSame(
    [one.job.creditsCharged, two.job.creditsCharged],
    [1, 1],
    'neither was known when it was accepted',
  )
  await until('one is made and the other waits', async () => {
    const { rows } = await pool.query(
      `select state from job_steps where kind = 'scene' and job_id = any($1) order by state`,
      [[one.job.id, two.job.id]],
    )
    return rows.length === 2 && rows[0].state === 'running' && rows[1].state === 'waiting'
  })
  // The place of the waiting one is free: somebody else’s scene of the same words is rendered meanwhile.
  const other = await buildPayer(stack)
  const third = await jobs.accept(other, { spec, options: OPTIONS })
  await until('the other owner is served', async () => fake.posts.length === before + 2)
  fake.hold = null
  go()
  const ends = await Promise.all([one, two, third].map(({ job }) => stack.finished(job.id)))
  for (const end of ends) t.equal(end.status, 'completed', JSON.stringify(end.error))
  t.equal(fake.posts.length - before, 2, 'once for each owner')
  const clips = ends.slice(0, 2).map((end) => (end.output as JobOutput).scene_clips[0]!)
  t.equal(clips[0]!.key, clips[1]!.key)
  t.strictSame(clips.map(({ reused }) => reused).toSorted(), [false, true])
})

t.test('when the first of two is canceled, the second renders', async (t) => {
  const user = await buildPayer(stack)
  const spec = film('Heir', 1)
  let go: () => void = () => {}
  const held = new Promise<void>((resolve) => {
    go = resolve
  })
  fake.hold = () => held
  const one = await jobs.accept(user, { spec, options: OPTIONS })
  const running = async (jobId: string, state: string) =>
    (
      await pool.query(`select 1 from job_steps where kind = 'scene' and job_id = $1 and state = $2`, [
        jobId,
        state,
      ])
    ).rows.length === 1
  await until('the first is being made', () => running(one.job.id, 'running'))
  const two = await jobs.accept(user, { spec, options: OPTIONS })
  await until('the second waits', () => running(two.job.id, 'waiting'))
  await jobs.cancel(user, one.job.id)
  await until('the second is being made', () => running(two.job.id, 'running'))
  fake.hold = null
  go()
  t.equal((await stack.finished(two.job.id)).status, 'completed')
})
