import type { IncomingMessage, ServerResponse } from 'node:http'
import { freemem, platform, totalmem } from 'node:os'
import { catalogue } from '../engine/catalogue.ts'
import type { Engine } from '../engine/engine.ts'
import type { Folders } from '../engine/folders.ts'
import { findJob, JOB_STATES, type Job, listJobs } from '../engine/jobs.ts'
import type { HistoryEntry, JsonObject } from '../engine/types.ts'
import { uploadImage, view } from './files.ts'
import { empty, json, MAX_BODY_BYTES, type Reply, readBody, readJson, Trouble } from './http.ts'
import { postPrompt, UUID } from './prompt.ts'

/** The release whose API this server keeps to; clients gate features on it. */
export const COMFYUI_VERSION = '0.33.0'

export const FEATURES: JsonObject = {
  supports_preview_metadata: true,
  supports_model_type_tags: true,
  max_upload_size: MAX_BODY_BYTES,
  extension: { manager: { supports_v4: true } },
  node_replacements: true,
  assets: false,
}

export type Doors = { engine: Engine; folders: Folders; now: () => number; ffmpegVersion: string }
type Call = Doors & {
  request: IncomingMessage
  response: ServerResponse
  query: URLSearchParams
  /** The part of the path that stands for a variable. */
  name: string
}
type Route = (call: Call) => Reply | null | Promise<Reply | null>

/** `:` stands for one part of the path. Every route also answers under `/api`; `/api/jobs…` only there. */
export const ROUTES: Readonly<Record<string, Route>> = {
  'GET /prompt': ({ engine }) => json(execInfo(engine)),
  'POST /prompt': async ({ engine, folders, now, request }) =>
    postPrompt(engine, folders, now(), await readJson(request)),
  'GET /queue': ({ engine }) =>
    json({
      queue_running: engine.queue.running ? [engine.queue.running] : [],
      queue_pending: engine.queue.waiting,
    }),
  'POST /queue': async ({ engine, request }) => {
    const body = await readObject(request)
    if (body.clear) engine.queue.clear()
    for (const id of idsIn(body.delete)) engine.queue.remove(id)
    return empty(200)
  },
  'POST /interrupt': async ({ engine, request }) => {
    const id = promptIdIn(await readBody(request))
    engine.interrupt(id)
    return empty(200)
  },
  'POST /free': async ({ engine, request }) => {
    const body = await readObject(request)
    if (body.free_memory || body.unload_models) engine.freeMemory()
    return empty(200)
  },
  'GET /history': ({ engine, query }) => json(history(engine, query)),
  'GET /history/:': ({ engine, name }) => {
    const entry = engine.queue.entry(name)
    return json(entry ? { [name]: entry } : {})
  },
  'POST /history': async ({ engine, request }) => {
    const body = await readObject(request)
    engine.queue.forget(body.clear ? 'all' : idsIn(body.delete))
    return empty(200)
  },
  'GET /api/jobs': ({ engine, query }) => jobs(engine, query),
  'GET /api/jobs/:': ({ engine, name }) => {
    const job = findJob(engine.queue, name)
    return job ? json(job) : json({ error: 'Job not found' }, 404)
  },
  'POST /api/jobs/:/cancel': ({ engine, name }) => json({ cancelled: cancel(engine, name) }),
  'POST /api/jobs/cancel': async ({ engine, request }) => {
    const ids = (await readObject(request)).job_ids
    if (!Array.isArray(ids) || ids.length === 0)
      return json({ error: 'job_ids must be a non-empty list' }, 400)
    const invalid = ids.filter((id) => typeof id !== 'string' || !UUID.test(id))
    if (invalid.length > 0)
      return json({ error: 'job_ids contains invalid id(s)', invalid_ids: invalid }, 400)
    const done = ids.map((id) => cancel(engine, String(id)))
    return json({ cancelled: done.includes(true) })
  },
  'GET /view': ({ folders, query, request, response }) => view(folders, query, request, response),
  'POST /upload/image': ({ folders, request }) => uploadImage(folders, request),
  'GET /object_info': ({ folders }) => json(catalogue(folders.inputs())),
  'GET /object_info/:': ({ folders, name }) => {
    const nodes = catalogue(folders.inputs())
    return json(Object.hasOwn(nodes, name) ? { [name]: nodes[name] } : {})
  },
  'GET /features': () => json(FEATURES),
  'GET /embeddings': () => json([]),
  'GET /models': () => json([]),
  'GET /system_stats': ({ ffmpegVersion }) => json(systemStats(ffmpegVersion)),
}

export const execInfo = (engine: Engine): JsonObject => ({
  exec_info: { queue_remaining: engine.queue.remaining },
})

