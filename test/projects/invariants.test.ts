/** What the database refuses about projects and the jobs in them, besides what test/invariants goes through by number. */
import t from 'tap'
import { violatedConstraint } from '../../core/platform/errors.ts'
import { newId } from '../../core/platform/ids.ts'
import { buildTeam, buildUser } from '../support/builders.ts'
import { startDatabase } from '../support/postgres.ts'

const { pool } = await startDatabase(t)
const user = await buildUser(pool)
const teamId = await buildTeam(pool, user)
const otherTeam = await buildTeam(pool, user)
const owner = `framecast:team:${teamId}`

async function newProject(status = 'draft', team = teamId): Promise<string> {
  const id = newId()
  await pool.query(
    `insert into projects (id, team_id, created_by, name, status, spec) values ($1, $2, $3, 'A film', $4, '{"title":"x"}')`,
    [id, team, user.userId, status],
  )
  return id
}

const insertJob = (project: string | null, urn = owner, id = newId()): [sql: string, values: unknown[]] => [
  `insert into jobs (id, owner, triggered_by, project_id, spec_snapshot, engine) values ($1, $2, $3, $4, '{}', 'preview')`,
  [id, urn, user.userId, project],
]
const endJob = (id: string): [sql: string, values: unknown[]] => [
  `update jobs set status = 'canceled', failure_type = 'canceled', completed_at = now() where id = $1`,
  [id],
]

/** The constraint that a transaction of these statements breaks; null when it commits. Nothing stays either way. */
async function refusal(...statements: (readonly [sql: string, values: unknown[]])[]): Promise<string | null> {
  const client = await pool.connect()
  try {
    await client.query('begin')
    for (const [sql, values] of statements) await client.query(sql, values)
    // Looks at what is otherwise looked at when it commits.
    await client.query('set constraints all immediate')
    return null
  } catch (error) {
    return violatedConstraint(error) ?? String(error)
  } finally {
    await client.query('rollback')
    client.release()
  }
}

const draft = await newProject()
const archived = await newProject('archived')
const setStatus = (id: string, status: string): [string, unknown[]] => [
  'update projects set status = $2 where id = $1',
  [id, status],
]

const RULES: [rule: string, constraint: string | null, ...statements: (readonly [string, unknown[]])[]][] = [
  ['INV-P5: nothing renders without a job', 'projects_job_present', setStatus(draft, 'rendering')],
  ['INV-P5: with a job it does', null, insertJob(draft), setStatus(draft, 'rendering')],
  ...(() => {
    const job = newId()
    const begin = [insertJob(draft, owner, job), setStatus(draft, 'rendering')] as const
    return [
      ['INV-P5: not after its job has ended', 'projects_job_present', ...begin, endJob(job)],
      ['INV-P5: unless it ends with it', null, ...begin, endJob(job), setStatus(draft, 'draft')],
      ['INV-J12: one active job a project', 'jobs_one_active_per_project', ...begin, insertJob(draft)],
      ['INV-J12: the next one when it has ended', null, ...begin, endJob(job), insertJob(draft)],
    ] satisfies typeof RULES
  })(),
  [
    'INV-J11: its job belongs to a team',
    'jobs_project_owner',
    insertJob(draft, `framecast:user:${user.userId}`),
  ],
  [
    'INV-J11: and to no member in private',
    'jobs_project_owner',
    insertJob(draft, `framecast:${teamId}:${user.userId}`),
  ],
  ['INV-J11: its own team', 'jobs_project_team', insertJob(draft, `framecast:team:${otherTeam}`)],
  ...(
    [
      ['draft', 'completed'],
      ['archived', 'rendering'],
      ['archived', 'completed'],
    ] as const
  ).map(
    ([from, to]) =>
      [
        `${from} does not become ${to}`,
        'projects_transition',
        setStatus(from === 'draft' ? draft : archived, to),
      ] as (typeof RULES)[number],
  ),
  ['archived becomes draft', null, setStatus(archived, 'draft')],
  [
    'an archived project keeps its storyboard',
    'projects_archived_spec',
    [`update projects set spec = '{}' where id = $1`, [archived]],
  ],
  ['and may be renamed', null, [`update projects set name = 'y' where id = $1`, [archived]]],
  [
    'a storyboard is an object',
    'projects_spec_object',
    [`update projects set spec = '[]' where id = $1`, [draft]],
  ],
  [
    'a name has a character',
    'projects_name_length',
    [`update projects set name = '' where id = $1`, [draft]],
  ],
  [
    'a name has 200 characters at most',
    'projects_name_length',
    [`update projects set name = repeat('é', 201) where id = $1`, [draft]],
  ],
]

for (const [rule, constraint, ...statements] of RULES)
  t.test(rule, async (t) => t.equal(await refusal(...statements), constraint))

t.test('a storyboard counts its changes by itself', async (t) => {
  const id = await newProject()
  const revision = async (sql: string) =>
    (await pool.query(`update projects set ${sql} where id = $1 returning spec_revision`, [id])).rows[0]
      .spec_revision
  t.equal(await revision(`name = 'z'`), 1)
  t.equal(await revision(`spec = '{"a": 1, "b": 2}'`), 2)
  t.equal(await revision(`spec = '{"b": 2, "a": 1}'`), 2, 'the same, however it is written')
  t.equal(await revision('spec = null, spec_revision = 99'), 3)
})

t.test('a team that goes takes its projects along; their jobs stay', async (t) => {
  const team = await buildTeam(pool, user)
  const project = await newProject('draft', team)
  const job = newId()
  await pool.query(...insertJob(project, `framecast:team:${team}`, job))
  await pool.query(...endJob(job))
  await pool.query('delete from teams where id = $1', [team])
  t.equal((await pool.query('select 1 from projects where id = $1', [project])).rowCount, 0)
  t.strictSame((await pool.query('select project_id from jobs where id = $1', [job])).rows, [
    { project_id: null },
  ])
  await pool.query('delete from jobs where id = $1', [job])
})
