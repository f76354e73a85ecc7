/** What is left of deleted accounts goes when its time has come: rows here, objects by the worker's task. */
import type { Pool } from 'pg'
import { parseOwner } from '../access/owner.ts'
import { audit } from '../audit/audit.ts'
import { type Queryable, transaction } from '../platform/database.ts'

const KEPT_DAYS = 30
const BATCH = 200

/** Whether a deleted account has had its time. From then on, nobody comes back to it until it is purged (provision.ts). */
export const IS_DUE = `deleted_at < now() - interval '${KEPT_DAYS} days'`

/** Accounts whose rows are to go. Whoever has come back in time has them again. */
const DUE = `${IS_DUE}
  and not exists (select 1 from users where 'framecast:user:' || users.id = deleted_accounts.owner)`

/** Rings for the task that purges, once for each account that is due. */
export async function enqueuePurges(db: Queryable): Promise<void> {
  await db.query(
    `select graphile_worker.add_job('account.purge', json_build_object('owner', owner),
       job_key => 'purge:' || owner, job_key_mode => 'preserve_run_at')
     from deleted_accounts where ${DUE}`,
  )
}

/** Whether an account is to be purged now. */
export async function isPurgeDue(db: Queryable, owner: string): Promise<boolean> {
  const { rowCount } = await db.query(`select 1 from deleted_accounts where owner = $1 and ${DUE}`, [owner])
  return rowCount === 1
}

/** Deletes the rows of a deleted account, in small batches. Usage, credits and the audit trail stay. */
export async function purgeRows(db: Queryable, owner: string, signal: AbortSignal): Promise<void> {
  for (;;) {
    signal.throwIfAborted()
    const { rowCount } = await db.query(
      `delete from jobs where id in (select id from jobs where owner = $1 limit ${BATCH})`,
      [owner],
    )
    if ((rowCount ?? 0) < BATCH) break
  }
  await db.query('delete from asset_files where owner = $1', [owner])
  await db.query('delete from content_cache where scope = $1', [owner])
}

/** After the last object: there is nothing left to purge. */
export async function forgetDeletedAccount(pool: Pool, owner: string): Promise<void> {
  await transaction(pool, async (client) => {
    const { rowCount } = await client.query('delete from deleted_accounts where owner = $1', [owner])
    if (rowCount === 0) return
    const known = parseOwner(owner)
    await audit(client, {
      action: 'user.purged',
      subjectType: 'user',
      subjectId: known?.kind === 'user' ? known.userId : null,
      teamId: null,
      actorId: null,
    })
  })
}
