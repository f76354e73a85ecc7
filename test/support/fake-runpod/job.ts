/** A job on an endpoint: its states, and how it is shown. */

export type JobState = 'IN_QUEUE' | 'IN_PROGRESS' | 'COMPLETED' | 'FAILED' | 'CANCELLED' | 'TIMED_OUT'

export type FakeJob = {
  readonly id: string
  readonly input: unknown
  readonly webhook: string | null
  readonly policy: { executionTimeout: number; ttl: number }
  readonly submittedAt: number
  state: JobState
  pickedUpAt: number | null
  endedAt: number | null
  workerId: string | null
  output: unknown
  error: unknown
  /** Ends the work on it. */
  stop: AbortController
}

export const isOver = ({ state }: FakeJob): boolean => state !== 'IN_QUEUE' && state !== 'IN_PROGRESS'

/** Larger results never arrive: the worker's delivery is refused, and the job is shown without output. */
export const MAX_RESULT_BYTES = 10_000_000
export const MAX_REQUEST_BYTES = 10_000_000

/** How what a handler returns becomes the end of its job. */
export function settle(job: FakeJob, returned: unknown): void {
  const isDict = typeof returned === 'object' && returned !== null && !Array.isArray(returned)
  const { error, ...rest } = (isDict ? returned : {}) as { error?: unknown }
  if (isDict && error) {
    job.error = error
    job.state = 'FAILED'
    if (Object.keys(rest).length > 0) job.output = rest
    return
  }
  job.state = 'COMPLETED'
  const size = Buffer.byteLength(JSON.stringify(returned ?? null))
  if (size <= MAX_RESULT_BYTES) job.output = returned
}

/** An exception in the handler: a JSON text in `error`. */
export function raise(job: FakeJob, error: Error): void {
  job.state = 'FAILED'
  job.error = JSON.stringify({
    error_type: `<class '${error.name}'>`,
    error_message: error.message,
    error_traceback: `Traceback (most recent call last):\n  File "/handler.py", line 1\n${error.message}`,
    hostname: 'worker-1',
    worker_id: job.workerId,
    runpod_version: '1.7.12',
  })
}

/** As /status shows it, and a webhook. Keys without a value are absent. */
export function shown(job: FakeJob): Record<string, unknown> {
  const end = job.endedAt ?? performance.now()
  return {
    ...(job.pickedUpAt === null ? {} : { delayTime: Math.round(job.pickedUpAt - job.submittedAt) }),
    ...(job.error === undefined ? {} : { error: job.error }),
    ...(job.pickedUpAt === null || job.endedAt === null
      ? {}
      : { executionTime: Math.round(end - job.pickedUpAt) }),
    id: job.id,
    ...(job.output === undefined ? {} : { output: job.output }),
    status: job.state,
    ...(job.workerId === null ? {} : { workerId: job.workerId }),
  }
}
