import type { PromptQueue } from './queue.ts'
import type { HistoryEntry, Json, JsonObject, QueueItem } from './types.ts'

export const JOB_STATES = ['pending', 'in_progress', 'completed', 'failed', 'cancelled'] as const
export type JobState = (typeof JOB_STATES)[number]
export type Job = { id: string; status: JobState; create_time: number } & JsonObject

/** Prompts in every state as `/api/jobs` shows them; keys without a value are left out. */
export function listJobs(queue: PromptQueue): Job[] {
  const running = queue.running
  return [
    ...queue.entries.map(finishedJob),
    ...(running ? [openJob(running, 'in_progress')] : []),
    ...queue.waiting.map((item) => openJob(item, 'pending')),
  ]
}

/** One prompt, with its outputs and graph once it is finished; queue before history, so that none falls in between. */
export function findJob(queue: PromptQueue, id: string): JsonObject | null {
  if (queue.running?.[1] === id) return openJob(queue.running, 'in_progress')
  const waiting = queue.waiting.find((item) => item[1] === id)
  if (waiting) return openJob(waiting, 'pending')
  const entry = queue.entry(id)
  if (!entry) return null
  const [, , graph, extra] = entry.prompt
  return {
    ...finishedJob(entry),
    outputs: entry.outputs as unknown as Json,
    execution_status: entry.status as unknown as Json,
    workflow: { prompt: graph as unknown as Json, extra_data: extra },
  }
}

function openJob([number, id, , extra]: QueueItem, status: JobState): Job {
  return {
    ...head(number, id, extra, status),
    outputs_count: 0,
    previewable_outputs_count: 0,
    ...workflowId(extra),
  }
}

const head = (number: number, id: string, extra: JsonObject, status: JobState): Job => ({
  id,
  status,
  priority: number,
  create_time: Number(extra.create_time),
})

function finishedJob(entry: HistoryEntry): Job {
  const [number, id, , extra] = entry.prompt
  const { messages, status_str } = entry.status
  const at = (type: string): JsonObject | undefined => messages.find(([name]) => name === type)?.[1]
  const failed = at('execution_error')
  const end = at('execution_success') ?? failed ?? at('execution_interrupted')
  const status: JobState = status_str === 'success' ? 'completed' : failed ? 'failed' : 'cancelled'
  const files = Object.entries(entry.outputs).flatMap(([nodeId, output]) =>
    output.images.map((item) => ({ ...item, nodeId, mediaType: 'images' })),
  )
  // Kept files before temporary ones, as a viewer wants them.
  const shown = files.find((file) => file.type === 'output') ?? files[0]
  return {
    ...head(number, id, extra, status),
    execution_start_time: at('execution_start')?.timestamp ?? null,
    execution_end_time: end?.timestamp ?? null,
    ...(failed ? { execution_error: failed } : {}),
    outputs_count: files.length,
    previewable_outputs_count: files.length,
    ...(shown ? { preview_output: shown } : {}),
    ...workflowId(extra),
  }
}

function workflowId(extra: JsonObject): JsonObject {
  const workflow = (extra.extra_pnginfo as JsonObject | undefined)?.workflow as JsonObject | undefined
  return typeof workflow?.id === 'string' ? { workflow_id: workflow.id } : {}
}
