/** What the storyboard's schema knows of a place in the text: fields and values that fit, and what a field means. Pure. */
import { SYSTEM_ASSETS } from '../../../core/storyboard/system-assets.ts'
import { BUILT_IN_PRESETS } from '../../../core/storyboard/transitions.ts'
import schema from '../../../schemas/storyboard.schema.json' with { type: 'json' }
import { type Place, placeAt } from './place.ts'
import { fitting, mentionAt, type SymbolInfo, symbolsOf } from './symbols.ts'
import type { Path } from './text.ts'

type SchemaNode = {
  $ref?: string
  anyOf?: SchemaNode[]
  title?: string
  description?: string
  type?: string | string[]
  enum?: (string | null)[]
  enumDescriptions?: string[]
  properties?: Record<string, SchemaNode>
  additionalProperties?: SchemaNode | boolean
  required?: string[]
  items?: SchemaNode
  minimum?: number
  exclusiveMinimum?: number
  maximum?: number
  maxLength?: number
  maxItems?: number
  maxProperties?: number
  default?: unknown
  examples?: unknown[]
}

const DEFS = schema.$defs as Record<string, SchemaNode>

/** The node with its reference followed; what it says itself wins. */
function resolved(node: SchemaNode): SchemaNode {
  if (node.$ref === undefined) return node
  const { $ref, ...own } = node
  return { ...resolved(DEFS[$ref.slice('#/$defs/'.length)]!), ...own }
}

/** The forms that a value may have: a transition is a name or an object. */
const formsOf = (node: SchemaNode): SchemaNode[] => (node.anyOf ? node.anyOf.map(resolved) : [node])

/** What the schema says of the value at a path; null where it says nothing. */
function nodeAt(path: Path): SchemaNode | null {
  let node: SchemaNode | undefined = schema as SchemaNode
  for (const step of path) {
    const next: (SchemaNode | undefined)[] = formsOf(node).map((form) => {
      if (typeof step === 'number') return form.items
      const free = form.additionalProperties
      return form.properties?.[step] ?? (typeof free === 'object' ? free : undefined)
    })
    const found = next.find((one) => one !== undefined)
    if (!found) return null
    node = resolved(found)
  }
  return node
}

/** Names that a storyboard may use, with what they stand for. */
export type Names = {
  scenes: readonly { id: string; prompt: string }[]
  symbols: readonly SymbolInfo[]
  presets: readonly string[]
  /** Sounds and pictures of the team. */
  sounds: readonly Named[]
  pictures: readonly Named[]
}
export type Named = { name: string; what: string }

/** The names that a document gives, as far as it can be read; `assets` are those of the team. */
export function namesOf(
  document: { scenes?: unknown; symbols?: unknown; transition_presets?: unknown },
  assets: Pick<Names, 'sounds' | 'pictures'>,
): Names {
  const scenes = Array.isArray(document.scenes) ? document.scenes : []
  const presets = document.transition_presets
  return {
    scenes: scenes
      .filter((scene) => typeof scene?.id === 'string')
      .map((scene) => ({ id: scene.id, prompt: typeof scene.prompt === 'string' ? scene.prompt : '' })),
    symbols: symbolsOf(document),
    presets: typeof presets === 'object' && presets !== null ? Object.keys(presets) : [],
    ...assets,
  }
}

export type Suggestion = {
  label: string
  /** Beside the label: its type or what it stands for. */
  detail?: string
  /** In full, beside the list. */
  info?: string
  insert: string
  /** Where the caret goes, from the start of what is put in; else behind it. */
  caret?: number
  /** Something may be chosen next, at once. */
  goesOn?: boolean
}
export type Suggestions = { from: number; to: number; options: Suggestion[] }

const TYPE_WORDS: Readonly<Record<string, string>> = {
  string: 'text',
  integer: 'whole number',
  number: 'number',
  boolean: 'true or false',
  object: 'fields',
  array: 'list',
}

function typeWords(node: SchemaNode): string {
  const words = formsOf(node).flatMap((form) => {
    if (form.enum) return [`one of ${form.enum.filter((value) => value !== null).join(', ')}`]
    return [form.type ?? []]
      .flat()
      .filter((type) => type !== 'null')
      .map((type) => TYPE_WORDS[type] ?? type)
  })
  return [...new Set(words)].join(' or ')
}

const is = (node: SchemaNode | null, type: string): boolean =>
  node !== null && formsOf(node).some((form) => [form.type ?? []].flat().includes(type))

