/** Removing a project: its files go with it, its jobs stay without it. */
import { formatOwner } from '../access/owner.ts'
import { addStorage } from '../accounts/storage.ts'
import { audit } from '../audit/audit.ts'
import type { Queryable } from '../platform/database.ts'

/**
 * Deletes a project whose row the caller has locked, with its files: rows now, objects by queue tasks.
 * @param actorId user who asked for it
 */
export async function deleteProject(
  client: Queryable,
  project: { id: string; teamId: string; name: string },
  actorId: string,
): Promise<void> {
  // Locked before they are counted: a file that is confirmed meanwhile has been counted by then, or is never confirmed.
  const { rows: files } = await client.query<{ status: string; size_bytes: string; s3_key: string }>(
    'select status, size_bytes, s3_key from asset_files where project_id = $1 for update',
    [project.id],
  )
  await client.query('delete from projects where id = $1', [project.id])
  const bytes = files
    .filter(({ status }) => status === 'ready')
    .reduce((sum, file) => sum + Number(file.size_bytes), 0)
  await addStorage(client, formatOwner({ kind: 'team', teamId: project.teamId }), -bytes)
  const folders = files.map(({ s3_key }) => s3_key.slice(0, s3_key.lastIndexOf('/') + 1))
  await client.query('select enqueue_object_removal(folder) from unnest($1::text[]) as folder', [folders])
  await audit(client, {
    action: 'project.deleted',
    subjectType: 'project',
    subjectId: project.id,
    teamId: project.teamId,
    actorId,
    details: { name: project.name, files: files.length, bytes },
  })
}
