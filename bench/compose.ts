/**
 * What composing costs, in CPU seconds against the least it could: bare ffmpeg that copies the same clips and lays the same
 * mix of sounds under them.
 *
 *   node bench/compose.ts [rounds] [part ...]     parts: cuts, joins, chain, long; all of them by default
 *
 * CPU seconds are those of the whole process tree, Node's own included, which a busy machine disturbs less than wall time. In
 * each round (3) every contestant runs once, one after the other; each figure is its smallest, each ratio one of these.
 * Clips: 5 s at 24 fps, moving test pictures with a little noise, four different ones in turn, each a file of its own.
 * Sound: a bed of music and six effects, mixed by the same filters on both sides; ours is a step of its own whose result is
 * copied into the film.
 */
import { spawn } from 'node:child_process'
import { copyFile, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { availableParallelism, tmpdir } from 'node:os'
import path from 'node:path'
import { segmentFileArgs, videoEncoderArgs } from '../core/media/encoder-args.ts'
import { type FilmFormat, filmFormat } from '../core/media/format.ts'
import { findTools, runFfmpeg } from '../core/platform/ffmpeg.ts'
import type { Join, Shot, ShotPlan } from '../core/storyboard/plan-types.ts'
import { makeFilm } from '../test/compose/make-film.ts'
import { conformClip, type Segment } from '../worker/compose/conform.ts'
import { decodeSound } from '../worker/sound/decode.ts'
import { masterSound } from '../worker/sound/master.ts'
import { type MixInput, mix } from '../worker/sound/mix.ts'
import { cpuOf, peakChildBytes } from './support/cpu.ts'

const FPS = 24
const CLIP_FRAMES = 5 * FPS
const JOIN_FRAMES = FPS / 2
const DIFFERENT = 4
const [rounds = '3', ...parts] = process.argv.slice(2)
const ROUNDS = Number(rounds)
const wanted = (part: string): boolean => parts.length === 0 || parts.includes(part)

const tools = await findTools(process.env)
const dir = await mkdtemp(path.join(tmpdir(), 'framecast-bench-'))

type Contestant = { name: string; work: () => Promise<unknown>; rounds?: number }

/** Smallest CPU seconds of each contestant. */
async function compete(contestants: readonly Contestant[]): Promise<Map<string, number>> {
  const best = new Map<string, number>()
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const { name, work, rounds = ROUNDS } of contestants) {
      if (round >= rounds) continue
      best.set(name, Math.min(best.get(name) ?? Number.POSITIVE_INFINITY, await cpuOf(work)))
    }
  }
  return best
}