const STARTED = /^\d|^[-?:,[\]{}#&*!|>'"%@`]|: |\s#|^(true|false|null|~|yes|no)$/i
/** A name as a YAML value: in quotes only where it needs them. */
const scalar = (text: string): string => (STARTED.test(text) || text === '' ? JSON.stringify(text) : text)

/** Fields that fit into the object at a path, required ones first. */
function fields(
  path: Path,
  present: readonly string[],
  names: Names,
): { name: string; node: SchemaNode; isRequired: boolean }[] {
  const node = nodeAt(path)
  if (!node) return []
  const form = formsOf(node).find(({ properties }) => properties !== undefined)
  const { properties = {}, required = [] } = form ?? {}
  const listed = Object.entries(properties).map(([name, inner]) => ({
    name,
    node: resolved(inner),
    isRequired: required.includes(name),
  }))
  if (path.length === 1 && path[0] === 'transitions') {
    const { scenes } = names
    for (const [at, { id }] of scenes.slice(0, -1).entries())
      listed.push({
        name: `${id}->${scenes[at + 1]!.id}`,
        node: {
          ...resolved(DEFS.transitionRef!),
          description: `The join from ${id} to ${scenes[at + 1]!.id}.`,
        },
        isRequired: false,
      })
  }
  return listed
    .filter(({ name }) => !present.includes(name))
    .sort((a, b) => Number(b.isRequired) - Number(a.isRequired))
}

/** What a field goes on with after its name, at a column. */
function afterName(node: SchemaNode, column: number, isFlow: boolean): { text: string; caret: number } {
  const isObject = is(node, 'object') && !is(node, 'string')
  if (isFlow) {
    const brackets = isObject ? '{}' : is(node, 'array') ? '[]' : ''
    return { text: `: ${brackets}`, caret: brackets ? 3 : 2 }
  }
  const indent = ' '.repeat(column + 2)
  const text = isObject ? `:\n${indent}` : is(node, 'array') ? `:\n${indent}- ` : ': '
  return { text, caret: text.length }
}

/** The end of a name with its closing quote, if that is there. */
const endOf = (text: string, { to, quote }: Place): number =>
  quote !== '' && text[to] === quote ? to + 1 : to

function fieldSuggestions(text: string, place: Place, path: Path, names: Names, before = ''): Suggestion[] {
  const column = place.from - (text.lastIndexOf('\n', place.from - 1) + 1) + before.length
  const isNamed = /^\s*:/.test(text.slice(endOf(text, place)))
  return fields(path, place.role === 'key' ? place.keys : [], names).map(({ name, node, isRequired }) => {
    const after = afterName(node, column, place.isFlow)
    const written = place.quote === '' ? scalar(name) : `${name}${place.quote}`
    const rest = isNamed ? '' : after.text
    return {
      label: name,
      detail: `${typeWords(node)}${isRequired ? ', needed' : ''}`,
      ...(node.description ? { info: node.description } : {}),
      insert: `${before}${written}${rest}`,
      ...(isNamed ? {} : { caret: before.length + written.length + after.caret, goesOn: true }),
    }
  })
}

/** Values that fit at a path: of the schema, or names of this storyboard and its team. */
function values(path: Path, names: Names): Named[] {
  const last = path.at(-1)
  const isSceneId =
    path[0] === 'timeline' && (last === 'scene' || (typeof last === 'number' && path.at(-2) === 'scenes'))
  if (isSceneId) return names.scenes.map(({ id, prompt }) => ({ name: id, what: prompt }))
  if (last === 'speaker')
    return names.symbols.map(({ name, prompt, kind }) => ({
      name,
      what: kind ? `${kind}; ${prompt}` : prompt,
    }))
  if (last === 'asset_id')
    return [
      ...names.sounds,
      ...SYSTEM_ASSETS.map(({ id, description, seconds }) => ({
        name: id,
        what: `${description}, ${seconds} s`,
      })),
    ]
  if (last === 'id' && path.at(-3) === 'reference_images') return [...names.pictures]
  const node = nodeAt(path)
  if (!node) return []
  return formsOf(node).flatMap((form): Named[] => {
    if (form.enum)
      return form.enum.flatMap((value, at) =>
        value === null ? [] : [{ name: value, what: form.enumDescriptions?.[at] ?? '' }],
      )
    if (is(form, 'boolean'))
      return [true, false].map((value) => ({
        name: String(value),
        what: form.default === value ? 'As when it is left out.' : '',
      }))
    if (is(form, 'string') && node.anyOf) return transitionNames(names)
    if (!is(form, 'number') && !is(form, 'integer')) return []
    const offered = [...(form.examples ?? []), form.default].filter((value) => typeof value === 'number')
    return [...new Set(offered)].map((value) => ({
      name: String(value),
      what: value === form.default ? 'As when it is left out.' : 'An example.',
    }))
  })
}

function transitionNames(names: Names): Named[] {
  const { enum: types = [], enumDescriptions = [] } = DEFS.transitionType!
  return [
    ...names.presets.map((name) => ({ name, what: 'A preset of this storyboard.' })),
    ...BUILT_IN_PRESETS.map((name) => ({ name, what: enumDescriptions[types.indexOf(name)] ?? '' })),
  ]
}

const isPrompt = (path: Path): boolean => path.length === 3 && path[0] === 'scenes' && path[2] === 'prompt'

/** Symbols for the name that is being typed after an `@` in a scene's prompt. */
function symbolSuggestions(text: string, place: Place, offset: number, names: Names): Suggestions | null {
  const mention = mentionAt(text.slice(place.from, place.to), offset - place.from)
  if (!mention) return null
  const from = place.from + mention.from
  // Plain text that starts with @ is no YAML: the quotes come with the name.
  const needsQuotes = place.quote === '' && from === place.from
  const to = place.from + (needsQuotes ? place.to - place.from : mention.to)
  const rest = needsQuotes ? text.slice(place.from + mention.to, place.to) : ''
  return {
    from,
    to,
    options: fitting(names.symbols, mention.typed).map(({ name, prompt, kind }) => ({
      label: `@${name}`,
      detail: kind,
      info: prompt || 'Not described yet.',
      insert: needsQuotes ? JSON.stringify(`@${name}${rest}`) : `@${name}`,
      ...(needsQuotes ? { caret: name.length + 2 } : {}),
    })),
  }
}

/** What may be put in where the caret is; null where nothing is known to fit. */
export function suggestionsAt(text: string, offset: number, names: Names): Suggestions | null {
  const place = placeAt(text, offset)
  if (!place) return null
  const { role, path, from, to, quote } = place
  const found = (options: Suggestion[]): Suggestions | null =>
    options.length === 0 ? null : { from, to, options }
  if (role === 'key') {
    const options = fieldSuggestions(text, place, path, names)
    return options.length === 0 ? null : { from, to: endOf(text, place), options }
  }
  if (isPrompt(path)) return symbolSuggestions(text, place, offset, names)
  const node = nodeAt(role === 'item' ? [...path, 0] : path)
  if (!node) return null
  const space = role === 'value' && text[from - 1] === ':' ? ' ' : ''
  const lead = role === 'item' ? '- ' : space
  const itemPath = role === 'item' ? [...path, 0] : path
  const options: Suggestion[] = values(itemPath, names).map(({ name, what }) => ({
    label: name,
    ...(what === '' ? {} : { detail: what.length > 60 ? `${what.slice(0, 59)}…` : what }),
    insert: `${lead}${quote === '' && is(node, 'string') ? scalar(name) : name}`,
  }))
  // An object may begin on a line of its own, or behind a dash.
  if (role !== 'value' && quote === '' && !place.isFlow)
    options.push(...fieldSuggestions(text, place, itemPath, names, lead))
  if (role === 'open' && is(node, 'array') && !place.isFlow)
    options.push(...fieldSuggestions(text, place, [...path, 0], names, '- '))
  return found(options)
}

export type Help = {
  /** What it is about, in the text. */
  from: number
  to: number
  title: string
  /** `scenes[2].duration`, for orientation. */
  path: Path
  description: string
  /** Facts in the order in which they are read: type, range, default, example. */
  facts: { name: string; value: string }[]
}

const show = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value))

