/** Where the caret is in a storyboard, also while it is half typed. `|` stands for the caret. */
import t from 'tap'
import { placeAt, sceneStarts } from '../../web/src/document/place.ts'

/** `key scenes.0 [id,prompt] du`: role, path, the object's other names, and what is replaced. */
function say(marked: string): string | null {
  const offset = marked.indexOf('|')
  const text = marked.slice(0, offset) + marked.slice(offset + 1)
  const place = placeAt(text, offset)
  if (!place) return null
  const keys = place.role === 'key' ? ` [${place.keys.join()}]` : ''
  const typed = text.slice(place.from, place.to)
  return `${place.role} ${place.path.join('.')}${keys}${typed === '' ? '' : ` ${place.quote}${typed}`}`
}

const CASES: readonly (readonly [marked: string, place: string | null])[] = [
  ['|', 'key  []'],
  ['ti|', 'key  [] ti'],
  ['ti|tle: A', 'key  [] title'],
  ['title: A|', 'value title A'],
  ['title: |', 'value title'],
  ['title:|', 'value title'],
  ['title: A # no|te', null],
  ['# no|te', null],
  ['title: A\n|', 'key  [title]'],
  ['title: A\n|\nscenes: []', 'key  [title,scenes]'],
  ['scenes:\n  - id: a\n    du|', 'key scenes.0 [id] du'],
  ['scenes:\n  - id: a\n    |\n    prompt: x\n  - id: b', 'key scenes.0 [id,prompt]'],
  ['scenes:\n  - id: a\n  |', 'item scenes'],
  ['scenes:\n  - id: a\n  - |', 'open scenes.1'],
  ['scenes:\n  - id: a\n  - i|', 'open scenes.1 i'],
  ['scenes:\n- id: a\n  duration: |\n- id: b', 'value scenes.0.duration'],
  ['scenes:\n- id: a\n|', 'item scenes'],
  ['scenes:\n- id: a\nti|tle: x', 'key  [scenes] title'],
  ['global_prompt:\n  |', 'open global_prompt'],
  ['global_prompt:\n  pos|', 'open global_prompt pos'],
  ['global_prompt:\n  positive: x\n  |', 'key global_prompt [positive]'],
  ['scenes:\n  - {id: a, du|}', 'key scenes.0 [id] du'],
  ['scenes:\n  - {id: a, |}', 'key scenes.0 [id]'],
  ['scenes:\n  - {id: a, duration: |}', 'value scenes.0.duration'],
  ['scenes:\n  - {id: a, audio: {sfx: [{asset_id: |}]}}', 'value scenes.0.audio.sfx.0.asset_id'],
  ['timeline: [{scene: a}, {transition: f|}]', 'value timeline.1.transition f'],
  ['timeline:\n  - montage:\n      scenes: [a, b|]', 'open timeline.0.montage.scenes.1 b'],
  ['timeline:\n  - montage:\n      scenes:\n        - a\n        - |', 'open timeline.0.montage.scenes.1'],
  ['scenes:\n  - prompt: "on @ma|"\n    id: a', 'value scenes.0.prompt "on @ma'],
  ["scenes:\n  - prompt: 'it''s @ma|'\n    id: a", "value scenes.0.prompt 'it''s @ma"],
  ['scenes:\n  - prompt: on @ma|\n    id: a', 'value scenes.0.prompt on @ma'],
  ['scenes:\n  - prompt: "on @ma|\n    id: a', 'value scenes.0.prompt "on @ma'],
  ['transitions:\n  "a->b|": cut', 'key transitions [] "a->b'],
  ['transitions:\n  a->b: d|', 'value transitions.a->b d'],
  ['{"title": "A", "sc|"}', 'key  [title] "sc'],
  ['{\n  "scenes": [\n    {\n      "id": "a",\n      |\n    }\n  ]\n}', 'key scenes.0 [id]'],
  ['{\n  "scenes": [{"id": "a", "duration": 5|}]}', 'value scenes.0.duration 5'],
  ['symbols: &s\n  mara: {prompt: |}', 'value symbols.mara.prompt'],
  ['title: "A"  # end\r\nscenes:\r\n  - id: a\r\n    du|\r\n', 'key scenes.0 [id] du'],
]

t.test('the place of the caret is told, however little is typed', async (t) => {
  for (const [marked, place] of CASES) t.equal(say(marked), place, JSON.stringify(marked))
})

t.test('a text block is one value, and what follows it is read as before', async (t) => {
  const block = 'scenes:\n  - prompt: >\n      long\n\n      text @ma|\n    id: a'
  t.match(say(block), /^value scenes.0.prompt {7}long\n\n {6}text @ma$/)
  t.equal(say('scenes:\n  - prompt: >-\n      a: b\n    i|'), 'key scenes.0 [prompt] i')
})

t.test('every place of any text has an answer, in a time that grows with the text', async (t) => {
  for (const [marked] of CASES) {
    const text = marked.replace('|', '')
    for (let offset = 0; offset <= text.length; offset += 1) t.ok(placeAt(text, offset) !== undefined)
  }
  for (const text of [
    '"'.repeat(500),
    '[{'.repeat(500),
    '- '.repeat(500),
    ':',
    '- - a: - b',
    '}\n]',
    '"a\n\\',
  ])
    t.ok(placeAt(text, text.length) !== undefined)
})

t.test('scenes are found where they begin, as YAML and as JSON', async (t) => {
  const yaml =
    'title: x\nscenes:\n  - id: a\n    audio:\n      sfx:\n        - asset_id: q\n\n  - id: b\ntimeline:\n  - scene: a\n'
  t.same(sceneStarts(yaml), [yaml.indexOf('id: a'), yaml.indexOf('id: b')])
  const json = '{"title": "x",\n "scenes": [\n  {"id": "a"},\n  {"id": "b"}]}'
  t.same(sceneStarts(json), [json.indexOf('{"id": "a"'), json.indexOf('{"id": "b"')])
  t.same(sceneStarts('title: x'), [])
})
