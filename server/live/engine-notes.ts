/**
 * Tells followers when a server of an engine does better or worse. How one does follows from what is kept of it and from the
 * time alone, so it is looked at while somebody follows, and nothing of it is replayed.
 */
import { listEngines } from '../../core/engines/service.ts'
import type { Queryable } from '../../core/platform/database.ts'
import type { Engine } from '../../schemas/types.ts'

export type EngineNote = {
  type: 'engine.health'
  slug: string
  state: Engine['health']['state']
  /** An operator keeps work from it. */
  drain: boolean
  last_error: string | null
}

export type EngineNotes = {
  /** Begins to tell of what changes from now on; the returned function ends it. */
  follow(listener: (note: EngineNote) => void): Promise<() => void>
  /** Looks whether something has changed. */
  poll(): Promise<void>
}

type Known = ReadonlyMap<string, EngineNote>

/** What is new since `before`. Pure. A server that is gone is not told of: its row leaves the list. */
export const changesSince = (before: Known, now: Known): EngineNote[] =>
  [...now.values()].filter((note) => {
    const old = before.get(note.slug)
    return old?.state !== note.state || old.drain !== note.drain
  })

export function createEngineNotes(pool: Queryable): EngineNotes {
  const listeners = new Set<(note: EngineNote) => void>()
  let known: Known | null = null

  async function read(): Promise<Known> {
    const engines = await listEngines(pool)
    return new Map(
      engines.map(({ slug, drain, health: { state, last_error } }) => [
        slug,
        { type: 'engine.health' as const, slug, state, drain, last_error },
      ]),
    )
  }

  return {
    async follow(listener) {
      known ??= await read()
      listeners.add(listener)
      return () => {
        listeners.delete(listener)
        // What happens while nobody looks is read by whoever comes next.
        if (listeners.size === 0) known = null
      }
    },

    async poll() {
      if (known === null) return
      const now = await read()
      if (known === null) return
      const changes = changesSince(known, now)
      known = now
      for (const note of changes) for (const listener of listeners) listener(note)
    },
  }
}
