/** The voice step: has a line spoken, makes it fit for the film, and stores it under its content hash. */
import { join } from 'node:path'
import { creditSource, objectPrefix } from '../../core/access/owner.ts'
import type { Peak } from '../../core/assets/peaks.ts'
import { storeCached } from '../../core/jobs/content-cache.ts'
import { updateProgress } from '../../core/jobs/progress.ts'
import { finishStep } from '../../core/jobs/steps.ts'
import { fault } from '../../core/platform/faults.ts'
import type { WorkerContext } from '../context.ts'
import { StepFailure } from '../failures.ts'
import type { StepRun } from '../tasks/run-step.ts'
import { VoiceError } from '../voice/engine.ts'
import { finishSpeech } from '../voice/finish.ts'
import { announce } from './announce.ts'
import { loadJob, lockJob } from './load-job.ts'
import { holdKnown } from './plan-clips.ts'
import { reusedSpeech, type VoiceInput, type VoiceOutcome } from './plan-voice.ts'
import { presentCached } from './present-cached.ts'

export async function voiceStep(context: WorkerContext, run: StepRun): Promise<void> {
  const { db, store, tools, voice: engine } = context
  const { step, signal, workDir } = run
  const input = step.input as VoiceInput
  const job = await loadJob(db.pool, step.jobId)
  const scope = creditSource(job.owner)
  const contentKey = step.contentKey!
  if (engine?.kind !== input.engine) {
    const message = `this line is for the voice engine "${input.engine}", which this worker does not have`
    throw new StepFailure('system', 'no_engine', message)
  }

  const finish = async (outcome: VoiceOutcome, peaks: Peak[] = []): Promise<void> => {
    await run.commit(async (client) => {
      await lockJob(client, job.id)
      if (!(await finishStep(client, step, outcome))) return
      const { objectKey, sha256, sizeBytes, durationS, sampleRate, wordTimes } = outcome
      if (outcome.reused) await holdKnown(client, scope, 'voice', [contentKey])
      else {
        const meta = { durationS, sampleRate, wordTimes, peaks }
        await storeCached(client, scope, 'voice', { contentKey, objectKey, sha256, sizeBytes, meta })
      }
      await updateProgress(client, job.id)
    })
  }

  // The same words may have been spoken since this job was planned, also by the step before this one.
  const known = (await presentCached(context, scope, 'voice', [contentKey])).get(contentKey)
  if (known) return finish(reusedSpeech(known))

  try {
    const { text, voice } = input
    const speech = await engine.speak({ text, voice, workDir }, signal)
    fault('worker.voice.spoken')
    const { path, peaks, ...finished } = await finishSpeech({
      tools,
      source: speech.path,
      wordTimes: speech.wordTimes,
      text,
      out: join(workDir, 'speech.flac'),
      signal,
    })
    const objectKey = `${objectPrefix(scope)}voices/${finished.sha256}.flac`
    await announce(run, objectKey)
    await store.putFile(objectKey, path, 'audio/flac', signal)
    fault('worker.voice.after_put')
    await finish({ objectKey, ...finished, reused: false }, peaks)
  } catch (error) {
    signal.throwIfAborted()
    if (!(error instanceof VoiceError)) throw error
    const { code, retryAfterS } = error
    const message = `line ${input.index + 1} of scene ${input.sceneId} was not spoken: ${error.message}`
    throw new VoiceError(code, message, { retryAfterS, cause: error })
  }
}
