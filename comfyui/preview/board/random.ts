/** A small seeded generator (mulberry32): equal seeds draw equal boards on every machine. */
export type Random = {
  /** Uniform in [0, 1). */
  next(): number
  between(low: number, high: number): number
  pick<T>(items: readonly T[]): T
}

/** @param parts anything that should change the picture; each is mixed into the seed in order */
export function randomFrom(...parts: readonly (string | number)[]): Random {
  let state = 0x811c9dc5
  for (const char of parts.join('\u0000')) {
    state = Math.imul(state ^ char.codePointAt(0)!, 0x01000193)
  }
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
