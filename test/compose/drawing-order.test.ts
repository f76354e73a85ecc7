/** What is drawn together, and what makes two drawn pieces one. */
import t from 'tap'
import type { ShotPlan } from '../../core/storyboard/plan-types.ts'
import { cutList, type RenderPiece } from '../../worker/compose/cut-list.ts'
import { drawingGroups } from '../../worker/compose/drawing-groups.ts'
import { drawingKey, drawingOrder } from '../../worker/compose/drawing-order.ts'
import { filmKey } from '../../worker/compose/film-key.ts'
import { buildPlan, FORMAT } from './fixtures.ts'

const CLIP = 48
const facts = (ids: string) =>
  new Map([...ids].map((id) => [id, { frames: CLIP, keyFrames: [0, 6, 12, 24, 36, 42] }]))
const groupsOf = (plan: ShotPlan, ids: string) =>
  drawingGroups(cutList(plan, facts(ids)).pieces, FORMAT.fps).map(({ scenes, pieces }) => ({
    scenes: scenes.join(''),
    frames: pieces.map(({ frames }) => frames),
  }))
const shot = (scene: string) => ({ scene, frames: CLIP })

t.test('a join waits for its two scenes, from black for one', async (t) => {
  const plan = buildPlan(['a', 'b', 'c'].map(shot), [
    { after: -1, frames: 12, type: 'fade' },
    { after: 0, frames: 6 },
    { after: 1, frames: 12 },
  ])
  t.same(groupsOf(plan, 'abc'), [
    { scenes: 'a', frames: [12] },
    { scenes: 'ab', frames: [6] },
    { scenes: 'bc', frames: [12] },
  ])
})

t.test('many joins of few scenes are one step, however often they are cut', async (t) => {
  const plan = buildPlan(
    Array.from({ length: 40 }, (_, index) => shot(index % 2 ? 'b' : 'a')),
    Array.from({ length: 39 }, (_, after) => ({ after, frames: 6 })),
  )
  const groups = groupsOf(plan, 'ab')
  t.same(
    groups.map(({ scenes }) => scenes),
    ['ab'],
  )
  t.equal(groups[0]!.frames.length, 39)
})

t.test('a few frames of one scene go with its join, a treated shot does not wait', async (t) => {
  const plan = buildPlan(
    [{ scene: 'a', frames: 40, inFrame: 3 }, shot('b'), { ...shot('c'), treatment: { blur: 0.5 } }],
    [
      { after: 0, frames: 6 },
      { after: 1, frames: 6 },
    ],
  )
  t.same(groupsOf(plan, 'abc'), [
    // Up to the first key frame, and after the last one; then the join.
    { scenes: 'ab', frames: [6, 3, 1] },
    { scenes: 'bc', frames: [6] },
    { scenes: 'c', frames: [42] },
  ])
})

t.test('long groups are divided', async (t) => {
  const plan = buildPlan(Array.from({ length: 12 }, () => ({ ...shot('a'), treatment: { vignette: true } })))
  t.same(
    groupsOf(plan, 'a').map(({ frames }) => frames.length),
    [5, 5, 2],
  )
})

const joined = (over: object = {}, names = 'ab', title = 'One'): ShotPlan => ({
  ...buildPlan([...names].map(shot), [{ after: 0, frames: 12, ...over }]),
  title,
})
const keyOf = (plan: ShotPlan, sha: Record<string, string>): string => {
  const ids = [...new Set(plan.shots.map(({ sceneId }) => sceneId))].join('')
  const piece = cutList(plan, facts(ids)).pieces.find((one): one is RenderPiece => one.kind === 'render')!
  return drawingKey(drawingOrder(plan, piece), (id) => sha[id]!)
}

t.test('a drawn piece is known by what is seen in it, and by nothing else', async (t) => {
  const key = keyOf(joined(), { a: '1', b: '2' })
  t.equal(keyOf(joined({}, 'xy', 'Two'), { x: '1', y: '2' }), key, 'names do not matter')
  const audio = { assetId: 'x', volume: 1 }
  t.equal(keyOf(joined({ audio }), { a: '1', b: '2' }), key, 'nor does what is heard')
  const others = [
    keyOf(joined(), { a: '1', b: '3' }),
    keyOf(joined(), { a: '2', b: '1' }),
    keyOf(joined({ frames: 6 }), { a: '1', b: '2' }),
    keyOf(joined({ type: 'wipe' }), { a: '1', b: '2' }),
    keyOf(joined({ type: 'wipe', params: { direction: 'up' } }), { a: '1', b: '2' }),
    keyOf(joined({ type: 'fade' }), { a: '1', b: '2' }),
    keyOf(joined({ type: 'fade', params: { color: '#fff' } }), { a: '1', b: '2' }),
    keyOf({ ...joined(), format: { ...FORMAT, fps: 16 } }, { a: '1', b: '2' }),
    keyOf({ ...joined(), burnIn: { slate: null, timecode: true } }, { a: '1', b: '2' }),
  ]
  t.equal(new Set([key, ...others]).size, 1 + others.length)
})

t.test('a film is known by its pieces, its sound, its captions, and what its sheet says', async (t) => {
  const of = (over: Partial<Parameters<typeof filmKey>[0]> = {}): string => {
    const plan = over.plan ?? joined()
    const ids = [...new Set(plan.shots.map(({ sceneId }) => sceneId))].join('')
    return filmKey({
      plan,
      pieces: cutList(plan, facts(ids)).pieces,
      sha256Of: (id) => id,
      drawingKeyOf: String,
      sound: null,
      captions: [],
      ...over,
    })
  }
  t.equal(of(), of())
  const others = [
    of({ sha256Of: (id) => `${id}'` }),
    of({ drawingKeyOf: () => 'another' }),
    of({ sound: 'music' }),
    of({ captions: [{ sha256: '1', language: 'eng' }] }),
    of({ captions: [{ sha256: '1', language: 'deu' }] }),
    of({ plan: joined({}, 'ab', 'Two') }),
    of({ plan: joined({}, 'xb'), sha256Of: (id) => (id === 'x' ? 'a' : id) }),
  ]
  t.equal(new Set([of(), ...others]).size, 1 + others.length)
})