function rangeWords({
  minimum,
  exclusiveMinimum,
  maximum,
  maxLength,
  maxItems,
  maxProperties,
}: SchemaNode): string {
  const most = maxItems ?? maxProperties
  if (maxLength !== undefined) return `at most ${maxLength} characters`
  if (most !== undefined) return `at most ${most}`
  const low =
    minimum === undefined
      ? exclusiveMinimum === undefined
        ? null
        : `more than ${exclusiveMinimum}`
      : `${minimum}`
  if (low === null) return maximum === undefined ? '' : `at most ${maximum}`
  return maximum === undefined ? `${low} or more` : `${low} to ${maximum}`
}

/** What is known of the field, the name or the value at a place; null where nothing is. */
export function helpAt(text: string, offset: number, names: Names): Help | null {
  const place = placeAt(text, offset)
  if (!place || place.from === place.to) return null
  const { from, to } = place
  const written = text.slice(from, to)
  const path = place.role === 'key' ? [...place.path, written] : place.path
  if (place.role !== 'key') {
    const named = isPrompt(path) ? mentioned(written, offset - from, names) : null
    if (named) return { path, ...named, from: from + named.from, to: from + named.to }
    const value = values(path, names).find(({ name }) => name === written)
    if (value?.what && !/^\d/.test(written))
      return { from, to, path, title: written, description: value.what, facts: [] }
  }
  const node = nodeAt(path)
  if (!node) return null
  const [example] = node.examples ?? []
  const facts = [
    { name: 'Type', value: typeWords(node) },
    { name: 'Range', value: rangeWords(node) },
    { name: 'Default', value: node.default === undefined ? '' : show(node.default) },
    { name: 'Example', value: example === undefined ? '' : show(example) },
  ].filter(({ value }) => value !== '')
  const last = path.at(-1)
  return {
    from,
    to,
    path,
    title: node.title ?? (typeof last === 'string' ? last : ''),
    description: node.description ?? '',
    facts,
  }
}

/** The symbol whose name stands at a place of a prompt. */
function mentioned(prompt: string, at: number, names: Names): Omit<Help, 'path'> | null {
  for (const match of prompt.matchAll(/@(\w+)/g)) {
    const [whole, name] = match as unknown as [string, string]
    if (at < match.index || at > match.index + whole.length) continue
    const symbol = names.symbols.find((one) => one.name === name)
    if (!symbol) return null
    return {
      from: match.index,
      to: match.index + whole.length,
      title: whole,
      description: symbol.prompt || 'Not described yet.',
      facts: symbol.kind ? [{ name: 'Brings', value: symbol.kind }] : [],
    }
  }
  return null
}
