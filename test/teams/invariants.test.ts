/** What the database refuses around people, teams, members and invitations, whoever asks: each rule tried by raw SQL. */
import t from 'tap'
import { transaction } from '../../core/platform/database.ts'
import { violatedConstraint } from '../../core/platform/errors.ts'
import { newId } from '../../core/platform/ids.ts'
import { buildMember, buildTeam, buildUser } from '../support/builders.ts'
import { startDatabase } from '../support/postgres.ts'

const { pool } = await startDatabase(t)
const owner = await buildUser(pool)
const member = await buildUser(pool)
const starter = await buildUser(pool, { tier: 'starter' })
const team = await buildTeam(pool, owner)
await buildMember(pool, team, member, 'admin')

/** Runs a statement and commits it: some rules are looked at only then. The constraint that refused. */
async function refusal(sql: string, values: unknown[] = []): Promise<string> {
  return transaction(pool, (client) => client.query(sql, values)).then(
    () => 'accepted',
    (error) => violatedConstraint(error) ?? String(error.message),
  )
}

const INVITE = `insert into invitations (id, team_id, invited_by, email, role, token, expires_at, accepted_at, declined_at, revoked_at, created_at)
  values ($1, $2, $3, $4, $5, $6, coalesce($7, now() + interval '7 days'), $8, $9, $10, coalesce($11, now()))`
let tokens = 0
const invitation = (over: Record<string, unknown> = {}): unknown[] => {
  tokens += 1
  const row = {
    id: newId(),
    team,
    by: owner.userId,
    email: `g${tokens}@example.test`,
    role: 'member',
    token: `t${tokens}`,
    ...over,
  }
  return [
    row.id,
    row.team,
    row.by,
    row.email,
    row.role,
    row.token,
    over.expires ?? null,
    over.accepted ?? null,
    over.declined ?? null,
    over.revoked ?? null,
    over.created ?? null,
  ]
}
const now = new Date()
const earlier = new Date(now.getTime() - 86_400_000)

