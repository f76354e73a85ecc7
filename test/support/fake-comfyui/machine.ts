/** The fake server's inside: a queue, one worker, a result cache, files, a history. In memory, like the real one. */
import { setImmediate as breathe, setTimeout as pause } from 'node:timers/promises'
import type { Json } from './catalogue.ts'

export type Graph = Record<string, { class_type: string; inputs: Json }>
export type Item = [number: number, promptId: string, graph: Graph, extraData: Json, outputs: string[]]
export type RunFault =
  | 'node-error'
  | 'oom'
  | 'value-error'
  | 'cuda'
  | 'silent'
  | 'lose'
  | 'no-output'
  | 'stalled'

type Entry = { prompt: Item; outputs: Json; status: Json; meta: Json; startedAt: number; endedAt: number }

export type MachineOptions = {
  clip: Uint8Array
  /** What nodes that save pictures save; a PNG header unless given. */
  picture?: Uint8Array | undefined
  /** Steps of nodes that report progress, and the time each takes. */
  steps: number
  stepMs: number
  /** Time between the last message of a run and its entry in the history. */
  historyDelayMs: number
  isOutput(classType: string): boolean
  send(clientId: string | undefined, message: { type: string; data: Json }): void
  broadcast(message: { type: string; data: Json }): void
  preview(clientId: string | undefined, promptId: string, nodeId: string): void
  takeRunFault(): RunFault | null
  /** Awaited before a run goes on from its first message. */
  held(graph: Graph): Promise<void> | undefined
  /** Awaited after each step is told of. */
  heldAfter(graph: Graph, step: number): Promise<void> | undefined
}

const PNG = Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex')
const SLOW = /^(ProbeSlow|FramecastAnimatic|KSampler)/

class Interrupted extends Error {}
class NodeFailed extends Error {
  readonly type: string
  constructor(type: string, message: string) {
    super(message)
    this.type = type
  }
}

export class Machine {
  pending: Item[] = []
  running: { item: Item; startedAt: number; interrupt: AbortController } | null = null
  history = new Map<string, Entry>()
  files = new Map<string, Uint8Array>()
  /** What the next node that saves a video saves. */
  clip: Uint8Array
  inputFiles = new Map<string, Uint8Array>()
  #cache = new Map<string, Json>()
  #number = 0
  #options: MachineOptions
  #generation = 0
  #busy = false

  constructor(options: MachineOptions) {
    this.#options = options
    this.clip = options.clip
  }

  get remaining(): number {
    return this.pending.length + (this.running ? 1 : 0)
  }

  nextNumber(): number {
    return this.#number++
  }

