/** What people read of renders that were not taken, and of those that failed. */
import t from 'tap'
import type { Job } from '../../schemas/types.ts'
import { type LoggedEvent, logOf, logText } from '../../web/src/live/log.ts'
import { lackOf, lackWords, refusalWords } from '../../web/src/pages/editor/refusal-words.ts'

t.test('credits that are missing are told in numbers, with who may help and the cheaper way', async (t) => {
  const lack = lackOf({ warnings: [{ message: 'the balance is 6 credits; this render needs 13' }] })
  t.strictSame(lack, { needs: 13, has: 6 })
  t.equal(
    lackWords({ needs: 13, has: 7 }, 'Ada', 7),
    'This needs 13 credits; the team has 7. Ask Ada or render at 480p (7 credits).',
  )
  t.equal(
    lackWords(lack!, 'Ada', 7),
    'This needs 13 credits; the team has 6. Ask Ada or make the animatic (0 credits).',
    'too dear as well',
  )
  t.equal(
    lackWords(lack!, null, undefined),
    'This needs 13 credits; the team has 6. Make the animatic (0 credits).',
  )
  t.equal(lackOf({ warnings: [{ message: 'scene 2 is dark' }] }), null)
  t.equal(lackOf(undefined), null)
})

t.test('a full storage and a full queue say what would be', async (t) => {
  const refused = (status: number, code: string, message: string, details: unknown = null) =>
    refusalWords({ status, code, message, details })
  t.equal(
    refused(403, 'STORAGE_QUOTA_EXCEEDED', '5 of 4 bytes are in use', {
      used: 5.5 * 2 ** 30,
      limit: 5 * 2 ** 30,
    }),
    'Storage is full: 5.5 GB, limit 5.0 GB. Delete films or files first.',
  )
  t.match(
    refused(409, 'CONFLICT', 'this owner has five active renders; wait for one or cancel it'),
    /^Five renders/,
  )
  t.match(
    refused(409, 'CONFLICT', 'this project is being rendered; wait for it or cancel it'),
    /^This project/,
  )
  t.match(
    refused(409, 'CONFLICT', 'one of your renders is still active; wait for it or cancel it'),
    /^One of your/,
  )
  t.equal(refused(503, 'SERVICE_UNAVAILABLE', 'the server is going away'), 'The server is going away.')
})

const job = {
  id: 'a1',
  status: 'failed',
  spec_snapshot: { scenes: [{ id: 'quay' }, { id: 'wake' }] },
} as unknown as Job

t.test('the log tells tries, ends and causes in the order in which they came', async (t) => {
  let second = 0
  const event = (event_type: string, payload: object = {}): LoggedEvent => ({
    event_type,
    payload: payload as Record<string, unknown>,
    created_at: `2026-11-25T10:00:${String(second++).padStart(2, '0')}.000Z`,
  })
  const lines = logOf(job, [
    event('queued'),
    event('started', { worker: 'w1' }),
    event('progress', { phase: 'generating', scenes: { quay: 1, wake: 0.4 } }),
    event('scene_complete', { scene_id: 'quay', reused: true }),
    event('progress', { phase: 'generating', scenes: { quay: 1, wake: 0.1 } }),
    event('progress', { phase: 'generating', scenes: { quay: 1 } }),
    event('progress', { phase: 'generating', scenes: { quay: 1, wake: 0.3 } }),
    event('failed', {
      error: { code: 'out_of_memory', message: 'gpu-01 ran out of memory', scene_id: 'wake' },
      credits_refunded: 4,
    }),
  ])
  t.strictSame(
    lines.map(({ words }) => words),
    [
      'Waiting for a place',
      'Begun by w1',
      'Scene 2 begins',
      'Scene 1 is reused',
      'Scene 2 begins again, try 2',
      'Scene 2 begins again, try 3',
      'Scene 2 failed: gpu-01 ran out of memory (out_of_memory)',
      '4 credits returned',
    ],
  )
  t.strictSame(lines.filter(({ isBad }) => isBad).length, 1)
  t.match(logText(job, lines), /^Job a1, failed\n2026-11-25T10:00:00.000Z Waiting/)
})
