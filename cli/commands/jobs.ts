/** `framecast jobs`, `watch`, `cancel`: what is going on on a server. */
import { type Job, readJob, storyboardOf } from '../api.ts'
import type { CommandContext } from '../context.ts'
import { CliError, EXIT } from '../exit.ts'
import { showJob } from '../progress.ts'
import { fetchFilm, requireCompleted } from '../render.ts'
import { openTarget, type TargetOptions } from '../target.ts'
import { clock, fit, harmless, type Palette, padEnd } from '../text.ts'
import { printResult, sayHowToResume } from './render.ts'

const READ_PATIENCE_MS = 5_000
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/** A job's id as the server wants it. @throws {CliError} usage */
function jobIdOf(text: string): string {
  if (!UUID.test(text))
    throw new CliError(EXIT.usage, `${JSON.stringify(text)} is no job id; "framecast jobs" lists them.`)
  return text.toLowerCase()
}

const ageS = (job: Job): number =>
  ((job.completed_at ? Date.parse(job.completed_at) : Date.now()) - Date.parse(job.created_at)) / 1_000

/** One job on one line. Pure but for the clock of a job that runs. */
export function jobLine(job: Job, palette: Palette): string {
  const paint = { completed: palette.green, failed: palette.red, processing: palette.cyan }[
    job.status as string
  ]
  const status = padEnd(job.status, 10)
  const percent = `${Math.floor(job.progress.percent ?? 0)}`.padStart(3)
  const title = padEnd(fit(harmless(storyboardOf(job).title ?? ''), 36), 36)
  const when = job.created_at.slice(0, 16).replace('T', ' ')
  return `${job.id}  ${paint ? paint(status) : status} ${percent} %  ${title}  ${when}  ${clock(ageS(job))}`
}

export async function jobs(
  flags: TargetOptions & { json?: boolean; limit: number; status?: Job['status'] },
  { terminal, env, signal }: CommandContext,
): Promise<void> {
  const { api } = await openTarget({ ...flags, embedded: false }, env, terminal, signal)
  const params = { query: { limit: flags.limit, ...(flags.status && { status: flags.status }) } }
  const found = await api.ask((client, signal) => client.GET('/v1/jobs', { params, signal }), {
    patienceMs: READ_PATIENCE_MS,
    signal,
  })
  if (flags.json) {
    terminal.out(JSON.stringify(found))
    return
  }
  for (const job of found) terminal.out(jobLine(job, terminal.outPalette))
  if (found.length === 0) terminal.err('No jobs.')
}

export async function watch(
  id: string,
  flags: TargetOptions & { json?: boolean; output?: string; contactSheet?: string; subtitles?: string },
  context: CommandContext,
): Promise<void> {
  const { terminal, env, signal } = context
  const jobId = jobIdOf(id)
  const { api, flags: same } = await openTarget({ ...flags, embedded: false }, env, terminal, signal)
  const first = await readJob(api, jobId, { patienceMs: READ_PATIENCE_MS, signal })
  let job: Job
  try {
    job = await showJob(api, first, terminal, signal)
  } catch (error) {
    if (signal.aborted) sayHowToResume(jobId, false, same, context)
    throw error
  }
  requireCompleted(job)
  if (flags.output) {
    const { output, contactSheet = null, subtitles = null } = flags
    const result = await fetchFilm(api, job, { output, contactSheet, subtitles }, signal)
    printResult(result, flags.json === true, context)
  } else if (flags.json) {
    terminal.out(JSON.stringify({ job_id: job.id, status: job.status, duration: job.output.duration }))
  } else {
    terminal.out(jobLine(job, terminal.outPalette))
    terminal.err(`Fetch the film: framecast watch ${job.id}${same} -o film.mp4`)
  }
}

export async function cancel(
  id: string,
  flags: TargetOptions & { json?: boolean },
  { terminal, env, signal }: CommandContext,
): Promise<void> {
  const jobId = jobIdOf(id)
  const { api } = await openTarget({ ...flags, embedded: false }, env, terminal, signal)
  const params = { path: { id: jobId } }
  const job = await api.ask((client, signal) => client.POST('/v1/jobs/{id}/cancel', { params, signal }), {
    signal,
  })
  if (flags.json)
    terminal.out(
      JSON.stringify({ job_id: job.id, status: job.status, credits_refunded: job.credits_refunded }),
    )
  else terminal.out(`Job ${job.id} is canceled; ${job.credits_refunded} credits were given back.`)
}
