/** How far a prompt is, from its messages. Pure but for its own state. */
import type { ComfyMessage } from './messages.ts'

export type PromptGraph = Record<string, { class_type: string; inputs: Record<string, unknown> }>

export type PromptProgress = {
  /** 0..1, never falls. */
  fraction: number
  /** For people, e.g. "step 12 of 30". */
  note: string
}

/** Shares of the work: sampling is nearly all of it, and decoding most of the rest. */
const weightOf = (classType: string): number =>
  /sampler|animatic/i.test(classType) ? 20 : /vaedecode|interpolat|upscale|savevideo/i.test(classType) ? 4 : 1

export type ProgressTracker = {
  /** True when the message shows that the prompt moved on. Messages of other prompts change nothing. */
  apply(message: ComfyMessage): boolean
  readonly progress: PromptProgress
  /** Node that runs now, as far as known. */
  readonly nodeId: string | null
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/**
 * Follows one prompt. Duplicates and messages out of order do no harm: shares only grow, and only a change counts
 * as a sign of life.
 */
export function trackProgress(promptId: string, graph: PromptGraph): ProgressTracker {
  const weights = new Map(Object.entries(graph).map(([id, node]) => [id, weightOf(node.class_type)]))
  const total = [...weights.values()].reduce((sum, weight) => sum + weight, 0) || 1
  const done = new Map<string, number>()
  let nodeId: string | null = null
  let fraction = 0
  let note = ''

  const raise = (id: string, share: number): boolean => {
    // Nodes made at run time inside a subgraph are not in the graph; they count as life but not as share.
    const before = done.get(id) ?? -1
    if (!(share > before)) return false
    done.set(id, Math.min(1, share))
    let sum = 0
    for (const [node, part] of done) sum += (weights.get(node) ?? 0) * part
    fraction = Math.max(fraction, Math.min(1, sum / total))
    return true
  }
  const enter = (id: string): boolean => {
    const entered = id !== nodeId
    if (entered && nodeId !== null) raise(nodeId, 1)
    if (entered) note = ''
    nodeId = id
    return raise(id, 0) || entered
  }
  const step = (id: string, value: unknown, max: unknown): boolean => {
    if (typeof value !== 'number' || typeof max !== 'number' || !(max > 0)) return false
    const moved = raise(id, value / max)
    if (moved && max > 1) note = `step ${Math.round(value)} of ${Math.round(max)}`
    return moved
  }

  return {
    get progress() {
      return { fraction, note }
    },
    get nodeId() {
      return nodeId
    },
    apply({ type, data }) {
      if (data.prompt_id !== promptId) return false
      const node = typeof data.node === 'string' ? data.node : null
      switch (type) {
        case 'execution_start':
          return done.size === 0
        case 'execution_cached':
          return (Array.isArray(data.nodes) ? data.nodes : []).map((id) => raise(String(id), 1)).some(Boolean)
        case 'executing':
          return node !== null && enter(node)
        case 'progress':
          return node !== null && step(node, data.value, data.max)
        case 'executed':
          return node !== null && raise(node, 1)
        case 'progress_state': {
          let moved = false
          for (const [id, state] of Object.entries(isObject(data.nodes) ? data.nodes : {})) {
            if (!isObject(state)) continue
            if (state.state === 'finished') moved = raise(id, 1) || moved
            else if (state.state === 'running') moved = step(id, state.value, state.max) || moved
          }
          return moved
        }
        default:
          return false
      }
    },
  }
}
