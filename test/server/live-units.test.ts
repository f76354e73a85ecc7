import { t } from 'tap'
import { newId } from '../../core/platform/ids.ts'
import { createFrameBuffer, FRAME_LIMITS } from '../../server/live/frame-buffer.ts'
import { createRateGuard, parseChannel, parseMessage } from '../../server/live/messages.ts'
import { lastEventSequence } from '../../server/live/sse.ts'
import { decideRange } from '../../server/range.ts'

const JOB = 'job:01890a5d-ac96-774b-bcce-b302099a8057'

t.test('messages', async (t) => {
  const target = { kind: 'job', id: JOB.slice(4) }
  const good: [object, object][] = [
    [
      { type: 'subscribe', id: '1', channel: JOB },
      { type: 'subscribe', id: '1', channel: JOB, target, after: null },
    ],
    [
      { type: 'subscribe', id: '1', channel: JOB, after: null },
      { type: 'subscribe', id: '1', channel: JOB, target, after: null },
    ],
    [
      { type: 'subscribe', id: 'x'.repeat(64), channel: JOB, after: 0 },
      { type: 'subscribe', id: 'x'.repeat(64), channel: JOB, target, after: 0 },
    ],
    [
      { type: 'unsubscribe', id: 'a', channel: JOB },
      { type: 'unsubscribe', id: 'a', channel: JOB, target },
    ],
    [{ type: 'ping' }, { type: 'ping', id: null }],
    [
      { type: 'ping', id: 'p', extra: [1] },
      { type: 'ping', id: 'p' },
    ],
  ]
  for (const [raw, message] of good) t.strictSame(parseMessage(JSON.stringify(raw)), { message })

  const bad: [text: string, id: string | null][] = [
    ['', null],
    ['{', null],
    ['[]', null],
    ['"subscribe"', null],
    ['null', null],
    ['{"type":"dance","id":"7"}', '7'],
    ['{"type":"subscribe","id":"7"}', '7'],
    [`{"type":"subscribe","channel":"${JOB}"}`, null],
    [`{"type":"subscribe","id":"","channel":"${JOB}"}`, null],
    [`{"type":"subscribe","id":7,"channel":"${JOB}"}`, null],
    [`{"type":"subscribe","id":"${'x'.repeat(65)}","channel":"${JOB}"}`, null],
    ['{"type":"subscribe","id":"7","channel":"job:1"}', '7'],
    [`{"type":"subscribe","id":"7","channel":"film:${JOB.slice(4)}"}`, '7'],
    [`{"type":"subscribe","id":"7","channel":"${JOB}","after":-1}`, '7'],
    [`{"type":"subscribe","id":"7","channel":"${JOB}","after":1.5}`, '7'],
    [`{"type":"subscribe","id":"7","channel":"${JOB}","after":"3"}`, '7'],
    ['{"type":"ping","id":5}', null],
  ]
  for (const [text, id] of bad) t.match(parseMessage(text), { problem: String, id }, text)
  t.equal(parseChannel(`${JOB}:x`), null)
  t.strictSame(parseChannel(JOB.toUpperCase().replace('JOB', 'job')), target)
})

t.test('20 messages a second, whatever the rhythm', async (t) => {
  const rate = createRateGuard()
  for (let n = 0; n < 20; n += 1) t.equal(rate.take(n), 'ok')
  t.equal(rate.take(500), 'refused')
  t.equal(rate.take(999), 'refused')
  t.equal(rate.take(1_000), 'ok', 'the first has left the window')
  t.equal(rate.take(1_000), 'refused', 'and only the first')
  t.equal(rate.take(2_500), 'ok')
})

t.test('a hundred refusals within ten seconds are too many', async (t) => {
  const rate = createRateGuard()
  const verdicts = Array.from({ length: 121 }, () => rate.take(0))
  t.equal(verdicts.filter((verdict) => verdict === 'ok').length, 20)
  t.equal(verdicts.filter((verdict) => verdict === 'refused').length, 100)
  t.equal(verdicts.at(-1), 'abuse')
  t.equal(rate.take(20_000), 'ok', 'old refusals are forgiven')
})

