/** A database whose constraints are gone, with one violation of each rule: the check finds every one, and no other. */
import t from 'tap'
import { checkInvariants, type InvariantResult } from '../../core/invariants/check.ts'
import { INVARIANTS } from '../../core/invariants/rules.ts'
import { transaction } from '../../core/platform/database.ts'
import { newId } from '../../core/platform/ids.ts'
import { buildJob, buildTeam, buildUser, setBalance } from '../support/builders.ts'
import { startDatabase } from '../support/postgres.ts'
import {
  assetRow,
  deliveryRow,
  inMinutes,
  insertInto,
  invitationRow,
  keyRow,
  membershipRow,
  projectRow,
  type Statement,
  soundRow,
  teamRow,
  usageRow,
  userRow,
  webhookRow,
} from './rows.ts'

const { pool } = await startDatabase(t, { broken: true })
const run = async (...statements: Statement[]): Promise<void> =>
  transaction(pool, async (client) => {
    for (const [sql, values] of statements) await client.query(sql, values)
  })

/** What is found, by rule. */
const found = (results: InvariantResult[]): Record<string, string[]> =>
  Object.fromEntries(
    results
      .filter(({ violations }) => violations.length > 0)
      .map(({ rule, violations }) => [rule, violations.map(({ id }) => id).sort()]),
  )
const check = () => checkInvariants(pool, { allowInsecureWebhooks: true })

// ------------------------------------------------------------------ a studio in which everything is right
const owner = await buildUser(pool, { credits: 100 })
const team = await buildTeam(pool, owner, { credits: 100 })
const other = await buildTeam(pool, owner)
const teamUrn = `framecast:team:${team}`
const ownUrn = `framecast:user:${owner.userId}`
/** A creator with a team, as every creator has one. */
const creator = async () => {
  const user = await buildUser(pool)
  return { userId: user.userId, user, team: await buildTeam(pool, user) }
}
const starter = () => buildUser(pool, { tier: 'starter' })
/** A queued job of somebody of its own: an owner runs five at a time. */
const aJob = async (): Promise<string> => buildJob(pool, await starter())
const aTeamJob = async (): Promise<{ id: string; userId: string; urn: string }> => {
  const { user, userId, team: id } = await creator()
  const urn = `framecast:team:${id}`
  return { id: await buildJob(pool, user, { owner: urn }), userId, urn }
}

await run(
  insertInto('webhooks', webhookRow(team, owner.userId)),
  insertInto('asset_files', assetRow(teamUrn, owner.userId)),
  insertInto('api_keys', keyRow(owner.userId, { owner: teamUrn })),
  insertInto('projects', projectRow(team, owner.userId)),
  insertInto('invitations', invitationRow(team, owner.userId)),
  insertInto('system_assets', soundRow()),
)

/** A row at fault: how it comes to be, and the rules that must find it, each by an id. */
type Fault = { breaks: Statement[]; found: [rule: string, id: string][] }

const set = (table: string, id: string, change: string, values: unknown[] = []): Statement => [
  `update ${table} set ${change} where id = $1`,
  [id, ...values],
]
/** What a job says when it has ended; `over` is what is wrong with that. */
const ends = (columns: Record<string, string>, over: Record<string, string> = {}): string =>
  Object.entries({ completed_at: 'created_at', ...columns, ...over })
    .map(([column, value]) => `${column} = ${value}`)
    .join(', ')
const CANCELED = { status: `'canceled'`, failure_type: `'canceled'` }
const FAILED = { status: `'failed'`, failure_type: `'system'`, error: `'{}'` }
const COMPLETED = { status: `'completed'`, output: `'{}'`, output_size_bytes: '1' }
const LATER = `created_at = now() + interval '1 day', updated_at = now()`
const stepsEnd = (job: string): Statement => [
  `update job_steps set state = 'canceled' where job_id = $1`,
  [job],
]

/** The event of the end, after the one of the beginning. */
const endEvent = (job: string): Statement[] => [
  [
    'insert into job_events (id, job_id, sequence, event_type) select $1, id, 2, status from jobs where id = $2',
    [newId(), job],
  ],
  set('jobs', job, 'last_event_sequence = 2'),
]

