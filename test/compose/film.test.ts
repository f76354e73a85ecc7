import { readdir, symlink } from 'node:fs/promises'
import path from 'node:path'
import t from 'tap'
import type { FilmFormat } from '../../core/media/format.ts'
import { FfmpegError, listPackets, parameterSets, probe } from '../../core/platform/ffmpeg.ts'
import { conformClip, type Segment } from '../../worker/compose/conform.ts'
import { ComposeError } from '../../worker/compose/errors.ts'
import {
  buildPlan,
  FORMAT,
  frameHashes,
  type JoinSpec,
  makeClip,
  mean,
  packetHashes,
  plainLuma,
  type Seen,
  type ShotSpec,
  tempDir,
  tools,
  watch,
} from './fixtures.ts'
import { type MadeFilm, makeFilm } from './make-film.ts'

const dir = await tempDir(t)
const CLIP = 48

/** Segments of three numbered clips with key frames half a second from either end. */
async function makeSegments(format: FilmFormat, folder: string): Promise<Map<string, Segment>> {
  const segments = new Map<string, Segment>()
  const half = Math.round(format.fps / 2)
  for (const [number, id] of ['a', 'b', 'c'].entries()) {
    const source = await makeClip(path.join(folder, `${id}-${format.fps}.mp4`), number, CLIP, {
      format,
      keyFrames: [0, half, CLIP - half],
    })
    const out = path.join(folder, `${id}-${format.fps}-segment.mp4`)
    const cutFrames = [0, half, CLIP - half]
    segments.set(
      id,
      await conformClip({ tools, source, format, frames: CLIP, cutFrames, out, workDir: folder }),
    )
  }
  return segments
}

const segments = await makeSegments(FORMAT, dir)
let films = 0

async function compose(shots: ShotSpec[], joins: JoinSpec[] = []): Promise<{ film: MadeFilm; seen: Seen[] }> {
  films += 1
  const plan = buildPlan(shots, joins)
  const film = await makeFilm({
    tools,
    plan,
    segments,
    workDir: dir,
    out: path.join(dir, `film-${films}.mp4`),
  })
  t.equal(film.frames, plan.frames)
  const seen = await watch(film.path)
  t.equal(seen.length, plan.frames, 'as many frames as planned')
  return { film, seen }
}

const names = (seen: Seen[]): string[] => seen.map(({ clip, frame }) => `${'abc'[clip]}${frame}`)
const range = (id: string, from: number, to: number): string[] =>
  Array.from({ length: to - from }, (_, i) => `${id}${from + i}`)

t.test('a film of cuts is its clips, byte for byte', async (t) => {
  const { film, seen } = await compose([
    { scene: 'a', frames: CLIP },
    { scene: 'b', frames: CLIP },
    { scene: 'a', frames: CLIP },
    { scene: 'c', frames: CLIP },
  ])
  t.same(names(seen), [
    ...range('a', 0, CLIP),
    ...range('b', 0, CLIP),
    ...range('a', 0, CLIP),
    ...range('c', 0, CLIP),
  ])
  t.match(film, { joins: 0, framesCopied: 4 * CLIP, framesRendered: 0, durationS: 8 })
  const sources = await Promise.all(['a', 'b', 'a', 'c'].map((id) => packetHashes(segments.get(id)!.path)))
  t.same(await packetHashes(film.path), sources.flat())
})

t.test('what a film must be to play everywhere', async (t) => {
  const { film } = await compose(
    [
      { scene: 'a', frames: CLIP },
      { scene: 'b', frames: CLIP },
    ],
    [
      { after: -1, frames: 6, type: 'fade' },
      { after: 0, frames: 12 },
      { after: 1, frames: 6, type: 'fade' },
    ],
  )
  const info = await probe(tools, film.path, { countFrames: true })
  t.match(info.video, {
    codec: 'h264',
    profile: 'High',
    pixelFormat: 'yuv420p',
    width: FORMAT.width,
    height: FORMAT.height,
    rate: FORMAT.fps,
    averageRate: FORMAT.fps,
    frames: 84,
    durationS: 3.5,
    colour: { space: 'bt709', transfer: 'bt709', primaries: 'bt709', range: 'tv' },
  })
  t.match(info.audio, { codec: 'aac', sampleRate: 48_000, channels: 2 })
  t.ok(Math.abs(info.audio!.durationS! - 3.5) < 1_024 / 48_000, 'sound ends with the pictures')
  t.equal(info.title, 'Test film')
  t.match(await parameterSets(tools, film.path), { sps: { length: 1 }, pps: { length: 1 } })
  const tick = 90_000 / FORMAT.fps
  const packets = await listPackets(tools, film.path)
  t.same(
    packets.map(({ pts }) => pts!).sort((a, b) => a - b),
    packets.map((_, index) => index * tick),
    'every picture stands on the frame grid',
  )
})

