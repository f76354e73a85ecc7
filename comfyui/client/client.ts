/** A client for one ComfyUI server: runs a graph to a file, or takes up a prompt that is already there. */
import { setTimeout as pause } from 'node:timers/promises'
import { type ComfyApi, createApi } from './api.ts'
import { downloadFile } from './download.ts'
import { ComfyError, isUnreachable } from './errors.ts'
import { failureOf, followPrompt, patiently } from './follow.ts'
import { parseTarget } from './http.ts'
import { type ComfyLimits, DEFAULT_LIMITS } from './limits.ts'
import { collectOutputs, type OutputFile } from './outputs.ts'
import type { PromptGraph } from './progress.ts'
import { submitPrompt } from './submit.ts'
import { type WatchCallbacks, watchPrompt } from './watch.ts'

export type RunRequest = {
  /** The graph before anything is filled in: its nodes tell progress and limits. */
  shape: PromptGraph
  /**
   * Makes the graph of one submission (and uploads what it needs). Put `promptId` into the file prefix, so that
   * no two runs share a file name.
   */
  prepare(promptId: string, signal: AbortSignal): Promise<PromptGraph>
  /** Node whose file is the result, and its kind; another node's file of the kind is taken when it has none. */
  outputNode: string
  outputKind: OutputFile['kind']
  /** Where the result goes, without extension. */
  toPath: string
  /** Kept by the server with the prompt, for people who look at its queue. */
  extraData?: Record<string, unknown>
}

export type RunCallbacks = WatchCallbacks & {
  /** Awaited before every submission. */
  promptId(id: string): Promise<void>
}

export type RunResult = { path: string; promptId: string; file: OutputFile; sizeBytes: number }

/** All calls throw {ComfyError}, or the signal's reason when aborted, which leaves the prompt on the server. */
export type ComfyClient = {
  readonly api: ComfyApi
  /** Whether the server still has a prompt worth taking up: one that waits, runs, or ended well. Asks for `forMs`. */
  holds(promptId: string, forMs: number, signal: AbortSignal): Promise<boolean>
  /** Follows a prompt that is on the server. Null when it has no result to give: submit it anew. */
  takeUp(
    request: RunRequest,
    promptId: string,
    on: RunCallbacks,
    signal: AbortSignal,
  ): Promise<RunResult | null>
  /** Submits and follows; again, a few times, when the server loses the prompt or its file. */
  run(request: RunRequest, on: RunCallbacks, signal: AbortSignal): Promise<RunResult>
  /** Stops a prompt; a run of this client that follows it ends as `interrupted` and is not submitted again. */
  cancel(promptId: string, signal: AbortSignal): Promise<void>
}

export type ClientOptions = {
  url: string
  limits?: Partial<ComfyLimits>
  random?: () => number
  newId?: () => string
}

/** How many cancelled ids are remembered: only those of runs in progress matter. */
const CANCELLED_KEPT = 200

/** @throws {TypeError} when `url` is not an http(s) address */
export function createComfyClient(options: ClientOptions): ComfyClient {
  const limits: ComfyLimits = { ...DEFAULT_LIMITS, ...options.limits }
  const random = options.random ?? Math.random
  const newId = options.newId ?? (() => crypto.randomUUID())
  const target = parseTarget(options.url)
  const api = createApi(target, limits)
  const cancelled = new Set<string>()

  const pauseFor = (signal: AbortSignal) => (ms: number) =>
    pause(ms, undefined, { signal }).catch(() => signal.throwIfAborted())

  /** One prompt to its end. Null: there is no result to be had, and the graph should be submitted anew. */
  async function attempt(
    request: RunRequest,
    promptId: string,
    attached: boolean,
    on: RunCallbacks,
    signal: AbortSignal,
  ): Promise<RunResult | null> {
    const graph = attached ? request.shape : await request.prepare(promptId, signal)
    const watch = watchPrompt(target, promptId, graph, limits, on, random)
    try {
      let id = promptId
      if (!attached) {
        // Messages are not repeated: listen first. No socket is no reason to wait, since asking works without.
        await watch.ready(limits.connectMs, signal)
        id = await submitPrompt(api, graph, promptId, request.extraData ?? {}, limits, signal)
        if (id !== promptId) await on.promptId(id)
      }
      const ending = await followPrompt(api, watch, id, graph, limits, signal)
      if (cancelled.has(id))
        throw new ComfyError('interrupted', 'The scene was stopped on request.', { retryable: false })
      if (ending.kind === 'lost') return null
      const failure = failureOf(ending.entry)
      if (failure) throw failure
      const file = pickFile(collectOutputs(ending.entry.outputs), request)
      const stored = await fetchFile(file, request.toPath, signal)
      return stored && { ...stored, promptId: id, file }
    } catch (error) {
      // What an earlier attempt left may be bad in itself; one of our own tells the caller.
      if (attached && error instanceof ComfyError && error.code === 'bad_result') return null
      throw error
    } finally {
      watch.close()
    }
  }

  /** The result on disk; null when the server no longer has the file. */
  async function fetchFile(
    file: OutputFile,
    toPath: string,
    signal: AbortSignal,
  ): Promise<{ path: string; sizeBytes: number } | null> {
    const path = `${toPath}.${/\.([a-z0-9]{1,5})$/i.exec(file.filename)?.[1]?.toLowerCase() ?? 'bin'}`
    for (let n = 1; ; n++) {
      try {
        const download = await downloadFile(target, file, path, limits, signal)
        return download.kind === 'gone' ? null : { path, sizeBytes: download.sizeBytes }
      } catch (error) {
        if (!isUnreachable(error)) throw error
        if (n >= limits.downloads)
          throw new ComfyError('bad_result', `The result could not be fetched: ${(error as Error).message}`, {
            retryable: true,
            hostAtFault: true,
            cause: error,
          })
        await pauseFor(signal)(limits.pollFastMs)
      }
    }
  }

  return {
    api,
    async holds(promptId, forMs, signal) {
      const state = await patiently(
        () => api.lookUp(promptId, signal),
        pauseFor(signal),
        forMs,
        limits.pollFastMs,
      )
      if (state.kind === 'absent') return false
      return state.kind !== 'finished' || failureOf(state.entry) === null
    },
    takeUp: (request, promptId, on, signal) => attempt(request, promptId, true, on, signal),
    async run(request, on, signal) {
      for (let n = 0; n < limits.submissions; n++) {
        const promptId = newId()
        await on.promptId(promptId)
        const result = await attempt(request, promptId, false, on, signal)
        if (result) return result
      }
      throw new ComfyError('engine_lost', 'The engine lost the scene more often than it is worth trying.', {
        retryable: true,
        hostAtFault: true,
      })
    },
    async cancel(promptId, signal) {
      cancelled.add(promptId)
      for (const id of cancelled) if (cancelled.size > CANCELLED_KEPT) cancelled.delete(id)
      await api.cancel(promptId, signal)
      const { cancelRoute } = await api.features(signal)
      if (cancelRoute) return
      // Delete and interrupt are two requests: the prompt may have started between them.
      if ((await api.lookUp(promptId, signal)).kind !== 'absent') await api.cancel(promptId, signal)
    },
  }
}

function pickFile(files: OutputFile[], request: RunRequest): OutputFile {
  const fitting = files.filter((file) => file.kind === request.outputKind)
  const file = fitting.find((candidate) => candidate.nodeId === request.outputNode) ?? fitting[0]
  if (file) return file
  throw new ComfyError('bad_result', `The workflow ended well but left no ${request.outputKind} file.`, {
    retryable: true,
  })
}
