import type { FfmpegTools } from '../../../core/platform/ffmpeg.ts'
import type { Logger } from '../../../core/platform/log.ts'
import type { Folders } from './folders.ts'
import { isLink, nodeKeys, runOrder } from './graph.ts'
import { type Inputs, NODES, NodeFailure, type NodeResult } from './nodes.ts'
import type { ExecutionMessage, HistoryEntry, Json, JsonObject, NodeOutput, QueueItem } from './types.ts'

/** Where messages go: to the prompt's own client, or to everybody. */
export type Audience = {
  /** To the client that sent the prompt; nobody if it named none. */
  owner(type: string, data: JsonObject): void
  /** To the owner, or to everybody for a prompt without one: a real server's progress goes that way. */
  ownerOrAll(type: string, data: JsonObject): void
  /** A JPEG, to those sockets that take previews in this form. */
  preview(form: 'metadata' | 'plain', picture: Buffer, place: JsonObject): void
}

export type ExecutorDeps = {
  readonly tools: FfmpegTools
  readonly folders: Folders
  readonly log: Logger
  readonly now: () => number
}

export type Run = {
  readonly entry: HistoryEntry
  /** Results by content key, of this graph: they serve the next prompt. */
  readonly results: ReadonlyMap<string, NodeResult>
}

/** Progress is told at most this often; the first, the last and those with a picture always are. */
const PROGRESS_EVERY_MS = 100

/**
 * Runs one prompt to its end. Messages, their order and their fields are those of a ComfyUI 0.33 server.
 * Failures and interruption become part of the entry; nothing is thrown but faults of our own.
 * @param kept results of earlier prompts
 * @param onNode called with the node that starts to run
 */
export async function runPrompt(
  deps: ExecutorDeps,
  item: QueueItem,
  kept: ReadonlyMap<string, NodeResult>,
  audience: Audience,
  signal: AbortSignal,
  onNode: (node: string) => void,
): Promise<Run> {
  const [, promptId, graph, , wanted] = item
  const messages: ExecutionMessage[] = []
  const outputs: Record<string, NodeOutput> = {}
  const results = new Map<string, NodeResult>()
  const executed: string[] = []
  const progress = progressBoard(promptId, audience)
  const record = (type: string, data: JsonObject, everyone = false): void => {
    const full = { ...data, prompt_id: promptId, timestamp: deps.now() }
    messages.push([type, full])
    if (everyone) audience.ownerOrAll(type, full)
    else audience.owner(type, full)
  }
  const entry = (status: 'success' | 'error'): HistoryEntry => ({
    prompt: item,
    outputs,
    status: { status_str: status, completed: status === 'success', messages },
    meta: Object.fromEntries(
      Object.keys(outputs).map((id) => [
        id,
        { node_id: id, display_node: id, parent_node: null, real_node_id: id },
      ]),
    ),
  })

  record('execution_start', {})
  const order = runOrder(graph, wanted)
  const keys = await nodeKeys(graph, order, deps.folders)
  const cached = order.filter((id) => kept.has(keys.get(id)!))
  record('execution_cached', { nodes: cached })
  for (const id of order) {
    const key = keys.get(id)!
    const { class_type: classType } = graph[id]!
    const known = kept.get(key)
    if (known) {
      results.set(key, known)
      if (wanted.includes(id) && known.ui) {
        outputs[id] = known.ui
        audience.owner('executed', {
          node: id,
          display_node: id,
          output: known.ui as unknown as Json,
          prompt_id: promptId,
        })
        progress.finished(id)
      }
      continue
    }
    onNode(id)
    progress.started(id)
    audience.owner('executing', { node: id, display_node: id, prompt_id: promptId })
    const inputs = resolveInputs(graph[id]!.inputs, (source) => results.get(keys.get(source)!)!)
    try {
      signal.throwIfAborted()
      const result = await NODES[classType]!(inputs, {
        tools: deps.tools,
        folders: deps.folders,
        signal,
        key: key.slice(0, 32),
        progress: (value, max, picture) => progress.step(id, value, max, picture),
      })
      signal.throwIfAborted()
      results.set(key, result)
      executed.push(id)
      if (result.ui) {
        outputs[id] = result.ui
        audience.owner('executed', {
          node: id,
          display_node: id,
          output: result.ui as unknown as Json,
          prompt_id: promptId,
        })
      }
      progress.finished(id)
    } catch (error) {
      const place = { node_id: id, node_type: classType, executed: [...executed] }
      if (signal.aborted) record('execution_interrupted', place, true)
      else {
        if (!(error instanceof NodeFailure)) deps.log.error({ err: error, promptId, node: id }, 'node failed')
        record('execution_error', {
          ...place,
          ...failureFields(error, graph[id]!.inputs),
          current_outputs: [...executed, id],
        })
      }
      return { entry: entry('error'), results }
    }
  }
  record('execution_success', {})
  return { entry: entry('success'), results }
}

function resolveInputs(inputs: JsonObject, resultOf: (node: string) => NodeResult): Inputs {
  const resolved: Inputs = {}
  for (const [name, value] of Object.entries(inputs)) {
    resolved[name] = isLink(value) ? (resultOf(String(value[0])).outputs.at(Number(value[1])) ?? null) : value
  }
  return resolved
}

/** As a client sees a failure: our own classes by their name, everything else without its text. */
function failureFields(error: unknown, inputs: JsonObject): JsonObject {
  const known = error instanceof NodeFailure
  const plain = Object.entries(inputs).filter(([, value]) => !Array.isArray(value))
  const message =
    known || isOurWording(error) ? (error as Error).message : 'the node failed; the engine log says more'
  return {
    exception_message: `${message}\n`,
    exception_type: known ? error.type : 'Exception',
    traceback: [],
    current_inputs: Object.fromEntries(plain.map(([name, value]) => [name, [value]])),
  }
}

const isOurWording = (error: unknown): error is Error =>
  error instanceof Error && error.message.startsWith('**** ERROR: Saving image outside')

type NodeState = { value: number; max: number; state: 'running' | 'finished' }

/** Keeps the snapshot that `progress_state` sends, and tells steps not more often than a reader can use. */
function progressBoard(promptId: string, audience: Audience) {
  const states = new Map<string, NodeState>()
  let toldAt = 0
  const place = (id: string): JsonObject => ({
    node_id: id,
    prompt_id: promptId,
    display_node_id: id,
    parent_node_id: null,
    real_node_id: id,
  })
  const tell = (): void => {
    const nodes = Object.fromEntries([...states].map(([id, state]) => [id, { ...state, ...place(id) }]))
    audience.ownerOrAll('progress_state', { prompt_id: promptId, nodes })
  }
  return {
    started(id: string): void {
      states.set(id, { value: 0, max: 1, state: 'running' })
      toldAt = 0
      tell()
    },
    step(id: string, value: number, max: number, picture?: Buffer): void {
      const before = states.get(id)
      const due = performance.now() - toldAt >= PROGRESS_EVERY_MS || value === max || picture !== undefined
      if (!due || (before?.value === value && before.max === max && !picture)) return
      toldAt = performance.now()
      states.set(id, { value, max, state: 'running' })
      tell()
      if (picture) audience.preview('metadata', picture, { ...place(id), image_type: 'image/jpeg' })
      audience.ownerOrAll('progress', { value, max, prompt_id: promptId, node: id })
      if (picture) audience.preview('plain', picture, place(id))
    },
    finished(id: string): void {
      const max = states.get(id)?.max ?? 1
      states.set(id, { value: max, max, state: 'finished' })
      tell()
    },
  }
}
