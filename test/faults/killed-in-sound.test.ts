/** A worker that dies while it mixes the sound loses nothing, and the next one mixes it again. */
import t from 'tap'
import type { JobOutput } from '../../core/jobs/types.ts'
import {
  ageLeases,
  buildPayer,
  diedByFault,
  framesOf,
  leavesNothing,
  OPTIONS,
  promisesHold,
  startFaultStack,
  storyboard,
} from '../support/faults.ts'

t.setTimeout(180_000)
const stack = await startFaultStack(t)

t.test('killed when the sound was stored, and not yet told of', async (t) => {
  const user = await buildPayer(stack)
  const spec = storyboard('heard')
  const first = await stack.startWorker()
  await stack.finished((await stack.jobs.accept(user, { spec, options: OPTIONS })).job.id)
  await first.stop()

  // The clip is known by now, so the sound is all there is to do.
  const worker = await stack.startWorker({ FAULT_PLAN: 'worker.sound.after_put:kill' })
  const heard = { ...spec, global_audio: { music: { asset_id: 'asset_music_tense_minimal' } } }
  const { job } = await stack.jobs.accept(user, { spec: heard, options: OPTIONS })
  await diedByFault(t, worker)
  t.equal(await ageLeases(stack, job.id), 1, 'the lost step is still leased')
  const next = await stack.startWorker()
  const done = await stack.finished(job.id)
  await promisesHold(t, stack, job.id, { frames: framesOf(1), charged: 0 })
  t.match((done.output as JobOutput).metadata.sound, { sources: 1, lufs: Number })
  const { rows } = await stack.db.pool.query(
    `select attempt, failures from job_steps where job_id = $1 and kind = 'sound'`,
    [job.id],
  )
  t.strictSame(rows, [{ attempt: 2, failures: 1 }])
  await leavesNothing(t, stack, [next])
})
