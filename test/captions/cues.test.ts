/** Captions: how lines are cut, when they are shown, and that other programs read the files. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import t from 'tap'
import { type CaptionLine, makeCues } from '../../core/captions/cues.ts'
import { toSrt, toVtt } from '../../core/captions/subtitles.ts'
import { captionText, LINE_WIDTH, widthOf, wrapCaptions } from '../../core/captions/wrap.ts'
import { findTools, listPackets, runFfmpeg } from '../../core/platform/ffmpeg.ts'

const line = (text: string, more: Partial<CaptionLine> = {}): CaptionLine => ({
  speaker: 'keeper',
  text,
  startS: 0,
  skippedS: 0,
  endLimitS: 10,
  spokenS: 3,
  wordTimes: null,
  ...more,
})

const LONG =
  'Nobody has climbed these stairs since the storm. When the lamp went out, we counted the ships by their bells, and in the morning there was one bell less.'

t.test('a short line is one caption for as long as it is spoken', (t) => {
  t.strictSame(makeCues([line('Who is there?', { startS: 1.5, spokenS: 1.2 })], 10), [
    { startMs: 1_500, endMs: 2_700, lines: ['Who is there?'] },
  ])
  t.end()
})

t.test('a long line is cut at the ends of sentences and phrases, into two lines of 42 letters', (t) => {
  const captions = wrapCaptions(LONG)
  t.strictSame(
    captions.map(({ text }) => text),
    [
      'Nobody has climbed these stairs since the storm.',
      'When the lamp went out, we counted the ships by their bells,',
      'and in the morning there was one bell less.',
    ],
  )
  t.strictSame(captions[0]!.lines, ['Nobody has climbed these', 'stairs since the storm.'])
  t.end()
})

t.test('captions of one line share its time by what there is to say', (t) => {
  const cues = makeCues([line(LONG, { spokenS: 9, endLimitS: 20 })], 20)
  t.equal(cues.length, 3)
  t.equal(cues[0]!.startMs, 0)
  t.equal(cues.at(-1)!.endMs, 9_000)
  t.ok(cues[1]!.endMs - cues[1]!.startMs > cues[2]!.endMs - cues[2]!.startMs, 'more words take longer')
  t.end()
})

t.test('times of words decide, where there are any', (t) => {
  const words = LONG.split(' ').map((word, index) => ({ word, startS: index / 2, endS: index / 2 + 0.4 }))
  const cues = makeCues([line(LONG, { spokenS: 14, wordTimes: words, endLimitS: 20 })], 20)
  t.strictSame(
    cues.map(({ startMs }) => startMs),
    [0, 4_000, 10_000],
    'the 9th and the 21st word begin the second and the third caption',
  )
  t.end()
})

t.test('who speaks is said when there are several', (t) => {
  const cues = makeCues(
    [
      line('Who is there?', { speaker: 'old_keeper', spokenS: 1 }),
      line('Me.', { speaker: 'child', startS: 2 }),
    ],
    10,
  )
  t.strictSame(
    cues.map(({ lines }) => lines),
    [['Old keeper: Who is there?'], ['Child: Me.']],
  )
  t.end()
})

t.test('a line that is not spoken stays as long as it takes to read, at most to the end of its shot', (t) => {
  const silent = { spokenS: null, startS: 1 }
  t.match(makeCues([line('…', silent)], 10), [{ startMs: 1_000, endMs: 2_000, lines: ['…'] }])
  t.match(makeCues([line('x'.repeat(40), silent)], 10), [{ startMs: 1_000, endMs: 3_667 }])
  t.match(makeCues([line('x'.repeat(40), { ...silent, endLimitS: 2.5 })], 10), [{ endMs: 2_500 }])
  t.end()
})

t.test('what a shot does not play of a line is not shown', (t) => {
  t.strictSame(makeCues([line('Over already.', { skippedS: 4 })], 10), [])
  t.match(makeCues([line('Half.', { startS: 2, skippedS: 1, spokenS: 3 })], 10), [
    { startMs: 2_000, endMs: 4_000 },
  ])
  t.strictSame(makeCues([line('\u0007 \u200b'.trim(), { text: '\u0000\u0007' })], 10), [])
  t.end()
})

t.test('scripts without spaces are cut between words, a letter of theirs counting twice', (t) => {
  for (const { lines } of wrapCaptions(
    captionText('海の向こうに灯りが見えるまで私たちは階段を上り続けました。そして朝が来ました。'.repeat(2)),
  ))
    for (const one of lines) t.ok(widthOf(one) <= LINE_WIDTH, one)
  t.ok(wrapCaptions('x'.repeat(500)).every(({ lines }) => lines.every((one) => widthOf(one) <= LINE_WIDTH)))
  t.end()
})

const anyLine = fc.record({
  speaker: fc.constantFrom('keeper', 'child', null),
  text: fc.oneof(
    fc.string({ unit: 'binary', minLength: 1, maxLength: 120 }),
    fc.string({
      unit: fc.constantFrom('a', 'é', ' ', '.', ',', '語', '🎬', 'ש', '-->', '<b>', '{\\an8}', '\n', '&'),
      maxLength: 500,
    }),
  ),
  startS: fc.double({ min: 0, max: 20, noNaN: true }),
  skippedS: fc.constantFrom(0, 0, 0.5),
  endLimitS: fc.double({ min: 0, max: 30, noNaN: true }),
  spokenS: fc.option(fc.double({ min: 0.1, max: 40, noNaN: true })),
  wordTimes: fc.constant(null),
})

t.test('whatever is said: in order, none over another, none outside the film, no line too wide', (t) => {
  fc.assert(
    fc.property(
      fc.array(anyLine, { maxLength: 12 }),
      fc.double({ min: 1, max: 30, noNaN: true }),
      (lines, filmS) => {
        const cues = makeCues(lines, filmS)
        let endMs = 0
        return cues.every((cue) => {
          const fits = cue.startMs >= endMs && cue.endMs > cue.startMs && cue.endMs <= filmS * 1_000
          endMs = cue.endMs
          const roomy =
            cues.length > filmS ||
            cue.endMs - cue.startMs >= Math.min(1_000, Math.floor((filmS * 1_000) / cues.length))
          const narrow =
            cue.lines.length <= 2 && cue.lines.every((one) => one !== '' && widthOf(one) <= LINE_WIDTH)
          return fits && roomy && narrow
        })
      },
    ),
  )
  t.end()
})

t.test('no word is lost when a line is cut', (t) => {
  const letters = (text: string): string => text.replace(/\s/g, '')
  fc.assert(
    fc.property(anyLine, ({ text }) => {
      const clean = captionText(text)
      return (
        clean === '' ||
        letters(
          wrapCaptions(clean)
            .map((one) => one.text)
            .join(''),
        ) === letters(clean)
      )
    }),
  )
  t.end()
})

t.test('both kinds of file look as they should', (t) => {
  const cues = [
    { startMs: 61_042, endMs: 3_723_999, lines: ['Tom & <b>Jerry</b>', 'a --> b'] },
    { startMs: 3_724_000, endMs: 3_725_000, lines: ['שלום'] },
  ]
  t.equal(
    toVtt(cues),
    'WEBVTT\n\n00:01:01.042 --> 01:02:03.999\nTom &amp; &lt;b&gt;Jerry&lt;/b&gt;\na --&gt; b\n\n01:02:04.000 --> 01:02:05.000\nשלום\n',
  )
  t.equal(
    toSrt(cues),
    '1\n00:01:01,042 --> 01:02:03,999\nTom & <\u2060b>Jerry<\u2060/b>\na → b\n\n2\n01:02:04,000 --> 01:02:05,000\nשלום\n',
  )
  t.end()
})

t.test('ffmpeg reads both, every caption of them at its time', async (t) => {
  const tools = await findTools(process.env)
  const folder = await mkdtemp(join(tmpdir(), 'framecast-captions-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  const cues = makeCues(
    [
      line(LONG, { spokenS: 9 }),
      line('{\\an8}<i>So?</i> -->', { startS: 10, endLimitS: 14 }),
      line('12', { startS: 14, endLimitS: 16 }),
      line('שלום עולם 🎬', { startS: 16, endLimitS: 20 }),
    ],
    20,
  )
  for (const [name, format, text] of [
    ['a.srt', 'srt', toSrt(cues)],
    ['a.vtt', 'webvtt', toVtt(cues)],
  ] as const) {
    const file = join(folder, name)
    await writeFile(file, text)
    const packets = await listPackets(tools, file, { stream: 's:0', format })
    t.strictSame(
      packets.map(({ pts }) => pts),
      cues.map(({ startMs }) => startMs),
      name,
    )
  }
  const out = join(folder, 'track.mp4')
  await runFfmpeg(
    tools,
    {
      inputs: [{ path: join(folder, 'a.srt'), options: ['-f', 'srt'] }],
      outputs: [{ path: out, options: ['-c:s', 'mov_text', '-f', 'mp4'] }],
    },
    { wallMs: 60_000 },
  )
  const track = await listPackets(tools, out, { stream: 's:0' })
  t.equal(track.filter(({ sizeBytes }) => sizeBytes > 2).length, cues.length, 'and a film can carry them')
})
