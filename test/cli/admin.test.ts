/** The operator's tasks against a real database. */
import t from 'tap'
import { findKey } from '../../core/accounts/keys.ts'
import { createPasswords } from '../../core/accounts/passwords.ts'
import { buildJob, buildUser } from '../support/builders.ts'
import { startDatabase } from '../support/postgres.ts'
import { startStore } from '../support/store.ts'
import { runCli } from './support.ts'

t.test('users, keys and old jobs', async (t) => {
  const { url, pool } = await startDatabase(t)
  const admin = (...args: string[]) => runCli(['admin', ...args], { env: { DATABASE_URL: url } })

  const made = await admin(
    'user',
    'create',
    '--email',
    'ana@studio.example',
    '--name',
    'Ana',
    '--operator',
    '--json',
  )
  t.equal(made.code, 0, made.err)
  const { id } = JSON.parse(made.out)
  t.equal((await admin('user', 'create', '--email', 'ana@studio.example')).code, 5, 'there is one already')
  t.match((await admin('user', 'list')).out, new RegExp(`${id} {2}ana@studio\\.example +operator`))

  const key = (
    await admin('key', 'create', '--email', 'ana@studio.example', '--scopes', 'generate,jobs:read')
  ).out.trim()
  t.match(await findKey(pool, key), { userId: id, apiKey: { scopes: ['generate', 'jobs:read'] } })
  t.equal((await admin('key', 'create', '--email', 'nobody@studio.example')).code, 5)
  const keyId = (await findKey(pool, key))?.apiKey?.id as string
  t.equal((await admin('key', 'revoke', keyId)).code, 0)
  t.equal(await findKey(pool, key), null)
  t.equal((await admin('key', 'revoke', keyId)).code, 5)

  const seeded = (await admin('seed')).out.trim()
  t.match(await findKey(pool, seeded), { isOperator: true })

  const user = await buildUser(pool)
  const [old, recent, active] = [
    await buildJob(pool, user),
    await buildJob(pool, user),
    await buildJob(pool, user),
  ]
  for (const [job, age] of [
    [old, '40 days'],
    [recent, '1 day'],
  ]) {
    await pool.query(
      `update jobs set status = 'canceled', failure_type = 'canceled', completed_at = now() where id = $1`,
      [job],
    )
    // Tests age the row, not the clock.
    await pool.query(
      'update jobs set created_at = now() - $2::interval, completed_at = now() - $2::interval where id = $1',
      [job, age],
    )
  }
  t.match(JSON.parse((await admin('jobs', 'cleanup', '--dry-run', '--json')).out), { jobs: 1, dry_run: true })
  t.match(JSON.parse((await admin('jobs', 'cleanup', '--json')).out), { jobs: 1, dry_run: false })
  const { rows } = await pool.query('select id from jobs order by id')
  t.strictSame(rows.map((row) => row.id).toSorted(), [recent, active].toSorted())
  t.match(
    (await admin('jobs', 'cleanup', '--older-than', '12h')).out,
    /^1 finished jobs older than 12h deleted/,
  )
})

