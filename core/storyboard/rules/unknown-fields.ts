/** Fields that the schema does not know: kept, with a warning and the name that was probably meant. */
import schema from '../../../schemas/storyboard.schema.json' with { type: 'json' }
import type { Path } from '../problems.ts'
import { didYouMean } from '../suggest.ts'
import { isObject, quoted } from '../values.ts'
import type { Findings } from './findings.ts'

type SchemaNode = {
  $ref?: string
  anyOf?: SchemaNode[]
  properties?: Record<string, SchemaNode>
  additionalProperties?: SchemaNode | boolean
  items?: SchemaNode
}

const defs = schema.$defs as Record<string, SchemaNode>

/** Follows references and picks the branch that describes an object. */
function resolve(node: SchemaNode): SchemaNode {
  if (node.$ref !== undefined) return resolve(defs[node.$ref.slice('#/$defs/'.length)]!)
  const branches = node.anyOf?.map(resolve)
  return branches?.find((branch) => branch.properties !== undefined) ?? node
}

/** Walks document and schema side by side, so it goes no deeper than the schema does. */
export function warnUnknownFields(document: unknown, findings: Findings): void {
  walk(document, schema as SchemaNode, [], findings)
}

function walk(value: unknown, unresolved: SchemaNode, path: Path, findings: Findings): void {
  const node = resolve(unresolved)
  if (Array.isArray(value)) {
    if (node.items !== undefined)
      for (const [i, item] of value.entries()) walk(item, node.items, [...path, i], findings)
    return
  }
  if (!isObject(value)) return
  const { properties = {}, additionalProperties } = node
  // An object without listed fields is free to hold anything.
  if (node.properties === undefined && additionalProperties === undefined) return
  for (const [key, item] of Object.entries(value)) {
    if (Object.hasOwn(properties, key)) walk(item, properties[key]!, [...path, key], findings)
    else if (typeof additionalProperties === 'object')
      walk(item, additionalProperties, [...path, key], findings)
    else if (additionalProperties !== true) {
      const message = `${quoted(key)} is not a field that is known here; it is kept and has no effect.${didYouMean(key, Object.keys(properties))}`
      findings.warn({ path: [...path, key], at: 'key', code: 'unknown_field', message })
    }
  }
}
