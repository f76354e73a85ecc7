/** What the database refuses, whoever asks: each rule broken by raw SQL, what refuses it, and what a caller would be told. */
import { readFile } from 'node:fs/promises'
import t from 'tap'
import { transaction } from '../../core/platform/database.ts'
import { violatedConstraint } from '../../core/platform/errors.ts'
import { newId } from '../../core/platform/ids.ts'
import { toProblem } from '../../server/problems.ts'
import { buildMember, buildTeam, buildUser } from '../support/builders.ts'
import { startDatabase } from '../support/postgres.ts'
import { HELD_BY, type Level, levelsOf, type RuleId, SERVICE_TESTS } from './ids.ts'
import {
  assetRow,
  CANCELED,
  COMPLETED,
  deliveryRow,
  FAILED,
  inMinutes,
  insertInto,
  invitationRow,
  jobRow,
  keyRow,
  membershipRow,
  projectRow,
  type Statement,
  soundRow,
  teamRow,
  usageRow,
  webhookRow,
} from './rows.ts'

const { pool } = await startDatabase(t)
const run = ([sql, values]: Statement) => pool.query(sql, values)

const [owner, member, starter] = await Promise.all([
  buildUser(pool),
  buildUser(pool),
  buildUser(pool, { tier: 'starter' }),
])
const team = await buildTeam(pool, owner)
const [otherTeam, memberTeam] = await Promise.all([buildTeam(pool, owner), buildTeam(pool, member)])
await buildMember(pool, team, member, 'admin')
const teamUrn = `framecast:team:${team}`
const ownUrn = `framecast:user:${owner.userId}`
const nobody = newId()

const [draft, rendering, elsewhere] = [newId(), newId(), newId()]
const [queued, over] = [newId(), newId()]
const [webhook, asset, key, teamKey, waiting, revoked] = [
  newId(),
  newId(),
  newId(),
  newId(),
  newId(),
  newId(),
]
await transaction(pool, async (client) => {
  const debit = (job: string) =>
    `insert into credit_entries (id, source, job_id, kind, amount, moves_balance)
     values (gen_random_uuid(), '${teamUrn}', '${job}', 'debit', 0, false)`
  for (const [sql, values] of [
    insertInto('projects', projectRow(team, owner.userId, { id: draft })),
    insertInto('projects', projectRow(team, owner.userId, { id: rendering, status: 'rendering' })),
    insertInto('projects', projectRow(otherTeam, owner.userId, { id: elsewhere })),
    insertInto('jobs', jobRow(teamUrn, member.userId, { id: queued, project_id: rendering })),
    insertInto('jobs', jobRow(teamUrn, owner.userId, { id: over, ...COMPLETED })),
    [debit(queued), []],
    [debit(over), []],
    insertInto('webhooks', webhookRow(team, owner.userId, { id: webhook })),
    insertInto(
      'asset_files',
      assetRow(teamUrn, owner.userId, { id: asset, project_id: draft, s3_key: 'same' }),
    ),
    insertInto('api_keys', keyRow(owner.userId, { id: key, key_hash: 'same' })),
    insertInto(
      'api_keys',
      keyRow(member.userId, { id: teamKey, owner: `framecast:${team}:${member.userId}` }),
    ),
    insertInto('invitations', invitationRow(team, owner.userId, { id: waiting })),
    insertInto('invitations', invitationRow(team, owner.userId, { id: revoked, revoked_at: new Date() })),
    insertInto('usage', usageRow(ownUrn)),
    insertInto('system_assets', soundRow({ s3_key: 'same' })),
  ] as Statement[])
    await client.query(sql, values)
})

const update = (table: string, id: string, change: string): Statement => [
  `update ${table} set ${change} where id = $1`,
  [id],
]
const job = (row: Record<string, unknown>) => insertInto('jobs', jobRow(ownUrn, owner.userId, row))
const invitation = (row: Record<string, unknown>) =>
  insertInto('invitations', invitationRow(team, owner.userId, row))
