/** How many streams a caller may hold open, in this process. */
import type { Principal } from '../../core/access/principal.ts'
import { Problem } from '../../core/platform/errors.ts'

export type StreamKind = 'sse' | 'websocket'

const LIMITS: Record<StreamKind, number> = { sse: 20, websocket: 10 }
/** A watch link stands for nobody: it may be open on every screen of a room at once. */
const WATCH_LIMIT = 50
const RETRY_S = 10

export type Gate = {
  /**
   * Takes a place; the returned function gives it back, once.
   * @throws {Problem} RATE_LIMIT_EXCEEDED
   */
  enter(kind: StreamKind, principal: Principal): () => void
  readonly open: number
}

export function createGate(): Gate {
  const counts = new Map<string, number>()
  return {
    enter(kind, principal) {
      const holder = principal.kind === 'user' ? `user:${principal.userId}` : `watch:${principal.linkId}`
      const key = `${kind}:${holder}`
      const limit = principal.kind === 'user' ? LIMITS[kind] : WATCH_LIMIT
      const count = counts.get(key) ?? 0
      if (count >= limit) {
        throw new Problem('RATE_LIMIT_EXCEEDED', `${limit} streams are open already; close one first`, {
          retryAfterS: RETRY_S,
        })
      }
      counts.set(key, count + 1)
      let left = false
      return () => {
        if (left) return
        left = true
        const rest = (counts.get(key) ?? 1) - 1
        if (rest > 0) counts.set(key, rest)
        else counts.delete(key)
      }
    },
    get open() {
      return [...counts.values()].reduce((sum, count) => sum + count, 0)
    },
  }
}
