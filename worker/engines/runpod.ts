/**
 * A RunPod serverless endpoint with the worker-comfyui image as an engine.
 *
 * RunPod gives out the ids, and knows no key that makes a submission safe to repeat. So what is about to be sent is on
 * record first; an answer that is lost is waited for by other ways; and work is sent again at most once in doubt, which
 * the result then says.
 */
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { callbackUrl } from '../../core/jobs/engine-callback.ts'
import {
  findSubmission,
  isDoubtful,
  markDoubtful,
  recordSubmission,
  reportName,
  type SubmissionKey,
  storeSubmissionId,
} from '../../core/jobs/engine-submissions.ts'
import type { Config } from '../../core/platform/config.ts'
import type { Queryable } from '../../core/platform/database.ts'
import { isDatabaseUnavailable } from '../../core/platform/errors.ts'
import { fault } from '../../core/platform/faults.ts'
import type { FfmpegTools } from '../../core/platform/ffmpeg.ts'
import { createLimiter } from '../../core/platform/limiter.ts'
import type { Logger } from '../../core/platform/log.ts'
import { retry } from '../../core/platform/retry.ts'
import { injectParameters } from '../../core/workflows/inject.ts'
import { listedModels } from '../../core/workflows/offer.ts'
import { WorkflowError, type WorkflowTemplate } from '../../core/workflows/types.ts'
import { imagesFor, modelOf } from './comfyui.ts'
import {
  type Engine,
  type EngineCallbacks,
  EngineError,
  type SceneRequest,
  type SceneResult,
} from './engine.ts'
import { moveStill } from './moved-still.ts'
import type { ReportBell } from './report-bell.ts'
import { createRunpodClient, RunpodRequestError } from './runpod-client.ts'
import { FOLLOW_TIMINGS, type FollowTimings, follow } from './runpod-follow.ts'
import { mainPrefix, requestBody } from './runpod-request.ts'
import { chooseFile, createResults } from './runpod-result.ts'
import { type RunpodFile, readHealth, readStatus, troubleOf } from './runpod-status.ts'
import { sceneValues } from './scene-values.ts'

export type RunpodEngineOptions = {
  config: Config
  workflows: ReadonlyMap<string, WorkflowTemplate>
  tools: FfmpegTools
  /** Where submissions are on record. */
  db: Queryable
  bell: ReportBell
  log: Logger
  timings?: Partial<FollowTimings>
}

/** How long a submission is tried while RunPod asks for patience. */
const PATIENCE_MS = 60_000
/** A submission on its way is not cut off: its answer is what tells the id. */
const SUBMIT_MS = 120_000
/** How often a record is read while its report is waited for: notices can be lost. */
const RECONCILE_POLL_MS = 5_000
/** How long an id is tried to be kept while the database is away. */
const STORE_MS = 60_000

/** `rp/<step>/<attempt>/<id>`; without an id while the answer to the submission is awaited. */
type RemoteId = SubmissionKey & { readonly id: string | null }
type FoundRemoteId = RemoteId & { readonly id: string }

export const formatRemoteId = ({ stepId, attempt, id }: RemoteId): string =>
  `rp/${stepId}/${attempt}/${id === null ? '' : encodeURIComponent(id)}`

export function parseRemoteId(text: string | null): RemoteId | null {
  const [, stepId, attempt, id] = /^rp\/([0-9a-f-]{36})\/(\d+)\/(.*)$/.exec(text ?? '') ?? []
  if (stepId === undefined || attempt === undefined) return null
  return { stepId, attempt: Number(attempt), id: id ? decodeURIComponent(id) : null }
}

const HOST = 'runpod'

