/** Estimates from measured times: said only with enough of them, never absurd, and shrinking as work is done. */
import fc from 'fast-check'
import t from 'tap'
import { etaOf } from '../../core/jobs/eta.ts'
import { expectedTime, type Remaining, sizeBucket, timeLeft } from '../../core/jobs/expected-time.ts'
import { measuredTimes, recordGeneration } from '../../core/jobs/generation-times.ts'
import { claimStep } from '../../core/jobs/steps.ts'
import { transaction } from '../../core/platform/database.ts'
import { buildJob, buildUser, stepOf } from '../support/builders.ts'
import { startDatabase } from '../support/postgres.ts'

const { pool } = await startDatabase(t)
let workflows = 0
const newWorkflow = (): string => {
  workflows += 1
  return `w${workflows}`
}
const measure = async (workflow: string, megapixels: number, ...seconds: number[]) => {
  for (const one of seconds)
    await recordGeneration(pool, { engine: 'comfyui', workflow, megapixels, seconds: one })
}
const expected = async (workflow: string, megapixels: number) =>
  expectedTime(await measuredTimes(pool, 'comfyui', workflow), megapixels)

t.test('two samples say nothing, three say a range', async (t) => {
  const workflow = newWorkflow()
  await measure(workflow, 100, 10, 12)
  t.equal(await expected(workflow, 100), null)
  await measure(workflow, 100, 11)
  const found = (await expected(workflow, 100))!
  t.ok(found.low < found.mid && found.mid < found.high)
  t.ok(found.mid > 10 && found.mid < 12, `${found.mid} s of 10 to 12`)
  t.equal(await expected(newWorkflow(), 100), null, 'another workflow is another matter')
})

t.test('other sizes tell by their pixels, and less surely', async (t) => {
  const workflow = newWorkflow()
  await measure(workflow, 100, 10, 10, 10)
  const [same, other] = [(await expected(workflow, 100))!, (await expected(workflow, 400))!]
  t.ok(Math.abs(other.mid - 4 * same.mid) < 1e-6)
  t.ok(other.high / other.mid > same.high / same.mid)
  t.not(sizeBucket(100), sizeBucket(400))
})

t.test('a quicker machine is soon believed', async (t) => {
  const workflow = newWorkflow()
  await measure(workflow, 100, ...Array.from({ length: 60 }, () => 40))
  await measure(workflow, 100, ...Array.from({ length: 60 }, () => 10))
  t.ok((await expected(workflow, 100))!.mid < 15)
})

t.test('what cannot be a time is not taken for one', async (t) => {
  const workflow = newWorkflow()
  await measure(workflow, 100, 0, -1, Number.NaN)
  await measure(workflow, 0, 5)
  t.equal((await measuredTimes(pool, 'comfyui', workflow)).size, 0)
})

const aTime = fc.double({ min: 0.01, max: 5_000, noNaN: true })
const aScene: fc.Arbitrary<Remaining> = fc
  .record({
    mid: aTime,
    under: fc.double({ min: 0.1, max: 1, noNaN: true }),
    over: fc.double({ min: 1, max: 9, noNaN: true }),
    progress: fc.double({ min: -0.5, max: 1.5, noNaN: true }),
  })
  .map(({ mid, under, over, progress }) => ({
    expected: { low: mid * under, mid, high: mid * over },
    progress,
  }))
const somePlaces = fc.record({ now: fc.integer({ min: 1, max: 8 }), most: fc.integer({ min: 1, max: 8 }) })
const PARTS = ['low', 'mid', 'high'] as const

t.test('a time left is never negative, and its range is one', async () => {
  fc.assert(
    fc.property(fc.array(aScene, { maxLength: 20 }), somePlaces, (scenes, places) => {
      const { low, mid, high } = timeLeft(scenes, places)
      return low >= 0 && low <= mid && mid <= high && Number.isFinite(high)
    }),
  )
})

t.test('it shrinks as a scene gets on, and more work never makes it less', async () => {
  fc.assert(
    fc.property(
      fc.array(aScene, { minLength: 1, maxLength: 20 }),
      aScene,
      somePlaces,
      fc.nat(),
      (scenes, more, places, n) => {
        const before = timeLeft(scenes, places)
        const at = n % scenes.length
        const further = scenes.map((scene, i) =>
          i === at ? { ...scene, progress: (scene.progress + 1) / 2 } : scene,
        )
        const later = timeLeft(further, places)
        const longer = timeLeft([...scenes, more], places)
        return PARTS.every(
          (part) => later[part] <= before[part] + 1e-9 && longer[part] >= before[part] - 1e-9,
        )
      },
    ),
  )
})

t.test('more places never take longer, and never less than the longest scene', async () => {
  fc.assert(
    fc.property(fc.array(aScene, { minLength: 1, maxLength: 20 }), somePlaces, (scenes, { now, most }) => {
      const one = timeLeft(scenes, { now, most })
      const two = timeLeft(scenes, { now: now + 1, most: most + 1 })
      const longest = Math.max(
        ...scenes.map(({ expected, progress }) => expected.mid * (1 - Math.min(1, Math.max(0, progress)))),
      )
      return PARTS.every((part) => two[part] <= one[part] + 1e-9) && two.mid >= longest
    }),
  )
})

t.test('a job says how long it still takes, from its open scenes', async (t) => {
  const workflow = newWorkflow()
  const input = { workflow, megapixels: 100 }
  const scene = (key: string) => ({
    kind: 'scene' as const,
    key,
    task: 'scene.comfyui',
    engine: 'comfyui',
    input,
  })
  const jobId = await buildJob(pool, await buildUser(pool), {
    steps: [{ ...scene('done'), result: { reused: true } }, scene('a'), scene('b')],
  })
  t.equal(await etaOf(pool, jobId), null, 'nothing was measured')
  await measure(workflow, 100, 60, 60, 60)
  const two = (await etaOf(pool, jobId))!
  t.ok(two.eta_seconds >= 120 && two.eta_range[0] <= two.eta_seconds && two.eta_seconds <= two.eta_range[1])
  await transaction(pool, async (client) =>
    claimStep(client, (await stepOf(pool, jobId, 'scene', 'a')).id, 'w'),
  )
  await pool.query(`update job_steps set progress = 0.5 where job_id = $1 and key = 'a'`, [jobId])
  t.ok((await etaOf(pool, jobId))!.eta_seconds < two.eta_seconds)
  await pool.query(
    `update job_steps set state = 'canceled', lease_owner = null, lease_until = null where job_id = $1 and key in ('a', 'b')`,
    [jobId],
  )
  t.equal(await etaOf(pool, jobId), null, 'no scene is left')
})
