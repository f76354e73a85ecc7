/** Row-level security repeats the reach of a caller: what a forgotten condition would show is nothing. */
import t from 'tap'
import { userUrn } from '../../core/access/owner.ts'
import type { UserPrincipal } from '../../core/access/principal.ts'
import { type Reach, reachOf, SYSTEM } from '../../core/access/reach.ts'
import { type Database, openDatabase } from '../../core/platform/database.ts'
import { sqlState } from '../../core/platform/errors.ts'
import { newId } from '../../core/platform/ids.ts'
import { queryAs, queryableAs, transactionAs, widen } from '../../core/platform/reach.ts'
import { buildJob, buildMember, buildTeam, buildUser } from '../support/builders.ts'
import { serverUrlOf, startDatabase } from '../support/postgres.ts'

const { url, pool } = await startDatabase(t)
const db: Database = await openDatabase({
  url: serverUrlOf(url),
  poolSize: 3,
  applicationName: 'test',
  statementTimeoutMs: 5_000,
  role: 'app',
})
t.teardown(() => db.close())

const count = async (principal: UserPrincipal | null, table: string): Promise<number> => {
  const eyes = principal ? queryableAs(db.pool, reachOf(principal)) : db.pool
  const { rows } = await eyes.query<{ n: number }>(`select count(*)::int as n from ${table}`)
  return rows[0]!.n
}

const ana = await buildUser(pool)
const ben = await buildUser(pool)
const teamId = await buildTeam(pool, ana)
await buildMember(pool, teamId, ben, 'member')
const inTeam = (user: UserPrincipal, role: 'owner' | 'member'): UserPrincipal => ({
  ...user,
  teams: new Map([[teamId, role]]),
})
const personalJob = await buildJob(pool, ana)
const privateJob = await buildJob(pool, ben, { owner: `framecast:${teamId}:${ben.userId}` })

t.test('the server owns no table and cannot step around the policies', async (t) => {
  const { rows } = await db.pool.query(
    `select current_user as name, pg_has_role(session_user, $1, 'member') as may_become_owner, r.rolsuper, r.rolbypassrls,
       (select count(*)::int from pg_class c where c.relowner = r.oid) as owned
     from pg_roles r where r.rolname = current_user`,
    [new URL(url).username],
  )
  t.match(rows[0], {
    may_become_owner: false,
    name: 'framecast_app',
    rolsuper: false,
    rolbypassrls: false,
    owned: 0,
  })
})

t.test('every table that the server may touch has a policy', async (t) => {
  const { rows } = await pool.query<{ name: string; protected: boolean }>(
    `select c.relname as name, c.relrowsecurity and exists (select 1 from pg_policy p where p.polrelid = c.oid) as protected
     from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
       and has_table_privilege('framecast_app', c.oid, 'select, insert, update, delete')`,
  )
  t.ok(rows.length >= 20)
  t.strictSame(
    rows.filter((row) => !row.protected).map((row) => row.name),
    [],
  )
})

t.test('without a word on whose behalf, no row is seen', async (t) => {
  for (const table of [
    'users',
    'teams',
    'memberships',
    'jobs',
    'job_events',
    'job_steps',
    'api_keys',
    'usage',
  ])
    t.equal(await count(null, table), 0, table)
})

t.test('a caller sees the own rows and those of the teams in reach', async (t) => {
  t.equal(await count(ben, 'teams'), 0, 'a principal without the team does not see it')
  t.equal(await count(inTeam(ben, 'member'), 'teams'), 1)
  t.equal(await count(inTeam(ben, 'member'), 'users'), 2, 'members see each other')
  const jobsOf = async (principal: UserPrincipal) =>
    (await queryableAs(db.pool, reachOf(principal)).query<{ id: string }>('select id from jobs')).rows.map(
      (row) => row.id,
    )
  t.strictSame(await jobsOf(inTeam(ben, 'member')), [privateJob])
  t.strictSame(
    (await jobsOf(inTeam(ana, 'owner'))).sort(),
    [personalJob, privateJob].sort(),
    'an administrator may stop private work in the team, so its row is in reach',
  )
  t.strictSame(await jobsOf(inTeam(ana, 'member')), [personalJob], 'without the role it is not')
})

t.test('a row may not be written for somebody else', async (t) => {
  const attempt = queryableAs(db.pool, reachOf(ben)).query(
    `insert into asset_files (id, owner, uploaded_by, filename, s3_key, content_type, size_bytes)
     values ($1, $2, $3, 'a.png', $1::uuid::text, 'image/png', 1)`,
    [newId(), userUrn(ana.userId), ben.userId],
  )
  t.equal(await attempt.then(() => null, sqlState), '42501')
  const changed = await queryableAs(db.pool, reachOf(ben)).query('update users set name = $2 where id = $1', [
    ana.userId,
    'Nobody',
  ])
  t.equal(changed.rowCount, 0)
})

t.test('a reach ends with its transaction, and can be widened within it', async (t) => {
  await transactionAs(db.pool, reachOf(ben), async (client) => {
    t.equal((await client.query('select 1 from jobs where id = $1', [personalJob])).rowCount, 0)
    await widen(client)
    t.equal((await client.query('select 1 from jobs where id = $1', [personalJob])).rowCount, 1)
  })
  t.equal(await count(null, 'jobs'), 0)
  const { rows } = await queryableAs(db.pool, SYSTEM).query('select 1 from jobs')
  t.equal(rows.length, 2)
})

t.test('a statement of its own is all or nothing, and its reach ends with it', async (t) => {
  const few = await openDatabase({
    url: serverUrlOf(url),
    poolSize: 1,
    applicationName: 'test',
    statementTimeoutMs: 5_000,
    role: 'app',
  })
  t.teardown(() => few.close())
  const ask = (reach: Reach, text: string, values: unknown[] = [], name?: string) =>
    queryAs(few.pool, reach, { text, values, ...(name ? { name } : {}) })
  const backend = async () => (await few.pool.query('select pg_backend_pid() as pid')).rows[0].pid
  const before = await backend()
  const changeThenFail = `with changed as (update users set name = 'changed' where id = $1 returning 1)
    select 1 / (count(*) - 1) from changed`
  await t.rejects(ask(reachOf(ana), changeThenFail, [ana.userId]), { code: '22012' })
  await t.rejects(ask(reachOf(ana), 'select nonsense'), { code: '42703' })
  const { rows } = await pool.query('select name from users where id = $1', [ana.userId])
  t.not(rows[0].name, 'changed', 'what failed left nothing')
  // One prepared statement, one connection, and each time the eyes of somebody else.
  const own = 'select id from jobs where id = any($1)'
  const both = [[personalJob, privateJob]]
  for (const [reach, seen] of [
    [reachOf(ana), [personalJob]],
    [reachOf(inTeam(ben, 'member')), [privateJob]],
    [reachOf(await buildUser(pool)), []],
    [SYSTEM, [personalJob, privateJob]],
  ] as const)
    t.strictSame((await ask(reach, own, both, 'own')).rows.map(({ id }) => id).sort(), [...seen].sort())
  t.strictSame((await few.pool.query(own, both)).rows, [], 'outside of it nobody sees anything')
  t.equal(await backend(), before, 'by one connection, which stayed whole')
})

t.test('text in a reach stays text', async (t) => {
  const strange = { ...ana, email: `o'brien\\"}, {'@example.test` }
  t.equal(await count(strange, 'jobs'), 1)
})
