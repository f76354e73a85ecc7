/** Shows a job while it runs: drawn in place on a terminal, as lines elsewhere. */
import type { Api, Job } from './api.ts'
import { type FollowOptions, followJob } from './follow.ts'
import type { Terminal } from './terminal.ts'
import { startLive } from './view/live.ts'
import { plainLine } from './view/plain.ts'
import { renderView } from './view/render.ts'
import { newViewState, reduceView } from './view/state.ts'

/** Follows a job to its end and shows its progress. Resolves with the finished job. */
export async function showJob(
  api: Api,
  job: Job,
  terminal: Terminal,
  signal: AbortSignal,
  limits: Partial<FollowOptions> = {},
): Promise<Job> {
  const now = () => performance.now()
  let state = reduceView(newViewState('', now()), { kind: 'job', job }, now())
  // A job watched from its middle shows its own age, not ours.
  state = { ...state, beganAtMs: now() - Math.max(0, Date.now() - Date.parse(job.created_at)) }
  const live = terminal.screen
    ? startLive(terminal.screen, (width) =>
        renderView(state, { width, nowMs: now(), palette: terminal.errPalette, unicode: terminal.unicode }),
      )
    : null
  let finished = false
  try {
    const end = await followJob(api, job.id, {
      ...limits,
      signal,
      onUpdate(update) {
        const next = reduceView(state, update, now())
        const line = live ? null : plainLine(state, next, now())
        state = next
        if (line) terminal.err(line)
      },
    })
    finished = true
    return end
  } finally {
    live?.stop(finished)
  }
}