function planOf(clips: number, joinFrames: number, format: FilmFormat): ShotPlan {
  const shots = Array.from({ length: clips }, (_, index): Shot => {
    const startFrame = index * (CLIP_FRAMES - joinFrames)
    const path = `scenes[${index}]`
    return { index, sceneId: `s${index}`, path, inFrame: 0, frames: CLIP_FRAMES, startFrame, treatment: null }
  })
  const joins = shots.slice(1).map(({ index }): Join => {
    return { after: index - 1, type: 'dissolve', frames: joinFrames, params: {}, effects: [], audio: null }
  })
  const frames = clips * CLIP_FRAMES - (clips - 1) * joinFrames
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

/** Conformed clips, as scenes leave them in the store. */
async function makeClips(clips: number, format: FilmFormat): Promise<Map<string, Segment>> {
  const cutFrames = [0, JOIN_FRAMES, CLIP_FRAMES - JOIN_FRAMES]
  const different: Segment[] = []
  for (let index = 0; index < Math.min(clips, DIFFERENT); index += 1) {
    const source = path.join(dir, `source-${format.height}-${index}.mp4`)
    const picture = `testsrc2=s=${format.width}x${format.height}:r=${FPS},noise=c0s=2:c0f=t:all_seed=${index + 1},setsar=1`
    const options = [
      '-frames:v',
      String(CLIP_FRAMES),
      ...videoEncoderArgs(format, cutFrames),
      ...segmentFileArgs(),
    ]
    await runFfmpeg(
      tools,
      { inputs: [{ lavfi: picture }], outputs: [{ path: source, options }] },
      { wallMs: 600_000 },
    )
    const out = path.join(dir, `segment-${format.height}-${index}.mp4`)
    different.push(
      await conformClip({ tools, source, format, frames: CLIP_FRAMES, cutFrames, out, workDir: dir }),
    )
  }
  const segments = new Map<string, Segment>()
  for (let index = 0; index < clips; index += 1) {
    const segment = different[index % DIFFERENT]!
    const own = path.join(dir, `clip-${format.height}-${index}.mp4`)
    await copyFile(segment.path, own)
    segments.set(`s${index}`, { ...segment, path: own })
  }
  return segments
}

/** Started by hand, so that a yardstick carries nothing of ours. */
function bare(args: string[]): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const child = spawn(tools.ffmpeg, ['-v', 'error', '-nostdin', '-y', ...args], {
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  child.on('error', reject)
  child.on('close', (code) => (code === 0 ? resolve() : reject(new Error(`ffmpeg: ${code}`))))
  return promise
}

const EFFECTS = 6

/** Files to be mixed: a bed as long as a film may be here, and short effects. */
async function makeSounds(): Promise<string[]> {
  const bed = path.join(dir, 'bed.wav')
  await bare([
    ...[
      '-f',
      'lavfi',
      '-i',
      'aevalsrc=0.2*sin(220*2*PI*t)+0.1*sin(331*2*PI*t)|0.2*sin(277*2*PI*t):s=48000:d=300',
    ],
    bed,
  ])
  const effects = await Promise.all(
    Array.from({ length: EFFECTS }, async (_, index) => {
      const file = path.join(dir, `effect-${index}.wav`)
      await bare(['-f', 'lavfi', '-i', `anoisesrc=r=48000:d=2:a=0.3:seed=${index}`, '-ac', '2', file])
      return file
    }),
  )
  return [bed, ...effects]
}

/** The mix as arguments of ffmpeg, its inputs from `first` on, ending in `[mix]`. */
function mixFilter(first: number, seconds: number): string {
  const effects = Array.from({ length: EFFECTS }, (_, index) => {
    const atMs = Math.round(((index + 0.5) * seconds * 1_000) / EFFECTS)
    return `[${first + 1 + index}:a]volume=0.8,afade=t=out:st=1.5:d=0.5,adelay=${atMs}:all=1[e${index}]`
  })
  const names = effects.map((_, index) => `[e${index}]`).join('')
  const end = Math.round(seconds * 48_000)
  return [
    `[${first}:a]volume=0.5,afade=t=in:d=2[bed]`,
    ...effects,
    `[bed]${names}amix=inputs=${EFFECTS + 1}:duration=first:normalize=0,atrim=end_sample=${end},alimiter=limit=0.89[mix]`,
  ].join(';')
}

const AAC = ['-c:a', 'aac', '-b:a', '192k', '-ac', '2', '-ar', '48000']
const sounds = await makeSounds()
const soundInputs = sounds.flatMap((file) => ['-i', file])

/** The film's sound as a step leaves it. */
const mixAlone = (seconds: number, out: string): Promise<void> =>
  bare([...soundInputs, '-filter_complex', mixFilter(0, seconds), '-map', '[mix]', ...AAC, out])

/** The same bed and effects through what the sound step runs: decoded, mixed, brought to -14 LUFS, encoded, listened to. */
async function soundStep(seconds: number): Promise<void> {
  const workDir = await mkdtemp(path.join(dir, 'sound-'))
  const { signal } = new AbortController()
  const samples = Math.round(seconds * 48_000)
  const inputs = await Promise.all(
    sounds.map(async (source, index): Promise<MixInput> => {
      const file = path.join(workDir, `${index}.pcm`)
      const level = await decodeSound({ tools, source, out: file, samples, signal })
      const start = index === 0 ? 0 : Math.round(((index - 0.5) * samples) / EFFECTS)
      return {
        lane: index === 0 ? 'music' : 'sfx',
        source,
        start,
        length: Math.min(level.samples, samples - start),
        skip: 0,
        gain: 0.5,
        loopOverlap: 0,
        fadeIn: { samples: index === 0 ? 96_000 : 0, curve: 'power' },
        fadeOut: { samples: 24_000, curve: 'power' },
        file: { path: file, samples: level.samples },
        level: 1,
      }
    }),
  )
  await masterSound({ tools, mixed: mix(inputs, samples), samples, profile: 'web', workDir, signal })
}

const concatOf = async (
  name: string,
  files: readonly string[],
  lines: readonly string[] = [],
): Promise<string> => {
  const list = path.join(dir, `${name}.ffconcat`)
  const entries = files.map((file) => [`file '${file}'`, ...lines].join('\n'))
  await writeFile(list, ['ffconcat version 1.0', ...entries].join('\n'))
  return list
}

/** The yardstick: one ffmpeg that copies the pictures, mixes the sounds and writes the index first. */
const copyAndMix = (list: string, seconds: number): Promise<void> =>
  bare([
    ...['-f', 'concat', '-safe', '0', '-i', list, ...soundInputs],
    ...['-filter_complex', mixFilter(1, seconds), '-map', '0:v', '-map', '[mix]', '-c:v', 'copy', ...AAC],
    ...['-movflags', '+faststart', path.join(dir, 'yardstick.mp4')],
  ])

const out = path.join(dir, 'film.mp4')
const sound = path.join(dir, 'sound.m4a')
const compose = (plan: ShotPlan, segments: ReadonlyMap<string, Segment>) =>
  makeFilm({ tools, plan, segments, sound, workDir: dir, out })

const mib = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(0)} MiB`
function row(what: string, cpu: number, yardstick: number, aim = ''): void {
  console.log(
    `${what.padEnd(66)}${cpu.toFixed(2).padStart(8)} s${(cpu / yardstick).toFixed(2).padStart(8)} ${aim}`,
  )
}

async function ofTwelve(): Promise<void> {
  const format = filmFormat('720p', '16:9', FPS)
  const segments = await makeClips(12, format)
  const files = [...segments.values()].map((segment) => segment.path)
  const bytes = (await stat(files[0]!)).size
  console.log(`\n12 clips of 5 s, 720p, ${((bytes * 8) / 5e6).toFixed(1)} Mbit/s`)
  const list = await concatOf('cuts', files)
  const cuts = planOf(12, 0, format)
  if (wanted('cuts')) {
    const best = await compete([
      { name: 'yardstick', work: () => copyAndMix(list, cuts.durationS) },
      { name: 'mix', work: () => mixAlone(cuts.durationS, sound) },
      { name: 'composed', work: () => compose(cuts, segments) },
      { name: 'mastered', work: () => soundStep(cuts.durationS) },
    ])
    const yardstick = best.get('yardstick')!
    row('yardstick: stream copy and mix in one bare ffmpeg', yardstick, yardstick)
    row(
      'cuts: mixed, composed and checked',
      best.get('mix')! + best.get('composed')!,
      yardstick,
      '(aim 1.15)',
    )
    row('  recomposed with unchanged sound', best.get('composed')!, yardstick, '(aim 0.35)')
    row('  the sound step alone: mixed, limited and brought to -14 LUFS', best.get('mastered')!, yardstick)
  }
  const joined = planOf(12, JOIN_FRAMES, format)
  if (!wanted('joins') && !wanted('chain')) return
  const ofCut = ({ durationS }: ShotPlan) => copyAndMix(list, durationS)
  const tail = ((CLIP_FRAMES - JOIN_FRAMES) / FPS).toFixed(6)
  const tails = await concatOf('tails', files.slice(0, -1), [`inpoint ${tail}`])
  const heads = await concatOf('heads', files.slice(1), [
    `outpoint ${((JOIN_FRAMES - 2.5) / FPS).toFixed(6)}`,
  ])
  const frames = 11 * JOIN_FRAMES
  const side = (input: number, name: string): string =>
    `[${input}:v]trim=end_frame=${frames},settb=1/90000,setpts=N*${90_000 / FPS},fps=${FPS}[${name}]`
  const encodeOnce = () =>
    bare([
      ...['-f', 'concat', '-safe', '0', '-i', tails, '-f', 'concat', '-safe', '0', '-i', heads],
      ...[
        '-filter_complex',
        `${side(0, 'a')};${side(1, 'b')};[a][b]xfade=duration=${frames / FPS}:offset=0,format=yuv420p[v]`,
      ],
      ...['-map', '[v]', '-frames:v', String(frames), ...videoEncoderArgs(format, [])],
      path.join(dir, 'bound.mp4'),
    ])
  const best = await compete([
    { name: 'copy', work: () => ofCut(joined) },
    { name: 'encode', work: encodeOnce },
    { name: 'mix', work: () => mixAlone(joined.durationS, sound) },
    { name: 'composed', work: () => compose(joined, segments) },
    ...(wanted('chain') ? [{ name: 'chain', work: () => xfadeChain(files, joined), rounds: 1 }] : []),
  ])
  const ours = best.get('mix')! + best.get('composed')!
  const bound = best.get('copy')! + best.get('encode')!
  row('bound: copy, mix, and one encode of just the 132 frames', bound, bound)
  row('11 dissolves of 0.5 s: mixed, drawn, composed and checked', ours, bound, '(aim 1.15)')
  const chain = best.get('chain')
  if (chain === undefined) return
  row('one xfade chain over everything, preset medium, and mix', chain, bound)
  console.log(`  ${(chain / ours).toFixed(1)} times what ours takes (aim 7)`)
}

/** Everything decoded, mixed and encoded in one go. */
function xfadeChain(files: readonly string[], plan: ShotPlan): Promise<void> {
  const chain = files.slice(1).map((_, index) => {
    const offset = (((index + 1) * (CLIP_FRAMES - JOIN_FRAMES)) / FPS).toFixed(6)
    const before = index === 0 ? '[0:v]' : `[x${index}]`
    return `${before}[${index + 1}:v]xfade=duration=${JOIN_FRAMES / FPS}:offset=${offset}[x${index + 1}]`
  })
  return bare([
    ...files.flatMap((file) => ['-i', file]),
    ...soundInputs,
    ...['-filter_complex', `${chain.join(';')};${mixFilter(files.length, plan.durationS)}`],
    ...[
      '-map',
      `[x${files.length - 1}]`,
      '-map',
      '[mix]',
      '-c:v',
      'libx264',
      '-preset',
      'medium',
      '-crf',
      '18',
      ...AAC,
    ],
    path.join(dir, 'chain.mp4'),
  ])
}

async function ofFifty(): Promise<void> {
  const format = filmFormat('1080p', '16:9', FPS)
  const segments = await makeClips(50, format)
  const files = [...segments.values()].map((segment) => segment.path)
  const bytes = (await stat(files[0]!)).size
  console.log(`\n50 clips of 5 s, 1080p, ${((bytes * 8) / 5e6).toFixed(1)} Mbit/s`)
  const list = await concatOf('long', files)
  const plan = planOf(50, 0, format)
  const best = await compete([
    { name: 'yardstick', work: () => copyAndMix(list, plan.durationS) },
    { name: 'mix', work: () => mixAlone(plan.durationS, sound) },
    { name: 'composed', work: () => compose(plan, segments) },
  ])
  const yardstick = best.get('yardstick')!
  row('yardstick: stream copy and mix in one bare ffmpeg', yardstick, yardstick)
  row('cuts: mixed, composed and checked', best.get('mix')! + best.get('composed')!, yardstick, '(aim 1.15)')
  row('  recomposed with unchanged sound', best.get('composed')!, yardstick)
  console.log('peak memory of the largest process that ffmpeg runs in (aim 128 MiB), and of Node')
  for (const clips of [12, 50]) {
    const some = planOf(clips, 0, format)
    await mixAlone(some.durationS, sound)
    const peak = await peakChildBytes(() => compose(some, segments))
    const status = await readFile('/proc/self/status', 'utf8')
    const own = Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) * 1_024
    console.log(`  ${clips} clips: ${mib(peak)}; ${mib(own)}`)
  }
}

try {
  console.log(`ffmpeg ${tools.version}, ${availableParallelism()} cores, ${ROUNDS} rounds`)
  console.log(`${''.padEnd(66)}${'CPU'.padStart(10)}${'ratio'.padStart(8)}`)
  if (['cuts', 'joins', 'chain'].some(wanted)) await ofTwelve()
  if (wanted('long')) await ofFifty()
} finally {
  await rm(dir, { recursive: true, force: true })
}