/** A job that ends wrongly. */
const ended = async (rule: string, ...change: Parameters<typeof ends>): Promise<Fault> => {
  const id = await aJob()
  return {
    breaks: [set('jobs', id, ends(...change)), stepsEnd(id), ...endEvent(id)],
    found: [[rule, id]],
  }
}
const changed = (table: string, id: string, change: string, ...rules: string[]): Fault => ({
  breaks: [set(table, id, change)],
  found: rules.map((rule) => [rule, id]),
})
/** A row that is added, found by its id. */
const added = (table: string, row: Record<string, unknown>, ...rules: string[]): Fault => ({
  breaks: [insertInto(table, row)],
  found: rules.map((rule) => [rule, row.id as string]),
})
/** A row of which there is one more than there may be, found by what they share. */
const twice = (
  table: string,
  row: Record<string, unknown>,
  over: Record<string, unknown>,
  rule: string,
  id: string,
): Fault => ({
  breaks: [insertInto(table, row), insertInto(table, { ...row, id: newId(), ...over })],
  found: [[rule, id]],
})

async function peopleAndTeams(): Promise<Fault[]> {
  const [u1, u3, u5, u6, t7, t8] = await Promise.all([
    creator(),
    starter(),
    starter(),
    starter(),
    creator(),
    creator(),
  ])
  const [t1, t2, t4, t5, t6] = [newId(), await creator(), await creator(), await creator(), await creator()]
  const [first, second] = [await creator(), await creator()]
  const { user: guest } = await creator()
  const [m2, m5, m6, twin] = [newId(), newId(), newId(), newId()]
  const starterMember = membershipRow(team, u3.userId)
  return [
    changed('users', u1.userId, 'upgraded_at = null', 'INV-U1'),
    added('users', userRow(), 'INV-U2'),
    added('memberships', starterMember, 'INV-U3', 'INV-M4'),
    added('users', userRow({ tier: 'king', upgraded_at: null }), 'INV-U4'),
    {
      breaks: [set('users', u5.userId, 'credits = -1')],
      found: [
        ['INV-U5', u5.userId],
        ['CREDIT-BALANCE', `framecast:user:${u5.userId}`],
      ],
    },
    changed('users', u6.userId, 'ephemeral_storage_bytes = -1', 'INV-U6'),
    added('teams', teamRow({ id: t1 }), 'INV-T1', 'INV-T2', 'CARD-1'),
    {
      breaks: [[`update memberships set role = 'admin' where team_id = $1`, [t2.team]]],
      found: [
        ['INV-T2', t2.team],
        ['CARD-1', t2.team],
      ],
    },
    {
      breaks: [set('teams', first.team, `slug = 'twin'`), set('teams', second.team, `slug = 'twin'`)],
      found: [['INV-T3', 'twin']],
    },
    changed('teams', t4.team, `slug = 'Not a slug'`, 'INV-T4'),
    changed('teams', t5.team, LATER, 'INV-T5', 'INV-TIME1'),
    {
      breaks: [set('teams', t6.team, 'credits = -1')],
      found: [
        ['INV-T6', t6.team],
        ['CREDIT-BALANCE', `framecast:team:${t6.team}`],
      ],
    },
    { breaks: teamsOf(t7.userId, 10, 'owner'), found: both('INV-T7', 'CARD-2', t7.userId) },
    { breaks: [...teamsOf(t8.userId, 50, 'viewer')], found: both('INV-T8', 'CARD-3', t8.userId) },
    added('memberships', { ...membershipRow(team, ''), user_id: null }, 'INV-M1'),
    added(
      'memberships',
      membershipRow(team, owner.userId, { id: m2, role: 'king', team_id: t4.team }),
      'INV-M2',
    ),
    twice(
      'memberships',
      membershipRow(other, guest.userId),
      { id: twin },
      'INV-M3',
      `${other} ${guest.userId}`,
    ),
    added('memberships', membershipRow(team, newId(), { id: m5 }), 'INV-M5'),
    added('memberships', membershipRow(newId(), guest.userId, { id: m6 }), 'INV-M6'),
  ]
}

