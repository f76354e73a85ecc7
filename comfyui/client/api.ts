/** The server's routes as typed calls, differences between releases hidden. */
import { ComfyError, cleanText, TransportError } from './errors.ts'
import { classifyRejection } from './failures.ts'
import { type ExchangeRequest, exchange, jsonOf, type Reply, type Target } from './http.ts'
import type { ComfyLimits } from './limits.ts'
import type { PromptGraph } from './progress.ts'
import { type ComfyFeatures, featuresOf } from './version.ts'

type Json = Record<string, unknown>
const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

export type HistoryEntry = { outputs: unknown; status: unknown }

/** What the server knows of a prompt. `absent`: neither waiting, nor running, nor finished. */
export type PromptState =
  | { kind: 'waiting' }
  | { kind: 'running' }
  | { kind: 'finished'; entry: HistoryEntry }
  | { kind: 'absent' }

export type ServerStats = {
  version: string | null
  features: ComfyFeatures
  vramFreeBytes: number | null
  vramTotalBytes: number | null
  /** Main memory. */
  ramTotalBytes: number | null
  /** `cuda`, `cpu`, ...; on a CPU the graphics memory above is main memory. */
  deviceType: string | null
}

export type PostOutcome =
  /** Queued, under this id (the server's own where it takes none from us). */
  | { kind: 'queued'; promptId: string }
  | { kind: 'refused'; error: ComfyError }
  /** Queued in part: some outputs were dropped. */
  | { kind: 'partial'; promptId: string; error: ComfyError }
  /** Nothing that tells whether it was queued. */
  | { kind: 'unknown'; detail: string }

export type ComfyApi = {
  readonly target: Target
  /** Version and memory, asked anew each time. */
  stats(signal: AbortSignal): Promise<ServerStats>
  /** What this server can do; asked once and kept until `forget`. */
  features(signal: AbortSignal): Promise<ComfyFeatures>
  /** Its release; asked once and kept until `forget`. */
  version(signal: AbortSignal): Promise<string | null>
  forget(): void
  /** Prompts running and waiting. */
  queueRemaining(signal: AbortSignal): Promise<number>
  queueCounts(signal: AbortSignal): Promise<{ running: number; pending: number }>
  lookUp(promptId: string, signal: AbortSignal): Promise<PromptState>
  anyRunning(signal: AbortSignal): Promise<boolean>
  post(graph: PromptGraph, promptId: string, extraData: Json, signal: AbortSignal): Promise<PostOutcome>
  /** Takes a waiting prompt out of the queue, or interrupts it by its id when it runs. */
  cancel(promptId: string, signal: AbortSignal): Promise<void>
  /** Definition of a node class, or null when the server does not have it. Kept until `forget`; `fresh` asks anew. */
  nodeInfo(classType: string, signal: AbortSignal, fresh?: boolean): Promise<Json | null>
  /** Definitions of all node classes, asked anew. */
  catalogue(signal: AbortSignal): Promise<Json>
  /** Uploads an input file and returns the name by which a graph refers to it. */
  upload(name: string, bytes: Uint8Array, mime: string, signal: AbortSignal): Promise<string>
}

const seg = encodeURIComponent

