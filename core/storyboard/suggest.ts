/** "Did you mean ...?": the closest of a few names. */

/** Longest name compared, and most names looked at: keeps hostile documents cheap. */
const MAX_LENGTH = 64
const MAX_CANDIDATES = 200

/** Edits (insert, delete, replace, swap of neighbours) from `a` to `b`; stops counting above `limit`. */
function editDistance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) > limit) return limit + 1
  let beforeLast: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1]
      let cost = Math.min(last[j]! + 1, row[j - 1]! + 1, last[j - 1]! + (same ? 0 : 1))
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        cost = Math.min(cost, beforeLast[j - 2]! + 1)
      row.push(cost)
    }
    if (Math.min(...row) > limit) return limit + 1
    beforeLast = last
    last = row
  }
  return last[b.length]!
}

/** Letters alone count: `Mara_1` and `mara-1` are the same slip. */
const plain = (text: string): string => text.toLowerCase().replace(/[\s_-]+/g, '_')

/**
 * The candidate that was probably meant, or null. One edit is forgiven for every three letters; a
 * candidate that holds the wrong name as a whole part (`ocean` in `asset_ambient_ocean`) counts too.
 */
export function closest(wrong: string, candidates: Iterable<string>): string | null {
  if (wrong.length === 0 || wrong.length > MAX_LENGTH) return null
  const wanted = plain(wrong)
  const limit = Math.floor(wanted.length / 3)
  let best: string | null = null
  let bestCost = Number.POSITIVE_INFINITY
  let seen = 0
  for (const candidate of candidates) {
    if (++seen > MAX_CANDIDATES) break
    if (candidate === wrong || candidate.length > MAX_LENGTH) continue
    const name = plain(candidate)
    const isPart = wanted.length >= 3 && (name.endsWith(`_${wanted}`) || wanted.endsWith(`_${name}`))
    const cost = isPart ? limit + 0.5 : editDistance(wanted, name, limit)
    if ((cost <= limit || isPart) && cost < bestCost) {
      best = candidate
      bestCost = cost
    }
  }
  return best
}

/** ` Did you mean "name"?` with its leading space, or nothing. */
export function didYouMean(
  wrong: string,
  candidates: Iterable<string>,
  show = (name: string) => `"${name}"`,
): string {
  const found = closest(wrong, candidates)
  return found === null ? '' : ` Did you mean ${show(found)}?`
}