const both = (first: string, second: string, id: string): [string, string][] => [
  [first, id],
  [second, id],
]

/** So many more teams with this person in them; those without a right to it have an owner of their own. */
function teamsOf(userId: string, count: number, role: string): Statement[] {
  return Array.from({ length: count }, (): Statement[] => {
    const row = teamRow()
    const id = row.id as string
    if (role === 'owner')
      return [insertInto('teams', row), insertInto('memberships', membershipRow(id, userId, { role }))]
    const host = userRow()
    return [
      insertInto('users', host),
      insertInto('teams', row),
      insertInto('memberships', membershipRow(id, host.id as string, { role: 'owner' })),
      insertInto('memberships', membershipRow(id, userId, { role })),
    ]
  }).flat()
}

async function invitations(): Promise<Fault[]> {
  const invitation = (over: Record<string, unknown>, ...rules: string[]) =>
    added('invitations', invitationRow(team, owner.userId, over), ...rules)
  const full = await creator()
  return [
    invitation({ email: null }, 'INV-I1'),
    invitation({ role: 'owner' }, 'INV-I2'),
    invitation({ accepted_at: inMinutes(-1), declined_at: inMinutes(-1) }, 'INV-I3'),
    invitation({ revoked_at: inMinutes(-1), declined_at: inMinutes(-1) }, 'INV-I4'),
    invitation({ team_id: newId() }, 'INV-I5'),
    invitation({ invited_by: newId() }, 'INV-I6'),
    invitation({ email: owner.email.toUpperCase(), team_id: full.team }, 'INV-I7'),
    invitation({ email: full.user.email.toUpperCase(), team_id: full.team }, 'INV-I8'),
    invitation({ expires_at: inMinutes(-61) }, 'INV-I9', 'INV-TIME4'),
    invitation({ accepted_at: inMinutes(-61) }, 'INV-TIME5'),
    {
      breaks: Array.from({ length: 51 }, () => insertInto('invitations', invitationRow(other, owner.userId))),
      found: [['CARD-4', other]],
    },
  ]
}

async function jobs(): Promise<Fault[]> {
  const queued = async (change: string, ...rules: string[]) => changed('jobs', await aJob(), change, ...rules)
  const [project, shared, full, single] = [newId(), newId(), await creator(), await starter()]
  const [ofProject, ofNobody, ofAnother] = [await aJob(), await aTeamJob(), await aJob()]
  const rendering = await creator()
  const urn = `framecast:team:${rendering.team}`
  const twins = [
    await buildJob(pool, rendering.user, { owner: urn }),
    await buildJob(pool, rendering.user, { owner: urn }),
  ]
  const fullUrn = `framecast:team:${full.team}`
  for (let n = 0; n < 5; n += 1) await buildJob(pool, full.user, { owner: fullUrn })
  await buildJob(pool, single)
  const [sixth, second] = [await aTeamJob(), await aJob()]
  return [
    await queued(`status = 'lost'`, 'INV-J1'),
    await ended('INV-J2', CANCELED, { completed_at: 'null' }),
    await queued(`status = 'processing'`, 'INV-J3'),
    await ended('INV-J4', COMPLETED, { output: 'null' }),
    await ended('INV-J5', FAILED, { error: 'null' }),
    await ended('INV-J6', FAILED, { failure_type: 'null' }),
    await ended('INV-J7', COMPLETED, { failure_type: `'system'` }),
    await queued('credits_refunded = 1', 'INV-J8', 'CREDIT-REFUND'),
    await queued('credits_refunded = -1', 'INV-J9', 'CREDIT-REFUND'),
    await queued(LATER, 'INV-J10', 'INV-TIME1'),
    {
      breaks: [
        insertInto('projects', projectRow(team, owner.userId, { id: project, status: 'rendering' })),
        set('jobs', ofProject, 'project_id = $2', [project]),
      ],
      found: [['INV-J11', ofProject]],
    },
    {
      breaks: [
        insertInto(
          'projects',
          projectRow(rendering.team, rendering.userId, { id: shared, status: 'rendering' }),
        ),
        ...twins.map((twin) => set('jobs', twin, 'project_id = $2', [shared])),
      ],
      found: [['INV-J12', shared]],
    },
    changed('jobs', ofNobody.id, `triggered_by = '${newId()}'`, 'INV-J13'),
    changed('jobs', ofAnother, `triggered_by = '${owner.userId}'`, 'INV-X1'),
    await queued(`status = 'processing', started_at = created_at - interval '1 s'`, 'INV-TIME2'),
    await ended('INV-TIME3', CANCELED, { started_at: `created_at + interval '1 s'` }),
    {
      breaks: [set('jobs', sixth.id, 'owner = $2, triggered_by = $3', [fullUrn, full.userId])],
      found: [['CARD-5', fullUrn]],
    },
    {
      breaks: [
        set('jobs', second, 'owner = $2, triggered_by = $3', [
          `framecast:user:${single.userId}`,
          single.userId,
        ]),
      ],
      found: [['CARD-6', single.userId]],
    },
  ]
}

