/** Rules that the JSON Schema states (V2, and the limits of V3, V4, V5, V7, V8, V9), in words of our own. */
import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js'
import schema from '../../../schemas/storyboard.schema.json' with { type: 'json' }
import { formatPath, type Path } from '../problems.ts'
import { closest, didYouMean } from '../suggest.ts'
import { MAX_DEPTH } from '../text-limits.ts'
import { describe, isObject, quoted } from '../values.ts'
import type { Finding, Findings } from './findings.ts'

type SchemaNode = {
  description?: string
  properties?: Record<string, SchemaNode>
  minimum?: number
  exclusiveMinimum?: number
  maximum?: number
  'x-rule'?: string
  $ref?: string
}

let compiled: ValidateFunction | undefined

/** Compiled on first use: a command that only prints its help should not wait for it. */
function validator(): ValidateFunction {
  if (compiled === undefined) {
    // Own properties only: a document may not satisfy `required` by what objects inherit.
    const ajv = new Ajv2020({
      validateSchema: false,
      allErrors: true,
      verbose: true,
      allowUnionTypes: true,
      ownProperties: true,
    })
    ajv.addVocabulary(['x-rule', 'enumDescriptions'])
    compiled = ajv.compile(schema)
  }
  return compiled
}

/** A JSON pointer into the document as a path: list positions become numbers. */
function toPath(document: unknown, pointer: string): (string | number)[] {
  let at: unknown = document
  return pointer
    .split('/')
    .slice(1)
    .map((part) => {
      const key = part.replaceAll('~1', '/').replaceAll('~0', '~')
      const step = Array.isArray(at) ? Number(key) : key
      at = (at as Record<string | number, unknown>)[step]
      return step
    })
}

/** More of anything than a storyboard may have: the count is an error already, the rest is not looked at. */
const MOST = 200
/** Objects whose keys callers choose. */
const MAPS = new Set(['symbols', 'transition_presets', 'transitions'])

/**
 * The document with overlong lists and maps cut: ajv joins error lists at every reference, so its time grows with the
 * square of their number, and 100 KB of `{}` would take a minute.
 */
function clipped(value: unknown, key: string | number = '', depth = 0): unknown {
  if (depth > MAX_DEPTH) return value
  if (Array.isArray(value)) return value.slice(0, MOST).map((item, i) => clipped(item, i, depth + 1))
  if (!isObject(value)) return value
  const fields = Object.entries(value)
  const kept = depth === 1 && MAPS.has(String(key)) ? fields.slice(0, MOST) : fields
  return Object.fromEntries(kept.map(([name, item]) => [name, clipped(item, name, depth + 1)]))
}

/** The value at a path that is known to exist. */
const valueAt = (document: unknown, path: Path): unknown =>
  path.reduce<unknown>((at, step) => (at as Record<string | number, unknown>)[step], document)

export function checkShape(document: unknown, findings: Findings): void {
  const validate = validator()
  if (validate(clipped(document))) return
  const errors = validate.errors ?? []
  // A transition may be a name, an object or null. When it is none of them, that is the one thing to say; when it is
  // an object, only what is wrong inside the object counts.
  const choices = new Set(
    errors.filter((error) => error.keyword === 'anyOf').map((error) => error.instancePath),
  )
  for (const error of errors) {
    if (findings.isFull) return
    if (error.schemaPath.includes('/oneOf/') || error.propertyName !== undefined) continue
    if (error.keyword === 'type' && choices.has(error.instancePath)) continue
    if (error.keyword === 'anyOf' && isObject(error.data)) continue
    findings.error(finding(error, toPath(document, error.instancePath), document))
  }
}

const TYPE_WORDS: Record<string, string> = {
  string: 'text',
  number: 'a number',
  integer: 'a whole number',
  boolean: 'true or false',
  object: 'an object with fields',
  array: 'a list',
}

const name = (path: Path): string => (path.length === 0 ? 'the storyboard' : formatPath(path))

function finding(error: ErrorObject, path: (string | number)[], document: unknown): Finding {
  const rule = (error.parentSchema as SchemaNode)['x-rule'] ?? 'V2'
  const value = error.data
  switch (error.keyword) {
    case 'required':
      return missing(error, path)
    case 'type':
      return { path, code: 'V2_type', message: wrongType(error, path), value }
    case 'enum': {
      const allowed = (error.params.allowedValues as (string | null)[]).filter((item) => item !== null)
      const hint = typeof value === 'string' ? didYouMean(value, allowed) : ''
      const message = `${name(path)} must be one of ${allowed.join(', ')}; found ${describe(value)}.${hint}`
      return { path, code: 'V2_enum', message, value, validValues: allowed }
    }
    case 'anyOf': {
      const message = `${name(path)} must be the name of a transition such as dissolve, or an object such as {type: fade, duration: 1}; found ${describe(value)}.`
      return { path, code: 'V2_type', message, value }
    }
    case 'oneOf':
      return notExactlyOne(path, value)
    case 'pattern':
      return wrongText(rule, path, value)
    case 'maxLength': {
      const length = [...String(value)].length
      const limit = error.params.limit as number
      const message = `${name(path)} is ${length} characters long; at most ${limit} are allowed. Shorten it by ${length - limit}.`
      return { path, code: `${rule}_too_long`, message, value: length, limit }
    }
    case 'minimum':
    case 'maximum':
    case 'exclusiveMinimum':
      return outOfRange(rule, error, path)
    case 'minItems': {
      const message = `${name(path)} is empty; at least one ${path.length === 1 ? 'scene' : "scene's id"} is needed.`
      return { path, code: `${rule}_too_few`, message, value: 0, limit: 1 }
    }
    case 'maxItems':
    case 'maxProperties': {
      const count = Object.keys(valueAt(document, path) as object).length
      const limit = error.params.limit as number
      const message = `${name(path)} has ${count} entries; at most ${limit} are allowed. Remove ${count - limit}.`
      return { path, code: `${rule}_too_many`, message, value: count, limit }
    }
    case 'propertyNames': {
      const wrong = String(error.params.propertyName)
      const message = `${quoted(wrong)} cannot be a symbol's name: use 1 to 64 letters, digits and underscores, so that @name works.`
      return { path: [...path, wrong], at: 'key', code: 'V2_name', message, value: wrong }
    }
    default:
      return {
        path,
        code: 'V2_invalid',
        message: `${name(path)} is not valid here: ${describe(value)}.`,
        value,
      }
  }
}

