/**
 * What composing costs, as ratios to the least it could: a stream copy of the same clips with the same silent sound.
 *
 *   node bench/compose.ts [clips] [runs]
 *
 * Times are CPU seconds of all ffmpeg processes (user + system), which a busy machine disturbs less than wall time; each
 * figure is the smallest of `runs` (3). Clips: 5 s, 1280x720, 24 fps, moving test pictures with noise, four different ones in turn.
 */
import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { availableParallelism, tmpdir } from 'node:os'
import path from 'node:path'
import { segmentFileArgs, videoEncoderArgs } from '../core/media/encoder-args.ts'
import { filmFormat } from '../core/media/format.ts'
import { type FfmpegTools, findTools, runFfmpeg } from '../core/platform/ffmpeg.ts'
import type { Join, Shot, ShotPlan } from '../core/storyboard/plan-types.ts'
import { makeFilm } from '../test/compose/make-film.ts'
import { conformClip, type Segment } from '../worker/compose/conform.ts'

const CLIPS = Number(process.argv[2] ?? 12)
const format = filmFormat('720p', '16:9', 24)
const CLIP_FRAMES = 5 * format.fps
const JOIN_FRAMES = format.fps / 2
const RUNS = Number(process.argv[3] ?? 3)
const DIFFERENT = 4

/** CPU seconds of children that ended, since this process began. */
async function childCpuS(): Promise<number> {
  const fields = (await readFile('/proc/self/stat', 'utf8')).split(') ')[1]!.split(' ')
  return (Number(fields[13]) + Number(fields[14])) / 100
}

async function cpuOf(work: () => Promise<unknown>): Promise<number> {
  const figures: number[] = []
  for (let run = 0; run < RUNS; run += 1) {
    const before = await childCpuS()
    await work()
    figures.push((await childCpuS()) - before)
  }
  return Math.min(...figures)
}

function planOf(joinFrames: number): ShotPlan {
  const shots = Array.from({ length: CLIPS }, (_, index): Shot => {
    const startFrame = index * (CLIP_FRAMES - joinFrames)
    return {
      index,
      sceneId: `s${index}`,
      path: `scenes[${index}]`,
      inFrame: 0,
      frames: CLIP_FRAMES,
      startFrame,
      treatment: null,
    }
  })
  const joins = shots.slice(1).map((shot): Join => {
    return {
      after: shot.index - 1,
      type: 'dissolve',
      frames: joinFrames,
      params: {},
      effects: [],
      audio: null,
    }
  })
  const frames = CLIPS * CLIP_FRAMES - (CLIPS - 1) * joinFrames
  return {
    title: 'Bench',
    format,
    clips: [],
    shots,
    joins: joins.filter((join) => join.frames > 0),
    frames,
    durationS: frames / format.fps,
  }
}

async function makeClips(tools: FfmpegTools, dir: string): Promise<Map<string, Segment>> {
  const segments = new Map<string, Segment>()
  const keyFrames = [0, JOIN_FRAMES, CLIP_FRAMES - JOIN_FRAMES]
  for (let index = 0; index < Math.min(CLIPS, DIFFERENT); index += 1) {
    const source = path.join(dir, `${index}.mp4`)
    const picture = `testsrc2=s=${format.width}x${format.height}:r=${format.fps},noise=c0s=6:c0f=t:all_seed=${index + 1},setsar=1`
    await runFfmpeg(
      tools,
      {
        inputs: [{ lavfi: picture }],
        outputs: [
          {
            path: source,
            options: [
              '-frames:v',
              String(CLIP_FRAMES),
              ...videoEncoderArgs(format, keyFrames),
              ...segmentFileArgs(),
            ],
          },
        ],
      },
      { wallMs: 120_000 },
    )
    const out = path.join(dir, `${index}-segment.mp4`)
    const segment = await conformClip({
      tools,
      source,
      format,
      frames: CLIP_FRAMES,
      cutFrames: keyFrames,
      out,
      workDir: dir,
    })
    if (!segment.adopted) throw new Error('the clip should have been adopted')
    for (let id = index; id < CLIPS; id += DIFFERENT) segments.set(`s${id}`, segment)
  }
  return segments
}

/** Started by hand, so that the floor carries nothing of ours. */
function plainFfmpeg(tools: FfmpegTools, args: string[]): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const child = spawn(tools.ffmpeg, ['-v', 'error', '-nostdin', '-y', ...args], {
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  child.on('error', reject)
  child.on('close', (code) => (code === 0 ? resolve() : reject(new Error(`ffmpeg: ${code}`))))
  return promise
}

const tools = await findTools(process.env)
const dir = await mkdtemp(path.join(tmpdir(), 'framecast-bench-'))
try {
  const segments = await makeClips(tools, dir)
  const list = path.join(dir, 'floor.ffconcat')
  await writeFile(
    list,
    [
      'ffconcat version 1.0',
      ...Array.from({ length: CLIPS }, (_, i) => `file '${segments.get(`s${i}`)!.path}'`),
    ].join('\n'),
  )
  const filmS = (CLIPS * CLIP_FRAMES) / format.fps
  const sound = [
    '-f',
    'lavfi',
    '-i',
    'anullsrc=r=48000:cl=stereo',
    '-t',
    String(filmS),
    '-c:a',
    'aac',
    '-b:a',
    '128k',
  ]
  const out = path.join(dir, 'film.mp4')
  const concat = ['-f', 'concat', '-safe', '0', '-i', list]
  const cuts = planOf(0)
  const joined = planOf(JOIN_FRAMES)
  const compose = (plan: ShotPlan) => () => makeFilm({ tools, plan, segments, workDir: dir, out })

  const floor = await cpuOf(() =>
    plainFfmpeg(tools, [
      ...concat,
      ...sound,
      '-map',
      '0:v',
      '-map',
      '1:a',
      '-c:v',
      'copy',
      path.join(dir, 'floor.mp4'),
    ]),
  )
  const whole = await cpuOf(() =>
    plainFfmpeg(tools, [
      ...concat,
      ...sound,
      '-map',
      '0:v',
      '-map',
      '1:a',
      ...videoEncoderArgs(format, []),
      path.join(dir, 'floor.mp4'),
    ]),
  )
  const cutsAll = await cpuOf(compose(cuts))
  const joinedAll = await cpuOf(compose(joined))

  const row = (what: string, cpuS: number) =>
    console.log(
      `${what.padEnd(58)}${cpuS.toFixed(2).padStart(8)} s${(cpuS / floor).toFixed(1).padStart(8)} x`,
    )
  console.log(
    `ffmpeg ${tools.version}, ${availableParallelism()} cores, ${CLIPS} clips of 5 s, 720p at 24 fps`,
  )
  console.log(`${''.padEnd(58)}${'CPU'.padStart(10)}${'floor'.padStart(10)}`)
  row('floor: stream copy and silent AAC, unchecked', floor)
  row('cuts: composed and checked', cutsAll)
  row(`${CLIPS - 1} dissolves of 0.5 s: composed and checked`, joinedAll)
  row('for comparison: everything encoded anew, unchecked', whole)
} finally {
  await rm(dir, { recursive: true, force: true })
}
