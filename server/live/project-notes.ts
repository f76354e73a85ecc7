/**
 * What followers of a project hear of beside the events of its jobs: that its storyboard has changed, and who else looks
 * at it. Nothing of it is replayed.
 */
import { randomUUID } from 'node:crypto'
import type { Queryable } from '../../core/platform/database.ts'
import type { Logger } from '../../core/platform/log.ts'
import { withDeadline } from '../../core/platform/retry.ts'
import {
  announcePresence,
  type PresenceNotice,
  type SpecNotice,
  specRevisions,
} from '../../core/projects/notices.ts'
import { createPresence } from './presence.ts'

export type ProjectNote =
  /** `by` is null when the notice itself was lost and the change was found later. */
  | { type: 'spec_changed'; revision: number; by: string | null }
  | { type: 'presence'; users: readonly string[] }

export type ProjectNotes = {
  /** The revision of a project's storyboard; null when there is no such project. */
  revisionOf(projectId: string): Promise<number | null>
  /**
   * Begins to tell a listener, who counts as looking on; the returned function ends it.
   * @param follower.revision that the listener knows of: whatever is newer is told
   */
  follow(
    projectId: string,
    follower: { userId: string; revision: number },
    listener: (note: ProjectNote) => void,
  ): () => void
  specNotice(payload: string): void
  presenceNotice(payload: string): void
  /** Looks for changes whose notice was lost. */
  poll(): Promise<void>
  close(): Promise<void>
}

/** How long telling the others that this server goes may take: they find out by themselves, too. */
const GOODBYE_MS = 1_000

type Followed = {
  /** Newest revision that followers know of. */
  revision: number
  /** A poll found a newer one. Its notice may only be on its way: followers are told when the next poll finds it still. */
  isLate: boolean
  listeners: Set<(note: ProjectNote) => void>
}

export function createProjectNotes(options: {
  pool: Queryable
  log: Logger
  presenceMs: number
}): ProjectNotes {
  const { pool, log, presenceMs } = options
  const followed = new Map<string, Followed>()
  let lastSaid: Promise<unknown> = Promise.resolve()

  const tell = (projectId: string, note: ProjectNote): void => {
    for (const listener of followed.get(projectId)?.listeners ?? []) listener(note)
  }

  const presence = createPresence({
    server: randomUUID(),
    beatMs: presenceMs,
    announce(notice) {
      // One after the other, so that what was said last is heard last.
      lastSaid = lastSaid
        .then(() => announcePresence(pool, notice))
        .catch((error) => log.debug({ err: error }, 'presence cannot be told right now'))
    },
    onChange: (projectId, users) => tell(projectId, { type: 'presence', users }),
  })
  const timer = setInterval(() => presence.beat(), presenceMs)

  function changed(projectId: string, project: Followed, revision: number, by: string | null): void {
    project.isLate = false
    if (revision <= project.revision) return
    project.revision = revision
    tell(projectId, { type: 'spec_changed', revision, by })
  }

  return {
    revisionOf: async (projectId) => (await specRevisions(pool, [projectId])).get(projectId) ?? null,

    follow(projectId, { userId, revision }, listener) {
      const project = followed.get(projectId) ?? { revision, isLate: false, listeners: new Set() }
      followed.set(projectId, project)
      const leave = presence.enter(projectId, userId)
      // Later ones are told of by the change; the newcomer hears now who is there.
      listener({ type: 'presence', users: presence.users(projectId) })
      project.listeners.add(listener)
      return () => {
        project.listeners.delete(listener)
        if (project.listeners.size === 0 && followed.get(projectId) === project) followed.delete(projectId)
        leave()
      }
    },

    specNotice(payload) {
      const { project: id, revision, by } = JSON.parse(payload) as SpecNotice
      const project = followed.get(id)
      if (project) changed(id, project, revision, by)
    },

    presenceNotice(payload) {
      presence.notice(JSON.parse(payload) as PresenceNotice)
    },

    async poll() {
      if (followed.size === 0) return
      for (const [id, revision] of await specRevisions(pool, [...followed.keys()])) {
        const project = followed.get(id)
        if (!project) continue
        if (project.isLate) changed(id, project, revision, null)
        else project.isLate = revision > project.revision
      }
    },

    async close() {
      clearInterval(timer)
      presence.close()
      await withDeadline(lastSaid, GOODBYE_MS, 'no goodbye').catch(() => {})
    },
  }
}
