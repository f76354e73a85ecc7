/** `framecast render`: a storyboard file, or the storyboard of a project, becomes a film file. */
import path from 'node:path'
import type { CommandContext } from '../context.ts'
import { CliError, EXIT } from '../exit.ts'
import { shortPath } from '../instance.ts'
import { filmLine, loadChecked, type RenderResult, renderFilm, stagesLine } from '../render.ts'
import { openTarget, type TargetOptions } from '../target.ts'

export type RenderFlags = TargetOptions & {
  project?: string
  output?: string
  contactSheet?: string
  subtitles?: string
  json?: boolean
  resolution?: string
  aspect?: string
  fps?: number
  seed?: number
  engine?: string
  workflow?: string
  draft?: boolean
  cache?: string
  scenes?: string[]
  captions?: string
  slate?: boolean
  take?: number
  timecode?: boolean
  loudness?: string
}

/** Options of the job: those given; the server fills in the rest. Pure. */
export function jobOptions(flags: RenderFlags): Record<string, unknown> {
  const {
    resolution,
    aspect,
    fps,
    seed,
    engine,
    workflow,
    draft,
    cache,
    scenes,
    captions,
    timecode,
    loudness,
  } = flags
  const slate = flags.take === undefined ? flags.slate : { take: flags.take }
  const look = { captions, slate, timecode, loudness }
  return Object.fromEntries(
    Object.entries({ resolution, aspect, fps, seed, engine, workflow, draft, cache, scenes, ...look }).filter(
      ([, value]) => value !== undefined,
    ),
  )
}

/** Where the film goes when nothing is said: the storyboard's name, in the current folder. Pure. */
export const defaultOutput = (file: string | undefined): string =>
  file === undefined || file === '-'
    ? 'film.mp4'
    : `${path.basename(file).replace(/\.(ya?ml|json)$/i, '')}.mp4`

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/** Id of the project that is named instead of a file, or undefined. @throws {CliError} usage, unless there is one of the two */
export function namedProject(
  file: string | undefined,
  { project }: Pick<RenderFlags, 'project'>,
): string | undefined {
  if ((file === undefined) === (project === undefined))
    throw new CliError(EXIT.usage, 'Name a storyboard file, or a project with --project.')
  if (project !== undefined && !UUID.test(project))
    throw new CliError(EXIT.usage, `${JSON.stringify(project)} is no id of a project.`)
  return project
}

/** Result of a render: one JSON line, or a line for the film and one for the time it took. */
export function printResult(result: RenderResult, json: boolean, { terminal }: CommandContext): void {
  if (json) {
    terminal.out(JSON.stringify(result))
    return
  }
  terminal.out(`${terminal.outPalette.bold(shortPath(result.output))}  ${filmLine(result)}`)
  if (result.contact_sheet) terminal.out(shortPath(result.contact_sheet))
  if (result.subtitles) terminal.out(shortPath(result.subtitles))
  terminal.err(terminal.errPalette.dim(stagesLine(result.stages)))
}

export async function render(
  file: string | undefined,
  flags: RenderFlags,
  context: CommandContext,
): Promise<void> {
  const { terminal, signal, env } = context
  const begun = performance.now()
  const projectId = namedProject(file, flags)
  // Errors in the file are found before anything is started.
  const source = file === undefined ? { projectId: projectId! } : await loadChecked(file, terminal)
  const target = await openTarget(flags, env, terminal, signal)
  let jobId: string | null = null
  try {
    const upS = (performance.now() - begun) / 1_000
    const result = await renderFilm(
      {
        output: flags.output ?? defaultOutput(file),
        contactSheet: flags.contactSheet ?? null,
        subtitles: flags.subtitles ?? null,
        options: jobOptions(flags),
        onAccepted: async (job) => {
          jobId = job.id
          terminal.err(terminal.errPalette.dim(`job ${job.id}`))
        },
      },
      target.api,
      source,
      terminal,
      signal,
    )
    const stages = { ...(target.instance ? { startup: upS } : {}), ...result.stages }
    const total = (performance.now() - begun) / 1_000
    printResult({ ...result, stages: { ...stages, total } }, flags.json === true, context)
  } catch (error) {
    if (signal.aborted && jobId) sayHowToResume(jobId, target.instance !== null, target.flags, context)
    throw error
  } finally {
    await target.close()
  }
}

/** Stopping the command does not stop the job: says so, and how to come back to it. */
export function sayHowToResume(
  jobId: string,
  isPrivate: boolean,
  flags: string,
  { terminal }: CommandContext,
): void {
  if (isPrivate) {
    terminal.err(`Job ${jobId} is kept. It goes on when the instance runs again:`)
    terminal.err(`  framecast up${flags}`)
  } else {
    terminal.err(`Job ${jobId} goes on without this command.`)
  }
  terminal.err(`Watch it:  framecast watch ${jobId}${flags}`)
  terminal.err(`Cancel it: framecast cancel ${jobId}${flags}`)
}
