/** Rows for tests: valid by default, with only what matters to a test named in it. */
import type pg from 'pg'
import { creditSource, userUrn } from '../../core/access/owner.ts'
import type { UserPrincipal } from '../../core/access/principal.ts'
import type { TeamRole } from '../../core/access/roles.ts'
import { createApiKey, findKey } from '../../core/accounts/keys.ts'
import { charge, grant } from '../../core/jobs/credits.ts'
import { appendEvent } from '../../core/jobs/events.ts'
import { insertSteps, type NewStep } from '../../core/jobs/steps.ts'
import type { JobOutput } from '../../core/jobs/types.ts'
import { type Queryable, transaction } from '../../core/platform/database.ts'
import { newId } from '../../core/platform/ids.ts'

let users = 0

/** A creator as a caller, without team or key. */
export const person = (userId: string, over: Partial<UserPrincipal> = {}): UserPrincipal => ({
  kind: 'user',
  userId,
  email: `${userId}@example.test`,
  tier: 'creator',
  isOperator: false,
  teams: new Map(),
  session: null,
  tokenExpiresAt: null,
  apiKey: null,
  ...over,
})

export async function buildUser(
  pool: pg.Pool,
  over: { tier?: 'starter' | 'creator'; credits?: number } = {},
): Promise<UserPrincipal> {
  users += 1
  const id = newId()
  const tier = over.tier ?? 'creator'
  const email = `person${users}.${process.pid}@example.test`
  await pool.query(`insert into users (id, email, tier, upgraded_at) values ($1, $2, $3, $4)`, [
    id,
    email,
    tier,
    tier === 'creator' ? new Date() : null,
  ])
  if (over.credits) await grant(pool, userUrn(id), over.credits)
  return person(id, { email, tier })
}

/** A team of `owner`; its id. */
export async function buildTeam(
  pool: pg.Pool,
  owner: UserPrincipal,
  over: { credits?: number; name?: string } = {},
): Promise<string> {
  const id = newId()
  await transaction(pool, async (client) => {
    await client.query('insert into teams (id, name, slug) values ($1, $2, $3)', [
      id,
      over.name ?? 'Test team',
      `team-${id}`,
    ])
    await buildMember(client, id, owner, 'owner')
    if (over.credits) await grant(client, `framecast:team:${id}`, over.credits)
  })
  return id
}

/** Makes somebody a member of a team. */
export async function buildMember(
  db: Queryable,
  teamId: string,
  user: UserPrincipal,
  role: TeamRole = 'member',
): Promise<void> {
  await db.query('insert into memberships (id, team_id, user_id, role) values ($1, $2, $3, $4)', [
    newId(),
    teamId,
    user.userId,
    role,
  ])
}

/** A user with a key: the raw key, and who it stands for. */
export async function buildKey(pool: pg.Pool, scopes: Parameters<typeof createApiKey>[1]['scopes'] = ['*']) {
  const { userId } = await buildUser(pool)
  const { rawKey, id } = await createApiKey(pool, { userId, name: 'test', scopes })
  const principal = await findKey(pool, rawKey)
  if (!principal) throw new Error('the key just made is not valid')
  return { rawKey, id, principal }
}

export type JobOver = { owner?: string; credits?: number; idempotencyKey?: string; steps?: NewStep[] }

/** A queued job with its first event and a plan step, as accepting one leaves it. */
export async function buildJob(pool: pg.Pool, user: UserPrincipal, over: JobOver = {}): Promise<string> {
  const id = newId()
  const owner = over.owner ?? userUrn(user.userId)
  await transaction(pool, async (client) => {
    await client.query(
      `insert into jobs (id, owner, triggered_by, spec_snapshot, engine, credits_charged, idempotency_key, progress)
       values ($1, $2, $3, '{"title":"Test"}', 'preview', $4, $5, '{"phase":"queued","percent":0}')`,
      [id, owner, user.userId, over.credits ?? 0, over.idempotencyKey ?? null],
    )
    // What the job costs is given first: the balance stays as it is.
    if (over.credits) await grant(client, creditSource(owner), over.credits)
    await charge(client, { id, owner }, over.credits ?? 0, 'enforce')
    await appendEvent(client, id, 'queued', {})
    await insertSteps(client, id, over.steps ?? [], { kind: 'plan', key: '', task: 'plan' })
  })
  return id
}

export async function stepOf(pool: pg.Pool, jobId: string, kind = 'plan', key = '') {
  const { rows } = await pool.query('select * from job_steps where job_id = $1 and kind = $2 and key = $3', [
    jobId,
    kind,
    key,
  ])
  return rows[0]
}

export async function jobRow(pool: pg.Pool, jobId: string) {
  const { rows } = await pool.query('select * from jobs where id = $1', [jobId])
  return rows[0]
}

/** The queue rows of a step, as the queue sees them. */
export async function queueRows(pool: pg.Pool, stepId: string) {
  const { rows } = await pool.query(
    `select q.* from graphile_worker._private_jobs q where payload ->> 'step_id' = $1 order by id`,
    [stepId],
  )
  return rows
}

/** What a finished film leaves with its job. */
export const anOutput = (jobId: string): JobOutput => ({
  video_key: `films/${jobId}.mp4`,
  thumbnail_key: `films/${jobId}.jpg`,
  contact_sheet_key: `films/${jobId}.png`,
  scene_clips: [{ scene_id: 'harbor', key: `clips/${jobId}.mp4`, duration: 2, reused: false }],
  duration: 4,
  resolution: '854x480',
  format: 'mp4',
  size_bytes: 12_345,
  sha256: '0'.repeat(64),
  metadata: {
    model_used: 'preview-animatic',
    seed: null,
    generation_time_ms: 10,
    frames: 96,
    fps: 24,
    scenes_total: 2,
    scenes_reused: 0,
    joins_encoded: 0,
    frames_copied: 96,
    frames_encoded: 0,
    sound: 'silent',
    stages: {},
    warnings: [],
  },
})

/** Brings a balance to `credits`, as if so much less or more had been granted: the books stay right. */
export async function setBalance(pool: pg.Pool, source: string, credits: number): Promise<void> {
  const [, kind, id] = source.split(':')
  await transaction(pool, async (client) => {
    // Entries are append-only; a test may rewrite history.
    await client.query('set local session_replication_role = replica')
    const { rows } = await client.query<{ spent: number }>(
      `select coalesce(sum(case kind when 'debit' then amount when 'refund' then -amount else 0 end), 0)::int as spent
       from credit_entries where source = $1 and moves_balance`,
      [source],
    )
    await client.query(`delete from credit_entries where source = $1 and kind = 'grant'`, [source])
    await client.query(`update ${kind === 'user' ? 'users' : 'teams'} set credits = $2 where id = $1`, [
      id,
      credits,
    ])
    await client.query(
      `insert into credit_entries (id, source, kind, amount, moves_balance) values ($1, $2, 'grant', $3, true)`,
      [newId(), source, credits + (rows[0]?.spent ?? 0)],
    )
  })
}
