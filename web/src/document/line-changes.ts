/** Which lines of a text became others, so that carets, selections and marks stay where nothing changed. Pure. */

/** `from` to `to` of the old text become `insert`. */
export type TextChange = { from: number; to: number; insert: string }

/** Pairs of lines above which they are not compared one by one. */
const MOST_PAIRS = 4_000_000

/** The lines of a text, each with its line break. */
const linesOf = (text: string): string[] => text.split(/(?<=\n)/)

/** Changes of whole lines that make `after` of `before`, in their order. */
export function lineChanges(before: string, after: string): TextChange[] {
  const [old, now] = [linesOf(before), linesOf(after)]
  let head = 0
  while (head < old.length && head < now.length && old[head] === now[head]) head += 1
  let tail = 0
  while (tail < Math.min(old.length, now.length) - head && old.at(-1 - tail) === now.at(-1 - tail)) tail += 1
  const [mine, theirs] = [old.slice(head, old.length - tail), now.slice(head, now.length - tail)]
  const changes: TextChange[] = []
  let at = old.slice(0, head).join('').length
  for (const { gone, come, kept } of blocks(mine, theirs)) {
    const to = at + gone.length
    if (gone !== come) changes.push({ from: at, to, insert: come })
    at = to + kept.length
  }
  return changes
}

/** What goes, what comes in its place, and what stays behind it; over and over. */
type Block = { gone: string; come: string; kept: string }

function blocks(old: readonly string[], now: readonly string[]): Block[] {
  if (old.length * now.length > MOST_PAIRS) return [{ gone: old.join(''), come: now.join(''), kept: '' }]
  // longest[i][j]: how many lines can stay from line i of the old text and line j of the new one.
  const longest = Array.from({ length: old.length + 1 }, () => new Uint16Array(now.length + 1))
  for (let i = old.length - 1; i >= 0; i -= 1)
    for (let j = now.length - 1; j >= 0; j -= 1)
      longest[i]![j] =
        old[i] === now[j] ? longest[i + 1]![j + 1]! + 1 : Math.max(longest[i + 1]![j]!, longest[i]![j + 1]!)
  const found: Block[] = []
  let block: Block = { gone: '', come: '', kept: '' }
  const change = (part: 'gone' | 'come', line: string): void => {
    if (block.kept !== '') {
      found.push(block)
      block = { gone: '', come: '', kept: '' }
    }
    block[part] += line
  }
  let [i, j] = [0, 0]
  while (i < old.length || j < now.length) {
    if (i < old.length && j < now.length && old[i] === now[j]) {
      block.kept += old[i]
      i += 1
      j += 1
    } else if (j >= now.length || (i < old.length && longest[i + 1]![j]! >= longest[i]![j + 1]!)) {
      change('gone', old[i]!)
      i += 1
    } else {
      change('come', now[j]!)
      j += 1
    }
  }
  return [...found, block]
}

/** Where the inserted pieces stand in the new text; what only went is an empty place. */
export function placesOf(changes: readonly TextChange[]): { from: number; to: number }[] {
  let moved = 0
  return changes.map(({ from, to, insert }) => {
    const at = from + moved
    moved += insert.length - (to - from)
    return { from: at, to: at + insert.length }
  })
}

/** A text in three: what it has in common with another one in front and behind, and what differs between, by words. */
export function differing(text: string, other: string): [head: string, middle: string, tail: string] {
  const words = (value: string): string[] => value.split(/(?<=\s)/)
  const [mine, theirs] = [words(text), words(other)]
  let head = 0
  while (head < Math.min(mine.length, theirs.length) && mine[head] === theirs[head]) head += 1
  let tail = 0
  while (tail < Math.min(mine.length, theirs.length) - head && mine.at(-1 - tail) === theirs.at(-1 - tail))
    tail += 1
  return [
    mine.slice(0, head).join(''),
    mine.slice(head, mine.length - tail).join(''),
    mine.slice(mine.length - tail).join(''),
  ]
}