function propertySchema(parent: SchemaNode, key: string): SchemaNode | undefined {
  const node = parent.properties?.[key]
  if (node?.$ref === undefined || node.description !== undefined) return node
  return (schema.$defs as Record<string, SchemaNode>)[node.$ref.slice('#/$defs/'.length)]
}

function missing(error: ErrorObject, path: (string | number)[]): Finding {
  const key = String(error.params.missingProperty)
  const parent = error.parentSchema as SchemaNode
  const known = Object.keys(parent.properties ?? {})
  const strangers = Object.keys(error.data as object).filter((field) => !known.includes(field))
  const slip = closest(key, strangers)
  const help = propertySchema(parent, key)?.description ?? ''
  const message = `${name(path)} has no "${key}", which is required${slip === null ? '' : `; is "${slip}" meant to be "${key}"?`}. ${help}`
  return { path: [...path, key], code: 'V2_missing', message: message.replace('?.', '?').trim() }
}

function wrongType(error: ErrorObject, path: Path): string {
  const wanted = ([] as string[]).concat(error.params.type).filter((type) => type !== 'null')
  const value = error.data
  const words = wanted.map((type) => TYPE_WORDS[type] ?? type).join(' or ')
  let fix = ''
  if (wanted.includes('string') && (typeof value === 'number' || typeof value === 'boolean')) {
    fix = ` Put it in quotes: "${value}".`
  } else if ((wanted.includes('number') || wanted.includes('integer')) && typeof value === 'string') {
    const number = Number(value.replace(/\s*s(ec(onds?)?)?$/, ''))
    if (value.trim() !== '' && Number.isFinite(number)) fix = ` Write ${number}, without quotes or unit.`
  } else if (wanted.includes('integer') && typeof value === 'number') {
    fix = ` Write ${Math.round(value)}.`
  } else if (wanted.includes('array') && value != null) {
    fix = ' In YAML put "- " before each item.'
  } else if (wanted.includes('boolean') && typeof value === 'string') {
    fix = ' Write true or false, without quotes.'
  }
  return `${name(path)} must be ${words}; found ${describe(value)}.${fix}`
}

const ELEMENT_KINDS = ['scene', 'transition', 'flashback', 'montage']

function notExactlyOne(path: (string | number)[], value: unknown): Finding {
  const keys = isObject(value) ? Object.keys(value).filter((key) => value[key] != null) : []
  const given = keys.filter((key) => ELEMENT_KINDS.includes(key))
  const hints = keys.map((key) => didYouMean(key, ELEMENT_KINDS)).join('')
  const message =
    given.length === 0
      ? `${name(path)} needs one of scene, transition, flashback, montage.${hints}`
      : `${name(path)} has ${given.join(' and ')}; a timeline element has exactly one of them. Write them as separate elements.`
  return { path, code: 'V2_one_of', message, validValues: ELEMENT_KINDS }
}

function wrongText(rule: string, path: Path, value: unknown): Finding {
  if (rule === 'V4') return { path, code: 'V4_blank', message: `${name(path)} is blank; write some text.` }
  if (rule === 'V9') {
    const message = `${describe(value)} cannot be a scene's id: use 1 to 64 letters, digits, underscores and hyphens.`
    return { path, code: 'V9_bad_id', message, value }
  }
  const message = `${name(path)} must be a colour such as black, white, #f80 or #ff8800; found ${describe(value)}.`
  return { path, code: 'V2_colour', message, value }
}

function outOfRange(rule: string, error: ErrorObject, path: Path): Finding {
  const { minimum, exclusiveMinimum, maximum } = error.parentSchema as SchemaNode
  const value = error.data as number
  const limit = error.params.limit as number
  const low = minimum ?? `more than ${exclusiveMinimum}`
  const range = maximum === undefined ? `${low} or more` : `${low} to ${maximum}`
  let fix = ''
  if (rule === 'V5')
    fix = value > limit ? ' Split the scene in two.' : ' A montage can play less of a longer scene.'
  else if (maximum === 1 && value > 1 && value <= 100) fix = ` Write ${value} % as ${value / 100}.`
  const message = `${name(path)} must be ${range}${rule === 'V5' ? ' seconds' : ''}; found ${value}.${fix}`
  return { path, code: `${rule}_out_of_range`, message, value, limit }
}
