/** Requests that people and programs send by mistake or on purpose, made from what an operation says it takes. */
import fc from 'fast-check'
import { stringify } from 'yaml'
import type { Operation, Parameter } from '../../server/openapi/operation.ts'
import { componentRef, componentSchemas } from '../../server/openapi/schemas.ts'

export type OddRequest = {
  /** Path and query; `{name}` stands for ids that the test has. */
  path: string
  headers: Record<string, string>
  body: string | Uint8Array<ArrayBuffer> | null
}

type Schema = { [key: string]: unknown }
type Json = null | boolean | number | string | Json[] | { [key: string]: Json }

const repeated = (text: string, times: number): string => text.repeat(times)
const nested = (open: string, close: string, depth: number): string =>
  `${repeated(open, depth)}1${repeated(close, depth)}`

const TEXTS: readonly string[] = [
  '',
  ' ',
  'x',
  repeated('x', 300),
  repeated('ß', 20_000),
  '\u0000',
  'a\u0000b',
  '\ud800',
  'a\udc00\ud800b',
  '👩‍🚀🎬',
  'e\u0301\u200d\u202e\u2028\ufeff\uffff',
  "' or '1'='1'; drop table users; --",
  '../../etc/passwd',
  '%00%ff%zz',
  '{{7*7}}<script>',
  'null',
  'framecast:user:x',
  'framecast:team:00000000-0000-0000-0000-000000000000',
  'http://127.0.0.1:9/',
  'https://user:pass@127.0.0.1/#x',
  '2026-02-30T25:61:00Z',
  '+275760-09-13T00:00:00.001Z',
  '__proto__',
]

/** JSON texts, and some that are none. */
const RAW: readonly string[] = [
  ...TEXTS.map((text) => JSON.stringify(text)),
  JSON.stringify(repeated('y', 1_000_000)),
  ...[
    'null',
    'true',
    '0',
    '-0',
    '-1',
    '1.5',
    '1e-7',
    '1e308',
    '1e999',
    '01',
    'NaN',
    'undefined',
    "'x'",
    '"x',
  ],
  ...['2147483648', '9007199254740991', '9007199254740992', '-9007199254740993', repeated('9', 400)],
  ...['[]', '[[]]', '[null]', '{}', '{"a":1}', '{"a":1,"a":2}', '{"length":1,"0":"x"}'],
  ...[
    '{"__proto__":{"role":"owner"}}',
    '{"constructor":{"prototype":{}}}',
    '{"prototype":1}',
    '{"toString":1}',
  ],
  ...[31, 33, 500, 50_000].map((depth) => nested('[', ']', depth)),
  nested('{"a":', '}', 100),
  `[${repeated('0,', 20_000)}0]`,
  `{${Array.from({ length: 10_001 }, (_, index) => `"k${index}":0`).join(',')}}`,
]

const raw: fc.Arbitrary<string> = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...RAW) },
  { weight: 2, arbitrary: fc.string({ unit: 'binary', maxLength: 40 }).map((text) => JSON.stringify(text)) },
  { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 4 }).map((value) => JSON.stringify(value)) },
  { weight: 1, arbitrary: fc.double().map((value) => JSON.stringify(value)) },
)
const text: fc.Arbitrary<string> = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...TEXTS) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 40 }) },
  { weight: 1, arbitrary: fc.maxSafeInteger().map(String) },
)

/** Values at and just beyond what a schema allows, as JSON texts. */
function boundaries(schema: Schema): string[] {
  const { minLength, maxLength, minimum, maximum, minItems, maxItems, items } = schema as Record<
    string,
    number
  >
  const numbers = [minimum, maximum].flatMap((limit) =>
    limit === undefined ? [] : [limit - 1, limit, limit + 1].map(String),
  )
  const texts = [minLength, maxLength].flatMap((limit) =>
    limit === undefined
      ? []
      : [limit - 1, limit, limit + 1].map((size) => JSON.stringify(repeated('b', Math.max(0, size)))),
  )
  const item = items ? (boundaries(items as unknown as Schema)[0] ?? '"x"') : '"x"'
  const lists = [minItems, maxItems].flatMap((limit) =>
    limit === undefined
      ? []
      : [limit - 1, limit, limit + 1].map((size) => `[${Array(Math.max(0, size)).fill(item).join(',')}]`),
  )
  const known = (schema.enum as unknown[] | undefined)?.map((value) => JSON.stringify(value)) ?? []
  return [...numbers, ...texts, ...lists, ...known]
}

type Path = readonly (string | number)[]

function pathsOf(value: Json, path: Path = []): Path[] {
  if (typeof value !== 'object' || value === null) return [path]
  return [path, ...Object.entries(value).flatMap(([key, inner]) => pathsOf(inner, [...path, key]))]
}

