import fc from 'fast-check'
import t from 'tap'
import { createSseParser } from '../../cli/sse.ts'

const messages = (parts: readonly string[]) => {
  const parser = createSseParser()
  return parts.flatMap((part) => parser.push(part))
}

t.test('fields, comments, several data lines and all three line ends', async (t) => {
  t.strictSame(messages(['retry: 2000\n\n: keep-alive\n\nid: j:1\nevent: queued\ndata: {}\n\n']), [
    { id: 'j:1', event: 'queued', data: '{}' },
  ])
  t.strictSame(messages(['data: a\r\ndata: b\r\n\r\n']), [{ id: '', event: 'message', data: 'a\nb' }])
  t.strictSame(messages(['data:x\rdata: y\r\r', 'data: z\n\n']), [
    { id: '', event: 'message', data: 'x\ny' },
    { id: '', event: 'message', data: 'z' },
  ])
  t.strictSame(messages(['id: 1\n\n']), [], 'no data, no message')
  const parser = createSseParser()
  parser.push('retry: 1500\n')
  t.equal(parser.retryMs(), 1500)
})

t.test('where the text is cut makes no difference', async () => {
  const text =
    'retry: 2000\r\n\r\nid: j:1\r\nevent: a\r\ndata: {"x":1}\r\n\r\n: c\n\nid: j:2\nevent: b\ndata: 1\ndata: 2\n\n'
  const whole = JSON.stringify(messages([text]))
  fc.assert(
    fc.property(fc.array(fc.nat(text.length), { maxLength: 12 }), (cuts) => {
      const places = [0, ...cuts.toSorted((a, b) => a - b), text.length]
      const parts = places.slice(1).map((end, index) => text.slice(places[index], end))
      return JSON.stringify(messages(parts)) === whole
    }),
  )
})

t.test('an event without end does not fill the memory', async (t) => {
  const parser = createSseParser()
  t.throws(() => {
    for (let index = 0; index < 40; index += 1) parser.push('x'.repeat(64 * 1024))
  }, /larger than 1 MiB/)
})
