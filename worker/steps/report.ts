/** Progress and pictures of a running step, sent on at a bearable rate and never allowed to fail the step. */
import { setTimeout as sleep } from 'node:timers/promises'
import { recordStepProgress, updateProgress } from '../../core/jobs/progress.ts'
import { transaction } from '../../core/platform/database.ts'
import type { WorkerContext } from '../context.ts'
import type { StepRun } from '../tasks/run-step.ts'

/** At most this often the database hears of progress; one write at a time. */
const INTERVAL_MS = 250
/** At most this often a picture is stored. */
const PICTURE_INTERVAL_MS = 1_000

export type Reporter = {
  /** @param fraction 0 to 1 of the step */
  progress(fraction: number): void
  /** Stores a picture under `key`, unless one was stored within the last second. */
  preview(key: string, encode: () => Promise<Uint8Array>): void
  /** Resolves when nothing is under way any more. */
  settled(): Promise<void>
}

export function createReporter(context: WorkerContext, run: StepRun): Reporter {
  const { db, store } = context
  const { step, signal, log } = run
  let fraction = 0
  let pictureKey: string | null = null
  let pictureAt = Number.NEGATIVE_INFINITY
  let writing: Promise<void> | null = null
  let storing: Promise<void> | null = null
  let dirty = false
  const closing = new AbortController()

  async function write(): Promise<void> {
    while (dirty && !closing.signal.aborted && !signal.aborted) {
      dirty = false
      const key = pictureKey
      pictureKey = null
      // Two short transactions rather than one, so that step and job are never locked in this order together.
      if (await recordStepProgress(db.pool, step, fraction, key)) {
        // An engine that takes its time with the next step would leave people with what was before this one.
        if (!(await transaction(db.pool, (client) => updateProgress(client, step.jobId)))) dirty = true
      }
      // A step that is through does not wait for the pause after its last word.
      await sleep(INTERVAL_MS, undefined, { signal: closing.signal }).catch(() => {})
    }
  }

  function poke(): void {
    dirty = true
    writing ??= write()
      .catch((error: unknown) => log.debug({ err: error }, 'progress was not recorded'))
      .finally(() => {
        writing = null
      })
  }

  return {
    progress(value) {
      if (closing.signal.aborted || value <= fraction) return
      fraction = value
      poke()
    },
    preview(key, encode) {
      const now = performance.now()
      if (closing.signal.aborted || storing || now - pictureAt < PICTURE_INTERVAL_MS) return
      pictureAt = now
      storing = encode()
        .then((bytes) => store.putBytes(key, bytes, 'image/jpeg', signal))
        .then(() => {
          pictureKey = key
          poke()
        })
        .catch((error: unknown) => log.debug({ err: error }, 'a preview picture was not stored'))
        .finally(() => {
          storing = null
        })
    },
    async settled() {
      closing.abort()
      await storing
      await writing
    },
  }
}
