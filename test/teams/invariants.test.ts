/** What else the database refuses around teams and invitations (test/invariants has the numbered rules), and what it takes along. */
import t from 'tap'
import { transaction } from '../../core/platform/database.ts'
import { violatedConstraint } from '../../core/platform/errors.ts'
import { newId } from '../../core/platform/ids.ts'
import { buildMember, buildTeam, buildUser } from '../support/builders.ts'
import { startDatabase } from '../support/postgres.ts'

const { pool } = await startDatabase(t)
const owner = await buildUser(pool)
const member = await buildUser(pool)
const team = await buildTeam(pool, owner)
await buildMember(pool, team, member, 'admin')

/** Runs a statement and commits it: some rules are looked at only then. The constraint that refused. */
async function refusal(sql: string, values: unknown[] = []): Promise<string> {
  return transaction(pool, (client) => client.query(sql, values)).then(
    () => 'accepted',
    (error) => violatedConstraint(error) ?? String(error.message),
  )
}

const INVITE = 'insert into invitations (id, team_id, invited_by, email, token) values ($1, $2, $3, $4, $5)'
let tokens = 0
const invitation = (over: { team?: string; by?: string; email?: string } = {}): unknown[] => {
  tokens += 1
  const row = { team, by: owner.userId, email: `g${tokens}@example.test`, ...over }
  return [newId(), row.team, row.by, row.email, `t${tokens}`]
}

const RULES: [rule: string, constraint: RegExp | string, sql: string, values?: unknown[]][] = [
  // Teams
  ['names are not blank', /teams_name_length/, `update teams set name = '  ' where id = $1`, [team]],
  [
    'names have at most 100 characters',
    /teams_name_length/,
    `update teams set name = repeat('ü', 101) where id = $1`,
    [team],
  ],
  [
    'settings are an object',
    /teams_settings_object/,
    `update teams set settings = '[]' where id = $1`,
    [team],
  ],
  [
    'storage is not negative',
    /teams_storage/,
    `update teams set ephemeral_storage_bytes = -1 where id = $1`,
    [team],
  ],
  // Invitations
  ['addresses have a form', /invitations_email_form/, INVITE, invitation({ email: 'nobody' })],
  [
    'tokens are unique',
    /invitations_token_unique/,
    `${INVITE}, ($6, $2, $3, 'h@example.test', $5)`,
    [...invitation(), newId()],
  ],
  // Work of a team
  [
    'files belong to a team that is there',
    /asset_files_owner_team/,
    `insert into asset_files (id, owner, uploaded_by, filename, s3_key, content_type, size_bytes) values ($1, $2, $3, 'a.png', 'k', 'image/png', 1)`,
    [newId(), `framecast:${newId()}:${owner.userId}`, owner.userId],
  ],
  [
    'what is forfeited has no job',
    /credit_entries_job/,
    `insert into credit_entries (id, source, job_id, kind, amount, moves_balance) values ($1, $2, $3, 'forfeit', 1, true)`,
    [newId(), `framecast:team:${team}`, newId()],
  ],
]

for (const [rule, constraint, sql, values] of RULES)
  t.test(rule, async (t) => {
    t.match(await refusal(sql, values), constraint)
  })

t.test('who goes is named by the stand-in; their memberships go', async (t) => {
  const gone = await buildUser(pool)
  await buildMember(pool, team, gone, 'admin')
  const values = invitation({ by: gone.userId })
  await pool.query(INVITE, values)
  await pool.query('delete from users where id = $1', [gone.userId])
  const { rows } = await pool.query('select invited_by from invitations where id = $1', [values[0]])
  t.strictSame(rows, [{ invited_by: '00000000-0000-0000-0000-000000000000' }])
  t.equal((await pool.query('select 1 from memberships where user_id = $1', [gone.userId])).rowCount, 0)
})

t.test('a team takes its members, invitations and projects with it', async (t) => {
  const own = await buildTeam(pool, member)
  await pool.query(INVITE, invitation({ team: own, by: member.userId }))
  await pool.query(`insert into projects (id, team_id, created_by, name) values ($1, $2, $3, 'Film')`, [
    newId(),
    own,
    member.userId,
  ])
  t.equal(await refusal('delete from teams where id = $1', [own]), 'accepted')
  for (const table of ['memberships', 'invitations', 'projects'])
    t.equal((await pool.query(`select 1 from ${table} where team_id = $1`, [own])).rowCount, 0, table)
})
