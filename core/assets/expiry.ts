/** The end of uploads that nobody confirmed. */
import type { Queryable } from '../platform/database.ts'

const BATCH = 500

/** From the making of an asset until nothing can be put to its address any more, and a little longer. */
const UPLOAD_ENDS_AFTER_MS = 20 * 60_000

/**
 * Removes the objects of an asset whose row is gone or failed: now, and once more when nothing can be put there any more.
 * @param folder below which everything goes
 */
export async function removeObjects(client: Queryable, folder: string, announcedAt: Date): Promise<void> {
  const uploadEnds = new Date(announcedAt.getTime() + UPLOAD_ENDS_AFTER_MS)
  await client.query(
    `select enqueue_object_removal($1),
       case when $2::timestamptz > now() then enqueue_object_removal($1, $2::timestamptz) end`,
    [folder, uploadEnds],
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
       select enqueue_object_removal(regexp_replace(s3_key, '[^/]*$', '')) from late`,
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

/** Removes what was put to the address of an upload, once nothing can be put there any more. */
export async function removeIncoming(client: Queryable, folder: string, announcedAt: Date): Promise<void> {
  const uploadEnds = new Date(announcedAt.getTime() + UPLOAD_ENDS_AFTER_MS)
  await client.query(`select enqueue_object_removal($1, greatest(now(), $2::timestamptz))`, [
    folder,
    uploadEnds,
  ])
}
