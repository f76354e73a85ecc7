/**
 * Writes `schemas/types.ts` from every `schemas/*.schema.json`.
 * `node tools/generate-types.ts` writes; with `--check` it compares and exits 1 when the file is stale. Another folder
 * than `schemas/` may follow.
 */
import { readdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { compile } from 'json-schema-to-typescript'

const SCHEMAS = fileURLToPath(new URL('../schemas/', import.meta.url))

const HEADER = `/* Generated from schemas/*.schema.json by tools/generate-types.ts: change the schemas, then run it again. */\n`

type SchemaNode = { [key: string]: unknown }

/** Data rather than schema, or without a meaning in a type. */
const NOT_IN_TYPES = new Set(['examples', '$id', 'x-rule', 'enumDescriptions'])
/** Their values are data, whatever they look like. */
const DATA = new Set(['default', 'enum', 'const'])

/** "Exactly one of these fields" by way of `not` cannot be said in a type: the plain object stays. */
const isExclusion = (value: unknown): boolean => JSON.stringify(value).includes('"not":')

/** A type that another file makes is named, not made again: `job.schema.json#/$defs/jobError` is `JobError`. */
function typeOfRef($ref: string): SchemaNode {
  if ($ref.startsWith('#')) return { $ref }
  const [file = '', definition] = $ref.split('#/$defs/')
  const words = (definition ?? file.replace('.schema.json', '')).split('-')
  return { tsType: words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('') }
}

/**
 * The schema as types see it. Titles are for people: left in, each would become a type of its own, so only the root
 * keeps one and `$defs` are called by their key. Text beside a `$ref` would make a copy of the type: it goes too.
 */
function forTypes(node: unknown, isRoot = true): unknown {
  if (Array.isArray(node)) return node.map((item) => forTypes(item, false))
  if (node === null || typeof node !== 'object') return node
  const schema = node as SchemaNode
  if (typeof schema.$ref === 'string') return typeOfRef(schema.$ref)
  const kept: SchemaNode = {}
  for (const [key, value] of Object.entries(schema)) {
    if (NOT_IN_TYPES.has(key)) continue
    if (key === 'title' && typeof value === 'string' && !isRoot) continue
    if (key === 'oneOf' && isExclusion(value)) continue
    kept[key] = DATA.has(key) ? value : forTypes(value, false)
  }
  return kept
}

/** The text that a folder's `types.ts` ought to hold. Throws when two schemas would export the same name. */
export async function generateTypes(schemasDir: string): Promise<string> {
  const names = (await readdir(schemasDir)).filter((name) => name.endsWith('.schema.json')).sort()
  const exported = new Map<string, string>()
  const parts = [HEADER]
  for (const name of names) {
    const schema = JSON.parse(await readFile(path.join(schemasDir, name), 'utf8')) as SchemaNode
    const text = await compile(forTypes(schema) as never, String(schema.title ?? name), {
      additionalProperties: false,
      bannerComment: `// ${name}`,
      cwd: schemasDir,
      maxItems: -1,
      ignoreMinAndMaxItems: true,
      style: { semi: false, singleQuote: true, printWidth: 110 },
    })
    for (const [, type] of text.matchAll(/^export (?:interface|type) (\w+)/gm)) {
      const other = exported.get(type!)
      if (other)
        throw new Error(`${name} and ${other} both make a type ${type}: rename one of the definitions`)
      exported.set(type!, name)
    }
    parts.push(text)
  }
  return parts.join('\n')
}

async function main(args: string[]): Promise<number> {
  const folder = args.find((arg) => !arg.startsWith('--')) ?? SCHEMAS
  const typesFile = path.join(folder, 'types.ts')
  const wanted = await generateTypes(folder)
  if (!args.includes('--check')) {
    await writeFile(typesFile, wanted)
    return 0
  }
  const found = await readFile(typesFile, 'utf8').catch(() => '')
  if (found === wanted) return 0
  console.error('types.ts is stale: run `node tools/generate-types.ts`')
  return 1
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href)
  process.exitCode = await main(process.argv.slice(2))