t.test('joins: the right frames, mixed the right way, and every other frame untouched', async (t) => {
  const { film, seen } = await compose(
    [
      { scene: 'a', frames: CLIP },
      { scene: 'b', frames: CLIP },
      { scene: 'c', frames: CLIP },
    ],
    [
      { after: 0, frames: 12, type: 'dissolve' },
      { after: 1, frames: 11, type: 'fade', params: { color: '#ffffff' } },
    ],
  )
  t.match(film, { joins: 2, framesRendered: 12 + 11 + 2, framesCopied: 96 })
  // Untouched: identified by number, and identical once decoded.
  t.same(names(seen.slice(0, 36)), range('a', 0, 36))
  t.same(names(seen.slice(48, 73)), range('b', 12, 37))
  t.same(names(seen.slice(84)), range('c', 11, CLIP))
  const [filmHashes, a, b, c] = await Promise.all([
    frameHashes(film.path),
    ...['a', 'b', 'c'].map((id) => frameHashes(segments.get(id)!.path)),
  ])
  t.same(filmHashes!.slice(0, 36), a!.slice(0, 36))
  t.same(filmHashes!.slice(48, 72), b!.slice(12, 36))
  t.same(filmHashes!.slice(85), c!.slice(12))
  // Dissolve: frame i is (i + 1) / (n + 1) of the way from a to b.
  for (let i = 0; i < 12; i += 1) {
    const share = (i + 1) / 13
    near(t, seen[36 + i]!.plain, plainLuma(0) * (1 - share) + plainLuma(1) * share, `dissolve, frame ${i}`)
  }
  // Fade through white: out by its sixth frame, then in.
  const white = 235
  for (let i = 0; i < 11; i += 1) {
    const share = i < 6 ? (i + 1) / 6 : 1 - (i - 5) / 6
    near(t, seen[73 + i]!.plain, plainLuma(i < 6 ? 1 : 2) * (1 - share) + white * share, `fade, frame ${i}`)
  }
})

t.test('both sides of a mix move on: no frame is held', async (t) => {
  // In a wipe both pictures are seen unmixed: the number is read from whichever covers it.
  const { seen } = await compose(
    [
      { scene: 'a', frames: CLIP },
      { scene: 'b', frames: CLIP },
    ],
    [{ after: 0, frames: 12, type: 'wipe', params: { direction: 'up' } }],
  )
  // The edge runs from the bottom to the top: the number, at the top, stays a's almost to the end.
  const top = seen.slice(36, 48)
  t.same(names(top.slice(0, 9)), range('a', 36, 45))
  const { seen: down } = await compose(
    [
      { scene: 'a', frames: CLIP },
      { scene: 'b', frames: CLIP },
    ],
    [{ after: 0, frames: 12, type: 'wipe', params: { direction: 'down' } }],
  )
  t.same(names(down.slice(40, 48)), range('b', 4, 12))
})

t.test('a wipe uncovers the new picture from the side it names', async (t) => {
  const { width, height } = FORMAT
  const edges = {
    left: [
      [width - 20, width],
      [0, 20],
    ],
    right: [
      [0, 20],
      [width - 20, width],
    ],
  } as const
  for (const [direction, [fresh, old]] of Object.entries(edges)) {
    const { seen } = await compose(
      [
        { scene: 'a', frames: CLIP },
        { scene: 'c', frames: CLIP },
      ],
      [{ after: 0, frames: 11, type: 'wipe', params: { direction } }],
    )
    const middle = seen[37 + 5]!.luma
    const at = ([x0, x1]: readonly [number, number]) => mean(middle, width, x0, x1, height - 60, height - 20)
    near(t, at(fresh), plainLuma(2), `${direction}: the new picture`)
    near(t, at(old), plainLuma(0), `${direction}: the old picture`)
    // Half done on its middle frame.
    near(
      t,
      mean(middle, width, 0, width, height - 60, height - 20),
      (plainLuma(0) + plainLuma(2)) / 2,
      'half done',
      4,
    )
  }
})

