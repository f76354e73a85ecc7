/** What a tab makes of the events of a render, in whatever order and however often they come. */
import { deepEqual, ok } from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import type { Job } from '../../schemas/types.ts'
import { waitMs } from '../../web/src/live/backoff.ts'
import { pauseOf, turnIn, withLag } from '../../web/src/live/lag.ts'
import { type HeardEvent, isOver, type LiveJob, withEvent, withRead } from '../../web/src/live/progress.ts'
import { hasGap, noted, type Seen, withoutGap } from '../../web/src/live/sequence.ts'
import { tabIcon } from '../../web/src/live/tab-icon.ts'
import {
  cancelWords,
  endWords,
  milestoneWords,
  scenesWords,
  stageWords,
  tabTitle,
  timeLeftWords,
} from '../../web/src/live/words.ts'

const aJob = (over: Partial<LiveJob> = {}): LiveJob => ({
  id: 'a1',
  owner: 'framecast:team:1',
  triggered_by: 'u1',
  project_id: 'p1',
  status: 'queued',
  spec_snapshot: { scenes: [{ id: 'quay' }, { id: 'gangway' }, { id: 'wake' }] },
  options: {},
  engine: 'preview',
  progress: { phase: 'queued', percent: 0, scenes_total: 3 },
  output: null,
  output_size_bytes: null,
  error: null,
  credits_charged: 0,
  failure_type: null,
  credits_refunded: 0,
  idempotency_key: null,
  started_at: null,
  completed_at: null,
  created_at: '2026-11-25T10:00:00.000Z',
  updated_at: '2026-11-25T10:00:00.000Z',
  ...over,
})

const PHASES = ['initializing', 'generating', 'stitching', 'finalizing'] as const
const SCENES = ['quay', 'gangway', 'wake']

const picture = (scene: string, second: number) => ({
  scene_id: scene,
  url: `/media/${scene}-${second}.jpg`,
  generated_at: `2026-11-25T10:00:${String(second).padStart(2, '0')}.000Z`,
})

const anyReport = fc.record(
  {
    phase: fc.constantFrom(...PHASES),
    percent: fc.double({ min: 0, max: 99.99, noNaN: true }),
    scenes_total: fc.constant(3),
    scenes_completed: fc.integer({ min: 0, max: 3 }),
    current_scene: fc.constantFrom(...SCENES),
    eta_seconds: fc.integer({ min: 1, max: 900 }),
    scenes: fc.dictionary(fc.constantFrom(...SCENES), fc.double({ min: 0, max: 1, noNaN: true })),
    previews: fc.uniqueArray(fc.tuple(fc.constantFrom(...SCENES), fc.integer({ min: 0, max: 59 })), {
      selector: ([scene]) => scene,
    }),
  },
  { requiredKeys: ['percent'] },
)

const anyEvent: fc.Arbitrary<Omit<HeardEvent, 'sequence'>> = fc.oneof(
  fc.constant({ event_type: 'queued', payload: {} }),
  fc.constant({ event_type: 'started', payload: { worker: 'w' } }),
  anyReport.map(({ previews, ...report }) => ({
    event_type: 'progress',
    payload: {
      ...report,
      ...(previews ? { previews: previews.map(([scene, at]) => picture(scene, at)) } : {}),
    },
  })),
  fc
    .tuple(fc.constantFrom(...SCENES), fc.boolean(), fc.integer({ min: 1, max: 3 }))
    .map(([scene, reused, done]) => ({
      event_type: 'scene_complete',
      payload: { scene_id: scene, reused, scenes_completed: done, scenes_total: 3, duration: 2 },
    })),
  fc.constant({ event_type: 'a kind of a later release', payload: { percent: 3 } }),
)

const anyEnd: fc.Arbitrary<Omit<HeardEvent, 'sequence'>> = fc.constantFrom(
  { event_type: 'completed', payload: { duration: 6, resolution: '854x480', size_bytes: 1 } },
  {
    event_type: 'failed',
    payload: {
      failure_type: 'system',
      error: { code: 'generation_failed', message: 'out of memory', scene_id: 'wake' },
      credits_refunded: 7,
    },
  },
  { event_type: 'canceled', payload: { canceled_by: 'u2', credits_refunded: 3 } },
)

/** A render's events as they are numbered, with an end or without. */
const aRender = fc
  .tuple(fc.array(anyEvent, { maxLength: 12 }), fc.option(anyEnd))
  .map(([events, end]): HeardEvent[] =>
    [...events, ...(end ? [end] : [])].map((event, at) => ({ ...event, sequence: at + 1 })),
  )

