/** The one interface behind which every renderer stands. */
import type { ConfiguredHost, HostProbe } from '../../core/engines/hosts.ts'
import type { FilmFormat } from '../../core/media/format.ts'
import type { HostFacts } from '../../core/workflows/host-facts.ts'

export type ReferenceImage = { path: string; sha256: string; weight: number }

/** One scene to generate. Everything an engine may use; nothing of jobs, owners or credits. */
export type SceneRequest = {
  jobId: string
  stepId: string
  attempt: number
  /** Name of the workflow to run, or `default` for the engine's own choice. */
  workflow: string
  sceneId: string
  sceneNumber: number
  scenesTotal: number
  /** Title of the storyboard: the preview engine prints it on the board. */
  title: string
  prompt: string
  negativePrompt: string
  /** The prompt as written, for people. */
  writtenPrompt: string
  /** One line about the scene, for people: the preview engine prints it on the board. */
  details: string
  seed: number
  format: FilmFormat
  /** Frames wanted at `format.fps`; an engine may deliver more, never fewer. */
  frames: number
  durationS: number
  /** Where the film will cut into the clip; an engine that can place key frames does so. */
  cutFrames: number[]
  referenceImages: ReferenceImage[]
  /** Id of an earlier submission of this step, when there was one: look it up before submitting anew. */
  remoteId: string | null
  /** Key of the server that was chosen for it; without one the engine chooses. */
  host?: string | null
  /** Folder for this attempt's files; the caller removes it. */
  workDir: string
}

/** `fraction` 0..1 of this scene; `note` is a short text for people ("step 12 of 30"). */
export type EngineProgress = { fraction: number; note?: string }

export type EngineCallbacks = {
  /** Must be awaited before the first submission: stores the id so that a later attempt can re-attach. */
  remoteId(id: string): Promise<void>
  progress(progress: EngineProgress): void
  /** A picture of the work so far, JPEG or PNG. Best effort. */
  preview(image: Uint8Array, mime: 'image/jpeg' | 'image/png'): void
}

/** The clip as delivered, unchecked. `model` and `engineHost` are for the record; `host` is the server's key. */
export type SceneResult = {
  path: string
  model: string
  seed: number
  engineHost: string
  /** The work was sent twice, since the first answer or result was lost: it may have been charged for twice. */
  possibleDoubleCharge?: boolean
  host?: string
}

export type EngineHealth = {
  state: 'healthy' | 'degraded' | 'down'
  version: string | null
  queueRunning: number
  queuePending: number
  vramFreeBytes: number | null
  vramTotalBytes: number | null
  detail: string | null
}

/**
 * Why a scene could not be made. `retryable` tells whether another attempt may help; `hostAtFault` whether the
 * host should be rested. `message` is fit for people and free of paths and secrets.
 */
export class EngineError extends Error {
  readonly code:
    | 'engine_unreachable'
    | 'engine_lost'
    | 'engine_silent'
    | 'engine_rejected'
    | 'node_failed'
    | 'out_of_memory'
    | 'missing_node'
    | 'missing_model'
    | 'bad_result'
    | 'interrupted'
    | 'workflow_invalid'
    | 'workflow_rejected'
  readonly retryable: boolean
  readonly hostAtFault: boolean
  /** Key of the server where it happened. */
  readonly host: string | null
  constructor(
    code: EngineError['code'],
    message: string,
    options: { retryable: boolean; hostAtFault?: boolean; host?: string | null; cause?: unknown },
  ) {
    super(message, { cause: options.cause })
    this.name = 'EngineError'
    this.code = code
    this.retryable = options.retryable
    this.hostAtFault = options.hostAtFault ?? false
    this.host = options.host ?? null
  }
}

/** The servers of an engine that has several, told apart: what places are given on (core/engines). */
export type EnginePool = {
  readonly hosts: readonly ConfiguredHost[]
  probe(key: string, signal: AbortSignal): Promise<HostProbe>
  /** Every node class with its inputs; null when the server does not answer. */
  catalogue(key: string, signal: AbortSignal): Promise<Record<string, unknown> | null>
}

export interface Engine {
  readonly kind: 'preview' | 'comfyui' | 'runpod'
  readonly pool?: EnginePool
  health(signal: AbortSignal): Promise<EngineHealth>
  /** What its servers are and lack, where it knows them apart; those that do not answer are left out. */
  facts?(signal: AbortSignal): Promise<HostFacts[]>
  /**
   * Starts the scene, or re-attaches to `request.remoteId` when the engine still knows it. Resolves with a local file.
   * @throws {EngineError}; an aborted `signal` rejects with the signal's reason and leaves the remote work running
   */
  run(request: SceneRequest, on: EngineCallbacks, signal: AbortSignal): Promise<SceneResult>
  /** Stops the remote work if it is waiting or running; knows no error for an id that is gone. */
  cancel(remoteId: string, signal: AbortSignal): Promise<void>
}