const membership = (userId: string | null, row: Record<string, unknown> = {}) =>
  insertInto('memberships', { ...membershipRow(otherTeam, nobody), user_id: userId, ...row })
const apiKey = (userId: string, row: Record<string, unknown> = {}) =>
  insertInto('api_keys', keyRow(userId, row))
const project = (row: Record<string, unknown>) => insertInto('projects', projectRow(team, owner.userId, row))
const file = (row: Record<string, unknown>) => insertInto('asset_files', assetRow(teamUrn, owner.userId, row))
const hook = (row: Record<string, unknown>) => insertInto('webhooks', webhookRow(team, owner.userId, row))
const delivery = (row: Record<string, unknown>) => insertInto('webhook_deliveries', deliveryRow(webhook, row))
const usage = (row: Record<string, unknown>) =>
  insertInto('usage', usageRow(ownUrn, { period: '2020-02', ...row }))
const sound = (row: Record<string, unknown>) => insertInto('system_assets', soundRow(row))

/** So many new teams with one person in each. */
const teamsOf = (count: number, role: string): Statement => [
  `with made as (insert into teams (id, name, slug)
     select gen_random_uuid(), 'Many', 'many-' || gen_random_uuid() from generate_series(1, $1) returning id)
   insert into memberships (id, team_id, user_id, role) select gen_random_uuid(), id, $2, $3 from made`,
  [count, owner.userId, role],
]
const jobsOf = (count: number, urn: string, userId: string): Statement => [
  `insert into jobs (id, owner, triggered_by, spec_snapshot, engine)
   select gen_random_uuid(), $2, $3, '{}', 'preview' from generate_series(1, $1)`,
  [count, urn, userId],
]
const invitationsOf = (count: number): Statement => [
  `insert into invitations (id, team_id, invited_by, email, token)
   select gen_random_uuid(), $2, $3, n || '@many.example.test', 'many' || n from generate_series(1, $1) n`,
  [count, memberTeam, member.userId],
]

const LATER = `created_at = now() + interval '1 day'`

