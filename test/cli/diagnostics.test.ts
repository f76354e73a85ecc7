import t from 'tap'
import { formatDiagnostic, formatDiagnostics } from '../../cli/diagnostics.ts'
import { parsePath } from '../../cli/storyboard-file.ts'
import { bytesText, clock, fit, harmless, secondsText, textWidth } from '../../cli/text.ts'

t.test('a problem is shown with its line and a mark under the place', async (t) => {
  const problem = {
    path: 'timeline[0].scene',
    code: 'V10_scene_unknown',
    message: 'there is no scene "onne". Did you mean "one"?',
    line: 12,
    column: 12,
    endColumn: 16,
    source: '  - scene: onne  # first',
  }
  t.strictSame(formatDiagnostic('film.yaml', 'error', problem), [
    'film.yaml:12:12 error V10_scene_unknown: there is no scene "onne". Did you mean "one"?',
    '   12 |   - scene: onne  # first',
    '      |            ^^^^',
  ])
})

t.test('the mark stands right after tabs and wide letters', async (t) => {
  const mark = (source: string, column: number, endColumn: number) =>
    formatDiagnostic('f', 'error', { path: '', message: 'm', line: 1, column, endColumn, source })[2]
  t.equal(mark('\tid: x', 6, 7), '      |       ^')
  t.equal(mark('夜: x', 4, 5), '      |     ^')
})

t.test('a part of a very long line is shown around the place', async (t) => {
  const long = `{"a":"${'x'.repeat(300)}","bad":1}`
  const at = long.indexOf('"bad"') + 1
  const lines = formatDiagnostic('f.json', 'error', {
    path: 'bad',
    message: 'm',
    line: 1,
    column: at,
    endColumn: at + 5,
    source: long,
  })
  t.ok(lines.every((line) => textWidth(line) < 180))
  const column = lines[2]?.indexOf('^') ?? 0
  t.equal(lines[1]?.slice(column, column + 5), '"bad"')
})

t.test('without a line, the path says where; nothing in a file can steer the terminal', async (t) => {
  const lines = formatDiagnostic('f', 'warning', { path: 'scenes', message: 'too \u001b[2Jmany' })
  t.strictSame(lines, ['f warning: too  [2Jmany (scenes)'])
})

t.test('errors come first, in the order of the file, and are counted', async (t) => {
  const at = (line: number, message: string) => ({ path: '', message, line, column: 1, source: 'x' })
  const lines = formatDiagnostics('f', { errors: [at(9, 'late'), at(2, 'early')], warnings: [at(1, 'mild')] })
  t.match(
    lines.filter((line) => line.startsWith('f:')).join('\n'),
    /early[\s\S]*late[\s\S]*mild[\s\S]*2 errors, 1 warning$/,
  )
  t.strictSame(formatDiagnostics('f', { errors: [], warnings: [] }), ['f: valid'])
})

t.test('paths are read back', async (t) => {
  t.strictSame(parsePath('scenes[0].audio.sfx[1].asset_id'), ['scenes', 0, 'audio', 'sfx', 1, 'asset_id'])
  t.strictSame(parsePath('transitions["a->b"].type'), ['transitions', 'a->b', 'type'])
  t.strictSame(parsePath('["odd \\" key"]'), ['odd " key'])
  t.strictSame(parsePath(''), [])
})

t.test('figures for people', async (t) => {
  t.strictSame([7, 760, 3_723].map(clock), ['0:07', '12:40', '1:02:03'])
  t.strictSame([0.4249, 7.31, 95.4].map(secondsText), ['0.42 s', '7.3 s', '95 s'])
  t.strictSame([812, 4_100_000, 999_600, 120e9].map(bytesText), ['812 B', '4.1 MB', '1.0 MB', '120 GB'])
  t.equal(fit('a long title', 6), 'a lon…')
  t.equal(fit('夜夜夜', 4), '夜…')
  t.equal(harmless('a\u0007b\u202ec'), 'a b c')
})
