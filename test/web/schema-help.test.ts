/** What the source view offers and explains. `|` stands for the caret. */
import t from 'tap'
import { check } from '../../web/src/document/check.ts'
import { helpAt, type Names, namesOf, suggestionsAt } from '../../web/src/document/schema-help.ts'

const NAMES: Names = namesOf(
  {
    scenes: [
      { id: 'rail', prompt: 'at the rail' },
      { id: '05', prompt: 'storm' },
    ],
    symbols: { mara: { prompt: 'a keeper', voice: { asset_id: 'v' } }, lamp: { prompt: 'a lamp' } },
    transition_presets: { slow: { type: 'dissolve' } },
  },
  {
    sounds: [{ name: '0192-wav', what: 'storm.wav' }],
    pictures: [{ name: '0192-png', what: 'mara.png' }],
  },
)

function cut(marked: string): [text: string, offset: number] {
  const offset = marked.indexOf('|')
  return [marked.slice(0, offset) + marked.slice(offset + 1), offset]
}

const offered = (marked: string): string[] =>
  (suggestionsAt(...cut(marked), NAMES)?.options ?? []).map(({ label }) => label)

/** The text once a suggestion is taken, with the caret as `|`. */
function taken(marked: string, label: string): string {
  const [text, offset] = cut(marked)
  const { from, to, options } = suggestionsAt(text, offset, NAMES)!
  const { insert, caret = insert.length } = options.find((option) => option.label === label)!
  return `${text.slice(0, from)}${insert.slice(0, caret)}|${insert.slice(caret)}${text.slice(to)}`
}

t.test(
  'names are those of the object where the caret is, without what it has, needed ones first',
  async (t) => {
    t.same(offered('|').slice(0, 3), ['title', 'scenes', '$schema'])
    t.same(offered('scenes:\n  - id: a\n    |'), ['prompt', 'duration', 'order', 'audio'])
    t.same(offered('scenes:\n  - id: a\n    du|\n    prompt: x'), ['duration', 'order', 'audio'])
    t.same(offered('global_audio:\n  music:\n    asset_id: x\n    |'), [
      'volume',
      'fade_in',
      'fade_out',
      'loop',
    ])
    t.same(offered('symbols:\n  mara:\n    |'), ['prompt', 'negative', 'reference_images', 'voice'])
    t.same(offered('transitions:\n  default: cut\n  |'), ['rail->05'])
    t.same(offered('{"title": "x", "sc|"}').includes('scenes'), true)
    t.same(offered('unknown:\n  |'), [])
    t.same(offered('# ti|'), [])
  },
)

t.test('a name that is taken goes on as its value asks for', async (t) => {
  t.equal(taken('scenes:\n  - id: a\n    du|', 'duration'), 'scenes:\n  - id: a\n    duration: |')
  t.equal(taken('scenes:\n  - id: a\n    au|', 'audio'), 'scenes:\n  - id: a\n    audio:\n      |')
  t.equal(taken('ti|', 'timeline'), 'timeline:\n  - |')
  t.equal(taken('scenes:\n  - id: a\n    du|x: 5', 'duration'), 'scenes:\n  - id: a\n    duration|: 5')
  t.equal(taken('scenes: [{id: a, au|}]', 'audio'), 'scenes: [{id: a, audio: {|}}]')
  t.equal(taken('{"sc|"}', 'scenes'), '{"scenes": [|]}')
  t.equal(taken('{"sc|": []}', 'scenes'), '{"scenes"|: []}')
  t.equal(taken('scenes:\n  - |', 'id'), 'scenes:\n  - id: |')
  t.equal(taken('timeline:\n  - scene: a\n  |', 'transition'), 'timeline:\n  - scene: a\n  - transition: |')
  t.equal(taken('timeline:\n  |', 'scene'), 'timeline:\n  - scene: |')
  t.equal(taken('transitions:\n  |', 'rail->05'), 'transitions:\n  rail->05: |')
})

