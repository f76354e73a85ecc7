/** The film's sound as delivered: loudness and peaks by ffmpeg's meter, and pictures and sound that stay together. */
import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { probe, runFfmpeg } from '../../core/platform/ffmpeg.ts'
import { fromDb } from '../../core/sound/loudness.ts'
import { noise, randomFrom } from '../../core/sound/random.ts'
import { type Stereo, scale } from '../../core/sound/signal.ts'
import type { LoudnessProfile } from '../../core/storyboard/render-options.ts'
import { conformClip } from '../../worker/compose/conform.ts'
import { masterSound } from '../../worker/sound/master.ts'
import { mix } from '../../worker/sound/mix.ts'
import { PIECE, silence, toStereo } from '../../worker/sound/pcm.ts'
import { buildPlan, tempDir, tools, watch } from '../compose/fixtures.ts'
import { makeFilm } from '../compose/make-film.ts'
import { asSource, input, loudness, RATE, tone } from './hearing.ts'

const dir = await tempDir(t)
const { signal } = new AbortController()
let films = 0

async function* pieces({ left, right }: Stereo): AsyncGenerator<Stereo> {
  for (let at = 0; at < left.length; at += PIECE)
    yield { left: left.slice(at, at + PIECE), right: right.slice(at, at + PIECE) }
}

async function master(sound: Stereo, profile: LoudnessProfile = 'web') {
  films += 1
  const workDir = join(dir, String(films))
  await mkdir(workDir)
  return masterSound({ tools, mixed: pieces(sound), samples: sound.left.length, profile, workDir, signal })
}

/** Hiss at a level, with a bang of full scale every second. */
function hissAndBangs(seconds: number, hiss: number, bang: number): Stereo {
  const left = scale(noise(seconds * RATE, randomFrom('hiss')), hiss)
  const bangs = noise(seconds * RATE, randomFrom('bangs'))
  for (let i = 0; i < left.length; i++) if (i % RATE < 1_000) left[i]! += bang * bangs[i]!
  return { left, right: left.slice() }
}

for (const [what, sound] of [
  ['quiet music', tone(440, 6, 0.02)],
  ['loud music', tone(440, 6, 0.9)],
  ['hiss with bangs', hissAndBangs(6, 0.1, 0.5)],
  ['half a second', tone(440, 0.5)],
] as const)
  for (const [profile, lufs] of [
    ['web', -14],
    ['ebu-r128', -23],
  ] as const)
    t.test(`${what} is delivered at ${lufs} LUFS, below -1 dBTP`, async (t) => {
      const made = await master(sound, profile)
      const heard = await loudness(tools, made.path)
      t.ok(Math.abs(heard.lufs - lufs) <= 0.5, `${heard.lufs} LUFS`)
      t.ok(heard.truePeakDb <= -1, `${heard.truePeakDb} dBTP`)
      t.ok(Math.abs(made.level.lufs - heard.lufs) <= 0.2, `we say ${made.level.lufs} LUFS`)
      t.ok(Math.abs(made.level.truePeakDb - heard.truePeakDb) <= 0.3, `and ${made.level.truePeakDb} dBTP`)
    })

t.test('as mixed is as mixed, but for peaks', async (t) => {
  const quiet = await loudness(tools, (await master(tone(1_000, 4, fromDb(-30)), 'none')).path)
  t.ok(Math.abs(quiet.lufs + 30) <= 0.5, `${quiet.lufs} LUFS`)
  const loud = await loudness(tools, (await master(tone(1_000, 4, 4), 'none')).path)
  t.ok(loud.truePeakDb <= -1, `${loud.truePeakDb} dBTP`)
})

t.test('what is almost silent is not blown up, and silence stays silence', async (t) => {
  const whisper = await loudness(tools, (await master(scaled(hissAndBangs(3, 0.0005, 0)))).path)
  t.ok(whisper.lufs < -40, `${whisper.lufs} LUFS`)
  const nothing = await master(silence(2 * RATE))
  t.equal(nothing.level.lufs, Number.NEGATIVE_INFINITY)
  t.equal(nothing.level.truePeakDb, Number.NEGATIVE_INFINITY)
})

