/** The parts that decide: what follows from an answer, what is signed, what is sealed. */
import { createHmac, randomBytes } from 'node:crypto'
import { Webhook } from 'standardwebhooks'
import t from 'tap'
import { createSealer } from '../../core/platform/sealing.ts'
import { inOrder } from '../../core/webhooks/body.ts'
import { signedHeaders } from '../../core/webhooks/signing.ts'
import { type Attempted, judge, kept, RETRY_AFTER_S } from '../../core/webhooks/verdict.ts'

const answered = (status: number): Attempted => ({ kind: 'answered', status, text: 'text' })
const unanswered = (fault: 'refused' | 'timeout' | 'network'): Attempted => ({
  kind: 'unanswered',
  fault,
  text: 'why',
})

t.test('what follows from an attempt', async (t) => {
  const rows: [Attempted, attempts: number, status: string, retryAfterS: number | null][] = [
    [answered(200), 1, 'delivered', null],
    [answered(299), 5, 'delivered', null],
    [answered(301), 1, 'failed', null],
    [answered(307), 1, 'failed', null],
    [answered(400), 1, 'failed', null],
    [answered(429), 1, 'failed', null],
    [answered(500), 1, 'retrying', 60],
    [answered(503), 2, 'retrying', 300],
    [answered(599), 3, 'retrying', 1_800],
    [answered(500), 4, 'retrying', 7_200],
    [answered(500), 5, 'failed', null],
    [answered(600), 1, 'failed', null],
    [unanswered('timeout'), 1, 'retrying', 60],
    [unanswered('network'), 4, 'retrying', 7_200],
    [unanswered('network'), 5, 'failed', null],
    [unanswered('refused'), 1, 'failed', null],
    [{ kind: 'inactive' }, 1, 'failed', null],
  ]
  for (const [attempted, attempts, status, retryAfterS] of rows)
    t.match(
      judge(attempted, attempts, 5),
      { status, retryAfterS },
      `${JSON.stringify(attempted)} at ${attempts}`,
    )
  t.match(judge(answered(500), 1, 1), { status: 'failed' }, 'a test is not tried again')
  t.match(judge(unanswered('refused'), 1, 5), { responseBody: 'blocked address', responseStatus: null })
  const totals = RETRY_AFTER_S.map((_, index) =>
    RETRY_AFTER_S.slice(0, index + 1).reduce((sum, s) => sum + s, 0),
  )
  t.strictSame(totals, [60, 360, 2_160, 9_360], 'one, 6, 36 and 156 minutes after the first')
})

t.test('10,240 characters of an answer are kept, whole ones', async (t) => {
  t.equal(kept('a'.repeat(10_240)).length, 10_240)
  t.equal(kept('a'.repeat(10_241)).length, 10_240)
  t.equal([...kept('🎬'.repeat(10_241))].length, 10_240)
  t.equal(kept('a\0b\ud800'), 'a\ufffdb\ufffd', 'and nothing that the database does not hold')
})

t.test('both signatures hold for the sent bytes, by code that is not ours', async (t) => {
  const secret = randomBytes(32).toString('hex')
  const body = Buffer.from(JSON.stringify({ event: 'webhook.test', film: 'Überblick 🎬' }))
  const now = Math.floor(Date.now() / 1_000)
  const headers = signedHeaders(secret, '01a1fd5e-5b1d-70a2-b8a6-0f3c6f2d9e11', now, body)

  const expected = createHmac('sha256', secret)
    .update(`${now}.${body.toString('utf8')}`)
    .digest('hex')
  t.equal(headers['x-webhook-signature'], `sha256=${expected}`)
  t.equal(headers['x-webhook-timestamp'], String(now))
  t.equal(headers['webhook-id'], headers['x-webhook-delivery-id'])

  for (const verifier of [
    new Webhook(secret, { format: 'raw' }),
    new Webhook(`whsec_${Buffer.from(secret).toString('base64')}`),
  ]) {
    t.strictSame(verifier.verify(body, headers), JSON.parse(body.toString()))
    t.throws(() => verifier.verify(Buffer.concat([body, Buffer.from(' ')]), headers), /No matching/)
  }
  t.throws(() => new Webhook('0'.repeat(64), { format: 'raw' }).verify(body, headers), /No matching/)
})

t.test('a sealed secret opens with its key, in its place, unchanged', async (t) => {
  const key = randomBytes(32).toString('base64')
  const sealer = createSealer(key, 'webhooks')
  const sealed = sealer.seal('secret', 'row-1')
  t.equal(sealer.open(sealed, 'row-1'), 'secret')
  t.not(sealer.seal('secret', 'row-1'), sealed, 'the same text looks different each time')
  t.ok(sealer.seal('0'.repeat(64), 'x').length <= 255, 'it fits its column')
  t.throws(() => sealer.open(sealed, 'row-2'), 'moved to another row')
  // A letter well inside: the last one may carry bits that no byte has.
  const flipped = `${sealed.slice(0, -9)}${sealed.at(-9) === 'A' ? 'B' : 'A'}${sealed.slice(-8)}`
  t.throws(() => sealer.open(flipped, 'row-1'), 'changed')
  t.throws(() => sealer.open(sealed.slice(0, -8), 'row-1'), 'cut')
  t.throws(
    () => createSealer(randomBytes(32).toString('base64'), 'webhooks').open(sealed, 'row-1'),
    /another DATA_KEY/,
  )
  t.throws(() => createSealer(key, 'other').open(sealed, 'row-1'), /another DATA_KEY/)
  t.throws(() => sealer.open(sealed.replace('v1', 'v2'), 'row-1'), /does not know/)
})

t.test('keys of a body come in their order, at every depth', async (t) => {
  const shuffled = {
    job: { status: 'failed', error: { message: 'm', code: 'c' }, id: 'x', news: 1 },
    event: 'e',
  }
  t.equal(
    JSON.stringify(inOrder(shuffled)),
    '{"event":"e","job":{"id":"x","status":"failed","error":{"code":"c","message":"m"},"news":1}}',
  )
})