t.test('values come with their meaning', async (t) => {
  const meaning = (marked: string, label: string): string | undefined =>
    suggestionsAt(...cut(marked), NAMES)?.options.find((option) => option.label === label)?.detail
  t.equal(meaning('transition_presets:\n  a:\n    type: |', 'wipe'), 'A moving edge.')
  t.equal(meaning('timeline:\n  - montage:\n      pace: |', 'fast'), '35 % of each scene.')
  t.equal(meaning('timeline:\n  - montage:\n      scenes: [|]', 'rail'), 'at the rail')
  t.equal(meaning('global_audio: {music: {asset_id: |}}', 'asset_music_tense'), 'Rising suspense, 15 s')
  t.equal(meaning('global_audio: {music: {asset_id: |}}', '0192-wav'), 'storm.wav')
  t.equal(meaning('symbols: {a: {reference_images: [{id: |}]}}', '0192-png'), 'mara.png')
  t.equal(meaning('transitions:\n  default: |', 'slow'), 'A preset of this storyboard.')
  t.equal(meaning('scenes: [{audio: {dialogue: [{speaker: |}]}}]', 'mara'), 'a voice; a keeper')
  t.same(offered('global_audio: {music: {loop: |}}'), ['true', 'false'])
  t.same(offered('scenes: [{duration: |}]'), ['5'])
  t.same(offered('title: |'), [])
})

t.test('names that would not be text in YAML get quotes', async (t) => {
  t.equal(taken('timeline:\n  - scene: |', '05'), 'timeline:\n  - scene: "05"|')
  t.equal(taken('timeline:\n  - scene:|', 'rail'), 'timeline:\n  - scene: rail|')
  t.equal(taken('timeline:\n  - scene: "|"', '05'), 'timeline:\n  - scene: "05|"')
})

t.test('symbols are offered after @ in prompts of scenes', async (t) => {
  t.same(offered('scenes:\n  - prompt: "on @|"'), ['@lamp', '@mara'])
  t.same(offered('scenes:\n  - prompt: on @ma|'), ['@mara'])
  t.same(offered('scenes:\n  - prompt: on m|'), [])
  t.same(offered('symbols: {a: {prompt: "@|"}}'), [])
  t.equal(taken('scenes:\n  - prompt: on @m|', '@mara'), 'scenes:\n  - prompt: on @mara|')
  const quoted = taken('scenes:\n  - prompt: @m| climbs', '@mara')
  t.equal(quoted, 'scenes:\n  - prompt: "@mara| climbs"')
  t.ok(check({ id: 1, text: quoted.replace('|', '') }).readable)
})

t.test('a field is explained by title, meaning, type, range, default and an example', async (t) => {
  t.match(helpAt(...cut('scenes:\n  - id: a\n    dura|tion: 5'), NAMES), {
    title: 'Duration',
    description: /1 to 30/,
    path: ['scenes', 0, 'duration'],
    facts: [
      { name: 'Type', value: 'number' },
      { name: 'Range', value: '1 to 30' },
      { name: 'Example', value: '5' },
    ],
  })
  t.match(helpAt(...cut('scenes:\n  - id: a\n    duration: 5|'), NAMES), { title: 'Duration' })
  t.match(helpAt(...cut('transitions: {de|fault: cut}'), NAMES), {
    title: 'Default transition',
    facts: [{ name: 'Type', value: 'text or fields' }],
  })
  t.match(helpAt(...cut('symbols: {mara: {prompt|: x}}'), NAMES)?.facts, [
    { name: 'Type', value: 'text' },
    { name: 'Range', value: 'at most 1000 characters' },
  ])
  t.equal(helpAt(...cut('unk|nown: 1'), NAMES), null)
  t.equal(helpAt(...cut('title: x\n|'), NAMES), null)
})

t.test('values and symbols are explained by what they stand for', async (t) => {
  t.match(helpAt(...cut('scenes: [{prompt: "on @ma|ra there"}]'), NAMES), {
    from: 22,
    to: 27,
    title: '@mara',
    description: 'a keeper',
    facts: [{ value: 'a voice' }],
  })
  t.match(helpAt(...cut('timeline: [{scene: ra|il}]'), NAMES), { title: 'rail', description: 'at the rail' })
  t.match(helpAt(...cut('transitions: {default: {type: wi|pe}}'), NAMES), { description: 'A moving edge.' })
})
