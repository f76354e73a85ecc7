import fc from 'fast-check'
import t from 'tap'
import { parseStoryboard } from '../../core/storyboard/parse.ts'

const errorsOf = (text: string | Uint8Array, format?: 'json' | 'yaml') => {
  const parsed = parseStoryboard(text, { format })
  return 'errors' in parsed ? parsed.errors : []
}
const documentOf = (text: string, filename?: string) => {
  const parsed = parseStoryboard(text, { filename })
  return 'document' in parsed ? parsed.document : parsed.errors
}

t.test('the format follows the file name, else the first character', async (t) => {
  t.same(documentOf('title: x', 'a.yaml'), { title: 'x' })
  t.same(documentOf('{title: x}', 'a.yml'), { title: 'x' })
  t.same(documentOf('{"title": "x"}'), { title: 'x' })
  t.same(documentOf('{"title": "x"}', 'A.JSON'), { title: 'x' })
  t.same(documentOf('\ufefftitle: x'), { title: 'x' }, 'a byte order mark is skipped')
  t.match(errorsOf('title: x', 'json'), [{ code: 'syntax' }])
})

t.test('bytes must be UTF-8', async (t) => {
  const parsed = parseStoryboard(new TextEncoder().encode('title: Ærø'))
  t.same('document' in parsed && parsed.document, { title: 'Ærø' })
  t.match(errorsOf(new Uint8Array([0x74, 0x3a, 0x20, 0xff])), [{ code: 'bad_text', message: /UTF-8/ }])
})

t.test('YAML is read as YAML 1.2', async (t) => {
  t.same(documentOf('a: yes\nb: 0o17\nc: 010\nd: ~\ne: 1e1\n3: x'), {
    3: 'x',
    a: 'yes',
    b: 15,
    c: 10,
    d: null,
    e: 10,
  })
})

/** Text, code, place, and words of the message that say what would be right. */
const YAML: [what: string, text: string, code: string, place: string, words: RegExp][] = [
  ['a bare @', 'scenes:\n  - prompt: @mara walks', 'syntax', '2:13', /starts with @ needs quotes/],
  ['a colon in bare text', 'title: x\nprompt: Note: b', 'syntax', '2:9', /needs quotes/],
  ['a tab', 'a:\n\tb: 2', 'syntax', '2:1', /tab.*spaces/],
  ['an open list', 'a: [1, 2\nb: 3', 'syntax', '2:1', /closed/],
  ['an open quote', 'a: "x\nb: 1', 'syntax', '2:5', /quote is not closed/],
  ['a field without a colon', 'title x\na: 1', 'syntax', '1:1', /colon and a space/],
  ['two documents', 'a: 1\n---\nb: 2', 'syntax', '2:1', /one storyboard a file/],
  ['a custom tag', 'a: !point 1', 'syntax', '1:4', /tags/],
  ['a binary tag', 'a: !!binary aGk=', 'tag', '1:13', /tags/],
  ['a set', 'a: !!set {x}', 'tag', '1:10', /tags/],
  ['an old version', '%YAML 1.1\n---\na: yes', 'syntax', '1:1', /1\.2/],
  ['a merge key', 'a: &x {b: 1}\nc:\n  <<: *x', 'merge_key', '3:3', /not supported/],
  ['a repeated key', 'a: 1\nb: 2\na: 3', 'duplicate_key', '3:1', /"a" is given twice/],
  ['a repeated key, told apart by type only', 'a: {1: x, "1": y}', 'duplicate_key', '1:11', /twice/],
  ['a list as a key', 'a: 1\n[b]: 2', 'syntax', '2:1', /plain text/],
  ['__proto__', 'symbols:\n  __proto__: {}', 'forbidden_key', '2:3', /may not be used/],
  ['constructor', '{constructor: 1}', 'forbidden_key', '1:2', /may not be used/],
  ['an unknown alias', 'a: *ghost', 'unknown_alias', '1:4', /no anchor &ghost/],
  ['a NUL', 'a: "x\\0"', 'bad_text', '1:4', /NUL/],
  ['half a character', 'a: "\\ud800"', 'bad_text', '1:4', /half a character/],
  ['infinity', 'a: .inf', 'unsafe_integer', '1:4', /too large/],
  ['an integer that would be rounded', 'seed: 9007199254740993', 'unsafe_integer', '1:7', /rounded/],
  ['an empty file', '# nothing\n', 'empty', '1:1', /title and one scene/],
  ['depth 33', `a: ${'['.repeat(33)}${']'.repeat(33)}`, 'too_deep', '1:36', /deeper than 32/],
]
for (const [what, text, code, place, words] of YAML) {
  t.test(`YAML with ${what} is refused at its place`, async (t) => {
    const [found, ...others] = errorsOf(text, 'yaml')
    t.equal(found?.code, code)
    t.equal(`${found?.line}:${found?.column}`, place)
    t.match(found?.message, words)
    t.equal(found?.source, text.split('\n')[found!.line! - 1])
    t.same(others, [], 'once')
  })
}

