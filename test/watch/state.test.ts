/** What the viewer makes of a job and its events, and what it says about it. */
import fc from 'fast-check'
import t from 'tap'
import type { JobEvent, JobWire, State, Status } from '../../server/watch/state.js'
import { initialState, isOver, isStale, playingOrder, reduce, STAGES } from '../../server/watch/state.js'
import { buildJob, buildOutput, buildProgress, buildStoryboard, JOB_ID } from './stand-in.ts'

// By computed names: these modules declare their types in comments, which the check of server/watch reads.
const { waitMs } = await import(new URL('../../server/watch/connection.js', import.meta.url).href)
const { announcement, facts, lengthText, sizeText, spanText, tabTitle, verdict, wholePercent } = await import(
  new URL('../../server/watch/words.js', import.meta.url).href
)

const URL_BASE = 'http://films.example'
/** A read that begins now, or, with `asks`, one that began when there were so many. */
const read = (job: object, state = initialState(JOB_ID), asks = state.asks): State =>
  reduce(state, { type: 'job', job: job as JobWire, asks })
const event = (sequence: number, event_type: string, payload: Record<string, unknown> = {}): JobEvent => ({
  job_id: JOB_ID,
  sequence,
  event_type,
  payload,
  created_at: '2026-11-21T08:00:00.000Z',
})
const take = (state: State, ...events: JobEvent[]): State =>
  events.reduce((now, one) => reduce(now, { type: 'event', event: one }), state)
const subscribed = (state: State, lastSequence: number): State =>
  reduce(state, { type: 'subscribed', lastSequence, resumed: false })
const rendering = (done = 4): State =>
  read(buildJob({ status: 'processing', progress: buildProgress(URL_BASE, done, 12) }))

t.test('cells stand in playing order, each scene once, numbered as in the storyboard', async (t) => {
  const scenes = ['a', 'b', 'c', 'd'].map((id) => ({ id, prompt: id, duration: 2 }))
  const order = (storyboard: unknown) => playingOrder(storyboard).map(({ id, number }) => `${id}${number}`)
  t.strictSame(order({ scenes }), ['a1', 'b2', 'c3', 'd4'])
  t.strictSame(
    order({
      scenes,
      timeline: [
        { scene: 'c' },
        { transition: 'fade' },
        { flashback: { scenes: ['a', 'c'] } },
        { montage: { scenes: ['d', 'a'] } },
      ],
    }),
    ['c3', 'a1', 'd4'],
    'the timeline decides, and a scene that does not play has no cell',
  )
  t.strictSame(
    order({ scenes: scenes.map((scene, index) => ({ ...scene, order: [2, null, 1, 2][index] })) }),
    ['c3', 'a1', 'd4', 'b2'],
    'by order, equal ones as written, those without last',
  )
  t.strictSame(order({ scenes, timeline: null }), ['a1', 'b2', 'c3', 'd4'])
  for (const broken of [null, 7, {}, { scenes: 'x' }, { scenes: [null], timeline: [null, {}] }]) {
    t.doesNotThrow(() => playingOrder(broken))
  }
})

t.test('a job read while it renders gives stage, percent, scenes and the newest picture', async (t) => {
  const state = rendering()
  t.match(state, {
    status: 'processing',
    stage: 'scenes',
    percent: 35.11,
    newest: 's5',
    title: 'The last ferry',
  })
  t.equal(state.scenes.filter(({ fraction }) => fraction === 1).length, 4)
  t.equal(state.scenes[4]?.fraction, 0.62)
  t.equal(state.scenes[5]?.picture, null)
})

t.test('nothing goes back: not percent, stage, scenes, pictures, nor an end', async (t) => {
  const before = rendering(6)
  const late = take(
    before,
    event(3, 'progress', buildProgress(URL_BASE, 2, 12, 0.1, { phase: 'initializing' })),
  )
  t.equal(late.percent, before.percent)
  t.equal(late.stage, 'scenes')
  t.strictSame(late.scenes, before.scenes)
  t.equal(late.newest, before.newest)
  for (const end of ['completed', 'failed', 'canceled'] as const) {
    const over = take(before, event(4, end, { error: { message: 'no' } }))
    const after = take(over, event(5, 'progress', buildProgress(URL_BASE, 12, 12, 0)), event(6, 'started'))
    t.equal(after.status, end)
    t.equal(after.percent, over.percent)
    t.equal(read(buildJob({ status: 'processing' }), over).status, end, 'nor by a read that began before')
  }
})

