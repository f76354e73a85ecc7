/** Which pages of other origins may call the API: those of CORS_ORIGINS, and none by default. */
import type { Handler } from '../context.ts'

const METHODS = 'GET, POST, PUT, PATCH, DELETE, OPTIONS'
const REQUEST_HEADERS =
  'Authorization, Content-Type, Idempotency-Key, If-Match, Last-Event-ID, Range, X-Request-Id'
const REPLY_HEADERS =
  'Content-Range, ETag, Link, Location, Retry-After, X-Next-Cursor, X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset, X-RateLimit-RetryAfter, X-Request-Id'
const MAX_AGE_S = '3600'

export function cors(origins: readonly string[]): Handler {
  return async (ctx, next) => {
    if (origins.length > 0) ctx.vary('Origin')
    const origin = ctx.get('origin')
    if (origin === '' || !origins.includes(origin)) return next()
    ctx.set({
      'Access-Control-Allow-Origin': origin,
      // Pages of a listed origin on the same site may use the session's cookie.
      'Access-Control-Allow-Credentials': 'true',
      'Access-Control-Expose-Headers': REPLY_HEADERS,
    })
    if (ctx.method !== 'OPTIONS' || ctx.get('access-control-request-method') === '') return next()
    ctx.set({
      'Access-Control-Allow-Methods': METHODS,
      'Access-Control-Allow-Headers': REQUEST_HEADERS,
      'Access-Control-Max-Age': MAX_AGE_S,
    })
    ctx.status = 204
  }
}
