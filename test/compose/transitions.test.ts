import path from 'node:path'
import t from 'tap'
import { type FilmFormat, filmFormat } from '../../core/media/format.ts'
import type { Join, Treatment } from '../../core/storyboard/plan-types.ts'
import { EFFECT_NAMES, EFFECTS } from '../../core/storyboard/transition-effects.ts'
import { encoderHeaderHash } from '../../worker/compose/check.ts'
import type { RenderPiece } from '../../worker/compose/cut-list.ts'
import { drawingOrder } from '../../worker/compose/drawing-order.ts'
import { renderPiece } from '../../worker/compose/render.ts'
import {
  buildPlan,
  FORMAT,
  frameHashes,
  makeClip,
  mean,
  plainLuma,
  type Seen,
  tempDir,
  tools,
  watch,
} from './fixtures.ts'

const dir = await tempDir(t)
const TYPES = ['fade', 'dissolve', 'wipe', 'blur', 'zoom', 'flash', 'glitch', 'custom'] as const
const LONGEST = 40
const BLACK = 16

async function clipsOf(format: FilmFormat): Promise<{ a: string; b: string }> {
  const name = `${format.width}x${format.height}-${format.fps}`
  const [a, b] = await Promise.all([
    makeClip(path.join(dir, `a-${name}.mp4`), 0, LONGEST, { format }),
    makeClip(path.join(dir, `c-${name}.mp4`), 2, LONGEST, { format }),
  ])
  return { a, b }
}
const clips = await clipsOf(FORMAT)
let drawings = 0

/** With a treatment, a stretch of the first clip alone is drawn. */
type Options = {
  treatment?: Treatment
  from?: 'black'
  to?: 'black'
  format?: FilmFormat
  clips?: typeof clips
}

/** Draws a join as the film does, from the start of either clip; the path of what came out. */
async function draw(
  over: Partial<Join> & Pick<Join, 'type' | 'frames'>,
  options: Options = {},
): Promise<string> {
  const { format = FORMAT, treatment = null } = options
  const { a, b } = options.clips ?? clips
  const join: Join = { after: 0, params: {}, effects: [], audio: null, ...over }
  const side = (sceneId: string) => ({ sceneId, from: 0, to: join.frames, treatment })
  drawings += 1
  const out = path.join(dir, `drawn-${drawings}.mp4`)
  const piece: RenderPiece = {
    kind: 'render',
    startFrame: 0,
    frames: join.frames,
    join: treatment ? null : join,
    outgoing: options.from ? null : side(a),
    incoming: options.to || treatment ? null : side(b),
  }
  await renderPiece({
    tools,
    order: drawingOrder(buildPlan([], [], format), piece),
    pictures: [],
    segmentPath: (id) => id,
    headerHash: await encoderHeaderHash(tools, format, dir),
    out,
  })
  return out
}

const whole = ({ luma }: Seen, { width, height }: FilmFormat = FORMAT): number =>
  mean(luma, width, 0, width, 0, height)

for (const type of TYPES) {
  t.test(`${type}: exactly its frames, from one frame on, between shots and at black`, async (t) => {
    for (const frames of [1, 2, 13]) {
      // renderPiece itself refuses a piece of another length; here the pictures are counted once more.
      t.equal((await watch(await draw({ type, frames }))).length, frames)
      const opening = await watch(await draw({ type, frames }, { from: 'black' }))
      t.equal(opening.length, frames)
      t.ok(Math.abs(whole(opening[0]!) - BLACK) < 1, `from black: the first of ${frames} is black`)
      const ending = await watch(await draw({ type, frames }, { to: 'black' }))
      t.equal(ending.length, frames)
      t.ok(Math.abs(whole(ending.at(-1)!) - BLACK) < 1, `to black: the last of ${frames} is black`)
    }
  })
}

t.test('every type looks like itself, and the same again', async (t) => {
  const hashes = new Map<string, string>()
  for (const type of TYPES) {
    const [one, two] = await Promise.all([draw({ type, frames: 12 }), draw({ type, frames: 12 })])
    const found = await frameHashes(one)
    t.same(await frameHashes(two), found, `${type} comes out the same again`)
    hashes.set(type, found.join())
  }
  t.equal(new Set(hashes.values()).size, TYPES.length - 1, 'only custom without effects is a dissolve')
})

