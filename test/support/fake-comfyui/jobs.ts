/** The jobs route of the fake server. */
import type { Json } from './catalogue.ts'
import type { Machine } from './machine.ts'

/** A prompt as the jobs route tells it; `whole` for the route of a single one. */
export function jobOf(machine: Machine, promptId: string, whole: boolean): Json | null {
  const waiting = [machine.running?.item, ...machine.pending].find((item) => item?.[1] === promptId)
  if (waiting) {
    const running = machine.running?.item === waiting
    return {
      id: promptId,
      status: running ? 'in_progress' : 'pending',
      priority: waiting[0],
      create_time: waiting[3].create_time,
      outputs_count: 0,
      previewable_outputs_count: 0,
    }
  }
  const entry = machine.history.get(promptId)
  if (!entry) return null
  const messages = entry.status.messages as [string, Json][]
  const error = messages.find(([type]) => type === 'execution_error')?.[1]
  const interrupted = messages.some(([type]) => type === 'execution_interrupted')
  const files = Object.entries(entry.outputs).flatMap(([nodeId, ui]) =>
    ((ui as { images?: Json[] }).images ?? []).map((file) => ({ ...file, nodeId, mediaType: 'images' })),
  )
  return {
    id: promptId,
    status: error ? 'failed' : interrupted ? 'cancelled' : 'completed',
    priority: entry.prompt[0],
    create_time: entry.prompt[3].create_time,
    execution_start_time: entry.startedAt,
    execution_end_time: entry.endedAt,
    ...(error ? { execution_error: error } : {}),
    outputs_count: files.length,
    previewable_outputs_count: files.length,
    ...(files[0] ? { preview_output: files[0] } : {}),
    ...(whole
      ? {
          outputs: entry.outputs,
          execution_status: entry.status,
          workflow: { prompt: entry.prompt[2], extra_data: entry.prompt[3] },
        }
      : {}),
  }
}
