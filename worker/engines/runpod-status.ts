/** Reading what RunPod says about a job: the state by status, success and failure by content. Pure. */
import { EngineError } from './engine.ts'

export type RunpodFile = { filename: string; form: 'base64' | 's3_url'; data: string }

export type RunpodReading =
  | { kind: 'waiting' | 'running' }
  /** `notes`: what went wrong beside the files. */
  | { kind: 'done'; files: RunpodFile[]; notes: string[] }
  | { kind: 'failed'; error: EngineError }

type Json = Record<string, unknown>
const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const textOf = (value: unknown): string =>
  typeof value === 'string' ? value : value === undefined || value === null ? '' : JSON.stringify(value)

const fail = (code: EngineError['code'], message: string, retryable: boolean): RunpodReading => ({
  kind: 'failed',
  error: new EngineError(code, message, { retryable, hostAtFault: false }),
})

const TOO_LARGE_ADVICE =
  'RunPod drops results above its limit (10 MB, base64 included). Have the endpoint upload its results (BUCKET_ENDPOINT_URL), or make the scene shorter or smaller.'

/** The failure's own words: handlers return text, exceptions come as JSON in a text. */
function errorText(error: unknown): string {
  if (typeof error !== 'string') return textOf(error)
  try {
    const parsed: unknown = JSON.parse(error)
    if (isObject(parsed) && parsed.error_message !== undefined)
      return [textOf(parsed.error_type).replace(/^<class '(.*)'>$/, '$1'), textOf(parsed.error_message)]
        .filter(Boolean)
        .join(': ')
  } catch {}
  return error
}

/** First line, without the paths of somebody else's machine. */
const shown = (text: string): string =>
  text
    .split('\n', 1)[0]!
    .replaceAll(/(?:\/[\w.@-]+){2,}/g, '…')
    .slice(0, 300)

const OUT_OF_MEMORY = /out of memory|OutOfMemoryError|CUDA error: out of|allocat\w+ .*memory|HIP out of/i

/** What a failure means for the next attempt. */
function classify(error: unknown, output: unknown): RunpodReading {
  const said = errorText(error)
  const details = isObject(output) && Array.isArray(output.details) ? output.details.map(textOf) : []
  const all = [said, ...details].join('\n')
  const message = shown(details[0] ? `${shown(said)}: ${details[0]}` : said)
  if (OUT_OF_MEMORY.test(all))
    return fail(
      'out_of_memory',
      `The graphics card of the endpoint is too small for this scene. Use a larger card, a smaller picture or a draft. (${message})`,
      false,
    )
  if (
    /^Workflow validation failed/i.test(said) ||
    /value_not_in_list|does not exist\b.*node|invalid prompt/i.test(said)
  ) {
    const code = /model|ckpt|unet|vae|\.safetensors/i.test(all) ? 'missing_model' : 'engine_rejected'
    return fail(code, `The endpoint refuses the workflow: ${message}`, false)
  }
  if (/Please provide input|Invalid JSON format|Missing 'workflow' parameter|'images' must be/i.test(said))
    return fail('engine_rejected', `The endpoint does not understand the request: ${message}`, false)
  if (
    /not reachable after multiple retries|WebSocket communication error|HTTP communication error/i.test(said)
  )
    return fail('node_failed', `ComfyUI on the endpoint went away: ${message}`, true)
  return fail('node_failed', `The endpoint failed the scene: ${message || 'no reason given'}`, true)
}

const hasText = (value: unknown): boolean =>
  value !== undefined && value !== null && value !== '' && value !== false

/**
 * What a status says.
 * @param body an answer of /status, or a report, parsed
 */
export function readStatus(body: unknown): RunpodReading {
  if (!isObject(body)) return { kind: 'waiting' }
  const { status, error, output } = body
  switch (status) {
    case 'COMPLETED':
    case 'FAILED':
      break
    case 'CANCELLED':
      return fail('interrupted', 'The scene was cancelled on RunPod.', true)
    case 'TIMED_OUT':
      return body.workerId === undefined && body.executionTime === undefined
        ? fail(
            'engine_silent',
            'No worker of the endpoint took the scene in time (RUNPOD_QUEUE_SECONDS).',
            true,
          )
        : fail(
            'engine_silent',
            'The scene ran longer than RUNPOD_EXECUTION_SECONDS, or its worker vanished.',
            true,
          )
    case 'IN_PROGRESS':
    case 'RUNNING':
      return { kind: 'running' }
    default:
      // Words we do not know are not the end.
      return { kind: 'waiting' }
  }
  const inner = isObject(output) ? output.error : undefined
  if (hasText(error)) return classify(error, output)
  if (hasText(inner)) return classify(inner, output)
  if (status === 'FAILED') return classify('', output)
  if (output === undefined || output === null)
    return fail(
      'bad_result',
      `The result was lost on its way, probably because it is too large. ${TOO_LARGE_ADVICE}`,
      false,
    )
  return readOutput(output)
}

function readOutput(output: unknown): RunpodReading {
  const o = isObject(output) ? output : {}
  const notes = Array.isArray(o.errors) ? o.errors.map(textOf) : []
  const files = Array.isArray(o.images)
    ? o.images.flatMap((image): RunpodFile[] => {
        if (!isObject(image) || typeof image.data !== 'string' || image.data === '') return []
        const filename = typeof image.filename === 'string' ? image.filename : ''
        return [{ filename, form: image.type === 's3_url' ? 's3_url' : 'base64', data: image.data }]
      })
    : []
  if (files.length > 0) return { kind: 'done', files, notes }
  // Images before 5.0.0: the one picture, or its address, is the message.
  if (typeof o.message === 'string' && o.message !== '' && o.images === undefined) {
    const form = /^https?:\/\//.test(o.message) ? 's3_url' : 'base64'
    return { kind: 'done', files: [{ filename: '', form, data: o.message }], notes }
  }
  const why = notes[0] ? ` (${shown(notes[0])})` : ''
  return fail(
    'bad_result',
    `The workflow gave no file that the endpoint hands on${why}. worker-comfyui passes on what SaveVideo, SaveWEBM and SaveImage write; files of VHS_VideoCombine, sound and text it drops.`,
    false,
  )
}

export type RunpodHealth = {
  queued: number
  running: number
  /** Workers that can take work now or soon. */
  able: number
  throttled: number
  unhealthy: number
}

const count = (value: unknown): number => (typeof value === 'number' && value > 0 ? Math.floor(value) : 0)

/** What /health says. Fields that are not there count as 0. */
export function readHealth(body: unknown): RunpodHealth {
  const { jobs, workers } = (isObject(body) ? body : {}) as { jobs?: unknown; workers?: unknown }
  const j = isObject(jobs) ? jobs : {}
  const w = isObject(workers) ? workers : {}
  return {
    queued: count(j.inQueue),
    running: count(j.inProgress),
    able: count(w.idle) + count(w.running) + count(w.initializing) + count(w.ready),
    throttled: count(w.throttled),
    unhealthy: count(w.unhealthy),
  }
}

/** What is wrong with the endpoint, in words; null when it works, or may be waiting for work. */
export function troubleOf(health: RunpodHealth): string | null {
  if (health.able > 0) return health.throttled > 0 ? `${health.throttled} workers are throttled` : null
  if (health.throttled > 0)
    return `all ${health.throttled} workers are throttled: there are too few graphics cards of this kind`
  if (health.unhealthy > 0) return `all ${health.unhealthy} workers are unhealthy`
  if (health.queued > 0)
    return 'scenes wait and there is no worker: the endpoint was probably scaled to zero; raise its number of workers'
  return null
}
