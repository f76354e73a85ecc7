/** What one press of a correction does to the text, for what the validator itself says. */
import t from 'tap'
import { check } from '../../web/src/document/check.ts'
import { correctionOf, rangeOf } from '../../web/src/document/corrections.ts'
import { formatted } from '../../web/src/document/text.ts'

const PROBLEMS: readonly (readonly [what: string, before: string, label: string, after: string])[] = [
  ['a symbol', 'prompt: "@mraa at the rail"', 'Use @mara', 'prompt: "@mara at the rail"'],
  ['a length', 'duration: 45', 'Use 30', 'duration: 30'],
  ['a length below', 'duration: 0.2 # short', 'Use 1', 'duration: 1 # short'],
  ['a unit', 'duration: 5s', 'Use 5', 'duration: 5'],
  ['a number in quotes', 'duration: "5"', 'Use 5', 'duration: 5'],
  ['a text without quotes', 'prompt: 42', 'Use "42"', 'prompt: "42"'],
  ['a field', 'promptt: x', 'Use prompt', 'prompt: x'],
  [
    'a sound',
    'audio: {music: {asset_id: asset_music_tens}}',
    'Use asset_music_tense',
    'audio: {music: {asset_id: asset_music_tense}}',
  ],
  [
    'a share in percent',
    'audio: {music: {asset_id: asset_music_tense, volume: 70}}',
    'Use 0.7',
    'audio: {music: {asset_id: asset_music_tense, volume: 0.7}}',
  ],
  ['a half order', 'order: 2.4', 'Use 2', 'order: 2'],
]

/** A storyboard with one line of a scene changed. */
function withLine(line: string): string {
  const lines = ['prompt: on the rail', 'duration: 5', 'order: 1', 'audio: {}']
  const name = line.slice(0, 5)
  return `title: x\nsymbols: {mara: {prompt: a keeper}}\nscenes:\n  - id: rail\n${lines
    .map((own) => `    ${own.startsWith(name) ? line : own}\n`)
    .join('')}`
}

t.test('one press puts right what the validator knows the right of', async (t) => {
  for (const [what, before, label, after] of PROBLEMS) {
    const text = withLine(before)
    const { errors, warnings } = check({ id: 1, text })
    const found = [...errors, ...warnings].flatMap((problem) => correctionOf(text, problem) ?? [])
    const [correction] = found
    if (!correction) {
      t.fail(`${what}: nothing is offered`)
      continue
    }
    const mended = text.slice(0, correction.from) + correction.insert + text.slice(correction.to)
    t.equal(correction.label, label, what)
    t.equal(mended, withLine(after), what)
    t.same(check({ id: 2, text: mended }).errors, [], what)
  }
})

t.test('names in timeline and transitions are put right inside their text', async (t) => {
  const written = (harbour: string, dissolve: string, wipe: string, join: string): string =>
    `title: x
scenes:
  - {id: harbour, prompt: a, duration: 2}
  - {id: sea, prompt: b, duration: 2}
transitions:
  "${harbour}->sea": ${dissolve}
  ${join}: cut
timeline:
  - scene: "${harbour}"
  - transition: {type: ${wipe}}
  - scene: sea
`
  let text = written('harbor', 'dissolv', 'wype', 'sea -> harbour')
  for (let n = 0; n < 5; n += 1) {
    const [correction] = check({ id: n, text }).errors.flatMap((problem) => correctionOf(text, problem) ?? [])
    if (!correction) return t.fail(`nothing is offered after ${n} corrections`)
    text = text.slice(0, correction.from) + correction.insert + text.slice(correction.to)
  }
  t.equal(text, written('harbour', 'dissolve', 'wipe', 'sea->harbour'))
  t.same(check({ id: 9, text }).errors, [])
})

t.test('nothing is offered where the text has moved on, or where only the author knows', async (t) => {
  const text = withLine('prompt: "@mraa at the rail"')
  const [problem] = check({ id: 1, text }).errors
  t.ok(correctionOf(text, problem!))
  t.equal(correctionOf(text.replace('@mraa', '@nora'), problem!), null)
  t.equal(correctionOf('', problem!), null)
  const blank = withLine('prompt: ""')
  t.equal(correctionOf(blank, check({ id: 1, text: blank }).errors[0]!), null)
  t.equal(rangeOf(text, {}), null)
})

t.test('format keeps comments and order, and makes YAML of JSON', async (t) => {
  t.equal(
    formatted(
      '# film\ntitle:   x # name\nscenes:\n    - id: a   # first\n      prompt: "b"\n\n    -   {id: c,  prompt: d}\n',
    ),
    '# film\ntitle: x # name\nscenes:\n  - id: a # first\n    prompt: "b"\n\n  - {id: c, prompt: d}\n',
  )
  t.equal(formatted('{"scenes": [{"id": "a"}],\n "title": "x"}'), 'title: x\nscenes:\n  - id: a\n')
  t.throws(() => formatted('title: ['), /cannot be read/)
})