t.test('accounts, teams and credits', async (t) => {
  const { url, pool } = await startDatabase(t)
  const admin = (...args: string[]) => runCli(['admin', ...args], { env: { DATABASE_URL: url } })
  const starter = await buildUser(pool, { tier: 'starter' })
  const { email } = starter
  const tier = async () =>
    (await pool.query<{ tier: string }>('select tier from users where id = $1', [starter.userId])).rows[0]
      ?.tier

  t.match((await admin('user', 'promote', '--email', email, '--dry-run')).out, /would be a creator now/)
  t.equal(await tier(), 'starter', 'a dry run changes nothing')
  t.equal((await admin('user', 'promote', '--email', email)).code, 0)
  t.equal(await tier(), 'creator')
  t.equal((await admin('user', 'promote', '--email', email)).code, 5, 'there is nothing left to promote')
  t.equal((await admin('user', 'promote', '--email', 'nobody@studio.example')).code, 5)

  const reset = await admin('user', 'reset-password', '--email', email, '--json')
  const { password } = JSON.parse(reset.out)
  const { rows } = await pool.query<{ password_hash: string }>(
    'select password_hash from user_credentials where user_id = $1',
    [starter.userId],
  )
  t.ok(
    await createPasswords().matches(password, rows[0]!.password_hash),
    'the printed password opens the account',
  )

  const team = JSON.parse(
    (
      await admin(
        'team',
        'create',
        '--owner',
        email,
        '--name',
        'Night crew',
        '--slug',
        'night-crew',
        '--json',
      )
    ).out,
  )
  t.match(team, { slug: 'night-crew', owner: email })
  t.equal(
    (await admin('team', 'create', '--owner', email, '--name', 'Again', '--slug', 'night-crew')).code,
    5,
  )
  t.match((await admin('team', 'list')).out, new RegExp(`${team.id} {2}night-crew .*owned by ${email}`))

  t.match(JSON.parse((await admin('credits', 'grant', 'night-crew', '50', '--dry-run', '--json')).out), {
    balance: 50,
    dry_run: true,
  })
  t.match((await admin('credits', 'grant', 'night-crew', '30', '--note', 'first month')).out, /is 30\.\n/)
  t.match(
    (await admin('credits', 'balance', `framecast:team:${team.id}`)).out,
    /30 credits\n.*\+30 {2}first month/,
  )
  t.equal((await admin('credits', 'grant', 'nobody', '1')).code, 5)
  t.equal((await admin('credits', 'grant', 'night-crew', '0')).code, 2)
  t.equal((await admin('credits', 'audit')).code, 0)

  const refused = await admin('user', 'delete', '--email', email)
  t.equal(refused.code, 5)
  t.match(refused.err, /only owner of .*Night crew/)
  const leaver = await buildUser(pool, { tier: 'starter', credits: 5 })
  t.equal((await admin('user', 'delete', '--email', leaver.email)).code, 0)
  t.equal((await pool.query('select 1 from users where id = $1', [leaver.userId])).rowCount, 0)
  const trail = await pool.query<{ action: string }>(
    `select action from audit_entries where actor_kind = 'operator' order by id`,
  )
  t.strictSame(
    trail.rows.map(({ action }) => action),
    ['user.password_reset', 'team.created', 'credits.granted', 'user.deleted'],
  )

  t.match((await admin('invariants', 'check')).out, /^All \d+ rules hold/)
  await pool.query('update users set credits = credits + 1 where id = $1', [starter.userId])
  const broken = await admin('invariants', 'check')
  t.equal(broken.code, 1)
  t.match(broken.out, /BROKEN {2}CREDIT-BALANCE/)
  t.equal((await admin('credits', 'audit')).code, 1)
  await pool.query('update users set credits = credits - 1 where id = $1', [starter.userId])
})

t.test('a database that is away, or empty, is said to be', async (t) => {
  const away = await runCli(['admin', 'user', 'list'], {
    env: { DATABASE_URL: 'postgresql://x@127.0.0.1:1/x' },
  })
  t.equal(away.code, 4)
  t.match(away.err, /The database cannot be reached/)
  const { url } = await startDatabase(t, { empty: true })
  const empty = await runCli(['admin', 'user', 'list'], { env: { DATABASE_URL: url } })
  t.equal(empty.code, 1)
  t.match(empty.err, /no tables of this release[\s\S]*just migrate/)
})

t.test('seeding the sounds says what there is to do, and what stands in the way', async (t) => {
  const { url } = await startDatabase(t)
  const { options } = await startStore(t)
  const env = {
    DATABASE_URL: url,
    DATA_KEY: Buffer.alloc(32, 1).toString('base64'),
    S3_ENDPOINT: options.endpoint,
    S3_ACCESS_KEY: options.accessKey,
    S3_SECRET_KEY: options.secretKey,
    S3_BUCKET_SYSTEM: `${options.bucket}-none`,
  }
  const seed = (more: Record<string, string>, ...args: string[]) =>
    runCli(['admin', 'assets', 'seed', '--dry-run', ...args], { env: { ...env, ...more } })

  const { out, err } = await seed({}, '--json')
  t.match(JSON.parse(out), { updated: [], unchanged: [], dry_run: true }, err)
  t.equal(JSON.parse(out).stored.length, 42)
  t.match((await seed({})).out, /^42 sounds would be made, 0 would be listed anew, 0 there already \(/)

  const unconfigured = await seed({ S3_ENDPOINT: '' })
  t.equal(unconfigured.code, 2)
  t.match(unconfigured.err, /S3_ENDPOINT is not set/)
  const storeless = await seed({ S3_ENDPOINT: 'http://127.0.0.1:1' })
  t.equal(storeless.code, 4)
  t.match(storeless.err, /The object store cannot be used/)
  const toolless = await seed({ FFMPEG_PATH: '/nowhere/ffmpeg' })
  t.equal(toolless.code, 1)
  t.match(toolless.err, /FFMPEG_PATH names \/nowhere\/ffmpeg/)
})
