import { createHash } from 'node:crypto'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import t, { type Test } from 'tap'
import type { FilmFormat } from '../../core/media/format.ts'
import { listPackets, probe, runFfmpeg } from '../../core/platform/ffmpeg.ts'
import { checkGrid } from '../../worker/compose/check.ts'
import { conformClip, type Segment } from '../../worker/compose/conform.ts'
import { fitFilter } from '../../worker/compose/fit.ts'
import { FORMAT, makeClip, mean, packetHashes, tempDir, tools, watch } from './fixtures.ts'

const dir = await tempDir(t)
let count = 0

async function conform(
  source: string,
  over: Partial<Parameters<typeof conformClip>[0]> = {},
): Promise<Segment> {
  count += 1
  const out = path.join(dir, `segment-${count}.mp4`)
  return conformClip({
    tools,
    source,
    format: FORMAT,
    frames: 48,
    cutFrames: [0],
    out,
    workDir: dir,
    ...over,
  })
}

/** Every rule a segment must keep, whatever came in. */
async function isSegment(
  t: Test,
  segment: Segment,
  frames: number,
  cutFrames: number[],
  format: FilmFormat = FORMAT,
): Promise<void> {
  const info = await probe(tools, segment.path, { countFrames: true })
  t.equal(info.video?.frames, frames, 'frame count')
  t.equal(`${info.video?.width}x${info.video?.height}`, `${format.width}x${format.height}`, 'size')
  t.equal(info.video?.averageRate, format.fps, 'rate')
  t.equal(info.streamCount, 1, 'pictures only')
  t.equal(info.video?.pixelAspect, 1)
  const grid = checkGrid(await listPackets(tools, segment.path), format)
  t.same(grid.faults, [], 'time grid and closed groups')
  t.same(
    cutFrames.filter((frame) => !grid.keyFrames.includes(frame)),
    [],
    'key frames at the cuts',
  )
  t.same(grid.keyFrames, segment.keyFrames)
  const bytes = await readFile(segment.path)
  t.equal(segment.sizeBytes, bytes.length)
  t.equal(segment.sha256, createHash('sha256').update(bytes).digest('hex'))
}

const numbers = async (file: string): Promise<number[]> => (await watch(file)).map(({ frame }) => frame)
const upTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i)

t.test('a clip made with our settings is taken over byte for byte', async (t) => {
  const source = await makeClip(path.join(dir, 'ours.mp4'), 1, 48, { keyFrames: [0, 7, 36] })
  const segment = await conform(source, { cutFrames: [0, 7, 36] })
  t.equal(segment.adopted, true)
  t.same(await readFile(segment.path), await readFile(source))
  await isSegment(t, segment, 48, [0, 7, 36])
})

t.test('with a key frame missing it is encoded anew', async (t) => {
  const source = await makeClip(path.join(dir, 'unkeyed.mp4'), 1, 48)
  const segment = await conform(source, { cutFrames: [0, 7, 36] })
  t.equal(segment.adopted, false)
  await isSegment(t, segment, 48, [0, 7, 36, 12])
  t.same(await numbers(segment.path), upTo(48))
})

t.test('all segments of a format share one parameter set, whatever they show', async (t) => {
  const hashes = new Set<string | null | undefined>()
  for (const [index, frames] of [1, 2, 3, 48].entries()) {
    const source = path.join(dir, `noise-${index}.mkv`)
    await runFfmpeg(
      tools,
      {
        inputs: [{ lavfi: `nullsrc=s=320x180:r=24,geq=random(${index})*255:128:128` }],
        outputs: [{ path: source, options: ['-frames:v', String(frames), '-c:v', 'ffv1'] }],
      },
      { wallMs: 60_000 },
    )
    const segment = await conform(source, { frames })
    hashes.add((await probe(tools, segment.path)).video?.extradataHash)
  }
  t.equal(hashes.size, 1)
})

const X264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-crf', '12', '-pix_fmt', 'yuv420p']
const BIGGER = { width: 640, height: 360, fps: 24 } as const

t.test('odd clips become segments, frame for frame', async (t) => {
  const cases: [string, Parameters<typeof makeClip>[3]][] = [
    ['another encoder', { args: ['-c:v', 'mpeg4', '-q:v', '2'] }],
    ['ten bits, all intra', { args: ['-c:v', 'libx264', '-g', '1', '-pix_fmt', 'yuv444p10le'] }],
    ['twice the size', { format: BIGGER, args: X264 }],
    ['an odd time scale', { args: [...X264, '-video_track_timescale', '1000'] }],
    ['an open first time stamp', { args: [...X264, '-output_ts_offset', '1.37'] }],
    ['longer than wanted', { args: X264 }],
  ]
  for (const [what, options] of cases) {
    await t.test(what, async (t) => {
      const frames = what.startsWith('longer') ? 60 : 48
      const source = await makeClip(path.join(dir, `${what}.mp4`), 2, frames, options)
      const segment = await conform(source, { cutFrames: [0, 10, 38] })
      await isSegment(t, segment, 48, [0, 10, 38])
      t.same(await numbers(segment.path), upTo(48))
    })
  }
})

t.test('another rate keeps its pace', async (t) => {
  // 16 frames a second for 3 s: every picture lasts one frame and a half.
  const source = await makeClip(path.join(dir, 'slow.mp4'), 1, 48, { rate: 16, args: X264 })
  const segment = await conform(source, { frames: 72 })
  await isSegment(t, segment, 72, [0])
  const seen = await numbers(segment.path)
  seen.forEach((number, index) => {
    t.ok(Math.abs(number - index / 1.5) <= 1, `frame ${index} shows ${number}`)
  })
})

