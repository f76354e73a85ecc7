/**
 * Every rule of the data as a query that finds what breaks it. The database holds most of them by itself; here they are
 * looked at from outside, over the whole of it, after restores, migrations and tests.
 *
 * A query gives `id` and `detail` of each row at fault. Rules that a service holds at the moment of a change are looked at
 * as far as rows can still tell.
 */
export type InvariantRule = {
  /** Stable name. */
  id: string
  /** What holds. */
  text: string
  /** `$1`: whether webhooks may use plain http. */
  sql: string
}

const TOMBSTONE = `'00000000-0000-0000-0000-000000000000'`
const ACTIVE = `status in ('queued', 'processing')`
const TERMINAL = `status in ('completed', 'failed', 'canceled')`
const EMAIL = String.raw`^[^@\s]+@[^@\s]+\.[^@\s]+$`

const where = (table: string, condition: string, detail = `''`, id = 'id'): string =>
  `select ${id}::text as id, (${detail})::text as detail from ${table} where ${condition}`

/** Rows whose reference points nowhere. */
const orphans = (table: string, column: string, target: string): string =>
  where(
    `${table} r`,
    `r.${column} is not null and not exists (select 1 from ${target} t where t.id = r.${column})`,
    `'${column} ' || r.${column}`,
    'r.id',
  )

const duplicates = (table: string, columns: string, condition = 'true'): string =>
  `select (${columns.replaceAll(', ', ` || ' ' || `)})::text as id, count(*) || ' rows' as detail
   from ${table} where ${condition} group by ${columns} having count(*) > 1`

/** Owner URN of a team as text. */
const teamUrn = (id: string): string => `'framecast:team:' || ${id}`

const timeOrder = (table: string): string =>
  where(table, 'created_at > updated_at', `created_at || ' after ' || updated_at`)

/** The user part of a personal or membership URN. */
const URN_USER = `split_part(owner, ':', 3)`

const OWNERLESS = `select t.id::text as id, t.slug::text as detail from teams t
  where not exists (select 1 from memberships m where m.team_id = t.id and m.role = 'owner')`
const ACTIONABLE = `accepted_at is null and declined_at is null and revoked_at is null and expires_at > now()`

