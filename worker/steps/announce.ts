/** Telling eviction of objects that are about to be stored. */
import { announceObject } from '../../core/jobs/steps.ts'
import { StepStopped } from '../leases/running-steps.ts'
import type { StepRun } from '../tasks/run-step.ts'

/**
 * Before an object is stored that jobs may share: one that an evicted entry left behind is not taken away under our hands.
 * @throws {StepStopped} when the step is no longer ours
 */
export async function announce(run: StepRun, objectKey: string): Promise<void> {
  if (!(await run.commit((client) => announceObject(client, run.step, objectKey))))
    throw new StepStopped('fenced')
}
