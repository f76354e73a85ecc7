/** Request bodies: type, size, encoding and shape are checked before a handler sees anything. */
import { isUtf8 } from 'node:buffer'
import type { IncomingMessage } from 'node:http'
import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js'
import getRawBody from 'raw-body'
import { Problem } from '../core/platform/errors.ts'
import { JsonRefused, parseStrictJson } from './json.ts'

export const MAX_BODY_BYTES = 5 * 1024 * 1024

/**
 * How an operation refuses a bad body. Operations that start renders tell syntax (400), shape (422) and type (415)
 * apart; all others answer 400.
 */
export type BodyStatuses = { type: 400 | 415; shape: 400 | 422 }
export const PLAIN_STATUSES: BodyStatuses = { type: 400, shape: 400 }
export const RENDER_STATUSES: BodyStatuses = { type: 415, shape: 422 }

/** `application/json` of `application/json; charset=utf-8`; empty when there is none. */
export const mediaType = (request: IncomingMessage): string =>
  (request.headers['content-type'] ?? '').split(';')[0]!.trim().toLowerCase()

const charset = (request: IncomingMessage): string =>
  /;\s*charset\s*=\s*"?([^";\s]+)/i.exec(request.headers['content-type'] ?? '')?.[1]?.toLowerCase() ?? 'utf-8'

export const hasBody = (request: IncomingMessage): boolean =>
  request.headers['transfer-encoding'] !== undefined || Number(request.headers['content-length'] ?? 0) > 0

const tooLarge = (): Problem =>
  new Problem('PAYLOAD_TOO_LARGE', `a body may have ${MAX_BODY_BYTES} bytes (5 MiB)`)

function wrongType(request: IncomingMessage, accepted: readonly string[], status: 400 | 415): Problem {
  const got = mediaType(request) || 'no content type'
  const text = `send ${accepted.join(' or ')}, not ${got.slice(0, 100)}`
  return status === 415 ? new Problem('UNSUPPORTED_MEDIA_TYPE', text) : new Problem('VALIDATION_ERROR', text)
}

/**
 * The body as text, when it is one of the `accepted` media types.
 * @throws {Problem} for type, compression, size and bytes that are not UTF-8
 */
export async function readText(
  request: IncomingMessage,
  accepted: readonly string[],
  statuses: BodyStatuses,
): Promise<string> {
  const encoding = request.headers['content-encoding']
  if (encoding && encoding.toLowerCase() !== 'identity')
    throw new Problem('UNSUPPORTED_MEDIA_TYPE', 'compressed bodies are not accepted')
  const type = mediaType(request)
  const isAccepted =
    accepted.includes(type) || (type.endsWith('+json') && accepted.includes('application/json'))
  if (!isAccepted) throw wrongType(request, accepted, statuses.type)
  if (!['utf-8', 'utf8', 'us-ascii'].includes(charset(request)))
    throw wrongType(request, ['UTF-8'], statuses.type)
  // Told in advance: refused before a byte of it is read.
  const announced = request.headers['content-length']
  if (announced !== undefined && Number(announced) > MAX_BODY_BYTES) throw tooLarge()
  let bytes: Buffer
  try {
    bytes = await getRawBody(request, { limit: MAX_BODY_BYTES, ...(announced ? { length: announced } : {}) })
  } catch (error) {
    const kind = (error as { type?: string }).type
    if (kind === 'entity.too.large') throw tooLarge()
    throw new Problem('VALIDATION_ERROR', 'the body ended before it was complete', { cause: error })
  }
  if (!isUtf8(bytes))
    throw new Problem('VALIDATION_ERROR', 'the body is not valid UTF-8', { reason: 'invalid_utf8' })
  const text = bytes.toString('utf8')
  return text.startsWith('\ufeff') ? text.slice(1) : text
}

/** Reads a JSON body of any shape. */
export async function readJson(request: IncomingMessage, statuses: BodyStatuses): Promise<unknown> {
  const text = await readText(request, ['application/json'], statuses)
  try {
    return await parseStrictJson(text)
  } catch (error) {
    if (!(error instanceof JsonRefused)) throw error
    const { fault, line, column, message } = error
    throw new Problem('VALIDATION_ERROR', `the JSON cannot be used: ${message}`, {
      reason: fault,
      details: { line, column },
    })
  }
}

const ajv = new Ajv2020({ validateSchema: false, allErrors: true, strict: true, allowUnionTypes: true })

/** One sentence on what is wrong with a field, and what would be right. */
function explain({ instancePath, keyword, params }: ErrorObject): string {
  const field = instancePath.slice(1).replaceAll('/', '.') || 'the body'
  switch (keyword) {
    case 'required':
      return `${params.missingProperty} is missing`
    case 'type':
      return `${field} must be ${[params.type].flat().join(' or ')}`
    case 'enum':
      return `${field} must be one of ${(params.allowedValues as unknown[]).filter((value) => value !== null).join(', ')}`
    case 'minLength':
      return `${field} must have at least ${params.limit} character${params.limit === 1 ? '' : 's'}`
    case 'maxLength':
      return `${field} may have at most ${params.limit} characters`
    case 'minimum':
      return `${field} must be at least ${params.limit}`
    case 'maximum':
      return `${field} may be at most ${params.limit}`
    case 'minItems':
      return `${field} must name at least ${params.limit}`
    case 'uniqueItems':
      return `${field} must not name the same twice`
    default:
      return `${field} is not allowed as it is`
  }
}

/** A body reader made once from a schema: reads, checks, and keeps only the fields that the schema names. */
export type BodyReader<T> = (request: IncomingMessage) => Promise<T>

type ObjectSchema = { properties: Record<string, unknown> }

function keepKnown<T>(schema: ObjectSchema, body: Record<string, unknown>): T {
  return Object.fromEntries(
    Object.keys(schema.properties).flatMap((key) => (key in body ? [[key, body[key]]] : [])),
  ) as T
}

/**
 * A reader for bodies of `schema`. With `optional`, no body at all counts as `{}`.
 */
export function bodyReader<T>(
  schema: ObjectSchema,
  { statuses = PLAIN_STATUSES, optional = false }: { statuses?: BodyStatuses; optional?: boolean } = {},
): BodyReader<T> {
  const { $id: _, ...rest } = schema as ObjectSchema & { $id?: string }
  // Made by the first body: making all of them takes a good part of the time in which a server starts.
  let validate: ValidateFunction | null = null
  return async (request) => {
    const body = optional && !hasBody(request) ? {} : await readJson(request, statuses)
    validate ??= ajv.compile({ ...rest, type: 'object' })
    if (!validate(body)) {
      const faults = (validate.errors ?? []).slice(0, 20).map(explain)
      throw new Problem('VALIDATION_ERROR', faults.join('; '), { status: statuses.shape })
    }
    return keepKnown<T>(schema, body as Record<string, unknown>)
  }
}
