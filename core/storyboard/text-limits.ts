/** Limits that hold for any text a caller sends, and what a parser says when one is broken. */
import type { Range } from './source-map.ts'

export const MAX_DEPTH = 32
export const MAX_KEYS = 10_000
/** Names that would reach into prototypes in careless code, here or in a reader of our output. */
export const FORBIDDEN_KEYS: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype'])

export type TextProblem = { code: string; message: string; range: Range; path?: string; limit?: number }

/** Why a text cannot be stored, as the end of a sentence, or null. */
export function describeBadText(text: string): string | null {
  if (text.includes('\0')) return 'holds a NUL character, which cannot be stored; remove it'
  if (!text.isWellFormed()) return 'holds half a character (a lone surrogate); write the whole character'
  return null
}
