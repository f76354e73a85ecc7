import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { filmAnimatic } from '../../comfyui/preview/board/animatic.ts'
import { filmJob, type LayerFile } from '../../comfyui/preview/board/film.ts'
import { layOut } from '../../comfyui/preview/board/layout.ts'
import { moodOf } from '../../comfyui/preview/board/mood.ts'
import type { BoardSpec } from '../../comfyui/preview/board/spec.ts'
import { titlesSvg } from '../../comfyui/preview/board/titles.ts'
import { MOVES } from '../../comfyui/preview/board/words.ts'
import { sharp } from '../../comfyui/preview/raster.ts'
import { perspectiveFilter, travelOf } from '../../core/media/camera.ts'
import { segmentFileArgs, videoEncoderArgs } from '../../core/media/encoder-args.ts'
import { type FrameRate, filmFormat } from '../../core/media/format.ts'
import { listPackets, parameterSets, probe, runFfmpeg } from '../../core/platform/ffmpeg.ts'
import { tools } from './support.ts'

const dir = mkdtempSync(join(tmpdir(), 'framecast-board-'))
t.teardown(() => rmSync(dir, { recursive: true, force: true }))

const plain: BoardSpec = {
  title: 'Welcome to Framecast',
  sceneId: 'welcome',
  sceneNumber: 2,
  scenesTotal: 5,
  prompt: 'A lighthouse on the coast at dusk, @mara rows towards the shore',
  details: '1.0 s · fade in 0.5 s',
  width: 426,
  height: 240,
  frames: 24,
  fps: 24,
  seed: 7,
  cutFrames: [0, 7, 19],
}

let films = 0
async function film(over: Partial<BoardSpec> = {}, images: string[] = []) {
  films += 1
  const output = join(dir, `${films}.mp4`)
  const boards: Buffer[] = []
  const frames: number[] = []
  await filmAnimatic(
    { ...plain, ...over },
    {
      tools,
      images,
      workDir: join(dir, `work-${films}`),
      output,
      signal: new AbortController().signal,
      onBoard: (board) => boards.push(board),
      onFrame: (frame) => frames.push(frame),
    },
  )
  return { output, board: boards[0]!, frames }
}

/** One frame as raw RGB. */
async function frameOf(path: string, frame: number): Promise<Buffer> {
  const output = `${path}-${frame}.rgb`
  await runFfmpeg(
    tools,
    {
      inputs: [{ path }],
      filter: `[0:v]select=eq(n\\,${frame}),format=rgb24[out]`,
      outputs: [{ path: output, options: ['-map', '[out]', '-frames:v', '1', '-f', 'rawvideo'] }],
    },
    { wallMs: 30_000 },
  )
  return readFileSync(output)
}

const difference = (a: Buffer, b: Buffer): number =>
  a.reduce((sum, value, i) => sum + Math.abs(value - b[i]!), 0) / a.length

for (const [aspect, fps, frames] of [
  ['16:9', 24, 24],
  ['9:16', 30, 31],
  ['1:1', 16, 17],
] as const) {
  t.test(`${aspect} at ${fps} fps: exactly the frames, key frames and settings of a film`, async (t) => {
    const { width, height } = filmFormat('480p', aspect, fps)
    const { output, frames: told } = await film({ width, height, fps, frames, cutFrames: [0, 7, frames - 2] })
    const { video, audio, streamCount } = await probe(tools, output, { countFrames: true })
    t.equal(streamCount, 1)
    t.equal(audio, null)
    t.match(video, {
      codec: 'h264',
      profile: 'High',
      level: 40,
      pixelFormat: 'yuv420p',
      width,
      height,
      pixelAspect: 1,
    })
    t.match(video, { rate: fps, averageRate: fps, timescale: 90_000, frames })
    t.same(video?.colour, { space: 'bt709', transfer: 'bt709', primaries: 'bt709', range: 'tv' })
    const packets = await listPackets(tools, output)
    const shown = packets.map(({ pts, key }) => ({ pts: pts!, key })).sort((a, b) => a.pts - b.pts)
    t.same(
      shown.map(({ pts }) => pts),
      Array.from({ length: frames }, (_, i) => (i * 90_000) / fps),
      'on the grid',
    )
    t.same(
      shown.flatMap(({ key }, i) => (key ? [i] : [])),
      [0, 7, frames - 2],
    )
    const bytes = readFileSync(output)
    t.ok(bytes.indexOf('moov') < bytes.indexOf('mdat'), 'the index comes first')
    t.equal(told.at(-1), frames)
  })
}

