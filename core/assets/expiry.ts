/** The end of uploads that nobody confirmed. */
import type { Queryable } from '../platform/database.ts'

const BATCH = 500

/** From the last address of an asset until nothing can be put to it any more, and a little longer. */
const UPLOAD_ENDS_AFTER = `interval '20 minutes'`

/**
 * Removes the objects of an asset whose row is gone or failed: now, and once more when nothing can be put there any more.
 * @param folder below which everything goes
 * @param closedAt since when no address has been given; now, when the asset was pending until now
 */
export async function removeObjects(
  client: Queryable,
  folder: string,
  closedAt: Date | null = null,
): Promise<void> {
  await client.query(
    `select enqueue_object_removal($1),
       case when ends > now() then enqueue_object_removal($1, ends) end
     from (select coalesce($2::timestamptz, now()) + ${UPLOAD_ENDS_AFTER} as ends) as addresses`,
    [folder, closedAt],
  )
}

/** Fails what has waited for its file for 24 hours, and forgets what failed 7 days ago. */
export async function expireUploads(db: Queryable): Promise<{ failed: number; forgotten: number }> {
  const failed = await inBatches(async () => {
    const { rowCount } = await db.query(
      `with late as (
         update asset_files set status = 'failed' where id in (
           select id from asset_files where status = 'pending' and created_at < now() - interval '24 hours'
           limit ${BATCH} for update skip locked)
         returning s3_key
       )
       select enqueue_object_removal(folder), enqueue_object_removal(folder, now() + ${UPLOAD_ENDS_AFTER})
       from late cross join lateral regexp_replace(s3_key, '[^/]*$', '') as folder`,
    )
    return rowCount ?? 0
  })
  const forgotten = await inBatches(async () => {
    const { rowCount } = await db.query(
      `delete from asset_files where id in (
         select id from asset_files where status = 'failed' and updated_at < now() - interval '7 days' limit ${BATCH})`,
    )
    return rowCount ?? 0
  })
  return { failed, forgotten }
}

async function inBatches(batch: () => Promise<number>): Promise<number> {
  for (let total = 0; ; ) {
    const done = await batch()
    total += done
    if (done < BATCH) return total
  }
}

/** Removes what was put for an asset that is pending no longer, once nothing can be put there any more. */
export async function removeIncoming(client: Queryable, folder: string): Promise<void> {
  await client.query(`select enqueue_object_removal($1, now() + ${UPLOAD_ENDS_AFTER})`, [folder])
}
