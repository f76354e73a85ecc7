/**
 * Vetting of a graph: node classes against the allow-list, files against what was uploaded and what is listed, sizes
 * against limits. Applied to a template before it is offered, and to the filled graph just before it is sent. Pure.
 */
import type { Mode } from '../platform/config.ts'
import { ALLOWED_NODES, CODE_NODES, type NodeFiles } from './allowed-nodes.ts'
import { GRAPH_LIMITS, inputKey, isLink, isUnsafePath } from './graph.ts'
import type { Graph } from './types.ts'

export type Severity = 'warn' | 'reject'

/** What each finding means in each mode. */
const SEVERITY = {
  node_not_allowed: ['warn', 'reject', 'reject'],
  node_pack_not_allowed: ['warn', 'reject', 'reject'],
  model_not_allowed: ['warn', 'reject', 'reject'],
  file_not_uploaded: ['warn', 'reject', 'reject'],
  node_unknown_to_engine: ['warn', 'warn', 'reject'],
  code_input: ['warn', 'reject', 'reject'],
  external_url: ['warn', 'reject', 'reject'],
  unsafe_path: ['reject', 'reject', 'reject'],
  no_output_node: ['reject', 'reject', 'reject'],
  broken_link: ['reject', 'reject', 'reject'],
  too_many_nodes: ['reject', 'reject', 'reject'],
  graph_too_large: ['reject', 'reject', 'reject'],
  over_limit: ['reject', 'reject', 'reject'],
  limit_not_plain: ['warn', 'reject', 'reject'],
} as const satisfies Record<string, readonly [Severity, Severity, Severity]>

export type FindingCode = keyof typeof SEVERITY

export type Finding = {
  readonly code: FindingCode
  readonly severity: Severity
  /** Null for what concerns the whole graph. */
  readonly nodeId: string | null
  readonly message: string
}

export type VettingVerdict = {
  readonly status: 'approved' | 'warned' | 'rejected'
  readonly findings: readonly Finding[]
}

export type VettingContext = {
  readonly mode: Mode
  /** Classes, and packages of classes, that the operator allows beyond the shipped ones. */
  readonly allowed: ReadonlySet<string>
  /** Names of model files that a list describes, without folder. */
  readonly models: ReadonlySet<string>
  /** Names that this run's uploads were given. */
  readonly uploads: ReadonlySet<string>
  /** Inputs that hold prose (`inputKey`), in which slashes and addresses mean nothing. */
  readonly freeTexts: ReadonlySet<string>
  /** Nodes that give the results. */
  readonly outputs: readonly string[]
  /** Package of a class, `null` for ComfyUI's own; `undefined` when the server does not know the class or was not asked. */
  readonly packOf?: (classType: string) => string | null | undefined
}

/** Most that a graph may ask for, whatever its workflow says. */
export const VETTING_LIMITS = {
  /** Of one picture, like 4096 x 4096. */
  pixels: 4_096 * 4_096,
  side: 16_384,
  frames: 20_000,
  steps: 250,
  /** AnimateDiff counts its frames as a batch. */
  batch: 512,
} as const

const MODEL_FILE = /\.(safetensors|sft|ckpt|pth?|bin|gguf|onnx)$/i
const URL_LIKE = /^\s*[a-z][a-z0-9+.-]*:\/\//i
const FILE_LIKE =
  /[\\/]|\.(png|jpe?g|webp|gif|bmp|tiff?|mp4|mov|mkv|webm|avi|wav|mp3|flac|ogg|opus|json|txt|csv|py|latent)$/i
/** Models that a loader knows without a file. */
const NO_FILE = new Set(['pixel_space'])

const FRAME_INPUTS = new Set(['length', 'video_frames', 'frames', 'frames_number'])
const BATCH_INPUTS = new Set(['batch_size', 'amount'])

const baseName = (path: string): string => path.split(/[\\/]/).at(-1) ?? path

/** What is wrong with one node, before the mode says how much that matters. */
type Fault = { readonly code: FindingCode; readonly message: string }

export function vetGraph(graph: Graph, context: VettingContext): VettingVerdict {
  const column = { developer: 0, 'self-hosted': 1, production: 2 }[context.mode]
  const findings = [...graphFaults(graph, context)].map(
    ({ nodeId, code, message }): Finding => ({ code, severity: SEVERITY[code][column]!, nodeId, message }),
  )
  const rejected = findings.some(({ severity }) => severity === 'reject')
  return { status: rejected ? 'rejected' : findings.length > 0 ? 'warned' : 'approved', findings }
}

/** The reasons of a rejection in one line, for people. */
export const rejectionText = ({ findings }: VettingVerdict): string =>
  findings
    .filter(({ severity }) => severity === 'reject')
    .slice(0, 5)
    .map(({ nodeId, message }) => (nodeId === null ? message : `node "${nodeId}": ${message}`))
    .join('; ')

function* graphFaults(graph: Graph, context: VettingContext): Generator<Fault & { nodeId: string | null }> {
  const ids = Object.keys(graph)
  const whole = (code: FindingCode, message: string) => ({ nodeId: null, code, message })
  if (ids.length > GRAPH_LIMITS.nodes)
    return yield whole(
      'too_many_nodes',
      `the graph has ${ids.length} nodes, at most ${GRAPH_LIMITS.nodes} are allowed`,
    )
  if (Buffer.byteLength(JSON.stringify(graph)) > GRAPH_LIMITS.bytes)
    return yield whole('graph_too_large', 'the graph is larger than 1 MiB')
  for (const id of ids) for (const fault of nodeFaults(graph, id, context)) yield { nodeId: id, ...fault }
  const gives = (id: string): boolean => {
    const node = Object.hasOwn(graph, id) ? graph[id] : undefined
    // Of a class that is not ours to know, the operator who allowed it knows.
    return (
      node !== undefined && (ALLOWED_NODES.get(node.class_type)?.saves ?? !ALLOWED_NODES.has(node.class_type))
    )
  }
  if (!context.outputs.some(gives)) yield whole('no_output_node', 'no node of the graph saves a result')
}

