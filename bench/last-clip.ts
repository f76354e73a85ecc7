/**
 * From the last clip to the film: how long a viewer waits when everything else was made meanwhile, against composing it all
 * after the last clip.
 *
 *   node bench/last-clip.ts [rounds]
 *
 * Twelve scenes of 5 s, 720p, 24 fps, a dissolve of half a second at every join, one worker, an engine stub that answers at
 * once but keeps the last scene back until nothing else is left to do. Then the clock runs from the moment that this clip
 * is delivered until the job is completed. The yardstick is the same job in which joins and sound are kept back (by their
 * rows) until the last scene is done. Each round has an owner of its own, so that nothing is reused.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { filmFormat } from '../core/media/format.ts'
import { buildUser } from '../test/support/builders.ts'
import { makeClips, type StubStack, withStubStack } from './support/stub-stack.ts'

const ROUNDS = Number(process.argv[2] ?? 3)
const SCENES = 12
const OPTIONS = { resolution: '720p', fps: 24, engine: 'comfyui' }
const SPEC = {
  title: 'Last clip',
  scenes: Array.from({ length: SCENES }, (_, index) => ({
    id: `scene-${index + 1}`,
    prompt: `a view, picture ${index + 1}`,
    duration: 5,
  })),
  transitions: { default: { type: 'dissolve', duration: 0.5 } },
}
const AHEAD = `kind in ('join', 'sound')`

async function until(look: () => Promise<boolean>): Promise<void> {
  while (!(await look())) await sleep(20)
}

/** Seconds from the delivery of the last clip to the film. */
async function secondsOf(stack: StubStack, ahead: boolean): Promise<number> {
  const { pool } = stack.db
  const first = Promise.withResolvers<void>()
  const last = Promise.withResolvers<void>()
  stack.hold = (number) => (number === SCENES ? last.promise : first.promise)
  const { job } = await stack.jobs.accept(await buildUser(pool), { spec: SPEC, options: OPTIONS })
  const count = async (where: string): Promise<number> =>
    (await pool.query(`select count(*)::int as n from job_steps where job_id = $1 and ${where}`, [job.id]))
      .rows[0].n
  await until(async () => (await count(`kind = 'assemble'`)) === 1)
  if (!ahead) {
    await pool.query(
      `update job_steps set waiting_on = waiting_on + 1, state = 'waiting' where job_id = $1 and ${AHEAD}`,
      [job.id],
    )
  }
  first.resolve()
  // What can be done without the last clip: the other scenes, all joins but one, the sound.
  await until(async () => (await count(`kind = 'scene' and state = 'done'`)) === SCENES - 1)
  if (ahead) await until(async () => (await count(`${AHEAD} and state <> 'done'`)) <= 1)
  const startedAt = performance.now()
  last.resolve()
  if (!ahead) {
    await until(async () => (await count(`kind = 'scene' and state = 'done'`)) === SCENES)
    const { rows } = await pool.query(
      `update job_steps set waiting_on = 0, state = 'ready', ready_at = now() where job_id = $1 and ${AHEAD} returning id`,
      [job.id],
    )
    for (const { id } of rows) await pool.query('select enqueue_step($1)', [id])
  }
  const done = await stack.finished(job.id, 300_000)
  if (done.status !== 'completed') throw new Error(JSON.stringify(done.error))
  const seconds = (performance.now() - startedAt) / 1_000
  const { rows: steps } = await pool.query<{ name: string; took: number }>(
    `select kind || ' ' || key as name, extract(epoch from finished_at - started_at)::float as took
     from job_steps where job_id = $1 order by finished_at desc limit 3`,
    [job.id],
  )
  const last3 = steps.reverse().map(({ name, took }) => `${name.trim()} ${took.toFixed(1)} s`)
  console.log(`${ahead ? 'ahead' : 'after'}: ${seconds.toFixed(1)} s; the last steps: ${last3.join(', ')}`)
  return seconds
}

const clips = await makeClips(SCENES, filmFormat('720p', '16:9', 24), 5)
await withStubStack(clips, async (stack) => {
  await stack.startWorker()
  const figures: Record<'ahead' | 'after', number[]> = { ahead: [], after: [] }
  for (let round = 0; round < ROUNDS; round += 1) {
    figures.after.push(await secondsOf(stack, false))
    figures.ahead.push(await secondsOf(stack, true))
  }
  const [ahead, after] = [Math.min(...figures.ahead), Math.min(...figures.after)]
  const all = (values: readonly number[]): string => values.map((value) => value.toFixed(1)).join(', ')
  console.log(`last clip delivered to film: ${ahead.toFixed(1)} s (${all(figures.ahead)})`)
  console.log(`everything after the last clip: ${after.toFixed(1)} s (${all(figures.after)})`)
  console.log(`ratio of the smallest: ${(ahead / after).toFixed(2)} (aim 0.4)`)
})