export function createRunpodEngine(options: RunpodEngineOptions): Engine {
  const { config, workflows, db, bell, log } = options
  const timings = { ...FOLLOW_TIMINGS, ...options.timings }
  const client = createRunpodClient({
    baseUrl: config.RUNPOD_BASE_URL,
    endpointId: config.RUNPOD_ENDPOINT_ID,
    apiKey: config.RUNPOD_API_KEY,
  })
  const placed = createLimiter(config.RUNPOD_CONCURRENCY)
  const fetchResult = createResults(config)
  const templates = [...workflows.values()].filter(({ engine }) => engine === 'comfyui')
  const policy = {
    offer: config,
    models: listedModels(templates),
    executionMs: config.RUNPOD_EXECUTION_SECONDS * 1_000,
    ttlMs: (config.RUNPOD_EXECUTION_SECONDS + config.RUNPOD_QUEUE_SECONDS) * 1_000,
  }

  function workflowFor(request: SceneRequest): WorkflowTemplate {
    const template = workflows.get(request.workflow)
    if (template?.engine === 'comfyui') return template
    throw new EngineError('workflow_invalid', `The workflow "${request.workflow}" is not known here.`, {
      retryable: false,
    })
  }

  /** The id of a submission whose answer was lost, from a report, waited for as long as makes sense; null when there is none. */
  async function reconcile(key: SubmissionKey, signal: AbortSignal): Promise<string | null> {
    const deadline = performance.now() + config.RUNPOD_RECONCILE_SECONDS * 1_000
    for (;;) {
      const { remoteId: id } = await findSubmission(db, key)
      const leftMs = deadline - performance.now()
      if (id !== null || leftMs <= 0) return id
      const woken = new AbortController()
      const either = AbortSignal.any([signal, woken.signal])
      await Promise.race([
        sleep(Math.min(leftMs, RECONCILE_POLL_MS), undefined, { signal: either }).catch(() => {}),
        bell.heard(reportName(key.stepId, key.attempt), either),
      ])
      woken.abort()
      signal.throwIfAborted()
    }
  }

  /** Lets lost work be sent once more, on record; refuses it the second time. */
  async function allowRepeat(request: SceneRequest, lost: SubmissionKey, why: string): Promise<void> {
    if (!(await markDoubtful(db, lost)))
      throw new EngineError(
        'bad_result',
        `${why} It was sent once more already and is not sent again, since each may be charged.`,
        { retryable: false },
      )
    log.warn(
      { jobId: request.jobId, stepId: request.stepId, scene: request.sceneId, possibleDoubleCharge: true },
      `${why} It is sent once more, which may be charged twice`,
    )
  }

  /** Sends the scene. What the answer says is stored before anything else happens. */
  async function submit(
    template: WorkflowTemplate,
    request: SceneRequest,
    on: EngineCallbacks,
    signal: AbortSignal,
  ): Promise<FoundRemoteId> {
    const key = { stepId: request.stepId, attempt: request.attempt }
    const webhook = callbackUrl(
      { engine: HOST, jobId: request.jobId, scene: request.sceneId, attempt: request.attempt },
      config,
    )
    const body = await requestBody(template, request, policy, webhook, signal)
    await recordSubmission(db, key, HOST)
    await on.remoteId(formatRemoteId({ ...key, id: null }))
    fault('worker.runpod.before_submit')
    const id = await post(body, on, signal)
    fault('worker.runpod.submitted')
    // On its own record first: the step may have been given up meanwhile, and whoever cancels needs the id.
    await retry(() => storeSubmissionId(db, key, id), {
      budgetMs: STORE_MS,
      signal: AbortSignal.timeout(STORE_MS),
      retryable: isDatabaseUnavailable,
    })
    await on.remoteId(formatRemoteId({ ...key, id }))
    log.info({ runpodId: id, stepId: request.stepId }, 'scene submitted')
    return { ...key, id }
  }

  /** One submission, tried again only while it certainly had no effect. */
  async function post(body: string, on: EngineCallbacks, signal: AbortSignal): Promise<string> {
    const deadline = performance.now() + PATIENCE_MS
    for (let round = 0; ; round += 1) {
      signal.throwIfAborted()
      try {
        const answer = (await client.run(body, AbortSignal.timeout(SUBMIT_MS))) as { id?: unknown }
        if (typeof answer.id === 'string' && answer.id !== '' && answer.id.length <= 200) return answer.id
        throw new RunpodRequestError('unclear', 'RunPod took the scene and named no id')
      } catch (error) {
        if (!(error instanceof RunpodRequestError)) throw error
        const { fault } = error
        if (fault === 'unclear')
          // Not forgotten: the next attempt waits for the report.
          throw new EngineError(
            'engine_unreachable',
            `${error.message}; whether the scene was taken is not known.`,
            {
              retryable: true,
              cause: error,
            },
          )
        const waitMs = (error.retryAfterMs ?? Math.min(1_000 * 2 ** round, 15_000)) * (1 + Math.random() / 2)
        if (fault === 'rate_limited' && performance.now() + waitMs < deadline) {
          await sleep(waitMs, undefined, { signal })
          continue
        }
        // Nothing was taken: the record of the attempt must not look like a lost answer.
        await on.remoteId('')
        if (fault === 'not_sent' || fault === 'rate_limited')
          throw new EngineError('engine_unreachable', `${error.message}.`, { retryable: true, cause: error })
        const message = fault === 'not_found' ? 'RunPod knows no endpoint RUNPOD_ENDPOINT_ID' : error.message
        throw new EngineError('engine_rejected', `${message}.`, { retryable: false, cause: error })
      }
    }
  }

  /** The job to follow: the one of an earlier attempt where that can be found, else a new one. */
  async function attach(
    template: WorkflowTemplate,
    request: SceneRequest,
    on: EngineCallbacks,
    signal: AbortSignal,
  ): Promise<FoundRemoteId> {
    const earlier = parseRemoteId(request.remoteId)
    if (!earlier) return submit(template, request, on, signal)
    if (earlier.id !== null) {
      log.info({ runpodId: earlier.id, stepId: request.stepId }, 'taking up an earlier submission')
      return { ...earlier, id: earlier.id }
    }
    const id = await reconcile(earlier, signal)
    if (id !== null) {
      const remote = { ...earlier, id }
      await on.remoteId(formatRemoteId(remote))
      log.info({ runpodId: id, stepId: request.stepId }, 'found a submission whose answer was lost')
      return remote
    }
    await allowRepeat(
      request,
      earlier,
      'The answer to the submission was lost, and RunPod has not reported on it.',
    )
    return submit(template, request, on, signal)
  }

  async function followTo(remote: FoundRemoteId, on: EngineCallbacks, signal: AbortSignal) {
    const name = reportName(remote.stepId, remote.attempt)
    return follow(
      {
        client,
        id: remote.id,
        timings,
        reported: (either) => bell.heard(name, either),
        onState: (state, note) =>
          on.progress({
            fraction: state === 'running' ? 0.05 : 0,
            note: state === 'running' ? 'running on RunPod' : `waiting on RunPod${note ? `: ${note}` : ''}`,
          }),
        onTrouble: (text) => log.warn({ endpoint: config.RUNPOD_ENDPOINT_ID }, `RunPod: ${text}`),
      },
      signal,
    )
  }

  async function deliver(
    template: WorkflowTemplate,
    request: SceneRequest,
    remote: FoundRemoteId,
    files: readonly RunpodFile[],
    notes: readonly string[],
    signal: AbortSignal,
  ): Promise<SceneResult> {
    const kind = template.primaryOutput.kind === 'image' ? 'image' : 'video'
    if (notes.length > 0)
      log.warn({ runpodId: remote.id, notes: notes.slice(0, 5) }, 'the endpoint reports a part that failed')
    const file = chooseFile(files, kind, mainPrefix({ ...request, attempt: remote.attempt }))
    const path = join(request.workDir, 'engine-clip')
    await fetchResult(file, kind, path, signal)
    const clip = template.still ? await moveStill(options.tools, path, template.still, request, signal) : path
    return {
      path: clip,
      model: modelOf(template),
      seed: request.seed,
      engineHost: HOST,
      ...((await isDoubtful(db, request.stepId)) ? { possibleDoubleCharge: true } : {}),
    }
  }

  async function make(request: SceneRequest, on: EngineCallbacks, signal: AbortSignal): Promise<SceneResult> {
    const template = workflowFor(request)
    const placeholders = imagesFor(template, request).map(({ sha256 }) => sha256)
    injectParameters(template, sceneValues(template, request, placeholders))
    const remote = await attach(template, request, on, signal)
    const ending = await followTo(remote, on, signal)
    if (ending.kind === 'done') return deliver(template, request, remote, ending.files, ending.notes, signal)
    if (ending.kind === 'failed') throw ending.error
    const { isReported } = await findSubmission(db, remote)
    const why = isReported
      ? 'RunPod has finished the scene, and does not keep its result any more.'
      : 'RunPod does not know the scene any more: it was lost, or its time was up.'
    await allowRepeat(request, remote, why)
    // The next attempt sends it, under a token of its own.
    await on.remoteId('')
    throw new EngineError('engine_lost', why, { retryable: true })
  }

  return {
    kind: 'runpod',
    async health(signal) {
      try {
        const health = readHealth(await client.health(signal))
        const trouble = troubleOf(health)
        return {
          state: trouble === null ? 'healthy' : 'degraded',
          version: null,
          queueRunning: health.running,
          queuePending: health.queued,
          vramFreeBytes: null,
          vramTotalBytes: config.RUNPOD_VRAM_GB * 1e9,
          detail: trouble,
        }
      } catch (error) {
        signal.throwIfAborted()
        if (!(error instanceof RunpodRequestError)) throw error
        return {
          state: 'down',
          version: null,
          queueRunning: 0,
          queuePending: 0,
          vramFreeBytes: null,
          vramTotalBytes: null,
          detail: error.message,
        }
      }
    },
    async run(request, on, signal) {
      try {
        return await placed(signal, () => make(request, on, signal))
      } catch (error) {
        signal.throwIfAborted()
        if (error instanceof WorkflowError)
          throw new EngineError('workflow_invalid', error.message, { retryable: false, cause: error })
        throw error
      }
    },
    async cancel(remoteId, signal) {
      const remote = parseRemoteId(remoteId)
      if (!remote) return
      const id = remote.id ?? (await findSubmission(db, remote)).remoteId
      if (id === null)
        throw new EngineError('engine_lost', 'The id of the scene on RunPod is not known.', {
          retryable: true,
        })
      await cancelJob(id, signal)
    },
  }

  /** Asks for the end, then looks until it has come. What is gone already is no error. */
  async function cancelJob(id: string, signal: AbortSignal): Promise<void> {
    for (let waitMs = timings.pollMs; ; waitMs = Math.min(waitMs * 1.5, timings.maxPollMs)) {
      try {
        await client.cancel(id, signal)
        break
      } catch (error) {
        if (!(error instanceof RunpodRequestError)) throw error
        if (error.fault === 'not_found' || error.fault === 'refused') break
        if (error.fault === 'unauthorised') throw error
        await sleep(error.retryAfterMs ?? waitMs, undefined, { signal })
      }
    }
    for (let waitMs = timings.pollMs; ; waitMs = Math.min(waitMs * 1.5, timings.maxPollMs)) {
      try {
        const { kind } = readStatus(await client.status(id, signal))
        if (kind === 'done' || kind === 'failed') return
      } catch (error) {
        if (!(error instanceof RunpodRequestError)) throw error
        if (error.fault === 'not_found' || error.fault === 'unauthorised') return
      }
      await sleep(waitMs, undefined, { signal })
    }
  }
}
