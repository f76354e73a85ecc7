/** Bytes that an owner keeps in the store: ready assets and outputs. */
import type { Pool } from 'pg'
import { parseOwner } from '../access/owner.ts'
import type { Queryable } from '../platform/database.ts'
import { longRead } from '../platform/long-read.ts'

/** Table and id of whoever pays for this owner's storage: the person, or the team. */
function counterOf(ownerUrn: string): { table: 'users' | 'teams'; id: string } {
  const owner = parseOwner(ownerUrn)
  if (!owner) throw new Error(`not an owner URN: ${ownerUrn}`)
  return owner.kind === 'user' ? { table: 'users', id: owner.userId } : { table: 'teams', id: owner.teamId }
}

/** Adds to (or, when negative, takes from) the owner's counter. */
export async function addStorage(client: Queryable, ownerUrn: string, bytes: number): Promise<void> {
  const { table, id } = counterOf(ownerUrn)
  await client.query(
    `update ${table} set ephemeral_storage_bytes = greatest(0, ephemeral_storage_bytes + $2) where id = $1`,
    [id, bytes],
  )
}

/** What the owner's counter says; 0 for an owner that is gone. */
export async function storedBytes(db: Queryable, ownerUrn: string): Promise<number> {
  const { table, id } = counterOf(ownerUrn)
  const { rows } = await db.query<{ bytes: string }>(
    `select ephemeral_storage_bytes as bytes from ${table} where id = $1`,
    [id],
  )
  return Number(rows[0]?.bytes ?? 0)
}

/** Who pays for a row's storage, as a personal or team URN: SQL over its column `owner`. */
const PAYER_SQL = `case when split_part(owner, ':', 2) in ('user', 'team') then owner::text
  else 'framecast:team:' || split_part(owner, ':', 2) end`

export type StorageCorrection = { payer: string; was: number; bytes: number }

/** Counters that are not the sum of the rows: of everybody, or of one payer. */
async function differences(db: Queryable, payer: string | null): Promise<StorageCorrection[]> {
  const { rows } = await db.query<{ payer: string; was: string; bytes: string }>(
    `with kept as (
       select owner, size_bytes as bytes from asset_files where status = 'ready'
       union all select owner, output_size_bytes from jobs where output_size_bytes is not null
     ), sums as (
       select payer, sum(bytes)::bigint as bytes from (select ${PAYER_SQL} as payer, bytes from kept) as paid
       where $1::text is null or payer = $1 group by payer
     ), counters as (
       select 'framecast:user:' || id as payer, ephemeral_storage_bytes as bytes from users
       union all select 'framecast:team:' || id, ephemeral_storage_bytes from teams
     )
     select payer, counters.bytes as was, coalesce(sums.bytes, 0) as bytes
     from counters left join sums using (payer)
     where ($1::text is null or payer = $1) and counters.bytes <> coalesce(sums.bytes, 0)`,
    [payer],
  )
  return rows.map((row) => ({ payer: row.payer, was: Number(row.was), bytes: Number(row.bytes) }))
}

/** Makes a counter the sum of the rows it counts. @param client of a transaction that holds the counter's row */
export async function recountOwner(client: Queryable, payer: string): Promise<StorageCorrection | null> {
  const { table, id } = counterOf(payer)
  const [difference] = await differences(client, payer)
  if (!difference) return null
  await client.query(`update ${table} set ephemeral_storage_bytes = $2 where id = $1`, [id, difference.bytes])
  return difference
}

/**
 * Puts counters right that are not the sum of the rows they count, and says which those were. Whoever changes such a row
 * changes the counter in the same transaction: with the counter locked, what is counted is whole.
 */
export async function recountStorage(pool: Pool, signal: AbortSignal): Promise<StorageCorrection[]> {
  const corrections: StorageCorrection[] = []
  for (const { payer } of await longRead(pool, (client) => differences(client, null), { signal })) {
    const { table, id } = counterOf(payer)
    const correct = async (client: Queryable): Promise<void> => {
      await client.query(`select 1 from ${table} where id = $1 for update`, [id])
      const correction = await recountOwner(client, payer)
      if (correction) corrections.push(correction)
    }
    await longRead(pool, correct, { signal })
  }
  return corrections
}
