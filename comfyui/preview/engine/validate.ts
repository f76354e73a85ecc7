import { checkLiteral, fault, type ValidationContext } from './literals.ts'
import { pythonRepr } from './python.ts'
import type { Graph, Json, JsonObject, NodeErrors, NodeFault } from './types.ts'

export type PromptError = { type: string; message: string; details: string; extra_info: JsonObject }
export type Validation =
  | { readonly ok: true; readonly outputs: string[]; readonly nodeErrors: NodeErrors }
  | { readonly ok: false; readonly error: PromptError; readonly nodeErrors: NodeErrors }

/** Thrown for graphs on which the real server itself fails: it answers 500 with a text. */
export class MalformedGraph extends Error {}

type Result = { valid: boolean; faults: NodeFault[] }

/**
 * Checks a graph the way a ComfyUI 0.33 server does, with the same error types, words and places, and converts literals
 * to their declared types in place.
 * @param only output nodes to run (`partial_execution_targets`); null for all
 * @throws {MalformedGraph} where the real server answers 500
 */
export function validatePrompt(
  graph: Graph,
  context: ValidationContext,
  only: readonly string[] | null,
): Validation {
  const missing = firstMissingClass(graph, context)
  if (missing) return { ok: false, error: missing, nodeErrors: {} }
  const outputs = Object.keys(graph).filter(
    (id) => context.nodes[graph[id]!.class_type]!.output_node && (only === null || only.includes(id)),
  )
  if (outputs.length === 0) {
    return { ok: false, error: fault('prompt_no_outputs', 'Prompt has no outputs', ''), nodeErrors: {} }
  }
  const validated = new Map<string, Result>()
  const good: string[] = []
  const nodeErrors: NodeErrors = {}
  const summaries: string[] = []
  for (const output of outputs) {
    const result = validateOutput(graph, output, context, validated)
    if (result.valid) {
      good.push(output)
      continue
    }
    summaries.push(...result.faults.map(({ message, details }) => `${message}: ${details}`))
    for (const [id, { valid, faults }] of validated) {
      if (valid || faults.length === 0) continue
      nodeErrors[id] ??= { errors: faults, dependent_outputs: [], class_type: graph[id]!.class_type }
      nodeErrors[id].dependent_outputs.push(output)
    }
  }
  if (good.length > 0) return { ok: true, outputs: good, nodeErrors }
  const error = fault(
    'prompt_outputs_failed_validation',
    'Prompt outputs failed validation',
    summaries.join('\n'),
  )
  return { ok: false, error, nodeErrors }
}

function firstMissingClass(graph: Graph, { nodes }: ValidationContext): PromptError | null {
  if (Array.isArray(graph)) throw new MalformedGraph('the graph is a list')
  for (const [id, node] of Object.entries(graph)) {
    if (node === null || typeof node !== 'object') throw new MalformedGraph('a node is not an object')
    const title = typeof node._meta?.title === 'string' ? node._meta.title : null
    const details = `Node ID '#${id}'`
    if (!('class_type' in node)) {
      const message = `Node '${title ?? `ID #${id}`}' has no class_type. The workflow may be corrupted or a custom node is missing.`
      return fault('missing_node_type', message, details, {
        node_id: id,
        class_type: null,
        node_title: title,
      })
    }
    const classType = node.class_type
    if (typeof classType !== 'string' || !Object.hasOwn(nodes, classType)) {
      const message = `Node '${title ?? String(classType)}' not found. The custom node may not be installed.`
      return fault('missing_node_type', message, details, {
        node_id: id,
        class_type: classType,
        node_title: title,
      })
    }
  }
  return null
}

function validateOutput(
  graph: Graph,
  id: string,
  context: ValidationContext,
  validated: Map<string, Result>,
): Result {
  try {
    return validateNode(graph, id, context, validated, [])
  } catch (error) {
    const { type, text } = pythonError(error)
    const result: Result = {
      valid: false,
      faults: [
        fault('exception_during_validation', 'Exception when validating node', text, {
          exception_type: type,
          traceback: [],
        }),
      ],
    }
    validated.set(id, result)
    return result
  }
}

