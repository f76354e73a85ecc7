/** What a failure of a step means. Network errors look alike whoever is away: the verdict must not mix them up. */
import t from 'tap'
import { ObjectStoreError } from '../../core/platform/objects.ts'
import { EngineError } from '../../worker/engines/engine.ts'
import { judge } from '../../worker/failures.ts'

const refused = Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:1'), { code: 'ECONNREFUSED' })
const SCENE = { kind: 'scene', key: 'dusk', attempt: 1 } as const

t.test('a database that is away leaves the step to its lease', async (t) => {
  t.strictSame(judge(refused, SCENE), { kind: 'leave' })
})

t.test('an engine that is away is tried again, uncounted, with the work it may hold', async (t) => {
  const away = new EngineError('engine_unreachable', 'No answer.', { retryable: true, cause: refused })
  t.match(judge(away, SCENE), {
    kind: 'retry',
    error: { code: 'engine_unreachable', scene_id: 'dusk' },
    how: { counted: false, forgetRemoteId: false },
  })
})

t.test('a store that is away is tried again, uncounted; one that is full or wrong counts', async (t) => {
  const verdict = (code: ObjectStoreError['code']) =>
    judge(new ObjectStoreError(code, 'text', null, refused), SCENE)
  t.match(verdict('storage_unavailable'), { kind: 'retry', how: { counted: false } })
  t.match(verdict('storage_full'), { kind: 'retry', how: { counted: true } })
  t.match(verdict('storage_corrupt'), { kind: 'retry', how: { counted: true } })
})

t.test('a node that fails for good fails the scene by the name callers know', async (t) => {
  const failed = (retryable: boolean) => new EngineError('node_failed', 'KSampler failed.', { retryable })
  t.match(judge(failed(false), SCENE), {
    kind: 'fail',
    failureType: 'system',
    error: { code: 'generation_failed', scene_id: 'dusk' },
  })
  t.match(judge(failed(true), SCENE), { kind: 'retry', how: { counted: true, forgetRemoteId: true } })
})

t.test('what is unexpected is not shown', async (t) => {
  const verdict = judge(new Error('secret path /srv/x'), SCENE)
  t.notMatch(JSON.stringify(verdict), 'secret')
})

t.test('waits double, up to a limit', async (t) => {
  const delays = [1, 2, 3, 4, 5, 9].map((attempt) => {
    const verdict = judge(new Error('x'), { kind: 'assemble', key: '', attempt })
    return verdict.kind === 'retry' && verdict.how.delayS
  })
  t.strictSame(delays, [1, 2, 4, 8, 15, 15])
})