const JSON_TEXTS: [what: string, text: string, code: string, place: string, words: RegExp][] = [
  ['a trailing comma', '{"a": 1,\n}', 'syntax', '2:1', /no comma after the last field/],
  ['a missing comma', '{"a": 1\n "b": 2}', 'syntax', '2:2', /comma is expected/],
  ['a missing colon', '{"a" 1}', 'syntax', '1:6', /colon/],
  ['single quotes', "{'a': 1}", 'syntax', '1:2', /double quotes/],
  ['a comment', '{\n// x\n"a": 1}', 'syntax', '2:1', /no comments/],
  ['a cut-off end', '{"a": [1, 2', 'syntax', '1:11', /ends too early.*\]/],
  ['a cut-off text', '{"title": "x', 'syntax', '1:11', /not closed/],
  ['a bad escape', '{"a": "\\x"}', 'syntax', '1:7', /escape/],
  ['a raw line break in a text', '{"a": "x\ny"}', 'syntax', '1:7', /not closed/],
  ['a leading zero', '{"a": 01}', 'syntax', '1:8', /./],
  ['nothing', '  ', 'empty', '1:1', /empty/],
  ['a repeated key', '{"a": {"b": 1,\n "b": 2}}', 'duplicate_key', '2:2', /"b" is given twice/],
  ['a key repeated by escape', '{"a": 1, "\\u0061": 2}', 'duplicate_key', '1:10', /twice/],
  ['__proto__', '{"__proto__": {}}', 'forbidden_key', '1:2', /may not be used/],
  ['a NUL', '{"a": "\\u0000"}', 'bad_text', '1:7', /NUL/],
  ['half a character', '{"a": "\\ud83d"}', 'bad_text', '1:7', /half a character/],
  ['a number too large', '{"a": 1e400}', 'unsafe_integer', '1:7', /too large/],
  ['an integer that would be rounded', '{"a": 9007199254740993}', 'unsafe_integer', '1:7', /rounded/],
  ['depth 33', '['.repeat(33) + ']'.repeat(33), 'too_deep', '1:33', /deeper than 32/],
]
for (const [what, text, code, place, words] of JSON_TEXTS) {
  t.test(`JSON with ${what} is refused at its place`, async (t) => {
    const [found, ...others] = errorsOf(text, 'json')
    t.equal(found?.code, code)
    t.equal(`${found?.line}:${found?.column}`, place)
    t.match(found?.message, words)
    t.same(others, [], 'once')
  })
}

t.test('32 levels are allowed', async (t) => {
  const text = `${'['.repeat(32)}1${']'.repeat(32)}`
  t.same(errorsOf(text, 'json'), [])
  t.same(errorsOf(text, 'yaml'), [])
})

t.test('100 aliases are allowed, 101 and self-references are not', async (t) => {
  const aliases = (count: number) => `a: &x 1\nb:\n${'  - *x\n'.repeat(count)}`
  t.same(errorsOf(aliases(100)), [])
  t.match(errorsOf(aliases(101)), [{ code: 'too_many_aliases' }])
  t.match(errorsOf('a: &a [*a]'), [{ code: 'too_many_aliases' }])
})