/** `by`: the constraint, or the words of the database where it names none. */
const REFUSALS: [id: RuleId, level: Level, by: RegExp, statement: Statement][] = [
  // People
  ['INV-U1', 'C', /users_tier_upgraded/, update('users', owner.userId, 'upgraded_at = null')],
  ['INV-U1', 'C', /users_tier_upgraded/, update('users', starter.userId, 'upgraded_at = now()')],
  ['INV-U3', 'T', /memberships_creator/, membership(starter.userId)],
  ['INV-U4', 'C', /users_tier_known/, update('users', starter.userId, `tier = 'king'`)],
  ['INV-U5', 'C', /users_credits_not_negative/, update('users', owner.userId, 'credits = -1')],
  [
    'INV-U6',
    'C',
    /users_storage_not_negative/,
    update('users', owner.userId, 'ephemeral_storage_bytes = -1'),
  ],
  // Teams
  ['INV-T1', 'D', /teams_owner_present/, insertInto('teams', teamRow())],
  ['INV-T1', 'D', /teams_owner_present/, ['delete from memberships where team_id = $1', [team]]],
  [
    'INV-T2',
    'D',
    /teams_owner_present/,
    [`delete from memberships where team_id = $1 and role = 'owner'`, [team]],
  ],
  [
    'INV-T2',
    'D',
    /teams_owner_present/,
    [`update memberships set role = 'admin' where team_id = $1 and role = 'owner'`, [team]],
  ],
  [
    'INV-T2',
    'D',
    /teams_owner_present/,
    [`update memberships set team_id = $2 where team_id = $1 and role = 'owner'`, [team, memberTeam]],
  ],
  [
    'INV-T3',
    'U',
    /teams_slug_unique/,
    ['insert into teams (id, name, slug) select $1, name, slug from teams where id = $2', [newId(), team]],
  ],
  ...['Abc', 'a--b', 'a-', '-a', 'a b', 'ä', '', 'a'.repeat(51)].map(
    (slug): [RuleId, Level, RegExp, Statement] => [
      'INV-T4',
      'C',
      /teams_slug_form/,
      insertInto('teams', teamRow({ slug })),
    ],
  ),
  ['INV-T5', 'C', /teams_time_order/, update('teams', team, LATER)],
  ['INV-T6', 'C', /teams_credits_not_negative/, update('teams', team, 'credits = -1')],
  ['INV-T7', 'T', /memberships_owned_limit/, teamsOf(11, 'owner')],
  ['INV-T8', 'T', /memberships_limit/, teamsOf(51, 'viewer')],
  // Memberships
  ['INV-M1', 'C', /null value in column "user_id"/, membership(null)],
  ['INV-M1', 'C', /null value in column "team_id"/, membership(owner.userId, { team_id: null })],
  [
    'INV-M2',
    'C',
    /memberships_role_known/,
    [`update memberships set role = 'king' where user_id = $1`, [member.userId]],
  ],
  ['INV-M3', 'U', /memberships_once/, membership(owner.userId)],
  [
    'INV-M4',
    'T',
    /memberships_creator/,
    [
      'update memberships set user_id = $1 where user_id = $2 and team_id = $3',
      [starter.userId, member.userId, team],
    ],
  ],
  ['INV-M5', 'F', /memberships_user_id_fkey/, membership(nobody)],
  ['INV-M6', 'F', /memberships_team_id_fkey/, membership(member.userId, { team_id: nobody })],
  // Invitations
  ['INV-I1', 'C', /null value in column "team_id"/, invitation({ team_id: null })],
  ['INV-I1', 'C', /null value in column "email"/, invitation({ email: null })],
  ['INV-I2', 'C', /invitations_role_known/, invitation({ role: 'owner' })],
  ['INV-I3', 'C', /invitations_one_end/, invitation({ accepted_at: inMinutes(0), revoked_at: inMinutes(0) })],
  [
    'INV-I3',
    'C',
    /invitations_one_end/,
    invitation({ accepted_at: inMinutes(0), declined_at: inMinutes(0) }),
  ],
  ['INV-I4', 'C', /invitations_one_end/, update('invitations', revoked, 'accepted_at = now()')],
  ['INV-I4', 'C', /invitations_one_end/, update('invitations', revoked, 'declined_at = now()')],
  ['INV-I5', 'F', /invitations_team_id_fkey/, invitation({ team_id: nobody })],
  ['INV-I6', 'F', /invitations_invited_by_fkey/, invitation({ invited_by: nobody })],
  ['INV-I7', 'T', /invitations_not_self/, invitation({ email: owner.email.toUpperCase() })],
  ['INV-I7', 'T', /invitations_not_self/, update('invitations', waiting, `email = '${owner.email}'`)],
  ['INV-I8', 'T', /invitations_not_member/, invitation({ email: member.email.toUpperCase() })],
  ['INV-I8', 'T', /invitations_not_member/, update('invitations', waiting, `email = '${member.email}'`)],
  ['INV-I9', 'C', /invitations_time_order/, invitation({ expires_at: inMinutes(-61) })],
  // Jobs
  ['INV-J1', 'C', /jobs_status_known/, job({ status: 'lost' })],
  ['INV-J2', 'C', /jobs_terminal_completed_at/, job({ ...COMPLETED, completed_at: null })],
  ['INV-J2', 'C', /jobs_completed_order/, job({ ...CANCELED, completed_at: inMinutes(-61) })],
  [
    'INV-J2',
    'T',
    /jobs_transition/,
    update(
      'jobs',
      queued,
      `status = 'completed', output = '{}', output_size_bytes = 1, completed_at = now()`,
    ),
  ],
  ['INV-J3', 'C', /jobs_processing_started/, job({ status: 'processing' })],
  ['INV-J3', 'T', /jobs_transition/, update('jobs', over, `status = 'processing'`)],
  ['INV-J4', 'C', /jobs_completed_output/, job({ ...COMPLETED, output: null, output_size_bytes: null })],
  ['INV-J5', 'C', /jobs_failed_error/, job({ ...FAILED, error: null })],
  ['INV-J6', 'C', /jobs_failure_type_present/, job({ ...FAILED, failure_type: null })],
  ['INV-J6', 'C', /jobs_failure_type_present/, job({ ...CANCELED, failure_type: null })],
  ['INV-J7', 'C', /jobs_failure_type_present/, job({ ...COMPLETED, failure_type: 'system' })],
  ['INV-J8', 'C', /jobs_refund_bounds/, job({ credits_charged: 1, credits_refunded: 2 })],
  ['INV-J9', 'C', /jobs_charged_not_negative/, job({ credits_charged: -1 })],
  ['INV-J9', 'C', /jobs_refund_bounds/, job({ credits_refunded: -1 })],
  ['INV-J10', 'C', /jobs_time_order/, job({ created_at: inMinutes(1), updated_at: inMinutes(0) })],
  ['INV-J11', 'C', /jobs_project_owner/, job({ project_id: draft })],
  ['INV-J12', 'U', /jobs_one_active_per_project/, job({ owner: teamUrn, project_id: rendering })],
  ['INV-J13', 'F', /jobs_triggered_by_fkey/, job({ triggered_by: nobody })],
  // API keys
  ['INV-A1', 'F', /api_keys_user_id_fkey/, apiKey(nobody)],
  ['INV-A2', 'C', /api_keys_hash_present/, apiKey(owner.userId, { key_hash: '' })],
  ['INV-A2', 'C', /null value in column "key_hash"/, apiKey(owner.userId, { key_hash: null })],
  ['INV-A3', 'U', /api_keys_hash_unique/, apiKey(owner.userId, { key_hash: 'same' })],
  ['INV-A6', 'T', /api_keys_personal_owner/, apiKey(starter.userId, { owner: ownUrn })],
  [
    'INV-A6',
    'T',
    /api_keys_creator/,
    apiKey(starter.userId, { owner: `framecast:${team}:${starter.userId}` }),
  ],
  ['INV-A7', 'T', /api_keys_creator/, apiKey(starter.userId, { owner: teamUrn })],
  // Projects
  ['INV-P1', 'C', /projects_status_known/, project({ status: 'lost' })],
  ['INV-P2', 'F', /projects_team_id_fkey/, project({ team_id: nobody })],
  ['INV-P3', 'F', /projects_created_by_fkey/, project({ created_by: nobody })],
  ['INV-P4', 'C', /projects_time_order/, update('projects', draft, LATER)],
  ['INV-P5', 'D', /projects_job_present/, update('projects', draft, `status = 'rendering'`)],
  [
    'INV-P5',
    'D',
    /projects_job_present/,
    update('jobs', queued, `status = 'canceled', failure_type = 'canceled', completed_at = now()`),
  ],
  ['INV-P5', 'D', /projects_job_present/, update('jobs', queued, 'project_id = null')],
  ['INV-P5', 'D', /projects_job_present/, ['delete from jobs where id = $1', [queued]]],
  // Assets
  ['INV-AF1', 'C', /asset_files_status_known/, file({ status: 'lost' })],
  ['INV-AF2', 'C', /asset_files_size/, file({ size_bytes: 0 })],
  ['INV-AF3', 'C', /asset_files_size/, file({ size_bytes: 52_428_801 })],
  ['INV-AF4', 'C', /asset_files_type_known/, file({ content_type: 'image/svg+xml' })],
  ['INV-AF5', 'F', /asset_files_uploaded_by_fkey/, file({ uploaded_by: nobody })],
  ['INV-AF6', 'U', /asset_files_key_unique/, file({ s3_key: 'same' })],
  // Webhooks
  ['INV-W1', 'F', /webhooks_team_id_fkey/, hook({ team_id: nobody })],
  ['INV-W2', 'C', /webhooks_events_present/, hook({ events: [] })],
  ['INV-W3', 'C', /invalid input value for enum webhook_event_type/, hook({ events: ['job.dreamt'] })],
  ['INV-W3', 'C', /webhooks_events_unique/, hook({ events: ['job.failed', 'job.failed'] })],
  ['INV-W5', 'F', /webhooks_created_by_fkey/, hook({ created_by: nobody })],
  ['INV-WD1', 'C', /webhook_deliveries_status_known/, delivery({ status: 'lost' })],
  ['INV-WD2', 'F', /webhook_deliveries_webhook_id_fkey/, delivery({ webhook_id: nobody })],
  ['INV-WD3', 'C', /webhook_deliveries_attempts/, delivery({ attempts: 6 })],
  ['INV-WD4', 'C', /webhook_deliveries_delivered/, delivery({ status: 'delivered' })],
  // Usage
  ...['2026-13', '2026-00', '2026-1', '26-01', ''].map((period): [RuleId, Level, RegExp, Statement] => [
    'INV-US1',
    'C',
    /usage_period_form/,
    usage({ period }),
  ]),
  ['INV-US2', 'C', /usage_not_negative/, usage({ renders_count: -1 })],
  ...['render_seconds', 'credits_used', 'credits_refunded', 'api_calls'].map(
    (counter): [RuleId, Level, RegExp, Statement] => [
      'INV-US3',
      'C',
      /usage_not_negative/,
      usage({ [counter]: -1 }),
    ],
  ),
  ['INV-US4', 'U', /usage_owner_period/, usage({ period: '2020-01' })],
  // System assets
  ['INV-SA1', 'C', /system_assets_category_known/, sound({ id: 'asset_noise_x', category: 'noise' })],
  ['INV-SA2', 'C', /system_assets_id_form/, sound({ id: 'asset_sfx_Door' })],
  ['INV-SA2', 'C', /system_assets_id_category/, sound({ category: 'music' })],
  ['INV-SA3', 'U', /system_assets_key_unique/, sound({ s3_key: 'same' })],
  // Across
  ['INV-X3', 'T', /asset_files_project_owner/, file({ project_id: elsewhere })],
  ['INV-X3', 'T', /asset_files_project_owner/, update('asset_files', asset, `owner = '${ownUrn}'`)],
  [
    'INV-X4',
    'T',
    /api_keys_membership$/,
    apiKey(member.userId, { owner: `framecast:${otherTeam}:${member.userId}` }),
  ],
  [
    'INV-X4',
    'T',
    /api_keys_membership_owner/,
    apiKey(owner.userId, { owner: `framecast:${team}:${member.userId}` }),
  ],
  [
    'INV-X4',
    'T',
    /memberships_keys_ended/,
    ['delete from memberships where team_id = $1 and user_id = $2', [team, member.userId]],
  ],
  // Times
  ['INV-TIME1', 'C', /users_time_order/, update('users', owner.userId, LATER)],
  ['INV-TIME1', 'C', /teams_time_order/, update('teams', team, LATER)],
  ['INV-TIME1', 'C', /projects_time_order/, update('projects', draft, LATER)],
  ['INV-TIME1', 'C', /jobs_time_order/, update('jobs', queued, LATER)],
  ['INV-TIME1', 'C', /asset_files_time_order/, update('asset_files', asset, LATER)],
  ['INV-TIME1', 'C', /webhooks_time_order/, update('webhooks', webhook, LATER)],
  ['INV-TIME2', 'C', /jobs_started_order/, job({ ...COMPLETED, started_at: inMinutes(-61) })],
  ['INV-TIME3', 'C', /jobs_completed_order/, job({ ...COMPLETED, completed_at: inMinutes(-55) })],
  ['INV-TIME4', 'C', /invitations_time_order/, invitation({ created_at: inMinutes(601) })],
  ['INV-TIME5', 'C', /invitations_accepted_order/, invitation({ accepted_at: inMinutes(-61) })],
  // Counts
  ['CARD-1', 'D', /teams_owner_present/, insertInto('teams', teamRow())],
  ['CARD-2', 'T', /memberships_owned_limit/, teamsOf(11, 'owner')],
  ['CARD-3', 'T', /memberships_limit/, teamsOf(51, 'member')],
  ['CARD-4', 'T', /invitations_pending_limit/, invitationsOf(51)],
  ['CARD-5', 'T', /jobs_owner_concurrency/, jobsOf(6, `framecast:team:${otherTeam}`, owner.userId)],
  ['CARD-6', 'T', /jobs_starter_concurrency/, jobsOf(2, `framecast:user:${starter.userId}`, starter.userId)],
]

