/** What a job that is not over waits for, and who works on it. */
import t, { type Test } from 'tap'
import { createApiKey } from '../../core/accounts/keys.ts'
import { recordFailure, storeProbe } from '../../core/engines/hosts.ts'
import { claimStep } from '../../core/jobs/steps.ts'
import { cancelJob } from '../../core/jobs/transitions.ts'
import { transaction } from '../../core/platform/database.ts'
import type { Engine } from '../../schemas/types.ts'
import { buildJob, buildUser, person, stepOf } from '../support/builders.ts'
import { read, startStudio } from '../support/studio.ts'

type Standing = {
  servers?: string[]
  queue_position?: number | null
  waiting_for?: { reason: string; message: string } | null
}

const studio = await startStudio(t)
const me = person(studio.userId)
const stranger = await buildUser(studio.pool)

/** A job that is planned: its one scene is ready. */
async function planned(user = me): Promise<string> {
  const steps = [{ kind: 'scene' as const, key: 'a', task: 'scene.preview', engine: 'preview' }]
  const job = await buildJob(studio.pool, user, { steps })
  await studio.pool.query(`delete from job_steps where job_id = $1 and kind = 'plan'`, [job])
  await studio.pool.query(
    `update job_steps set state = 'ready', waiting_on = 0, ready_at = now() where job_id = $1`,
    [job],
  )
  return job
}
const standing = async (id: string): Promise<Standing> =>
  (await read<Standing>(studio.request(`/v1/jobs/${id}?include=standing`))).body
const over = (...ids: string[]) =>
  transaction(studio.pool, async (client) => {
    for (const id of ids) await cancelJob(client, id, studio.userId)
  })
const claimScene = async (job: string): Promise<void> => {
  const { id } = await stepOf(studio.pool, job, 'scene', 'a')
  await transaction(studio.pool, (client) => claimStep(client, id, 'w1', 'http://gpu-01:8188'))
}
const waits = (
  t: Test,
  found: Standing,
  position: number,
  reason: string,
  message: RegExp | string,
): void => {
  t.match(found, { queue_position: position, waiting_for: { reason, message } })
}

t.test('jobs stand in the order in which their scenes became ready, whoever owns them', async (t) => {
  const theirs = await planned(stranger)
  const mine = await planned()
  const later = await buildJob(studio.pool, me)
  waits(t, await standing(mine), 2, 'jobs_ahead', '1 job ahead')
  waits(t, await standing(later), 3, 'jobs_ahead', '2 jobs ahead')
  await over(theirs)
  waits(t, await standing(mine), 1, 'place', /next/)
  await over(mine, later)
})

t.test('a list says it of each job, and of finished ones nothing', async (t) => {
  const ended = await planned()
  await over(ended)
  const [first, second] = [await planned(), await planned()]
  const { body } = await read<(Standing & { id: string })[]>(studio.request('/v1/jobs?include=standing'))
  const of = (id: string): Standing | undefined => body.find((job) => job.id === id)
  t.match(of(first), { queue_position: 1 })
  t.match(of(second), { queue_position: 2 })
  t.notOk('queue_position' in of(ended)!)
  await over(first, second)
})

t.test('a job that is worked on names its server, and those after it wait for it', async (t) => {
  const running = await planned()
  const next = await planned()
  await studio.pool.query(
    `insert into engine_hosts (engine, key, label, slug, workflows, checked_at)
     values ('preview', 'http://gpu-01:8188', 'gpu-01:8188', 'preview-gpu-01', '{}', now())`,
  )
  await claimScene(running)
  t.match(await standing(running), { servers: ['gpu-01:8188'], queue_position: null, waiting_for: null })
  waits(t, await standing(next), 2, 'jobs_ahead', '1 job ahead')
  await over(running, next)
})

t.test('a scene that ran out of memory says how much it needs', async (t) => {
  const job = await planned()
  await studio.pool.query(`update job_steps set vram_above = $2 where job_id = $1`, [job, 24 * 2 ** 30])
  waits(t, await standing(job), 1, 'memory', /more than 24 GB/)
  await over(job)
})

t.test('where every server of the engine is down, that is the reason', async (t) => {
  const job = await planned()
  const label = new URL(studio.config.PREVIEW_URL).host
  await studio.pool.query(
    `insert into engine_hosts (engine, key, label, slug, workflows, checked_at, probed_at, probe_failures)
     values ('preview', 'gone', $1, 'preview-gone', '{}', now(), now(), 3)`,
    [label],
  )
  waits(t, await standing(job), 1, 'engine_down', /no server of the engine preview/)
  await over(job)
})