const scaled = ({ left, right }: Stereo): Stereo => ({ left: scale(left, 0.5), right: scale(right, 0.5) })

t.test('bangs do not force everything else up: peaks are pressed by 12 dB at most', async (t) => {
  const heard = await loudness(tools, (await master(hissAndBangs(6, 0.05, 0.9))).path)
  t.ok(heard.lufs < -15, `${heard.lufs} LUFS`)
  t.ok(heard.truePeakDb <= -1, `${heard.truePeakDb} dBTP`)
})

t.test('one bang in the silence does not become the measure of everything', async (t) => {
  const sound = hissAndBangs(1, 0, 1)
  const long = silence(8 * RATE)
  long.left.set(sound.left)
  long.right.set(sound.right)
  const heard = await loudness(tools, (await master(long)).path)
  t.ok(heard.truePeakDb <= -1, `${heard.truePeakDb} dBTP`)
})

t.test('the encoded sound is as long as the film, to the sample, and begins at 0', async (t) => {
  for (const samples of [1, 1_024, 48_000 + 2_000]) {
    const made = await master({ left: new Float32Array(samples).fill(0.1), right: new Float32Array(samples) })
    const { audio } = await probe(tools, made.path)
    t.equal(Math.round(audio!.durationS! * RATE), samples)
  }
})

t.test('a flash and a beep that belong together are seen and heard together', async (t) => {
  const format = { width: 320, height: 180, fps: 24 } as const
  const [FRAMES, FLASH] = [72, 47]
  const source = join(dir, 'flash.mp4')
  await runFfmpeg(
    tools,
    {
      inputs: [
        { lavfi: `color=black:s=320x180:r=24:d=3,drawbox=color=white:t=fill:enable='eq(n,${FLASH})'` },
      ],
      outputs: [
        { path: source, options: ['-c:v', 'libx264', '-pix_fmt', 'yuv420p', '-bf', '0', '-qp', '10'] },
      ],
    },
    { wallMs: 60_000 },
  )
  const clip = await conformClip({
    tools,
    source,
    format,
    frames: FRAMES,
    cutFrames: [0],
    out: join(dir, 'flash-segment.mp4'),
    workDir: dir,
  })
  const plan = buildPlan([{ scene: 'a', frames: FRAMES }])
  const samples = FRAMES * 2_000
  const beep = input(await asSource(dir, tone(1_000, 0.2)), { start: FLASH / 24 })
  const workDir = join(dir, 'beep')
  await mkdir(workDir)
  const sound = await masterSound({
    tools,
    mixed: mix([beep], samples),
    samples,
    profile: 'web',
    workDir,
    signal,
  })
  const film = await makeFilm({
    tools,
    plan,
    segments: new Map([['a', clip]]),
    sound: sound.path,
    workDir: dir,
    out: join(dir, 'film.mp4'),
  })
  const seen = (await watch(film.path)).findIndex(({ plain }) => plain > 120)
  const pcm = join(dir, 'film.pcm')
  // Of the whole container, edit list and all, as a player hears it.
  await runFfmpeg(
    tools,
    {
      inputs: [{ path: film.path }],
      outputs: [{ path: pcm, options: ['-map', '0:a', '-ac', '2', '-f', 'f32le'] }],
    },
    { wallMs: 60_000 },
  )
  const { left } = toStereo(await readFile(pcm))
  const peak = left.reduce((a, b) => Math.max(a, Math.abs(b)), 0)
  const heard = left.findIndex((sample) => Math.abs(sample) > peak / 4) / RATE
  t.equal(seen, FLASH)
  t.ok(Math.abs(heard - FLASH / 24) < 0.5 / 24, `seen at ${FLASH / 24} s, heard at ${heard} s`)
  t.ok(Math.abs(heard - FLASH / 24) < 0.002, 'and much closer')
  const info = await probe(tools, film.path)
  t.equal(info.audio!.durationS, info.video!.durationS, 'they end together')
})