/** Runs a statement and commits it, for some rules are looked at only then. The error; null when it was accepted. */
const refusal = ([sql, values]: Statement): Promise<unknown> =>
  transaction(pool, (client) => client.query(sql, values)).then(
    () => null,
    (error: unknown) => error,
  )
const reason = (error: unknown): string =>
  error instanceof Error ? (violatedConstraint(error) ?? error.message) : 'accepted'

const STATUS: Partial<Record<Level, number>> = { C: 400, U: 409, F: 409, T: 409, D: 409 }

t.test('whoever breaks a rule by hand is refused, and a caller would be told 400 or 409', async (t) => {
  for (const [id, level, by, statement] of REFUSALS) {
    const error = await refusal(statement)
    t.match(reason(error), by, `${id} ${by.source}`)
    const problem = toProblem(error)
    t.equal(problem?.status, STATUS[level], `${id} ${by.source} is ${STATUS[level]}`)
  }
})

t.test('what refuses says so in words for people', async (t) => {
  const told = async (statement: Statement) => toProblem(await refusal(statement))?.message
  t.equal(await told(teamsOf(11, 'owner')), 'Conflict: a person owns at most 10 teams')
  t.equal(await told(insertInto('teams', teamRow())), 'Conflict: a team has at least one owner')
  t.equal(
    await told(apiKey(owner.userId, { key_hash: 'same' })),
    'Conflict: this exists already (api_keys_hash_unique)',
  )
  t.equal(await told(membership(null)), 'Validation error: a value is not allowed (required)')
})

