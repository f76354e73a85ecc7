/** Posting a prompt once: an unknown outcome is looked up before it is tried again. */
import { setTimeout as pause } from 'node:timers/promises'
import type { ComfyApi, PostOutcome } from './api.ts'
import { ComfyError, isUnreachable, TransportError } from './errors.ts'
import { patiently } from './follow.ts'
import type { ComfyLimits } from './limits.ts'
import type { PromptGraph } from './progress.ts'

/**
 * Queues the graph under `promptId` and resolves with the id that the server uses (its own on old releases).
 * The server does not notice repeated ids, so a post without an answer is followed by a look before the next.
 * @throws {ComfyError}; the signal's reason when aborted
 */
export async function submitPrompt(
  api: ComfyApi,
  graph: PromptGraph,
  promptId: string,
  extraData: Record<string, unknown>,
  limits: ComfyLimits,
  signal: AbortSignal,
): Promise<string> {
  const sleep = (ms: number): Promise<void> =>
    pause(ms, undefined, { signal }).catch(() => signal.throwIfAborted())
  let detail = ''
  for (let n = 0; n < limits.posts; n++) {
    const outcome = await patiently(
      () => postOnce(api, graph, promptId, extraData, signal),
      sleep,
      limits.unreachableMs,
      limits.pollFastMs,
    )
    if (outcome.kind === 'queued') return outcome.promptId
    if (outcome.kind === 'refused') throw outcome.error
    if (outcome.kind === 'partial') {
      await api.cancel(outcome.promptId, signal).catch((error) => {
        if (!isUnreachable(error)) throw error
      })
      throw outcome.error
    }
    detail = outcome.detail
    // Twice with a pause: the lost request may still be on its way through the server.
    for (let look = 0; look < 2; look++) {
      const state = await patiently(
        () => api.lookUp(promptId, signal),
        sleep,
        limits.unreachableMs,
        limits.pollFastMs,
      )
      if (state.kind !== 'absent') return promptId
      await sleep(limits.lostGraceMs / 2)
    }
  }
  throw new ComfyError('engine_rejected', `The engine took no prompt: ${detail}.`, {
    retryable: true,
    hostAtFault: true,
  })
}

/** A cut connection after the request went out is an unknown outcome; before, it is plainly not queued. */
async function postOnce(
  api: ComfyApi,
  graph: PromptGraph,
  promptId: string,
  extraData: Record<string, unknown>,
  signal: AbortSignal,
): Promise<PostOutcome> {
  try {
    return await api.post(graph, promptId, extraData, signal)
  } catch (error) {
    if (error instanceof TransportError && error.sent) return { kind: 'unknown', detail: error.message }
    throw error
  }
}
