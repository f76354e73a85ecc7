import { readFileSync } from 'node:fs'
import type Router from '@koa/router'
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import formats from 'ajv-formats'
import { t } from 'tap'
import { parse } from 'yaml'
import { PROBLEM_CODES, Problem } from '../../core/platform/errors.ts'
import pkg from '../../package.json' with { type: 'json' }
import problemSchema from '../../schemas/problem.schema.json' with { type: 'json' }
import { createApp } from '../../server/app.ts'
import type { ServerDeps } from '../../server/context.ts'
import { openApiDocument } from '../../server/openapi/document.ts'
import { OPERATIONS } from '../../server/openapi/operations.ts'
import { TIMINGS } from '../../server/timings.ts'
import { OPENAPI_SHAPE } from './openapi-shape.ts'

type Node = { [key: string]: unknown }
const document = openApiDocument(pkg.version, 'https://films.example')

/** What people use who have no credential yet. */
const WAYS_IN = ['/v1/auth/signup', '/v1/auth/login', '/v1/auth/setup']

/** Every object of a document, with the JSON pointer to it. */
function* objects(node: unknown, pointer = ''): Generator<[string, Node]> {
  if (typeof node !== 'object' || node === null) return
  if (!Array.isArray(node)) yield [pointer, node as Node]
  for (const [key, value] of Object.entries(node))
    yield* objects(value, `${pointer}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`)
}

const at = (pointer: string): unknown =>
  pointer
    .split('/')
    .slice(1)
    .map((part) => decodeURIComponent(part).replaceAll('~1', '/').replaceAll('~0', '~'))
    .reduce<unknown>((node, key) => (node as Node | undefined)?.[key], document)

const ajv = new Ajv2020({ strict: true, strictTypes: false, allowUnionTypes: true, allErrors: true })
formats.default(ajv)
ajv.addVocabulary(['x-rule', 'enumDescriptions', 'example', ...Object.keys(document)])
ajv.addSchema(document, 'openapi')

/** The schema at a place in the document, ready to check values. */
function schemaAt(pointer: string): ValidateFunction {
  const id = `openapi#${pointer.replaceAll(/[^/~A-Za-z0-9._-]/g, encodeURIComponent)}`
  const validate = ajv.getSchema(id) ?? ajv.compile({ $ref: id })
  return validate as ValidateFunction
}

