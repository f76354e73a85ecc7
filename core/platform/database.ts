/**
 * The database: one pool a process, used by MikroORM for aggregates and by plain SQL for work on sets and for
 * guarded transitions.
 */
import { Migrator } from '@mikro-orm/migrations'
import { defineConfig, MikroORM, type Options } from '@mikro-orm/postgresql'
import pg, { type Pool, type PoolClient, type QueryResultRow } from 'pg'
import { entities } from '../entities.ts'
import { isUnanswered } from './errors.ts'

/** Anything that runs SQL with `$1` parameters: the pool, or one client inside a transaction. */
export type Queryable = {
  query<Row extends QueryResultRow = QueryResultRow>(
    text: string,
    values?: unknown[],
  ): Promise<{ rows: Row[]; rowCount: number | null }>
}

export type Database = {
  readonly orm: MikroORM
  readonly pool: Pool
  /**
   * The server's own eyes: connections that see every row, for authentication and streams. Where the process works as
   * the owner of the tables, it is the same pool.
   */
  readonly system: Pool
  close(): Promise<void>
}

export type DatabaseOptions = {
  url: string
  poolSize: number
  /** Shown in pg_stat_activity: which process holds a connection. */
  applicationName: string
  /** Longest a statement may run, in ms: 5 s in the server, 30 s in workers. */
  statementTimeoutMs: number
  /**
   * `app` works as framecast_app, which owns nothing and sees the rows of its reach (reach.ts): the server. `owner` works
   * as the login of the URL: migrations, workers, admin tasks. Default `owner`.
   */
  role?: 'owner' | 'app'
}

const APP_ROLE = '-c role=framecast_app'
/**
 * So much longer than the database itself allows a statement, an answer is waited for. After that the far end is gone
 * without a word, as when a host vanishes: nothing but this would ever end the wait.
 */
export const ANSWER_SLACK_MS = 5_000
/** 0 is no limit to either: a migration takes its time. */
const answerLimit = (statementTimeoutMs: number): number =>
  statementTimeoutMs === 0 ? 0 : statementTimeoutMs + ANSWER_SLACK_MS

/** Connections of the server's own eyes. */
const SYSTEM_POOL_SIZE = 4

export const MIGRATIONS_DIR = new URL('../../migrations', import.meta.url).pathname

/** Configuration of MikroORM; shared with the migration command and the test that compares entities with the SQL. */
export function ormOptions(options: DatabaseOptions): Options {
  return defineConfig({
    clientUrl: options.url,
    entities,
    extensions: [Migrator],
    // The database is made by whoever runs it, and a server starts also while it is away.
    ensureDatabase: false,
    preferTs: true,
    pool: { min: 0, max: options.poolSize, idleTimeoutMillis: 30_000 },
    driverOptions: {
      application_name: options.applicationName,
      connectionTimeoutMillis: 5_000,
      keepAlive: true,
      // Statements that do not wait for each other may be on their way together (reach.ts).
      pipeline: true,
      statement_timeout: options.statementTimeoutMs,
      query_timeout: answerLimit(options.statementTimeoutMs),
      idle_in_transaction_session_timeout: 10_000,
      ...(options.role === 'app' ? { options: APP_ROLE } : {}),
    },
    schemaGenerator: { ignoreSchema: ['graphile_worker'] },
    migrations: {
      path: MIGRATIONS_DIR,
      pathTs: MIGRATIONS_DIR,
      glob: 'Migration*.ts',
      tableName: 'schema_migration',
      snapshot: false,
      silent: true,
    },
    // A lost connection must be logged as a warning by us, not printed by the ORM.
    logger: () => {},
  })
}

/** Opens the database. Connects lazily: a database that is away is noticed by the first query. */
export async function openDatabase(options: DatabaseOptions): Promise<Database> {
  const orm = await MikroORM.init({ ...ormOptions(options), connect: false } as Options)
  const pool = (await (
    orm.em.getConnection() as unknown as { getNativeClient(): Promise<Pool> }
  ).getNativeClient()) as Pool
  if (options.role !== 'app') return { orm, pool, system: pool, close: () => orm.close(true) }
  const system = new pg.Pool({
    connectionString: options.url,
    max: SYSTEM_POOL_SIZE,
    application_name: options.applicationName,
    connectionTimeoutMillis: 5_000,
    keepAlive: true,
    statement_timeout: options.statementTimeoutMs,
    query_timeout: answerLimit(options.statementTimeoutMs),
    idle_in_transaction_session_timeout: 10_000,
    options: `${APP_ROLE} -c framecast.system=on`,
  })
  return {
    orm,
    pool,
    system,
    async close() {
      await Promise.all([orm.close(true), system.end()])
    },
  }
}

/** SQLSTATEs after which a whole transaction may simply be run again. */
const REPEATABLE = new Set(['40001', '40P01'])
const MAX_ROUNDS = 3

/** Whether a transaction that failed in its `round`, the first or a later one, is worth another. */
export const isWorthAnother = (error: unknown, round: number): boolean =>
  round < MAX_ROUNDS && REPEATABLE.has((error as { code?: string }).code ?? '')

/**
 * Runs `work` in one transaction on one client: commits when it resolves, rolls back when it rejects. Serialization
 * failures and deadlocks are run again, at most twice: `work` must have no effect outside the database.
 * @param begin what opens the transaction; reach.ts adds on whose behalf it runs
 */
export async function transaction<T>(
  pool: Pool,
  work: (client: PoolClient) => Promise<T>,
  begin = 'begin',
): Promise<T> {
  for (let round = 1; ; round += 1) {
    const client = await pool.connect()
    let broken: Error | undefined
    try {
      await client.query(begin)
      const result = await work(client)
      await client.query('commit')
      return result
    } catch (error) {
      // Where nobody answers, a rollback would only be waited for as long again.
      if (isUnanswered(error)) broken = error as Error
      else
        await client.query('rollback').catch((cause: Error) => {
          broken = cause
        })
      if (isWorthAnother(error, round)) continue
      throw error
    } finally {
      // A client that failed to roll back may be in any state: the pool throws it away.
      client.release(broken)
    }
  }
}

/** A timestamp of Postgres as RFC 3339 in UTC, which the wire uses; null stays null. */
export function toIso(value: string | Date | null): string | null {
  return value === null ? null : new Date(value).toISOString()
}
