/** Removes what a deleted account leaves behind: rows first, then objects. The queue tries again until it succeeds. */
import type { Task } from 'graphile-worker'
import type { Pool } from 'pg'
import { objectPrefix, parseOwner } from '../../core/access/owner.ts'
import { forgetDeletedAccount, isPurgeDue, purgeRows } from '../../core/accounts/purge.ts'
import type { ObjectStore } from '../../core/platform/objects.ts'
import { removeUnder } from './remove-objects.ts'

export function purgeAccountTask(pool: Pool, store: ObjectStore): Task {
  return async (payload, { abortSignal }) => {
    const { owner } = payload as { owner: string }
    if (parseOwner(owner)?.kind !== 'user')
      throw new Error(`refusing to purge ${JSON.stringify(owner)}, which is no person`)
    // Looked at again: the queue may come late, and whoever has come back keeps everything.
    if (!(await isPurgeDue(pool, owner))) return
    await purgeRows(pool, owner, abortSignal ?? new AbortController().signal)
    await removeUnder(store, objectPrefix(owner))
    await forgetDeletedAccount(pool, owner)
  }
}
