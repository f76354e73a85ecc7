/** Failures that callers are told about: one catalogue of codes, each with its status and class prefix. */

/** `prefix` is put before the text on the wire; codes without one carry their bare text. */
const CATALOGUE = {
  MISSING_AUTHORIZATION: { status: 401, prefix: '' },
  INVALID_AUTHORIZATION: { status: 401, prefix: '' },
  INVALID_TOKEN: { status: 401, prefix: '' },
  INVALID_API_KEY: { status: 401, prefix: '' },
  USER_NOT_FOUND: { status: 401, prefix: '' },
  MISSING_EMAIL: { status: 401, prefix: '' },
  INVALID_CREDENTIALS: { status: 401, prefix: '' },
  INSUFFICIENT_TIER: { status: 403, prefix: '' },
  AUTHORIZATION_ERROR: { status: 403, prefix: 'Authorization error: ' },
  STORAGE_QUOTA_EXCEEDED: { status: 403, prefix: 'Storage quota exceeded: ' },
  INSUFFICIENT_CREDITS: { status: 402, prefix: 'Insufficient credits: ' },
  VALIDATION_ERROR: { status: 400, prefix: 'Validation error: ' },
  NOT_FOUND: { status: 404, prefix: 'Not found: ' },
  METHOD_NOT_ALLOWED: { status: 405, prefix: 'Method not allowed: ' },
  CONFLICT: { status: 409, prefix: 'Conflict: ' },
  GONE: { status: 410, prefix: 'Gone: ' },
  PRECONDITION_FAILED: { status: 412, prefix: 'Precondition failed: ' },
  PAYLOAD_TOO_LARGE: { status: 413, prefix: 'Payload too large: ' },
  UNSUPPORTED_MEDIA_TYPE: { status: 415, prefix: 'Unsupported media type: ' },
  UPGRADE_REQUIRED: { status: 426, prefix: 'Upgrade required: ' },
  RATE_LIMIT_EXCEEDED: { status: 429, prefix: 'Rate limit exceeded: ' },
  INTERNAL_ERROR: { status: 500, prefix: 'Internal error: ' },
  DATABASE_ERROR: { status: 500, prefix: 'Database error: ' },
  UNEXPECTED_ERROR: { status: 500, prefix: 'Unexpected error: ' },
  SERIALIZATION_ERROR: { status: 500, prefix: 'Serialization error: ' },
  USER_LOAD_ERROR: { status: 500, prefix: 'Internal error: ' },
  MEMBERSHIPS_LOAD_ERROR: { status: 500, prefix: 'Internal error: ' },
  AUTH_ERROR: { status: 500, prefix: 'Internal error: ' },
  USER_PROVISION_FAILED: { status: 500, prefix: 'Internal error: ' },
  SERVICE_UNAVAILABLE: { status: 503, prefix: 'Service unavailable: ' },
} as const satisfies Record<string, { status: number; prefix: string }>

export type ProblemCode = keyof typeof CATALOGUE
export const PROBLEM_CODES = Object.keys(CATALOGUE) as ProblemCode[]

type ProblemOptions = {
  /** Replaces the code's usual status (a body's shape is 422 on some operations). */
  status?: number
  /** Machine-readable word that tells cases of one code apart, e.g. `database_unavailable`. */
  reason?: string
  /** Shown to the caller as `error.details`. */
  details?: unknown
  /** Seconds after which trying again makes sense. */
  retryAfterS?: number
  cause?: unknown
}

/** An expected failure, fit to be shown. Anything else that is thrown is logged with an id and shown without internals. */
export class Problem extends Error {
  readonly code: ProblemCode
  readonly status: number
  readonly reason: string | undefined
  readonly details: unknown
  readonly retryAfterS: number | undefined

  constructor(code: ProblemCode, text: string, options: ProblemOptions = {}) {
    super(`${CATALOGUE[code].prefix}${text}`, { cause: options.cause })
    this.name = 'Problem'
    this.code = code
    this.status = options.status ?? CATALOGUE[code].status
    this.reason = options.reason
    this.details = options.details
    this.retryAfterS = options.retryAfterS
  }
}

/** SQLSTATE of a database error, or null: follows `cause`, since the ORM wraps what the driver throws. */
export function sqlState(error: unknown): string | null {
  for (let at: unknown = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth += 1) {
    const code = (at as { code?: unknown }).code
    if (typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code)) return code
  }
  return null
}

/** Name of the constraint that a database error names, or null. */
export function violatedConstraint(error: unknown): string | null {
  for (let at: unknown = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth += 1) {
    const constraint = (at as { constraint?: unknown }).constraint
    if (typeof constraint === 'string') return constraint
  }
  return null
}

/** What one of our triggers said when it refused a change; null for a constraint, about which the database speaks for itself. */
export function triggerText(error: unknown): string | null {
  for (let at: unknown = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth += 1) {
    if ((at as { routine?: unknown }).routine === 'exec_stmt_raise') return at.message
  }
  return null
}

const CONNECTION_CODES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOTFOUND',
  'ETIMEDOUT',
  'EPIPE',
  'EAI_AGAIN',
])

/** True when a query was given up because the far end said nothing (`query_timeout`); its connection is of no use. */
export const isUnanswered = (error: unknown): boolean =>
  error instanceof Error && error.message === 'Query read timeout'

/** True when the database cannot be reached or is going away: worth trying again, and nobody's fault. */
export function isDatabaseUnavailable(error: unknown): boolean {
  for (let at: unknown = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth += 1) {
    const code = (at as { code?: unknown }).code
    if (typeof code === 'string' && (CONNECTION_CODES.has(code) || /^(08|57P0|53|28|3D000|25006)/.test(code)))
      return true
    // Before the first migration there is no role to work as.
    if (/invalid value for parameter "role"|role "framecast_app" does not exist/.test(at.message)) return true
    if (isUnanswered(at)) return true
    if (/Connection terminated|timeout exceeded when trying to connect|Connection ended/i.test(at.message))
      return true
  }
  return false
}
