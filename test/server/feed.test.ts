import { setImmediate as turn } from 'node:timers/promises'
import fc from 'fast-check'
import { t } from 'tap'
import { type FeedEvent, JobFeed } from '../../server/live/feed.ts'
import { range } from './events.ts'

const event = (sequence: number): FeedEvent => ({
  jobId: '01890a5d-ac96-774b-bcce-b302099a8057',
  sequence,
  position: sequence,
  eventType: 'progress',
  payload: '{}',
  createdAt: '2026-01-01T00:00:00.000Z',
})

type Act =
  /** So many events are stored; each is announced or its notice is lost. */
  | { kind: 'store'; announced: boolean[] }
  /** A notice of some time ago comes once more. */
  | { kind: 'repeat'; sequence: number }
  /** Somebody begins to read, so many events back from the newest. */
  | { kind: 'join'; back: number }
  /** The next reads of the table fail. */
  | { kind: 'fail'; reads: number }
  | { kind: 'wait' }

const act: fc.Arbitrary<Act> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('store' as const),
      announced: fc.array(fc.boolean(), { minLength: 1, maxLength: 90 }),
    }),
  },
  fc.record({ kind: fc.constant('repeat' as const), sequence: fc.integer({ min: 1, max: 200 }) }),
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('join' as const), back: fc.nat({ max: 250 }) }) },
  fc.record({ kind: fc.constant('fail' as const), reads: fc.integer({ min: 1, max: 2 }) }),
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('wait' as const) }) },
)

t.test('whatever is lost, late or repeated, each reader gets every event once and in order', async (t) => {
  await fc.assert(
    fc.asyncProperty(fc.array(act, { minLength: 1, maxLength: 25 }), async (acts) => {
      let stored = 0
      let failing = 0
      const feed = new JobFeed({
        async read(sequence, limit) {
          await turn()
          if (failing > 0) {
            failing -= 1
            throw new Error('the database is away')
          }
          return range(sequence + 1, Math.min(stored, sequence + limit)).map(event)
        },
        onFailure() {},
      })
      feed.begin(0)
      const stop = new AbortController()
      const readers: { from: number; got: number[]; done: Promise<void> }[] = []
      const join = (from: number): void => {
        const got: number[] = []
        const done = (async () => {
          for await (const batch of feed.events(from, stop.signal))
            got.push(...batch.map(({ sequence }) => sequence))
        })()
        readers.push({ from, got, done })
      }
      join(0)
      for (const step of acts) {
        if (step.kind === 'store')
          for (const announced of step.announced) {
            stored += 1
            if (announced) feed.announce(stored)
          }
        else if (step.kind === 'repeat') feed.announce(Math.min(step.sequence, stored))
        else if (step.kind === 'join') join(Math.max(0, stored - step.back))
        else if (step.kind === 'fail') failing = step.reads
        else await turn()
      }
      // The poll: it names the newest event, again and again.
      failing = 0
      const isComplete = () => readers.every(({ from, got }) => got.length >= stored - from)
      for (let rounds = 0; rounds < 2_000 && !isComplete(); rounds += 1) {
        feed.announce(stored)
        await new Promise((resolve) => (rounds < 50 ? setImmediate(resolve) : setTimeout(resolve, 1)))
      }
      stop.abort()
      await Promise.all(readers.map(({ done }) => done))
      for (const { from, got } of readers) t.strictSame(got, range(from + 1, stored))
    }),
    { numRuns: 150 },
  )
})

t.test('one read of a row serves every reader that is up to date', async (t) => {
  let stored = 0
  let reads = 0
  const feed = new JobFeed({
    async read(sequence, limit) {
      reads += 1
      return range(sequence + 1, Math.min(stored, sequence + limit)).map(event)
    },
    onFailure() {},
  })
  feed.begin(0)
  const stop = new AbortController()
  const counts = Array.from({ length: 50 }, () => 0)
  const readers = counts.map(async (_, reader) => {
    for await (const batch of feed.events(0, stop.signal)) counts[reader]! += batch.length
  })
  for (stored = 1; stored <= 10; stored += 1) {
    feed.announce(stored)
    while (counts.some((count) => count < stored)) await turn()
  }
  t.equal(reads, 10)
  stop.abort()
  await Promise.all(readers)
})

t.test('the end of a job ends its readers', async (t) => {
  const feed = new JobFeed({ read: async () => [], onFailure() {} })
  feed.begin(0)
  const reader = (async () => {
    for await (const _ of feed.events(0, new AbortController().signal));
    return 'over'
  })()
  await turn()
  feed.end()
  t.equal(await reader, 'over')
})