const said = ({ errors }: ValidateFunction) =>
  (errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`)

t.test('every route has an entry, and every entry a route', (t) => {
  const quiet = { debug() {} }
  const config = {
    MEDIA_DELIVERY: 'proxy',
    APP_BASE_URL: 'https://films.example',
    S3_PUBLIC_ENDPOINT: 'https://store.example',
    CORS_ORIGINS: [],
    DATA_KEY: Buffer.alloc(32).toString('base64'),
  }
  // Routes are made from these alone; whatever else a handler needs is not asked for before a request comes.
  const app = createApp({ config, log: quiet, timings: TIMINGS, version: '0.0.0' } as unknown as ServerDeps)
  const routers = app.middleware.flatMap((layer) => (layer as { router?: Router }).router ?? [])
  const routes = routers.flatMap((router) =>
    router.stack.flatMap(({ methods, path }) =>
      methods
        .filter((method) => method !== 'HEAD')
        .map((method) => `${method} ${String(path).replaceAll(/:(\w+)|\{\*(\w+)\}/g, '{$1$2}')}`),
    ),
  )
  t.ok(routes.length > 20)
  t.strictSame(OPERATIONS.map(({ method, path }) => `${method.toUpperCase()} ${path}`).sort(), routes.sort())
  t.end()
})

t.test('the document is OpenAPI 3.1', (t) => {
  const validate = new Ajv2020({ strict: false, validateFormats: false }).compile(OPENAPI_SHAPE)
  t.ok(validate(document), said(validate).join('\n'))
  const broken = { ...document, paths: { '/v1/x': { fetch: {} } } }
  t.notOk(validate(broken), 'the shape is one that can be missed')

  const ids = OPERATIONS.map(({ operationId }) => operationId)
  t.strictSame([...new Set(ids)], ids, 'operation ids are unique')
  for (const { path, parameters = [], operationId, access } of OPERATIONS) {
    const named = [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1])
    const given = parameters.filter((parameter) => parameter.in === 'path').map(({ name }) => name)
    t.strictSame(given.sort(), named.sort(), `${operationId}: path parameters`)
    const keys = parameters.map((parameter) => `${parameter.in} ${parameter.name}`)
    t.strictSame([...new Set(keys)], keys, `${operationId}: no parameter twice`)
    if (path.startsWith('/v1/') && !WAYS_IN.includes(path))
      t.not(access.kind, 'public', `${operationId} needs a credential`)
  }
  t.end()
})

t.test('every reference resolves within the document', (t) => {
  const refs = [...objects(document)].flatMap(([pointer, { $ref }]) =>
    typeof $ref === 'string' ? [[pointer, $ref] as const] : [],
  )
  t.ok(refs.length > 100)
  for (const [pointer, $ref] of refs)
    if (!$ref.startsWith('#/') || at($ref.slice(1)) === undefined) t.fail(`${pointer}: ${$ref}`)
  const schemas = Object.keys(document.components.schemas)
  for (const name of schemas) t.ok(schemaAt(`/components/schemas/${name}`), name)
  t.notMatch(JSON.stringify(document), /"\$defs"|"\$id"|framecast\.dev/, 'nothing of the files is left over')
  t.end()
})

t.test('every example is valid against its schema', (t) => {
  let checked = 0
  const check = (pointer: string, value: unknown, where: string): void => {
    const validate = schemaAt(pointer)
    checked += 1
    if (!validate(value)) t.fail(where, { found: said(validate) })
  }
  for (const [pointer, node] of objects(document)) {
    if (pointer.includes('/example')) continue
    const isMedia = /\/content\/[^/]+$/.test(pointer)
    const isParameter = /\/parameters\/\d+$/.test(pointer)
    if (isMedia || isParameter) {
      for (const [name, { value }] of Object.entries((node.examples ?? {}) as Record<string, Node>))
        check(`${pointer}/schema`, value, `${pointer} ${name}`)
      if ('example' in node) {
        const value = pointer.endsWith('yaml') ? parse(node.example as string) : node.example
        check(`${pointer}/schema`, value, pointer)
      }
    } else if (pointer.startsWith('/components/schemas/') && Array.isArray(node.examples)) {
      for (const value of node.examples) check(pointer, value, pointer)
    }
  }
  t.ok(checked > 150, `${checked} examples`)
  for (const { operationId, replies, body } of OPERATIONS) {
    for (const { content } of replies)
      if (content?.type === 'application/json' && operationId !== 'getOpenApi')
        t.ok(Object.keys(content.examples).length > 0, `${operationId} shows a reply`)
    if (body) t.ok(body.content.length > 0, `${operationId} shows a request`)
  }
  t.end()
})

t.test('codes of refusals are those of the catalogue', (t) => {
  t.strictSame(problemSchema.properties.error.properties.code.enum, PROBLEM_CODES)
  t.end()
})

t.test('the guide lists every code with its status, and no other', (t) => {
  const guide = readFileSync(new URL('../../docs/api.md', import.meta.url), 'utf8')
  const listed = [...guide.matchAll(/^\| `([A-Z_]+)` \| (\d{3})/gm)].map(([, code, status]) => [
    code,
    Number(status),
  ])
  t.strictSame(
    listed,
    PROBLEM_CODES.map((code) => [code, new Problem(code, '').status]),
  )
  t.end()
})

for (const name of ['api.md', 'teams.md', 'webhooks.md'])
  t.test(`every address in ${name} is one of the API`, (t) => {
    const plain = (path: string) => path.replaceAll(/\{\w+\}|\$[A-Z]+\b/g, '{}')
    const paths = new Set(OPERATIONS.map(({ path }) => plain(path)))
    const guide = readFileSync(new URL(`../../docs/${name}`, import.meta.url), 'utf8')
    const named = [...guide.matchAll(/\$FRAMECAST_URL(\/[^\s"'?)]*)/g)].map(([, path]) =>
      plain(String(path)).replace(/^\/schemas\/.*/, '/schemas/{}'),
    )
    t.ok(named.length > 2)
    for (const path of named) t.ok(paths.has(path), path)
    t.end()
  })
