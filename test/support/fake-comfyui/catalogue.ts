/** Node definitions of the fake server, and the checks a real one makes of a graph before it queues it. */
import { readdirSync, readFileSync } from 'node:fs'

export type Json = Record<string, unknown>
export type Node = { class_type?: unknown; inputs?: unknown; _meta?: { title?: string } }
export type Refusal = { error: Json; node_errors: Json }
export type Verdict = { outputs: string[]; nodeErrors: Json } | Refusal

const TRACES = new URL('../../fixtures/comfyui-traces/object-info/', import.meta.url)

const own = (name: string, required: Json, output: string[], outputNode = false): [string, Json] => [
  name,
  {
    input: { required },
    output,
    name,
    display_name: name,
    category: 'test',
    python_module: 'custom_nodes.test',
    output_node: outputNode,
  },
]
const image = ['IMAGE']

/** The test nodes of the recordings, and the node of the preview engine. */
const OWN = [
  own('ProbeSlow', { image, steps: ['INT', {}], step_ms: ['INT', {}], preview: ['BOOLEAN', {}] }, image),
  own('ProbeBlock', { image, seconds: ['FLOAT', {}] }, image),
  own('ProbeRaise', { image, kind: ['STRING', {}] }, image),
  own(
    'FramecastAnimatic',
    { prompt: ['STRING', {}], frames: ['INT', { min: 1 }], fps: ['INT', { min: 1 }] },
    ['VIDEO'],
  ),
]

/** Real definitions; their lists of model files, which the recordings leave empty, are filled with `models`. */
export function loadCatalogue(models: readonly string[]): Map<string, Json> {
  const catalogue = new Map<string, Json>(OWN)
  for (const file of readdirSync(TRACES)) {
    if (!file.endsWith('.json') || file.startsWith('release-')) continue
    const infos = JSON.parse(readFileSync(new URL(file, TRACES), 'utf8')) as Record<string, Json>
    for (const [name, info] of Object.entries(infos)) catalogue.set(name, withModels(info, models))
  }
  return catalogue
}

function withModels(info: Json, models: readonly string[]): Json {
  const input = info.input as Json | undefined
  for (const group of [input?.required, input?.optional]) {
    for (const spec of Object.values((group ?? {}) as Record<string, unknown>)) {
      if (!Array.isArray(spec)) continue
      const options = spec[1] as Json | undefined
      if (options?.image_upload || options?.video_upload) continue
      // The loader of VAEs offers one that is no file beside the files.
      const files = Array.isArray(spec[0]) && (spec[0].length === 0 || spec[0][0] === 'pixel_space')
      if (files) spec[0] = [...models, ...(spec[0] as string[])]
      else if (Array.isArray(options?.options) && options.options.length === 0) options.options = [...models]
    }
  }
  return info
}

const top = (type: string, message: string, details: string, extra: Json = {}): Refusal => ({
  error: { type, message, details, extra_info: extra },
  node_errors: {},
})

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/**
 * The checks of POST /prompt in the order and with the words of the real server.
 * @throws what the real server answers with a bare 500
 */
export function validate(
  graph: unknown,
  catalogue: ReadonlyMap<string, Json>,
  inputFiles: ReadonlySet<string>,
): Verdict {
  if (!isObject(graph)) throw new TypeError('a list instead of nodes')
  const outputs: string[] = []
  for (const [id, node] of Object.entries(graph)) {
    if (!isObject(node)) throw new TypeError('a node that is no object')
    const { class_type: classType, _meta } = node as Node
    const title = _meta?.title
    if (typeof classType !== 'string')
      return top(
        'missing_node_type',
        `Node '${title ?? `ID #${id}`}' has no class_type. The workflow may be corrupted or a custom node is missing.`,
        `Node ID '#${id}'`,
        { node_id: id, class_type: null, node_title: title ?? null },
      )
    const info = catalogue.get(classType)
    if (!info)
      return top(
        'missing_node_type',
        `Node '${title ?? classType}' not found. The custom node may not be installed.`,
        `Node ID '#${id}'`,
        { node_id: id, class_type: classType, node_title: title ?? null },
      )
    if (info.output_node) outputs.push(id)
  }
  if (outputs.length === 0) return top('prompt_no_outputs', 'Prompt has no outputs', '')

  const nodeErrors: Json = {}
  const good: string[] = []
  let details = ''
  for (const id of outputs) {
    const failed = checkTree(id, graph as Record<string, Node>, catalogue, inputFiles)
    if (failed.size === 0) good.push(id)
    for (const [nodeId, errors] of failed) {
      nodeErrors[nodeId] = {
        errors,
        dependent_outputs: [id],
        class_type: graph[nodeId] && (graph[nodeId] as Node).class_type,
      }
      if (nodeId === id)
        details = errors.map(({ message, details: text }) => `${message}: ${text}`).join('\n')
    }
  }
  if (good.length > 0) return { outputs: good, nodeErrors }
  const refusal = top('prompt_outputs_failed_validation', 'Prompt outputs failed validation', details)
  return { ...refusal, node_errors: nodeErrors }
}