t.test('a full buffer leaves out progress, oldest first, and says how much', async (t) => {
  const buffer = createFrameBuffer({ frames: 4, bytes: 1_000 })
  for (const text of ['p1', 'p2']) t.ok(buffer.push({ text, progressOf: 'a' }))
  t.ok(buffer.push({ text: 'scene', progressOf: null }))
  t.ok(buffer.push({ text: 'p3', progressOf: 'b' }))
  t.ok(buffer.push({ text: 'p4', progressOf: 'a' }), 'p1 goes')
  t.ok(buffer.push({ text: 'done', progressOf: null }), 'p2 goes')
  const sent: string[] = []
  for (let text = buffer.shift(); text !== undefined; text = buffer.shift()) sent.push(text)
  t.strictSame(sent, ['{"type":"lagged","channel":"a","dropped":2}', 'scene', 'p3', 'p4', 'done'])
  t.match(buffer, { size: 0, bytes: 0 })
})

t.test('a buffer full of what must not be lost refuses more of it', async (t) => {
  const buffer = createFrameBuffer({ frames: 2, bytes: 1_000 })
  buffer.push({ text: 'a', progressOf: null })
  buffer.push({ text: 'b', progressOf: null })
  t.ok(buffer.push({ text: 'p', progressOf: 'c' }), 'progress is left out')
  t.notOk(buffer.push({ text: 'd', progressOf: null }))
  t.equal(buffer.shift(), '{"type":"lagged","channel":"c","dropped":1}')
})

t.test('bytes count, not characters', async (t) => {
  const buffer = createFrameBuffer({ frames: 10, bytes: 10 })
  t.ok(buffer.push({ text: 'éé', progressOf: null }))
  t.equal(buffer.bytes, 4)
  t.notOk(buffer.push({ text: 'ééé+', progressOf: null }))
  t.ok(buffer.push({ text: 'ééé', progressOf: null }))
  t.strictSame(FRAME_LIMITS, { frames: 256, bytes: 1_048_576 })
})

t.test('Last-Event-ID', async (t) => {
  const id = newId()
  const rows: [string | undefined, number | null][] = [
    [undefined, null],
    ['', null],
    ['7', 7],
    [`${id}:12`, 12],
    ['a:b:0', 0],
    [`${id}:`, null],
    [`${id}:x`, null],
    ['-3', null],
    ['1.5', null],
    ['9'.repeat(30), null],
  ]
  for (const [header, sequence] of rows) t.equal(lastEventSequence(header), sequence, String(header))
})

t.test('ranges', async (t) => {
  const parts = (...ranges: [number, number][]) => ({
    kind: 'parts',
    ranges: ranges.map(([start, end]) => ({ start, end })),
  })
  const rows: [string | undefined, object][] = [
    [undefined, { kind: 'whole' }],
    ['bytes=0-0', parts([0, 0])],
    ['bytes=0-', parts([0, 99])],
    ['bytes=90-200', parts([90, 99])],
    ['bytes=-5', parts([95, 99])],
    ['bytes=-500', parts([0, 99])],
    ['bytes=0-1, 50-51', parts([0, 1], [50, 51])],
    ['bytes=0-1,200-201', parts([0, 1])],
    ['bytes=100-', { kind: 'unsatisfiable' }],
    ['bytes=-0', { kind: 'unsatisfiable' }],
    ['bytes=0-0,1-1,2-2,3-3,4-4', parts([0, 0], [1, 1], [2, 2], [3, 3], [4, 4])],
    ['bytes=0-0,1-1,2-2,3-3,4-4,5-5', { kind: 'unsatisfiable' }],
    ['bytes=5-1', { kind: 'whole' }],
    ['bytes=-', { kind: 'whole' }],
    ['bytes=a-b', { kind: 'whole' }],
    ['pages=1-2', { kind: 'whole' }],
  ]
  for (const [header, decision] of rows) t.strictSame(decideRange(header, 100), decision, String(header))
})
