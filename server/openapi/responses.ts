/** Replies and refusals of an operation as the `responses` of an OpenAPI document. Pure. */
import { Problem } from '../../core/platform/errors.ts'
import type { Problem as ProblemReply } from '../../schemas/types.ts'
import type { Operation, Refusal, Reply } from './operation.ts'
import { componentRef, type SchemaName } from './schemas.ts'

const UNAUTHORIZED: readonly Refusal[] = [
  { code: 'MISSING_AUTHORIZATION', when: 'No credential was sent.', text: 'Authorization header required' },
  {
    code: 'INVALID_AUTHORIZATION',
    when: 'The header is not of a known form.',
    text: 'Invalid authorization header format',
  },
  {
    code: 'INVALID_API_KEY',
    when: 'The key is unknown, expired or revoked.',
    text: 'Invalid or expired API key',
  },
  {
    code: 'INVALID_TOKEN',
    when: 'The token is unknown, expired or revoked, or it is a key where only people who have logged in may come.',
    text: 'Invalid or expired token',
  },
  {
    code: 'USER_NOT_FOUND',
    when: 'The user of the key is gone.',
    text: 'The user of this API key is gone',
  },
  {
    code: 'MISSING_EMAIL',
    when: 'A token of another issuer comes for the first time, without a verified email.',
    text: 'A new user needs a token with a verified email address',
  },
]
const EMAIL_HELD: Refusal = {
  code: 'CONFLICT',
  when: 'A token of another issuer comes for the first time, and its email belongs to another account.',
  text: 'the email of this token belongs to another account',
}
const AUTH_AWAY: readonly Refusal[] = [
  {
    code: 'USER_LOAD_ERROR',
    when: 'Whom the credential stands for cannot be read.',
    text: 'the user of this credential cannot be read',
  },
  {
    code: 'MEMBERSHIPS_LOAD_ERROR',
    when: 'The teams of whom the credential stands for cannot be read.',
    text: 'the teams of this user cannot be read',
  },
  {
    code: 'AUTH_ERROR',
    when: 'The keys of the token’s issuer cannot be had.',
    text: 'the keys of the token’s issuer cannot be had right now',
  },
  {
    code: 'USER_PROVISION_FAILED',
    when: 'The account for a token of another issuer could not be made.',
    text: 'the account for this token could not be made',
  },
]
const FORBIDDEN: Refusal = {
  code: 'AUTHORIZATION_ERROR',
  when: 'The key lacks the scope, a watch link was sent where none will do, or a cookie came from another origin.',
  text: 'this key lacks the scope jobs:read',
}
const FOREIGN_ORIGIN: Refusal = {
  code: 'AUTHORIZATION_ERROR',
  when: 'The session’s cookie came with a request of another origin, or without one.',
  text: 'this origin may not use the session cookie',
}
const TIER: Refusal = {
  code: 'INSUFFICIENT_TIER',
  when: 'The caller is a starter.',
  text: 'Only creator tier users can access team operations',
}
const PATH_ID: Refusal = {
  code: 'VALIDATION_ERROR',
  when: 'An id in the path is not a UUID.',
  text: 'id in the path must be a UUID',
}
const BODY_SYNTAX: Refusal = {
  code: 'VALIDATION_ERROR',
  when: 'The body cannot be read.',
  text: 'the JSON cannot be used: found "}" where a value was expected',
}
const BODY_SHAPE: Refusal = {
  code: 'VALIDATION_ERROR',
  when: 'The body lacks a field, or a field is of the wrong type.',
  text: 'spec is missing',
}
const TOO_LARGE: Refusal = {
  code: 'PAYLOAD_TOO_LARGE',
  when: 'The body is larger than 5 MiB.',
  text: 'a body may have 5242880 bytes (5 MiB)',
}
const MEDIA_TYPE: Refusal = {
  code: 'UNSUPPORTED_MEDIA_TYPE',
  when: 'The body is compressed, or of a type that is not read here.',
  text: 'compressed bodies are not accepted',
}
const OUR_FAULT =
  'something went wrong on our side; please quote request 8c0d2f6e-5b0e-4b1c-9a53-0f2f3c3f9a10'
/** Whatever an operation does, it may fail for a reason of ours. */
export const OUR_FAULTS: readonly Refusal[] = [
  {
    code: 'INTERNAL_ERROR',
    when: 'The fault is ours; the log has more under the request id.',
    text: OUR_FAULT,
  },
  { code: 'DATABASE_ERROR', when: 'The database refused a statement of ours.', text: OUR_FAULT },
  { code: 'UNEXPECTED_ERROR', when: 'There is a fault in the program.', text: OUR_FAULT },
  {
    code: 'SERIALIZATION_ERROR',
    when: 'The request was carried out, but its reply cannot be put into words.',
    text: OUR_FAULT,
  },
]
const RATE: Refusal = {
  code: 'RATE_LIMIT_EXCEEDED',
  when: 'The minute’s requests are used up: 60 of a starter, 300 of a creator, 30 of an address without a credential that holds. Come back after `Retry-After`.',
  text: 'retry after 42 seconds',
}
const UNAVAILABLE: Refusal = {
  code: 'SERVICE_UNAVAILABLE',
  when: 'Database or object store cannot be reached, or took too long. `reason` says which; come back after `Retry-After`.',
  text: 'the database cannot be reached right now',
}