type InputError = { type: string; message: string; details: string; extra_info: Json }

/** Errors of a node and all it depends on, by node. */
function checkTree(
  root: string,
  graph: Record<string, Node>,
  catalogue: ReadonlyMap<string, Json>,
  inputFiles: ReadonlySet<string>,
): Map<string, InputError[]> {
  const failed = new Map<string, InputError[]>()
  const visit = (id: string, trail: string[]): void => {
    const node = graph[id]
    const errors: InputError[] = []
    const add = (type: string, message: string, details: string, extra: Json): void =>
      void errors.push({ type, message, details, extra_info: extra })
    if (trail.includes(id)) {
      const text = [...trail.slice(trail.indexOf(id)), id].join(' -> ')
      add('dependency_cycle', 'Dependency cycle detected', text, { node_id: id })
      failed.set(id, errors)
      return
    }
    const inputs = (node?.inputs ?? {}) as Json
    const required = ((catalogue.get(String(node?.class_type))?.input as Json)?.required ?? {}) as Json
    for (const [name, spec] of Object.entries(required)) {
      const [type, options] = spec as [unknown, Json | undefined]
      const config = spec
      const value = inputs[name]
      if (value === undefined) {
        add('required_input_missing', 'Required input is missing', name, { input_name: name })
      } else if (Array.isArray(value)) {
        const extra = { input_name: name, input_config: config, received_value: value }
        const [source, slot] = value as [string, number]
        const from = graph[source]
        if (value.length !== 2)
          add(
            'bad_linked_input',
            'Bad linked input, must be a length-2 list of [node_id, slot_index]',
            name,
            extra,
          )
        else if (!from)
          add('exception_during_validation', 'Exception when validating node', `'${source}'`, {
            exception_type: 'KeyError',
            traceback: ['  File "/ComfyUI/execution.py", line 933, in validate_inputs\n'],
          })
        else {
          const given = (catalogue.get(String(from.class_type))?.output as string[] | undefined)?.[slot]
          if (given === undefined)
            add('exception_during_validation', 'Exception when validating node', 'tuple index out of range', {
              exception_type: 'IndexError',
            })
          else if (typeof type === 'string' && /^[A-Z_]+$/.test(type) && given !== type)
            add(
              'return_type_mismatch',
              'Return type mismatch between linked nodes',
              `${name}, received_type(${given}) mismatch input_type(${type})`,
              { input_name: name, input_config: config, received_type: given, linked_node: value },
            )
          else visit(source, [...trail, id])
        }
      } else checkValue(name, type, options ?? {}, config, value, inputFiles, add)
    }
    if (errors.length > 0) failed.set(id, errors)
  }
  visit(root, [])
  return failed
}

function checkValue(
  name: string,
  type: unknown,
  options: Json,
  config: unknown,
  value: unknown,
  inputFiles: ReadonlySet<string>,
  add: (type: string, message: string, details: string, extra: Json) => void,
): void {
  const extra = { input_name: name, input_config: config, received_value: value }
  if (options.image_upload) {
    if (!inputFiles.has(String(value)))
      add(
        'custom_validation_failed',
        'Custom validation failed for node',
        `${name} - Invalid image file: ${value}`,
        {
          input_name: name,
        },
      )
    return
  }
  if (type === 'INT' || type === 'FLOAT') {
    const number = Number(value)
    if (Number.isNaN(number))
      add(
        'invalid_input_type',
        `Failed to convert an input value to a ${type} value`,
        `${name}, ${value}`,
        extra,
      )
    else if (typeof options.min === 'number' && number < options.min)
      add('value_smaller_than_min', `Value ${value} smaller than min of ${options.min}`, name, extra)
    else if (typeof options.max === 'number' && number > options.max)
      add('value_bigger_than_max', `Value ${value} bigger than max of ${options.max}`, name, extra)
    return
  }
  const list = Array.isArray(type)
    ? type
    : type === 'COMBO' && Array.isArray(options.options)
      ? options.options
      : null
  if (list && !list.includes(value))
    add('value_not_in_list', 'Value not in list', `${name}: '${value}' not in ${JSON.stringify(list)}`, extra)
}
