/** Engines that are away, break, forget or deliver rubbish. */
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { userUrn } from '../../core/access/owner.ts'
import type { UserPrincipal } from '../../core/access/principal.ts'
import {
  buildPayer,
  framesOf,
  leavesNothing,
  OPTIONS,
  promisesHold,
  startFaultStack,
  storyboard,
  until,
} from '../support/faults.ts'

t.setTimeout(180_000)
const stack = await startFaultStack(t, { stepMs: 300 })
const { fake } = stack
const { pool } = stack.db
const worker = await stack.startWorker()

async function accept(title: string, scenes = 1, user?: UserPrincipal): Promise<string> {
  const spec = storyboard(title, scenes)
  const { job } = await stack.jobs.accept(user ?? (await buildPayer(stack)), { spec, options: OPTIONS })
  return job.id
}

/** Waits until the engine has taken one more prompt. */
async function nextPost(before: number): Promise<void> {
  await until('a prompt', async () => fake.posts.length > before, 30_000)
}

const attemptsOf = async (jobId: string) =>
  (
    await pool.query(
      `select key, attempt, failures from job_steps where job_id = $1 and kind = 'scene' order by key`,
      [jobId],
    )
  ).rows

t.test('refuses connections at first', async (t) => {
  await fake.leave()
  const jobId = await accept('refused')
  await worker.logged((line) => line.code === 'engine_unreachable' && line.jobId === jobId)
  await fake.comeBack()
  await stack.finished(jobId)
  await promisesHold(t, stack, jobId, { frames: framesOf(1), charged: 1 })
  t.match(await attemptsOf(jobId), [{ failures: 0 }], 'an engine that is away counts against nobody')
})

t.test('goes away in mid-scene and comes back', async (t) => {
  const posts = fake.posts.length
  const jobId = await accept('away')
  await nextPost(posts)
  await fake.leave()
  await sleep(1_500)
  await fake.comeBack()
  await stack.finished(jobId)
  await promisesHold(t, stack, jobId, { frames: framesOf(1), charged: 1 })
  t.equal(fake.posts.length, posts + 1, 'the scene was not submitted again')
})

t.test('is restarted with an empty memory', async (t) => {
  const posts = fake.posts.length
  const jobId = await accept('forgot')
  await nextPost(posts)
  await fake.restart()
  await stack.finished(jobId)
  await promisesHold(t, stack, jobId, { frames: framesOf(1), charged: 1 })
  t.equal(fake.posts.length, posts + 2, 'the scene was submitted again, once')
})

t.test('fails a node, each time: a clear failure, full refund, and the good scene is kept', async (t) => {
  const user = await buildPayer(stack)
  const posts = fake.posts.length
  const jobId = await accept('breaks', 2, user)
  await nextPost(posts)
  // The prompt just taken runs without this fault, every later one with it.
  fake.fail('run', 'node-error', 1_000)
  const failed = await stack.finished(jobId)
  fake.fail('run', 'node-error', 0)
  await promisesHold(t, stack, jobId, { status: 'failed', charged: 2, refunded: 2 })
  const { rows: good } = await pool.query(
    `select key from job_steps where job_id = $1 and kind = 'scene' and state = 'done'`,
    [jobId],
  )
  t.equal(good.length, 1)
  const broken = good[0].key === 'scene-1' ? 'scene-2' : 'scene-1'
  t.match(failed, { failure_type: 'system', error: { code: 'generation_failed', scene_id: broken } })
  t.notMatch(JSON.stringify(failed.error), '/srv/', 'paths of the engine are not shown')
  t.match(
    (await attemptsOf(jobId)).find(({ key }) => key === broken),
    { attempt: 3, failures: 3 },
  )

  const { job: clone } = await stack.jobs.clone(user, jobId, {})
  const done = await stack.finished(clone.id)
  t.match(done.output, { metadata: { scenes_total: 2, scenes_reused: 1 } })
  await promisesHold(t, stack, clone.id, { frames: framesOf(2), charged: 1 })
})

for (const garbage of ['html', 'empty', 'truncated', 'not-video'] as const) {
  t.test(`delivers garbage (${garbage}): the scene is made again`, async (t) => {
    const jobId = await accept(`once ${garbage}`)
    fake.fail('view', garbage, 1)
    await stack.finished(jobId)
    await promisesHold(t, stack, jobId, { frames: framesOf(1), charged: 1 })
  })
}

t.test('delivers nothing but garbage: fails, and nothing of it is published', async (t) => {
  const user = await buildPayer(stack)
  fake.fail('view', 'not-video', 1_000)
  const jobId = await accept('always', 1, user)
  const failed = await stack.finished(jobId)
  fake.fail('view', 'not-video', 0)
  await promisesHold(t, stack, jobId, { status: 'failed', charged: 1, refunded: 1 })
  t.match(failed, { output: null, error: { code: 'generation_failed', scene_id: 'scene-1' } })
  const { rows } = await pool.query('select 1 from content_cache where scope = $1', [userUrn(user.userId)])
  t.strictSame(rows, [], 'no clip is kept')
  const keys: string[] = []
  for await (const key of stack.store.list(`user/${user.userId}/`)) if (key.endsWith('.mp4')) keys.push(key)
  t.strictSame(keys, [], 'no film is stored')
})

t.test('nothing is left behind', (t) => leavesNothing(t, stack, [worker]))
