/** The whole render path with real processes: a storyboard goes in, a film comes out. */
import { join } from 'node:path'
import t from 'tap'
import { eventsAfter } from '../../core/jobs/events.ts'
import type { JobOutput } from '../../core/jobs/types.ts'
import { findTools, probe } from '../../core/platform/ffmpeg.ts'
import { buildUser, person } from '../support/builders.ts'
import { startStack } from '../support/stack.ts'

const stack = await startStack(t)
const tools = await findTools(process.env)
const STORYBOARD = {
  title: 'Two scenes',
  scenes: [
    { id: 'one', prompt: 'a lighthouse at dusk', duration: 1 },
    { id: 'two', prompt: 'the sea at night', duration: 1.5 },
  ],
  transitions: { default: { type: 'fade', duration: 0.5 } },
}
const OPTIONS = { resolution: '480p', fps: 16 }
let worker = await stack.startWorker()

t.test('a storyboard becomes a film of exactly the planned frames', async (t) => {
  const user = await buildUser(stack.db.pool)
  const { job } = await stack.jobs.accept(user, { spec: STORYBOARD, options: OPTIONS })
  const done = await stack.finished(job.id)
  t.equal(done.status, 'completed', JSON.stringify(done.error))
  const output = done.output as JobOutput
  t.equal(output.metadata.frames, 16 + 24 - 8)
  t.equal(output.resolution, '854x480')
  const path = join(stack.workDir, 'film.mp4')
  await stack.store.getFile(output.video_key, path, AbortSignal.timeout(10_000), output.sha256)
  const info = await probe(tools, path, { countFrames: true })
  t.equal(info.video?.frames, 32)
  const events = await eventsAfter(stack.db.pool, job.id, 0, 100)
  t.strictSame(
    events.map((event) => event.sequence),
    events.map((_, index) => index + 1),
  )
  t.equal(events.at(-1)?.event_type, 'completed')
  t.equal(events.filter((event) => event.event_type === 'scene_complete').length, 2)
  for (const key of [output.thumbnail_key, output.contact_sheet_key]) t.ok(await stack.store.stat(key))
})

t.test('the same storyboard again renders nothing', async (t) => {
  const { rows } = await stack.db.pool.query('select triggered_by from jobs limit 1')
  const user = person(rows[0].triggered_by)
  const { job } = await stack.jobs.accept(user, { spec: STORYBOARD, options: OPTIONS })
  const output = (await stack.finished(job.id)).output as JobOutput
  t.match(output.metadata, { scenes_total: 2, scenes_reused: 2 })
  const { rows: steps } = await stack.db.pool.query<{ preview_key: string }>(
    `select preview_key from job_steps where job_id = $1 and kind = 'scene'`,
    [job.id],
  )
  for (const { preview_key } of steps)
    t.ok(await stack.store.stat(preview_key), 'reused scenes have a picture')
})

t.test('nobody reuses the clips of somebody else', async (t) => {
  const { job } = await stack.jobs.accept(await buildUser(stack.db.pool), {
    spec: STORYBOARD,
    options: OPTIONS,
  })
  const output = (await stack.finished(job.id)).output as JobOutput
  t.equal(output.metadata.scenes_reused, 0)
})

t.test('a worker that is asked to stop hands its steps over and exits 0', async (t) => {
  const spec = { title: 'Long', scenes: [{ id: 'a', prompt: 'a slow river', duration: 12 }] }
  const { job } = await stack.jobs.accept(await buildUser(stack.db.pool), {
    spec,
    options: { resolution: '480p' },
  })
  await stack
    .preview!.logged((line) => JSON.stringify(line).includes('prompt') && line.level === 'info', 5_000)
    .catch(() => {})
  const stopped = await (async () => {
    for (;;) {
      const { rows } = await stack.db.pool.query(
        `select 1 from job_steps where job_id = $1 and kind = 'scene' and remote_id is not null`,
        [job.id],
      )
      if (rows.length > 0) break
      await new Promise((resolve) => setImmediate(resolve))
    }
    worker.process.kill('SIGTERM')
    return worker.ended(20_000)
  })()
  t.strictSame(stopped, { code: 0, signal: null })
  worker = await stack.startWorker()
  const done = await stack.finished(job.id)
  t.equal(done.status, 'completed', JSON.stringify(done.error))
  const { rows } = await stack.db.pool.query(
    `select attempt, failures from job_steps where job_id = $1 and kind = 'scene'`,
    [job.id],
  )
  t.match(rows[0], { attempt: 2, failures: 0 })
})