t.test('an event counts once, and only for its own job', async (t) => {
  const once = take(subscribed(rendering(), 5), event(6, 'started', { worker: 'w1' }))
  t.equal(take(once, event(6, 'canceled')), once)
  t.equal(take(once, event(2, 'canceled')), once)
  t.equal(take(once, { ...event(7, 'canceled'), job_id: 'another' }), once)
})

t.test('missed events make the state stale until the job is read', async (t) => {
  const state = take(read(buildJob(), subscribed(initialState(JOB_ID), 1)), event(2, 'started'))
  t.equal(isStale(state), false)
  const gap = take(state, event(5, 'progress', buildProgress(URL_BASE, 1, 12)))
  t.equal(isStale(gap), true)
  t.equal(isStale(read(buildJob({ status: 'processing' }), gap)), false)
  t.equal(
    isStale(read(buildJob({ status: 'processing' }), gap, state.asks)),
    true,
    'a read that began before is no answer',
  )
  t.equal(reduce(state, { type: 'expired' }).sequence, null)
})

t.test(
  'the end asks for the film, and a read from before the end does not count as the answer',
  async (t) => {
    const over = take(rendering(), event(40, 'completed', { duration: 6 }))
    t.match(over, { status: 'completed', percent: 100, film: null })
    t.equal(isStale(over), true)
    t.equal(isStale(read(buildJob({ status: 'processing' }), over, over.asks - 1)), true)
    const done = read(buildJob({ status: 'completed', output: buildOutput(URL_BASE) }), over)
    t.match(done, { film: { url: `${URL_BASE}/film.mp4`, engine: 'preview', scenesReused: 3 } })
    t.equal(isStale(done), false)
    t.ok(done.scenes.every(({ fraction }) => fraction === 1))
  },
)

t.test('a failure names its scene, by event or by reading', async (t) => {
  const error = { code: 'generation_failed', message: 'gpu-01 ran out of memory', scene_id: 's5' }
  for (const state of [
    take(rendering(), event(9, 'failed', { error, credits_refunded: 2 })),
    read(buildJob({ status: 'failed', error, progress: buildProgress(URL_BASE, 4, 12) })),
  ]) {
    t.match(verdict(state), { tone: 'bad', title: 'Scene 5 failed', text: 'gpu-01 ran out of memory' })
    t.strictSame(
      state.scenes.filter(({ failed }) => failed).map(({ id }) => id),
      ['s5'],
    )
    t.equal(tabTitle(state), 'Failed: The last ferry')
  }
  const unnamed = take(rendering(), event(9, 'failed', { error: { message: 'the store is full' } }))
  t.match(verdict(unnamed), { title: 'This render failed', text: 'The store is full' })
})

t.test('a fresh link to the same picture is taken, an older picture is not', async (t) => {
  const state = rendering(1)
  const preview = (url: string, generated_at: string) =>
    take(state, event(9, 'progress', { previews: [{ scene_id: 's1', url, generated_at }] })).scenes[0]
      ?.picture
  const now = state.scenes[0]?.picture
  t.equal(preview('http://new.example', now?.at ?? '')?.url, 'http://new.example')
  t.equal(preview('http://old.example', '2001-01-01T00:00:00.000Z')?.url, now?.url)
})

t.test('whatever arrives, in whatever order and however often, the state only moves forward', async () => {
  const anyEvent = fc
    .record({
      sequence: fc.integer({ min: 1, max: 30 }),
      event_type: fc.constantFrom(
        'queued',
        'started',
        'progress',
        'scene_complete',
        'completed',
        'failed',
        'canceled',
        'something_new',
      ),
      payload: fc.oneof(
        fc.constant({}),
        fc.record({ scene_id: fc.constantFrom('s1', 's2', 'none') }),
        fc.record(
          {
            phase: fc.constantFrom('queued', 'initializing', 'generating', 'stitching', 'finalizing', 'new'),
            percent: fc.double({ min: -10, max: 200 }),
            scenes: fc.dictionary(fc.constantFrom('s1', 's2', 's3'), fc.double({ min: -1, max: 2 })),
            previews: fc.array(
              fc.record({
                scene_id: fc.constantFrom('s1', 's2'),
                url: fc.constantFrom('http://one', 'http://two'),
                generated_at: fc.constantFrom('2026-01-01', '2026-01-02'),
              }),
            ),
          },
          { requiredKeys: [] },
        ),
        fc.dictionary(
          fc.constantFrom('percent', 'scenes', 'previews', 'error', 'phase'),
          fc.anything({ maxDepth: 1 }),
        ),
      ),
    })
    .map(({ sequence, event_type, payload }) =>
      event(sequence, event_type, payload as Record<string, unknown>),
    )
  const rank: Record<Status, number> = { queued: 0, processing: 1, completed: 2, failed: 2, canceled: 2 }
  fc.assert(
    fc.property(fc.array(anyEvent, { maxLength: 30 }), (events) => {
      let state = read(buildJob({ spec_snapshot: buildStoryboard(3) }))
      for (const one of events) {
        const next = take(state, one)
        const forward =
          next.percent >= state.percent &&
          next.percent <= 100 &&
          STAGES.indexOf(next.stage) >= STAGES.indexOf(state.stage) &&
          rank[next.status as Status] >= rank[state.status as Status] &&
          (!isOver(state) || next.status === state.status) &&
          next.scenes.every((scene, index) => {
            const was = state.scenes[index]
            return (
              was !== undefined &&
              scene.fraction >= was.fraction &&
              scene.fraction <= 1 &&
              (scene.picture?.at ?? '') >= (was.picture?.at ?? '')
            )
          })
        if (!forward) throw new Error(JSON.stringify({ state, one, next }))
        state = next
      }
    }),
    { numRuns: 150 },
  )
})

