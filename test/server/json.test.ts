import { setImmediate as turn } from 'node:timers/promises'
import fc from 'fast-check'
import { t } from 'tap'
import { type JsonFault, JsonRefused, MAX_DEPTH, MAX_KEYS, parseStrictJson } from '../../server/json.ts'

async function refusal(text: string): Promise<JsonRefused> {
  try {
    await parseStrictJson(text)
  } catch (error) {
    if (error instanceof JsonRefused) return error
    throw error
  }
  throw new Error(`accepted: ${text.slice(0, 80)}`)
}

const FORBIDDEN = /"(__proto__|constructor|prototype)"\s*:|\\u0000/

t.test('whatever JSON.stringify writes is read as JSON.parse reads it', async (t) => {
  await fc.assert(
    fc.asyncProperty(fc.json({ maxDepth: 8 }), fc.constantFrom(undefined, 1, '\t'), async (json, indent) => {
      const text = JSON.stringify(JSON.parse(json), null, indent)
      fc.pre(!FORBIDDEN.test(text) && text.isWellFormed() && !/\\ud[89a-f]/i.test(text))
      fc.pre(!/\d{16}|e\+/.test(text))
      t.strictSame(await parseStrictJson(text), JSON.parse(text))
    }),
    { numRuns: 300 },
  )
})

t.test('what JSON.parse refuses is refused', async (t) => {
  await fc.assert(
    fc.asyncProperty(
      fc.json({ maxDepth: 4 }),
      fc.nat(),
      fc.constantFrom('', ',', '}', ']', '"', ':', 'x', '\\', '1'),
      async (json, at, piece) => {
        const cut = at % (json.length + 1)
        const text = `${json.slice(0, cut)}${piece}${json.slice(cut + 1)}`
        let valid = true
        try {
          JSON.parse(text)
        } catch {
          valid = false
        }
        fc.pre(!valid)
        t.equal((await refusal(text)) instanceof JsonRefused, true)
      },
    ),
    { numRuns: 500 },
  )
})

const REFUSED: [name: string, text: string, fault: JsonFault, line: number, column: number][] = [
  ['nothing at all', '', 'invalid_json', 1, 1],
  ['a text that is cut off', '{"spec":\n  {"title": "Har', 'invalid_json', 2, 13],
  ['an object that is cut off', '{"spec": 1', 'invalid_json', 1, 11],
  ['a comma too many', '{"a":1,\n}', 'invalid_json', 2, 1],
  ['a comment', '{\n// no\n}', 'invalid_json', 2, 1],
  ['a second value', '{} {}', 'invalid_json', 1, 4],
  ['single quotes', "{'a':1}", 'invalid_json', 1, 2],
  ['a leading zero', '[01]', 'invalid_json', 1, 3],
  ['NaN', '[NaN]', 'invalid_json', 1, 2],
  ['a raw line feed in a text', '"a\nb"', 'invalid_json', 1, 1],
  ['an unknown escape', '"\\x"', 'invalid_json', 1, 1],
  ['the same key twice', '{"a":1,\n "a":2}', 'duplicate_key', 2, 2],
  ['the same key twice, once escaped', '{"a":1,"\\u0061":2}', 'duplicate_key', 1, 8],
  ['__proto__', '{"a":{"__proto__":{}}}', 'forbidden_key', 1, 7],
  ['constructor, escaped', '{"constr\\u0075ctor":1}', 'forbidden_key', 1, 2],
  ['prototype', '{"prototype":1}', 'forbidden_key', 1, 2],
  ['NUL', '["\\u0000"]', 'nul_character', 1, 2],
  ['NUL in a key', '{"a\\u0000":1}', 'nul_character', 1, 2],
  ['half a surrogate pair', '["\\ud800"]', 'invalid_text', 1, 2],
  ['a whole number beyond 2^53', '[9007199254740993]', 'unsafe_integer', 1, 2],
  ['a negative one', '[-9007199254740992]', 'unsafe_integer', 1, 2],
  ['a large power of ten', '[1e300]', 'unsafe_integer', 1, 2],
  ['a number beyond all', '[1e999]', 'number_out_of_range', 1, 2],
  ['too deep', '['.repeat(MAX_DEPTH + 1), 'too_deep', 1, MAX_DEPTH + 1],
  [
    'too many keys',
    `{${Array.from({ length: MAX_KEYS + 1 }, (_, n) => `"k${n}":0`).join(',')}}`,
    'too_many_keys',
    1,
    98_892,
  ],
]
for (const [name, text, fault, line, column] of REFUSED) {
  t.test(`${name} is refused as ${fault}, with its place`, async (t) => {
    const error = await refusal(text)
    t.match(error, { fault, line, column })
    t.match(error.message, `line ${line}, column ${column}: `)
  })
}

t.test('limits are not refused themselves', async (t) => {
  t.ok(await parseStrictJson(`${'['.repeat(MAX_DEPTH)}${']'.repeat(MAX_DEPTH)}`))
  t.ok(await parseStrictJson(`{${Array.from({ length: MAX_KEYS }, (_, n) => `"k${n}":0`).join(',')}}`))
  t.equal(await parseStrictJson('9007199254740991'), 9007199254740991)
})

t.test('5 MiB of many values leave room for others after every slice of time', async (t) => {
  const size = 5 * 1024 * 1024
  const kinds: Record<string, string> = {
    'small numbers': `[${'1,'.repeat(size / 2 - 2)}1]`,
    'small objects': `[${'{"a":1},'.repeat(size / 9)}1]`,
  }
  for (const [kind, text] of Object.entries(kinds)) {
    // A clock on which every look finds its slice used up.
    let ms = 0
    let turns = 0
    let done = false
    const counting = (async () => {
      while (!done) {
        turns += 1
        await turn()
      }
    })()
    await parseStrictJson(text, () => {
      ms += 1_000
      return ms
    })
    done = true
    await counting
    t.ok(turns > 500, `${kind}: ${turns} turns`)
  }
})

t.test('5 MiB of one value are read', async (t) => {
  const size = 5 * 1024 * 1024
  t.equal(((await parseStrictJson(`"${'\\n'.repeat(size / 2 - 1)}"`)) as string).length, size / 2 - 1)
  t.equal(((await parseStrictJson(`"${'\\"'.repeat(size / 2 - 1)}"`)) as string).length, size / 2 - 1)
  t.equal(await parseStrictJson(`${' '.repeat(size - 1)}1`), 1)
})