t.test('no rule is left out', async (t) => {
  const tried = new Set(REFUSALS.map(([id, level]) => `${id} ${level}`))
  for (const id of Object.keys(HELD_BY) as RuleId[]) {
    for (const level of levelsOf(id)) {
      if (level !== 'S') {
        t.ok(tried.delete(`${id} ${level}`), `${id} is broken at level ${level}`)
        continue
      }
      const [file, name] = SERVICE_TESTS[id] ?? ['', '']
      const text = await readFile(new URL(`../${file}.test.ts`, import.meta.url), 'utf8').catch(() => '')
      t.ok(name !== '' && text.includes(`test('${name}'`), `${id}: a test of the service, ${name}`)
    }
  }
  t.strictSame([...tried], [], 'none is tried at a level that does not hold it')
})

t.test('what is done is not undone', async (t) => {
  const cases: [by: RegExp, statement: Statement][] = [
    [/users_tier_absorbing/, update('users', owner.userId, `tier = 'starter', upgraded_at = null`)],
    [/users_tombstone/, ['delete from users where id = $1', ['00000000-0000-0000-0000-000000000000']]],
    [/teams_slug_fixed/, update('teams', team, `slug = 'other'`)],
    [/jobs_snapshot_fixed/, update('jobs', queued, `spec_snapshot = '{"title":"Other"}'`)],
    [/jobs_finished/, update('jobs', over, `output = '{"other":true}'`)],
    [/jobs_fixed_columns/, update('jobs', queued, 'credits_charged = 11')],
    [/jobs_fixed_columns/, update('jobs', queued, `owner = '${ownUrn}'`)],
    [/jobs_fixed_columns/, update('jobs', queued, `triggered_by = '${owner.userId}'`)],
    [/jobs_project_team/, update('jobs', over, `project_id = '${elsewhere}'`)],
    [/projects_transition/, update('projects', draft, `status = 'completed'`)],
    [/credit_entries_append_only/, ['delete from credit_entries where job_id = $1', [queued]]],
  ]
  for (const [by, statement] of cases) {
    const error = await refusal(statement)
    t.match(reason(error), by)
    t.equal(toProblem(error)?.status, 409, by.source)
  }
})

