/** A worker that dies while it plans or makes a scene: the next one finishes the work, once. */
import t from 'tap'
import { startFaultStack } from '../support/faults.ts'
import { killedAt } from '../support/killed-at.ts'

t.setTimeout(180_000)
const stack = await startFaultStack(t)

/** Fault points in the order in which a render passes them, and the step that is lost there, if any. */
const POINTS = [
  { at: 'worker.plan.claimed', step: 'plan' },
  { at: 'worker.plan.before_commit', step: 'plan' },
  { at: 'worker.scene.claimed', step: 'scene' },
  { at: 'worker.scene.remote_id_stored', step: 'scene' },
  { at: 'worker.scene.generated', step: 'scene' },
  { at: 'worker.scene.conformed', step: 'scene' },
  { at: 'worker.scene.after_put', step: 'scene' },
  { at: 'worker.scene.committed', step: null },
] as const

for (const point of POINTS) t.test(`killed at ${point.at}`, (t) => killedAt(t, stack, point))
