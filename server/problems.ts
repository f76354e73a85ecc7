/** From whatever a handler threw to what the caller is told: a status, a body, a few headers. Pure. */
import {
  isDatabaseUnavailable,
  Problem,
  type ProblemCode,
  sqlState,
  triggerText,
  violatedConstraint,
} from '../core/platform/errors.ts'
import { ObjectStoreError } from '../core/platform/objects.ts'

/** A handler has done its work, and what it wants to say cannot be written as JSON. */
export class UnserialisableReply extends Error {
  constructor(cause: unknown) {
    super('the reply cannot be written as JSON', { cause })
    this.name = 'UnserialisableReply'
  }
}

export type ErrorReply = {
  status: number
  headers: Record<string, string>
  body: {
    error: { code: ProblemCode; message: string; reason?: string; details?: unknown; retryAfter?: number }
  }
  /** True when nobody expected it: it belongs in the log, with its stack. */
  unexpected: boolean
}

/** How long a caller waits before trying again while a part of the system is away. */
const AWAY_RETRY_S = 5

const unavailable = (text: string, reason: string, cause: unknown): Problem =>
  new Problem('SERVICE_UNAVAILABLE', text, { reason, retryAfterS: AWAY_RETRY_S, cause })

/** A statement or a whole request that ran out of time: the server is too busy, the caller is not at fault. */
const isTimeout = (state: string | null): boolean => state === '57014' || state === '55P03'

/** The failure to be shown for what was thrown; null when it is nobody's but ours. */
export function toProblem(error: unknown): Problem | null {
  if (error instanceof Problem) return error
  if (error instanceof ObjectStoreError) {
    if (error.code === 'object_missing') return new Problem('NOT_FOUND', 'no such file', { cause: error })
    return unavailable('the object store cannot be used right now', error.code, error)
  }
  if (error instanceof UnserialisableReply) return null
  const state = sqlState(error)
  if (isTimeout(state)) return unavailable('the database took too long to answer', 'database_busy', error)
  if (isDatabaseUnavailable(error))
    return unavailable('the database cannot be reached right now', 'database_unavailable', error)
  // Tables or functions of this release are not there: a server that was quicker than the migration.
  if (state === '42P01' || state === '42883')
    return unavailable('the database is not migrated to this release', 'not_migrated', error)
  // Constraints are the last guard. A service that did not see one coming still must not answer 500 for bad input.
  // What a trigger says is meant for people.
  const constraint = violatedConstraint(error)
  const said = triggerText(error)
  if (state === '23505')
    return new Problem('CONFLICT', said ?? `this exists already (${constraint})`, { cause: error })
  if (state === '23514' || state === '23502')
    return new Problem('VALIDATION_ERROR', said ?? `a value is not allowed (${constraint ?? 'required'})`, {
      cause: error,
    })
  // Somebody removed what this refers to, between our look and our write.
  if (state === '23503')
    return new Problem('CONFLICT', said ?? `something this refers to is gone (${constraint})`, {
      cause: error,
    })
  // Row-level security said no where a service had not: still nothing the caller may do.
  if (state === '42501')
    return new Problem('AUTHORIZATION_ERROR', 'this is out of your reach', { cause: error })
  if (state === '40001' || state === '40P01')
    return unavailable('too many changes at once; try again', 'database_busy', error)
  // Text the database cannot hold, numbers out of its range.
  if (state !== null && /^22/.test(state))
    return new Problem('VALIDATION_ERROR', 'a value cannot be stored', { cause: error })
  return null
}

/** Faults of the language or the runtime: no part of the program throws these on purpose. */
const SLIPS = [TypeError, RangeError, ReferenceError, SyntaxError, EvalError, URIError]

/** The code of a failure that nobody expected. Invariants of ours that do not hold are `INTERNAL_ERROR`. */
function codeOf(error: unknown): ProblemCode {
  if (error instanceof UnserialisableReply) return 'SERIALIZATION_ERROR'
  if (sqlState(error) !== null) return 'DATABASE_ERROR'
  if (!(error instanceof Error) || SLIPS.some((slip) => error instanceof slip)) return 'UNEXPECTED_ERROR'
  return 'INTERNAL_ERROR'
}

/** The reply to a failed request. */
export function toReply(error: unknown, requestId: string): ErrorReply {
  const known = toProblem(error)
  const problem =
    known ?? new Problem(codeOf(error), `something went wrong on our side; please quote request ${requestId}`)
  const { code, message, reason, details, retryAfterS } = problem
  const headers: Record<string, string> = {}
  if (retryAfterS !== undefined) headers['Retry-After'] = String(retryAfterS)
  if (retryAfterS !== undefined && problem.status === 429)
    headers['X-RateLimit-RetryAfter'] = String(retryAfterS)
  return {
    status: problem.status,
    headers,
    body: {
      error: {
        code,
        message,
        ...(reason === undefined ? {} : { reason }),
        ...(details === undefined ? {} : { details }),
        ...(problem.status === 429 && retryAfterS !== undefined ? { retryAfter: retryAfterS } : {}),
      },
    },
    unexpected: known === null,
  }
}