async function keys(): Promise<Fault[]> {
  const key = (userId: string, over: Record<string, unknown>, ...rules: string[]) =>
    added('api_keys', keyRow(userId, over), ...rules)
  const [ada, ben, cid] = [await starter(), await starter(), await creator()]
  return [
    key(newId(), {}, 'INV-A1'),
    key(owner.userId, { key_hash: '' }, 'INV-A2'),
    twice('api_keys', keyRow(owner.userId, { key_hash: 'twin' }), {}, 'INV-A3', 'twin'),
    key(owner.userId, { revoked_at: inMinutes(-1) }, 'INV-A4'),
    key(owner.userId, { expires_at: inMinutes(-1) }, 'INV-A5'),
    key(ada.userId, { owner: ownUrn }, 'INV-A6'),
    key(ben.userId, { owner: teamUrn, revoked_at: null }, 'INV-A6', 'INV-A7', 'INV-X4'),
    key(cid.userId, { owner: `framecast:${team}:${cid.userId}` }, 'INV-X4'),
  ]
}

function work(): Fault[] {
  const project = (over: Record<string, unknown>, ...rules: string[]) =>
    added('projects', projectRow(team, owner.userId, over), ...rules)
  const asset = (over: Record<string, unknown>, ...rules: string[]) =>
    added('asset_files', assetRow(teamUrn, owner.userId, over), ...rules)
  const elsewhere = newId()
  const file = assetRow(teamUrn, owner.userId, { project_id: elsewhere })
  const tomorrow = { created_at: inMinutes(60), updated_at: inMinutes(0) }
  return [
    project({ status: 'lost' }, 'INV-P1'),
    project({ team_id: newId() }, 'INV-P2'),
    project({ created_by: newId() }, 'INV-P3'),
    project(tomorrow, 'INV-P4', 'INV-TIME1'),
    project({ status: 'rendering' }, 'INV-P5'),
    asset({ status: 'lost' }, 'INV-AF1'),
    asset({ size_bytes: 0 }, 'INV-AF2'),
    asset({ size_bytes: 52_428_801 }, 'INV-AF3'),
    asset({ content_type: 'image/svg+xml' }, 'INV-AF4'),
    asset({ uploaded_by: newId() }, 'INV-AF5'),
    twice('asset_files', assetRow(teamUrn, owner.userId, { s3_key: 'twin' }), {}, 'INV-AF6', 'twin'),
    asset(tomorrow, 'INV-TIME1'),
    asset({ owner: `framecast:user:${newId()}` }, 'INV-X2'),
    {
      breaks: [
        insertInto('projects', projectRow(other, owner.userId, { id: elsewhere })),
        insertInto('asset_files', file),
      ],
      found: [['INV-X3', file.id as string]],
    },
  ]
}

