/** What each kind of failure means for its step, as a table. */
import t from 'tap'
import { ObjectStoreError } from '../../core/platform/objects.ts'
import { EngineError } from '../../worker/engines/engine.ts'
import { judge, StepFailure } from '../../worker/failures.ts'

const scene = { kind: 'scene', key: 'rail', attempt: 1 } as const
const coded = (code: string, message = 'text') => Object.assign(new Error(message), { code })

const TABLE: [what: string, error: unknown, verdict: object][] = [
  [
    'a validation failure ends the job',
    new StepFailure('validation', 'asset_gone', 'gone'),
    { kind: 'fail', failureType: 'validation', error: { code: 'asset_gone', scene_id: 'rail' } },
  ],
  [
    'an engine that is away is not counted',
    new EngineError('engine_unreachable', 'away', { retryable: true }),
    { kind: 'retry', how: { counted: false, forgetRemoteId: false } },
  ],
  [
    'a failed node is counted and submitted anew',
    new EngineError('node_failed', 'broke', { retryable: true }),
    { kind: 'retry', error: { code: 'generation_failed' }, how: { counted: true, forgetRemoteId: true } },
  ],
  [
    'a missing model ends the job',
    new EngineError('missing_model', 'no model', { retryable: false }),
    { kind: 'fail', failureType: 'system' },
  ],
  [
    'a store that is away is not counted',
    new ObjectStoreError('storage_unavailable', 'away'),
    { kind: 'retry', how: { counted: false } },
  ],
  [
    'a full store is counted',
    new ObjectStoreError('storage_full', 'full'),
    { kind: 'retry', error: { code: 'storage_full' }, how: { counted: true } },
  ],
  ['a database that is away leaves the step to its lease', coded('57P01'), { kind: 'leave' }],
  [
    'a full disk is said to be one',
    coded('ENOSPC', 'ENOSPC: write /secret/path'),
    { kind: 'retry', error: { code: 'disk_full', message: 'the disk of the worker is full' } },
  ],
  [
    'an error of ours keeps its code and text',
    coded('bad_clip', 'not a film'),
    { kind: 'retry', error: { code: 'bad_clip', message: 'not a film' } },
  ],
  [
    'anything else is shown without its text',
    new TypeError('x is undefined'),
    { kind: 'retry', error: { code: 'internal', message: /unexpected/ } },
  ],
]

for (const [what, error, verdict] of TABLE) t.match(judge(error, scene), verdict, what)

t.strictSame(
  [1, 2, 3, 4, 5, 6, 9].map((attempt) => {
    const verdict = judge(new Error('x'), { kind: 'assemble', key: '', attempt })
    return verdict.kind === 'retry' ? verdict.how.delayS : null
  }),
  [1, 2, 4, 8, 15, 15, 15],
  'waits double up to a quarter of a minute',
)
t.notOk(
  'scene_id' in (judge(new Error('x'), { kind: 'join', key: '1', attempt: 1 }) as { error: object }).error,
)
