/** Brackets over shots and boxes over lanes: what they cover, what they are called, what they take. */
import t from 'tap'
import type { Storyboard } from '../../web/src/api/client.ts'
import { boxOf, scenesIn } from '../../web/src/pages/editor/timeline/box.ts'
import { bracketAt, bracketsOf, partOf } from '../../web/src/pages/editor/timeline/brackets.ts'
import { edgesOf, layoutOf, snapTargets } from '../../web/src/pages/editor/timeline-layout.ts'

const BOARD: Storyboard = {
  title: 'x',
  scenes: ['a', 'b', 'c'].map((id) => ({ id, prompt: id, duration: 4 })),
  timeline: [
    { scene: 'a' },
    { flashback: { scenes: ['b'], treatment: { desaturate: 1, grain: 0.3, vignette: true } } },
    { montage: { scenes: ['c', 'a'], pace: 'fast' } },
    { montage: { scenes: ['b'] } },
  ],
}
const { plan, blocks } = layoutOf(BOARD, 24)!
const brackets = bracketsOf(BOARD, plan.shots)
const edges = edgesOf(plan)

t.test('a bracket covers its shots and says how they look or how fast they are', async (t) => {
  t.match(brackets, [
    { element: 1, first: 1, last: 1, words: 'Flashback, no colour, grain 30 %, dark edges' },
    { element: 2, first: 2, last: 3, words: 'Montage, fast', details: '35 % of each scene plays' },
    { element: 3, first: 4, last: 4, words: 'Montage, medium' },
  ])
})

t.test('a shot that is dropped on a bracket enters it; one that is alone in it does not', async (t) => {
  const middle = (place: number): number => (edges[place]!.start + edges[place]!.end) / 2
  t.equal(bracketAt(edges, brackets, 0, middle(2)), 2)
  t.equal(bracketAt(edges, brackets, 2, middle(0)), null)
  t.equal(bracketAt(edges, brackets, 1, middle(1)), null)
  t.equal(bracketAt(edges, brackets, 0, 99_999), null)
})

t.test('a shot of a montage tells which part of its scene plays', async (t) => {
  t.equal(partOf(plan.shots[0]!, plan.clips), null)
  const part = partOf(plan.shots[2]!, plan.clips)!
  t.ok(Math.abs(part.from + part.to - 1) < 0.03, 'the middle')
  t.ok(Math.abs(part.to - part.from - 0.35) < 0.03)
})

t.test('a box takes all that it touches, from whichever corner it is drawn', async (t) => {
  const at = (left: number, top: number, sceneId: string | null) => ({
    left,
    top,
    right: left + 10,
    bottom: top + 10,
    sceneId,
  })
  const things = [at(0, 0, 'a'), at(20, 0, 'b'), at(20, 20, 'a'), at(40, 20, null)]
  t.strictSame(scenesIn(boxOf(5, 5, 50, 50), things), ['a', 'b'])
  t.strictSame(scenesIn(boxOf(35, 15, -20, -20), things), ['b'])
  t.strictSame(scenesIn(boxOf(11, 0, 5, 5), things), [])
})

t.test('things are drawn to the playhead before cuts, and to in and out where they are set', async (t) => {
  const targets = snapTargets({ plan, blocks }, { frame: 7, from: null, to: 50 }, null)
  t.match(targets[0], { frame: 7, name: 'playhead' })
  t.match(
    targets.find(({ name }) => name === 'out'),
    { frame: 50 },
  )
  t.equal(
    targets.find(({ name }) => name === 'in'),
    undefined,
  )
})
