/** The public HTTP API, as far as the command uses it. */
import { setTimeout as sleep } from 'node:timers/promises'
import createClient, { type Client } from 'openapi-fetch'
import type { paths } from '../schemas/api.ts'
import type { Job, Storyboard } from '../schemas/types.ts'
import { CliError, EXIT, type ExitCode } from './exit.ts'

export type { Job }

export const isTerminal = (status: Job['status']): boolean =>
  status === 'completed' || status === 'failed' || status === 'canceled'

/** The storyboard of a job, as far as it is one: what was accepted long ago may be of another form. */
export const storyboardOf = (job: Job): Partial<Storyboard> => job.spec_snapshot

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

type AskOptions = {
  signal?: AbortSignal | undefined
  /** Longest to go on trying while the server is away, in ms. 0: one try. Only for what may be repeated. */
  patienceMs?: number
}

type Answer<T> = { data?: T; error?: unknown; response: Response }

export type Api = {
  readonly baseUrl: string
  /** Makes a call of the API: `ask((client, signal) => client.GET('/v1/jobs', { signal }))`. */
  ask<T>(
    call: (client: Client<paths>, signal: AbortSignal) => Promise<Answer<T>>,
    options?: AskOptions,
  ): Promise<T>
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

function refuseLarge(response: Response): Response {
  const length = Number(response.headers.get('content-length') ?? 0)
  if (length > LARGEST_ANSWER_BYTES) throw new Error('the answer is too large')
  return response
}

/** What a refusal says: an error of the API, else whatever came. */
function toApiError({ status, statusText }: Response, body: unknown): ApiError {
  const { error } = (body ?? {}) as { error?: { code?: unknown; message?: unknown; details?: unknown } }
  if (typeof error?.code === 'string')
    return new ApiError(status, error.code, String(error.message), error.details)
  const shown = typeof body === 'string' ? body.trim().slice(0, 200) : ''
  return new ApiError(status, 'UNKNOWN', `${status} ${shown || statusText}`, null)
}

export function createApi(baseUrl: string, key: string | undefined): Api {
  const base = baseUrl.replace(/\/+$/, '')
  const authorization: Record<string, string> = key ? { authorization: `Bearer ${key}` } : {}
  const client = createClient<paths>({
    baseUrl: base,
    headers: { ...authorization, accept: 'application/json' },
    fetch: async (request) => refuseLarge(await fetch(request)),
  })

  async function once<T>(
    call: (client: Client<paths>, signal: AbortSignal) => Promise<Answer<T>>,
    signal: AbortSignal | undefined,
  ): Promise<T> {
    const limit = AbortSignal.timeout(ANSWER_MS)
    const { data, error, response } = await call(client, signal ? AbortSignal.any([limit, signal]) : limit)
    if (!response.ok) throw toApiError(response, error)
    return data as T
  }

  return {
    baseUrl: base,
    async ask(call, { patienceMs = 0, signal } = {}) {
      const deadline = performance.now() + patienceMs
      for (let waitMs = 200; ; waitMs = Math.min(waitMs * 2, 3_000)) {
        try {
          return await once(call, signal)
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
    open: (path, headers, signal) =>
      fetch(`${base}${path}`, { headers: { ...authorization, ...headers }, signal }),
  }
}

/** The job as it is now. */
export const readJob = (api: Api, id: string, options: AskOptions): Promise<Job> =>
  api.ask((client, signal) => client.GET('/v1/jobs/{id}', { params: { path: { id } }, signal }), options)
