import t from 'tap'
import { sharp } from '../../comfyui/preview/raster.ts'
import { metricsOf } from '../../comfyui/preview/text/metrics.ts'
import { coveredText, plainText, tokenize } from '../../comfyui/preview/text/tokens.ts'
import { fit, type Line, wrap } from '../../comfyui/preview/text/wrap.ts'

const font = metricsOf(600)
const textOf = (line: Line): string => line.map(({ text }) => text).join('')

/** Ink of a text drawn by sharp: its left and right edge and the number of lit pixels. */
async function ink(text: string, weight: number, sizePx: number) {
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="1200" height="80"><text x="10" y="55" font-family="Inter" font-weight="${weight}" font-size="${sizePx}" fill="#fff">${text}</text></svg>`
  const { data, info } = await sharp(Buffer.from(svg))
    .extractChannel(3)
    .raw()
    .toBuffer({ resolveWithObject: true })
  let [left, right, lit] = [info.width, 0, 0]
  for (const [at, value] of data.entries()) {
    if (value < 96) continue
    left = Math.min(left, at % info.width)
    right = Math.max(right, at % info.width)
    lit += 1
  }
  return { left, right, lit, data }
}

t.test('words are drawn in Inter, not as empty boxes', async (t) => {
  const [word, other] = [await ink('Framecast', 600, 40), await ink('Frаmeсаst', 600, 40)]
  const boxes = await ink('\u{1f600}'.repeat(9), 600, 40)
  t.ok(word.lit > 500, 'there is ink')
  t.not(Buffer.compare(word.data, boxes.data), 0)
  // Cyrillic lookalikes have the same shapes in Inter: glyphs come from the font, not from a fallback.
  t.ok(Math.abs(word.lit - other.lit) < word.lit * 0.05)
  const bold = await ink('Framecast', 700, 40)
  t.ok(bold.lit > word.lit, 'weights are told apart')
})

t.test('measured widths are those of the drawn text', async (t) => {
  for (const text of ['A lighthouse on the coast at dusk', 'Wave Type AVATAR', '0123456789']) {
    const { left, right } = await ink(text, 600, 40)
    const measured = font.width(text, 40)
    t.ok(right - left <= measured + 1, `${text}: never wider than measured`)
    t.ok(right - left > measured * 0.93, `${text}: ${right - left} of ${measured}`)
  }
})

t.test('Latin, Greek and Cyrillic are covered; what is not is named', (t) => {
  for (const text of ['naïve façade Łódź', 'Ελλάδα', 'Київ', 'Tiếng Việt', '5.0 s · “quoted” — 3 × 4 …']) {
    t.equal(coveredText(text, font), text.normalize('NFC'))
  }
  const rows = [
    ['街の灯り', '[Kana ×4]'],
    ['霓虹 灯光', '[Han ×4]'],
    ['안녕 하세요', '[Hangul ×5]'],
    ['مرحبا بالعالم', '[Arabic ×12]'],
    ['שלום', '[Hebrew ×4]'],
    ['go 🚀🎬 now', 'go [emoji ×2] now'],
    ['👩‍👩‍👧‍👦', '[emoji]'],
    ['❤️', '❤'],
  ] as const
  for (const [given, wanted] of rows) t.equal(coveredText(given, font), wanted)
  t.end()
})

t.test('@names are set apart, addresses are not', (t) => {
  const kinds = tokenize('@mara, meet @old_tomas at mail@host.', font)
    .flat()
    .filter(({ kind }) => kind === 'symbol')
    .map(({ text }) => text)
  t.same(kinds, ['@mara', '@old_tomas'])
  t.end()
})

t.test('text is wrapped by width, ended with an ellipsis, and never overflows', (t) => {
  const prompt = 'First-person step out on @stage, a flash of light, then @crowd standing up to greet you. '
  const words = tokenize(prompt.repeat(20), font)
  for (const width of [120, 300, 640, 936]) {
    const { lines, cut } = wrap(words, font, 40, width, 3)
    t.equal(lines.length, 3)
    t.ok(cut)
    t.match(textOf(lines[2]!), /…$/)
    for (const line of lines) t.ok(font.width(textOf(line), 40) <= width, `${width}: ${textOf(line)}`)
  }
  const short = wrap(tokenize('A quiet room', font), font, 40, 900, 3)
  t.same(short.lines.map(textOf), ['A quiet room'])
  t.notOk(short.cut)
  t.end()
})

t.test('one endless word is broken; nothing at all gives no lines', (t) => {
  const { lines } = wrap(tokenize('x'.repeat(500), font), font, 30, 300, 4)
  t.equal(lines.length, 4)
  for (const line of lines) t.ok(font.width(textOf(line), 30) <= 300)
  t.same(wrap(tokenize('   ', font), font, 30, 300, 4).lines, [])
  t.end()
})

t.test('type shrinks before text is cut, and lines are of like length', (t) => {
  const steps = [
    { sizePx: 46, maxLines: 2 },
    { sizePx: 30, maxLines: 5 },
  ]
  const long = fit(tokenize('word '.repeat(60), font), font, steps, 900)
  t.equal(long.sizePx, 30)
  const two = fit(tokenize('The ship turns in orbit above a violet planet', font), font, steps, 940)
  t.equal(two.lines.length, 2)
  t.ok(textOf(two.lines[1]!).includes(' '), 'no lone last word')
  t.end()
})

t.test('hostile text comes out plain', (t) => {
  t.equal(plainText('a\u0000b\u202ec\u2066d\u0007\ud800e\ufffe'), 'abcde')
  t.equal(plainText('  two\n\tlines\u00a0here  '), 'two lines here')
  t.ok(plainText('😀'.repeat(5_000)).length <= 2_000)
  t.ok(plainText('x'.repeat(1_000_000)).length <= 2_000)
  t.ok(plainText('a\u0301'.repeat(50_000)).isWellFormed())
  t.end()
})