function* nodeFaults(graph: Graph, id: string, context: VettingContext): Generator<Fault> {
  const { class_type: classType, inputs } = graph[id]!
  yield* classFaults(classType, context)
  const files = ALLOWED_NODES.get(classType) ?? null
  for (const [input, given] of Object.entries(inputs)) {
    const limit = limitOf(input)
    if (isLink(given)) {
      if (!Object.hasOwn(graph, given[0]))
        yield { code: 'broken_link', message: `${input} links to "${given[0]}", which is not there` }
      else if (limit)
        yield {
          code: 'limit_not_plain',
          message: `${input} comes over a link, so that its limit cannot be checked`,
        }
      continue
    }
    const isProse = context.freeTexts.has(inputKey(id, input))
    for (const text of textsIn(given)) yield* textFaults(input, text, files, context, isProse)
    const number = numberOf(given)
    if (limit && number > limit.most)
      yield {
        code: 'over_limit',
        message: `${input} is ${number}; at most ${limit.most} ${limit.what} are allowed`,
      }
  }
  const pixels = numberOf(inputs.width) * numberOf(inputs.height)
  if (pixels > VETTING_LIMITS.pixels)
    yield {
      code: 'over_limit',
      message: `${pixels} pixels are asked for, at most ${VETTING_LIMITS.pixels} are allowed`,
    }
}

function* classFaults(classType: string, { allowed, mode, packOf }: VettingContext): Generator<Fault> {
  const pack = packOf?.(classType)
  if (packOf && pack === undefined)
    yield { code: 'node_unknown_to_engine', message: `the server does not know ${classType}` }
  if (CODE_NODES.has(classType)) yield { code: 'code_input', message: `${classType} evaluates text` }
  if (ALLOWED_NODES.has(classType)) return
  const named = allowed.has(classType) || (typeof pack === 'string' && allowed.has(pack))
  if (typeof pack === 'string') {
    // Packages run code of their own on the server: production knows the shipped nodes only.
    if (mode === 'production' || !named)
      yield { code: 'node_pack_not_allowed', message: `${classType} belongs to the package ${pack}` }
  } else if (!named) yield { code: 'node_not_allowed', message: `${classType} is not on the allow-list` }
}

function* textFaults(
  input: string,
  value: string,
  files: NodeFiles | null,
  { models, uploads }: VettingContext,
  isProse: boolean,
): Generator<Fault> {
  const quoted = JSON.stringify(value.slice(0, 200))
  const unlisted: Fault = {
    code: 'model_not_allowed',
    message: `${input} names ${quoted}, which no list of models describes`,
  }
  const unsafe: Fault = { code: 'unsafe_path', message: `${input} holds ${quoted}, which leaves its folder` }
  const foreign: Fault = {
    code: 'file_not_uploaded',
    message: `${input} names ${quoted}, which this run did not upload`,
  }
  const isListed = (name: string): boolean => models.has(baseName(name)) && /\.safetensors$/i.test(name)

  if (value.includes('\0')) return yield unsafe
  if (files?.models?.includes(input)) {
    if (isUnsafePath(value)) yield unsafe
    else if (!NO_FILE.has(value) && !isListed(value)) yield unlisted
  } else if (files?.media?.includes(input) || files?.mediaLists?.includes(input)) {
    const names = files.media ? [value] : value.split(',').filter((name) => name !== '')
    if (names.some(isUnsafePath)) yield unsafe
    else if (!names.every((name) => uploads.has(name))) yield foreign
  } else if (isProse) return
  else if (URL_LIKE.test(value))
    yield { code: 'external_url', message: `${input} holds the address ${quoted}` }
  else if (isUnsafePath(value)) yield unsafe
  else if (input === 'filename_prefix' && (files === null || files.saves)) return
  else if (MODEL_FILE.test(value)) {
    if (!isListed(value)) yield unlisted
  } else if (FILE_LIKE.test(value) && !uploads.has(value)) yield foreign
}

function limitOf(input: string): { most: number; what: string } | null {
  if (input === 'steps') return { most: VETTING_LIMITS.steps, what: 'steps' }
  if (input === 'width' || input === 'height') return { most: VETTING_LIMITS.side, what: 'pixels a side' }
  if (FRAME_INPUTS.has(input)) return { most: VETTING_LIMITS.frames, what: 'frames' }
  if (BATCH_INPUTS.has(input)) return { most: VETTING_LIMITS.batch, what: 'pictures at once' }
  return null
}

/** A plain value as a number, the way servers read it: text is converted, `__value__` unwrapped. 0 for anything else. */
function numberOf(value: unknown): number {
  if (typeof value === 'object' && value !== null && '__value__' in value) return numberOf(value.__value__)
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value
  return typeof number === 'number' && !Number.isNaN(number) ? number : 0
}

function* textsIn(value: unknown): Generator<string> {
  const stack = [value]
  while (stack.length > 0) {
    const at = stack.pop()
    if (typeof at === 'string') yield at
    else if (typeof at === 'object' && at !== null) stack.push(...Object.values(at))
  }
}
