/** Removing a finished job: its rows now, its objects by a queue task. Clips stay, other jobs may reuse them. */
import type { PoolClient } from 'pg'
import { objectPrefix, parseOwner } from '../access/owner.ts'
import { teamOf } from '../access/reach.ts'
import { addStorage } from '../accounts/storage.ts'
import { audit } from '../audit/audit.ts'
import type { Job } from './entities.ts'

export type Remover = { actorId: string | null; actorKind: 'user' | 'operator' }

/** Deletes a job, lowers its owner's storage and says so in the audit trail. Nothing when it is gone or active again. */
export async function deleteJob(
  client: PoolClient,
  job: Pick<Job, 'id' | 'owner' | 'outputSizeBytes'>,
  by: Remover,
): Promise<void> {
  const { rowCount } = await client.query(
    `delete from jobs where id = $1 and status in ('completed', 'failed', 'canceled')`,
    [job.id],
  )
  if (rowCount !== 1) return
  const bytes = job.outputSizeBytes ?? 0
  await addStorage(client, job.owner, -bytes)
  await client.query('select enqueue_object_removal($1)', [`${objectPrefix(job.owner)}jobs/${job.id}/`])
  const owner = parseOwner(job.owner)
  await audit(client, {
    action: 'job.deleted',
    subjectType: 'job',
    subjectId: job.id,
    teamId: owner && teamOf(owner),
    ...by,
    details: { owner: job.owner, bytes },
  })
}
