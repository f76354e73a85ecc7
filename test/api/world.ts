/** A small world for tests that ask for everything as everybody: two teams, all roles, and things of each kind. */
import { randomBytes } from 'node:crypto'
import { SignJWT } from 'jose'
import { userUrn } from '../../core/access/owner.ts'
import type { Scope, UserPrincipal } from '../../core/access/principal.ts'
import type { TeamRole } from '../../core/access/roles.ts'
import { createApiKey, revokeApiKey } from '../../core/accounts/keys.ts'
import { createSession, ISSUER, sessionKeys } from '../../core/accounts/sessions.ts'
import { failJob, startJob } from '../../core/jobs/transitions.ts'
import { createWatchLink } from '../../core/jobs/watch-links.ts'
import { transaction } from '../../core/platform/database.ts'
import { newId } from '../../core/platform/ids.ts'
import { buildJob, buildMember, buildTeam, buildUser } from '../support/builders.ts'
import type { Studio } from '../support/studio.ts'

export type Actor = {
  name: string
  /** Value of the Authorization header; empty for none. */
  authorization: string
  /** Null for whoever is nobody. */
  user: UserPrincipal | null
  /** What a refused credential is told. */
  refusal: string | null
  /** The scopes of a key; null for people who have logged in. */
  scopes: readonly Scope[] | null
  /** Role in the team that things are asked of, as far as the credential reaches into it. */
  role: TeamRole | null
}

export type World = {
  studio: Studio
  /** The team that things are asked of, one that nobody of it knows, and one that only its owner knows. */
  team: string
  foreignTeam: string
  otherTeam: string
  /** A member who makes things that are nobody else's, and somebody outside. */
  author: UserPrincipal
  stranger: UserPrincipal
  actors: readonly Actor[]
  /** An actor with a key of these scopes. */
  withKey(scopes: readonly Scope[]): Promise<Actor>
  /** A person of a tier whom nobody else needs. */
  newcomer(like: Actor): Promise<Actor>
}

export const teamUrn = (teamId: string): string => `framecast:team:${teamId}`

/** A token of a real session, signed as it should be, whose time is over. */
async function expiredToken(studio: Studio, user: UserPrincipal): Promise<string> {
  const keys = sessionKeys(studio.config)
  const { id } = await createSession(studio.pool, keys, user)
  const over = Math.floor(Date.now() / 1_000) - 3_600
  return new SignJWT({})
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
    .setIssuer(ISSUER)
    .setSubject(user.userId)
    .setJti(id)
    .setIssuedAt(over - 60)
    .setExpirationTime(over)
    .sign(keys.key)
}