export const INVARIANTS: readonly InvariantRule[] = [
  // People
  {
    id: 'INV-U1',
    text: 'tier is creator exactly when upgraded_at is set',
    sql: where('users', `(tier = 'creator') <> (upgraded_at is not null)`, 'tier'),
  },
  {
    id: 'INV-U2',
    text: 'a creator belongs to a team, unless it was deleted by its owner',
    sql: `select u.id::text as id, u.email::text as detail from users u
      where u.tier = 'creator' and not exists (select 1 from memberships m where m.user_id = u.id)
        and not exists (select 1 from audit_entries a where a.actor_id = u.id and a.action = 'team.deleted')`,
  },
  {
    id: 'INV-U3',
    text: 'a starter has no membership',
    sql: `select m.id::text as id, u.id::text as detail from memberships m join users u on u.id = m.user_id where u.tier = 'starter'`,
  },
  {
    id: 'INV-U4',
    text: 'tier is starter or creator',
    sql: where('users', `tier not in ('starter', 'creator')`, 'tier'),
  },
  { id: 'INV-U5', text: 'credits of a user are not negative', sql: where('users', 'credits < 0', 'credits') },
  {
    id: 'INV-U6',
    text: 'storage of a user is not negative',
    sql: where('users', 'ephemeral_storage_bytes < 0', 'ephemeral_storage_bytes'),
  },
  // Teams
  {
    id: 'INV-T1',
    text: 'a team has at least one member',
    sql: `select t.id::text as id, t.slug::text as detail from teams t where not exists (select 1 from memberships m where m.team_id = t.id)`,
  },
  { id: 'INV-T2', text: 'a team has at least one owner', sql: OWNERLESS },
  { id: 'INV-T3', text: 'slugs are unique', sql: duplicates('teams', 'slug') },
  {
    id: 'INV-T4',
    text: 'slugs have their form',
    sql: where(
      'teams',
      `slug !~ '^[a-z0-9]([a-z0-9-]*[a-z0-9])?$' or slug ~ '--' or length(slug) > 50`,
      'slug',
    ),
  },
  { id: 'INV-T5', text: 'a team is not changed before it is made', sql: timeOrder('teams') },
  { id: 'INV-T6', text: 'credits of a team are not negative', sql: where('teams', 'credits < 0', 'credits') },
  {
    id: 'INV-T7',
    text: 'a person owns at most 10 teams',
    sql: `select user_id::text as id, count(*)::text as detail from memberships where role = 'owner' group by user_id having count(*) > 10`,
  },
  {
    id: 'INV-T8',
    text: 'a person belongs to at most 50 teams',
    sql: `select user_id::text as id, count(*)::text as detail from memberships group by user_id having count(*) > 50`,
  },
  // Memberships
  {
    id: 'INV-M1',
    text: 'a membership has user and team',
    sql: where('memberships', 'user_id is null or team_id is null'),
  },
  {
    id: 'INV-M2',
    text: 'roles are four',
    sql: where('memberships', `role not in ('owner', 'admin', 'member', 'viewer')`, 'role'),
  },
  {
    id: 'INV-M3',
    text: 'one membership a user and team',
    sql: duplicates('memberships', 'team_id, user_id'),
  },
  {
    id: 'INV-M4',
    text: 'members are creators',
    sql: `select m.id::text as id, u.tier as detail from memberships m join users u on u.id = m.user_id where u.tier <> 'creator'`,
  },
  { id: 'INV-M5', text: 'the user of a membership exists', sql: orphans('memberships', 'user_id', 'users') },
  { id: 'INV-M6', text: 'the team of a membership exists', sql: orphans('memberships', 'team_id', 'teams') },
  // Invitations
  {
    id: 'INV-I1',
    text: 'an invitation has team and email',
    sql: where('invitations', `team_id is null or email is null or email::text !~ '${EMAIL}'`),
  },
  {
    id: 'INV-I2',
    text: 'nobody is invited as an owner',
    sql: where('invitations', `role not in ('admin', 'member', 'viewer')`, 'role'),
  },
  {
    id: 'INV-I3',
    text: 'an accepted invitation is neither revoked nor declined',
    sql: where(
      'invitations',
      'accepted_at is not null and (revoked_at is not null or declined_at is not null)',
    ),
  },
  {
    id: 'INV-I4',
    text: 'a revoked invitation is neither accepted nor declined',
    sql: where(
      'invitations',
      'revoked_at is not null and (accepted_at is not null or declined_at is not null)',
    ),
  },
  { id: 'INV-I5', text: 'the team of an invitation exists', sql: orphans('invitations', 'team_id', 'teams') },
  { id: 'INV-I6', text: 'the inviter exists', sql: orphans('invitations', 'invited_by', 'users') },
  {
    id: 'INV-I7',
    text: 'nobody invites the own address',
    sql: `select i.id::text as id, i.email::text as detail from invitations i join users u on u.id = i.invited_by and u.email = i.email where ${ACTIONABLE} and u.id <> ${TOMBSTONE}`,
  },
  {
    id: 'INV-I8',
    text: 'no invitation waits for a present member',
    sql: `select i.id::text as id, i.email::text as detail from invitations i join users u on u.email = i.email join memberships m on m.user_id = u.id and m.team_id = i.team_id where ${ACTIONABLE}`,
  },
  {
    id: 'INV-I9',
    text: 'an invitation ends after it is made',
    sql: where('invitations', 'created_at >= expires_at'),
  },
  // Jobs
  {
    id: 'INV-J1',
    text: 'job states are five',
    sql: where('jobs', `status not in ('queued', 'processing', 'completed', 'failed', 'canceled')`, 'status'),
  },
  {
    id: 'INV-J2',
    text: 'finished jobs have completed_at',
    sql: where('jobs', `${TERMINAL} and (completed_at is null or completed_at < created_at)`, 'status'),
  },
  {
    id: 'INV-J3',
    text: 'processing jobs have started_at',
    sql: where('jobs', `status = 'processing' and started_at is null`),
  },
  {
    id: 'INV-J4',
    text: 'completed jobs have an output',
    sql: where('jobs', `status = 'completed' and output is null`),
  },
  {
    id: 'INV-J5',
    text: 'failed jobs have an error',
    sql: where('jobs', `status = 'failed' and error is null`),
  },
  {
    id: 'INV-J6',
    text: 'failed and canceled jobs have a failure type',
    sql: where('jobs', `status in ('failed', 'canceled') and failure_type is null`, 'status'),
  },
  {
    id: 'INV-J7',
    text: 'completed jobs have no failure type',
    sql: where('jobs', `status = 'completed' and failure_type is not null`, 'failure_type'),
  },
  {
    id: 'INV-J8',
    text: 'no more is refunded than was charged',
    sql: where('jobs', 'credits_refunded > credits_charged', `credits_refunded || ' of ' || credits_charged`),
  },
  {
    id: 'INV-J9',
    text: 'charge and refund are not negative',
    sql: where('jobs', 'credits_charged < 0 or credits_refunded < 0'),
  },
  { id: 'INV-J10', text: 'a job is not changed before it is made', sql: timeOrder('jobs') },
  {
    id: 'INV-J11',
    text: 'jobs of a project are owned by a team',
    sql: where('jobs', `project_id is not null and split_part(owner, ':', 2) <> 'team'`, 'owner'),
  },
  {
    id: 'INV-J12',
    text: 'a project has at most one active job',
    sql: duplicates('jobs', 'project_id', `project_id is not null and ${ACTIVE}`),
  },
  { id: 'INV-J13', text: 'who triggered a job exists', sql: orphans('jobs', 'triggered_by', 'users') },
  // API keys
  { id: 'INV-A1', text: 'the user of a key exists', sql: orphans('api_keys', 'user_id', 'users') },
  { id: 'INV-A2', text: 'a key has a hash', sql: where('api_keys', `key_hash is null or key_hash = ''`) },
  { id: 'INV-A3', text: 'hashes of keys are unique', sql: duplicates('api_keys', 'key_hash') },
  {
    id: 'INV-A4',
    text: 'a revoked key is not valid',
    sql: where('api_keys k', 'revoked_at is not null and exists (select 1 from find_api_key(k.id))'),
  },
  {
    id: 'INV-A5',
    text: 'an expired key is not valid',
    sql: where('api_keys k', 'expires_at <= now() and exists (select 1 from find_api_key(k.id))'),
  },
  {
    id: 'INV-A6',
    text: "a starter's key is owned by the own personal URN",
    sql: `select k.id::text as id, k.owner::text as detail from api_keys k join users u on u.id = k.user_id where u.tier = 'starter' and k.owner <> 'framecast:user:' || u.id`,
  },
  {
    id: 'INV-A7',
    text: 'keys of teams and memberships need a creator',
    sql: `select k.id::text as id, k.owner::text as detail from api_keys k join users u on u.id = k.user_id where split_part(k.owner, ':', 2) <> 'user' and u.tier <> 'creator'`,
  },
  // Projects
  {
    id: 'INV-P1',
    text: 'project states are four',
    sql: where('projects', `status not in ('draft', 'rendering', 'completed', 'archived')`, 'status'),
  },
  { id: 'INV-P2', text: 'the team of a project exists', sql: orphans('projects', 'team_id', 'teams') },
  { id: 'INV-P3', text: 'who made a project exists', sql: orphans('projects', 'created_by', 'users') },
  { id: 'INV-P4', text: 'a project is not changed before it is made', sql: timeOrder('projects') },
  {
    id: 'INV-P5',
    text: 'a rendering project has an active job, and no other has one',
    sql: where(
      'projects p',
      `(status = 'rendering') <> exists (select 1 from jobs j where j.project_id = p.id and j.${ACTIVE})`,
      'status',
    ),
  },
  // Assets
  {
    id: 'INV-AF1',
    text: 'asset states are three',
    sql: where('asset_files', `status not in ('pending', 'ready', 'failed')`, 'status'),
  },
  {
    id: 'INV-AF2',
    text: 'an asset is larger than nothing',
    sql: where('asset_files', 'size_bytes <= 0', 'size_bytes'),
  },
  {
    id: 'INV-AF3',
    text: 'an asset is at most 50 MiB',
    sql: where('asset_files', 'size_bytes > 52428800', 'size_bytes'),
  },
  {
    id: 'INV-AF4',
    text: 'an asset is of one of seven types',
    sql: where(
      'asset_files',
      `content_type not in ('image/jpeg', 'image/png', 'image/webp', 'audio/mpeg', 'audio/wav', 'audio/ogg', 'video/mp4')`,
      'content_type',
    ),
  },
  {
    id: 'INV-AF5',
    text: 'who uploaded an asset exists',
    sql: orphans('asset_files', 'uploaded_by', 'users'),
  },
  { id: 'INV-AF6', text: 'object keys of assets are unique', sql: duplicates('asset_files', 's3_key') },
  // Webhooks
  { id: 'INV-W1', text: 'the team of a webhook exists', sql: orphans('webhooks', 'team_id', 'teams') },
  { id: 'INV-W2', text: 'a webhook has an event', sql: where('webhooks', 'cardinality(events) = 0') },
  {
    id: 'INV-W3',
    text: 'a webhook names each event once',
    sql: where(
      'webhooks',
      '(select count(distinct e) from unnest(events) as e) <> cardinality(events)',
      'events',
    ),
  },
  {
    id: 'INV-W4',
    text: 'webhooks use https, unless the operator allows http',
    sql: where('webhooks', `not (url ~* '^https://' or ($1::boolean and url ~* '^http://'))`, 'url'),
  },
  { id: 'INV-W5', text: 'who made a webhook exists', sql: orphans('webhooks', 'created_by', 'users') },
  {
    id: 'INV-WD1',
    text: 'delivery states are five',
    sql: where(
      'webhook_deliveries',
      `status not in ('pending', 'attempting', 'retrying', 'delivered', 'failed')`,
      'status',
    ),
  },
  {
    id: 'INV-WD2',
    text: 'the webhook of a delivery exists',
    sql: orphans('webhook_deliveries', 'webhook_id', 'webhooks'),
  },
  {
    id: 'INV-WD3',
    text: 'no more attempts than allowed',
    sql: where('webhook_deliveries', 'attempts > max_attempts', `attempts || ' of ' || max_attempts`),
  },
  {
    id: 'INV-WD4',
    text: 'what is delivered says when',
    sql: where('webhook_deliveries', `status = 'delivered' and delivered_at is null`),
  },
  // Usage
  {
    id: 'INV-US1',
    text: 'periods are months',
    sql: where('usage', `period !~ '^[0-9]{4}-(0[1-9]|1[0-2])$'`, 'period'),
  },
  {
    id: 'INV-US2',
    text: 'renders are not negative',
    sql: where('usage', 'renders_count < 0', 'renders_count'),
  },
  {
    id: 'INV-US3',
    text: 'no usage counter is negative',
    sql: where('usage', 'least(render_seconds, credits_used, credits_refunded, api_calls) < 0'),
  },
  { id: 'INV-US4', text: 'one usage row an owner and period', sql: duplicates('usage', 'owner, period') },
  // System assets
  {
    id: 'INV-SA1',
    text: 'categories of system assets are four',
    sql: where('system_assets', `category not in ('sfx', 'ambient', 'music', 'transition')`, 'category'),
  },
  {
    id: 'INV-SA2',
    text: 'ids of system assets have their form',
    sql: where(
      'system_assets',
      `id !~ '^asset_(sfx|ambient|music|transition)_[a-z0-9_]+$' or id not like 'asset\\_' || category || '\\_%'`,
    ),
  },
  {
    id: 'INV-SA3',
    text: 'object keys of system assets are unique',
    sql: duplicates('system_assets', 's3_key'),
  },
  // Across
  {
    id: 'INV-X1',
    text: 'personal and private jobs belong to who triggered them',
    sql: where(
      'jobs',
      `split_part(owner, ':', 2) <> 'team' and triggered_by <> ${TOMBSTONE} and ${URN_USER} <> triggered_by::text`,
      'owner',
    ),
  },
  {
    id: 'INV-X2',
    text: 'personal and private assets belong to who uploaded them',
    sql: where(
      'asset_files',
      `split_part(owner, ':', 2) <> 'team' and uploaded_by <> ${TOMBSTONE} and ${URN_USER} <> uploaded_by::text`,
      'owner',
    ),
  },
  {
    id: 'INV-X3',
    text: "a project's asset is owned by its team",
    sql: `select a.id::text as id, a.owner::text as detail from asset_files a join projects p on p.id = a.project_id where a.owner <> ${teamUrn('p.team_id')}`,
  },
  {
    id: 'INV-X4',
    text: "a key of a team or of a membership is a member's, and of a membership that member's own",
    sql: `select k.id::text as id, k.owner::text as detail from api_keys k
      cross join lateral (select split_part(owner, ':', 2) as first, split_part(owner, ':', 3) as last) as urn
      where first <> 'user' and revoked_at is null and (
        (first <> 'team' and last <> k.user_id::text)
        or not exists (select 1 from memberships m where m.user_id = k.user_id
          and m.team_id::text = case first when 'team' then last else first end))`,
  },
  // Times
  {
    id: 'INV-TIME1',
    text: 'nothing is changed before it is made',
    sql: ['users', 'teams', 'projects', 'jobs', 'asset_files', 'webhooks'].map(timeOrder).join(' union all '),
  },
  { id: 'INV-TIME2', text: 'a job starts after it is made', sql: where('jobs', 'created_at > started_at') },
  { id: 'INV-TIME3', text: 'a job ends after it starts', sql: where('jobs', 'started_at > completed_at') },
  {
    id: 'INV-TIME4',
    text: 'an invitation ends after it is made',
    sql: where('invitations', 'created_at >= expires_at'),
  },
  {
    id: 'INV-TIME5',
    text: 'an invitation is accepted after it is made',
    sql: where('invitations', 'accepted_at < created_at'),
  },
  // Counts
  { id: 'CARD-1', text: 'at least one owner a team', sql: OWNERLESS },
  {
    id: 'CARD-2',
    text: 'at most 10 owned teams a person',
    sql: `select user_id::text as id, count(*)::text as detail from memberships where role = 'owner' group by user_id having count(*) > 10`,
  },
  {
    id: 'CARD-3',
    text: 'at most 50 memberships a person',
    sql: `select user_id::text as id, count(*)::text as detail from memberships group by user_id having count(*) > 50`,
  },
  {
    id: 'CARD-4',
    text: 'at most 50 waiting invitations a team',
    sql: `select team_id::text as id, count(*)::text as detail from invitations where ${ACTIONABLE} group by team_id having count(*) > 50`,
  },
  {
    id: 'CARD-5',
    text: 'at most 5 active jobs an owner',
    sql: `select owner::text as id, count(*)::text as detail from jobs where ${ACTIVE} group by owner having count(*) > 5`,
  },
  {
    id: 'CARD-6',
    text: 'at most one active job a starter',
    sql: `select u.id::text as id, count(*)::text as detail from jobs j join users u on u.id = j.triggered_by and u.tier = 'starter' where j.${ACTIVE} and u.id <> ${TOMBSTONE} group by u.id having count(*) > 1`,
  },
  // Money and records, which more than one row holds together
  {
    id: 'CREDIT-BALANCE',
    text: 'a balance is what its entries add up to',
    sql: `select source::text as id, balance || ' instead of ' || entries as detail from (
        select 'framecast:user:' || id as source, credits as balance from users
        union all select 'framecast:team:' || id, credits from teams) b
      left join lateral (select coalesce(sum(case when not moves_balance then 0 when kind in ('grant', 'refund') then amount else -amount end), 0) as entries
        from credit_entries e where e.source = b.source) e on true
      where balance <> entries`,
  },
  {
    id: 'CREDIT-DEBIT',
    text: 'a job has one debit, of what it was charged',
    sql: `select j.id::text as id, coalesce(e.amount::text, 'no debit') as detail from jobs j
      left join credit_entries e on e.job_id = j.id and e.kind = 'debit' where e.amount is distinct from j.credits_charged`,
  },
  {
    id: 'CREDIT-REFUND',
    text: 'a job has one refund, of what it was given back',
    sql: `select j.id::text as id, coalesce(e.amount, 0) || ' instead of ' || j.credits_refunded as detail from jobs j
      left join credit_entries e on e.job_id = j.id and e.kind = 'refund' where coalesce(e.amount, 0) <> j.credits_refunded`,
  },
  {
    id: 'CREDIT-USAGE',
    text: 'usage counts what was charged and given back, by whose balance it was',
    sql: `select source as id, used || ' used and ' || refunded || ' refunded, instead of ' || debits || ' and ' || refunds as detail
      from (
        select source, sum(used) as used, sum(refunded) as refunded, sum(debits) as debits, sum(refunds) as refunds from (
          select case when split_part(owner, ':', 2) in ('user', 'team') then owner::text
              else 'framecast:team:' || split_part(owner, ':', 2) end as source,
            credits_used as used, credits_refunded as refunded, 0 as debits, 0 as refunds from usage
          union all select source::text, 0, 0, case kind when 'debit' then amount else 0 end,
            case kind when 'refund' then amount else 0 end from credit_entries) as counted
        group by source) as sums
      where (used, refunded) <> (debits, refunds)`,
  },
  {
    id: 'EVENT-SEQUENCE',
    text: 'the events of a job are numbered without gaps',
    sql: `select j.id::text as id, min(e.sequence) || ' to ' || max(e.sequence) || ', ' || count(*) || ' rows' as detail
      from jobs j join job_events e on e.job_id = j.id group by j.id, j.last_event_sequence
      having max(e.sequence) <> j.last_event_sequence or count(*) <> max(e.sequence) - min(e.sequence) + 1`,
  },
  {
    id: 'EVENT-END',
    text: 'a finished job has one last event, that of its end',
    sql: `select j.id::text as id, count(*)::text as detail from jobs j join job_events e on e.job_id = j.id
        and e.event_type in ('completed', 'failed', 'canceled')
      group by j.id, j.status, j.last_event_sequence
      having count(*) > 1 or min(e.event_type) <> j.status or max(e.sequence) <> j.last_event_sequence`,
  },
  {
    id: 'EVENT-ENDED',
    text: 'a finished job whose events are kept has the one of its end',
    sql: `select j.id::text as id, j.status || ' without its event' as detail from jobs j
      where j.${TERMINAL} and not exists (select 1 from job_events e where e.job_id = j.id and e.event_type = j.status)
        and (j.last_event_sequence = 0 or exists (select 1 from job_events e where e.job_id = j.id))`,
  },
  {
    id: 'STEP-END',
    text: 'no step of a finished job is at work',
    sql: `select s.id::text as id, s.state as detail from job_steps s join jobs j on j.id = s.job_id
      where j.${TERMINAL} and s.state in ('waiting', 'ready', 'running')`,
  },
]