t.test('a job of others stays out of reach, counted or not', async (t) => {
  const theirs = await planned(stranger)
  t.match(await read(studio.request(`/v1/jobs/${theirs}`)), { status: 404 })
  await over(theirs)
})

type EngineStanding = NonNullable<Engine['standing']>

t.test(
  'an engine tells what it works on and what waits for it; of others only that it is there',
  async (t) => {
    const label = 'gpu-07:8188'
    const key = 'http://gpu-07:8188'
    await studio.pool.query(
      `insert into engine_hosts (engine, key, label, slug, workflows, checked_at)
     values ('preview', $1, $2, 'preview-gpu-07', '{}', now())`,
      [key, label],
    )
    const engine = async (token?: string): Promise<EngineStanding> => {
      const ask = token === undefined ? studio.request : studio.as(token)
      return (await read<Engine>(ask('/v1/engines/preview-gpu-07?include=standing'))).body.standing!
    }
    const claimAt = async (job: string): Promise<void> => {
      const { id } = await stepOf(studio.pool, job, 'scene', 'a')
      await transaction(studio.pool, (client) => claimStep(client, id, 'w1', key))
    }
    const [mine, theirs] = [await planned(), await planned(stranger)]
    const [later, tooLarge, theirsToo] = [await planned(), await planned(), await planned(stranger)]
    await studio.pool.query(`update job_steps set failed_hosts = '{${key}}' where job_id = $1`, [tooLarge])
    await claimAt(mine)
    await claimAt(theirs)

    const found = await engine()
    t.match(found, { silent_since: null, moved: [] })
    t.match(found.running, [
      { job: { id: mine, triggered_by: studio.userId }, scene_id: 'a', attempt: 1 },
      { job: null, scene_id: null, scene_number: null },
    ])
    t.match(found.waiting, [
      { job: { id: later }, scenes: 1 },
      { job: null, scenes: 1 },
    ])
    t.equal(found.waiting.length, 2, 'a scene that failed here does not wait for this server')
    const { body: all } = await read<Engine[]>(studio.request('/v1/engines?include=standing'))
    t.ok(all.length > 0 && all.every(({ standing }) => standing !== undefined))
    t.notOk('standing' in (await read<Engine>(studio.request('/v1/engines/preview-gpu-07'))).body)

    const narrow = await createApiKey(studio.pool, {
      userId: studio.userId,
      name: 'files only',
      scopes: ['assets:read'],
    })
    const unnamed = await engine(narrow.rawKey)
    t.ok(
      [...unnamed.running, ...unnamed.waiting].every(({ job }) => job === null),
      'a key that may not read jobs is told of none',
    )
    await over(mine, theirs, later, tooLarge, theirsToo)
  },
)

t.test('an engine that is silent says since when, and where its scenes went', async (t) => {
  for (const name of ['gpu-08', 'gpu-09'])
    await studio.pool.query(
      `insert into engine_hosts (engine, key, label, slug, workflows, checked_at)
       values ('preview', $1, $1, 'preview-' || $1, '{}', now())`,
      [name],
    )
  const silence = async (): Promise<EngineStanding> =>
    (await read<Engine>(studio.request('/v1/engines/preview-gpu-08?include=standing'))).body.standing!
  const job = await planned()
  const step = await stepOf(studio.pool, job, 'scene', 'a')
  const claimed = await transaction(studio.pool, (client) => claimStep(client, step.id, 'w1', 'gpu-08'))
  await recordFailure(studio.pool, {
    step: claimed!,
    engine: 'preview',
    key: 'gpu-08',
    message: 'gpu-08 does not answer',
    away: true,
    hostAtFault: true,
    costly: false,
    outOfMemory: false,
  })
  const { silent_since: since } = await silence()
  t.ok(since)
  await storeProbe(studio.pool, 'preview', 'gpu-08', { ok: false, error: 'gpu-08 does not answer' })
  await studio.pool.query(`update job_steps set host = 'gpu-09' where id = $1`, [step.id])
  t.strictSame(await silence(), {
    silent_since: since,
    moved: [{ to: 'gpu-09', scenes: 1 }],
    running: [],
    waiting: [],
  })
  await storeProbe(studio.pool, 'preview', 'gpu-08', {
    ok: true,
    latencyMs: 4,
    version: null,
    queueRunning: 0,
    queuePending: 0,
    vramTotalBytes: null,
    vramFreeBytes: null,
    ramTotalBytes: null,
  })
  t.match(await silence(), { silent_since: null, moved: [] })
  await over(job)
})
