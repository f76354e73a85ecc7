/** Filling a workflow's parameters into a copy of its graph. Pure. */
import { checkGraph, inputKey, isLink, isUnsafePath } from './graph.ts'
import type {
  Graph,
  Parameter,
  ParameterRole,
  Transform,
  WorkflowDocument,
  WorkflowProblem,
} from './types.ts'
import { WorkflowError } from './types.ts'

const DEFAULT_MAX_LENGTH = 2_000

/** Bounds that hold whatever a workflow says: the sizes a server is asked for are limited, always. */
const ROLE_BOUNDS: Partial<Record<ParameterRole, readonly [min: number, max: number]>> = {
  seed: [0, Number.MAX_SAFE_INTEGER],
  width: [16, 8_192],
  height: [16, 8_192],
  frames: [1, 20_000],
  fps: [1, 120],
  duration: [0, 600],
  steps: [1, 1_000],
}

const MEDIA_TYPES: readonly string[] = ['image', 'video', 'audio']

/** Inputs that carry prose of people, in which a leading slash means nothing. */
export const freeTextInputs = (parameters: readonly Parameter[]): Set<string> =>
  new Set(
    parameters
      .filter(({ type }) => type === 'text' || type === 'string')
      .flatMap(({ targets }) => targets.map(({ node_id, input }) => inputKey(node_id, input))),
  )

/** What is wrong with a value for a parameter, or null. */
export function valueProblem(parameter: Parameter, value: unknown): string | null {
  const { type } = parameter
  if (type === 'boolean') return typeof value === 'boolean' ? null : 'must be true or false'
  if (type === 'integer' || type === 'number') {
    if (typeof value !== 'number' || !Number.isFinite(value)) return 'must be a number'
    if (type === 'integer' && !Number.isInteger(value)) return 'must be a whole number'
    if (Number.isInteger(value) && !Number.isSafeInteger(value)) return 'is an unsafe integer'
    const [low, high] = ROLE_BOUNDS[parameter.role] ?? [-Infinity, Infinity]
    const min = Math.max(parameter.min ?? low, low)
    const max = Math.min(parameter.max ?? high, high)
    if (value < min) return `must be at least ${min}`
    if (value > max) return `must be at most ${max}`
    if (parameter.step !== undefined) {
      const steps = (value - (parameter.min ?? 0)) / parameter.step
      if (Math.abs(steps - Math.round(steps)) > 1e-6) return `must be in steps of ${parameter.step}`
    }
    return null
  }
  if (typeof value !== 'string') return 'must be text'
  if (value.includes('\0')) return 'must not contain NUL'
  if (type === 'enum')
    return parameter.values?.includes(value) ? null : `must be one of ${parameter.values?.join(', ')}`
  const maxLength = parameter.max_length ?? DEFAULT_MAX_LENGTH
  if (value.length > maxLength) return `must have at most ${maxLength} characters`
  const namesFile = MEDIA_TYPES.includes(type) || parameter.role === 'model' || parameter.role === 'lora'
  if (namesFile && (value === '' || isUnsafePath(value)))
    return 'must be the plain name of a file on the server'
  return null
}

/** What is wrong with a transform for a type of value, or null. */
export function transformProblem(type: Parameter['type'], transform: Transform): string | null {
  const numeric = type === 'integer' || type === 'number'
  switch (transform.op) {
    case 'wrap':
      return type === 'string' || type === 'text' ? null : 'wrap is for text'
    case 'uploaded_name':
      return MEDIA_TYPES.includes(type) ? null : 'uploaded_name is for image, video and audio'
    default:
      return numeric ? null : `${transform.op} is for numbers`
  }
}

/**
 * One value through one transform.
 * `frames` takes a count of frames (duration x fps) and rounds it up to what the model accepts.
 */
export function applyTransform(value: unknown, transform: Transform | undefined): unknown {
  if (!transform) return value
  switch (transform.op) {
    case 'wrap':
      return `${transform.before}${String(value)}${transform.after}`
    case 'uploaded_name':
      return value
  }
  const number = value as number
  switch (transform.op) {
    case 'multiple_of':
      return Math.max(1, Math.round(number / transform.n)) * transform.n
    case 'frames': {
      const { stride, offset } = transform
      return stride * Math.max(0, Math.ceil((number - offset) / stride - 1e-9)) + offset
    }
    case 'offset':
      return number + transform.by
    case 'scale':
      return number * transform.by
  }
}

/** The graph without these nodes and without the links to them. */
export function removeNodes(graph: Graph, ids: readonly string[]): Graph {
  if (ids.length === 0) return graph
  return Object.fromEntries(
    Object.entries(graph)
      .filter(([id]) => !ids.includes(id))
      .map(([id, node]) => {
        const inputs = Object.entries(node.inputs).filter(
          ([, value]) => !isLink(value) || !ids.includes(value[0]),
        )
        return [id, { ...node, inputs: Object.fromEntries(inputs) }]
      }),
  )
}

/**
 * The graph with `values` (by parameter name) filled in, defaults for the rest; the template is not touched.
 * A parameter with neither keeps the literal of the graph, or takes the nodes out that it says.
 * @throws {WorkflowError} for an unknown name, a missing required value, a value that does not fit, or a graph
 * that is no longer sound
 */
export function injectParameters(
  template: Pick<WorkflowDocument, 'graph' | 'parameters'>,
  values: Readonly<Record<string, unknown>>,
): Graph {
  const problems: WorkflowProblem[] = []
  const byName = new Map(template.parameters.map((parameter) => [parameter.name, parameter]))
  for (const name of Object.keys(values))
    if (!byName.has(name))
      problems.push({
        path: name,
        message: 'is not a parameter of this workflow',
        hint: `it has ${[...byName.keys()].join(', ')}`,
      })

  const filled = structuredClone(template.graph) as Graph
  const removed: string[] = []
  for (const parameter of template.parameters) {
    const given = Object.hasOwn(values, parameter.name) ? values[parameter.name] : undefined
    const value = given ?? parameter.default
    if (value === undefined || value === null) {
      if (parameter.required) problems.push({ path: parameter.name, message: 'is required' })
      if (parameter.remove_if_absent) removed.push(...parameter.remove_if_absent)
      continue
    }
    const problem = valueProblem(parameter, value)
    if (problem) {
      problems.push({ path: parameter.name, message: problem })
      continue
    }
    for (const { node_id, input, transform } of parameter.targets) {
      const node = filled[node_id]
      if (node) node.inputs[input] = applyTransform(value, transform)
    }
  }
  const graph = removeNodes(filled, removed)
  if (problems.length === 0) problems.push(...checkGraph(graph, 'graph', freeTextInputs(template.parameters)))
  if (problems.length > 0) throw new WorkflowError(null, problems)
  return graph
}
