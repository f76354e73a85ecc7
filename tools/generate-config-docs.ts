/**
 * Makes `docs/configuration.md` and `.env.example` from `schemas/config.schema.json`.
 * `--check` writes nothing and exits 1 when either is out of date.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import schema from '../schemas/config.schema.json' with { type: 'json' }

type Property = {
  type: string
  description: string
  default?: unknown
  enum?: readonly string[]
  minimum?: number
  maximum?: number
  examples?: readonly string[]
  'x-group': string
  'x-secret'?: boolean
}

const required = new Set<string>(schema.required)
const properties = Object.entries(schema.properties as Record<string, Property>)
const groups = [...new Set(properties.map(([, property]) => property['x-group']))]

const inGroup = (group: string): [string, Property][] =>
  properties.filter(([, property]) => property['x-group'] === group)

function range({ type, minimum, maximum, enum: values }: Property): string {
  if (values) return values.map((value) => `\`${value}\``).join(', ')
  if (minimum === undefined && maximum === undefined) return type
  return `${type}, ${minimum ?? ''}${maximum === undefined ? ' or more' : ` to ${maximum}`}`
}

function defaultOf(name: string, property: Property): string {
  if (required.has(name)) return '**required**'
  if (property.default === undefined) return 'see text'
  return property.default === '' ? 'empty' : `\`${property.default}\``
}

/** The reference page. */
export function configurationPage(): string {
  const sections = groups.map((group) => {
    const rows = inGroup(group).map(([name, property]) => {
      const example = property.examples?.[0] ? ` Example: \`${property.examples[0]}\`.` : ''
      const secret = property['x-secret'] ? ' Secret: never logged.' : ''
      return `| \`${name}\` | ${defaultOf(name, property)} | ${range(property)} | ${property.description}${example}${secret} |`
    })
    return `## ${group}\n\n| Variable | Default | Values | Meaning |\n|---|---|---|---|\n${rows.join('\n')}\n`
  })
  return [
    '# Configuration\n',
    'Framecast is configured by environment variables only. They are read once, at start, and checked: a bad value stops',
    'the start and names every variable at fault. This page is made from `schemas/config.schema.json`; change it there and',
    'run `npx just fmt`.\n',
    ...sections,
  ].join('\n')
}

/** The example file: required variables to fill in, everything else commented out at its default. */
export function envExample(): string {
  const sections = groups.map((group) => {
    const lines = inGroup(group).map(([name, property]) => {
      const value = property.examples?.[0] ?? property.default ?? ''
      const line = required.has(name) ? `${name}=` : `# ${name}=${property.default ?? ''}`
      const example = required.has(name) && value !== '' ? ` For example ${value}` : ''
      return `# ${property.description}${example}\n${line}\n`
    })
    return `# ---- ${group}\n\n${lines.join('\n')}`
  })
  return `# Copy to .env and fill in what has no value. Made from schemas/config.schema.json.\n\n${sections.join('\n')}`
}

const OUTPUTS = [
  ['../docs/configuration.md', configurationPage],
  ['../.env.example', envExample],
] as const

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const check = process.argv.includes('--check')
  for (const [file, make] of OUTPUTS) {
    const url = new URL(file, import.meta.url)
    if (!check) writeFileSync(url, make())
    else if (readFileSync(url, 'utf8') !== make()) {
      console.error(`${file.slice(3)} is out of date: run "npx just fmt"`)
      process.exitCode = 1
    }
  }
}
