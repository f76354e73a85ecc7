/** Three-way merge of two people's changes, by field. Pure. */

type Json = unknown
type Fields = Record<string, Json>

export const isFields = (value: Json): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Equal whatever the order of keys, which the database does not keep. */
export function same(a: Json, b: Json): boolean {
  if (a === b || (a == null && b == null)) return true
  if (Array.isArray(a) && Array.isArray(b))
    return a.length === b.length && a.every((item, at) => same(item, b[at]))
  if (!isFields(a) || !isFields(b)) return false
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].every((key) => same(a[key], b[key]))
}

/** A field that both changed to different values, such as `scenes[sea].prompt`. Undefined: it was taken out. */
export type Conflict = { path: string; before: Json; mine: Json; theirs: Json }

export type Merged = {
  document: Json
  /** What `settle` was asked about. */
  conflicts: Conflict[]
  /** Nothing of mine is in it. */
  isTheirs: boolean
}

/** Lists whose elements have an id are merged by that id: a scene moved by one and reworded by the other goes together. */
const idOf = (value: Json): string | null =>
  isFields(value) && typeof value.id === 'string' ? value.id : null

export function idsOf(value: Json): string[] | null {
  if (!Array.isArray(value)) return null
  const ids = value.map(idOf)
  return ids.every((id) => id !== null) && new Set(ids).size === ids.length ? (ids as string[]) : null
}

/**
 * @param base what both began with
 * @param settle the value of a field that both changed; mine, when it is left out
 * @returns the document with both people's changes
 */
export function merge(
  base: Json,
  mine: Json,
  theirs: Json,
  settle: (conflict: Conflict) => Json = (conflict) => conflict.mine,
): Merged {
  const conflicts: Conflict[] = []
  const document = mergeAt(base, mine, theirs, '', (conflict) => {
    conflicts.push(conflict)
    return settle(conflict)
  })
  return { document, conflicts, isTheirs: same(document, theirs) }
}

type Settle = (conflict: Conflict) => Json

function mergeAt(base: Json, mine: Json, theirs: Json, path: string, settle: Settle): Json {
  if (same(mine, theirs) || same(base, theirs)) return mine
  if (same(base, mine)) return theirs
  if (isFields(mine) && isFields(theirs))
    return mergeFields(isFields(base) ? base : {}, mine, theirs, path, settle)
  const [baseIds, myIds, theirIds] = [idsOf(base), idsOf(mine), idsOf(theirs)]
  if (baseIds && myIds && theirIds)
    return mergeLists([base, baseIds], [mine, myIds], [theirs, theirIds], path, settle)
  return settle({ path, before: base, mine, theirs })
}

function mergeFields(base: Fields, mine: Fields, theirs: Fields, path: string, settle: Settle): Fields {
  const merged: Fields = {}
  for (const key of new Set([...Object.keys(mine), ...Object.keys(theirs)])) {
    const value = mergeAt(base[key], mine[key], theirs[key], path === '' ? key : `${path}.${key}`, settle)
    if (value !== undefined) merged[key] = value
  }
  return merged
}

type List = readonly [list: Json, ids: readonly string[]]

function mergeLists(base: List, mine: List, theirs: List, path: string, settle: Settle): Json[] {
  const element = ([list, ids]: List, id: string): Json => {
    const at = ids.indexOf(id)
    return at === -1 ? undefined : (list as Json[])[at]
  }
  // The order of whoever changed it; mine when both did, which loses nothing of either's elements.
  const isMyOrder = !same(base[1], mine[1])
  const [first, second] = isMyOrder ? [mine[1], theirs[1]] : [theirs[1], mine[1]]
  const order = [...first]
  for (const [at, id] of second.entries()) {
    if (order.includes(id)) continue
    const before = second[at - 1]
    const place = before === undefined ? 0 : order.indexOf(before) + 1
    order.splice(place === 0 && at > 0 ? order.length : place, 0, id)
  }
  return order.flatMap((id) => {
    const value = mergeAt(element(base, id), element(mine, id), element(theirs, id), `${path}[${id}]`, settle)
    return value === undefined ? [] : [value]
  })
}
