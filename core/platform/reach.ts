/**
 * Transactions on somebody's behalf. The reach goes into settings that last as long as the transaction; policies of the
 * tables read them (migrations/0002). A statement outside of one sees no row at all, so a forgotten condition shows as an
 * empty result and never as somebody else's data.
 */
import type { Writable } from 'node:stream'
import type { EntityManager } from '@mikro-orm/postgresql'
import type { Pool, PoolClient, QueryResult, QueryResultRow } from 'pg'
import type { Reach } from '../access/reach.ts'
import { type Database, isWorthAnother, type Queryable, transaction } from './database.ts'

/** An array literal of Postgres. Ids and URNs are ours; quoting keeps any text inside its element all the same. */
const arrayText = (values: readonly string[]): string =>
  `{${values.map((value) => `"${value.replace(/["\\]/g, '\\$&')}"`).join(',')}}`

/** The settings that a reach needs; those that are absent stay as empty as they are. */
function settingsOf(reach: Reach): [name: string, value: string][] {
  if (reach.system) return [['system', 'on']]
  return [
    ...(reach.userId ? [['user', reach.userId] as [string, string]] : []),
    ...(reach.email ? [['email', reach.email] as [string, string]] : []),
    ...(reach.owners.length > 0 ? [['owners', arrayText(reach.owners)] as [string, string]] : []),
    ...(reach.teams.length > 0 ? [['teams', arrayText(reach.teams)] as [string, string]] : []),
    ...(reach.managed.length > 0 ? [['managed', arrayText(reach.managed)] as [string, string]] : []),
    ...(reach.watchedJob ? [['watched_job', reach.watchedJob] as [string, string]] : []),
  ]
}

const literal = (text: string): string =>
  text.includes('\\') ? `E'${text.replace(/['\\]/g, '\\$&')}'` : `'${text.replaceAll("'", "''")}'`

const selectOf = (settings: readonly [string, string][]): string =>
  `select ${settings.map(([name, value]) => `set_config('framecast.${name}', ${literal(value)}, true)`).join(', ')}`

/** One message to the server: the transaction and its settings begin together. */
const beginText = (reach: Reach): string => {
  const settings = settingsOf(reach)
  return settings.length === 0 ? 'begin' : `begin; ${selectOf(settings)}`
}

/** Runs `work` in one transaction on behalf of `reach`; see `transaction` for when it is run again. */
export function transactionAs<T>(
  pool: Pool,
  reach: Reach,
  work: (client: PoolClient) => Promise<T>,
): Promise<T> {
  return transaction(pool, work, beginText(reach))
}

/** With a name, it is planned once a connection: for texts that never change. */
export type Statement = { text: string; values?: unknown[]; name?: string }

/**
 * One statement on behalf of `reach`, in a transaction of its own and one round trip: what opens the transaction, the
 * statement and the commit leave together (pools have `pipeline`). After a statement that failed, the commit rolls back.
 */
export async function queryAs<Row extends QueryResultRow>(
  pool: Pool,
  reach: Reach,
  statement: Statement,
): Promise<QueryResult<Row>> {
  for (let round = 1; ; round += 1) {
    const client = await pool.connect()
    const socket = (client as unknown as { connection: { stream: Writable } }).connection.stream
    socket.cork()
    const sent = [
      client.query(beginText(reach)),
      client.query<Row>(statement),
      client.query('commit'),
    ] as const
    socket.uncork()
    const [begun, result, committed] = await Promise.allSettled(sent)
    const broken = [begun, committed].find((each) => each.status === 'rejected')
    // Nobody knows the state of a client whose transaction did not begin or end: the pool throws it away.
    client.release(broken !== undefined)
    if (result.status === 'fulfilled' && !broken) return result.value
    const cause: unknown = result.status === 'rejected' ? result.reason : broken?.reason
    if (!isWorthAnother(cause, round)) throw cause
  }
}

/** Single statements on behalf of `reach`, each in a transaction of its own. */
export function queryableAs(pool: Pool, reach: Reach): Queryable {
  return {
    query: <Row extends QueryResultRow>(text: string, values?: unknown[]) =>
      queryAs<Row>(pool, reach, { text, ...(values && { values }) }),
  }
}

/**
 * From here to its end, the transaction sees every row. For the consequences of a step whose right was established in
 * the same transaction: a refund goes to a team's balance also when the person who cancels has left the team.
 */
export async function widen(client: Queryable): Promise<void> {
  await client.query(selectOf([['system', 'on']]))
}

/** Work of the ORM on behalf of `reach`, in one transaction. */
export function emAs<T>(
  db: Pick<Database, 'orm'>,
  reach: Reach,
  work: (em: EntityManager) => Promise<T>,
): Promise<T> {
  const settings = settingsOf(reach)
  return (db.orm.em.fork() as EntityManager).transactional(async (em) => {
    if (settings.length > 0) {
      const calls = settings.map(([name]) => `set_config('framecast.${name}', ?, true)`)
      await em.execute(
        `select ${calls.join(', ')}`,
        settings.map(([, value]) => value),
      )
    }
    return work(em)
  })
}
