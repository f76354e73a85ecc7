/** From a storyboard file to a film file, through the public API. Used by `render` and `demo`. */
import { randomUUID } from 'node:crypto'
import path from 'node:path'
import type { GenerateRequest, RenderMetadata } from '../schemas/types.ts'
import { type Api, ApiError, type Job, readJob } from './api.ts'
import { type Diagnostic, formatDiagnostics } from './diagnostics.ts'
import { download } from './download.ts'
import { CliError, EXIT } from './exit.ts'
import { showJob } from './progress.ts'
import { uploadReferences } from './references.ts'
import { type LoadedStoryboard, loadStoryboard } from './storyboard-file.ts'
import type { Terminal } from './terminal.ts'
import { bytesText, harmless, secondsText } from './text.ts'
import { STAGES } from './view/state.ts'

export type RenderResult = {
  job_id: string
  status: 'completed'
  output: string
  contact_sheet: string | null
  /** Captions as a file; null when none were asked for, or nothing is said. */
  subtitles: string | null
  /** Seconds of film. */
  duration: number
  frames: number | null
  fps: number | null
  resolution: string
  size_bytes: number
  scenes_total: number | null
  scenes_reused: number | null
  joins_encoded: number | null
  /** Credits spent, refunds taken off. */
  credits: number
  /** Seconds a stage: those of the job, `download`, and `total` as seen from here. */
  stages: Record<string, number>
}

export type RenderRequest = {
  output: string
  contactSheet: string | null
  subtitles: string | null
  options: Record<string, unknown>
  /** Called when the job is accepted, before it is followed. */
  onAccepted?: (job: Job) => Promise<void>
}

/** Longest to go on posting while the server is away; the idempotency key makes repeating safe. */
const POST_PATIENCE_MS = 15_000

/** Writes what is wrong, and ends the command when that is more than warnings. */
function report(terminal: Terminal, storyboard: LoadedStoryboard): void {
  if (storyboard.errors.length + storyboard.warnings.length === 0) return
  for (const line of formatDiagnostics(storyboard.file, storyboard, terminal.errPalette)) terminal.err(line)
  if (storyboard.errors.length > 0) {
    throw new CliError(EXIT.invalid, `${storyboard.file} cannot be rendered until its errors are corrected.`)
  }
}

/** Errors that the server found, with the places in the file put to them. */
function serverDiagnostics(error: unknown, storyboard: LoadedStoryboard): Diagnostic[] {
  const details = error instanceof ApiError ? (error.details as { errors?: unknown } | null) : null
  if (!Array.isArray(details?.errors)) return []
  return (details.errors as Diagnostic[]).map((problem) => ({
    code: problem.code,
    path: String(problem.path ?? ''),
    message: String(problem.message ?? ''),
    ...(String(problem.path ?? '').startsWith('options')
      ? {}
      : storyboard.locate(String(problem.path ?? ''))),
  }))
}

/** Reads and checks a storyboard; problems go to standard error. @throws {CliError} invalid */
export async function loadChecked(file: string, terminal: Terminal): Promise<LoadedStoryboard> {
  const storyboard = await loadStoryboard(file)
  report(terminal, storyboard)
  return storyboard
}

