/**
 * RunPod's endpoint API over plain HTTP. Redirects are not followed, answers are capped, and what is no JSON is told
 * apart from what is. Tells for each failure whether the request can have had an effect.
 */
import type { Dispatcher } from 'undici'

/** What the client makes of an answer, or of none. */
export type RunpodFault =
  /** It never reached them: nothing has happened there. */
  | 'not_sent'
  /** They may have acted on it: no answer, or one from something in between. */
  | 'unclear'
  /** Too many requests; nothing has happened. */
  | 'rate_limited'
  /** The key is wrong. */
  | 'unauthorised'
  /** No such endpoint, or no such job any more. */
  | 'not_found'
  /** They understood the request and refuse it. */
  | 'refused'

export class RunpodRequestError extends Error {
  readonly fault: RunpodFault
  readonly status: number | null
  /** As they ask for; null when they do not. */
  readonly retryAfterMs: number | null
  constructor(
    fault: RunpodFault,
    message: string,
    more: { status?: number; retryAfterMs?: number | null; cause?: unknown } = {},
  ) {
    super(message, { cause: more.cause })
    this.name = 'RunpodRequestError'
    this.fault = fault
    this.status = more.status ?? null
    this.retryAfterMs = more.retryAfterMs ?? null
  }
}

export type RunpodClientOptions = { baseUrl: string; endpointId: string; apiKey: string }

export type RunpodClient = {
  run(body: string, signal: AbortSignal): Promise<unknown>
  status(id: string, signal: AbortSignal): Promise<unknown>
  cancel(id: string, signal: AbortSignal): Promise<unknown>
  health(signal: AbortSignal): Promise<unknown>
}

/** Results travel in answers, 20 MB at most. */
const MAX_REPLY_BYTES = 24 * 1024 * 1024
const CONNECT_MS = 5_000
const HEADERS_MS = 30_000
const BODY_MS = 60_000
const TOTAL_MS = 90_000

/** Failures before a connection stood: not a byte of the request has left. */
const BEFORE_CONNECTION = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
  'CERT_HAS_EXPIRED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'ERR_TLS_CERT_ALTNAME_INVALID',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
])

function codeOf(error: unknown): string {
  for (let at: unknown = error, depth = 0; at instanceof Error && depth < 5; depth += 1) {
    const { code } = at as { code?: unknown }
    if (typeof code === 'string') return code
    // Each address of a name has failed in its own way.
    at = at instanceof AggregateError ? at.errors[0] : at.cause
  }
  return 'unknown'
}

async function readCapped(body: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of body) {
    size += chunk.byteLength
    if (size > MAX_REPLY_BYTES) throw new Error('the answer is too large')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function retryAfterMs(header: unknown): number | null {
  const seconds = typeof header === 'string' && /^\d{1,4}$/.test(header) ? Number(header) : null
  return seconds === null ? null : seconds * 1_000
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Their words, short; theirs may hold anything, so only the usual fields are shown. */
function saidIn(body: unknown): string {
  const { error, message } = (body ?? {}) as { error?: unknown; message?: unknown }
  const text = [error, message].find((part) => typeof part === 'string' && part !== '')
  return typeof text === 'string' ? `: ${text.slice(0, 300)}` : ''
}

export function createRunpodClient({ baseUrl, endpointId, apiKey }: RunpodClientOptions): RunpodClient {
  /** Loaded with the first call: it is a tenth of what a worker loads, and few workers have an endpoint. */
  const load = async () => {
    const { Agent, request } = await import('undici')
    const connect = { timeout: CONNECT_MS }
    return { request, dispatcher: new Agent({ connect, keepAliveTimeout: 30_000, pipelining: 1 }) }
  }
  let loading: ReturnType<typeof load> | undefined

  async function call(
    method: 'GET' | 'POST',
    path: string,
    body: string | null,
    outer: AbortSignal,
  ): Promise<unknown> {
    outer.throwIfAborted()
    const limit = AbortSignal.timeout(TOTAL_MS)
    const signal = AbortSignal.any([outer, limit])
    let reply: Dispatcher.ResponseData
    let text: string
    loading ??= load()
    const { request, dispatcher } = await loading
    try {
      reply = await request(`${baseUrl}/${endpointId}${path}`, {
        method,
        headers: {
          authorization: `Bearer ${apiKey}`,
          accept: 'application/json',
          ...(body === null ? {} : { 'content-type': 'application/json' }),
        },
        body,
        signal,
        dispatcher,
        headersTimeout: HEADERS_MS,
        bodyTimeout: BODY_MS,
      })
      text = await readCapped(reply.body)
    } catch (cause) {
      outer.throwIfAborted()
      const code = codeOf(cause)
      throw BEFORE_CONNECTION.has(code)
        ? new RunpodRequestError('not_sent', `RunPod cannot be reached (${code})`, { cause })
        : new RunpodRequestError('unclear', `RunPod gave no usable answer (${code})`, { cause })
    }
    return judge(reply.statusCode, parse(text), reply.headers['retry-after'])
  }

  const jobPath = (operation: string, id: string): string => `/${operation}/${encodeURIComponent(id)}`
  return {
    run: (body, signal) => call('POST', '/run', body, signal),
    status: (id, signal) => call('GET', jobPath('status', id), null, signal),
    cancel: (id, signal) => call('POST', jobPath('cancel', id), null, signal),
    health: (signal) => call('GET', '/health', null, signal),
  }
}

/** The body of a good answer. Everything that is no JSON object comes from something in between, whatever its status. */
function judge(status: number, body: unknown, retryAfter: unknown): unknown {
  const isObject = typeof body === 'object' && body !== null && !Array.isArray(body)
  if (status === 429)
    throw new RunpodRequestError('rate_limited', 'RunPod takes no more requests just now', {
      status,
      retryAfterMs: retryAfterMs(retryAfter),
    })
  if (status === 401 || status === 403)
    throw new RunpodRequestError('unauthorised', 'RunPod does not accept RUNPOD_API_KEY', { status })
  if (status === 404)
    throw new RunpodRequestError('not_found', `RunPod knows no such thing${saidIn(body)}`, { status })
  if (status >= 200 && status < 300 && isObject) return body
  if (status >= 400 && status < 500 && status !== 408)
    throw new RunpodRequestError('refused', `RunPod refuses the request (${status})${saidIn(body)}`, {
      status,
    })
  throw new RunpodRequestError('unclear', `RunPod answered ${status}, and not as an endpoint does`, {
    status,
  })
}