/** An error the real server's code would have raised: its class and its text. */
class PythonError extends Error {
  readonly type: string
  constructor(type: string, text: string) {
    super(text)
    this.type = type
  }
}

function pythonError(error: unknown): { type: string; text: string } {
  if (error instanceof PythonError) return { type: error.type, text: error.message }
  throw error
}

function validateNode(
  graph: Graph,
  id: string,
  context: ValidationContext,
  validated: Map<string, Result>,
  path: readonly string[],
): Result {
  const known = validated.get(id)
  if (known) return known
  if (path.includes(id)) return markCycle(graph, path.slice(path.indexOf(id)), validated)
  const node = graph[id]!
  if (typeof node.inputs !== 'object' || node.inputs === null) throw new PythonError('KeyError', "'inputs'")
  const info = context.nodes[node.class_type]!
  const faults: NodeFault[] = []
  let valid = true
  for (const [name, config] of Object.entries({ ...info.input.required, ...info.input.optional })) {
    if (!Object.hasOwn(node.inputs, name)) {
      if (Object.hasOwn(info.input.required, name)) {
        faults.push(fault('required_input_missing', 'Required input is missing', name, { input_name: name }))
      }
      continue
    }
    const value = node.inputs[name]!
    if (Array.isArray(value)) {
      const link = checkLink(graph, context, validated, [...path, id], { name, config, value })
      // A cycle found further up has been written down for this node too.
      const own = validated.get(id)
      if (own) return own
      faults.push(...link.faults)
      valid &&= link.valid
      continue
    }
    const found = checkLiteral(node.class_type, name, config, value, context)
    if ('value' in found) node.inputs[name] = found.value
    else faults.push(found.fault)
  }
  const result: Result = { valid: valid && faults.length === 0, faults }
  validated.set(id, result)
  return result
}

type Link = { name: string; config: Json[]; value: Json[] }

function checkLink(
  graph: Graph,
  context: ValidationContext,
  validated: Map<string, Result>,
  path: readonly string[],
  { name, config, value }: Link,
): Result {
  const place = { input_name: name, input_config: config }
  if (value.length !== 2) {
    const message = 'Bad linked input, must be a length-2 list of [node_id, slot_index]'
    return {
      valid: false,
      faults: [fault('bad_linked_input', message, name, { ...place, received_value: value })],
    }
  }
  const [source, slot] = [String(value[0]), Number(value[1])]
  if (!Object.hasOwn(graph, source)) throw new PythonError('KeyError', pythonRepr(value[0]!))
  const produced = context.nodes[graph[source]!.class_type]!.output
  const received = produced.at(Number.isInteger(slot) && slot >= -produced.length ? slot : produced.length)
  if (received === undefined) throw new PythonError('IndexError', 'tuple index out of range')
  if (received !== config[0]) {
    const details = `${name}, received_type(${received}) mismatch input_type(${String(config[0])})`
    const extra = { ...place, received_type: received, linked_node: value }
    return {
      valid: false,
      faults: [fault('return_type_mismatch', 'Return type mismatch between linked nodes', details, extra)],
    }
  }
  try {
    return { valid: validateNode(graph, source, context, validated, path).valid, faults: [] }
  } catch (error) {
    const { type, text } = pythonError(error)
    const inner = fault('exception_during_inner_validation', 'Exception when validating inner node', text, {
      ...place,
      exception_message: text,
      exception_type: type,
      traceback: [],
      linked_node: value,
    })
    validated.set(source, { valid: false, faults: [inner] })
    return { valid: false, faults: [] }
  }
}

function markCycle(graph: Graph, cycle: readonly string[], validated: Map<string, Result>): Result {
  const details = [...cycle, cycle[0]!].map((id) => `${id} (${graph[id]!.class_type})`).join(' -> ')
  for (const id of cycle) {
    const extra = { node_id: id, cycle_nodes: [...cycle] }
    validated.set(id, {
      valid: false,
      faults: [fault('dependency_cycle', 'Dependency cycle detected', details, extra)],
    })
  }
  return validated.get(cycle[0]!)!
}
