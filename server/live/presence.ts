/**
 * Who looks at a project right now, on all servers. Each server says who looks on there: when that changes, when another
 * asks, and from time to time, so that what a server said that went away without a word is soon forgotten.
 */
import type { PresenceNotice } from '../../core/projects/notices.ts'

export type PresenceOptions = {
  /** Id of this server. */
  server: string
  announce(notice: PresenceNotice): void
  onChange(projectId: string, users: readonly string[]): void
  /** How often each server speaks; what it said holds three times as long. */
  beatMs: number
  now?: () => number
}

export type Presence = {
  /** Somebody begins to look; the returned function ends it, once. */
  enter(projectId: string, userId: string): () => void
  /** Everybody who looks, in the order of their ids. */
  users(projectId: string): readonly string[]
  notice(notice: PresenceNotice): void
  beat(): void
  /** Says that nobody looks on here any more. */
  close(): void
}

/** A notice has room for about 190 ids. */
const MAX_USERS = 100

type Heard = { users: readonly string[]; at: number }

export function createPresence(options: PresenceOptions): Presence {
  const { server, announce, onChange, beatMs, now = () => performance.now() } = options
  /** Of this server: how often each user looks at a project, since one may have several windows open. */
  const here = new Map<string, Map<string, number>>()
  const elsewhere = new Map<string, Map<string, Heard>>()

  const usersHere = (projectId: string): string[] =>
    [...(here.get(projectId)?.keys() ?? [])].slice(0, MAX_USERS)
  const say = (projectId: string, ask = false): void =>
    announce({ project: projectId, server, users: usersHere(projectId), ask })

  function users(projectId: string): readonly string[] {
    const others = [...(elsewhere.get(projectId)?.values() ?? [])].flatMap((heard) => heard.users)
    return [...new Set([...usersHere(projectId), ...others])].sort()
  }

  /** Runs a change, and tells those who look on here when it makes a difference. */
  function telling(projectId: string, change: () => void): void {
    const before = users(projectId).join()
    change()
    const after = users(projectId)
    if (after.join() !== before && here.has(projectId)) onChange(projectId, after)
  }

  function forget(projectId: string, of: string): void {
    const heard = elsewhere.get(projectId)
    heard?.delete(of)
    if (heard?.size === 0) elsewhere.delete(projectId)
  }

  return {
    users,
    enter(projectId, userId) {
      const counts = here.get(projectId) ?? new Map<string, number>()
      const isFirst = !here.has(projectId)
      const isNew = !counts.has(userId)
      telling(projectId, () => {
        here.set(projectId, counts)
        counts.set(userId, (counts.get(userId) ?? 0) + 1)
      })
      if (isNew) say(projectId, isFirst)
      let left = false
      return () => {
        if (left) return
        left = true
        const rest = (counts.get(userId) ?? 1) - 1
        if (rest > 0) return void counts.set(userId, rest)
        telling(projectId, () => counts.delete(userId))
        if (counts.size === 0) {
          here.delete(projectId)
          // What others say is heard only while somebody looks: whoever comes next will ask.
          elsewhere.delete(projectId)
        }
        say(projectId)
      }
    },

    notice({ project, server: from, users: theirs, ask }) {
      if (from === server) return
      telling(project, () => {
        if (!here.has(project)) return
        if (theirs.length === 0) return forget(project, from)
        const heard = elsewhere.get(project) ?? new Map<string, Heard>()
        heard.set(from, { users: theirs, at: now() })
        elsewhere.set(project, heard)
      })
      if (ask && here.has(project)) say(project)
    },

    beat() {
      for (const [projectId, heard] of [...elsewhere])
        telling(projectId, () => {
          for (const [from, { at }] of [...heard]) if (now() - at > 3 * beatMs) forget(projectId, from)
        })
      for (const projectId of here.keys()) say(projectId)
    },

    close() {
      for (const projectId of here.keys()) announce({ project: projectId, server, users: [], ask: false })
    },
  }
}
