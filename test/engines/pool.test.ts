/** A pool of real processes: three workers over three ComfyUI servers, whatever the servers do. */
import { setTimeout as pause } from 'node:timers/promises'
import t from 'tap'
import { drainHost, resumeHost } from '../../core/engines/service.ts'
import { transaction } from '../../core/platform/database.ts'
import type { FakeComfy } from '../support/fake-comfyui.ts'
import { startFakeComfy } from '../support/fake-comfyui.ts'
import { buildPayer, framesOf, makeClip, OPTIONS, promisesHold, storyboard } from '../support/faults.ts'
import { startStack } from '../support/stack.ts'

t.setTimeout(300_000)
const GB = 2 ** 30
const clip = await makeClip()
const fakes = await Promise.all(
  [16, 16, 48].map((gb) => startFakeComfy({ clip, steps: 4, stepMs: 150, vramBytes: gb * GB })),
)
for (const fake of fakes) t.teardown(() => fake.close())
const stack = await startStack(t, {
  comfyuiUrls: fakes.map(({ url }) => url),
  env: { CREDITS_MODE: 'enforce', CREDITS_PER_SECOND: '1', WORKER_CONCURRENCY: '3' },
})
const { pool } = stack.db
const workers = [await stack.startWorker(), await stack.startWorker(), await stack.startWorker()]

async function accept(title: string, count: number): Promise<string> {
  const spec = storyboard(title, count)
  const { job } = await stack.jobs.accept(await buildPayer(stack), { spec, options: OPTIONS })
  return job.id
}
const ran = (): number[] => fakes.map(({ posts }) => posts.length)
const since = (before: readonly number[]): number[] => ran().map((n, i) => n - before[i]!)
const hosts = async () =>
  (
    await pool.query(
      `select key, label, slug, blocked_at, breaker, blames from engine_hosts where engine = 'comfyui'`,
    )
  ).rows
const hostOf = async (fake: FakeComfy) =>
  (await hosts()).find(({ label }) => label === new URL(fake.url).host)!
const steps = async (jobId: string) =>
  (
    await pool.query(
      `select key, state, failures, host, failed_hosts, result ->> 'engineHost' as made_on, error from job_steps
       where job_id = $1 and kind = 'scene' order by key`,
      [jobId],
    )
  ).rows
/** As after an hour of peace: what earlier tests did to a server is forgotten. */
async function forgive(): Promise<void> {
  for (const { slug } of await hosts()) await transaction(pool, (client) => resumeHost(client, slug, null))
}

t.test('three servers work at the same time, each on one scene, and none is overfilled', async (t) => {
  const jobId = await accept('many', 9)
  let most = 0
  let fullest = 0
  let done = false
  const watching = (async () => {
    while (!done) {
      const remaining = fakes.map(({ machine }) => machine.remaining)
      most = Math.max(most, remaining.filter((n) => n > 0).length)
      fullest = Math.max(fullest, ...remaining)
      await pause(5)
    }
  })()
  await stack.finished(jobId)
  done = true
  await watching
  t.equal(most, 3, 'all at once')
  t.equal(fullest, 1, 'none was given a second scene before the first was through')
  await promisesHold(t, stack, jobId, { frames: framesOf(9), charged: 9 })
})

t.test('a drained server gets nothing of a whole job', async (t) => {
  const { slug } = await hostOf(fakes[0]!)
  await transaction(pool, (client) => drainHost(client, slug, null))
  const before = ran()
  const jobId = await accept('drained', 4)
  await stack.finished(jobId)
  t.equal(since(before)[0], 0)
  await transaction(pool, (client) => resumeHost(client, slug, null))
})

