/** Steps taken back in a text that somebody else changed since, and which lines of it became others. */
import { equal, ok } from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { parse } from 'yaml'
import { differing, lineChanges, placesOf } from '../../web/src/document/line-changes.ts'
import { inverse, joined, made, type Step, whoChanged } from '../../web/src/document/undo.ts'

const text = (prompt: string, duration = 3, title = 'Ferry'): string =>
  `title: ${title}\nscenes:\n  - id: quay # at dusk\n    prompt: ${prompt}\n    duration: ${duration}\n`
const step: Step = { name: 'change quay', before: text('a quay'), after: text('a wet quay'), at: 0 }

t.test('a step is taken back letter by letter while nobody changed anything', async (t) => {
  t.strictSame(made(inverse(step), step.after), { text: step.before, clashes: [] })
  const broken = { ...step, before: 'scenes: [' }
  t.equal(made(inverse(broken), step.after)?.text, 'scenes: [', 'a text that cannot be read, too')
})

t.test('what somebody else changed of other fields stays, and so do the comments', async (t) => {
  const back = made(inverse(step), text('a wet quay', 5, 'The last ferry'))
  t.strictSame(back, { text: text('a quay', 5, 'The last ferry'), clashes: [] })
})

t.test('a field that somebody else changed since is told, and left unless it is said', async (t) => {
  const today = text('a quay in the rain', 5)
  const back = made(inverse(step), today)
  t.equal(back?.text, today)
  t.match(back?.clashes, [{ path: 'scenes[quay].prompt', mine: 'a quay', theirs: 'a quay in the rain' }])
  t.equal(made(inverse(step), today, 'mine')?.text, text('a quay', 5))
  const changes = [
    { by: 'jonas', base: parse(text('a wet quay')), theirs: parse(text('a quay in the rain')) },
    { by: 'mara', base: parse(text('a quay in the rain')), theirs: parse(text('a quay in the rain', 5)) },
  ]
  t.equal(whoChanged(inverse(step), back!.clashes, changes), 'jonas', 'whoever changed that field')
  t.equal(whoChanged(inverse(step), back!.clashes, []), null)
})

t.test('a step over a text that cannot be read goes together with the one before', async (t) => {
  const first: Step = { name: 'typing', before: text('a quay'), after: 'scenes: [', at: 0 }
  const second: Step = { name: 'typing', before: 'scenes: [', after: text('a pier'), at: 1 }
  const today = text('a pier', 9)
  t.equal(made(inverse(second), today), null)
  t.equal(made(inverse(joined(first, second)), today)?.text, text('a quay', 9))
})

t.test('only lines that became others are changed, whatever the texts', async (t) => {
  const aText = fc
    .array(fc.constantFrom('a', 'b', 'c', '', '  d'), { maxLength: 12 })
    .map((all) => all.join('\n'))
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(aText, aText, (before, after) => {
        const changes = lineChanges(before, after)
        let made = ''
        let at = 0
        for (const { from, to, insert } of changes) {
          ok(from >= at && to >= from)
          made += before.slice(at, from) + insert
          at = to
        }
        equal(made + before.slice(at), after)
        for (const [index, { from, to }] of placesOf(changes).entries())
          equal(after.slice(from, to), changes[index]?.insert)
      }),
      { numRuns: 300 },
    ),
  )
  t.strictSame(
    lineChanges('a\nb\nc\nd\ne\n', 'A\nb\nc\nD\nD2\ne\n').map(({ from, insert }) => [from, insert]),
    [
      [0, 'A\n'],
      [6, 'D\nD2\n'],
    ],
    'two places are two changes',
  )
})

t.test('of two texts the words that differ are found', async (t) => {
  t.strictSame(differing('a wet quay at dusk', 'a quay at dusk'), ['a ', 'wet ', 'quay at dusk'])
  t.strictSame(differing('a quay', 'a quay'), ['a quay', '', ''])
  t.strictSame(differing('mine', 'theirs'), ['', 'mine', ''])
})
