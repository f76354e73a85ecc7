/** When a server is left alone, and how it is told to people. */
import fc from 'fast-check'
import t from 'tap'
import {
  afterFailure,
  afterSuccess,
  type BreakerState,
  isHalfOpen,
  isOpen,
} from '../../core/engines/breaker.ts'
import { type HostCondition, healthOf } from '../../core/engines/health.ts'

const fault = { step: 'a', hostAtFault: true, costly: false }
const failedAt = (state: BreakerState, ...times: number[]): BreakerState =>
  times.reduce((now, at) => afterFailure(now, fault, at), state)

t.test('five failures within a minute open it, fewer or slower ones do not', async (t) => {
  const four = failedAt({}, 0, 1_000, 2_000, 3_000)
  t.notOk(isOpen(four, 3_001))
  t.ok(isOpen(failedAt(four, 4_000), 4_001))
  t.notOk(isOpen(failedAt({}, 0, 70_000, 140_000, 210_000, 280_000), 280_001))
})

t.test('it rests 30 s, then twice as long each time, 10 minutes at most', async (t) => {
  let state = failedAt({}, 0, 0, 0, 0, 0)
  let now = 0
  const rests: number[] = []
  for (let n = 0; n < 7; n += 1) {
    const until = state.restUntil ?? 0
    rests.push((until - now) / 1_000)
    t.notOk(isHalfOpen(state, until - 1))
    t.ok(isHalfOpen(state, until), 'half open when its rest is over')
    now = until
    state = failedAt(state, now)
  }
  t.strictSame(rests, [30, 60, 120, 240, 480, 600, 600])
})

t.test('two successes close it, and its rests begin short again', async (t) => {
  const open = failedAt({}, 0, 0, 0, 0, 0)
  const once = afterSuccess(open)
  t.ok(isHalfOpen(once, 30_000))
  t.strictSame(afterSuccess(once), {})
  t.strictSame(afterSuccess(failedAt({}, 0, 0)), {}, 'a success forgets failures')
  t.equal(failedAt({}, 0, 0, 0, 0, 0).restMs, 60_000)
})

t.test('silence opens it at once', async (t) => {
  t.ok(isOpen(afterFailure({}, { ...fault, costly: true }, 0), 1))
})

t.test('what one scene fails at again and again counts once', async (t) => {
  const badPicture = { step: 'bad', hostAtFault: false, costly: false }
  let state: BreakerState = {}
  for (let n = 0; n < 20; n += 1) state = afterFailure(state, badPicture, n)
  t.notOk(isOpen(state, 20))
  for (const step of ['b', 'c', 'd', 'e']) state = afterFailure(state, { ...badPicture, step }, 30)
  t.ok(isOpen(state, 31), 'five different ones do count')
})

t.test('whatever happens, nothing is sent to it for longer than 10 minutes', async (t) => {
  const event = fc.record({
    afterMs: fc.integer({ min: 0, max: 700_000 }),
    success: fc.boolean(),
    step: fc.constantFrom('a', 'b', 'c'),
    hostAtFault: fc.boolean(),
    costly: fc.boolean(),
  })
  fc.assert(
    fc.property(fc.array(event, { maxLength: 60 }), (events) => {
      let state: BreakerState = {}
      let now = 0
      for (const { afterMs, success, ...failure } of events) {
        now += afterMs
        state = success ? afterSuccess(state) : afterFailure(state, failure, now)
        if ((state.restUntil ?? 0) - now > 600_000) return false
      }
      return JSON.stringify(state).length < 1_000
    }),
  )
  t.pass('holds')
})

t.test('health is told from looks, queue, memory and the breaker', async (t) => {
  const good: HostCondition = {
    probeAgeMs: 5_000,
    probeFailures: 0,
    breaker: {},
    blocked: false,
    queued: 1,
    vramFreeBytes: 8e9,
  }
  const cases: [Partial<HostCondition>, string][] = [
    [{}, 'healthy'],
    [{ probeAgeMs: null }, 'unknown'],
    [{ probeAgeMs: 600_000 }, 'unknown'],
    [{ probeFailures: 1 }, 'degraded'],
    [{ probeFailures: 2 }, 'degraded'],
    [{ probeFailures: 3 }, 'down'],
    [{ queued: 50 }, 'degraded'],
    [{ vramFreeBytes: 1e6 }, 'degraded'],
    [{ vramFreeBytes: null }, 'healthy'],
    [{ breaker: { restUntil: 2_000, successes: 0 } }, 'down'],
    [{ breaker: { restUntil: 500, successes: 0 } }, 'healthy'],
    [{ blocked: true }, 'down'],
  ]
  for (const [over, expected] of cases)
    t.equal(healthOf({ ...good, ...over }, 1_000), expected, JSON.stringify(over))
})
