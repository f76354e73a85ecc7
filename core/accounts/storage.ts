/** Bytes that an owner keeps in the store: ready assets and outputs. */
import { parseOwner } from '../access/owner.ts'
import type { Queryable } from '../platform/database.ts'

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