export async function buildWorld(studio: Studio): Promise<World> {
  const { pool } = studio
  const [owner, admin, member, viewer, author, stranger, starter] = await Promise.all([
    ...Array.from({ length: 6 }, () => buildUser(pool)),
    buildUser(pool, { tier: 'starter' }),
  ])
  const team = await buildTeam(pool, owner!, { name: 'Asked' })
  const foreignTeam = await buildTeam(pool, stranger!, { name: 'Foreign' })
  const otherTeam = await buildTeam(pool, owner!, { name: 'Other' })
  const roles = { admin: admin!, member: member!, viewer: viewer! }
  for (const [role, user] of Object.entries(roles)) await buildMember(pool, team, user, role as TeamRole)
  await buildMember(pool, team, author!, 'member')
  // Everybody is in one more team, so that leaving one is allowed.
  for (const user of [admin!, member!, viewer!, author!]) await buildTeam(pool, user)

  const key = async (user: UserPrincipal, scopes: readonly Scope[], owner?: string) =>
    createApiKey(pool, { userId: user.userId, name: 'matrix', scopes, ...(owner ? { owner } : {}) })
  const nobody = { user: null, scopes: null, role: null }
  const someone = async (name: string, user: UserPrincipal, role: TeamRole | null): Promise<Actor> => ({
    name,
    authorization: `Bearer ${await studio.logIn(user)}`,
    user,
    refusal: null,
    scopes: null,
    role,
  })
  const holder = async (
    name: string,
    user: UserPrincipal,
    role: TeamRole | null,
    scopes: readonly Scope[],
    owner?: string,
  ): Promise<Actor> => ({
    name,
    authorization: `Bearer ${(await key(user, scopes, owner)).rawKey}`,
    user,
    refusal: null,
    scopes,
    role,
  })
  const revoked = await key(owner!, ['*'])
  await revokeApiKey(pool, revoked.id)

  const actors: Actor[] = [
    { ...nobody, name: 'nobody', authorization: '', refusal: 'MISSING_AUTHORIZATION' },
    { ...nobody, name: 'another scheme', authorization: 'Basic dTpw', refusal: 'INVALID_AUTHORIZATION' },
    { ...nobody, name: 'a bad token', authorization: 'Bearer a.b.c', refusal: 'INVALID_TOKEN' },
    {
      ...nobody,
      name: 'an expired token',
      authorization: `Bearer ${await expiredToken(studio, owner!)}`,
      refusal: 'INVALID_TOKEN',
    },
    {
      ...nobody,
      name: 'a revoked key',
      authorization: `Bearer ${revoked.rawKey}`,
      refusal: 'INVALID_API_KEY',
    },
    await someone('a starter', starter!, null),
    await someone('a viewer', viewer!, 'viewer'),
    await someone('a member', member!, 'member'),
    await someone('an admin', admin!, 'admin'),
    await someone('an owner', owner!, 'owner'),
    await someone('an owner of another team', stranger!, null),
    await holder('a viewer’s key', viewer!, 'viewer', ['*']),
    await holder('a key of another team', owner!, null, ['*'], teamUrn(otherTeam)),
  ]

  return {
    studio,
    team,
    foreignTeam,
    otherTeam,
    author: author!,
    stranger: stranger!,
    actors,
    withKey: (scopes) => holder(`a key with ${scopes.join(', ')}`, owner!, 'owner', scopes),
    async newcomer({ name, user }) {
      return someone(`${name} of no team`, await buildUser(pool, { tier: user!.tier }), null)
    },
  }
}

/** Kinds of things that paths name. */
export type Kind =
  | 'team'
  | 'member'
  | 'invitation'
  | 'received'
  | 'project'
  | 'job'
  | 'link'
  | 'asset'
  | 'webhook'
  | 'delivery'
  | 'key'
  | 'session'

