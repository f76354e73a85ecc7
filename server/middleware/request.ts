/** The outer rings of every request: its id and log line, its errors, its time limit, its headers. */
import { randomUUID } from 'node:crypto'
import { performance } from 'node:perf_hooks'
import { Problem } from '../../core/platform/errors.ts'
import type { Logger } from '../../core/platform/log.ts'
import type { Context, Handler } from '../context.ts'
import { toReply, UnserialisableReply } from '../problems.ts'

const SANE_ID = /^[A-Za-z0-9._~:-]{1,128}$/
const MAX_URL_BYTES = 8_192

/** The id the caller gave, when it is fit for a header and a log, else a new one. */
export const requestIdOf = (given: string | undefined): string =>
  given && SANE_ID.test(given) ? given : randomUUID()

/** Gives the request an id and writes one line about it when it is over, without path, query or any secret. */
export function requestLog(log: Logger): Handler {
  return async (ctx, next) => {
    const startedAt = performance.now()
    const requestId = requestIdOf(ctx.get('x-request-id'))
    const gone = new AbortController()
    ctx.state.requestId = requestId
    ctx.state.log = log.child({ request_id: requestId })
    ctx.state.signal = gone.signal
    ctx.state.abandon = () => gone.abort()
    ctx.set('X-Request-Id', requestId)
    ctx.res.once('close', () => {
      // Nobody waits for the signal of a reply that went out whole, and making the error of an abort takes its time.
      if (!ctx.res.writableFinished) gone.abort()
      const { principal } = ctx.state
      ctx.state.log.info(
        {
          method: ctx.method,
          // The pattern, not the path: ids and tokens stay out of the log.
          route: String(ctx._matchedRoute ?? 'none'),
          status: ctx.res.statusCode,
          ms: Math.round((performance.now() - startedAt) * 10) / 10,
          ...(ctx.res.writableFinished ? {} : { cut: true }),
          ...(principal?.kind === 'user' ? { user_id: principal.userId, key_id: principal.apiKey?.id } : {}),
          ...(principal?.kind === 'watch' ? { watch_link_id: principal.linkId } : {}),
        },
        'request',
      )
    })
    await next()
  }
}

/** Whether Koa would write this body as JSON: no text, no bytes, no stream. */
const isPlain = (body: unknown): body is object =>
  typeof body === 'object' &&
  body !== null &&
  !Buffer.isBuffer(body) &&
  !(body instanceof Blob) &&
  !(body instanceof ReadableStream) &&
  !(body instanceof Response) &&
  !('pipe' in body)

/** Writes the reply out while a failure can still be told. */
function serialise(ctx: Context): void {
  const { body } = ctx
  if (!isPlain(body)) return
  let text: string
  try {
    text = JSON.stringify(body)
  } catch (error) {
    throw new UnserialisableReply(error)
  }
  // In this order: a text without a type becomes text/plain.
  if (!ctx.response.get('content-type')) ctx.type = 'json'
  ctx.body = text
}

/** Turns whatever is thrown further in into the reply described in the API's error table. */
export const errors: Handler = async (ctx, next) => {
  try {
    await next()
    serialise(ctx)
  } catch (error) {
    const reply = toReply(error, ctx.state.requestId)
    if (reply.unexpected) ctx.state.log.error({ err: error }, 'unexpected failure')
    else if (reply.status >= 500) ctx.state.log.warn({ err: error }, 'a part of the system is away')
    if (ctx.headerSent) {
      // Too late for a reply; a cut connection tells the caller that this was not the whole answer.
      ctx.res.destroy()
      return
    }
    ctx.status = reply.status
    ctx.set(reply.headers)
    // What is left of a refused body is not read: the connection ends with the reply.
    if (!ctx.req.complete) ctx.set('Connection', 'close')
    ctx.body = reply.body
  }
}

/** Answers 503 when a handler takes longer than `limitMs`, and tells it so by `state.signal`. Streams return at once. */
export function deadline(limitMs: number): Handler {
  return async (ctx, next) => {
    let timer: NodeJS.Timeout | undefined
    const work = next()
    // When the deadline wins, the handler's own failure has nobody left to tell.
    work.catch(() => {})
    try {
      await Promise.race([
        work,
        new Promise<never>((_, reject) => {
          timer = setTimeout(() => {
            ctx.state.abandon()
            reject(
              new Problem('SERVICE_UNAVAILABLE', `no answer within ${limitMs / 1_000} s`, {
                reason: 'deadline',
                retryAfterS: 5,
              }),
            )
          }, limitMs)
        }),
      ])
    } finally {
      clearTimeout(timer)
    }
  }
}

/** Nothing of the API is cached, guessed at, framed or run; pages and media set their own rules. */
export const securityHeaders: Handler = async (ctx, next) => {
  ctx.set({
    'X-Content-Type-Options': 'nosniff',
    'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'; base-uri 'none'",
    'Referrer-Policy': 'no-referrer',
    'Cross-Origin-Resource-Policy': 'same-origin',
    'Cache-Control': 'no-store',
  })
  await next()
}

export const urlLimit: Handler = async (ctx, next) => {
  if (Buffer.byteLength(ctx.url) > MAX_URL_BYTES)
    throw new Problem('VALIDATION_ERROR', 'the address is longer than 8 kB', { status: 414 })
  await next()
}

/**
 * Reply of a route that matched nothing: the path is unknown, or known with other methods only.
 * @param count counts the request for the address it comes from, or refuses it
 */
export function unmatched(
  methodsOf: (path: string) => readonly string[],
  count: (ctx: Context) => Promise<void>,
): Handler {
  return async (ctx) => {
    const methods = methodsOf(ctx.path)
    if (!ctx.path.startsWith('/internal/')) await count(ctx)
    if (methods.length === 0) throw new Problem('NOT_FOUND', 'there is nothing at this address')
    ctx.set('Allow', [...methods, 'OPTIONS'].join(', '))
    if (ctx.method !== 'OPTIONS') throw new Problem('METHOD_NOT_ALLOWED', `use ${methods.join(', ')} here`)
    ctx.status = 204
  }
}
