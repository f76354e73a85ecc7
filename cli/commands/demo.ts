/** `framecast demo`: the whole way once, from nothing to a film, on this machine. */
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { findTools, probe } from '../../core/platform/ffmpeg.ts'
import { type Api, createApi, type Job } from '../api.ts'
import type { CommandContext } from '../context.ts'
import { shortPath, startInstance } from '../instance.ts'
import { DEFAULT_DATA_DIR } from '../local.ts'
import { filmLine, loadChecked, renderFilm } from '../render.ts'
import { bytesText, type Palette, secondsText } from '../text.ts'
import { jobOptions, type RenderFlags, sayHowToResume } from './render.ts'

const WELCOME = fileURLToPath(new URL('../../examples/welcome.yaml', import.meta.url))

export type DemoFlags = Pick<RenderFlags, 'data' | 'json' | 'resolution' | 'engine'> & { out: string }

/** The film as ffprobe sees it, in one line. @param file absolute path */
export async function probeLine(file: string): Promise<string> {
  const media = await probe(await findTools(process.env), file, { countFrames: true })
  const { video, audio } = media
  const facts = [
    video ? `${video.codec} ${video.profile ?? ''} ${video.pixelFormat}`.replace(/\s+/g, ' ') : 'no picture',
    video ? `${video.width}x${video.height}` : '',
    video ? `${video.frames} frames at ${Number(video.averageRate.toFixed(3))} fps` : '',
    media.durationS === null ? '' : `${media.durationS.toFixed(3)} s`,
    audio ? `${audio.codec} ${audio.sampleRate} Hz ${audio.channels} ch` : 'no sound',
    bytesText(media.sizeBytes),
  ]
  return facts.filter(Boolean).join(', ')
}

/** What was spent where, as a small table with bars. Pure. */
export function stageTable(stages: Record<string, number>, palette: Palette, unicode: boolean): string[] {
  const rows = Object.entries(stages)
  const longest = Math.max(...rows.map(([, seconds]) => seconds), 0.001)
  const widest = Math.max(...rows.map(([name]) => name.length))
  const block = unicode ? '▇' : '#'
  return rows.map(([name, seconds]) => {
    const bar = block.repeat(Math.round((seconds / longest) * 30))
    return `  ${name.padEnd(widest)}  ${secondsText(seconds).padStart(7)}  ${palette.cyan(bar)}`
  })
}

/** The live page of a job, for a browser. Null when this server has none. */
async function watchLink(api: Api, job: Job, signal: AbortSignal): Promise<string> {
  const params = { path: { id: job.id } }
  const { url } = await api.ask(
    (client, signal) => client.POST('/v1/jobs/{id}/watch-links', { params, body: {}, signal }),
    { signal },
  )
  return new URL(url, api.baseUrl).href
}

export async function demo(flags: DemoFlags, context: CommandContext): Promise<void> {
  const { terminal, signal } = context
  const { errPalette: paint } = terminal
  const begun = performance.now()
  const secondsSince = (start: number) => (performance.now() - start) / 1_000
  const output = path.join(flags.out, 'welcome.mp4')
  const contactSheet = path.join(flags.out, 'welcome-contact.png')

  const storyboard = await loadChecked(WELCOME, terminal)
  const instance = await startInstance({ dataDir: flags.data ?? DEFAULT_DATA_DIR }, terminal, signal)
  const startup = secondsSince(begun)
  const api = createApi(instance.url, instance.apiKey)
  let jobId: string | null = null
  let result: Awaited<ReturnType<typeof renderFilm>>
  let facts: string
  const closed = async () => {
    const from = performance.now()
    await instance.close()
    return secondsSince(from)
  }
  try {
    const rendering = renderFilm(
      {
        output,
        contactSheet,
        subtitles: null,
        options: jobOptions(flags),
        onAccepted: async (job) => {
          jobId = job.id
          terminal.err(`Watch it live: ${paint.bold(await watchLink(api, job, signal))}`)
        },
      },
      api,
      storyboard,
      terminal,
      signal,
    )
    result = await Promise.race([rendering, instance.failed])
    facts = await probeLine(result.output)
  } catch (error) {
    if (signal.aborted && jobId)
      sayHowToResume(jobId, true, flags.data ? ` --data ${flags.data}` : '', context)
    await closed()
    throw error
  }
  const stop = await closed()
  const total = secondsSince(begun)
  const parts = Object.fromEntries(
    Object.entries(instance.startupS).map(([part, seconds]) => [`start ${part}`, seconds]),
  )
  const { job: _wall, ...spent } = result.stages
  if (flags.json) {
    terminal.out(
      JSON.stringify({ ...result, stages: { startup, ...instance.startupS, ...spent, stop, total } }),
    )
    return
  }
  terminal.out('')
  terminal.out(`  Film           ${terminal.outPalette.bold(shortPath(path.resolve(output)))}`)
  terminal.out(`                 ${filmLine(result)}`)
  terminal.out(`  Contact sheet  ${terminal.outPalette.bold(shortPath(path.resolve(contactSheet)))}`)
  terminal.out(`  ffprobe        ${facts}`)
  terminal.out('')
  const table = stageTable({ ...parts, ...spent, stop }, terminal.outPalette, terminal.unicode)
  for (const line of table) terminal.out(line)
  terminal.out(`  ${'total'.padEnd(14)} ${secondsText(total).padStart(8)}  (parts start side by side)`)
  terminal.out('')
  terminal.err(
    'Next: "npx just dev" keeps an instance up; "framecast render FILE --embedded" renders your own.',
  )
}
