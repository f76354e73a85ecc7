/**
 * A graph held against recorded node definitions (`/object_info`), stricter than a server is: optional inputs and
 * names that the class does not have count too, and so do links and the children of dynamic inputs.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { isLink } from '../../core/workflows/graph.ts'
import type { Graph } from '../../core/workflows/types.ts'

type Spec = [type: unknown, options?: Record<string, unknown>]
type Group = Record<string, Spec>
export type NodeInfo = {
  input: { required?: Group; optional?: Group }
  output: string[]
  output_node?: boolean
}

const FOLDER = new URL('../fixtures/comfyui-traces/object-info/', import.meta.url)

/** Every recorded class of the later of the two recorded releases, or with `release` of the exact 0.33.0. */
export function recordedNodes(release = false): Map<string, NodeInfo> {
  const nodes = new Map<string, NodeInfo>()
  const files = readdirSync(FOLDER).filter((name) => name.endsWith('.json'))
  const differences = (name: string): boolean => name.startsWith('release-')
  for (const file of [
    ...files.filter((name) => !differences(name)),
    ...(release ? files.filter(differences) : []),
  ])
    for (const [name, info] of Object.entries(JSON.parse(readFileSync(new URL(file, FOLDER), 'utf8'))))
      nodes.set(name, info as NodeInfo)
  return nodes
}

/** Inputs of a class with those that the chosen values of dynamic ones bring along, under flat names with dots. */
function inputsOf(info: NodeInfo, values: Record<string, unknown>): { required: Group; optional: Group } {
  const required: Group = {}
  const optional: Group = {}
  const add = (group: Group, into: Group, prefix: string): void => {
    for (const [name, spec] of Object.entries(group)) {
      into[prefix + name] = spec
      const options = spec[1]?.options
      if (spec[0] !== 'COMFY_DYNAMICCOMBO_V3' || !Array.isArray(options)) continue
      // Of a child, the plain name is understood as well; all releases take that spelling.
      const chosen = options.find(({ key }) => key === values[prefix + name])?.inputs ?? {}
      const plain = Object.keys({ ...chosen.required, ...chosen.optional }).some((child) => child in values)
      add(chosen.required ?? {}, into, plain ? '' : `${prefix}${name}.`)
      add(chosen.optional ?? {}, optional, plain ? '' : `${prefix}${name}.`)
    }
  }
  add(info.input.required ?? {}, required, '')
  add(info.input.optional ?? {}, optional, '')
  return { required, optional }
}

const choicesOf = ([type, options]: Spec): unknown[] | null => {
  if (Array.isArray(type)) return type
  if (type !== 'COMBO' && type !== 'COMFY_DYNAMICCOMBO_V3') return null
  const list = options?.options
  return Array.isArray(list) ? list.map((item) => (typeof item === 'object' ? item.key : item)) : null
}

function valueProblem(spec: Spec, value: unknown, files: ReadonlySet<string>): string | null {
  const [type, options = {}] = spec
  const choices = choicesOf(spec)
  if (choices) {
    // Lists of files are empty in the recordings; the loader of VAEs names one that is no file.
    const listsFiles = choices.length === 0 || choices.includes('pixel_space')
    if (listsFiles && typeof value === 'string' && files.has(value)) return null
    return choices.includes(value)
      ? null
      : `${JSON.stringify(value)} is not one of ${JSON.stringify(choices)}`
  }
  const types = String(type).split(',')
  if (types.includes('FLOAT') || types.includes('INT')) {
    if (typeof value !== 'number') return `${JSON.stringify(value)} is no number`
    if (!types.includes('FLOAT') && !Number.isInteger(value)) return `${value} is not whole`
    if (typeof options.min === 'number' && value < options.min) return `${value} is below ${options.min}`
    if (typeof options.max === 'number' && value > options.max) return `${value} is above ${options.max}`
    return null
  }
  if (types.includes('BOOLEAN'))
    return typeof value === 'boolean' ? null : `${JSON.stringify(value)} is no boolean`
  if (types.includes('STRING'))
    return typeof value === 'string' ? null : `${JSON.stringify(value)} is no text`
  return `a plain value where ${types.join(' or ')} is linked`
}

/**
 * Everything that is wrong, as `node.input: what`. Classes that are not recorded are left out.
 * @param files names that count as present wherever a file is chosen
 */
export function graphProblems(
  graph: Graph,
  nodes: ReadonlyMap<string, NodeInfo>,
  files: ReadonlySet<string>,
): string[] {
  const problems: string[] = []
  for (const [id, { class_type, inputs }] of Object.entries(graph)) {
    const info = nodes.get(class_type)
    if (!info) continue
    const { required, optional } = inputsOf(info, inputs)
    for (const name of Object.keys(required))
      if (!(name in inputs)) problems.push(`${id}.${name}: is required and not given`)
    for (const [name, value] of Object.entries(inputs)) {
      const spec = required[name] ?? optional[name]
      const add = (what: string): unknown => problems.push(`${id}.${name}: ${what}`)
      if (!spec) add(`${class_type} has no such input`)
      else if (isLink(value)) {
        const source = nodes.get(graph[value[0]]?.class_type ?? '')
        if (!graph[value[0]]) add(`links to "${value[0]}", which is not there`)
        else if (source) {
          const given = source.output[value[1]]
          const wanted = String(spec[0]).split(',')
          if (given === undefined) add(`"${value[0]}" has no output ${value[1]}`)
          else if (!wanted.some((type) => type === '*' || given === '*' || given.split(',').includes(type)))
            add(`wants ${wanted.join(' or ')}, "${value[0]}" gives ${given}`)
        }
      } else {
        const problem = valueProblem(spec, value, files)
        if (problem) add(problem)
      }
    }
  }
  if (!Object.values(graph).some(({ class_type }) => nodes.get(class_type)?.output_node))
    problems.push('no node gives a result')
  return problems
}