t.test('a treated stretch keeps its frames, its light, and comes out the same again', async (t) => {
  const looks: Treatment[] = [{ desaturate: 1 }, { vignette: true }, { grain: 0.5 }, { blur: 0.5 }]
  const plain = await watch(clips.a)
  for (const treatment of looks) {
    const stretch = () => draw({ type: 'dissolve', frames: 5 }, { treatment })
    const [one, two] = [await stretch(), await stretch()]
    t.same(await frameHashes(two), await frameHashes(one))
    const seen = await watch(one)
    t.equal(seen.length, 5)
    if (treatment.vignette) continue
    t.ok(
      Math.abs(whole(seen[2]!) - whole(plain[2]!)) < 3,
      `${JSON.stringify(treatment)} is neither darker nor brighter`,
    )
  }
})

t.test('a join begins in the outgoing picture and ends in the incoming one', async (t) => {
  for (const type of TYPES) {
    const seen = await watch(await draw({ type, frames: LONGEST }))
    const { plain: first } = seen[0]!
    const { plain: last } = seen.at(-1)!
    t.ok(Math.abs(first - plainLuma(0)) < 12, `${type} begins at ${first}`)
    t.ok(Math.abs(last - plainLuma(2)) < 12, `${type} ends at ${last}`)
  }
})

t.test('custom: its effects, in the order given, with their easing', async (t) => {
  const with_ = async (...effects: Join['effects']) =>
    (await frameHashes(await draw({ type: 'custom', frames: 9, effects }))).join()
  const zoomed = { name: 'zoom', from: 1, to: 2 }
  const turned = { name: 'rotate', from: 0, to: 40 }
  const films = [
    await with_(),
    await with_(zoomed),
    await with_({ ...zoomed, easing: 'ease_in' }),
    await with_({ ...zoomed, easing: 'ease_out' }),
    await with_(zoomed, turned),
    await with_(turned, zoomed),
  ]
  t.equal(new Set(films).size, films.length, 'each is another film')
  t.equal(await with_({ name: 'sparkle' }), films[0], 'what is not known is left out')
})

t.test('custom: opacity runs as its easing says', async (t) => {
  const shareOf = async (effects: Join['effects']) =>
    (await watch(await draw({ type: 'custom', frames: 9, effects }))).map(
      ({ plain }) => (plain - plainLuma(0)) / (plainLuma(2) - plainLuma(0)),
    )
  const ways = [
    [{ name: 'opacity', easing: 'ease_in' } as const, (at: number) => at * at],
    [{ name: 'opacity', from: 1, to: 0, easing: 'ease_out' } as const, (at: number) => 1 - (1 - at) ** 2],
    [{ name: 'opacity', from: 0.25, to: 0.75 } as const, (at: number) => 0.25 + at / 2],
  ] as const
  for (const [effect, share] of ways) {
    const found = await shareOf([effect])
    for (const [i, value] of found.entries()) {
      const wanted = share((i + 1) / 10)
      t.ok(
        Math.abs(value - wanted) < 0.04,
        `${JSON.stringify(effect)} frame ${i}: ${value.toFixed(3)} for ${wanted.toFixed(3)}`,
      )
    }
  }
})

t.test('every type is drawn at the shapes and rates of films', async (t) => {
  const EVERY_EFFECT = EFFECT_NAMES.map((name) => ({ name, from: EFFECTS[name].max, to: EFFECTS[name].rest }))
  for (const format of [
    filmFormat('480p', '16:9', 30),
    filmFormat('480p', '9:16', 16),
    filmFormat('480p', '1:1', 24),
  ]) {
    const shown = await clipsOf(format)
    const kinds: (Partial<Join> & Pick<Join, 'type'>)[] = [
      ...TYPES.filter((type) => type !== 'custom').map((type) => ({ type })),
      { type: 'zoom', params: { factor: 0.1 } },
      { type: 'zoom', params: { factor: 10 } },
      { type: 'custom', effects: EVERY_EFFECT.slice(0, 5) },
      { type: 'custom', effects: EVERY_EFFECT.slice(5, 10) },
      { type: 'custom', effects: EVERY_EFFECT.slice(10) },
    ]
    for (const kind of kinds) {
      // renderPiece believes only a piece of the right size, rate and length.
      await t.resolves(
        draw({ frames: 2, ...kind }, { format, clips: shown }),
        `${kind.type} at ${format.width}x${format.height}, ${format.fps} fps`,
      )
    }
  }
})