const HOLE = '\u{f0000}hole'

/** The JSON text of a value with another text in one place. */
function withRaw(value: Json, path: Path, put: string): string {
  if (path.length === 0) return put
  const copy = structuredClone(value)
  const [last, ...before] = path.toReversed()
  const parent = before.toReversed().reduce<Json>((at, key) => (at as Record<string, Json>)[key]!, copy)
  ;(parent as Record<string, Json>)[last!] = HOLE
  return JSON.stringify(copy).replace(JSON.stringify(HOLE), () => put)
}

const spoil = (json: string): fc.Arbitrary<string | Uint8Array<ArrayBuffer>> =>
  fc.constantFrom<string | Uint8Array<ArrayBuffer>>(
    '',
    json.slice(0, -1),
    `${json}]`,
    `\ufeff${json}`,
    json.replace('{', '{"__proto__":{"tier":"creator"},'),
    json.replace(
      '{',
      '{"id":"00000000-0000-0000-0000-000000000000","status":"completed","role":"owner","credits":1000000,',
    ),
    json.replaceAll('"', "'"),
    new Uint8Array([...Buffer.from(json.slice(0, 9)), 0xff, 0xfe, 0xc0]),
  )

type OddBody = { body: string | Uint8Array<ArrayBuffer>; headers: Record<string, string> }

function jsonBody(schema: Schema, example: Json): fc.Arbitrary<OddBody> {
  const whole = JSON.stringify(example)
  const properties = Object.entries((schema.properties ?? {}) as Record<string, Schema>)
  const places = pathsOf(example)
  const base = (typeof example === 'object' && example !== null ? example : {}) as { [key: string]: Json }
  const atLimit = properties.flatMap(([name, property]) =>
    boundaries(property).map((put) => withRaw({ ...base, [name]: null }, [name], put)),
  )
  const body = fc.oneof(
    { weight: 1, arbitrary: fc.constant(whole) },
    {
      weight: 2,
      arbitrary: fc.tuple(fc.constantFrom(...places), raw).map(([path, put]) => withRaw(example, path, put)),
    },
    ...(properties.length > 0
      ? [
          {
            weight: 4,
            arbitrary: fc
              .tuple(fc.constantFrom(...properties.map(([name]) => name)), raw)
              .map(([name, put]) => withRaw({ ...base, [name]: null }, [name], put)),
          },
          {
            weight: 1,
            arbitrary: fc
              .constantFrom(...properties.map(([name]) => name))
              .map((name) => JSON.stringify({ ...base, [name]: undefined })),
          },
        ]
      : []),
    ...(atLimit.length > 0 ? [{ weight: 4, arbitrary: fc.constantFrom(...atLimit) }] : []),
    { weight: 1, arbitrary: raw },
    { weight: 1, arbitrary: spoil(whole) },
  )
  const type = fc.oneof(
    { weight: 20, arbitrary: fc.constant({ 'content-type': 'application/json' }) },
    {
      weight: 1,
      arbitrary: fc.constantFrom<Record<string, string>>(
        {},
        { 'content-type': 'text/plain' },
        { 'content-type': 'application/json; charset=utf-16' },
        { 'content-type': 'application/json', 'content-encoding': 'gzip' },
        { 'content-type': repeated('a', 2_000) },
      ),
    },
  )
  return fc.record({ body, headers: type })
}

const YAML: readonly string[] = [
  'a: &a [*a]',
  `a: &a [x,x,x,x,x,x,x,x,x]\n${Array.from({ length: 9 }, (_, index) => `${'bcdefghij'[index]}: &${'bcdefghij'[index]} [*${'abcdefghi'[index]},*${'abcdefghi'[index]},*${'abcdefghi'[index]},*${'abcdefghi'[index]}]`).join('\n')}`,
  '<<: {a: 1}',
  '!!js/function "x"',
  'a: 1\na: 2',
  '---\na\n---\nb',
  '? [complex]\n: key',
  `${repeated('- ', 500)}x`,
  `title: "${repeated('x', 300_000)}"`,
  '\t- tab',
  '%YAML 9.9\n---\nx',
  '__proto__: {a: 1}',
]
const yamlBody = (example: string): fc.Arbitrary<OddBody> =>
  fc.record({
    body: fc.oneof(
      fc.constantFrom(...YAML, example, example.slice(0, -20)),
      fc.jsonValue({ maxDepth: 3 }).map((value) => stringify(value)),
    ),
    headers: fc.constant({ 'content-type': 'application/yaml' }),
  })

const encoded = (value: string): string => {
  try {
    return encodeURIComponent(value)
  } catch {
    // Half a surrogate pair has no code: as some encoders write it.
    return '%ED%A0%80'
  }
}