/** The same events in another order, some of them twice. */
const aMess = aRender.chain((events) =>
  fc.tuple(
    fc.constant(events),
    fc
      .tuple(fc.shuffledSubarray(events, { minLength: events.length }), fc.subarray(events))
      .chain(([all, again]) =>
        fc.shuffledSubarray([...all, ...again], { minLength: all.length + again.length }),
      ),
  ),
)

t.test('any order and any repetition of the events of a render lead to the same state', async (t) => {
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(aMess, ([inOrder, mess]) => {
        deepEqual(mess.reduce(withEvent, aJob()), inOrder.reduce(withEvent, aJob()))
      }),
      { numRuns: 300 },
    ),
  )
})

t.test('nothing goes back: no percent, no scene, no stage, no status', async (t) => {
  const rank = (job: LiveJob): number => (isOver(job) ? 2 : job.status === 'processing' ? 1 : 0)
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(aMess, ([, mess]) => {
        mess.reduce((job, event) => {
          const next = withEvent(job, event)
          ok((next.progress.percent ?? 0) >= (job.progress.percent ?? 0))
          ok((next.progress.scenes_completed ?? 0) >= (job.progress.scenes_completed ?? 0))
          ok(rank(next) >= rank(job))
          for (const scene of SCENES)
            ok((next.progress.scenes?.[scene] ?? 0) >= (job.progress.scenes?.[scene] ?? 0))
          return next
        }, aJob())
      }),
      { numRuns: 100 },
    ),
  )
})

t.test('an answer that was on its way while events came takes nothing back', async (t) => {
  const known = [
    { event_type: 'started', payload: {}, sequence: 2 },
    { event_type: 'progress', payload: { percent: 41, eta_seconds: 60, scenes: { quay: 1 } }, sequence: 3 },
    {
      event_type: 'scene_complete',
      payload: { scene_id: 'quay', reused: true, scenes_completed: 1, scenes_total: 3, duration: 2 },
      sequence: 4,
    },
  ].reduce(withEvent, aJob())
  const late = withRead(known, aJob({ progress: { phase: 'initializing', percent: 2 } }))
  t.equal(late.status, 'processing')
  t.match(late.progress, { percent: 41, eta_seconds: 60, scenes_completed: 1 })
  t.strictSame(late.heard?.reused, ['quay'])
  const done = withRead(late, aJob({ status: 'completed', progress: { phase: 'finalizing', percent: 100 } }))
  t.match(done, { status: 'completed', progress: { percent: 100 } })
  t.equal(done.progress.eta_seconds, undefined, 'no time is left')
  t.equal(withRead(undefined, known), known)
})

t.test('a picture gives way to a newer one only, and its link to a link that was read later', async (t) => {
  const at = (job: LiveJob): string | undefined => job.progress.previews?.[0]?.url
  const report = (second: number, sequence: number): HeardEvent => ({
    event_type: 'progress',
    payload: { percent: 5, previews: [picture('quay', second)] },
    sequence,
  })
  const newer = [report(7, 3), report(4, 2)].reduce(withEvent, aJob())
  t.equal(at(newer), '/media/quay-7.jpg')
  const relinked = { ...picture('quay', 7), url: '/media/quay-7.jpg?until=later' }
  t.equal(
    at(withRead(newer, aJob({ status: 'processing', progress: { percent: 5, previews: [relinked] } }))),
    relinked.url,
  )
})

t.test('repeats are known by their number, and what is missing before an event shows', async (t) => {
  let seen: Seen | undefined
  const take = (sequence: number): boolean => {
    const next = noted(seen, sequence)
    seen = next.seen
    return !next.isRepeat
  }
  t.strictSame([12, 12, 13, 16, 16, 9].map(take), [true, false, true, true, false, false])
  t.equal(seen?.upTo, 13)
  t.ok(hasGap(seen!))
  t.strictSame([15, 14].map(take), [true, true])
  t.strictSame([seen?.upTo, hasGap(seen!)], [16, false])
  take(20)
  t.strictSame(
    [withoutGap(seen!).upTo, hasGap(withoutGap(seen!))],
    [20, false],
    'what was left out on purpose',
  )
})

t.test('the server is tried again soon, then rarely, and not by everybody at once', async (t) => {
  t.strictSame(
    [1, 2, 3, 4, 5, 9].map((attempt) => waitMs(attempt, 1006, 1)),
    [1_000, 2_000, 4_000, 8_000, 10_000, 10_000],
  )
  t.strictSame(
    [0, 1].map((random) => waitMs(1, 1001, random)),
    [1_000, 10_000],
    'after a restart over ten seconds',
  )
})