t.test('sizes: 256 kB of YAML, 5 MiB of JSON', async (t) => {
  t.same(errorsOf(`a: ${'x'.repeat(256 * 1024 - 3)}`), [])
  t.match(errorsOf(`a: ${'x'.repeat(256 * 1024 - 2)}`), [{ code: 'too_large', limit: 262_144 }])
  t.match(errorsOf(`"${'x'.repeat(5 * 1024 * 1024)}"`, 'json'), [{ code: 'too_large' }])
})

/** Texts that make parsers take minutes, gigabytes or the whole stack. */
const BOMBS: [what: string, text: string][] = [
  ['nested flow lists', '['.repeat(250_000)],
  ['nested flow maps', '{'.repeat(250_000)],
  ['nested maps with keys', '{a: '.repeat(60_000)],
  ['nested block lists', '- '.repeat(120_000)],
  ['nested complex keys', '? '.repeat(120_000)],
  ['nested keys on a line', 'a: '.repeat(80_000)],
  ['deep indentation', Array.from({ length: 700 }, (_, i) => `${' '.repeat(i)}a:\n`).join('')],
  ['anchors in a row', '&a '.repeat(80_000)],
  ['tags in a row', '!!'.repeat(120_000)],
  ['many keys', Array.from({ length: 20_000 }, (_, i) => `k${i}: 1\n`).join('')],
  ['many items', `[${'a,'.repeat(120_000)}]`],
  ['backslashes', `"${'\\'.repeat(250_000)}`],
  ['line breaks in quotes', `a: "${'\n'.repeat(250_000)}`],
  ['many documents', '---\n'.repeat(60_000)],
  ['tabs', '\t'.repeat(250_000)],
  ['spaces', ' '.repeat(250_000)],
  ['percent signs', '%\n'.repeat(120_000)],
  ['a billion laughs', laughs()],
  ['a large anchor used often', `a: &x ["${'x'.repeat(200_000)}"]\nc: [${'*x,'.repeat(100)}]`],
]
function laughs(): string {
  const lines = ['a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol]']
  for (let i = 1; i < 10; i++) lines.push(`a${i}: &a${i} [${`*a${i - 1}, `.repeat(9)}]`)
  return lines.join('\n')
}
for (const [what, text] of BOMBS) {
  t.test(`a bomb of ${what} is refused quickly`, async (t) => {
    const cpu = process.cpuUsage()
    for (const format of ['yaml', 'json'] as const) t.ok(errorsOf(text, format).length > 0, format)
    const used = process.cpuUsage(cpu)
    // Processor time, since a busy machine stretches the clock. The limit is generous; these took minutes before.
    t.ok((used.user + used.system) / 1000 < 2000, `${(used.user + used.system) / 1000} ms`)
  })
}

t.test('any text gives a document or errors with places, never an exception', async () => {
  const piece = fc.constantFrom(
    'a',
    ': ',
    '- ',
    '\n',
    '  ',
    '[',
    ']',
    '{',
    '}',
    ',',
    '"',
    "'",
    '&x ',
    '*x',
    '!!str ',
    '|',
    '>',
    '#',
    '---',
    '%',
    '@',
    '? ',
    '1e9',
    '\\',
    '\0',
    '<<',
    '\r',
    '\ud800',
  )
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.array(piece, { maxLength: 40 }).map((parts) => parts.join('')),
  )
  fc.assert(
    fc.property(text, fc.constantFrom('yaml', 'json'), (input, format) => {
      const parsed = parseStoryboard(input, { format: format as 'yaml' })
      if ('document' in parsed) return parsed.source.locate(['scenes', 3, 'prompt']).line >= 1
      return (
        parsed.errors.length > 0 && parsed.errors.every((error) => error.line! >= 1 && error.column! >= 1)
      )
    }),
    { numRuns: 1000 },
  )
})

