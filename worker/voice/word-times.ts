/** From times of letters to times of words. Pure. */
import type { WordTime } from './engine.ts'

export type Alignment = {
  characters?: unknown
  character_start_times_seconds?: unknown
  character_end_times_seconds?: unknown
}

const isTimes = (value: unknown): value is number[] =>
  Array.isArray(value) &&
  value.every((time) => typeof time === 'number' && Number.isFinite(time) && time >= 0)

/** Words between spaces, with the times of their first and last letter; null when the times cannot be believed. */
export function wordTimesOf(alignment: Alignment | null | undefined): WordTime[] | null {
  const {
    characters,
    character_start_times_seconds: starts,
    character_end_times_seconds: ends,
  } = alignment ?? {}
  if (!Array.isArray(characters) || !isTimes(starts) || !isTimes(ends)) return null
  if (starts.length !== characters.length || ends.length !== characters.length) return null
  const words: WordTime[] = []
  let open = false
  for (const [index, letter] of characters.entries()) {
    if (typeof letter !== 'string') return null
    if (letter.trim() === '') {
      open = false
      continue
    }
    const endS = Math.max(starts[index]!, ends[index]!)
    const last = words.at(-1)
    if (open && last) {
      last.word += letter
      last.endS = Math.max(last.endS, endS)
    } else words.push({ word: letter, startS: starts[index]!, endS })
    open = true
  }
  const isOrdered = words.every(({ startS }, index) => index === 0 || startS >= words[index - 1]!.startS)
  return words.length > 0 && isOrdered ? words : null
}
