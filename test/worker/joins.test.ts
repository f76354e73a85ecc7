/** What a second render of a film makes anew, and what becomes of films that are known. */
import t from 'tap'
import { objectPrefix, userUrn } from '../../core/access/owner.ts'
import type { JobOutput } from '../../core/jobs/types.ts'
import { buildUser } from '../support/builders.ts'
import { keysUnder } from '../support/faults.ts'
import { startStack } from '../support/stack.ts'

t.setTimeout(180_000)
const stack = await startStack(t)
const { pool } = stack.db
await stack.startWorker()
const user = await buildUser(pool)
const OPTIONS = { resolution: '480p', aspect: '1:1', fps: 16 }
const board = (prompts: string[]) => ({
  title: 'Reuse',
  scenes: prompts.map((prompt, index) => ({ id: `s${index + 1}`, prompt, duration: 1 })),
  transitions: { default: { type: 'wipe', duration: 0.25 } },
})
const FIRST = ['a lamp', 'a door', 'a stair', 'a roof']

async function render(prompts: string[]): Promise<{ id: string; output: JobOutput }> {
  const { job } = await stack.jobs.accept(user, { spec: board(prompts), options: OPTIONS })
  const done = await stack.finished(job.id)
  t.equal(done.status, 'completed', JSON.stringify(done.error))
  return { id: job.id, output: done.output as JobOutput }
}

/** How many drawn pieces of a job were made by it, and how many were there. */
async function drawnBy(jobId: string): Promise<{ made: number; reused: number }> {
  const { rows } = await pool.query<{ reused: boolean }>(
    `select (d ->> 'reused')::boolean as reused from job_steps s, jsonb_array_elements(s.result -> 'drawn') d
     where job_id = $1 and kind = 'join'`,
    [jobId],
  )
  const reused = rows.filter((row) => row.reused).length
  return { made: rows.length - reused, reused }
}

const wasReused = async (jobId: string): Promise<boolean> =>
  (await pool.query(`select result from job_steps where job_id = $1 and kind = 'assemble'`, [jobId])).rows[0]
    .result.reused

const first = await render(FIRST)

t.test('a film is made of joins that are drawn each on its own', async (t) => {
  t.same(await drawnBy(first.id), { made: 3, reused: 0 })
  t.equal(await wasReused(first.id), false)
  t.match(first.output.metadata, { frames: 4 * 16 - 3 * 4, joins_encoded: 3 })
})

t.test('when one scene changes, only the joins beside it are drawn', async (t) => {
  const { id, output } = await render(['a lamp', 'a door', 'a stair', 'a chimney'])
  t.match(output.metadata, { scenes_total: 4, scenes_reused: 3 })
  t.same(await drawnBy(id), { made: 1, reused: 2 })
  t.not(output.sha256, first.output.sha256)
})

t.test('undone, the film of before is published again, under a key of its own', async (t) => {
  const { id, output } = await render(FIRST)
  t.match(output.metadata, { scenes_reused: 4 })
  t.same(await drawnBy(id), { made: 0, reused: 3 })
  t.equal(await wasReused(id), true)
  t.equal(output.sha256, first.output.sha256)
  t.not(output.video_key, first.output.video_key)

  // What deleting the first job does to the store.
  const prefix = `${objectPrefix(userUrn(user.userId))}jobs/${first.id}/`
  await stack.store.remove(await keysUnder(stack, prefix))
  for (const key of [output.video_key, output.thumbnail_key, output.contact_sheet_key])
    t.ok(await stack.store.stat(key), 'a film outlives the job it was copied from')
})

t.test('a film whose bytes are gone is put together again, and known again', async (t) => {
  const again = await render(FIRST)
  t.equal(await wasReused(again.id), false)
  t.equal(again.output.sha256, first.output.sha256, 'of the same bytes')
  t.equal(await wasReused((await render(FIRST)).id), true)
})

t.test('a film whose thumbnail is gone is put together again, and known again', async (t) => {
  const { output } = await render(FIRST)
  // The cache names the objects of one of the jobs; which one is its own affair.
  const { rows } = await pool.query(
    `select meta ->> 'thumbnailKey' as key from content_cache
    where stage = 'film' and sha256 = $1`,
    [output.sha256],
  )
  await stack.store.remove([rows[0].key])
  t.equal(await wasReused((await render(FIRST)).id), false)
  t.equal(await wasReused((await render(FIRST)).id), true)
})

t.test('a join that is gone from the store is drawn again', async (t) => {
  const joins = await keysUnder(stack, `${objectPrefix(userUrn(user.userId))}joins/`)
  await stack.store.remove(joins)
  const { id } = await render(FIRST)
  t.same(await drawnBy(id), { made: 3, reused: 0 })
})