function webhooks(): Fault[] {
  const hook = (over: Record<string, unknown>, ...rules: string[]) =>
    added('webhooks', webhookRow(team, owner.userId, over), ...rules)
  const id = newId()
  const delivery = (over: Record<string, unknown>, ...rules: string[]) =>
    added('webhook_deliveries', deliveryRow(id, over), ...rules)
  return [
    { breaks: [insertInto('webhooks', webhookRow(team, owner.userId, { id }))], found: [] },
    hook({ team_id: newId() }, 'INV-W1'),
    hook({ events: [] }, 'INV-W2'),
    hook({ events: ['job.failed', 'job.failed'] }, 'INV-W3'),
    hook({ url: 'ftp://example.test/' }, 'INV-W4'),
    hook({ created_by: newId() }, 'INV-W5'),
    hook({ created_at: inMinutes(60), updated_at: inMinutes(0) }, 'INV-TIME1'),
    delivery({ status: 'lost' }, 'INV-WD1'),
    delivery({ webhook_id: newId() }, 'INV-WD2'),
    delivery({ attempts: 6 }, 'INV-WD3'),
    delivery({ status: 'delivered' }, 'INV-WD4'),
  ]
}

function usageAndSounds(): Fault[] {
  const usage = (over: Record<string, unknown>, ...rules: string[]) =>
    added('usage', usageRow(teamUrn, over), ...rules)
  const sound = (over: Record<string, unknown>, ...rules: string[]) =>
    added('system_assets', soundRow(over), ...rules)
  return [
    usage({ period: '2020-13' }, 'INV-US1'),
    usage({ period: '2020-02', renders_count: -1 }, 'INV-US2'),
    usage({ period: '2020-03', render_seconds: -1 }, 'INV-US3'),
    twice('usage', usageRow(teamUrn, { period: '2020-04' }), {}, 'INV-US4', `${teamUrn} 2020-04`),
    sound({ id: 'asset_noise_x', category: 'noise' }, 'INV-SA1', 'INV-SA2'),
    sound({ id: 'door' }, 'INV-SA2'),
    sound({ id: 'asset_music_door' }, 'INV-SA2'),
    twice('system_assets', soundRow({ s3_key: 'twin' }), { id: 'asset_sfx_twin' }, 'INV-SA3', 'twin'),
  ]
}

async function moneyAndRecords(): Promise<Fault[]> {
  const [rich, spender] = [await starter(), await starter()]
  const [unpaid, refunded] = [await aJob(), await aTeamJob()]
  const [gap, loud, silent, working] = [await aJob(), await aJob(), await aJob(), await aJob()]
  const { rows: steps } = await pool.query<{ id: string }>('select id from job_steps where job_id = $1', [
    working,
  ])
  await setBalance(pool, `framecast:user:${rich.userId}`, 5)
  return [
    {
      breaks: [set('users', rich.userId, 'credits = credits + 1')],
      found: [['CREDIT-BALANCE', `framecast:user:${rich.userId}`]],
    },
    {
      breaks: [['delete from credit_entries where job_id = $1', [unpaid]]],
      found: [['CREDIT-DEBIT', unpaid]],
    },
    {
      breaks: [
        insertInto('credit_entries', {
          id: newId(),
          source: refunded.urn,
          job_id: refunded.id,
          kind: 'refund',
          amount: 5,
          moves_balance: false,
        }),
      ],
      found: [
        ['CREDIT-REFUND', refunded.id],
        ['CREDIT-USAGE', refunded.urn],
      ],
    },
    {
      breaks: [insertInto('usage', usageRow(`framecast:user:${spender.userId}`, { credits_used: 1 }))],
      found: [['CREDIT-USAGE', `framecast:user:${spender.userId}`]],
    },
    changed('jobs', gap, 'last_event_sequence = 3', 'EVENT-SEQUENCE'),
    {
      breaks: [
        [
          'insert into job_events (id, job_id, sequence, event_type) values ($1, $2, 2, $3)',
          [newId(), loud, 'completed'],
        ],
        set('jobs', loud, 'last_event_sequence = 2'),
      ],
      found: [['EVENT-END', loud]],
    },
    { breaks: [set('jobs', silent, ends(CANCELED)), stepsEnd(silent)], found: [['EVENT-ENDED', silent]] },
    {
      breaks: [set('jobs', working, ends(CANCELED)), ...endEvent(working)],
      found: [['STEP-END', steps[0]!.id]],
    },
  ]
}