t.test('JSON and YAML of one value parse to that value', async () => {
  const key = fc.stringMatching(/^[a-z]{1,5}$/).filter((name) => name !== 'constructor')
  const value = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 4 },
      fc.integer(),
      fc.double({ noNaN: true, noDefaultInfinity: true, max: 1e9, min: -1e9 }),
      fc.string(),
      fc.boolean(),
      fc.constant(null),
      fc.array(tie('value'), { maxLength: 3 }),
      fc.dictionary(key, tie('value'), { maxKeys: 3, noNullPrototype: true }),
    ),
  })).value
  fc.assert(
    fc.property(fc.record({ root: value }), (document) => {
      const text = JSON.stringify(document)
      const wanted = JSON.stringify(JSON.parse(text))
      // JSON is YAML too.
      for (const format of ['json', 'yaml'] as const) {
        const parsed = parseStoryboard(text, { format })
        const got = 'document' in parsed ? JSON.stringify(parsed.document) : JSON.stringify(parsed.errors)
        if (got !== wanted) throw new Error(`${format}: ${got} instead of ${wanted}`)
      }
    }),
  )
})

const SAME = {
  yaml: 'title: x\nscenes:\n  - id: a\n    prompt: >-\n      hello\n      @mara\n    audio: &q {volume: 3}\n  - audio: *q\nnothing:\n',
  json: '{"title": "x",\n "scenes": [\n  {"id": "a",\n   "prompt": "hello @mara",\n   "audio": {"volume": 3}}],\n "nothing": null}',
}
for (const [format, expected] of [
  [
    'yaml',
    {
      title: '1:8 x',
      id: '3:9 a',
      key: '3:5 id',
      mara: '6:7 @mara',
      volume: '7:24 3',
      missing: '3:5',
      nothing: '9:9',
    },
  ],
  [
    'json',
    {
      title: '1:11 "x"',
      id: '3:10 "a"',
      key: '3:4 "id"',
      mara: '4:21 @mara',
      volume: '5:24 3',
      missing: '3:3',
      nothing: '6:13 null',
    },
  ],
] as const) {
  t.test(`${format}: paths lead back to line and column`, async (t) => {
    const parsed = parseStoryboard(SAME[format], { format })
    if ('errors' in parsed) throw new Error(JSON.stringify(parsed.errors))
    const { source } = parsed
    const shown = (
      { line, column, endColumn, source: text }: ReturnType<typeof source.locate>,
      withText = true,
    ) => (withText ? `${line}:${column} ${text.slice(column - 1, endColumn - 1)}` : `${line}:${column}`)
    t.equal(shown(source.locate(['title'])), expected.title)
    t.equal(shown(source.locate(['scenes', 0, 'id'])), expected.id)
    t.equal(shown(source.locate(['scenes', 0, 'id'], 'key')), expected.key)
    t.equal(shown(source.find(['scenes', 0, 'prompt'], '@mara')), expected.mara)
    t.equal(shown(source.locate(['scenes', 0, 'audio', 'volume'])), expected.volume)
    t.equal(
      shown(source.locate(['scenes', 0, 'duration']), false),
      expected.missing,
      'a missing field: its parent',
    )
    t.ok(shown(source.locate(['nothing'])).startsWith(expected.nothing))
    t.ok(source.locate(['nowhere', 'at', 'all']).line === 1)
    t.ok(source.locate([]).line === 1)
  })
}

t.test('through an alias the place is where the value is written', async (t) => {
  const parsed = parseStoryboard(SAME.yaml)
  t.match('source' in parsed && parsed.source.locate(['scenes', 1, 'audio', 'volume']), {
    line: 7,
    column: 24,
  })
})

t.test('a very long source line is shown in part, with the place within', async (t) => {
  const text = `{"a": "${'x'.repeat(1000)}", "b": 5, "c": "${'y'.repeat(1000)}"}`
  const parsed = parseStoryboard(text)
  const place = 'source' in parsed ? parsed.source.locate(['b']) : null
  t.match(place, { line: 1, column: text.indexOf('5') + 1, sourceColumn: 101 })
  t.equal(place!.source[place!.sourceColumn! - 1], '5')
  t.equal(place!.source.length, 400)
})

t.test('lines may end with CRLF', async (t) => {
  const parsed = parseStoryboard('title: x\r\nscenes: 5\r\n')
  t.match('source' in parsed && parsed.source.locate(['scenes']), { line: 2, column: 9, source: 'scenes: 5' })
})
