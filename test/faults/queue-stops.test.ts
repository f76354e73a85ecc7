/** A queue that cannot say that a task is done stops by itself: the worker starts it again, and takes further steps. */
import t from 'tap'
import {
  buildPayer,
  framesOf,
  OPTIONS,
  promisesHold,
  startFaultStack,
  storyboard,
} from '../support/faults.ts'

t.setTimeout(120_000)
const stack = await startFaultStack(t)
const { pool } = stack.db

t.test('a worker whose queue stopped goes on', async (t) => {
  const worker = await stack.startWorker()
  await pool.query(`
    create function refuse_to_forget() returns trigger language plpgsql as $$
      begin raise exception 'not now'; end $$;
    create trigger refuse_to_forget before delete on graphile_worker._private_jobs
      for each statement execute function refuse_to_forget()`)
  const { job } = await stack.jobs.accept(await buildPayer(stack), {
    spec: storyboard('stops'),
    options: OPTIONS,
  })
  await worker.logged(({ msg }) => msg === 'the queue stopped; it is started again')
  await pool.query('drop function refuse_to_forget() cascade')
  await stack.finished(job.id)
  await promisesHold(t, stack, job.id, { frames: framesOf(1), charged: 1 })
  // The task that could not be forgotten is locked by a queue that is gone; the next one begins with nothing of it.
  const { job: next } = await stack.jobs.accept(await buildPayer(stack), {
    spec: storyboard('goes on'),
    options: OPTIONS,
  })
  await stack.finished(next.id)
  await promisesHold(t, stack, next.id, { frames: framesOf(1), charged: 1 })
  t.equal(worker.process.exitCode, null, 'the same process')
  await worker.stop()
  t.equal(worker.process.exitCode, 0, 'it ends in good order')
})