t.test('a scene that runs out of memory is made on the largest card', async (t) => {
  for (const fake of fakes.slice(0, 2)) fake.fail('run', 'oom', 100)
  const jobId = await accept('large', 3)
  await stack.finished(jobId)
  for (const fake of fakes) fake.fail('run', 'oom', 0)
  const made = (await steps(jobId)).map((step) => step.made_on)
  t.strictSame([...new Set(made)], [new URL(fakes[2]!.url).host])
  await promisesHold(t, stack, jobId, { frames: framesOf(3), charged: 3 })
  t.strictSame(
    (await hosts()).map(({ breaker }) => breaker),
    [{}, {}, {}],
    'nobody is to blame',
  )
})

t.test('one that no card can hold fails at once, and says what would fit', async (t) => {
  for (const fake of fakes) fake.fail('run', 'oom', 100)
  const jobId = await accept('too large', 1)
  const failed = await stack.finished(jobId)
  for (const fake of fakes) fake.fail('run', 'oom', 0)
  t.match(failed.error, {
    code: 'out_of_memory',
    scene_id: 'scene-1',
    message: /The largest graphics card here has \d+ GB\. What may fit: .*shorter scenes/,
  })
  await promisesHold(t, stack, jobId, { status: 'failed', charged: 1, refunded: 1 })
})

t.test('a server that delivers rubbish loses the scene to another, and is blocked in the end', async (t) => {
  const [bad] = fakes
  bad!.fail('view', 'not-video', 1_000)
  const badHost = await hostOf(bad!)
  for (let n = 0; n < 8 && !(await hostOf(bad!)).blocked_at; n += 1) {
    await forgiveBreaker(badHost.key)
    const jobId = await accept(`rubbish ${n}`, 3)
    await stack.finished(jobId)
    await promisesHold(t, stack, jobId, { frames: framesOf(3), charged: 3 })
  }
  bad!.fail('view', 'not-video', 0)
  t.ok((await hostOf(bad!)).blocked_at, 'it takes nothing more until an operator says so')
  const others = (await hosts()).filter(({ key }) => key !== badHost.key)
  t.strictSame(
    others.map(({ blocked_at }) => blocked_at),
    [null, null],
    'the others are not',
  )
  const before = ran()
  const jobId = await accept('afterwards', 3)
  await stack.finished(jobId)
  t.equal(since(before)[0], 0)
  await forgive()
})

const forgiveBreaker = (key: string) =>
  pool.query(`update engine_hosts set breaker = '{}' where engine = 'comfyui' and key = $1`, [key])

t.test('a graph that fails for its own reasons fails the scene, and closes no server', async (t) => {
  for (const fake of fakes) fake.fail('run', 'value-error', 100)
  const jobId = await accept('bad input', 1)
  const failed = await stack.finished(jobId)
  for (const fake of fakes) fake.fail('run', 'value-error', 0)
  t.match(failed.error, { code: 'generation_failed', scene_id: 'scene-1' })
  t.strictSame(
    (await hosts()).map(({ breaker, blocked_at }) => [breaker, blocked_at]),
    [
      [{}, null],
      [{}, null],
      [{}, null],
    ],
  )
  await promisesHold(t, stack, jobId, { status: 'failed', charged: 1, refunded: 1 })
})

t.test(
  'a worker that is killed leaves its prompt where it is, and the next one asks that server',
  async (t) => {
    const before = ran()
    const jobId = await accept('killed', 1)
    for (;;) {
      if (since(before).some((n) => n > 0)) break
      await pause(5)
    }
    const { rows } = await pool.query(
      `select lease_owner from job_steps where job_id = $1 and kind = 'scene'`,
      [jobId],
    )
    const pid = Number(String(rows[0].lease_owner).split(':')[1])
    const victim = workers.find((worker) => worker.process.pid === pid)!
    await victim.stop('SIGKILL')
    await stack.finished(jobId)
    t.equal(
      since(before).reduce((a, b) => a + b),
      1,
      'it was submitted once',
    )
    await promisesHold(t, stack, jobId, { frames: framesOf(1), charged: 1 })
  },
)