t.test('a board and a clip encoded elsewhere carry one SPS and PPS', async (t) => {
  const { output } = await film()
  const other = join(dir, 'other.mp4')
  const format = { width: plain.width, height: plain.height, fps: plain.fps as FrameRate }
  await runFfmpeg(
    tools,
    {
      inputs: [{ lavfi: `testsrc2=s=${plain.width}x${plain.height}:r=24:d=1` }],
      outputs: [
        {
          path: other,
          options: ['-vf', 'setsar=1', ...videoEncoderArgs(format, [12]), ...segmentFileArgs()],
        },
      ],
    },
    { wallMs: 30_000 },
  )
  t.same(await parameterSets(tools, output), await parameterSets(tools, other))
})

t.test('equal boards are equal byte for byte; another seed is another picture', async (t) => {
  const hash = (path: string): string => createHash('sha256').update(readFileSync(path)).digest('hex')
  const [first, again, other] = [await film(), await film(), await film({ seed: 8 })]
  t.equal(hash(first.output), hash(again.output))
  t.not(hash(first.output), hash(other.output))
})

t.test('the picture moves all the time, and time and hairline run', async (t) => {
  const { output, board } = await film({ frames: 48, width: 854, height: 480 })
  const [a, b, z] = [await frameOf(output, 0), await frameOf(output, 1), await frameOf(output, 47)]
  t.ok(difference(a, b) > 0.05)
  t.ok(difference(a, z) > 1)
  const layout = layOut({ ...plain, frames: 48, width: 854, height: 480 })
  // Light on the hairline: short at the beginning, whole at the end.
  const lit = (frame: Buffer): number => {
    const { x, y, width, height } = layout.hairline
    let count = 0
    for (let i = 0; i < width; i += 1) count += frame[((y + height / 2) * 854 + x + i) * 3]! > 170 ? 1 : 0
    return count / width
  }
  t.ok(lit(a) < 0.08, `${lit(a)}`)
  t.ok(lit(z) > 0.97, `${lit(z)}`)
  const info = await sharp(board).metadata()
  t.equal(info.format, 'jpeg')
  t.equal(Math.max(info.width, info.height), 512)
})

t.test('the picture shown while a board is filmed is the frame of the film', async (t) => {
  const spec = { ...plain, width: 512, height: 288, frames: 48 }
  const pictures: { frame: number; picture: Buffer }[] = []
  const output = join(dir, 'peeked.mp4')
  await filmAnimatic(spec, {
    tools,
    images: [],
    workDir: join(dir, 'work-peek'),
    output,
    signal: new AbortController().signal,
    onBoard: (picture) => pictures.push({ frame: 0, picture }),
    onFrame: (frame, picture) => picture && pictures.push({ frame, picture }),
  })
  for (const { frame, picture } of pictures) {
    const shown = await sharp(picture).raw().toBuffer()
    const filmed = await frameOf(output, frame)
    t.equal(shown.length, filmed.length)
    t.ok(difference(shown, filmed) < 4, `frame ${frame}: ${difference(shown, filmed)}`)
  }
})

t.test('reference pictures fill the board, share the clip and keep the count', async (t) => {
  const images = await Promise.all(
    ['#b02020', '#2030b0'].map(async (background, i) => {
      const path = join(dir, `ref-${i}.png`)
      const [width, height] = i === 0 ? [300, 500] : [900, 400]
      writeFileSync(
        path,
        await sharp({ create: { width, height, channels: 3, background } })
          .png()
          .toBuffer(),
      )
      return path
    }),
  )
  for (const frames of [1, 2, 5, 47]) {
    const { output } = await film({ frames, cutFrames: [0] }, images)
    t.equal((await probe(tools, output, { countFrames: true })).video?.frames, frames)
  }
  const { output } = await film({ frames: 48 }, images)
  const middle = (frame: Buffer): Buffer => frame.subarray((90 * 426 + 60) * 3, (90 * 426 + 60) * 3 + 3)
  const [first, last] = [middle(await frameOf(output, 2)), middle(await frameOf(output, 46))]
  t.ok(first[0]! > first[2]! + 40, 'the first picture')
  t.ok(last[2]! > last[0]! + 40, 'the second one')
})