function queryOf(parameters: readonly Parameter[]): fc.Arbitrary<string> {
  const known = parameters.filter((parameter) => parameter.in === 'query')
  if (known.length === 0) return fc.constantFrom('', '', '?x=1', '?__proto__[a]=1')
  const pair = fc.constantFrom(...known).chain(({ name, schema, example }) => {
    const limits = boundaries(schema).map((limit) => limit.replaceAll('"', ''))
    const fair = [...limits, ...(example === undefined ? [] : [String(example)])]
    return fc
      .oneof(...(fair.length > 0 ? [fc.constantFrom(...fair)] : []), text)
      .map((value) => `${name}=${encoded(value.slice(0, 2_000))}`)
  })
  const odd = fc
    .constantFrom(...known)
    .chain(({ name }) =>
      fc.constantFrom(
        `${name}`,
        `${name}=%zz`,
        `${name}=%ff%fe`,
        `${name}[]=1`,
        `${name}[__proto__]=1`,
        `${name}=1&${name}=2`,
        '&&=&',
        `x=${repeated('x', 9_000)}`,
      ),
    )
  return fc
    .array(fc.oneof({ weight: 6, arbitrary: pair }, { weight: 1, arbitrary: odd }), { maxLength: 4 })
    .map((pairs) => (pairs.length > 0 ? `?${pairs.join('&')}` : ''))
}

function headersOf(parameters: readonly Parameter[]): fc.Arbitrary<Record<string, string>> {
  const known = parameters.filter((parameter) => parameter.in === 'header')
  if (known.length === 0) return fc.constant({})
  const value = fc.constantFrom(
    '',
    'x',
    '"r1"',
    'W/"r1"',
    '*',
    '"r999999999999999999999"',
    repeated('k', 256),
    'a:9007199254740993',
    'bytes=0-',
    '\u00ff\u0080',
    "';--",
  )
  return fc.oneof(
    { weight: 2, arbitrary: fc.constant({}) },
    {
      weight: 1,
      arbitrary: fc.tuple(fc.constantFrom(...known), value).map(([{ name }, put]) => ({ [name]: put })),
    },
  )
}

const ODD_IDS: readonly string[] = [
  'x',
  '%00',
  '%ff',
  '..%2f..',
  '%F0%9F%8E%AC',
  '00000000-0000-0000-0000-000000000000',
  'FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF',
  '01a1fd5c-47cc-79d6-9150-23e412c86441%00',
  '{01a1fd5c-47cc-79d6-9150-23e412c86441}',
  '__proto__',
  "'%20or%201=1",
  repeated('9', 3_000),
]

/** Paths with one id that is none. */
const oddPath = (path: string): fc.Arbitrary<string> =>
  fc
    .tuple(fc.constantFrom(...(path.match(/\{\w+\}/g) ?? [''])), fc.constantFrom(...ODD_IDS))
    .map(([place, put]) => (place === '' ? path : path.replace(place, put)))

const schemas = componentSchemas() as Record<string, Schema>

/** References resolved one level deep: as far as limits are looked at. */
function opened(schema: Schema): Schema {
  const follow = (part: Schema): Schema =>
    typeof part.$ref === 'string' ? { ...schemas[part.$ref.split('/').at(-1)!], ...part } : part
  const properties = Object.entries((schema.properties ?? {}) as Record<string, Schema>)
  return { ...schema, properties: Object.fromEntries(properties.map(([name, part]) => [name, follow(part)])) }
}

/**
 * Requests for an operation, from fair ones to absurd ones.
 * @param over values of the example that only the test knows
 */
export function oddRequests(
  { path, parameters = [], body }: Operation,
  over: object = {},
): fc.Arbitrary<OddRequest> {
  const takesMore = body !== undefined || parameters.some((parameter) => parameter.in !== 'path')
  const bodies = (body?.content ?? []).map(({ type, schema, example }) =>
    type === 'application/json'
      ? jsonBody(opened(schemas[componentRef(schema).split('/').at(-1)!]!), {
          ...(example as object),
          ...over,
        } as Json)
      : yamlBody(String(example)),
  )
  return fc
    .record({
      path: takesMore
        ? fc.oneof({ weight: 12, arbitrary: fc.constant(path) }, { weight: 1, arbitrary: oddPath(path) })
        : oddPath(path),
      query: queryOf(parameters),
      headers: headersOf(parameters),
      sent: bodies.length > 0 ? fc.oneof(...bodies) : fc.constant(null),
    })
    .map(({ path: at, query, headers, sent }) => ({
      path: `${at}${query}`,
      headers: { ...headers, ...sent?.headers },
      body: sent?.body ?? null,
    }))
}
