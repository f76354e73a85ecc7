/** The audit trail: who did what to money, keys, members and things that were deleted. Append-only. */
import type { Queryable } from '../platform/database.ts'
import { newId } from '../platform/ids.ts'

export type AuditEntry = {
  /** `<subject>.<what happened>`, e.g. `member.removed`. */
  action: string
  /** What it happened to: `user`, `team`, `membership`, `invitation`, `api_key`, `project`, `job`, `asset`, `webhook`, `credits`. */
  subjectType: string
  subjectId: string | null
  /** The team whose administrators may read of it; null for personal things. */
  teamId: string | null
  /** Who did it; null for the operator at the command line and for the system itself. */
  actorId: string | null
  actorKind?: 'user' | 'operator' | 'system'
  /** Facts worth keeping: old and new values, amounts. Never a secret. */
  details?: Record<string, unknown>
}

/** Writes an entry, in the transaction of what it tells of. */
export async function audit(client: Queryable, entry: AuditEntry): Promise<void> {
  await client.query(
    `insert into audit_entries (id, team_id, actor_id, actor_kind, action, subject_type, subject_id, details)
     values ($1, $2, $3, $4, $5, $6, $7, $8::jsonb)`,
    [
      newId(),
      entry.teamId,
      entry.actorId,
      entry.actorKind ?? (entry.actorId === null ? 'system' : 'user'),
      entry.action,
      entry.subjectType,
      entry.subjectId,
      JSON.stringify(entry.details ?? {}),
    ],
  )
}