/** What many operations have in common, written once. */
const SHARED: Readonly<Record<string, readonly Refusal[]>> = {
  Unauthorized: UNAUTHORIZED,
  Forbidden: [FORBIDDEN],
  PayloadTooLarge: [TOO_LARGE],
  UnsupportedMediaType: [MEDIA_TYPE],
  ForeignOrigin: [FOREIGN_ORIGIN],
  EmailHeld: [EMAIL_HELD],
  RateLimited: [RATE],
  InternalError: [...OUR_FAULTS, ...AUTH_AWAY],
  Unavailable: [UNAVAILABLE],
}

/** Every refusal of an operation: its own, and those that follow from credential, path ids and body. */
export function refusalsOf(operation: Operation): readonly Refusal[] {
  const { access, body, parameters = [], refusals = [], shapeStatus = 400 } = operation
  const hasPathId = parameters.some(({ in: place, schema }) => place === 'path' && schema.format === 'uuid')
  const isPublic = access.kind === 'public'
  return [
    ...(isPublic ? [] : UNAUTHORIZED),
    ...(access.kind === 'key' ? [FORBIDDEN] : []),
    ...(access.kind === 'session' || access.kind === 'websocket' ? [FOREIGN_ORIGIN] : []),
    ...('creatorsOnly' in access && access.creatorsOnly ? [TIER] : []),
    ...(hasPathId ? [PATH_ID] : []),
    ...(body ? [BODY_SYNTAX, { ...BODY_SHAPE, status: shapeStatus }, TOO_LARGE, MEDIA_TYPE] : []),
    ...refusals,
    ...(isPublic ? [] : [EMAIL_HELD, RATE, ...OUR_FAULTS, ...AUTH_AWAY, UNAVAILABLE]),
  ]
}

const problemOf = ({ code, text, status }: Refusal): Problem =>
  new Problem(code, text, status === undefined ? {} : { status })

const header = (description: string) => ({ description, schema: { type: 'string' } })
const RETRY_AFTER = { 'Retry-After': header('Seconds to wait.') }
const HEADERS: Readonly<Record<number, object>> = {
  429: { ...RETRY_AFTER, 'X-RateLimit-RetryAfter': header('The same.') },
  503: RETRY_AFTER,
}

function refusalResponse(status: number, refusals: readonly Refusal[]): object {
  const examples = new Map<string, object>()
  for (const refusal of refusals) {
    const { code, message } = problemOf(refusal)
    const name = examples.has(code) ? `${code}_${examples.size + 1}` : code
    const value: ProblemReply = { error: { code, message } }
    examples.set(name, { summary: refusal.when, value })
  }
  return {
    description: refusals.map(({ code, when }) => `\`${code}\`: ${when}`).join('\n\n'),
    ...(status in HEADERS ? { headers: HEADERS[status] } : {}),
    content: {
      'application/json': {
        schema: { $ref: componentRef('problem') },
        examples: Object.fromEntries(examples),
      },
    },
  }
}

/** `components.responses`. */
export const sharedResponses = (): Record<string, object> =>
  Object.fromEntries(
    Object.entries(SHARED).map(([name, refusals]) => [
      name,
      refusalResponse(problemOf(refusals[0]!).status, refusals),
    ]),
  )

function schemaOf(schema: NonNullable<Reply['content']>['schema']): object {
  if (typeof schema === 'string') return { $ref: componentRef(schema) }
  if (Array.isArray(schema))
    return { type: 'array', items: { $ref: componentRef((schema as readonly [SchemaName])[0]) } }
  return schema
}

function replyResponse({ description, headers = {}, content }: Reply): object {
  const named = Object.entries(headers).map(([name, text]) => [name, header(text)])
  return {
    description,
    ...(named.length > 0 ? { headers: Object.fromEntries(named) } : {}),
    ...(content && {
      content: {
        [content.type]: {
          schema: schemaOf(content.schema),
          ...(Object.keys(content.examples).length > 0 ? { examples: content.examples } : {}),
        },
      },
    }),
  }
}

/** The `responses` of an operation, by status. */
export function responsesOf(operation: Operation): Record<string, object> {
  const byStatus = Map.groupBy(refusalsOf(operation), (refusal) => problemOf(refusal).status)
  const refused = [...byStatus].map(([status, refusals]) => {
    const shared = Object.keys(SHARED).find(
      (name) =>
        SHARED[name]!.length === refusals.length &&
        SHARED[name]!.every((refusal) => refusals.includes(refusal)),
    )
    return [status, shared ? { $ref: `#/components/responses/${shared}` } : refusalResponse(status, refusals)]
  })
  return Object.fromEntries([
    ...operation.replies.map((reply) => [reply.status, replyResponse(reply)]),
    ...refused,
  ])
}
