/** A flash and a beep that were placed together are seen and heard together, behind joins as well. */
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import t from 'tap'
import { segmentFileArgs, videoEncoderArgs } from '../../core/media/encoder-args.ts'
import { runFfmpeg } from '../../core/platform/ffmpeg.ts'
import { buildPlan, FORMAT, makeClip, mean, tempDir, tools, watch } from './fixtures.ts'
import { makeFilm } from './make-film.ts'

const dir = await tempDir(t)
const CLIP = 60
const FLASH = 31
const RATE = 48_000
const keyFrames = [0, 12, 24, 36, 48]

const dark = path.join(dir, 'dark.mp4')
const { width, height, fps } = FORMAT
await runFfmpeg(
  tools,
  {
    inputs: [
      {
        lavfi: `color=c=black:s=${width}x${height}:r=${fps},drawbox=c=white:t=fill:enable='eq(n,${FLASH})',setsar=1`,
      },
    ],
    outputs: [
      {
        path: dark,
        options: ['-frames:v', String(CLIP), ...videoEncoderArgs(FORMAT, keyFrames), ...segmentFileArgs()],
      },
    ],
  },
  { wallMs: 60_000 },
)
const other = await makeClip(path.join(dir, 'other.mp4'), 0, CLIP, { keyFrames })
const segments = new Map([
  ['other', { path: other, frames: CLIP, keyFrames }],
  ['dark', { path: dark, frames: CLIP, keyFrames }],
])

t.test('flash and beep lie within half a frame of each other', async (t) => {
  const plan = buildPlan(
    [
      { scene: 'other', frames: CLIP },
      { scene: 'dark', frames: CLIP },
      { scene: 'dark', frames: CLIP },
      { scene: 'other', frames: CLIP },
    ],
    [
      { after: 0, frames: 12 },
      { after: 2, frames: 7, type: 'wipe' },
    ],
  )
  const flashes = plan.shots
    .filter(({ sceneId }) => sceneId === 'dark')
    .map(({ startFrame }) => startFrame + FLASH)
  const beeps = flashes.map((frame) => `between(t,${frame / fps},${(frame + 1) / fps})`).join('+')
  const sound = path.join(dir, 'sound.m4a')
  const samples = (plan.frames * RATE) / fps
  await runFfmpeg(
    tools,
    {
      inputs: [{ lavfi: `aevalsrc='0.8*sin(2000*PI*t)*(${beeps})':s=${RATE},atrim=end_sample=${samples}` }],
      outputs: [{ path: sound, options: ['-ac', '2', '-c:a', 'aac', '-b:a', '192k', '-f', 'mp4'] }],
    },
    { wallMs: 60_000 },
  )
  const film = await makeFilm({ tools, plan, segments, sound, workDir: dir, out: path.join(dir, 'film.mp4') })

  const seen = await watch(film.path)
  const light = seen.map(({ luma }) => mean(luma, width, 0, width, 0, height))
  const lit = light.flatMap((level, frame) => (level > 220 ? [frame] : []))
  t.same(lit, flashes, 'each flash is one frame, where it was planned')

  const pcm = path.join(dir, 'heard.f32')
  await runFfmpeg(
    tools,
    {
      inputs: [{ path: film.path }],
      outputs: [{ path: pcm, options: ['-map', '0:a', '-ac', '1', '-c:a', 'pcm_f32le', '-f', 'f32le'] }],
    },
    { wallMs: 60_000 },
  )
  const bytes = await readFile(pcm)
  const heard = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4)
  t.ok(Math.abs(heard.length - samples) < 1_024, 'the sound is as long as the film')
  const loud = Array.from(heard).flatMap((level, sample) => (Math.abs(level) > 0.2 ? [sample] : []))
  for (const frame of flashes) {
    const near = loud.filter((sample) => Math.abs(sample / RATE - frame / fps) < 0.5)
    const apartS = near[0]! / RATE - frame / fps
    t.ok(Math.abs(apartS) < 0.5 / fps, `beep ${(apartS * 1_000).toFixed(1)} ms from its flash`)
    t.ok(near.at(-1)! / RATE < (frame + 1.5) / fps, 'and over with it')
  }
})
