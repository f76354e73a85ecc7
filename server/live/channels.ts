/** Channels of a WebSocket: who may follow which, and what comes through it. */
import { formatOwner } from '../../core/access/owner.ts'
import { hasScope, type Principal } from '../../core/access/principal.ts'
import { Problem } from '../../core/platform/errors.ts'
import type { EngineNote, EngineNotes } from './engine-notes.ts'
import type { FeedEvent } from './feed.ts'
import { type Hub, isExpired } from './hub.ts'
import type { Channel } from './messages.ts'
import type { ProjectNote, ProjectNotes } from './project-notes.ts'

/** A channel that somebody follows. */
export type OpenChannel = {
  /** Where it is now, in the cursor's counting. */
  readonly last: number
  readonly cursor: 'sequence' | 'position'
  canReplay(after: number, limit: number): Promise<boolean>
  events(after: number, signal: AbortSignal): AsyncGenerator<readonly FeedEvent[]>
  /** Begins to hand on what is no event of a job. */
  listen(listener: (note: ProjectNote | EngineNote) => void): void
  close(): void
}

export type Channels = {
  /** @throws {Problem} AUTHORIZATION_ERROR without the scope, NOT_FOUND for what is out of reach */
  requireAccess(principal: Principal, channel: Channel): Promise<void>
  /** Opens a channel that the caller may follow. @throws {Problem} NOT_FOUND when it is gone */
  open(principal: Principal, channel: Channel): Promise<OpenChannel>
}

export type ChannelDeps = {
  hub: Hub
  notes: ProjectNotes
  engines: EngineNotes
  /** Rejects with NOT_FOUND when the caller may not see the job. */
  findJob(principal: Principal, jobId: string): Promise<unknown>
  /** Rejects with NOT_FOUND when the caller may not see the project. */
  findProject(principal: Extract<Principal, { kind: 'user' }>, projectId: string): Promise<unknown>
}

const notFound = (kind: Channel['kind']): Problem => new Problem('NOT_FOUND', `no such ${kind}`)

export function createChannels({ hub, notes, engines, findJob, findProject }: ChannelDeps): Channels {
  async function openJob(id: string): Promise<OpenChannel> {
    const watch = await hub.watch(id)
    if (!watch) throw notFound('job')
    return {
      last: watch.last,
      cursor: 'sequence',
      canReplay: async (after, limit) => !isExpired(watch, after) && watch.last - after <= limit,
      events: watch.events,
      listen() {},
      close: watch.close,
    }
  }

  /** Health of the engines: it has no events that are kept. */
  async function openEngines(): Promise<OpenChannel> {
    let tell: (note: EngineNote) => void = () => {}
    const leave = await engines.follow((note) => tell(note))
    return {
      last: 0,
      cursor: 'position',
      canReplay: async () => true,
      async *events(_after, signal) {
        if (!signal.aborted) await new Promise<void>((done) => signal.addEventListener('abort', () => done()))
      },
      listen(listener) {
        tell = listener
      },
      close: leave,
    }
  }

  return {
    async requireAccess(principal, { kind, id }) {
      if (kind === 'engines' && principal.kind === 'user') return
      const scope = kind === 'job' ? 'jobs:read' : 'projects:read'
      if (!hasScope(principal, scope))
        throw new Problem('AUTHORIZATION_ERROR', `this credential lacks the scope ${scope}`)
      if (kind === 'job') await findJob(principal, id)
      else if (principal.kind === 'watch')
        throw new Problem('AUTHORIZATION_ERROR', 'a watch link opens its own job, and only to look at it')
      else if (kind === 'project') await findProject(principal, id)
      else if (!principal.teams.has(id)) throw notFound('team')
    },

    async open(principal, { kind, id }) {
      if (kind === 'job' || principal.kind === 'watch') return openJob(id)
      if (kind === 'engines') return openEngines()
      const { userId } = principal
      const revision = kind === 'project' ? await notes.revisionOf(id) : 0
      if (revision === null) throw notFound('project')
      const watch = await hub.watchMany(
        kind === 'project'
          ? { projectId: id }
          : {
              owners: [
                formatOwner({ kind: 'team', teamId: id }),
                formatOwner({ kind: 'membership', teamId: id, userId }),
              ],
            },
      )
      let leave = (): void => {}
      return {
        ...watch,
        cursor: 'position',
        listen(listener) {
          if (kind === 'project') leave = notes.follow(id, { userId, revision }, listener)
        },
        close() {
          leave()
          watch.close()
        },
      }
    },
  }
}
