/** Waiting for a prompt to end: by message when that is quick, by asking when it is not. */
import type { ComfyApi, HistoryEntry, PromptState } from './api.ts'
import { ComfyError, cleanText, isUnreachable } from './errors.ts'
import { classifyExecutionError } from './failures.ts'
import type { ComfyLimits } from './limits.ts'
import type { PromptGraph } from './progress.ts'
import type { PromptWatch } from './watch.ts'

/** How a prompt ended to its end: with a history entry, or gone from a server that answers. */
export type Ending = { kind: 'finished'; entry: HistoryEntry } | { kind: 'lost' }

/** Time the prompt may be silent at this point. Unknown node: the most that any of its nodes may take. */
export function silenceLimitMs(graph: PromptGraph, nodeId: string | null, limits: ComfyLimits): number {
  const limitOf = (id: string): number =>
    limits.silenceMsByClass[graph[id]?.class_type ?? ''] ?? limits.silenceMs
  return nodeId === null ? Math.max(limits.silenceMs, ...Object.keys(graph).map(limitOf)) : limitOf(nodeId)
}

/**
 * Asks until the server answers, for at most `forMs`.
 * @throws {ComfyError} `engine_unreachable`; the signal's reason when aborted
 */
export async function patiently<T>(
  ask: () => Promise<T>,
  pause: (ms: number) => Promise<unknown>,
  forMs: number,
  pauseMs: number,
): Promise<T> {
  const until = performance.now() + forMs
  for (;;) {
    try {
      return await ask()
    } catch (error) {
      if (!isUnreachable(error)) throw error
      if (performance.now() + pauseMs > until) throw unreachable(error)
      await pause(pauseMs)
    }
  }
}

export const unreachable = (cause: unknown): ComfyError =>
  new ComfyError(
    'engine_unreachable',
    `No usable answer from the engine: ${cleanText((cause as Error).message)}`,
    {
      retryable: true,
      hostAtFault: true,
      cause,
    },
  )

/**
 * Follows a posted prompt until it has a history entry, which alone means "done", or is lost.
 * Aborting leaves the prompt where it is.
 * @throws {ComfyError} `engine_unreachable`, or `engine_silent` after the prompt was interrupted by its id;
 * the signal's reason when aborted
 */
export async function followPrompt(
  api: ComfyApi,
  watch: PromptWatch,
  promptId: string,
  graph: PromptGraph,
  limits: ComfyLimits,
  signal: AbortSignal,
): Promise<Ending> {
  let tickAt = performance.now()
  let silentMs = 0
  let stalledMs = 0
  let answeredAt = tickAt
  let absentAt: number | null = null
  let endedAt: number | null = null
  let closeLooks = 0

  for (;;) {
    signal.throwIfAborted()
    let state: PromptState | null = null
    try {
      state = await api.lookUp(promptId, signal)
      answeredAt = performance.now()
    } catch (error) {
      if (!isUnreachable(error)) throw error
      // What is back after this may be another server: newer, older, without memory.
      api.forget()
      if (performance.now() - answeredAt > limits.unreachableMs) throw unreachable(error)
    }
    const now = performance.now()
    // A process that was stopped for a while must not take its own pause for the server's silence.
    const sinceMs = Math.min(now - tickAt, limits.pollMs * 2)
    tickAt = now

    if (state?.kind === 'finished') return state
    if (state?.kind === 'absent') {
      absentAt ??= now
      if (now - absentAt >= limits.lostGraceMs) return { kind: 'lost' }
    } else if (state) absentAt = null

    if (watch.takeMoved()) silentMs = 0
    else if (state?.kind === 'running' && watch.connected) silentMs += sinceMs
    if (silentMs > silenceLimitMs(graph, watch.nodeId, limits))
      await giveUp(`no progress for ${seconds(silentMs)}`)
    if (state?.kind === 'running' && watch.connected && watch.quietMs() > limits.deafMs) watch.reopen()

    // A server whose worker thread died goes on answering and accepting, and runs nothing.
    stalledMs = state?.kind === 'waiting' && (await nothingRuns()) ? stalledMs + sinceMs : 0
    if (stalledMs > limits.silenceMs) await giveUp(`waiting for ${seconds(stalledMs)} while nothing runs`)

    if (watch.ended) endedAt ??= now
    const closeLook = endedAt !== null && now - endedAt < limits.historyMs
    const troubled = state === null || absentAt !== null || !watch.connected
    // The entry follows the message within moments; a message can also be wrong, hence the bound.
    const closeLookMs = Math.min(200, 5 * 2 ** (closeLook ? closeLooks++ : 0))
    await watch.wait(closeLook ? closeLookMs : troubled ? limits.pollFastMs : limits.pollMs, signal)
  }

  async function nothingRuns(): Promise<boolean> {
    try {
      return !(await api.anyRunning(signal))
    } catch (error) {
      if (isUnreachable(error)) return false
      throw error
    }
  }

  async function giveUp(why: string): Promise<never> {
    // Best effort: a server in this state may not answer, and the finding stands either way.
    await api.cancel(promptId, signal).catch(() => signal.throwIfAborted())
    throw new ComfyError('engine_silent', `The engine went silent (${why}).`, {
      retryable: true,
      hostAtFault: true,
    })
  }
}

const seconds = (ms: number): string => `${Math.round(ms / 1_000)} s`

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/**
 * Reads how a finished prompt ended. An interrupted one is listed as an error; only its last message tells.
 * @returns null for success
 */
export function failureOf(entry: HistoryEntry): ComfyError | null {
  const status = isObject(entry.status) ? entry.status : {}
  if (status.status_str === 'success') return null
  const messages = Array.isArray(status.messages) ? status.messages.filter(Array.isArray).reverse() : []
  for (const [type, data] of messages) {
    if (type === 'execution_interrupted')
      return new ComfyError('interrupted', 'The scene was interrupted on the engine.', { retryable: true })
    if (type === 'execution_error') return classifyExecutionError(data)
  }
  return new ComfyError('node_failed', 'The engine reported a failure without a reason.', { retryable: true })
}