/** @throws {TransportError | ComfyError} from every call; the signal's reason when aborted */
export function createApi(target: Target, limits: ComfyLimits): ComfyApi {
  let known: Promise<ServerStats> | null = null
  const nodeInfos = new Map<string, Json | null>()

  const call = (request: ExchangeRequest, signal: AbortSignal): Promise<Reply> =>
    exchange(target, request, limits, signal)
  const unusable = (what: string): ComfyError =>
    new ComfyError('engine_unreachable', `${target.label} ${what}.`, { retryable: true, hostAtFault: true })

  const getJson = async (path: string, signal: AbortSignal): Promise<Json> => {
    const reply = await call({ method: 'GET', path }, signal)
    const json = jsonOf(reply)
    if (reply.status !== 200) throw unusable(`answered ${reply.status} to ${path.split('?')[0]}`)
    if (!isObject(json)) throw unusable('does not answer like a ComfyUI server')
    return json
  }
  const postJson = (path: string, body: unknown, signal: AbortSignal): Promise<Reply> =>
    call(
      { method: 'POST', path, body: Buffer.from(JSON.stringify(body)), contentType: 'application/json' },
      signal,
    )

  const stats = async (signal: AbortSignal): Promise<ServerStats> => {
    const json = await getJson('/system_stats', signal)
    const system = isObject(json.system) ? json.system : {}
    const version = typeof system.comfyui_version === 'string' ? cleanText(system.comfyui_version, 40) : null
    const device: unknown = Array.isArray(json.devices) ? json.devices[0] : null
    const bytes = (value: unknown): number | null => (typeof value === 'number' ? value : null)
    return {
      version,
      features: featuresOf(version),
      vramFreeBytes: isObject(device) ? bytes(device.vram_free) : null,
      vramTotalBytes: isObject(device) ? bytes(device.vram_total) : null,
      ramTotalBytes: bytes(system.ram_total),
      deviceType: isObject(device) && typeof device.type === 'string' ? cleanText(device.type, 20) : null,
    }
  }

  const knownStats = (signal: AbortSignal): Promise<ServerStats> => {
    known ??= stats(signal)
    const asked = known
    asked.catch(() => {
      if (known === asked) known = null
    })
    return asked
  }
  const features = async (signal: AbortSignal): Promise<ComfyFeatures> => (await knownStats(signal)).features

  const history = async (promptId: string, signal: AbortSignal): Promise<HistoryEntry | null> => {
    const entry = (await getJson(`/history/${seg(promptId)}`, signal))[promptId]
    return isObject(entry) ? { outputs: entry.outputs, status: entry.status } : null
  }

  const queue = async (signal: AbortSignal): Promise<{ running: string[]; pending: string[] }> => {
    const json = await getJson('/queue', signal)
    const ids = (list: unknown): string[] =>
      Array.isArray(list) ? list.filter(Array.isArray).map((item) => String(item[1])) : []
    return { running: ids(json.queue_running), pending: ids(json.queue_pending) }
  }

  /** Queue first, then history: the other order has a gap in which a prompt that just ends is in neither. */
  const lookUpOld = async (promptId: string, signal: AbortSignal): Promise<PromptState> => {
    const { running, pending } = await queue(signal)
    const entry = await history(promptId, signal)
    if (entry) return { kind: 'finished', entry }
    if (running.includes(promptId)) return { kind: 'running' }
    return pending.includes(promptId) ? { kind: 'waiting' } : { kind: 'absent' }
  }

  const lookUp = async (promptId: string, signal: AbortSignal): Promise<PromptState> => {
    if (!(await features(signal)).jobs) return lookUpOld(promptId, signal)
    const reply = await call({ method: 'GET', path: `/api/jobs/${seg(promptId)}` }, signal)
    const job = jsonOf(reply)
    if (!isObject(job) || (reply.status !== 200 && reply.status !== 404)) {
      // A proxy that does not pass this route on answers with a page of its own.
      return lookUpOld(promptId, signal)
    }
    if (reply.status === 404) return { kind: 'absent' }
    if (job.status === 'pending') return { kind: 'waiting' }
    if (job.status === 'in_progress') return { kind: 'running' }
    const entry = await history(promptId, signal)
    return entry ? { kind: 'finished', entry } : { kind: 'running' }
  }

  return {
    target,
    stats,
    features,
    version: async (signal) => (await knownStats(signal)).version,
    lookUp,
    forget() {
      known = null
      nodeInfos.clear()
    },
    async queueRemaining(signal) {
      const info = (await getJson('/prompt', signal)).exec_info
      return isObject(info) && typeof info.queue_remaining === 'number' ? info.queue_remaining : 0
    },
    async queueCounts(signal) {
      const { running, pending } = await queue(signal)
      return { running: running.length, pending: pending.length }
    },
    async anyRunning(signal) {
      if (!(await features(signal)).jobs) return (await queue(signal)).running.length > 0
      const { jobs } = await getJson('/api/jobs?status=in_progress&limit=1', signal)
      return Array.isArray(jobs) && jobs.length > 0
    },
    async post(graph, promptId, extraData, signal) {
      const body = { prompt: graph, prompt_id: promptId, client_id: promptId, extra_data: extraData }
      const reply = await postJson('/prompt', body, signal)
      const json = jsonOf(reply)
      if (reply.status === 200 && isObject(json) && typeof json.prompt_id === 'string') {
        const errors = json.node_errors
        return isObject(errors) && Object.keys(errors).length > 0
          ? { kind: 'partial', promptId: json.prompt_id, error: classifyRejection(json) }
          : { kind: 'queued', promptId: json.prompt_id }
      }
      if (reply.status === 400 && isObject(json)) return { kind: 'refused', error: classifyRejection(json) }
      if (reply.status === 413) {
        const error = new ComfyError('workflow_invalid', 'The graph is larger than the server accepts.', {
          retryable: false,
        })
        return { kind: 'refused', error }
      }
      const detail = `${target.label} answered ${reply.status} to a prompt`
      const maybeQueued = reply.status === 200 || reply.status === 429 || reply.status > 500
      if (maybeQueued) return { kind: 'unknown', detail }
      // A bare 500 is how the server answers a graph that it cannot even read.
      const retryable = reply.status === 500
      return {
        kind: 'refused',
        error: new ComfyError('engine_rejected', `${detail}.`, { retryable, hostAtFault: true }),
      }
    },
    async cancel(promptId, signal) {
      const { cancelRoute, interruptById } = await features(signal)
      if (cancelRoute) {
        const reply = await call({ method: 'POST', path: `/api/jobs/${seg(promptId)}/cancel` }, signal)
        if (reply.status === 200 || reply.status === 400) return
      }
      await postJson('/queue', { delete: [promptId] }, signal)
      // Without the id in the body being honoured, an interrupt could stop somebody else's prompt.
      if (interruptById) await postJson('/interrupt', { prompt_id: promptId }, signal)
    },
    async nodeInfo(classType, signal, fresh = false) {
      const kept = fresh ? undefined : nodeInfos.get(classType)
      if (kept !== undefined) return kept
      const info = (await getJson(`/object_info/${seg(classType)}`, signal))[classType]
      const found = isObject(info) ? info : null
      nodeInfos.set(classType, found)
      return found
    },
    async catalogue(signal) {
      const reply = await exchange(
        target,
        { method: 'GET', path: '/object_info' },
        { ...limits, replyBytes: limits.catalogueBytes },
        signal,
      )
      const json = jsonOf(reply)
      if (reply.status !== 200 || !isObject(json)) throw unusable('gave no list of its nodes')
      return json
    },
    async upload(name, bytes, mime, signal) {
      const form = multipart(name, bytes, mime)
      const reply = await call({ method: 'POST', path: '/upload/image', ...form }, signal)
      const json = jsonOf(reply)
      if (reply.status === 200 && isObject(json) && typeof json.name === 'string') {
        const subfolder = typeof json.subfolder === 'string' ? json.subfolder : ''
        return subfolder ? `${subfolder}/${json.name}` : json.name
      }
      if (reply.status >= 500)
        throw new TransportError(`${target.label} answered ${reply.status} to an upload`, true)
      throw new ComfyError('engine_rejected', `${target.label} refused an input image (${reply.status}).`, {
        retryable: reply.status === 200,
        hostAtFault: true,
      })
    },
  }
}

function multipart(name: string, bytes: Uint8Array, mime: string): { body: Buffer; contentType: string } {
  const boundary = `framecast-${crypto.randomUUID()}`
  // Names are made by us from hashes; anything else is refused rather than escaped.
  if (!/^[\w.-]+$/.test(name)) throw new TypeError('upload names are letters, digits, dots, dashes')
  const head = `--${boundary}\r\nContent-Disposition: form-data; name="image"; filename="${name}"\r\nContent-Type: ${mime}\r\n\r\n`
  const body = Buffer.concat([Buffer.from(head), bytes, Buffer.from(`\r\n--${boundary}--\r\n`)])
  return { body, contentType: `multipart/form-data; boundary=${boundary}` }
}
