import t from 'tap'
import { transaction } from '../../core/platform/database.ts'
import { daysBetween } from '../../core/usage/days.ts'
import type { UsageDays } from '../../schemas/types.ts'
import { buildJob, buildMember, buildTeam, buildUser } from '../support/builders.ts'
import { startDatabase } from '../support/postgres.ts'
import { read, startStudio, type WireError } from '../support/studio.ts'

// Renders are put at days of the past by hand.
const database = await startDatabase(t, { broken: true })
const studio = await startStudio(t, { database })
const { pool } = studio
const [ada, grace, viewer] = [await buildUser(pool), await buildUser(pool), await buildUser(pool)]
await pool.query(`update users set name = case id when $1 then 'Ada' else 'Grace' end where id in ($1, $2)`, [
  ada.userId,
  grace.userId,
])
const teamId = await buildTeam(pool, grace)
await buildMember(pool, teamId, ada, 'member')
await buildMember(pool, teamId, viewer, 'viewer')
const team = `framecast:team:${teamId}`
const asAda = studio.as(await studio.logIn(ada))
const days = (query: string, as = asAda) => read<UsageDays & WireError>(as(`/v1/usage/days${query}`))

const { rows: projects } = await pool.query<{ id: string }>(
  `insert into projects (id, team_id, created_by, name, status) values (gen_random_uuid(), $1, $2, 'Salt', 'draft') returning id`,
  [teamId, ada.userId],
)
const project = projects[0]!.id

type Made = { by: typeof ada; at: string; credits: number; back?: number; gpuS?: number; project?: string }

async function render({ by, at, credits, back = 0, gpuS = 0, project }: Made): Promise<void> {
  const job = await buildJob(pool, by, { owner: team, credits })
  await transaction(pool, async (client) => {
    // A render of the past: what guards the states of a job looks away.
    await client.query('set local session_replication_role = replica')
    await client.query(
      `update jobs set created_at = $2, updated_at = $2, started_at = $2, completed_at = $2, credits_refunded = $3,
         project_id = $4, status = 'failed', failure_type = 'system', error = '{"code":"worker_lost","message":"gone"}'
       where id = $1`,
      [job, at, back, project ?? null],
    )
  })
  for (const [key, engine] of [
    ['gpu', 'comfyui'],
    ['drawn', 'preview'],
  ])
    await pool.query(
      `insert into job_steps (id, job_id, kind, key, task, state, engine, started_at, finished_at, result)
       values (gen_random_uuid(), $1, 'scene', $2, 'generate', 'done', $3, now(), now() + make_interval(secs => $4), '{}')`,
      [job, key, engine, gpuS],
    )
}

await render({ by: ada, at: '2026-03-01T00:00:00Z', credits: 10, gpuS: 90, project })
await render({ by: grace, at: '2026-03-01T23:59:59.9Z', credits: 5, back: 5, gpuS: 30 })
await render({ by: grace, at: '2026-03-03T12:00:00Z', credits: 20, back: 8 })
await render({ by: grace, at: '2026-03-04T00:00:00Z', credits: 99 })

t.test('every day has its figures, also one on which nothing happened', async (t) => {
  const found = await days(`?owner=${team}&from=2026-03-01&to=2026-03-03`)
  t.equal(found.status, 200)
  t.strictSame(found.body, {
    owner: team,
    from: '2026-03-01',
    to: '2026-03-03',
    days: [
      { day: '2026-03-01', renders_count: 2, credits: 10, gpu_seconds: 120 },
      { day: '2026-03-02', renders_count: 0, credits: 0, gpu_seconds: 0 },
      { day: '2026-03-03', renders_count: 1, credits: 12, gpu_seconds: 0 },
    ],
    people: [
      { user_id: grace.userId, name: 'Grace', renders_count: 2, credits: 12, gpu_seconds: 30 },
      { user_id: ada.userId, name: 'Ada', renders_count: 1, credits: 10, gpu_seconds: 90 },
    ],
    projects: [
      { project_id: null, name: null, renders_count: 2, credits: 12, gpu_seconds: 30 },
      { project_id: project, name: 'Salt', renders_count: 1, credits: 10, gpu_seconds: 90 },
    ],
  })
})

t.test('without a range it is the last thirty days, of the caller', async (t) => {
  const found = await days('')
  t.match(found, { status: 200, body: { owner: `framecast:user:${ada.userId}`, people: [], projects: [] } })
  t.equal(found.body.days.length, 30)
  t.equal(found.body.days.at(-1)?.day, found.body.to)
})

t.test('those who only view a team, and those outside, are refused', async (t) => {
  const refused = { status: 403, body: { error: { code: 'AUTHORIZATION_ERROR' } } }
  t.match(await days(`?owner=${team}`, studio.as(await studio.logIn(viewer))), refused)
  t.match(await days(`?owner=framecast:user:${grace.userId}`), refused)
})

t.test('questions that make no sense', async (t) => {
  for (const query of [
    '?from=2026-02-30',
    '?from=march',
    '?to=2026-1-1',
    '?from=2026-03-02&to=2026-03-01',
    '?from=2020-01-01&to=2026-01-01',
    '?from=0001-01-01',
    '?owner=ada',
  ])
    t.match(await days(query), { status: 400, body: { error: { code: 'VALIDATION_ERROR' } } }, query)
})

t.test('a range counts both its ends, and a leap year fits into it', async (t) => {
  const now = Date.parse('2026-11-25T10:00:00Z')
  t.strictSame(daysBetween('2026-11-24', undefined, now), ['2026-11-24', '2026-11-25'])
  t.strictSame(daysBetween(undefined, undefined, now)[0], '2026-10-27')
  t.equal(daysBetween('2024-01-01', '2024-12-31', now).length, 366)
  t.throws(() => daysBetween('2024-01-01', '2025-01-01', now), { code: 'VALIDATION_ERROR' })
})
