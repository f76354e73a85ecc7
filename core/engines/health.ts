/** How a server does, from what is kept of it. Pure. */
import { type BreakerState, isOpen } from './breaker.ts'

export type HostHealth = 'healthy' | 'degraded' | 'down' | 'unknown'

export type HostCondition = {
  /** Milliseconds since the last answer or failure to answer; null: never looked at. */
  probeAgeMs: number | null
  probeFailures: number
  breaker: BreakerState
  blocked: boolean
  queued: number | null
  vramFreeBytes: number | null
}

/** Looks are 15 s apart, give or take. Nobody looks any more after this. */
const STALE_MS = 120_000
const DOWN_AFTER = 3
/** More than this waiting on one server is not our doing: somebody else works there. */
const QUEUE_LIMIT = 10
/** ComfyUI keeps models loaded, so little is free in good health; less than this leaves no room to work. */
const VRAM_FLOOR_BYTES = 128 * 2 ** 20

export function healthOf(condition: HostCondition, nowMs: number): HostHealth {
  const { probeAgeMs, probeFailures, breaker, blocked, queued, vramFreeBytes } = condition
  if (blocked || isOpen(breaker, nowMs)) return 'down'
  if (probeAgeMs === null || probeAgeMs > STALE_MS) return 'unknown'
  if (probeFailures >= DOWN_AFTER) return 'down'
  const crowded = (queued ?? 0) > QUEUE_LIMIT
  const full = vramFreeBytes !== null && vramFreeBytes < VRAM_FLOOR_BYTES
  return probeFailures > 0 || crowded || full ? 'degraded' : 'healthy'
}