t.test('a varying rate becomes a constant one without drift', async (t) => {
  const source = path.join(dir, 'varying.mkv')
  const plain = await makeClip(path.join(dir, 'before-varying.mp4'), 1, 72, { args: X264 })
  await runFfmpeg(
    tools,
    {
      inputs: [{ path: plain }],
      // Every fourth picture is missing and some come late.
      filter: "[0:v]select='mod(n,4)',setpts='PTS+if(eq(mod(N,5),0),0.01/TB,0)'[v]",
      outputs: [{ path: source, options: ['-map', '[v]', '-fps_mode', 'vfr', ...X264] }],
    },
    { wallMs: 60_000 },
  )
  const segment = await conform(source, { frames: 68 })
  await isSegment(t, segment, 68, [0])
  const seen = await numbers(segment.path)
  const first = seen[0]!
  seen.forEach((number, index) => {
    t.ok(Math.abs(number - first - index) <= 2, `frame ${index} shows ${number}`)
  })
})

t.test('sound is left out, turned pictures are turned', async (t) => {
  const plain = await makeClip(path.join(dir, 'before-turn.mp4'), 3, 48, { args: X264 })
  const turned = path.join(dir, 'turned.mp4')
  await runFfmpeg(
    tools,
    {
      inputs: [{ path: plain }, { lavfi: 'sine=440:duration=2' }],
      outputs: [{ path: turned, options: ['-map', '0:v', '-map', '1:a', '-c:v', 'copy', '-c:a', 'aac'] }],
    },
    { wallMs: 60_000 },
  )
  // Written into the track header by hand (ISO/IEC 14496-12, 8.3.2): every ffmpeg has another option for it.
  const bytes = await readFile(turned)
  const matrix = bytes.indexOf('tkhd') + 44
  ;[-0x10000, 0, 0, 0, -0x10000, 0, 320 << 16, 180 << 16, 0x40000000].forEach((value, index) => {
    bytes.writeInt32BE(value, matrix + 4 * index)
  })
  await writeFile(turned, bytes)
  t.equal((await probe(tools, turned)).video?.rotation, 180)
  const segment = await conform(turned)
  await isSegment(t, segment, 48, [0])
  // Upside down: the number is now at the bottom, and the top is plain.
  const { luma } = (await watch(segment.path))[5]!
  const bottom = [...luma.subarray(170 * 320 + 5, 170 * 320 + 315)]
  t.ok(Math.max(...bottom) - Math.min(...bottom) > 100, 'the blocks are at the bottom')
})

t.test('shape: nearly the same is cropped, another is set on a blurred copy', async (t) => {
  const near = { width: 320, height: 176, fps: 24 } as const
  const cropped = await conform(
    await makeClip(path.join(dir, 'near.mp4'), 2, 48, { format: near, args: X264 }),
  )
  await isSegment(t, cropped, 48, [0])
  const tall = { width: 180, height: 320, fps: 24 } as const
  const source = await makeClip(path.join(dir, 'tall.mp4'), 3, 48, { format: tall, args: X264 })
  const boxed = await conform(source)
  await isSegment(t, boxed, 48, [0])
  const { luma } = (await watch(boxed.path))[0]!
  const side = mean(luma, 320, 5, 60, 100, 170)
  const centre = mean(luma, 320, 130, 190, 100, 170)
  t.ok(side < centre - 40 && side > 30, `a darkened copy beside the picture (${side} beside ${centre})`)
})

t.test('fitting never leaves the frame: a table of shapes', async (t) => {
  const film = { width: 1280, height: 720, fps: 24 } as const
  const video = { rotation: 0, pixelAspect: 1 }
  t.match(fitFilter({ ...video, width: 1280, height: 720 }, film), /^scale=1280:720:[^,]*,setsar/)
  t.match(fitFilter({ ...video, width: 1280, height: 704 }, film), /^scale=1310:720:.*crop=1280:720/)
  t.match(fitFilter({ ...video, width: 1920, height: 1088 }, film), /^scale=1280:726:.*crop=1280:720/)
  t.match(fitFilter({ ...video, width: 720, height: 720 }, film), /\[front\]scale=720:720:.*overlay=280:0/)
  t.match(
    fitFilter({ ...video, width: 720, height: 1280, rotation: 90 }, film),
    /^scale=1280:720:[^,]*,setsar/,
  )
  t.match(
    fitFilter({ ...video, width: 960, height: 720, pixelAspect: 4 / 3 }, film),
    /^scale=1280:720:[^,]*,setsar/,
  )
})

t.test('nothing is left beside the segments, and an abort is told', async (t) => {
  const source = await makeClip(path.join(dir, 'aborted-source.mp4'), 1, 48, { args: X264 })
  const early = conform(source, { signal: AbortSignal.abort(new Error('enough')) })
  await t.rejects(early, new Error('enough'), 'before it begins')
  const controller = new AbortController()
  const late = conform(source, {
    signal: controller.signal,
    onProgress: () => controller.abort(new Error('enough')),
  })
  await t.rejects(late, new Error('enough'), 'while it encodes')
  const left = await readdir(dir)
  t.same(
    left.filter((name) => name.endsWith('.part') || name.startsWith('header-')),
    [],
  )
})

t.test('segments come out the same every time', async (t) => {
  const source = await makeClip(path.join(dir, 'again.mp4'), 1, 48, { args: X264 })
  const [one, two] = [await conform(source), await conform(source)]
  t.equal(one.sha256, two.sha256)
  t.same(await packetHashes(one.path), await packetHashes(two.path))
})