async function readObject(request: IncomingMessage): Promise<JsonObject> {
  const body = await readJson(request)
  if (typeof body !== 'object' || body === null || Array.isArray(body)) throw new Trouble('not an object')
  return body as JsonObject
}

const idsIn = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : [])

/** An interrupt without a readable body stops whatever runs. */
function promptIdIn(body: Buffer): string | null {
  try {
    const { prompt_id: id } = JSON.parse(body.toString('utf8')) as { prompt_id?: unknown }
    return typeof id === 'string' && id !== '' ? id : null
  } catch {
    return null
  }
}

const cancel = (engine: Engine, id: string): boolean => engine.queue.remove(id) || engine.interrupt(id)

function history(engine: Engine, query: URLSearchParams): Record<string, HistoryEntry> {
  const all = engine.queue.entries
  const max = integer(query.get('max_items'))
  const offset = integer(query.get('offset'))
  // Without an offset the newest; with one, counted from the oldest.
  const from = offset === null || offset < 0 ? (max === null ? 0 : Math.max(0, all.length - max)) : offset
  const shown = all.slice(from, max === null ? undefined : from + max)
  return Object.fromEntries(shown.map((entry) => [entry.prompt[1], entry]))
}

function integer(text: string | null): number | null {
  if (text === null) return null
  if (!/^\s*[+-]?\d+\s*$/.test(text)) throw new Trouble('not an integer')
  return Number(text)
}

function jobs(engine: Engine, query: URLSearchParams): Reply {
  const states = (query.get('status') ?? '')
    .split(',')
    .map((state) => state.trim())
    .filter((state) => state !== '')
  const unknown = states.filter((state) => !(JOB_STATES as readonly string[]).includes(state))
  if (unknown.length > 0) {
    const error = `Invalid status value(s): ${unknown.join(', ')}. Valid values: ${JOB_STATES.join(', ')}`
    return json({ error }, 400)
  }
  const [sortBy, sortOrder] = [query.get('sort_by') ?? 'created_at', query.get('sort_order') ?? 'desc']
  if (!['created_at', 'execution_duration'].includes(sortBy)) {
    return json({ error: "sort_by must be 'created_at' or 'execution_duration'" }, 400)
  }
  if (!['asc', 'desc'].includes(sortOrder)) return json({ error: "sort_order must be 'asc' or 'desc'" }, 400)
  const limit = count(query.get('limit'))
  const offset = count(query.get('offset')) ?? 0
  if (Number.isNaN(limit) || Number.isNaN(offset))
    return json({ error: 'limit and offset must be integers' }, 400)
  const workflow = query.get('workflow_id')
  const found = listJobs(engine.queue)
    .filter((job) => states.length === 0 || states.includes(job.status))
    .filter((job) => workflow === null || job.workflow_id === workflow)
  const sign = sortOrder === 'asc' ? 1 : -1
  const value = sortBy === 'created_at' ? (job: Job) => job.create_time : duration
  // Later arrivals of one millisecond stand in order of arrival.
  const sorted = found
    .map((job, at) => ({ job, at }))
    .sort((a, b) => sign * (value(a.job) - value(b.job) || a.at - b.at))
    .map(({ job }) => job)
  const page = sorted.slice(offset, limit === null ? undefined : offset + limit)
  const hasMore = offset + page.length < sorted.length
  return json({ jobs: page, pagination: { offset, limit, total: sorted.length, has_more: hasMore } })
}

const duration = (job: Job): number =>
  Number(job.execution_end_time ?? 0) - Number(job.execution_start_time ?? 0)

/** NaN for what is not a count. */
const count = (text: string | null): number | null =>
  text === null ? null : /^\d+$/.test(text) ? Number(text) : Number.NaN

function systemStats(ffmpegVersion: string): JsonObject {
  const memory = {
    vram_total: totalmem(),
    vram_free: freemem(),
    torch_vram_total: totalmem(),
    torch_vram_free: freemem(),
  }
  return {
    system: {
      os: platform(),
      ram_total: totalmem(),
      ram_free: freemem(),
      comfyui_version: COMFYUI_VERSION,
      required_frontend_version: null,
      comfy_package_versions: [],
      python_version: '',
      pytorch_version: '',
      embedded_python: false,
      deploy_environment: 'framecast-preview',
      argv: ['framecast-preview'],
      // Not a ComfyUI server, and it says so: it speaks the API of the release named above.
      framecast_preview_engine: { node: process.version, ffmpeg: ffmpegVersion },
    },
    devices: [{ name: 'cpu', type: 'cpu', index: null, ...memory }],
  }
}