const KINDS: readonly (readonly [RegExp, readonly Kind[]])[] = [
  [/^\/v1\/teams\/\{id\}\/members\/\{/, ['team', 'member']],
  [/^\/v1\/teams\/\{id\}\/invitations\/\{/, ['team', 'invitation']],
  [/^\/v1\/teams\/\{id\}/, ['team']],
  [/^\/v1\/auth\/keys\/\{/, ['key']],
  [/^\/v1\/auth\/sessions\/\{/, ['session']],
  [/^\/v1\/invitations\/\{/, ['received']],
  [/^\/v1\/projects\/\{/, ['project']],
  [/^\/v1\/jobs\/\{id\}\/watch-links\/\{/, ['job', 'link']],
  [/^\/v1\/jobs\/\{/, ['job']],
  [/^\/v1\/assets\/\{/, ['asset']],
  [/^\/v1\/webhooks\/\{/, ['webhook']],
  [/^\/v1\/webhook-deliveries\/\{/, ['delivery']],
]
/** The kinds of the ids of a path, in order; none where it names nothing of these. */
export const kindsOf = (path: string): readonly Kind[] =>
  KINDS.find(([pattern]) => pattern.test(path))?.[1] ?? []

type Wanted = {
  teamId: string
  owner: string
  by: UserPrincipal
  /** Id of the job or webhook that it belongs to. */
  parent?: string
  /** Of whom a new team is made for. */
  role?: TeamRole
  /** The state that an operation begins with, where it matters. */
  state?: 'active' | 'archived' | 'pending'
}

/** Makes a thing of the team; its id. */
export async function make(world: World, kind: Kind, wanted: Wanted): Promise<string> {
  const { pool } = world.studio
  const { teamId, owner, by, state } = wanted
  const id = newId()
  switch (kind) {
    case 'team': {
      const team = await buildTeam(pool, await buildUser(pool))
      await buildMember(pool, team, by, wanted.role ?? 'member')
      return team
    }
    case 'member': {
      const user = await buildUser(pool)
      await buildTeam(pool, user)
      await buildMember(pool, teamId, user, 'viewer')
      return user.userId
    }
    case 'invitation':
      return invite(pool, teamId, by, `guest-${id}@example.test`)
    case 'received': {
      const host = await buildUser(pool)
      return invite(pool, await buildTeam(pool, host), host, by.email)
    }
    case 'project':
      await pool.query(
        `insert into projects (id, team_id, created_by, name, status) values ($1, $2, $3, 'Film', $4)`,
        [id, teamId, by.userId, state === 'archived' ? 'archived' : 'draft'],
      )
      return id
    case 'job': {
      const job = await buildJob(pool, by, { owner })
      if (state !== 'active')
        await transaction(pool, async (client) => {
          await startJob(client, job, 'worker')
          await failJob(client, job, 'system', { code: 'worker_lost', message: 'gone' })
        })
      return job
    }
    case 'link':
      return (await createWatchLink(pool, { jobId: wanted.parent!, createdBy: by.userId, expiresInS: 3_600 }))
        .id
    case 'asset':
      await pool.query(
        `insert into asset_files (id, owner, uploaded_by, filename, s3_key, content_type, size_bytes, status)
         values ($1, $2, $3, 'mara.png', $5, 'image/png', 9, $4)`,
        [id, owner, by.userId, state ?? 'ready', `${id}/mara.png`],
      )
      return id
    case 'webhook':
      await pool.query(
        `insert into webhooks (id, team_id, created_by, url, events, secret, is_active)
         values ($1, $2, $3, 'https://films.example/hook', '{job.completed}', 'sealed', false)`,
        [id, teamId, by.userId],
      )
      return id
    case 'delivery': {
      const webhook = await make(world, 'webhook', wanted)
      await pool.query(
        `insert into webhook_deliveries (id, webhook_id, event_type, status, payload, attempts, delivered_at)
         values ($1, $2, 'webhook.test', 'delivered', $3, 1, now())`,
        [
          id,
          webhook,
          {
            event: 'webhook.test',
            timestamp: new Date().toISOString(),
            delivery_id: id,
            webhook: { id: webhook, team_id: teamId },
          },
        ],
      )
      return id
    }
    case 'session':
      return (await createSession(pool, sessionKeys(world.studio.config), { userId: by.userId })).id
    case 'key':
      return (await createApiKey(pool, { userId: by.userId, name: 'thing', scopes: ['generate'] })).id
  }
}

async function invite(
  pool: Studio['pool'],
  teamId: string,
  by: UserPrincipal,
  email: string,
): Promise<string> {
  const id = newId()
  await pool.query(
    'insert into invitations (id, team_id, invited_by, email, token) values ($1, $2, $3, $4, $5)',
    [id, teamId, by.userId, email, randomBytes(32).toString('base64url')],
  )
  return id
}

/** Whose personal things these are. */
export const personalOwner = (user: UserPrincipal): string => userUrn(user.userId)

/** Tables that count requests. */
const COUNTERS = ['rate_limits', 'login_failures']
/** Tables that change by being asked at all, and what of them is looked at all the same. */
const TOUCHED: Readonly<Record<string, string>> = {
  sessions: `count(*) || ' rows, ' || count(revoked_at)`,
  api_keys: `count(*) || ' rows, ' || count(revoked_at)`,
  usage: 'coalesce(sum(renders_count + render_seconds + credits_used + credits_refunded), 0)::text',
}
const WRITTEN = `count(*) || ' rows, ' || coalesce(sum(xmin::text::bigint), 0)`

/** A value that changes with any row of any table: their number, and the transactions that wrote them. */
export async function fingerprint({
  studio: { pool },
}: Pick<World, 'studio'>): Promise<Record<string, string>> {
  const { rows: tables } = await pool.query<{ name: string }>(
    `select format('%I.%I', schemaname, tablename) as name from pg_tables
     where (schemaname = 'public' and tablename <> all($1))
       or (schemaname = 'graphile_worker' and tablename = '_private_jobs') order by 1`,
    [COUNTERS],
  )
  const parts = tables.map(({ name }) => {
    const table = name.split('.')[1]!
    return `select '${table}' as name, ${TOUCHED[table] ?? WRITTEN} as state from ${name}`
  })
  const { rows } = await pool.query<{ name: string; state: string }>(parts.join(' union all '))
  return Object.fromEntries(rows.map(({ name, state }) => [name, state]))
}