const RULES: [rule: string, constraint: RegExp | string, sql: string, values?: unknown[]][] = [
  // People
  [
    'U1: a creator was upgraded',
    /users_tier_upgraded/,
    `update users set upgraded_at = null where id = $1`,
    [owner.userId],
  ],
  [
    'U1: a starter was not',
    /users_tier_upgraded/,
    `update users set upgraded_at = now() where id = $1`,
    [starter.userId],
  ],
  [
    'U3: a starter has no membership',
    /memberships_creator/,
    `insert into memberships (id, team_id, user_id) values ($1, $2, $3)`,
    [newId(), team, starter.userId],
  ],
  ['U4: tiers are two', /users_tier/, `update users set tier = 'king' where id = $1`, [starter.userId]],
  [
    'a creator stays one',
    /users_tier_absorbing/,
    `update users set tier = 'starter', upgraded_at = null where id = $1`,
    [owner.userId],
  ],
  [
    'U5: credits are not negative',
    /users_credits/,
    `update users set credits = -1 where id = $1`,
    [owner.userId],
  ],
  [
    'U6: storage is not negative',
    /users_storage/,
    `update users set ephemeral_storage_bytes = -1 where id = $1`,
    [owner.userId],
  ],
  // Teams
  [
    'T1: a team has a member',
    /teams_owner_present/,
    `insert into teams (id, name, slug) values ($1, 'Empty', 'empty')`,
    [newId()],
  ],
  [
    'T1: its last member does not just go',
    /teams_owner_present/,
    `delete from memberships where team_id = $1`,
    [team],
  ],
  [
    'T2: a team has an owner',
    /teams_owner_present/,
    `delete from memberships where team_id = $1 and role = 'owner'`,
    [team],
  ],
  [
    'T2: also after a change of roles',
    /teams_owner_present/,
    `update memberships set role = 'admin' where team_id = $1 and role = 'owner'`,
    [team],
  ],
  [
    'T3: slugs are unique',
    /teams_slug_unique/,
    `insert into teams (id, name, slug) select $1, name, slug from teams where id = $2`,
    [newId(), team],
  ],
  [
    'T4: slugs have no capitals',
    /teams_slug_form/,
    `insert into teams (id, name, slug) values ($1, 'A', 'Abc')`,
    [newId()],
  ],
  [
    'T4: no two hyphens',
    /teams_slug_form/,
    `insert into teams (id, name, slug) values ($1, 'A', 'a--b')`,
    [newId()],
  ],
  [
    'T4: no hyphen at an end',
    /teams_slug_form/,
    `insert into teams (id, name, slug) values ($1, 'A', 'a-')`,
    [newId()],
  ],
  ['T4: not empty', /teams_slug_form/, `insert into teams (id, name, slug) values ($1, 'A', '')`, [newId()]],
  [
    'T4: at most 50',
    /teams_slug_form/,
    `insert into teams (id, name, slug) values ($1, 'A', repeat('a', 51))`,
    [newId()],
  ],
  ['a slug never changes', /teams_slug_fixed/, `update teams set slug = 'other' where id = $1`, [team]],
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
    'T5: changed after it was made',
    /teams_time_order/,
    `update teams set created_at = now() + interval '1 day' where id = $1`,
    [team],
  ],
  ['T6: credits are not negative', /teams_credits/, `update teams set credits = -1 where id = $1`, [team]],
  [
    'storage is not negative',
    /teams_storage/,
    `update teams set ephemeral_storage_bytes = -1 where id = $1`,
    [team],
  ],
  // Memberships
  [
    'M1: a membership has a user',
    /violates not-null/,
    `insert into memberships (id, team_id) values ($1, $2)`,
    [newId(), team],
  ],
  [
    'M1: and a team',
    /violates not-null/,
    `insert into memberships (id, user_id) values ($1, $2)`,
    [newId(), owner.userId],
  ],
  [
    'M2: roles are four',
    /memberships_role_known/,
    `update memberships set role = 'king' where user_id = $1`,
    [member.userId],
  ],
  [
    'M3: once a team',
    /memberships_once/,
    `insert into memberships (id, team_id, user_id) values ($1, $2, $3)`,
    [newId(), team, member.userId],
  ],
  [
    'M5: the user exists',
    /memberships_user_id_fkey/,
    `insert into memberships (id, team_id, user_id) values ($1, $2, $3)`,
    [newId(), team, newId()],
  ],
  [
    'M6: the team exists',
    /memberships_team_id_fkey/,
    `insert into memberships (id, team_id, user_id) values ($1, $2, $3)`,
    [newId(), newId(), owner.userId],
  ],
  // Invitations
  [
    'I1: an invitation has a team',
    /violates not-null|invitations_team_id_fkey/,
    INVITE,
    invitation({ team: null }),
  ],
  ['I1: and an address', /violates not-null/, INVITE, invitation({ email: null })],
  ['addresses have a form', /invitations_email_form/, INVITE, invitation({ email: 'nobody' })],
  ['I2: nobody is invited as owner', /invitations_role_known/, INVITE, invitation({ role: 'owner' })],
  [
    'I3: accepted and revoked',
    /invitations_one_end/,
    INVITE,
    invitation({ accepted: now, revoked: now, created: earlier }),
  ],
  [
    'I3: accepted and declined',
    /invitations_one_end/,
    INVITE,
    invitation({ accepted: now, declined: now, created: earlier }),
  ],
  [
    'I4: revoked and declined',
    /invitations_one_end/,
    INVITE,
    invitation({ revoked: now, declined: now, created: earlier }),
  ],
  ['I5: the team exists', /invitations_team_id_fkey/, INVITE, invitation({ team: newId() })],
  ['I6: who invites exists', /invitations_invited_by_fkey/, INVITE, invitation({ by: newId() })],
  [
    'I7: nobody invites the own address',
    /invitations_not_self/,
    INVITE,
    invitation({ email: owner.email.toUpperCase() }),
  ],
  [
    'I8: nobody invites a member',
    /invitations_not_member/,
    INVITE,
    invitation({ email: member.email.toUpperCase() }),
  ],
  ['I9: made before it expires', /invitations_time_order/, INVITE, invitation({ expires: earlier })],
  [
    'TIME5: made before it is accepted',
    /invitations_accepted_order/,
    INVITE,
    invitation({ accepted: earlier }),
  ],
  [
    'tokens are unique',
    /invitations_token_unique/,
    `${INVITE}, ($12, $2, $3, 'h@example.test', $5, $6, now() + interval '1 day', null, null, null, now())`,
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

t.test('T7: an eleventh owned team is refused, by either way', async (t) => {
  const person = await buildUser(pool)
  for (let n = 0; n < 10; n += 1) await buildTeam(pool, person)
  t.match(await buildTeam(pool, person).catch(violatedConstraint), /memberships_owned_limit/)
  await buildMember(pool, team, person, 'viewer')
  t.match(
    await refusal(`update memberships set role = 'owner' where team_id = $1 and user_id = $2`, [
      team,
      person.userId,
    ]),
    /memberships_owned_limit/,
  )
})

t.test('T8: a fifty-first membership is refused', async (t) => {
  const person = await buildUser(pool)
  const hosts = await Promise.all(Array.from({ length: 5 }, () => buildUser(pool)))
  for (const host of hosts)
    for (let n = 0; n < 10; n += 1) await buildMember(pool, await buildTeam(pool, host), person, 'viewer')
  t.match(await buildMember(pool, team, person, 'viewer').catch(violatedConstraint), /memberships_limit/)
})

t.test('CARD-4: a fifty-first waiting invitation is refused', async (t) => {
  const own = await buildTeam(pool, member)
  for (let n = 0; n < 50; n += 1) await pool.query(INVITE, invitation({ team: own, by: member.userId }))
  t.match(await refusal(INVITE, invitation({ team: own, by: member.userId })), /invitations_pending_limit/)
  await pool.query(
    'update invitations set revoked_at = now() where id = (select id from invitations where team_id = $1 limit 1)',
    [own],
  )
  t.equal(
    await refusal(INVITE, invitation({ team: own, by: member.userId })),
    'accepted',
    'one that is over makes room',
  )
})

t.test('two owners who go at once do not both go', async (t) => {
  const [ada, ben] = [await buildUser(pool), await buildUser(pool)]
  const own = await buildTeam(pool, ada)
  await buildMember(pool, own, ben, 'owner')
  const go = (userId: string) =>
    refusal('delete from memberships where team_id = $1 and user_id = $2', [own, userId])
  const outcomes = await Promise.all([go(ada.userId), go(ben.userId)])
  t.strictSame(outcomes.sort(), ['accepted', 'teams_owner_present'])
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
