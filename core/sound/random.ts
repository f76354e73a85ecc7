/** Chance from a seed (mulberry32): the same seed gives the same sound on every machine. */
import type { Mono } from './signal.ts'

export type Random = {
  /** Uniform in [0, 1). */
  next(): number
  between(low: number, high: number): number
  pick<T>(items: readonly T[]): T
}

export function randomFrom(seed: string): Random {
  let state = 0x811c9dc5
  for (const char of seed) state = Math.imul(state ^ char.codePointAt(0)!, 0x01000193)
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
  return {
    next,
    between: (low, high) => low + (high - low) * next(),
    pick: (items) => items[Math.floor(next() * items.length)]!,
  }
}

/** White noise between -1 and 1. On a loop it needs no seam: any stretch of it may follow any other. */
export function noise(frames: number, random: Random): Mono {
  const out = new Float32Array(frames)
  for (let i = 0; i < frames; i++) out[i] = random.next() * 2 - 1
  return out
}

/** Seconds at which things happen that come `perSecond` on average and know nothing of each other. */
export function* moments(random: Random, perSecond: number, untilS: number, fromS = 0): Generator<number> {
  for (let at = fromS; ; ) {
    at += -Math.log(1 - random.next()) / perSecond
    if (at >= untilS) return
    yield at
  }
}
