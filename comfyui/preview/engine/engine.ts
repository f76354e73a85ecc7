import { randomUUID } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { type Audience, type ExecutorDeps, type Run, runPrompt } from './execute.ts'
import type { NodeResult } from './nodes.ts'
import { PromptQueue } from './queue.ts'
import type { Graph, HistoryEntry, JsonObject, QueueItem } from './types.ts'

export type EngineEvents = {
  /** The number of prompts has changed. */
  changed(): void
  /** The audience of a prompt: its own client, if it named one. */
  audienceOf(clientId: string | null): Audience
}

/** Queue and runner together: what the doors (HTTP and sockets) speak to. */
export type Engine = {
  readonly queue: PromptQueue
  /** Node that runs now and whose prompt it belongs to; a client that connects again is told. */
  readonly current: { readonly clientId: string | null; readonly node: string | null } | null
  submit(item: QueueItem): void
  /** Next priority; refused prompts use up numbers too. */
  nextNumber(): number
  newId(): string
  /** Stops the running prompt; with an id, only if it is that one. */
  interrupt(id: string | null): boolean
  /** Drops kept results once nothing runs. */
  freeMemory(): void
  close(): Promise<void>
}

/** Starts the one worker of an engine. */
export function createEngine(deps: ExecutorDeps, events: EngineEvents): Engine {
  const queue = new PromptQueue(() => events.changed())
  let results: ReadonlyMap<string, NodeResult> = new Map()
  let number = 0
  let running: { id: string; clientId: string | null; node: string | null; abort: AbortController } | null =
    null
  let freeing = false
  let closed = false
  let idle = Promise.resolve()

  const keepOnly = async (next: ReadonlyMap<string, NodeResult>): Promise<void> => {
    const keep = new Set([...next.values()].flatMap(videos))
    const dropped = [...results.values()].flatMap(videos).filter((path) => !keep.has(path))
    results = next
    for (const path of dropped) await rm(path, { force: true })
  }

  const runOne = async (item: QueueItem): Promise<void> => {
    const [, id, , extra] = item
    const clientId = typeof extra.client_id === 'string' ? extra.client_id : null
    const job = { id, clientId, node: null as string | null, abort: new AbortController() }
    running = job
    const audience = events.audienceOf(clientId)
    const { log } = deps
    const startedAt = deps.now()
    const run = await runPrompt(deps, item, results, audience, job.abort.signal, (node) => {
      job.node = node
    }).catch((err: unknown): Run => {
      // A fault of ours: the prompt fails, the queue goes on.
      deps.log.error({ err, promptId: id }, 'prompt could not be run')
      return { entry: brokenEntry(item, deps.now()), results: new Map() }
    })
    const outcome = run.entry.status.messages.at(-1)?.[0]
    log.info({ promptId: id, outcome, tookMs: deps.now() - startedAt }, 'prompt ended')
    await keepOnly(run.results)
    running = null
    queue.finish(run.entry)
    // The very last word about a prompt, once history has it.
    audience.owner('executing', { node: null, prompt_id: id })
  }

  const work = async (): Promise<void> => {
    for (let item = queue.take(); item && !closed; item = queue.take()) await runOne(item)
    if (freeing) {
      freeing = false
      await keepOnly(new Map())
    }
  }
  let working = false
  const wake = (): void => {
    if (working || closed) return
    working = true
    // After the answer to whoever woke us, as with a thread of its own.
    idle = new Promise<void>((resolve) => setImmediate(resolve))
      .then(work)
      .catch((err: unknown) => deps.log.fatal({ err }, 'the prompt runner failed'))
      .finally(() => {
        working = false
        if (queue.waiting.length > 0 || freeing) wake()
      })
  }

  return {
    queue,
    get current() {
      return running
    },
    submit(item) {
      queue.add(item)
      wake()
    },
    nextNumber: () => number++,
    newId: randomUUID,
    interrupt(id) {
      if (!running || (id !== null && running.id !== id)) return false
      running.abort.abort(new Error('interrupted'))
      return true
    },
    freeMemory() {
      freeing = true
      wake()
    },
    async close() {
      closed = true
      running?.abort.abort(new Error('the engine stops'))
      await idle
    },
  }
}

function brokenEntry(item: QueueItem, nowMs: number): HistoryEntry {
  const data = {
    prompt_id: item[1],
    node_id: null,
    node_type: null,
    executed: [],
    exception_message: 'the prompt could not be run; the engine log says more\n',
    exception_type: 'Exception',
    traceback: [],
    current_inputs: {},
    current_outputs: [],
    timestamp: nowMs,
  }
  const messages = [['execution_error', data]] as const
  return {
    prompt: item,
    outputs: {},
    status: { status_str: 'error', completed: false, messages: [...messages] },
    meta: {},
  }
}

const videos = ({ outputs }: NodeResult): string[] =>
  outputs.flatMap((value) => (value?.kind === 'video' ? [value.path] : []))

/** A queue item, with what the server itself adds to `extra_data`. */
export function queueItem(
  number: number,
  id: string,
  graph: Graph,
  extra: JsonObject,
  outputs: string[],
  nowMs: number,
): QueueItem {
  return [number, id, graph, { ...extra, create_time: nowMs }, outputs]
}
