/** Removes what a deleted team leaves behind: rows first, then objects. The queue tries again until it succeeds. */
import type { Task } from 'graphile-worker'
import type { Pool } from 'pg'
import { isUuid } from '../../core/platform/ids.ts'
import type { ObjectStore } from '../../core/platform/objects.ts'
import { purgeTeam } from '../../core/teams/purge.ts'
import { removeUnder } from './remove-objects.ts'

export function purgeTeamTask(pool: Pool, store: ObjectStore): Task {
  return async (payload, { abortSignal }) => {
    const { team_id: teamId } = payload as { team_id: string }
    // The prefix of an empty id would be every team's.
    if (!isUuid(teamId)) throw new Error(`refusing to purge ${JSON.stringify(teamId)}, which is no team`)
    await purgeTeam(pool, teamId, abortSignal ?? new AbortController().signal)
    await removeUnder(store, `team/${teamId}/`)
  }
}
