/** What the pages of engines, the queue and the rail say. */
import { t } from 'tap'
import type { Engine, Job } from '../../web/src/api/client.ts'
import { ageWords, drainWords, isDown, shownState, troubleWords } from '../../web/src/pages/engines/words.ts'
import { isWaiting, othersIn, scenesOf, titleOf, wordsForWait } from '../../web/src/pages/queue/words.ts'
import { railWords } from '../../web/src/shell/rail-words.ts'

const NOW = new Date(2026, 10, 25, 14, 30).getTime()
const at = (hour: number, minute: number, second = 0): string =>
  new Date(2026, 10, 25, hour, minute, second).toISOString()

type Over = Omit<Partial<Engine>, 'health' | 'standing'> & {
  health?: Partial<Engine['health']>
  standing?: Partial<NonNullable<Engine['standing']>>
}
const engine = ({ health, standing, ...over }: Over = {}): Engine =>
  ({
    kind: 'comfyui',
    name: 'gpu-02',
    drain: false,
    in_use: 0,
    concurrency: 1,
    ...over,
    health: { state: 'healthy', checked_at: at(14, 29, 50), last_error: null, ...health },
    standing: { silent_since: null, moved: [], running: [], waiting: [], ...standing },
  }) as Engine
const runs = (...numbers: (number | null)[]) =>
  numbers.map((scene_number) => ({ job: null, scene_id: null, scene_number, attempt: 1, since: at(14, 0) }))

t.test('a server that does not answer says since when, why, and where its scenes went', (t) => {
  const down = engine({
    health: { state: 'down', last_error: 'gpu-02 does not answer: connection refused' },
    standing: { silent_since: at(14, 1), moved: [{ to: 'gpu-01', scenes: 1 }] },
  })
  t.equal(
    troubleWords(down, NOW),
    'gpu-02 has not answered since 14:01: connection refused. 1 scene moved to gpu-01.',
  )
  t.equal(
    troubleWords(
      engine({
        health: { state: 'down', last_error: 'gpu-02 does not answer' },
        standing: {
          silent_since: at(14, 1),
          moved: [
            { to: 'gpu-01', scenes: 2 },
            { to: 'gpu-03', scenes: 1 },
          ],
        },
      }),
      NOW,
    ),
    'gpu-02 has not answered since 14:01. 2 scenes moved to gpu-01, 1 moved to gpu-03.',
  )
  t.equal(
    troubleWords(engine({ health: { last_error: 'ran out of memory.' } }), NOW),
    'gpu-02: ran out of memory (14:29).',
  )
  t.equal(troubleWords(engine(), NOW), null)
  t.end()
})

t.test('a server that is drained says which scenes it finishes', (t) => {
  const drained = (in_use: number, ...numbers: (number | null)[]) =>
    drainWords(engine({ drain: true, in_use, standing: { running: runs(...numbers) } }))
  t.equal(drained(1, 3), 'gpu-02 finishes scene 3, then takes no more.')
  t.equal(drained(3, 5, 3, 7), 'gpu-02 finishes scenes 3, 5 and 7, then takes no more.')
  t.equal(drained(2, 3, null), 'gpu-02 finishes 2 scenes, then takes no more.')
  t.equal(drained(0), null)
  t.equal(drainWords(engine({ in_use: 1 })), null)
  t.end()
})

t.test('an old look is told with its age, and a state is a word and a shape', (t) => {
  t.equal(ageWords(engine(), NOW), null)
  t.equal(ageWords(engine({ health: { checked_at: at(14, 29, 15) } }), NOW), 'Last looked at 45 s ago.')
  t.equal(ageWords(engine({ health: { checked_at: at(14, 20) } }), NOW), 'Last looked at 10 min ago.')
  t.equal(ageWords(engine({ health: { checked_at: at(9, 5) } }), NOW), 'Last looked at 09:05.')
  t.equal(ageWords(engine({ health: { checked_at: null } }), NOW), null)
  t.match(shownState(engine({ drain: true, in_use: 1 })), { word: 'Finishing' })
  t.match(shownState(engine({ drain: true })), { word: 'Out of service' })
  t.match(shownState(engine({ kind: 'runpod', health: { state: 'unknown' } })), { word: 'On' })
  t.match(shownState(engine({ health: { state: 'down' } })), { word: 'Down', icon: 'failed' })
  t.ok(isDown(engine({ health: { state: 'down' } })))
  t.notOk(isDown(engine({ drain: true, health: { state: 'down' } })))
  t.end()
})

t.test('the marks of the rail have names', (t) => {
  t.strictSame(railWords(0, []), {})
  t.strictSame(railWords(1, ['gpu-02']), {
    Queue: { name: 'Queue, 1 render of yours runs', text: '1' },
    Engines: { name: 'Engines, gpu-02 is down', text: '' },
  })
  t.match(railWords(12, ['a', 'b']), {
    Queue: { name: 'Queue, 12 renders of yours run', text: '9+' },
    Engines: { name: 'Engines, 2 are down' },
  })
  t.end()
})

const job = (over: object): Job =>
  ({
    status: 'processing',
    error: null,
    progress: { scenes: { sea: 1, rail: 0.42 } },
    spec_snapshot: {
      title: 'Salt',
      scenes: [{ id: 'sea', title: 'The sea' }, { id: 'rail' }, { id: 'end', prompt: 'dusk' }],
    },
    ...over,
  }) as unknown as Job

t.test('each scene of a render says how far it is', (t) => {
  const words = (over: object) => scenesOf(job(over)).map(({ number, title, word }) => [number, title, word])
  t.strictSame(words({}), [
    [1, 'The sea', 'Ready'],
    [2, 'rail', '42%'],
    [3, 'dusk', 'Waiting'],
  ])
  t.strictSame(words({ status: 'failed', error: { scene_id: 'rail' } }), [
    [1, 'The sea', 'Ready'],
    [2, 'rail', 'Failed'],
    [3, 'dusk', 'Not rendered'],
  ])
  t.ok(scenesOf(job({ status: 'completed' })).every(({ word }) => word === 'Ready'))
  t.strictSame(scenesOf(job({ spec_snapshot: {} })), [])
  t.equal(titleOf(job({ spec_snapshot: {} })), 'Untitled')
  t.end()
})

t.test('a wait has its reason; work of others is counted once', (t) => {
  const wait = (reason: string, message = '') =>
    wordsForWait({ waiting_for: { reason, message } as Job['waiting_for'] & {} })
  t.equal(wordsForWait({}), 'Waiting')
  t.equal(wait('place'), 'Next, as soon as a worker is free')
  t.equal(wait('engine_down'), 'No server of its engine can work now')
  t.equal(wait('jobs_ahead', '2 jobs ahead'), '2 jobs ahead')
  t.ok(isWaiting(job({ status: 'queued' })))
  t.notOk(isWaiting(job({})))
  t.notOk(isWaiting(job({ status: 'canceled', waiting_for: null })))
  const waiting = [{ job: null, scenes: 2, since: at(14, 0) }]
  t.strictSame(
    othersIn([
      engine({ standing: { waiting, running: runs(null) } }),
      engine({ standing: { waiting } }),
      engine({ kind: 'preview', standing: { waiting } }),
    ]),
    { running: 1, waiting: 4 },
  )
  t.end()
})
