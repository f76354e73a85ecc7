import path from 'node:path'
import t from 'tap'
import { type Aspect, filmFormat, type Resolution } from '../../core/media/format.ts'
import type { ShotPlan } from '../../core/storyboard/plan-types.ts'
import { layOutBurnIn, marksOf } from '../../worker/compose/burn-in.ts'
import { cutList, type RenderPiece } from '../../worker/compose/cut-list.ts'
import { buildPlan, frameHashes, makeClip, tempDir, tools, watch } from './fixtures.ts'
import { type MadeFilm, makeFilm } from './make-film.ts'

const dir = await tempDir(t)
const CLIP = 60
const segments = new Map<string, { path: string; frames: number; keyFrames: number[] }>()
for (const [number, id] of ['a', 'b'].entries()) {
  const keyFrames = [0, 12, 24, 36, 48]
  const file = await makeClip(path.join(dir, `${id}.mp4`), number, CLIP, { keyFrames })
  segments.set(id, { path: file, frames: CLIP, keyFrames })
}
/** Two shots, the second of which comes in over 12 frames. */
const plan = (burnIn?: ShotPlan['burnIn']): ShotPlan => ({
  ...buildPlan(
    [
      { scene: 'a', frames: CLIP },
      { scene: 'b', frames: CLIP },
    ],
    [{ after: 0, frames: 12 }],
  ),
  title: `It's "me"; movie=/etc/passwd, <b> & [v]`,
  ...(burnIn && { burnIn }),
})
let films = 0
const compose = (of: ShotPlan): Promise<MadeFilm> => {
  films += 1
  return makeFilm({ tools, plan: of, segments, workDir: dir, out: path.join(dir, `film-${films}.mp4`) })
}
const rendered = (of: ShotPlan): RenderPiece[] =>
  cutList(of, segments).pieces.filter((piece) => piece.kind === 'render')

const plain = await frameHashes((await compose(plan())).path)
const differing = (hashes: string[]): number[] =>
  hashes.flatMap((hash, frame) => (hash === plain[frame] ? [] : [frame]))
const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i)

t.test(
  'a slate stands in the first second of each shot, and every other frame is copied as before',
  async (t) => {
    const film = await compose(plan({ slate: { take: 2 }, timecode: false }))
    t.match(film, { frames: 108, framesRendered: 24 + 12 + 24, framesCopied: 48 })
    const hashes = await frameHashes(film.path)
    t.equal(hashes.length, plain.length)
    t.same(differing(hashes), [...range(0, 24), ...range(60, 84)])
  },
)

t.test('a time code is in every frame', async (t) => {
  const film = await compose(plan({ slate: null, timecode: true }))
  t.match(film, { frames: 108, framesRendered: 108, framesCopied: 0 })
  t.same(differing(await frameHashes(film.path)), range(0, 108))
})

t.test('a time code tells its frame', async (t) => {
  // Large enough for digits to be told apart once they are coded.
  const format = { width: 640, height: 360, fps: 24 } as const
  const file = await makeClip(path.join(dir, 'large.mp4'), 1, CLIP, { format })
  const one: ShotPlan = {
    ...buildPlan([{ scene: 'large', frames: CLIP }], [], format),
    burnIn: { slate: null, timecode: true },
  }
  const large = new Map([['large', { path: file, frames: CLIP, keyFrames: [0] }]])
  const film = await makeFilm({
    tools,
    plan: one,
    segments: large,
    workDir: dir,
    out: path.join(dir, 'large-film.mp4'),
  })
  const { digits } = layOutBurnIn(format)
  const seen = await watch(film.path, format)
  /** The two digits at one place of the time code, of one frame. */
  const place = (frame: number, index: number): Buffer =>
    Buffer.concat(
      range(digits.top, digits.top + digits.height).map((y) => {
        const left = y * format.width + digits.lefts[index]!
        return seen[frame]!.luma.subarray(left, left + digits.width)
      }),
    )
  const apart = (a: Buffer, b: Buffer): number =>
    a.reduce((sum, value, i) => sum + Math.abs(value - b[i]!), 0) / a.length
  const [SECONDS, FRAMES] = [2, 3]
  for (const frame of range(0, CLIP - 25)) {
    const same = apart(place(frame, FRAMES), place(frame + 24, FRAMES))
    const next = apart(place(frame, FRAMES), place(frame + 1, FRAMES))
    t.ok(2 * same < next, `frame ${frame} of its second (${same}, ${next})`)
  }
  for (const frame of [23, 47]) {
    const change = apart(place(frame, SECONDS), place(frame + 1, SECONDS))
    const still = apart(place(frame - 1, SECONDS), place(frame, SECONDS))
    t.ok(change > 2 * still, `the second changes behind frame ${frame} (${change}, ${still})`)
  }
})

t.test('burning in comes out the same again', async (t) => {
  const both = plan({ slate: { take: 1 }, timecode: true })
  const [one, two] = [await compose(both), await compose(both)]
  t.same(await frameHashes(two.path), await frameHashes(one.path))
})

t.test('what lies on a piece', async (t) => {
  const both = plan({ slate: { take: 1 }, timecode: true })
  const [first, join, second] = rendered(both).map((piece) => marksOf(both, piece))
  t.match(first, {
    timecode: { startFrame: 0, scenes: [{ id: 'a' }] },
    slates: [{ shot: 0, from: 0, to: 24 }],
  })
  t.match(join, { timecode: { startFrame: 48, scenes: [{ id: 'a' }, { id: 'b' }] }, slates: [] })
  t.match(second, {
    timecode: { startFrame: 60, scenes: [{ id: 'b' }] },
    slates: [{ shot: 1, from: 0, to: 24 }],
  })
  const none = plan()
  t.same(
    rendered(none).map((piece) => marksOf(none, piece)),
    [null],
    'nothing when nothing is asked',
  )
})

t.test('a slate of a short shot ends with it, across the join by which it goes', async (t) => {
  const short: ShotPlan = {
    ...buildPlan(
      [
        { scene: 'a', frames: 12 },
        { scene: 'b', frames: 12 },
      ],
      [{ after: 0, frames: 6 }],
    ),
    burnIn: { slate: { take: 1 }, timecode: false },
  }
  t.same(
    rendered(short).map((piece) => marksOf(short, piece)?.slates),
    [[{ shot: 0, from: 0, to: 6 }], [{ shot: 0, from: 0, to: 6 }], [{ shot: 1, from: 0, to: 6 }]],
  )
})

t.test('everything lies on the picture, on even pixels, at every format', async (t) => {
  for (const resolution of ['480p', '720p', '1080p'] satisfies Resolution[]) {
    for (const aspect of ['16:9', '9:16', '1:1'] satisfies Aspect[]) {
      const { width, height } = filmFormat(resolution, aspect, 24)
      const { strip, slate, digits, box } = layOutBurnIn({ width, height, fps: 24 })
      for (const { x, y, ...size } of [strip, slate]) {
        t.ok(
          x >= 0 && y >= 0 && x + size.width <= width && y + size.height <= height,
          `${resolution} ${aspect}`,
        )
      }
      t.ok(
        digits.lefts[3]! + digits.width < strip.x + box && box < strip.width / 2,
        'the time code fits its box',
      )
      const numbers = [
        ...Object.values(strip),
        ...Object.values(slate),
        digits.width,
        digits.height,
        digits.top,
      ]
      t.ok([...numbers, ...digits.lefts].every((value) => value % 2 === 0))
    }
  }
})
