/** Everything that goes on between the database and open streams, on one LISTEN connection and one poll. */
import type { Queryable } from '../../core/platform/database.ts'
import type { Logger } from '../../core/platform/log.ts'
import type { MediaLinks } from '../../core/platform/media-links.ts'
import { PRESENCE_CHANNEL, SPEC_CHANNEL } from '../../core/projects/notices.ts'
import { createEngineNotes, type EngineNotes } from './engine-notes.ts'
import { createHub, HUB_CHANNEL, type Hub } from './hub.ts'
import { listen } from './notices.ts'
import { createProjectNotes, type ProjectNotes } from './project-notes.ts'

export type LiveOptions = {
  /** For queries. */
  pool: Queryable
  /** For the LISTEN connection. */
  databaseUrl: string
  media: MediaLinks
  log: Logger
  pollMs: number
  presenceMs: number
}

export type Live = { hub: Hub; notes: ProjectNotes; engines: EngineNotes; close(): Promise<void> }

export function startLive({ pool, databaseUrl, media, log, pollMs, presenceMs }: LiveOptions): Live {
  const hub = createHub({ pool, media, log })
  const notes = createProjectNotes({ pool, log, presenceMs })
  const engines = createEngineNotes(pool)

  let polling = false
  const poll = (): void => {
    if (polling) return
    polling = true
    Promise.all([hub.poll(), notes.poll(), engines.poll()])
      .catch((error) => log.warn({ err: error }, 'events cannot be polled right now'))
      .finally(() => {
        polling = false
      })
  }
  const timer = setInterval(poll, pollMs)
  const notices = listen({
    url: databaseUrl,
    channels: {
      [HUB_CHANNEL]: hub.notice,
      [SPEC_CHANNEL]: notes.specNotice,
      [PRESENCE_CHANNEL]: notes.presenceNotice,
    },
    log,
    onConnected: poll,
  })

  return {
    hub,
    notes,
    engines,
    async close() {
      clearInterval(timer)
      hub.close()
      await Promise.all([notices.close(), notes.close()])
    },
  }
}