t.test('from and to black: black at the very ends, and no frame is lost', async (t) => {
  const { seen } = await compose(
    [{ scene: 'b', frames: CLIP }],
    [
      { after: -1, frames: 12, type: 'fade' },
      { after: 0, frames: 12, type: 'dissolve' },
    ],
  )
  for (let i = 0; i < 12; i += 1) {
    near(t, seen[i]!.plain, 16 + (plainLuma(1) - 16) * (i / 12), `in, frame ${i}`)
    near(t, seen[36 + i]!.plain, 16 + (plainLuma(1) - 16) * (1 - (i + 1) / 12), `out, frame ${i}`)
  }
  t.same(names(seen.slice(12, 36)), range('b', 12, 36))
})

t.test('cuts may lie anywhere, with or without a key frame', async (t) => {
  const { film, seen } = await compose(
    [
      { scene: 'a', frames: 17, inFrame: 5 },
      { scene: 'b', frames: 1, inFrame: 30 },
      { scene: 'b', frames: 26, inFrame: 11 },
      { scene: 'c', frames: 2, inFrame: 46 },
      { scene: 'c', frames: 24, inFrame: 12 },
    ],
    [{ after: 3, frames: 1 }],
  )
  t.same(names(seen.slice(0, 45)), [...range('a', 5, 22), 'b30', ...range('b', 11, 37), 'c46'])
  t.same(names(seen.slice(46)), range('c', 13, 36))
  t.equal(film.framesCopied + film.framesRendered, film.frames)
  t.equal(film.framesCopied, 24, 'the one stretch between key frames')
})

t.test('a flashback looks it, and its frames are the same moments', async (t) => {
  const { seen, film } = await compose([
    { scene: 'b', frames: CLIP },
    { scene: 'b', frames: 24, treatment: { desaturate: 1, grain: 0.3, blur: 0.4 } },
    { scene: 'c', frames: 6, treatment: { vignette: true } },
  ])
  t.match(film, { framesCopied: CLIP, framesRendered: 30 })
  t.same(names(seen.slice(0, CLIP + 24)), [...range('b', 0, CLIP), ...range('b', 0, 24)])
  const { width, height } = FORMAT
  const spread = (luma: Buffer): number => {
    const centre = mean(luma, width, 100, 140, 100, 120)
    let sum = 0
    for (let x = 100; x < 140; x += 1) sum += Math.abs(luma[110 * width + x]! - centre)
    return sum / 40
  }
  t.ok(spread(seen[CLIP + 5]!.luma) > spread(seen[5]!.luma) + 1, 'grain')
  const edge = (luma: Buffer): number => {
    let steepest = 0
    for (let y = 35; y < 56; y += 1)
      steepest = Math.max(steepest, Math.abs(luma[y * width + 40]! - luma[(y + 1) * width + 40]!))
    return steepest
  }
  t.ok(edge(seen[CLIP + 6]!.luma) < edge(seen[6]!.luma) * 0.6, 'softness')
  const { luma } = seen[CLIP + 24 + 3]!
  const corner = mean(luma, width, 0, 20, height - 20, height)
  const centre = mean(luma, width, 150, 170, 85, 95)
  t.ok(corner < centre - 15, `dark edges (${corner} under ${centre})`)
})