t.test('the limits of a person hold for a membership that is made over, too', async (t) => {
  const [full, from] = [await buildUser(pool), await buildUser(pool)]
  for (let n = 0; n < 10; n += 1) await buildTeam(pool, full)
  const given = await buildTeam(pool, from)
  const makeOver: Statement = [
    'update memberships set user_id = $1 where team_id = $2 and user_id = $3',
    [full.userId, given, from.userId],
  ]
  t.match(reason(await refusal(makeOver)), /memberships_owned_limit/)
  await buildMember(pool, team, full, 'viewer')
  const promote: Statement = [
    `update memberships set role = 'owner' where team_id = $1 and user_id = $2`,
    [team, full.userId],
  ]
  t.match(reason(await refusal(promote)), /memberships_owned_limit/, 'as for one that is raised')
})

t.test('an invitation that is over makes room, and is not opened again where there is none', async (t) => {
  t.equal(await refusal(invitationsOf(50)), null)
  const rest = invitationRow(memberTeam, member.userId)
  t.match(reason(await refusal(insertInto('invitations', rest))), /invitations_pending_limit/)
  const { rows } = await pool.query<{ id: string }>(
    `update invitations set revoked_at = now() where token = 'many1' returning id`,
  )
  t.equal(await refusal(insertInto('invitations', rest)), null)
  const reopen = update('invitations', rows[0]!.id, 'revoked_at = null')
  t.match(reason(await refusal(reopen)), /invitations_pending_limit/)
  t.equal(
    await refusal(update('invitations', rest.id as string, 'declined_at = now()')),
    null,
    'answering goes on',
  )
})

