/** Keeps the books on servers while a scene is made: its place, what went wrong and where, what may be tried elsewhere. */
import { recordFailure, recordSuccess, roomierHosts } from '../../core/engines/hosts.ts'
import { releasePlace } from '../../core/engines/places.ts'
import { fault } from '../../core/platform/faults.ts'
import { ComposeError } from '../compose/errors.ts'
import type { WorkerContext } from '../context.ts'
import type { StepRun } from '../tasks/run-step.ts'
import { EngineError, type SceneResult } from './engine.ts'
import { memoryAdvice } from './memory-advice.ts'

export type HostBooks = {
  /** The engine's part. Its failures are noted against the server where they happened; its end gives up the place. */
  generate(work: () => Promise<SceneResult>): Promise<SceneResult>
  /** What is made of the result. A clip that cannot be used is the server's failure too. */
  use<T>(work: () => Promise<T>): Promise<T>
}

const AWAY = new Set<EngineError['code']>(['engine_unreachable'])

export function openBooks(context: WorkerContext, run: StepRun, workflow: string): HostBooks {
  const { db, workflows, config } = context
  const { step, log } = run
  const engine = step.engine ?? ''
  let made: SceneResult | null = null

  async function note(error: EngineError): Promise<void> {
    const { host: key, code, message, hostAtFault } = error
    if (key === null || !error.retryable) return
    const rests = await recordFailure(db.pool, {
      step,
      engine,
      key,
      message,
      away: AWAY.has(code),
      hostAtFault,
      costly: code === 'engine_silent',
      outOfMemory: code === 'out_of_memory',
    })
    if (rests) log.error({ engine, host: key, code }, 'engine host rests: it failed too often')
  }

  /** A scene that is too large for the largest card fails at once, and says what would fit. */
  async function outOfMemory(error: EngineError): Promise<EngineError> {
    const { own, most } = await roomierHosts(db.pool, engine, error.host ?? '')
    if (own === null || most === null || most > own) return error
    const advice = memoryAdvice(workflows.get(workflow), [...workflows.values()], config, own)
    return new EngineError('out_of_memory', `${error.message} ${advice}`, {
      retryable: false,
      host: error.host,
      cause: error,
    })
  }

  return {
    async generate(work) {
      try {
        made = await work()
      } catch (error) {
        if (!(error instanceof EngineError) || run.signal.aborted) throw error
        await note(error)
        throw error.code === 'out_of_memory' ? await outOfMemory(error) : error
      }
      if (step.host !== null) {
        fault('worker.place.before_release')
        await releasePlace(db.pool, step)
        fault('worker.place.released')
      }
      return made
    },
    async use(work) {
      let result: Awaited<ReturnType<typeof work>>
      try {
        result = await work()
      } catch (error) {
        if (error instanceof ComposeError && made?.host !== undefined && !run.signal.aborted)
          await note(
            new EngineError('bad_result', error.message, { retryable: true, host: made.host, cause: error }),
          )
        throw error
      }
      if (made?.host !== undefined) {
        const blocked = await recordSuccess(db.pool, { step, engine, key: made.host })
        for (const slug of blocked)
          log.error({ engine, host: slug }, 'engine host is blocked: what fails there is made elsewhere')
      }
      return result
    },
  }
}
