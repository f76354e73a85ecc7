/** What a deleted team leaves behind goes: rows, then objects, and nothing of anybody else. */
import { Logger as QueueLogger, runOnce } from 'graphile-worker'
import t from 'tap'
import { newId } from '../../core/platform/ids.ts'
import { purgeTeam } from '../../core/teams/purge.ts'
import { purgeTeamTask } from '../../worker/tasks/purge-team.ts'
import { buildJob, buildTeam, buildUser } from '../support/builders.ts'
import { startStudio } from '../support/studio.ts'
import { aCreator } from './support.ts'

const studio = await startStudio(t)
const { pool, store } = studio
const never = new AbortController().signal

const work = () =>
  runOnce({
    pgPool: pool,
    taskList: { 'team.purge': purgeTeamTask(pool, store) },
    noHandleSignals: true,
    logger: new QueueLogger(() => () => {}),
    preset: { worker: { completeJobBatchDelay: 0, failJobBatchDelay: 0 } },
  })

/** Purges that are still to be done. */
const waiting = async () =>
  (
    await pool.query<{ id: string; last_error: string | null }>(
      `select id, last_error from graphile_worker.jobs where task_identifier = 'team.purge'`,
    )
  ).rows

async function keys(prefix: string): Promise<string[]> {
  const found: string[] = []
  for await (const key of store.list(prefix)) found.push(key)
  return found
}

const put = (key: string) => store.putBytes(key, Buffer.from(key), 'image/png', never)

/** Work of a team: a finished job and a file each, of the team and of a person in it, and a clip to reuse. */
async function buildWork(teamId: string, person: Awaited<ReturnType<typeof buildUser>>): Promise<void> {
  const owners = [
    [`framecast:team:${teamId}`, `team/${teamId}/shared/`],
    [`framecast:${teamId}:${person.userId}`, `team/${teamId}/${person.userId}/`],
  ] as const
  for (const [owner, prefix] of owners) {
    const job = await buildJob(pool, person, { owner })
    await pool.query(
      `update jobs set status = 'canceled', failure_type = 'canceled', completed_at = now() where id = $1`,
      [job],
    )
    const asset = newId()
    const key = `${prefix}assets/${asset}/a.png`
    await pool.query(
      `insert into asset_files (id, owner, uploaded_by, filename, s3_key, content_type, size_bytes)
       values ($1, $2, $3, 'a.png', $4, 'image/png', 1)`,
      [asset, owner, person.userId, key],
    )
    await put(key)
    await put(`${prefix}jobs/${job}/final.mp4`)
  }
  await pool.query(
    `insert into content_cache (scope, stage, content_key, object_key, sha256, size_bytes)
     values ($1, 'clip', $2, 'k', $2, 1)`,
    [owners[0][0], 'a'.repeat(64)],
  )
}

async function left(teamId: string): Promise<Record<string, number>> {
  const { rows } = await pool.query(
    `select (select count(*)::int from jobs where owner ~ $1) as jobs,
       (select count(*)::int from asset_files where owner ~ $1) as files,
       (select count(*)::int from content_cache where scope ~ $1) as clips,
       (select count(*)::int from credit_entries where source ~ $1 or job_id is not null) > 0 as entries`,
    [teamId],
  )
  return { ...rows[0], objects: (await keys(`team/${teamId}/`)).length }
}

const ALL = { jobs: 2, files: 2, clips: 1, entries: true, objects: 4 }
const NOTHING = { jobs: 0, files: 0, clips: 0, entries: true, objects: 0 }

t.test('after the last member', async (t) => {
  const owner = await aCreator(studio)
  const [gone, other] = [await buildTeam(pool, owner), await buildTeam(pool, owner)]
  const former = await buildUser(pool)
  for (const teamId of [gone, other]) await buildWork(teamId, former)
  t.strictSame(await left(gone), ALL)
  t.equal((await owner.ask(`DELETE /v1/teams/${gone}`)).status, 204)
  await work()
  t.strictSame(await left(gone), NOTHING)
  t.strictSame(await left(other), ALL, 'another team keeps what it has')

  await put(`team/${gone}/shared/assets/${newId()}/late.png`)
  await pool.query(
    `select graphile_worker.reschedule_jobs(array_agg(id), now()) from graphile_worker.jobs where key = 'team-purge:' || $1 || ':again'`,
    [gone],
  )
  await work()
  t.strictSame(await left(gone), NOTHING, 'an upload that was under way is found by the second look')
  t.strictSame(await waiting(), [])
})

t.test('a team that is there is never purged, nor anything that is no team', async (t) => {
  const person = await buildUser(pool)
  const teamId = await buildTeam(pool, person)
  await buildWork(teamId, person)
  await t.rejects(purgeTeam(pool, teamId, never), /which is there/)
  for (const id of ['', '..', `${teamId}/../`]) {
    await pool.query(`select graphile_worker.add_job('team.purge', json_build_object('team_id', $1::text))`, [
      id,
    ])
    await work()
    const [task] = await waiting()
    t.match(task?.last_error, /refusing to purge/)
    await pool.query('select graphile_worker.complete_jobs(array[$1::bigint])', [task?.id])
  }
  t.strictSame(await left(teamId), ALL)
})
