/** One-press corrections: what the validator says would be right, as a change of the text. Pure. */
import type { Problem } from '../../../core/storyboard/problems.ts'

export type Correction = {
  /** `Use @mara`: the button, and the name of the step for undo. */
  label: string
  from: number
  to: number
  insert: string
}

/** Where a problem stands in the text; null when it has no place there. */
export function rangeOf(
  text: string,
  { line, column, endColumn }: Pick<Problem, 'line' | 'column' | 'endColumn'>,
): { from: number; to: number } | null {
  if (line === undefined) return null
  let start = 0
  for (let at = 1; at < line; at += 1) {
    const next = text.indexOf('\n', start)
    if (next === -1) return null
    start = next + 1
  }
  const lineEnd = text.indexOf('\n', start)
  const end = lineEnd === -1 ? text.length : lineEnd
  const from = Math.min(end, start + (column ?? 1) - 1)
  return { from, to: Math.max(from, Math.min(end, start + (endColumn ?? column ?? 1) - 1)) }
}

/** How a wrong word is put right: what stands there now, and what should. */
type Change = { wrong: string; right: string; isText: boolean }

/** What the validator's own words and limits offer. A problem says what would be right in one of these ways. */
function changeOf(problem: Problem): Change | null {
  const { code, message, value, limit } = problem
  const said = (pattern: RegExp): string[] | null => pattern.exec(message)
  const text = (wrong: string, right: string): Change => ({ wrong, right, isText: true })
  const mention = said(/ Did you mean (@\w+)\?/)
  if (mention) return text(`@${value}`, mention[1]!)
  const end = said(/"([^"]+)", which is no scene\. Did you mean "([^"]+)"\?/)
  if (end) return text(end[1]!, end[2]!)
  const meant = said(/ Did you mean "([^"]+)"\?/)
  if (meant) return text(code === 'unknown_field' ? said(/^"([^"]+)"/)![1]! : String(value), meant[1]!)
  const spaces = said(/ has spaces in it; write "([^"]+)"/)
  if (spaces) return text(String(value), spaces[1]!)
  const bare = said(/ Write (\w+), without the @\./)
  if (bare) return text(String(value), bare[1]!)
  const plain = said(/ Write (\S+), without quotes or unit\./) ?? said(/ Write [\d.]+ % as ([\d.]+)\./)
  if (plain) return { wrong: String(value), right: plain[1]!, isText: false }
  const whole = code === 'V2_type' && said(/ Write (-?\d+)\.$/)
  if (whole) return { wrong: String(value), right: whole[1]!, isText: false }
  const quoted = said(/ Put it in quotes: "([^"]*)"\./)
  if (quoted) return { wrong: String(value), right: JSON.stringify(quoted[1]), isText: false }
  if (code.endsWith('_out_of_range') && limit !== undefined && !message.includes('more than'))
    return { wrong: String(value), right: String(limit), isText: false }
  return null
}

/**
 * The change that mends a problem in the text that was checked; null when none is offered, or the text has moved on since.
 */
export function correctionOf(text: string, problem: Problem): Correction | null {
  const place = rangeOf(text, problem)
  const change = place && changeOf(problem)
  if (!place || !change) return null
  const { wrong, right, isText } = change
  const written = text.slice(place.from, place.to)
  const label = `Use ${right}`
  // Of a text only the wrong word is replaced: its quotes, and what else is in it, stay.
  if (isText) {
    const at = written.indexOf(wrong)
    if (at === -1) return null
    return { label, from: place.from + at, to: place.from + at + wrong.length, insert: right }
  }
  if (written.replace(/^["']|["']$/g, '').trim() === '') return null
  return { label, from: place.from, to: place.to, insert: right }
}
