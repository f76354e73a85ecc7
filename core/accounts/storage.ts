/** Bytes that an owner keeps in the store: ready assets and outputs. */
import { parseOwner } from '../access/owner.ts'
import type { Queryable } from '../platform/database.ts'

/** Adds to (or, when negative, takes from) the counter of whoever pays for this owner's storage. */
export async function addStorage(client: Queryable, ownerUrn: string, bytes: number): Promise<void> {
  const owner = parseOwner(ownerUrn)
  if (!owner) throw new Error(`not an owner URN: ${ownerUrn}`)
  const [table, id] = owner.kind === 'user' ? ['users', owner.userId] : ['teams', owner.teamId]
  await client.query(
    `update ${table} set ephemeral_storage_bytes = greatest(0, ephemeral_storage_bytes + $2) where id = $1`,
    [id, bytes],
  )
}
