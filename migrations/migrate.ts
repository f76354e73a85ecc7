/** Brings a database to this release: the queue's own schema first, then ours. */

import { MikroORM } from '@mikro-orm/postgresql'
import { runMigrations } from 'graphile-worker'
import pg from 'pg'
import { ormOptions } from '../core/platform/database.ts'

const options = (url: string) =>
  ormOptions({ url, poolSize: 2, applicationName: 'framecast-migrate', statementTimeoutMs: 0 })

/** One migration of ours: its name and when it ran (RFC 3339), or null when it is still to come. */
export type MigrationState = { name: string; executedAt: string | null }

/** Advisory lock that lets one process migrate at a time; others wait for it. */
const MIGRATE_LOCK = 0x6d696772 // "migr"

async function withMigrator<T>(url: string, work: (orm: MikroORM) => Promise<T>): Promise<T> {
  const guard = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000 })
  await guard.connect()
  const orm = await MikroORM.init(options(url))
  try {
    await guard.query('select pg_advisory_lock($1)', [MIGRATE_LOCK])
    return await work(orm)
  } finally {
    await orm.close(true)
    await guard.end()
  }
}

/** Runs every pending migration. Safe to run by several processes at once. @returns the names that ran */
export async function migrateUp(url: string): Promise<string[]> {
  return withMigrator(url, async (orm) => {
    const pool = new pg.Pool({ connectionString: url, max: 1 })
    // A connection lost while idle rejects the next query; without listeners it would end the process.
    pool.on('error', () => {})
    pool.on('connect', (client) => client.on('error', () => {}))
    try {
      await runMigrations({ pgPool: pool })
    } finally {
      await pool.end()
    }
    return (await orm.migrator.up()).map((migration) => migration.name)
  })
}

/**
 * Makes the server's own login: it owns nothing and is only a member of framecast_app. Does nothing when both addresses
 * name the same login. Safe to repeat: the password is brought up to date.
 * @param ownerUrl address with a login that may make roles; migrations have run there
 * @param serverUrl the server's DATABASE_URL
 */
export async function ensureServerLogin(ownerUrl: string, serverUrl: string): Promise<void> {
  const { username, password } = new URL(serverUrl)
  const login = decodeURIComponent(username)
  if (login === '' || login === decodeURIComponent(new URL(ownerUrl).username)) return
  const client = new pg.Client({ connectionString: ownerUrl, connectionTimeoutMillis: 5_000 })
  await client.connect()
  try {
    await client.query('select pg_advisory_lock($1)', [MIGRATE_LOCK])
    const { rowCount } = await client.query('select 1 from pg_roles where rolname = $1', [login])
    const name = pg.escapeIdentifier(login)
    const secret = pg.escapeLiteral(decodeURIComponent(password))
    await client.query(`${rowCount === 0 ? 'create' : 'alter'} role ${name} login password ${secret}`)
    await client.query(`grant framecast_app to ${name}`)
  } finally {
    await client.end()
  }
}

/** Takes the newest migration back, or all of them. The queue's schema stays. @returns the names that were reverted */
export async function migrateDown(url: string, all = false): Promise<string[]> {
  return withMigrator(url, async (orm) =>
    (await orm.migrator.down(all ? { to: 0 } : {})).map((migration) => migration.name),
  )
}

/** Every migration, oldest first. */
export async function migrationStates(url: string): Promise<MigrationState[]> {
  return withMigrator(url, async (orm) => {
    const executed = await orm.migrator.getExecuted()
    const pending = await orm.migrator.getPending()
    return [
      ...executed.map((row) => ({ name: row.name, executedAt: new Date(row.executed_at).toISOString() })),
      ...pending.map((row) => ({ name: row.name, executedAt: null })),
    ]
  })
}