t.test('a key that has ended is not opened again without its membership', async (t) => {
  const guest = await buildUser(pool)
  await buildMember(pool, otherTeam, guest)
  const id = newId()
  await run(apiKey(guest.userId, { id, owner: `framecast:team:${otherTeam}` }))
  const leave: Statement = [
    'delete from memberships where team_id = $1 and user_id = $2',
    [otherTeam, guest.userId],
  ]
  t.match(reason(await refusal(leave)), /memberships_keys_ended/)
  const both = transaction(pool, async (client) => {
    await client.query(...leave)
    await client.query(...update('api_keys', id, 'revoked_at = now()'))
  })
  await t.resolves(both, 'in one transaction, whatever comes first')
  t.match(reason(await refusal(update('api_keys', id, 'revoked_at = null'))), /api_keys_membership/)
})

t.test('who takes an address ends the invitations that nobody could answer any more', async (t) => {
  const [host, guest] = [await buildUser(pool), await buildUser(pool)]
  const home = await buildTeam(pool, host)
  await buildMember(pool, home, guest)
  const email = `${newId()}@example.test`
  const [own, others] = [newId(), newId()]
  await run(insertInto('invitations', invitationRow(home, host.userId, { id: own, email })))
  await run(insertInto('invitations', invitationRow(otherTeam, owner.userId, { id: others, email })))
  await run(update('users', guest.userId, `email = '${email.toUpperCase()}'`))
  const { rows } = await pool.query('select id from invitations where email = $1 and revoked_at is null', [
    email,
  ])
  t.strictSame(rows, [{ id: others }], 'that of a team which the person is not in still waits')
  const trail = await pool.query('select action, actor_kind from audit_entries where subject_id = $1', [own])
  t.strictSame(trail.rows, [{ action: 'invitation.revoked', actor_kind: 'system' }])
})