t.test('hostile text is drawn as text and never reaches ffmpeg', async (t) => {
  const texts = [
    `'; drawtext=text='x`,
    '<svg onload="x"><script>alert(1)</script></svg>',
    '%{pts} %{n} \\ : [a][b],c;d',
    '😀🎬 مرحبا שלום 你好',
    '\u202e reversed \u0000 \ud800',
    ']]>&amp;<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>&a;',
    'long '.repeat(400),
    '',
  ]
  const file: LayerFile = { path: '/x', raster: { width: 2, height: 2, channels: 4 } }
  const layers = {
    backdrop: { kind: 'scenery', files: [file, file, file] },
    titles: file,
    digits: file,
    progress: file,
  } as const
  const shape = (job: unknown): string => JSON.stringify(job).replaceAll(/-?\d+(\.\d+)?/g, '0')
  const wanted = shape(filmJob(plain, layOut(plain), moodOf('', 7), layers, '/out.mp4'))
  for (const text of texts) {
    const spec = { ...plain, title: text, sceneId: text, prompt: text, details: text }
    const layout = layOut(spec)
    t.equal(shape(filmJob(spec, layout, moodOf('', 7), layers, '/out.mp4')), wanted, 'only numbers differ')
    const svg = titlesSvg(spec, layout, moodOf(text, 7), false)
    t.equal(
      svg.match(/<script|<!|onload="x"|<svg/g)?.length,
      1,
      'one document, nothing of the text in its structure',
    )
    await sharp(Buffer.from(svg)).stats()
  }
  const { output } = await film({
    title: texts.join(' '),
    prompt: texts.join(' '),
    sceneId: texts[0]!,
    details: texts[2]!,
  })
  t.equal((await probe(tools, output, { countFrames: true })).video?.frames, 24)
})

t.test('layouts of all sizes keep their words inside the margins and apart', (t) => {
  const prompts = ['Short', plain.prompt, 'A much longer prompt that goes on. '.repeat(30)]
  for (const resolution of ['480p', '720p', '1080p'] as const) {
    for (const aspect of ['16:9', '9:16', '1:1'] as const) {
      for (const prompt of prompts) {
        const spec = { ...plain, ...filmFormat(resolution, aspect, 24), prompt }
        const { y, unit, hairline, timecode, lineHeight, prompt: set, margin } = layOut(spec)
        const bottom = y.prompt + (set.lines.length - 1) * lineHeight
        const name = `${resolution} ${aspect} ${prompt.length}`
        t.ok(y.title < y.label - 60 * unit, `${name}: label under the title`)
        t.ok(y.label < y.prompt && bottom < y.details - 20 * unit && y.details < hairline.y, name)
        t.ok(hairline.y + hairline.height < spec.height, name)
        t.ok(timecode.x + 3 * timecode.cell + timecode.pair <= spec.width - margin + 2, name)
        t.same(
          [timecode.x, timecode.y, timecode.cell, timecode.pair, hairline.x, hairline.y].map((v) => v % 2),
          Array(6).fill(0),
        )
      }
    }
  }
  t.end()
})

t.test('no camera move looks beyond the raster', (t) => {
  for (const [move] of MOVES) {
    for (const seconds of [0.5, 5, 30]) {
      for (const [depth, overscan] of [
        [0.3, 1.2],
        [1, 1.2],
        [0.72, 1.14],
      ] as const) {
        const { from, to } = travelOf(move, depth, seconds)
        for (const { zoom, dx, dy } of [from, to]) {
          const half = 0.5 / overscan / zoom
          for (const shift of [dx, dy])
            t.ok(Math.abs(shift) / overscan + half <= 0.5 + 1e-9, `${move} ${seconds} ${depth}`)
        }
        t.notMatch(perspectiveFilter({ from, to }, overscan, 1), /NaN|Infinity/)
      }
    }
  }
  t.end()
})

t.test('encoder arguments refuse what is no frame number', (t) => {
  const format = filmFormat('720p', '16:9', 24)
  for (const bad of [-1, 1.5, Number.NaN]) t.throws(() => videoEncoderArgs(format, [bad]), RangeError)
  t.ok(videoEncoderArgs(format, [9, 3, 3]).includes('expr:eq(n,0)+eq(n,3)+eq(n,9)'))
  t.end()
})