t.test('figures read as people read them', async (t) => {
  t.strictSame(
    [0, 42, 60, 84.9, 3_600, 4_350].map((seconds) => spanText(seconds)),
    ['0 s', '42 s', '1 min', '1 min 24 s', '1 h', '1 h 12 min'],
  )
  t.strictSame(
    [5, 59.6, 60.4, 299].map((seconds) => lengthText(seconds)),
    ['0:05', '1:00', '1:00', '4:59'],
  )
  t.strictSame(
    [10, 512_000, 8_412_000, 84_000_000, 2.1e9].map((bytes) => sizeText(bytes)),
    ['1 kB', '512 kB', '8.4 MB', '84 MB', '2.1 GB'],
  )
  t.equal(wholePercent({ ...rendering(), percent: 99.99 }), 99, '100 is said at the end only')
})

t.test('facts say what is known and no more', async (t) => {
  t.strictSame(facts(read(buildJob()), 0), ['12 scenes'])
  const started = Date.parse('2026-11-21T08:00:00Z')
  const state = take(rendering(), event(3, 'started', { worker: 'gpu-01:4711:d51e85' }))
  t.strictSame(facts(state, started + 84_000), ['4 of 12 scenes ready', '1 min 24 s', 'on gpu-01'])
  const timed = take(state, event(4, 'progress', { percent: 40, eta_seconds: 50, eta_range: [38, 71] }))
  t.match(facts(timed, started + 84_000), [
    '4 of 12 scenes ready',
    '1 min 24 s',
    '35 to 75 s left',
    'on gpu-01',
  ])
  const canceled = read(buildJob({ status: 'canceled', credits_charged: 13, credits_refunded: 6 }))
  t.strictSame(facts(canceled, 0), ['0 of 12 scenes ready', '13 credits, 6 returned'])
})

t.test('a screen reader hears stages, quarters and ends, and nothing twice', async (t) => {
  const at = (percent: number, stage: State['stage'] = 'scenes'): State => ({
    ...rendering(0),
    percent,
    stage,
  })
  t.equal(announcement(initialState(JOB_ID), read(buildJob())), 'Waiting. Waiting for a free engine.')
  t.equal(announcement(read(buildJob()), at(1, 'preparing')), 'Preparing, 1 percent.')
  t.equal(announcement(at(10), at(24)), '')
  t.equal(announcement(at(24), at(26)), '25 percent.')
  t.equal(announcement(at(80), at(90, 'joining')), 'Joining, 90 percent.')
  const done = read(buildJob({ status: 'completed', output: buildOutput(URL_BASE) }))
  t.equal(announcement(at(99), done), 'The film The last ferry is ready.')
  t.equal(announcement(done, { ...done, link: 'live' }), '')
})

t.test('waits grow to ten seconds, differ between viewers, and spread wide when a server goes', async (t) => {
  t.strictSame(
    [1, 2, 3, 4, 5, 9].map((attempt) => waitMs(attempt, 1006, 1)),
    [1_000, 2_000, 4_000, 8_000, 10_000, 10_000],
  )
  t.strictSame(
    [1, 2, 3, 4, 5].map((attempt) => waitMs(attempt, 1006, 0)),
    [1_000, 1_000, 2_000, 4_000, 5_000],
  )
  t.strictSame(
    [0, 1].map((random) => waitMs(1, 1001, random)),
    [1_000, 10_000],
  )
})