  #status(): void {
    this.#options.broadcast({
      type: 'status',
      data: { status: { exec_info: { queue_remaining: this.remaining } } },
    })
  }

  enqueue(item: Item): void {
    this.pending.push(item)
    this.#status()
    void this.#work()
  }

  remove(promptId: string): boolean {
    const before = this.pending.length
    this.pending = this.pending.filter(([, id]) => id !== promptId)
    if (this.pending.length !== before) this.#status()
    return this.pending.length !== before
  }

  interrupt(promptId: string | undefined): boolean {
    if (!this.running || (promptId !== undefined && this.running.item[1] !== promptId)) return false
    this.running.interrupt.abort()
    return true
  }

  /** What a kill and a start lose: everything but the files. */
  wipe(): void {
    this.#generation++
    this.running?.interrupt.abort()
    this.running = null
    this.#busy = false
    this.pending = []
    this.history.clear()
    this.#cache.clear()
    this.#number = 0
  }

  async #work(): Promise<void> {
    if (this.#busy) return
    this.#busy = true
    const generation = this.#generation
    while (this.pending.length > 0 && generation === this.#generation) {
      await breathe()
      if (generation !== this.#generation) return
      const fault = this.#options.takeRunFault()
      // As when the worker thread has died: the queue grows and nothing runs.
      if (fault === 'stalled') return
      const item = this.pending.sort((a, b) => a[0] - b[0]).shift()
      if (!item) break
      this.running = { item, startedAt: Date.now(), interrupt: new AbortController() }
      this.#status()
      const entry = await this.#execute(item, fault, this.running.interrupt.signal, generation)
      if (generation !== this.#generation) return
      const client = item[3].client_id as string | undefined
      // The messages of the end are out before the history is written.
      if (this.#options.historyDelayMs > 0) await pause(this.#options.historyDelayMs)
      if (generation !== this.#generation) return
      if (entry) this.history.set(item[1], entry)
      this.running = null
      this.#status()
      if (client && fault !== 'lose')
        this.#options.send(client, { type: 'executing', data: { node: null, prompt_id: item[1] } })
    }
    if (generation === this.#generation) this.#busy = false
  }

  async #execute(
    item: Item,
    fault: RunFault | null,
    signal: AbortSignal,
    generation: number,
  ): Promise<Entry | null> {
    const [, promptId, graph, extraData, targets] = item
    const client = extraData.client_id as string | undefined
    const { send, steps, stepMs } = this.#options
    const startedAt = Date.now()
    const messages: [string, Json][] = []
    const outputs: Json = {}
    const meta: Json = {}
    const states: Json = {}
    const executed: string[] = []
    let at = ''

    const tell = (type: string, data: Json): void => {
      // Without a client id nobody hears of the lifecycle, but everybody of the progress.
      if (client) send(client, { type, data })
      else if (type.startsWith('progress') || type === 'execution_interrupted')
        this.#options.broadcast({ type, data })
    }
    const record = (type: string, data: Json): void => {
      const stamped = { prompt_id: promptId, ...data, timestamp: Date.now() }
      messages.push([type, stamped])
      tell(type, stamped)
    }
    const state = (id: string, value: number, max: number, name: string): void => {
      const node = { node_id: id, display_node_id: id, parent_node_id: null, real_node_id: id }
      states[id] = { value, max, state: name, ...node, prompt_id: promptId }
      tell('progress_state', { prompt_id: promptId, nodes: { ...states } })
    }
    const entry = (status: string): Entry => ({
      prompt: item,
      outputs,
      status: { status_str: status, completed: status === 'success', messages },
      meta,
      startedAt,
      endedAt: Date.now(),
    })

    const order = orderOf(graph, targets)
    const keys = new Map<string, string>()
    for (const id of order) keys.set(id, keyOf(id, graph, keys))
    const cached = fault ? [] : order.filter((id) => this.#cache.has(keys.get(id) ?? ''))
    record('execution_start', {})
    record('execution_cached', { nodes: cached })
    await this.#options.held(graph)
    try {
      for (const id of order) {
        const node = graph[id]
        if (!node) continue
        const isOutput = this.#options.isOutput(node.class_type)
        const deliver = (ui: Json): void => {
          outputs[id] = ui
          meta[id] = { node_id: id, display_node: id, parent_node: null, real_node_id: id }
          tell('executed', { node: id, display_node: id, output: ui, prompt_id: promptId })
        }
        if (cached.includes(id)) {
          if (isOutput) {
            deliver(this.#cache.get(keys.get(id) ?? '') as Json)
            state(id, 1, 1, 'finished')
          }
          continue
        }
        at = id
        if (generation !== this.#generation || signal.aborted) throw new Interrupted()
        state(id, 0, 1, 'running')
        tell('executing', { node: id, display_node: id, prompt_id: promptId })
        if (SLOW.test(node.class_type)) {
          const max = node.class_type === 'ProbeSlow' ? Number(node.inputs.steps) : steps
          for (let step = 1; step <= max; step++) {
            if (fault === 'silent') await untilAborted(signal)
            if (stepMs > 0) await pause(stepMs, undefined, { signal }).catch(() => {})
            else await breathe()
            if (generation !== this.#generation || signal.aborted) throw new Interrupted()
            state(id, step, max, 'running')
            if (node.inputs.preview !== false) this.#options.preview(client, promptId, id)
            tell('progress', { value: step, max, prompt_id: promptId, node: id })
            await this.#options.heldAfter(graph, step)
          }
        }
        fail(node, fault)
        const ui = isOutput ? this.#save(node, fault) : {}
        if (isOutput) deliver(ui)
        this.#cache.set(keys.get(id) ?? '', ui)
        executed.push(id)
        state(id, 1, 1, 'finished')
      }
    } catch (error) {
      if (generation !== this.#generation) return null
      const nodeType = graph[at]?.class_type
      if (error instanceof Interrupted) {
        record('execution_interrupted', { node_id: at, node_type: nodeType, executed })
        return fault === 'lose' ? null : entry('error')
      }
      const { type, message } =
        error instanceof NodeFailed ? error : { type: 'RuntimeError', message: String(error) }
      record('execution_error', {
        node_id: at,
        node_type: nodeType,
        executed,
        exception_message: message,
        exception_type: type,
        traceback: ['  File "/srv/comfy/ComfyUI/execution.py", line 545, in execute\n'],
        current_inputs: {},
        current_outputs: [],
      })
      return entry('error')
    }
    if (fault === 'lose') return null
    record('execution_success', {})
    return entry('success')
  }

  #save(node: { class_type: string; inputs: Json }, fault: RunFault | null): Json {
    if (fault === 'no-output') return { images: [], animated: [true] }
    const temp = node.class_type === 'PreviewImage'
    const video = node.class_type === 'SaveVideo'
    const prefix = String(node.inputs.filename_prefix ?? 'ComfyUI_temp_x')
    const slash = prefix.lastIndexOf('/')
    const subfolder = slash < 0 ? '' : prefix.slice(0, slash)
    const base = `${prefix.slice(slash + 1)}_`
    const type = temp ? 'temp' : 'output'
    // As the real one: one more than the highest number found in the folder at this moment.
    let highest = 0
    for (const path of this.files.keys()) {
      const name = path.slice(`${type}/${subfolder}/`.length)
      if (path.startsWith(`${type}/${subfolder}/${base}`))
        highest = Math.max(highest, Number.parseInt(name.slice(base.length), 10))
    }
    const filename = `${base}${String(highest + 1).padStart(5, '0')}_.${video ? 'mp4' : 'png'}`
    this.files.set(`${type}/${subfolder}/${filename}`, video ? this.clip : (this.#options.picture ?? PNG))
    const images = [{ filename, subfolder, type }]
    return video ? { images, animated: [true] } : { images }
  }
}

function fail(node: { class_type: string; inputs: Json }, fault: RunFault | null): void {
  const kind = node.class_type === 'ProbeRaise' ? node.inputs.kind : SLOW.test(node.class_type) ? fault : null
  if (kind === 'oom')
    throw new NodeFailed(
      'torch.OutOfMemoryError',
      'Allocation on device\nThis error means you ran out of memory on your GPU.\n\nTIPS: …',
    )
  if (kind === 'value' || kind === 'value-error')
    throw new NodeFailed('ValueError', 'bad value in /srv/comfy/models/x/y.txt\n')
  if (kind === 'cuda')
    throw new NodeFailed('RuntimeError', 'CUDA error: an illegal memory access was encountered\n')
  if (kind === 'node-error')
    throw new NodeFailed('RuntimeError', 'something broke in /srv/comfy/custom_nodes/a/b.py\n')
}

/** Nodes the targets need, sources first, in the order of their ids where they are free. */
function orderOf(graph: Graph, targets: readonly string[]): string[] {
  const order: string[] = []
  const visit = (id: string): void => {
    if (order.includes(id)) return
    for (const value of Object.values(graph[id]?.inputs ?? {}))
      if (Array.isArray(value)) visit(String(value[0]))
    order.push(id)
  }
  for (const id of targets) visit(id)
  return order
}

function keyOf(id: string, graph: Graph, keys: ReadonlyMap<string, string>): string {
  const node = graph[id]
  const inputs = Object.entries(node?.inputs ?? {}).map(([name, value]) =>
    Array.isArray(value) ? [name, keys.get(String(value[0])), value[1]] : [name, value],
  )
  return JSON.stringify([node?.class_type, inputs])
}

const untilAborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) =>
    signal.aborted ? resolve() : signal.addEventListener('abort', () => resolve(), { once: true }),
  )