t.test('every film rate has exact time stamps', async (t) => {
  for (const format of [
    { width: 128, height: 128, fps: 16 },
    { width: 90, height: 160, fps: 30 },
  ] as const) {
    const segments = await makeSegments(format, dir)
    const plan = buildPlan(
      [
        { scene: 'a', frames: CLIP },
        { scene: 'b', frames: CLIP },
        { scene: 'c', frames: CLIP },
      ],
      [{ after: 1, frames: 7 }],
      format,
    )
    const out = path.join(dir, `film-${format.fps}.mp4`)
    const film = await makeFilm({ tools, plan, segments, workDir: dir, out })
    const tick = 90_000 / format.fps
    const stamps = (await listPackets(tools, film.path)).map(({ pts }) => pts! / tick).sort((a, b) => a - b)
    t.same(
      stamps,
      Array.from({ length: 137 }, (_, i) => i),
    )
  }
})

t.test('a film that would be wrong is not published', async (t) => {
  // A segment whose facts lie: its key frame is said to be where none is.
  const lying = new Map([['a', { ...segments.get('a')!, keyFrames: [0, 20] }]])
  const plan = buildPlan([{ scene: 'a', frames: 28, inFrame: 20 }])
  const out = path.join(dir, 'wrong.mp4')
  await t.rejects(makeFilm({ tools, plan, segments: lying, workDir: dir, out }), ComposeError)
  // One made with other settings: another parameter set.
  const foreign = await makeClip(path.join(dir, 'foreign.mp4'), 1, 24, {
    args: [
      '-vf',
      'setsar=1',
      '-c:v',
      'libx264',
      '-preset',
      'ultrafast',
      '-video_track_timescale',
      '90000',
      '-bf',
      '0',
    ],
  })
  const mixed = new Map<string, { path: string; frames: number; keyFrames: number[] }>([
    ['a', segments.get('a')!],
    ['x', { path: foreign, frames: 24, keyFrames: [0] }],
  ])
  const two = buildPlan([
    { scene: 'a', frames: CLIP },
    { scene: 'x', frames: 24 },
  ])
  await t.rejects(makeFilm({ tools, plan: two, segments: mixed, workDir: dir, out }), ComposeError)
  const left = await readdir(dir)
  t.same(
    left.filter((name) => name.startsWith('wrong') || name === 'pieces'),
    [],
    'nothing is left behind',
  )
})

t.test('an abort stops drawing and leaves nothing', async (t) => {
  const controller = new AbortController()
  const plan = buildPlan(
    [
      { scene: 'a', frames: CLIP },
      { scene: 'b', frames: CLIP },
      { scene: 'c', frames: CLIP },
    ],
    [
      { after: 0, frames: 12 },
      { after: 1, frames: 12 },
    ],
  )
  const run = makeFilm({
    tools,
    plan,
    segments,
    workDir: dir,
    out: path.join(dir, 'aborted.mp4'),
    signal: controller.signal,
    onProgress: () => controller.abort(new Error('enough')),
  })
  await t.rejects(run, new Error('enough'))
  t.same(
    (await readdir(dir)).filter((name) => name.startsWith('aborted') || name === 'pieces'),
    [],
  )
})

t.test('progress only grows and ends at 1', async (t) => {
  const seen: number[] = []
  const plan = buildPlan([{ scene: 'a', frames: CLIP }], [{ after: -1, frames: 12 }])
  const out = path.join(dir, 'progress.mp4')
  await makeFilm({
    tools,
    plan,
    segments,
    workDir: dir,
    out,
    onProgress: (fraction) => seen.push(fraction),
  })
  t.same(
    seen,
    seen.toSorted((a, b) => a - b),
  )
  t.equal(seen.at(-1), 1)
})

t.test('a full disk is reported as such', async (t) => {
  const plan = buildPlan([{ scene: 'a', frames: CLIP }])
  // A name that leads to the device that is always full.
  const out = path.join(dir, 'full.mp4')
  await symlink('/dev/full', `${out}.part`)
  const error = await makeFilm({ tools, plan, segments, workDir: dir, out }).then(
    () => null,
    (reason: unknown) => reason,
  )
  t.ok(error instanceof FfmpegError)
  t.equal((error as FfmpegError).code, 'disk_full')
})

function near(
  t: { ok(value: unknown, message: string): unknown },
  found: number,
  wanted: number,
  what: string,
  within = 2.5,
): void {
  t.ok(Math.abs(found - wanted) <= within, `${what}: ${found.toFixed(1)} for ${wanted.toFixed(1)}`)
}
