import { setImmediate as turn } from 'node:timers/promises'
import fc from 'fast-check'
import { t } from 'tap'
import { Feed, type FeedEvent, JobFeed } from '../../server/live/feed.ts'
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
  /** So many events are stored, the notice of every `announced`th comes through. */
  | { kind: 'store'; count: number; announced: number }
  /** A notice of some time ago comes once more. */
  | { kind: 'repeat'; sequence: number }
  /** Somebody begins to read, so many events back from the newest, and takes its time over each batch. */
  | { kind: 'join'; back: number; turns: number }
  /** The next reads of the table fail. */
  | { kind: 'fail'; reads: number }
  | { kind: 'wait'; turns: number }

const count = fc.oneof(
  fc.integer({ min: 1, max: 5 }),
  fc.integer({ min: 55, max: 75 }),
  fc.integer({ min: 150, max: 450 }),
)
const act: fc.Arbitrary<Act> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('store' as const),
      count,
      announced: fc.constantFrom(1, 1, 3, 1_000),
    }),
  },
  fc.record({ kind: fc.constant('repeat' as const), sequence: fc.integer({ min: 1, max: 500 }) }),
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('join' as const),
      back: fc.oneof(fc.integer({ min: 60, max: 70 }), fc.nat({ max: 900 })),
      turns: fc.nat({ max: 3 }),
    }),
  },
  fc.record({ kind: fc.constant('fail' as const), reads: fc.integer({ min: 1, max: 2 }) }),
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('wait' as const), turns: fc.integer({ min: 1, max: 6 }) }),
  },
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
      const join = (from: number, turns: number): void => {
        const got: number[] = []
        const done = (async () => {
          for await (const batch of feed.events(from, stop.signal)) {
            got.push(...batch.map(({ sequence }) => sequence))
            for (let n = 0; n < turns; n += 1) await turn()
          }
        })()
        readers.push({ from, got, done })
      }
      join(0, 0)
      for (const step of acts) {
        if (step.kind === 'store')
          for (let n = 1; n <= step.count; n += 1) {
            stored += 1
            if (n % step.announced === 0) feed.announce(stored)
          }
        else if (step.kind === 'repeat') feed.announce(Math.min(step.sequence, stored))
        else if (step.kind === 'join') join(Math.max(0, stored - step.back), step.turns)
        else if (step.kind === 'fail') failing = step.reads
        else for (let n = 0; n < step.turns; n += 1) await turn()
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

t.test('by position: whatever lies between, each reader gets every event once and in order', async (t) => {
  const step = fc.oneof(
    fc.record({
      kind: fc.constant('push' as const),
      gaps: fc.array(fc.integer({ min: 1, max: 9 }), { maxLength: 90 }),
    }),
    fc.record({ kind: fc.constant('join' as const), back: fc.nat({ max: 400 }), turns: fc.nat({ max: 3 }) }),
    fc.record({ kind: fc.constant('fail' as const), reads: fc.integer({ min: 1, max: 2 }) }),
    fc.record({ kind: fc.constant('wait' as const), turns: fc.integer({ min: 1, max: 6 }) }),
  )
  await fc.assert(
    fc.asyncProperty(
      fc.nat({ max: 300 }),
      fc.array(step, { minLength: 1, maxLength: 25 }),
      async (old, steps) => {
        const stored = range(1, old).map((n) => n * 3)
        let head = old * 3 + 1
        let failing = 0
        const feed = new Feed(
          {
            async read(after, limit) {
              await turn()
              if (failing > 0) {
                failing -= 1
                throw new Error('the database is away')
              }
              return stored
                .filter((position) => position > after && position <= head)
                .slice(0, limit)
                .map(event)
            },
            onFailure() {},
          },
          'position',
        )
        feed.begin(head)
        const stop = new AbortController()
        const readers: { from: number; got: number[]; done: Promise<void> }[] = []
        const join = (from: number, turns: number): void => {
          const got: number[] = []
          const done = (async () => {
            for await (const batch of feed.events(from, stop.signal)) {
              got.push(...batch.map(({ position }) => position))
              for (let n = 0; n < turns; n += 1) await turn()
            }
          })()
          readers.push({ from, got, done })
        }
        for (const each of steps) {
          if (each.kind === 'push' && each.gaps.length > 0) {
            const added = each.gaps.map((gap) => {
              head += gap
              return head
            })
            stored.push(...added)
            feed.push(added.map(event), head)
          } else if (each.kind === 'join') join(Math.max(0, head - each.back), each.turns)
          else if (each.kind === 'fail') failing = each.reads
          else if (each.kind === 'wait') for (let n = 0; n < each.turns; n += 1) await turn()
        }
        failing = 0
        const expected = (from: number) => stored.filter((position) => position > from)
        for (let rounds = 0; rounds < 2_000; rounds += 1) {
          if (readers.every(({ from, got }) => got.length >= expected(from).length)) break
          // Wakes those whose read has failed.
          if (rounds % 20 === 0) feed.push([], head)
          await new Promise((resolve) => (rounds < 50 ? setImmediate(resolve) : setTimeout(resolve, 1)))
        }
        stop.abort()
        await Promise.all(readers.map(({ done }) => done))
        for (const { from, got } of readers) t.strictSame(got, expected(from))
      },
    ),
    { numRuns: 100 },
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