/** Everything in the database that says no. */
async function dropConstraints(): Promise<void> {
  const drops = `
    select 1 as turn, format('drop trigger %I on %s', tgname, tgrelid::regclass) as sql
    from pg_trigger g join pg_class c on c.oid = g.tgrelid
    where not tgisinternal and c.relnamespace = 'public'::regnamespace
    union all
    select case contype when 'f' then 2 when 'n' then 5 else 3 end, format('alter table %s drop constraint %I', conrelid::regclass, conname)
    from pg_constraint n join pg_class c on c.oid = n.conrelid
    where c.relnamespace = 'public'::regnamespace and contype <> 't'
    union all
    select 4, format('drop index %s', indexrelid::regclass)
    from pg_index i join pg_class c on c.oid = i.indrelid
    where c.relnamespace = 'public'::regnamespace and i.indisunique
      and not exists (select 1 from pg_constraint n where n.conindid = i.indexrelid and n.contype in ('p', 'u', 'x'))
    order by turn`
  const { rows } = await pool.query<{ sql: string }>(drops)
  await run(...rows.map(({ sql }): Statement => [sql, []]))
  // What looks for a key no longer minds how old it is.
  await run([
    `create or replace function find_api_key(key_id uuid) returns table (
       id uuid, owner text, key_hash text, scopes jsonb, is_stale boolean, principal jsonb
     ) language sql stable as $$ select k.id, k.owner::text, k.key_hash, k.scopes, false, '{}'::jsonb from api_keys k where k.id = key_id $$`,
    [],
  ])
}

const faults = (
  await Promise.all([
    peopleAndTeams(),
    invitations(),
    jobs(),
    keys(),
    work(),
    webhooks(),
    usageAndSounds(),
    moneyAndRecords(),
  ])
).flat()

t.test('where nothing is wrong nothing is found', async (t) => {
  t.strictSame(found(await check()), {})
})

t.test('every rule finds what breaks it, by name, and nothing else', async (t) => {
  await dropConstraints()
  await run(...faults.flatMap(({ breaks }) => breaks))
  const pairs = faults.flatMap((fault) => fault.found)
  const expected = Object.fromEntries(
    [...Map.groupBy(pairs, ([rule]) => rule)].map(([rule, hits]) => [rule, hits.map(([, id]) => id).sort()]),
  )
  t.strictSame(found(await check()), expected)
  t.strictSame(
    INVARIANTS.map(({ id }) => id).filter((id) => !(id in expected)),
    [],
    'no rule is left out',
  )
})

t.test('the check says what is wrong with a row where the id does not', async (t) => {
  const details = new Map(
    (await check()).map(({ rule, violations }) => [rule, violations.map(({ detail }) => detail)]),
  )
  t.match(details.get('INV-U4'), ['king'])
  t.match(details.get('INV-T4'), ['Not a slug'])
  t.match(details.get('CARD-5'), ['6'])
  t.match(details.get('INV-M5'), [/^user_id /])
  t.match(details.get('CREDIT-REFUND'), [/ instead of /])
  t.match(details.get('INV-A3'), ['2 rows'])
})

t.test('rules that are left out are not looked at, and long lists are cut', async (t) => {
  const results = await checkInvariants(pool, { allowInsecureWebhooks: false, except: ['INV-U1'] })
  t.notOk(results.some(({ rule }) => rule === 'INV-U1'))
  await run(
    ...Array.from({ length: 25 }, () => insertInto('users', userRow({ tier: 'king', upgraded_at: null }))),
  )
  const kings = (await check()).find(({ rule }) => rule === 'INV-U4')
  t.match(kings, { more: true })
  t.equal(kings?.violations.length, 20)
})
