/** Tasks of engines whose servers are a pool. */
import type { Task } from 'graphile-worker'
import { ringFor, takePlace } from '../../core/engines/places.ts'
import { fault } from '../../core/platform/faults.ts'
import type { WorkerContext } from '../context.ts'
import type { EnginePool } from '../engines/engine.ts'
import { lookAt } from '../engines/host-watch.ts'
import { sceneStep } from '../steps/scene.ts'
import { runClaimed } from './run-step.ts'

/** A bell: takes the scene that is due on the servers of this worker, which need not be the one it was rung for. */
export function placeTask(context: WorkerContext, engine: string, pool: EnginePool): Task {
  const { db, workerId, workflows } = context
  const keys = pool.hosts.map(({ key }) => key)
  return async () => {
    const step = await takePlace(db.pool, { engine, keys, worker: workerId, workflows })
    if (!step) return
    fault('worker.place.taken')
    try {
      await runClaimed(context, step, sceneStep)
    } finally {
      // However it ended, its place is free, or comes back with the step.
      await ringFor(db.pool, engine).catch((error: unknown) =>
        context.log.warn({ err: error, engine }, 'could not ring for the next scene; the sweeper will'),
      )
    }
  }
}

const LOOK_LIMIT_MS = 60_000

/** Looks at one server because an operator asks. */
export function lookTask({ db, log }: WorkerContext, engine: string, pool: EnginePool): Task {
  return async (payload) => {
    const { key, refresh } = payload as { key: string; refresh: boolean }
    if (!pool.hosts.some((host) => host.key === key)) return
    await lookAt({ pg: db.pool, engine, pool, log }, key, refresh, AbortSignal.timeout(LOOK_LIMIT_MS))
  }
}
