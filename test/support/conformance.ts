/** Holds what a server answers to what its OpenAPI document says, to the order of the keys. */
import { Ajv2020, type AnySchemaObject, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js'
import formats from 'ajv-formats'
import { Problem, type ProblemCode } from '../../core/platform/errors.ts'
import pkg from '../../package.json' with { type: 'json' }
import type { Handler } from '../../server/context.ts'
import { openApiDocument } from '../../server/openapi/document.ts'
import type { Operation } from '../../server/openapi/operation.ts'
import { OPERATIONS } from '../../server/openapi/operations.ts'
import { refusalsOf } from '../../server/openapi/responses.ts'

type Node = { [key: string]: unknown }

export type Reply = {
  status: number
  /** Content type without parameters; empty when there is no body. */
  type: string
  /** Parsed, when it is JSON; undefined for a stream. */
  body: unknown
}

/**
 * The document as a server has to keep to it: objects are closed, since a field that it does not name is a fault here
 * though clients let it pass, and list their fields in the order in which replies have them.
 */
function strictDocument(): Node {
  const close = (node: unknown, isBranch = false): unknown => {
    if (Array.isArray(node)) return node.map((item) => close(item, isBranch))
    if (typeof node !== 'object' || node === null) return node
    const kept: Node = Object.fromEntries(
      Object.entries(node).map(([key, value]) => [key, close(value, key === 'allOf' || key === 'oneOf')]),
    )
    const isObject = (kept.type === 'object' && 'properties' in kept) || 'allOf' in kept
    return isObject && !isBranch && !('additionalProperties' in kept)
      ? { ...kept, unevaluatedProperties: false }
      : kept
  }
  const document = openApiDocument(pkg.version, 'http://localhost:3000')
  const schemas = Object.entries(document.components.schemas).map(([name, schema]) => [
    name,
    // Part of a WebSocket's event message, which has two fields more and is closed itself.
    inOrder(close(schema, name === 'JobEvent') as Node),
  ])
  return { ...document, components: { ...document.components, schemas: Object.fromEntries(schemas) } }
}

/** Whole objects have their fields in order. What is within them is kept by the database, in an order of its own. */
function inOrder(schema: Node): Node {
  const { title, properties } = schema as { title?: string; properties?: object }
  return title && properties ? { ...schema, 'x-order': Object.keys(properties) } : schema
}

const ajv = new Ajv2020({ strict: false, allErrors: true, verbose: true })
formats.default(ajv)
ajv.addKeyword({
  keyword: 'x-order',
  type: 'object',
  schemaType: 'array',
  errors: false,
  validate: (order: string[], value: object) => {
    const found = Object.keys(value).filter((key) => order.includes(key))
    const wanted = order.filter((key) => Object.hasOwn(value, key))
    return found.every((key, index) => key === wanted[index])
  },
})
const document = strictDocument()
ajv.addSchema(document as AnySchemaObject, 'openapi')

const compiled = (pointer: string): ValidateFunction =>
  ajv.getSchema(`openapi#${pointer.replaceAll(/[^/~A-Za-z0-9._-]/g, encodeURIComponent)}`) as ValidateFunction

/** The check of a schema of the document, by its name there. */
export const component = (name: string): ValidateFunction => compiled(`/components/schemas/${name}`)

const escaped = (text: string): string => text.replaceAll('~', '~0').replaceAll('/', '~1')

const nodeAt = (pointer: string): Node | undefined =>
  pointer
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
    .reduce<Node | undefined>((node, key) => node?.[key] as Node | undefined, document)

const explain = ({ instancePath, keyword, message, params, data }: ErrorObject): string => {
  if (keyword === 'x-order')
    return `${instancePath || 'the body'}: keys are not in the documented order: ${Object.keys(data as object).join(', ')}`
  const more = params.unevaluatedProperty ?? params.additionalProperty ?? ''
  const found = typeof data === 'object' ? '' : `, found ${JSON.stringify(data)}`
  return `${instancePath || 'the body'}: ${message} ${more}${found}`.trimEnd()
}

const said = ({ errors }: ValidateFunction): string[] => (errors ?? []).slice(0, 10).map(explain)

/** What every address may answer, whether or not there is an operation: too long, not there, another method, no answer. */
const ANYWHERE: readonly (readonly [number, ProblemCode])[] = [
  [404, 'NOT_FOUND'],
  [405, 'METHOD_NOT_ALLOWED'],
  [414, 'VALIDATION_ERROR'],
  [429, 'RATE_LIMIT_EXCEEDED'],
  [503, 'SERVICE_UNAVAILABLE'],
]

const isProblem = component('Problem')
const codeOf = (body: unknown): string => (body as { error: { code: string } }).error.code

function refusalFaults(
  known: readonly (readonly [number, ProblemCode])[],
  { status, body }: Reply,
): string[] {
  if (!isProblem(body)) return said(isProblem)
  const code = codeOf(body)
  const isKnown = known.some((pair) => pair[0] === status && pair[1] === code)
  return isKnown ? [] : [`the code ${code} is not documented`]
}

/** What is wrong with a reply where there is no operation. */
const strayFaults = (reply: Reply): string[] =>
  reply.type === '' && reply.status === 204 ? [] : refusalFaults(ANYWHERE, reply)

/** What is wrong with a reply of an operation, in words; nothing when it is as documented. */
export function faultsOf(operation: Operation, reply: Reply, isHead = false): string[] {
  const { status, type, body } = reply
  const own = `/paths/${escaped(operation.path)}/${operation.method}/responses/${status}`
  const reference = nodeAt(own)?.$ref
  const pointer = typeof reference === 'string' ? reference.slice(1) : own
  const response = nodeAt(pointer)
  if (!response) return ['the status is not documented']
  if (isHead) return []
  if (!response.content) return type === '' ? [] : ['there is a body, and none is documented']
  const content = response.content as Record<string, Node>
  const found = [type, '*/*'].find((name) => name in content)
  if (found === undefined) return [`the type ${type || '(none)'} is not documented`]
  if (body === undefined) return []
  const validate = compiled(`${pointer}/content/${escaped(found)}/schema`)
  if (!validate(body)) return said(validate)
  if (status < 400) return []
  return refusalFaults(
    refusalsOf(operation).map(({ code, status: other }) => [other ?? new Problem(code, '').status, code]),
    reply,
  )
}

const byRoute = new Map(OPERATIONS.map((operation) => [`${operation.method} ${operation.path}`, operation]))

/** The operation of a route as Koa names it: `/v1/jobs/:id`, `/media/{*key}`. */
export const operationOf = (method: string, route: string): Operation | undefined =>
  byRoute.get(
    `${method === 'HEAD' ? 'get' : method.toLowerCase()} ${route.replaceAll(/:(\w+)|\{\*(\w+)\}/g, '{$1$2}')}`,
  )

export type Conformance = {
  /** For `startServer`. */
  observer: Handler
  /** Throws what was wrong with the reply to one request, if anything. */
  check(requestId: string | null): void
  /** Throws what nobody was told yet. */
  checkAll(): void
}

function replyOf(ctx: Parameters<Handler>[0]): Reply {
  const { body, status } = ctx
  const type = String(ctx.response.get('content-type')).split(';')[0]!
  const isBare = body === undefined || body === null
  if (isBare) return { status, type: ctx.headerSent ? type : '', body: undefined }
  const isJson = type === 'application/json'
  const isPlain = typeof body === 'object' && !Buffer.isBuffer(body) && !('pipe' in (body as object))
  // Through text: what counts is what arrives, not what was handed in.
  if (isJson && isPlain) return { status, type, body: JSON.parse(JSON.stringify(body)) }
  if (typeof body !== 'string') return { status, type, body: undefined }
  return { status, type, body: isJson ? JSON.parse(body) : body }
}

/** Watches the replies of one server. */
export function createConformance(): Conformance {
  const faults = new Map<string, string>()
  return {
    async observer(ctx, next) {
      await next()
      const reply = replyOf(ctx)
      const operation = ctx._matchedRoute && operationOf(ctx.method, String(ctx._matchedRoute))
      const found = operation ? faultsOf(operation, reply, ctx.method === 'HEAD') : strayFaults(reply)
      if (found.length === 0) return
      const name = operation ? operation.operationId : 'no operation'
      const body = JSON.stringify(reply.body)?.slice(0, 2_000) ?? ''
      faults.set(
        ctx.state.requestId,
        `${ctx.method} ${ctx.path} (${name}) answered ${reply.status}, which is not as its OpenAPI document says:\n  ${found.join('\n  ')}\n  ${body}`,
      )
    },
    check(requestId) {
      const fault = faults.get(requestId ?? '')
      if (!fault) return
      faults.delete(requestId!)
      throw new Error(fault)
    },
    checkAll() {
      if (faults.size > 0) throw new Error([...faults.values()].join('\n'))
    },
  }
}
