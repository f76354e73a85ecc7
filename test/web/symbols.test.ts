/** What prompt fields offer after `@`, and what they say of the names in a text. */
import t from 'tap'
import { completed, fitting, mentionAt, renamed, symbolsOf, usedIn } from '../../web/src/document/symbols.ts'

const SYMBOLS = symbolsOf({
  symbols: {
    mara: { prompt: 'a keeper', reference_images: [{ id: 'p1' }, { id: 'p2' }], voice: { asset_id: 'v' } },
    lamp: { prompt: 'a brass lamp' },
    samara: null,
  },
})

t.test('symbols tell what they bring besides words', async (t) => {
  t.same(SYMBOLS, [
    { name: 'mara', prompt: 'a keeper', kind: '2 pictures, a voice', pictureId: 'p1' },
    { name: 'lamp', prompt: 'a brass lamp', kind: '', pictureId: null },
    { name: 'samara', prompt: '', kind: '', pictureId: null },
  ])
  for (const symbols of [undefined, null, [], 'mara', 7]) t.same(symbolsOf({ symbols }), [])
})

t.test('a name is being typed where the caret stands behind an @, wherever in the name', async (t) => {
  t.same(mentionAt('on @ma', 6), { from: 3, to: 6, typed: 'ma' })
  t.same(mentionAt('on @mara at', 5), { from: 3, to: 8, typed: 'm' })
  t.same(mentionAt('@', 1), { from: 0, to: 1, typed: '' })
  for (const [text, caret] of [
    ['on @mara ', 9],
    ['on @mara', 3],
    ['mara', 4],
    ['', 0],
  ] as const)
    t.equal(mentionAt(text, caret), null, `${text} at ${caret}`)
})

t.test('what begins as typed is offered before what holds it, in any case', async (t) => {
  t.same(
    fitting(SYMBOLS, 'MA').map(({ name }) => name),
    ['mara', 'samara'],
  )
  t.same(
    fitting(SYMBOLS, '').map(({ name }) => name),
    ['lamp', 'mara', 'samara'],
  )
  t.same(fitting(SYMBOLS, 'x'), [])
})

t.test('a chosen name replaces what was typed of it, and the caret goes on behind it', async (t) => {
  t.same(completed('on @ma', { from: 3, to: 6, typed: 'ma' }, 'mara'), { text: 'on @mara ', caret: 9 })
  t.same(completed('on @m at', { from: 3, to: 5, typed: 'm' }, 'mara'), { text: 'on @mara at', caret: 8 })
})

t.test('names that are no symbol come with the one that was meant', async (t) => {
  t.same(
    usedIn('@mara and @mraa under @moonlight, @mara', SYMBOLS).map(({ name, symbol, meant }) => [
      name,
      symbol?.name ?? null,
      meant,
    ]),
    [
      ['mara', 'mara', null],
      ['mraa', null, 'mara'],
      ['moonlight', null, null],
    ],
  )
  t.equal(renamed('@mraa, @mraa2 and @mraa', 'mraa', 'mara'), '@mara, @mraa2 and @mara')
})