t.test('a render is spoken of in numbers, and every estimate says about', async (t) => {
  const running = (progress: Job['progress'], more: Partial<LiveJob> = {}): LiveJob =>
    aJob({ status: 'processing', progress, ...more })
  t.equal(stageWords(aJob()), 'Waiting')
  t.equal(stageWords(running({ phase: 'generating', percent: 41.9 })), 'Scenes 41%')
  t.equal(scenesWords(running({ scenes_total: 1, scenes_completed: 0 })), '0 of 1 scene')
  t.equal(timeLeftWords(running({})), null)
  for (const [seconds, range, words] of [
    [112, [105, 118], 'about 2 min'],
    [150, [70, 230], 'about 2 to 4 min'],
    [70, [40, 100], 'about 40 s to 2 min'],
    [25, [20, 30], 'about 25 s'],
  ] as const)
    t.equal(timeLeftWords(running({ eta_seconds: seconds, eta_range: [...range] })), words)
  t.equal(
    cancelWords(
      running(
        { percent: 40, scenes: { quay: 1, gangway: 0.4 }, scenes_completed: 1 },
        { credits_charged: 13 },
      ),
    ),
    'The clip of scene 2 is lost; 1 finished scene is kept. 7 of 13 credits come back.',
  )
  t.equal(cancelWords(running({ percent: 0 })), 'No clip was begun. It costs nothing.')
})

t.test('a render is read out at each stage and each quarter, and at nothing in between', async (t) => {
  const said: string[] = []
  for (let percent = 0; percent < 100; percent += 0.5) {
    const phase = percent < 2 ? 'initializing' : percent < 88 ? 'generating' : 'stitching'
    const words = milestoneWords(aJob({ status: 'processing', progress: { phase, percent } }))
    if (said.at(-1) !== words) said.push(words)
  }
  t.strictSame(said, ['Preparing', 'Scenes', 'Scenes, 25%', 'Scenes, 50%', 'Scenes, 75%', 'Joining, 75%'])
})

t.test(
  'pictures pause once three reports were left out within a minute, until a minute has fewer',
  async (t) => {
    const noted = (...at: number[]): number[] => at.reduce<number[]>(withLag, [])
    t.equal(pauseOf(noted(0, 10_000), 10_000), 0, 'two are nothing')
    t.equal(pauseOf(noted(0, 10_000, 20_000), 20_000), 40_000)
    t.equal(pauseOf(noted(0, 10_000, 20_000), 60_000), 0, 'the first one counts no longer')
    t.equal(turnIn(1_000, 1_100) + turnIn(1_000, 3_000), 400, 'two a second, else')
    t.equal(pauseOf(noted(0, 10_000, 70_000), 70_000), 0, 'three within more than a minute')
    t.equal(
      pauseOf(noted(0, 1_000, 2_000, 3_000, 50_000), 50_000),
      12_000,
      'while it goes on, so does the pause',
    )
  },
)

t.test('an end says who or why, what comes back, and which scene', async (t) => {
  const nameOf = (id: string): string | null => (id === 'u2' ? 'Jonas' : null)
  const canceled = withEvent(aJob(), {
    event_type: 'canceled',
    payload: { canceled_by: 'u2', credits_refunded: 6 },
    sequence: 2,
  })
  t.equal(endWords(canceled, nameOf), 'Canceled by Jonas. 6 credits returned.')
  t.equal(endWords(aJob({ status: 'canceled' }), nameOf), 'Canceled.')
  const error = { code: 'generation_failed', message: 'gpu-01 ran out of memory', scene_id: 'wake' }
  t.equal(endWords(aJob({ status: 'failed', error }), nameOf), 'Scene 3 failed: gpu-01 ran out of memory.')
  t.equal(endWords(aJob({ status: 'processing' }), nameOf), null)
})

t.test('the tab says it in front, and its icon by shape', async (t) => {
  const running = aJob({ status: 'processing', progress: { percent: 41.2 } })
  t.equal(tabTitle('The last ferry', running, false), '41% The last ferry')
  t.equal(tabTitle('The last ferry', aJob({ status: 'completed' }), true), 'Ready: The last ferry')
  t.equal(tabTitle('The last ferry', aJob({ status: 'failed' }), true), 'Failed: The last ferry')
  t.equal(tabTitle('The last ferry', aJob({ status: 'completed' }), false), 'The last ferry – Framecast')
  t.equal(tabIcon('canceled', 3), null)
  t.equal(tabIcon('processing', 41), tabIcon('processing', 40), 'in steps that can be seen')
  t.not(tabIcon('processing', 41), tabIcon('processing', 60))
  t.match(tabIcon('failed', 3), /^data:image\/svg\+xml,/)
})
