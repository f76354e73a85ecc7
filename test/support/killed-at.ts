/** One job whose worker dies at a named point, and the next worker's part in it. */
import type { Test } from 'tap'
import type { StepKind } from '../../core/jobs/types.ts'
import type { RenderOptions } from '../../core/storyboard/render-options.ts'
import {
  ageLeases,
  buildPayer,
  diedByFault,
  framesOf,
  leavesNothing,
  OPTIONS,
  promisesHold,
  storyboard,
} from './faults.ts'
import type { Stack } from './stack.ts'

/**
 * @param point `step`: the kind of step that is under way at this point and so is done a second time; `options`: more of
 * the render's
 */
export async function killedAt(
  t: Test,
  stack: Stack,
  { at, step, options }: { at: string; step: StepKind | null; options?: Partial<RenderOptions> },
): Promise<void> {
  const worker = await stack.startWorker({ FAULT_PLAN: `${at}:kill` })
  const user = await buildPayer(stack)
  const { job } = await stack.jobs.accept(user, {
    spec: storyboard(at),
    options: { ...OPTIONS, ...options },
  })
  await diedByFault(t, worker)
  // That leases run out in time is tested elsewhere; here the clock is turned forward.
  t.equal(await ageLeases(stack, job.id), step ? 1 : 0, 'the lost step is still leased')
  const next = await stack.startWorker()
  await stack.finished(job.id)
  await promisesHold(t, stack, job.id, { frames: framesOf(1), charged: 1 })
  const { rows } = await stack.db.pool.query(
    'select kind, attempt, failures from job_steps where job_id = $1',
    [job.id],
  )
  for (const row of rows) {
    const wanted = row.kind === step ? [row.kind, 2, 1] : [row.kind, 1, 0]
    t.strictSame([row.kind, row.attempt, row.failures], wanted, `attempts and failures of ${row.kind}`)
  }
  await leavesNothing(t, stack, [next])
}
