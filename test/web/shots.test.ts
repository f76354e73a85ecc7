/** Shots as places of the document: moved, played again, added, taken away. */
import t, { type Test } from 'tap'
import { parse } from 'yaml'
import type { Storyboard } from '../../web/src/api/client.ts'
import { type Change, changed, withChanges } from '../../web/src/document/edit.ts'
import {
  addedScene,
  movedShot,
  needsTimeline,
  playedAgain,
  type Refusal,
  removal,
  removedShot,
  timesPlayed,
} from '../../web/src/document/shots.ts'
import { toText } from '../../web/src/document/text.ts'

const scenes = ['a', 'b', 'c', 'd'].map((id) => ({ id, prompt: id, duration: 4 }))
const PLAIN: Storyboard = { title: 'x', scenes }
const WRITTEN: Storyboard = {
  title: 'x',
  scenes,
  timeline: [
    { transition: 'fade' },
    { scene: 'a' },
    { transition: 'wipe' },
    { scene: 'b' },
    { montage: { scenes: ['c', 'd'] } },
    { scene: 'a' },
    { transition: 'fade' },
  ],
}

/** The document after the changes, which is what its text says after them. */
function after(t: Test, document: Storyboard, changes: Change[] | Refusal): Storyboard {
  if ('refusal' in changes) throw new Error(changes.refusal)
  const next = changed(document, changes)
  t.strictSame(parse(withChanges(toText(document), changes)), parse(toText(next)), 'the text says the same')
  return next
}

t.test('without a written timeline the scenes are moved', async (t) => {
  t.strictSame(
    after(t, PLAIN, movedShot(PLAIN, 0, 2, null)).scenes.map(({ id }) => id),
    ['b', 'c', 'a', 'd'],
  )
  t.strictSame(movedShot(PLAIN, 1, 1, null), [])
})

t.test('scenes that play by their order get another order', async (t) => {
  const ordered: Storyboard = {
    ...PLAIN,
    scenes: [
      { ...scenes[0]!, order: 2 },
      { ...scenes[1]!, order: 1 },
    ],
  }
  const next = after(t, ordered, movedShot(ordered, 0, 1, null))
  t.strictSame(
    next.scenes.map(({ id, order }) => [id, order]),
    [
      ['a', 1],
      ['b', 2],
    ],
  )
})

t.test(
  'a shot takes its place between what joins others; no transition is left without two sides',
  async (t) => {
    t.strictSame(after(t, WRITTEN, movedShot(WRITTEN, 1, 0, null)).timeline, [
      { transition: 'fade' },
      { scene: 'b' },
      { scene: 'a' },
      { transition: 'wipe' },
      { montage: { scenes: ['c', 'd'] } },
      { scene: 'a' },
      { transition: 'fade' },
    ])
    t.strictSame(after(t, WRITTEN, movedShot(WRITTEN, 1, 4, null)).timeline?.slice(-3), [
      { scene: 'a' },
      { scene: 'b' },
      { transition: 'fade' },
    ])
  },
)

t.test('a shot enters a group, moves within it and leaves it', async (t) => {
  t.strictSame(after(t, WRITTEN, movedShot(WRITTEN, 1, 1, 4)).timeline?.slice(3), [
    { montage: { scenes: ['b', 'c', 'd'] } },
    { scene: 'a' },
    { transition: 'fade' },
  ])
  t.strictSame(after(t, WRITTEN, movedShot(WRITTEN, 2, 3, 4)).timeline?.[4], {
    montage: { scenes: ['d', 'c'] },
  })
  t.strictSame(after(t, WRITTEN, movedShot(WRITTEN, 2, 2, null)).timeline?.slice(3, 6), [
    { scene: 'b' },
    { scene: 'c' },
    { montage: { scenes: ['d'] } },
  ])
  t.strictSame(
    after(t, WRITTEN, movedShot(WRITTEN, 0, 2, null)).timeline?.[2],
    { montage: { scenes: ['c', 'a', 'd'] } },
    'between two of its shots there is no place beside it',
  )
})

t.test('a scene that plays again needs a timeline, which says what played before', async (t) => {
  t.equal(needsTimeline(PLAIN), true)
  t.strictSame(after(t, PLAIN, playedAgain(PLAIN, 'a', 2, null)).timeline, [
    { scene: 'a' },
    { scene: 'b' },
    { scene: 'a' },
    { scene: 'c' },
    { scene: 'd' },
  ])
  t.equal(needsTimeline(WRITTEN), false)
  t.strictSame(after(t, WRITTEN, playedAgain(WRITTEN, 'b', 4, 4)).timeline?.[4], {
    montage: { scenes: ['c', 'd', 'b'] },
  })
  const full = { ...PLAIN, timeline: Array.from({ length: 100 }, () => ({ scene: 'a' })) }
  t.match(playedAgain(full, 'a', 1, null), { refusal: /^100 entries/ })
})

t.test('a new scene stands after the other one, on the written timeline too', async (t) => {
  const scene = { id: 'new', prompt: 'new', duration: 4 }
  t.strictSame(
    after(t, PLAIN, addedScene(PLAIN, 'b', scene)).scenes.map(({ id }) => id),
    ['a', 'b', 'new', 'c', 'd'],
  )
  t.strictSame(after(t, WRITTEN, addedScene(WRITTEN, 'd', scene)).timeline?.[5], { scene: 'new' })
})

t.test('it is asked what is meant where a scene plays more than once', async (t) => {
  t.strictSame(timesPlayed(WRITTEN).get('a'), 2)
  t.strictSame(removal(WRITTEN, ['b'], 1), { kind: 'free', ids: ['b'] })
  t.strictSame(removal(WRITTEN, ['a'], 4), { kind: 'asked', sceneId: 'a', times: 2, shot: 4 })
  t.strictSame(removal(WRITTEN, ['a'], null), { kind: 'asked', sceneId: 'a', times: 2, shot: null })
  t.strictSame(removal(WRITTEN, ['a', 'b'], null), { kind: 'several', ids: ['a', 'b'], again: ['a'] })
  t.match(removal(PLAIN, ['a', 'b', 'c', 'd'], null), { kind: 'refused' })
  t.strictSame(after(t, WRITTEN, removedShot(WRITTEN, 4)).timeline?.slice(-2), [
    { montage: { scenes: ['c', 'd'] } },
    { transition: 'fade' },
  ])
  t.strictSame(after(t, WRITTEN, removedShot(WRITTEN, 0)).timeline?.slice(0, 2), [
    { transition: 'fade' },
    { scene: 'b' },
  ])
})