/** Uploads the pictures of a storyboard and posts the job. */
async function submitFile(
  api: Api,
  storyboard: LoadedStoryboard,
  options: Record<string, unknown>,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<Job> {
  const document = await uploadReferences(api, storyboard.document, storyboard.references, signal)
  const body: GenerateRequest = {
    // It has been checked: it is a storyboard.
    spec: document as GenerateRequest['spec'],
    options,
    idempotency_key: randomUUID(),
  }
  try {
    return await api.ask((client, signal) => client.POST('/v1/generate', { body, signal }), {
      patienceMs: POST_PATIENCE_MS,
      signal,
    })
  } catch (error) {
    const errors = serverDiagnostics(error, storyboard)
    if (errors.length === 0) throw error
    const lines = formatDiagnostics(storyboard.file, { errors, warnings: [] }, terminal.errPalette)
    for (const line of lines) terminal.err(line)
    throw new CliError(EXIT.invalid, `${storyboard.file} is refused by the server.`, undefined, error)
  }
}

/** Posts a job of what a project holds as it is saved now. */
const submitProject = (
  api: Api,
  projectId: string,
  options: Record<string, unknown>,
  signal: AbortSignal,
): Promise<Job> => {
  const params = { path: { id: projectId }, header: { 'Idempotency-Key': randomUUID() } }
  return api.ask(
    (client, signal) => client.POST('/v1/projects/{id}/render', { params, body: { options }, signal }),
    { patienceMs: POST_PATIENCE_MS, signal },
  )
}

/** Ends the command in the way the job ended. @throws {CliError} unless it completed */
export function requireCompleted(job: Job): asserts job is Job & { output: NonNullable<Job['output']> } {
  if (job.status === 'completed' && job.output) return
  if (job.status === 'canceled') {
    throw new CliError(
      EXIT.canceled,
      `The job was canceled; ${job.credits_refunded} credits were given back.`,
    )
  }
  const where = job.error?.scene_id ? ` in scene ${harmless(job.error.scene_id)}` : ''
  const what = job.error ? `${harmless(job.error.message)} (${job.error.code})` : 'no reason was given'
  const refund = job.credits_refunded > 0 ? ` ${job.credits_refunded} credits were given back.` : ''
  throw new CliError(EXIT.failed, `The render failed${where}: ${what}.${refund}`, `Job ${job.id}`)
}

/** The stages in the order in which a job goes through them; JSON from a database has lost it. Pure. */
function inOrder(stages: Record<string, number>): Record<string, number> {
  const rank = (name: string) => (STAGES as readonly string[]).indexOf(name) + 1 || STAGES.length + 1
  return Object.fromEntries(Object.entries(stages).toSorted(([a], [b]) => rank(a) - rank(b)))
}

/** Fetches the film of a completed job, and its contact sheet when a place for it is given. */
export async function fetchFilm(
  api: Api,
  job: Job & { output: NonNullable<Job['output']> },
  { output, contactSheet, subtitles }: Pick<RenderRequest, 'output' | 'contactSheet' | 'subtitles'>,
  signal: AbortSignal,
): Promise<RenderResult> {
  const begun = performance.now()
  let current = job.output
  const addressOf = (pick: (output: NonNullable<Job['output']>) => string) => {
    let first = true
    return async () => {
      // Links last an hour; after a failure a new one is asked for.
      if (!first) current = (await readJob(api, job.id, { signal })).output ?? current
      first = false
      return new URL(pick(current), api.baseUrl).href
    }
  }
  await download(
    addressOf((made) => made.video_url),
    output,
    signal,
  )
  if (contactSheet && current.contact_sheet_url) {
    await download(
      addressOf((made) => made.contact_sheet_url ?? ''),
      contactSheet,
      signal,
    )
  }
  const captionsOf = (made: NonNullable<Job['output']>): string | undefined =>
    subtitles && /\.vtt$/i.test(subtitles) ? made.captions?.vtt : made.captions?.srt
  const written = subtitles !== null && captionsOf(current) !== undefined ? subtitles : null
  if (written !== null)
    await download(
      addressOf((made) => captionsOf(made) ?? ''),
      written,
      signal,
    )
  const made = job.output
  const facts: Partial<RenderMetadata> = made.metadata ?? {}
  const wallS = (Date.parse(job.completed_at ?? job.created_at) - Date.parse(job.created_at)) / 1_000
  return {
    job_id: job.id,
    status: 'completed',
    output: path.resolve(output),
    contact_sheet: contactSheet && made.contact_sheet_url ? path.resolve(contactSheet) : null,
    subtitles: written && path.resolve(written),
    duration: made.duration,
    frames: facts.frames ?? null,
    fps: facts.fps ?? null,
    resolution: made.resolution,
    size_bytes: made.size_bytes,
    scenes_total: facts.scenes_total ?? null,
    scenes_reused: facts.scenes_reused ?? null,
    joins_encoded: facts.joins_encoded ?? null,
    credits: job.credits_charged - job.credits_refunded,
    stages: {
      ...inOrder(facts.stages ?? {}),
      job: wallS,
      download: (performance.now() - begun) / 1_000,
    },
  }
}

/** The film in one line, for people. Pure. */
export function filmLine(result: RenderResult): string {
  const frames = result.frames === null ? '' : `, ${result.frames} frames`
  const rate = result.fps === null ? '' : ` at ${result.fps} fps`
  const reused = result.scenes_reused
    ? `, ${result.scenes_reused} of ${result.scenes_total} scenes reused`
    : ''
  return `${secondsText(result.duration)}${frames}${rate}, ${result.resolution}, ${bytesText(result.size_bytes)}${reused}, ${result.credits} credits`
}

/** Seconds a stage on one line, for people. Pure. */
export const stagesLine = (stages: Record<string, number>): string =>
  Object.entries(stages)
    .map(([stage, seconds]) => `${stage} ${secondsText(seconds)}`)
    .join(' · ')

/**
 * Renders a storyboard, or what a project holds, and fetches the film.
 * @throws {CliError} invalid, failed, canceled, unreachable
 * @throws {ApiError} refused
 */
export async function renderFilm(
  request: RenderRequest,
  api: Api,
  source: LoadedStoryboard | { projectId: string },
  terminal: Terminal,
  signal: AbortSignal,
): Promise<RenderResult> {
  const accepted =
    'projectId' in source
      ? await submitProject(api, source.projectId, request.options, signal)
      : await submitFile(api, source, request.options, terminal, signal)
  await request.onAccepted?.(accepted)
  const job = await showJob(api, accepted, terminal, signal)
  requireCompleted(job)
  return fetchFilm(api, job, request, signal)
}
