/** Two people's changes of one storyboard, put together, and put into the text that one of them has open. */
import { ok } from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { parse } from 'yaml'
import { merge, same } from '../../web/src/document/merge.ts'
import { withDocument } from '../../web/src/document/patch.ts'

const BASE = {
  title: 'The last ferry',
  scenes: [
    { id: 'quay', prompt: 'a quay', duration: 3 },
    { id: 'wake', prompt: 'a wake', duration: 4 },
  ],
}
const scene = (document: typeof BASE, id: string, change: object): typeof BASE => ({
  ...document,
  scenes: document.scenes.map((one) => (one.id === id ? { ...one, ...change } : one)),
})

t.test('changes of different fields go together, those of one scene included', async (t) => {
  const mine = scene(BASE, 'quay', { prompt: 'a wet quay' })
  const theirs = scene({ ...BASE, title: 'Ferry' }, 'quay', { duration: 5 })
  const { document, conflicts, isTheirs } = merge(BASE, mine, theirs)
  t.strictSame(document, scene({ ...BASE, title: 'Ferry' }, 'quay', { prompt: 'a wet quay', duration: 5 }))
  t.strictSame([conflicts, isTheirs], [[], false])
})

t.test('a field that both changed is asked about by its place, with both values', async (t) => {
  const mine = scene(BASE, 'wake', { prompt: 'my wake' })
  const theirs = scene(BASE, 'wake', { prompt: 'their wake', duration: 6 })
  const clash = { path: 'scenes[wake].prompt', before: 'a wake', mine: 'my wake', theirs: 'their wake' }
  t.strictSame(merge(BASE, mine, theirs).conflicts, [clash])
  t.strictSame(
    merge(BASE, mine, theirs, () => 'both wakes').document,
    scene(BASE, 'wake', { prompt: 'both wakes', duration: 6 }),
    'whatever is decided, what does not clash is kept',
  )
})

t.test('a scene that one removed and the other changed is asked about', async (t) => {
  const mine = { ...BASE, scenes: BASE.scenes.slice(0, 1) }
  const theirs = scene(BASE, 'wake', { prompt: 'their wake' })
  const { conflicts } = merge(BASE, mine, theirs)
  t.match(conflicts, [{ path: 'scenes[wake]', mine: undefined, theirs: { prompt: 'their wake' } }])
})

const TEXT = `# what we shoot on Tuesday
scenes:
  - id: quay # the long lens
    duration: 3
    prompt: a quay
  # at night
  - { id: wake, prompt: a wake, duration: 4 }
title: The last ferry
`

t.test('a text takes in another document and keeps its comments and the order of its keys', async (t) => {
  const changed = withDocument(TEXT, scene({ ...BASE, title: 'Ferry' }, 'quay', { prompt: 'a wet quay' }))
  t.equal(changed, TEXT.replace('a quay', 'a wet quay').replace('The last ferry', 'Ferry'))
  const moved = withDocument(TEXT, {
    ...BASE,
    scenes: [BASE.scenes[1], { id: 'sea', prompt: 'a sea', duration: 2 }, BASE.scenes[0]],
  })
  t.strictSame(
    parse(moved).scenes.map(({ id }: { id: string }) => id),
    ['wake', 'sea', 'quay'],
  )
  t.match(moved, 'the long lens')
  t.equal(withDocument(TEXT, BASE), TEXT)
})

const aScene = fc.record(
  {
    prompt: fc.string({ maxLength: 12 }),
    duration: fc.integer({ min: 1, max: 30 }),
    audio: fc.record({
      sfx: fc.array(fc.record({ asset_id: fc.string(), volume: fc.double({ noNaN: true }) })),
    }),
  },
  { requiredKeys: ['prompt'] },
)
const aDocument = fc
  .tuple(
    fc.string({ maxLength: 12 }),
    fc.uniqueArray(fc.constantFrom('quay', 'gangway', 'wake', 'sea'), { maxLength: 4 }),
    fc.array(aScene, { minLength: 4, maxLength: 4 }),
  )
  .map(([title, ids, scenes]) => ({ title, scenes: ids.map((id, at) => ({ id, ...scenes[at] })) }))

t.test('whatever the documents, a text made of one reads as the other afterwards', async (t) => {
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(aDocument, aDocument, (from, to) => {
        const text = withDocument('title: old\nscenes: []\n', from)
        ok(same(parse(text), from))
        ok(same(parse(withDocument(text, to)), to))
      }),
      { numRuns: 100 },
    ),
  )
})

t.test('texts that cannot be changed in place are written anew', async (t) => {
  t.ok(same(parse(withDocument('title: [', BASE)), BASE))
  const anchored = 'title: A\nscenes:\n  - &a {id: quay, prompt: x}\n  - {<<: *a, id: wake}\n'
  t.ok(same(parse(withDocument(anchored, BASE)), BASE))
})
