/** Old finished jobs, deleted in small batches: rows now, objects by queue tasks. */
import type { Pool } from 'pg'
import { transaction } from '../platform/database.ts'
import { deleteJob } from './deletion.ts'

export type CleanupResult = {
  jobs: number
  /** Bytes of the films of these jobs. */
  output_bytes: number
}

const BATCH = 100

type OldJob = { id: string; owner: string; output_size_bytes: string | null }

/**
 * Deletes finished jobs that ended more than `olderThanS` seconds ago. Jobs of a project are kept, for billing; clips
 * are kept, other jobs may reuse them. Stops between batches when the signal aborts.
 * @param dryRun counts only
 */
export async function cleanupJobs(
  pool: Pool,
  { olderThanS, dryRun, signal }: { olderThanS: number; dryRun: boolean; signal: AbortSignal },
): Promise<CleanupResult> {
  const old = `status in ('completed', 'failed', 'canceled') and project_id is null
    and completed_at < now() - make_interval(secs => $1)`
  if (dryRun) {
    const { rows } = await pool.query<{ jobs: number; output_bytes: string }>(
      `select count(*)::int as jobs, coalesce(sum(output_size_bytes), 0)::text as output_bytes from jobs where ${old}`,
      [olderThanS],
    )
    return { jobs: rows[0]?.jobs ?? 0, output_bytes: Number(rows[0]?.output_bytes ?? 0) }
  }
  const total: CleanupResult = { jobs: 0, output_bytes: 0 }
  for (;;) {
    signal.throwIfAborted()
    const batch = await transaction(pool, async (client) => {
      // Two cleanups at once share the work instead of waiting for each other.
      const { rows } = await client.query<OldJob>(
        `select id, owner, output_size_bytes from jobs where ${old}
         order by completed_at limit ${BATCH} for update skip locked`,
        [olderThanS],
      )
      for (const row of rows) {
        const outputSizeBytes = row.output_size_bytes === null ? null : Number(row.output_size_bytes)
        const job = { id: row.id, owner: row.owner, outputSizeBytes }
        await deleteJob(client, job, { actorId: null, actorKind: 'operator' })
      }
      return rows
    })
    total.jobs += batch.length
    total.output_bytes += batch.reduce((sum, row) => sum + Number(row.output_size_bytes ?? 0), 0)
    if (batch.length < BATCH) return total
  }
}
