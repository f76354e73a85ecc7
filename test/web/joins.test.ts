/** What stands at the joins of a film, where it comes from, and how a choice is written. */
import t from 'tap'
import { parse, stringify } from 'yaml'
import type { Storyboard } from '../../web/src/api/client.ts'
import { withChanges } from '../../web/src/document/edit.ts'
import { chosen, chosenForAll, joinsOf, shortest } from '../../web/src/document/joins.ts'

const scene = (id: string, duration: number) => ({ id, prompt: id, duration })
const board = (more: object): Storyboard =>
  ({ title: 'x', scenes: [scene('a', 4), scene('b', 3), scene('c', 6)], ...more }) as Storyboard

t.test('every join says in what way it was chosen', async (t) => {
  const origins = (more: object) => joinsOf(board(more)).map(({ origin }) => origin)
  t.strictSame(origins({}), ['built-in', 'built-in'])
  t.strictSame(origins({ transitions: { default: 'fade', 'b->c': 'wipe' } }), ['default', 'pair'])
  t.strictSame(
    origins({
      timeline: [
        { transition: 'fade' },
        { scene: 'a' },
        { transition: 'wipe' },
        { montage: { scenes: ['b', 'c'] } },
      ],
    }),
    ['explicit', 'explicit', 'montage'],
  )
})

t.test('a join lasts at most half of the shorter shot, of which a montage plays a part', async (t) => {
  t.match(joinsOf(board({}))[0], { mostS: 1.5, shorter: 'b' })
  t.match(joinsOf(board({ timeline: [{ scene: 'a' }, { montage: { scenes: ['c'], pace: 'fast' } }] }))[0], {
    mostS: 1.05,
    shorter: 'c',
  })
})

t.test('a choice is written where the join looks for it', async (t) => {
  const written = { type: 'dissolve', duration: 0.8 } as const
  const after = (more: object, at: number) => {
    const document = board(more)
    return parse(withChanges(stringify(document), chosen(joinsOf(document)[at]!, written))) as Storyboard
  }
  const value = { type: 'dissolve', duration: 0.8 }
  t.strictSame(after({}, 0).transitions, { 'a->b': value })
  t.strictSame(
    after({ timeline: [{ scene: 'a' }, { transition: 'fade' }, { scene: 'b' }] }, 0).timeline?.[1],
    {
      transition: value,
    },
  )
  t.strictSame(
    after({ timeline: [{ montage: { scenes: ['a', 'b'] } }] }, 0).timeline?.[0]?.montage?.transition,
    value,
  )
})

t.test('a choice for all cuts is the default, and this join follows it', async (t) => {
  const document = board({ transitions: { 'a->b': 'wipe', 'b->c': 'blur' } })
  const changes = chosenForAll(joinsOf(document)[0]!, { type: 'fade', duration: 0.5 })
  const after = parse(withChanges(stringify(document), changes)) as Storyboard
  t.strictSame(after.transitions, { 'b->c': 'blur', default: 'fade' })
  t.equal(joinsOf(after)[0]?.origin, 'default')
})

t.test('a transition is written in the shortest words', async (t) => {
  t.equal(shortest({ type: 'cut', duration: 0.5 }), 'cut')
  t.equal(shortest({ type: 'fade', duration: 0.5, params: {}, effects: [] }), 'fade')
  t.strictSame(shortest({ type: 'custom', duration: 0.5 }), { type: 'custom', duration: 0.5 })
  t.strictSame(shortest({ type: 'wipe', duration: 0.5, params: { direction: 'up' } }), {
    type: 'wipe',
    duration: 0.5,
    params: { direction: 'up' },
  })
})
