/** The film of twenty scenes, with the worker killed three times at random. */
import { randomInt } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { parse } from 'yaml'
import { planShots } from '../../core/storyboard/plan.ts'
import { parseOptions } from '../../core/storyboard/render-options.ts'
import type { Storyboard } from '../../core/storyboard/types.ts'
import {
  ageLeases,
  buildPayer,
  leavesNothing,
  OPTIONS,
  promisesHold,
  startFaultStack,
  until,
} from '../support/faults.ts'
import { dice } from '../support/random.ts'

t.setTimeout(240_000)
const KILLS = 3
const seed = Number(process.env.SEED ?? randomInt(2 ** 31))
t.comment(`SEED=${seed}`)

const spec = parse(
  await readFile(join(import.meta.dirname, '../../examples/long.yaml'), 'utf8'),
) as Storyboard
const parsed = parseOptions(OPTIONS)
if (!('options' in parsed)) throw new Error('these options are good')
const { frames } = planShots(spec, parsed.options)
const { next } = dice(seed)
/** Numbers of finished scenes at which the worker is to die; with all of them finished, it dies in the assembly. */
const moments = new Set<number>()
while (moments.size < KILLS) moments.add(Math.floor(next() * (spec.scenes.length + 1)))

const stack = await startFaultStack(t)

t.test('still the same film', async (t) => {
  const { pool } = stack.db
  let worker = await stack.startWorker({ WORKER_CONCURRENCY: '2' })
  const { job } = await stack.jobs.accept(await buildPayer(stack), { spec, options: OPTIONS })
  for (const scenes of [...moments].sort((a, b) => a - b)) {
    await until(
      `${scenes} finished scenes`,
      async () => {
        const { rows } = await pool.query(
          `select count(*) filter (where kind = 'scene' and state = 'done')::int as done,
             bool_or(kind = 'assemble' and state = 'done') as over
           from job_steps where job_id = $1`,
          [job.id],
        )
        return rows[0].over || rows[0].done >= scenes
      },
      120_000,
    )
    await sleep(next() * 300)
    await worker.stop('SIGKILL')
    await ageLeases(stack, job.id)
    worker = await stack.startWorker({ WORKER_CONCURRENCY: '2' })
  }
  await stack.finished(job.id, 120_000)
  t.equal(spec.scenes.length, 20)
  t.ok(job.creditsCharged > 0)
  await promisesHold(t, stack, job.id, { frames, charged: job.creditsCharged })
  await leavesNothing(t, stack, [worker])
})
