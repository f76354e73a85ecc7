/** How much an owner may keep in the store. */
import { parseOwner } from '../access/owner.ts'
import type { Tier } from '../access/principal.ts'
import type { Config } from '../platform/config.ts'
import type { Queryable } from '../platform/database.ts'
import { Problem } from '../platform/errors.ts'
import { storedBytes } from './storage.ts'

export type Quotas = Pick<Config, 'QUOTA_STARTER_BYTES' | 'QUOTA_CREATOR_BYTES' | 'QUOTA_TEAM_BYTES'>

/**
 * Bytes that an owner may keep; 0 sets no limit.
 * @param tier of the person, where the owner is one
 */
export function quotaOf(ownerUrn: string, tier: Tier, quotas: Quotas): number {
  if (parseOwner(ownerUrn)?.kind !== 'user') return quotas.QUOTA_TEAM_BYTES
  return tier === 'starter' ? quotas.QUOTA_STARTER_BYTES : quotas.QUOTA_CREATOR_BYTES
}

/**
 * Sees to it that an owner has room for `bytes` more; for 0, that it is not over its limit already.
 * @throws {Problem} STORAGE_QUOTA_EXCEEDED
 */
export async function requireRoom(
  db: Queryable,
  { owner, tier, bytes }: { owner: string; tier: Tier; bytes: number },
  quotas: Quotas,
): Promise<void> {
  const limit = quotaOf(owner, tier, quotas)
  if (limit === 0) return
  const used = await storedBytes(db, owner)
  if (used + bytes <= limit) return
  throw new Problem(
    'STORAGE_QUOTA_EXCEEDED',
    bytes === 0
      ? `${used} of ${limit} bytes are in use; delete films or files first`
      : `${used} of ${limit} bytes are in use, which leaves no room for ${bytes} more`,
    { details: { used, limit } },
  )
}
