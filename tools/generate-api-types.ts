/**
 * Writes `schemas/api.ts`, the types of every operation for a client made with openapi-fetch, from the table of operations.
 * `node tools/generate-api-types.ts` writes; with `--check` it compares and exits 1 when the file is stale.
 */
import { readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath, pathToFileURL } from 'node:url'
import type { InlineSchema, Operation, Parameter, Reply } from '../server/openapi/operation.ts'
import { OPERATIONS } from '../server/openapi/operations.ts'
import { componentRef, type SchemaName } from '../server/openapi/schemas.ts'

const FILE = fileURLToPath(new URL('../schemas/api.ts', import.meta.url))

const HEADER = `/* Generated from server/openapi/ by tools/generate-api-types.ts: change the operations, then run it again. */`

const REFUSED = `/** Whatever was wrong. */
type Refused = { content: { 'application/json': Problem } }
type Refusals = { '4XX': Refused; '5XX': Refused }
`

const quoted = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
const key = (name: string): string => (/^[A-Za-z_]\w*$/.test(name) ? name : quoted(name))
const literal = (value: unknown): string =>
  typeof value === 'string' ? quoted(value) : JSON.stringify(value)

const SIMPLE: Readonly<Record<string, string>> = {
  string: 'string',
  integer: 'number',
  number: 'number',
  boolean: 'boolean',
  null: 'null',
}

/** The type of a schema that stands in place. @throws for what no operation has needed yet */
function inlineType(schema: InlineSchema): string {
  const { type, enum: values, items, properties, required = [], ...rest } = schema
  if ('$ref' in rest || 'anyOf' in rest || 'oneOf' in rest || 'allOf' in rest)
    throw new Error(`no type is made from ${JSON.stringify(schema)}: give it a file under schemas/`)
  if (Array.isArray(values)) return values.map(literal).join(' | ')
  if (type === 'array') return `(${inlineType((items ?? {}) as InlineSchema)})[]`
  if (properties) {
    const fields = Object.entries(properties as Record<string, InlineSchema>).map(([name, field]) => {
      const isRequired = (required as readonly string[]).includes(name)
      return `${key(name)}${isRequired ? '' : '?'}: ${inlineType(field)}`
    })
    return `{ ${fields.join('; ')} }`
  }
  if (type === undefined) return 'unknown'
  const types = [type].flat().map((each) => SIMPLE[String(each)])
  if (types.includes(undefined)) throw new Error(`no type is made from ${JSON.stringify(schema)}`)
  return types.join(' | ')
}

/** What an operation takes from `schemas/types.ts`. */
type Imports = Set<string>

function named(imports: Imports, name: SchemaName): string {
  const type = componentRef(name).split('/').at(-1)!
  imports.add(type)
  return type
}

function parametersType(parameters: readonly Parameter[]): string {
  const groups = (['path', 'query', 'header'] as const).flatMap((place) => {
    const group = parameters.filter((parameter) => parameter.in === place)
    if (group.length === 0) return []
    const fields = group.map(
      ({ name, schema, required }) => `${key(name)}${required ? '' : '?'}: ${inlineType(schema)}`,
    )
    return [`${place}${group.some(({ required }) => required) ? '' : '?'}: { ${fields.join('; ')} }`]
  })
  return `{ ${groups.join('; ')} }`
}

function contentType(imports: Imports, { content }: Reply): string {
  if (!content) return '{ content?: never }'
  const { schema, type } = content
  const body =
    typeof schema === 'string'
      ? named(imports, schema)
      : Array.isArray(schema)
        ? `${named(imports, schema[0])}[]`
        : inlineType(schema as InlineSchema)
  return `{ content: { ${quoted(type)}: ${body} } }`
}

function operationType(
  imports: Imports,
  { summary, parameters = [], body, replies }: Operation,
  method: string,
): string {
  const json = body?.content.find(({ type }) => type === 'application/json')
  const succeeded = replies.filter(({ status }) => status >= 200 && status < 300)
  const fields = [
    ...(parameters.length > 0 ? [`parameters: ${parametersType(parameters)}`] : []),
    ...(body && json
      ? [
          `requestBody${body.required ? '' : '?'}: { content: { 'application/json': ${named(imports, json.schema)} } }`,
        ]
      : []),
    `responses: { ${succeeded.map((reply) => `${reply.status}: ${contentType(imports, reply)}`).join('; ')} } & Refusals`,
  ]
  return `    /** ${summary} */\n    ${method}: {\n${fields.map((field) => `      ${field}\n`).join('')}    }\n`
}

/** The text that `schemas/api.ts` ought to hold. Pure. */
export function generateApiTypes(operations: readonly Operation[]): string {
  const imports: Imports = new Set(['Problem'])
  const byPath = [...Map.groupBy(operations, ({ path }) => path)]
    .map(([path, group]) => {
      const methods = group.map((operation) => operationType(imports, operation, operation.method))
      return `  ${quoted(path)}: {\n${methods.join('')}  }\n`
    })
    .join('')
  const names = [...imports].sort().map((name) => `  ${name},\n`)
  return `${HEADER}
import type {
${names.join('')}} from './types.ts'

${REFUSED}
/** Every operation, by path and method, as \`createClient<paths>()\` of openapi-fetch takes it. Bodies are sent as JSON. */
export type paths = {
${byPath}}
`
}

async function main(args: string[]): Promise<number> {
  const wanted = generateApiTypes(OPERATIONS)
  if (!args.includes('--check')) {
    await writeFile(FILE, wanted)
    return 0
  }
  if ((await readFile(FILE, 'utf8').catch(() => '')) === wanted) return 0
  console.error('schemas/api.ts is stale: run `node tools/generate-api-types.ts`')
  return 1
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href)
  process.exitCode = await main(process.argv.slice(2))
