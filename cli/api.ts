/** The public HTTP API, as far as the command uses it. */
import { setTimeout as sleep } from 'node:timers/promises'
import { CliError, EXIT, type ExitCode } from './exit.ts'

export type JobStatus = 'queued' | 'processing' | 'completed' | 'failed' | 'canceled'

export type Progress = {
  phase?: string
  percent?: number
  scenes_total?: number | null
  scenes_completed?: number | null
  scenes_reused?: number | null
  current_scene?: string | null
  message?: string | null
  scenes?: Record<string, number>
}

export type Job = {
  id: string
  status: JobStatus
  spec_snapshot: { title?: string; scenes?: { id: string }[] }
  progress: Progress
  output: {
    video_url: string
    contact_sheet_url?: string | null
    duration: number
    resolution: string
    size_bytes: number
    metadata?: {
      frames?: number
      fps?: number
      scenes_total?: number
      scenes_reused?: number
      joins_encoded?: number
      stages?: Record<string, number>
      warnings?: string[]
    } | null
  } | null
  error: { code: string; message: string; scene_id?: string } | null
  credits_charged: number
  credits_refunded: number
  failure_type: string | null
  created_at: string
  started_at: string | null
  completed_at: string | null
}

export const isTerminal = (status: JobStatus): boolean =>
  status === 'completed' || status === 'failed' || status === 'canceled'

/** The server answered, and said no. */
export class ApiError extends Error {
  readonly status: number
  readonly code: string
  readonly details: unknown
  constructor(status: number, code: string, message: string, details: unknown) {
    super(message)
    this.name = 'ApiError'
    this.status = status
    this.code = code
    this.details = details
  }

  get exitCode(): ExitCode {
    return this.status >= 500 ? EXIT.failed : EXIT.refused
  }

  get hint(): string | undefined {
    if (this.status === 401)
      return 'Give a valid key with --key or FRAMECAST_API_KEY; "framecast admin key create" makes one.'
    if (this.status === 402)
      return 'An operator can grant credits, or render with --engine preview, which costs none.'
    return undefined
  }
}

type RequestOptions = {
  method?: 'GET' | 'POST' | 'DELETE'
  body?: unknown
  headers?: Record<string, string>
  signal?: AbortSignal | undefined
  /** Longest to go on trying while the server is away, in ms. 0: one try. Only for what may be repeated. */
  patienceMs?: number
}

export type Api = {
  readonly baseUrl: string
  request<T>(path: string, options?: RequestOptions): Promise<T>
  /** A bare exchange with the key; the caller reads the body. */
  open(path: string, headers: Record<string, string>, signal: AbortSignal): Promise<Response>
}

const ANSWER_MS = 30_000
const LARGEST_ANSWER_BYTES = 16 * 2 ** 20

/** The reason of a failed fetch, which hides it in `cause`: a code such as ECONNREFUSED, else the innermost words. */
export function networkFault(error: unknown): string {
  let words = String(error)
  for (let at: unknown = error, depth = 0; at instanceof Error && depth < 4; at = at.cause, depth += 1) {
    const code = (at as NodeJS.ErrnoException).code
    if (typeof code === 'string' && code.startsWith('E')) return code
    if (at.name === 'TimeoutError') return 'no answer in time'
    if (at.message !== '') words = at.message
  }
  return words
}

async function readText(response: Response): Promise<string> {
  const length = Number(response.headers.get('content-length') ?? 0)
  if (length > LARGEST_ANSWER_BYTES) throw new Error('the answer is too large')
  return response.text()
}

async function readError(response: Response): Promise<ApiError> {
  const text = await readText(response).catch(() => '')
  try {
    const { error } = JSON.parse(text) as { error: { code: string; message: string; details?: unknown } }
    return new ApiError(response.status, error.code, error.message, error.details)
  } catch {
    const shown = text.trim().slice(0, 200)
    return new ApiError(
      response.status,
      'UNKNOWN',
      `${response.status} ${shown || response.statusText}`,
      null,
    )
  }
}

export function createApi(baseUrl: string, key: string | undefined): Api {
  const base = baseUrl.replace(/\/+$/, '')
  const headersWith = (extra: Record<string, string>): Record<string, string> => ({
    ...(key ? { authorization: `Bearer ${key}` } : {}),
    ...extra,
  })

  async function once<T>(path: string, options: RequestOptions): Promise<T> {
    const limit = AbortSignal.timeout(ANSWER_MS)
    const response = await fetch(`${base}${path}`, {
      method: options.method ?? 'GET',
      headers: headersWith({
        accept: 'application/json',
        ...(options.body === undefined ? {} : { 'content-type': 'application/json' }),
        ...options.headers,
      }),
      ...(options.body === undefined ? {} : { body: JSON.stringify(options.body) }),
      signal: options.signal ? AbortSignal.any([limit, options.signal]) : limit,
    })
    if (!response.ok) throw await readError(response)
    const text = await readText(response)
    return (text === '' ? null : JSON.parse(text)) as T
  }

  return {
    baseUrl: base,
    async request<T>(path: string, options: RequestOptions = {}): Promise<T> {
      const { patienceMs = 0, signal } = options
      const deadline = performance.now() + patienceMs
      for (let waitMs = 200; ; waitMs = Math.min(waitMs * 2, 3_000)) {
        try {
          return await once<T>(path, options)
        } catch (error) {
          signal?.throwIfAborted()
          const away = !(error instanceof ApiError) || error.status === 503
          if (away && performance.now() + waitMs < deadline) {
            await sleep(waitMs * (0.5 + Math.random() / 2), undefined, { signal })
            continue
          }
          if (error instanceof ApiError && error.status !== 503) throw error
          throw new CliError(
            EXIT.unreachable,
            `The server at ${base} cannot be reached (${error instanceof ApiError ? error.message : networkFault(error)}).`,
            'Is it running? "framecast up" starts one here; "framecast doctor" looks for what is missing.',
            error,
          )
        }
      }
    },
    open: (path, headers, signal) => fetch(`${base}${path}`, { headers: headersWith(headers), signal }),
  }
}
