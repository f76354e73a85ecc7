/** Lengths of time as people write them. Pure. */

const SECONDS = { d: 86_400, h: 3_600, m: 60 } as const

/** `30d`, `12h`, `90m` in seconds; null for anything else. */
export function ageSeconds(text: string): number | null {
  const match = /^(\d{1,5})([dhm])$/.exec(text)
  return match ? Number(match[1]) * SECONDS[match[2] as keyof typeof SECONDS] : null
}
