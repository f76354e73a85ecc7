/** Edits of several fields of the text at once: one edit is one step of undo. Pure. */
import { type Document, isCollection, isMap, isScalar, isSeq, parseDocument } from 'yaml'
import type { Storyboard } from '../api/client.ts'
import type { Path } from './text.ts'

/**
 * `value` undefined takes the field away, and what holds nothing then; `key` gives it another name; `insert` puts an element
 * into a list before the place that the path ends with; `place` moves an element within its list.
 */
export type Change =
  | { path: Path; value: unknown }
  | { path: Path; key: string }
  | { path: Path; insert: unknown }
  | { path: Path; place: number }

/**
 * The text with all changes made, in their order. Comments and the order of keys stay.
 * @throws Error when the text cannot be read
 */
export function withChanges(text: string, changes: readonly Change[]): string {
  const document = parseDocument(text, { keepSourceTokens: true })
  if (document.errors.length > 0) throw new Error('the text cannot be read')
  for (const change of changes) {
    if ('key' in change) rename(document, change.path, change.key)
    else if ('insert' in change) insert(document, change.path, change.insert)
    else if ('place' in change) move(document, change.path, change.place)
    else if (change.value === undefined) remove(document, change.path)
    else put(document, change.path, change.value)
  }
  return document.toString({ lineWidth: 0 })
}

function put(document: Document, path: Path, value: unknown): void {
  // `audio: null` says the same as no audio, and cannot hold anything.
  for (let length = 1; length < path.length; length += 1) {
    const above = path.slice(0, length)
    if (document.hasIn(above) && !isCollection(document.getIn(above, true))) document.deleteIn(above)
    if (!document.hasIn(above))
      document.setIn(above, document.createNode(typeof path[length] === 'number' ? [] : {}))
    const holder = document.getIn(above, true)
    // `{}` and `[]` on one line would put whole scenes on that line.
    if (isCollection(holder) && holder.items.length === 0) holder.flow = false
  }
  const old = document.getIn(path, true)
  if (isScalar(old) && (typeof value !== 'object' || value === null)) old.value = value
  else document.setIn(path, document.createNode(value))
}

/** The list that an element stands in, and the element's place. */
function listOf(document: Document, path: Path): { items: unknown[]; at: number } | null {
  const list = document.getIn(path.slice(0, -1), true)
  return isSeq(list) ? { items: list.items, at: Number(path.at(-1)) } : null
}

function insert(document: Document, path: Path, value: unknown): void {
  const list = listOf(document, path)
  if (list && list.items.length > 0) list.items.splice(list.at, 0, document.createNode(value))
  else put(document, [...path.slice(0, -1), 0], value)
}

function move(document: Document, path: Path, to: number): void {
  const list = listOf(document, path)
  if (list) list.items.splice(to, 0, ...list.items.splice(list.at, 1))
}

function rename(document: Document, path: Path, to: string): void {
  const holder = document.getIn(path.slice(0, -1), true)
  if (!isMap(holder)) return
  const pair = holder.items.find(({ key }) => (isScalar(key) ? key.value : key) === path.at(-1))
  if (isScalar(pair?.key)) pair.key.value = to
}

function remove(document: Document, path: Path): void {
  if (!document.hasIn(path)) return
  document.deleteIn(path)
  // Lists and groups of fields that are empty now go too, but never the scenes.
  for (let length = path.length - 1; length > 0; length -= 1) {
    const above = path.slice(0, length)
    const holder = document.getIn(above, true)
    const isEmpty = (isMap(holder) || isSeq(holder)) && holder.items.length === 0
    const mayGo = typeof above.at(-1) === 'string' && above.at(-1) !== 'scenes'
    if (!isEmpty || !mayGo) return
    document.deleteIn(above)
  }
}

type Json = unknown
type Fields = Record<string, Json>

const isFields = (value: Json): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** The document with all changes made: what `withChanges` makes of its text. Parts that do not change are shared. */
export function changed<T>(document: T, changes: readonly Change[]): T {
  let value: Json = document
  for (const change of changes) {
    if ('key' in change) value = renamedIn(value, change.path, change.key)
    else if ('insert' in change) value = listIn(value, change.path, inserted(change.insert))
    else if ('place' in change) value = listIn(value, change.path, moved(change.place))
    else if (change.value === undefined) value = removedIn(value, change.path)
    else value = putIn(value, change.path, change.value)
  }
  return value as T
}

function putIn(value: Json, [key, ...rest]: Path, wanted: Json): Json {
  if (key === undefined) return wanted
  if (typeof key === 'number') {
    const list = Array.isArray(value) ? [...value] : []
    list[key] = putIn(list[key], rest, wanted)
    return list
  }
  const fields = isFields(value) ? value : {}
  return { ...fields, [key]: putIn(fields[key], rest, wanted) }
}

function removedIn(value: Json, [key, ...rest]: Path): Json {
  if (typeof key === 'number') {
    if (!Array.isArray(value) || key >= value.length) return value
    if (rest.length === 0) return value.toSpliced(key, 1)
    return value.with(key, removedIn(value[key], rest))
  }
  if (key === undefined || !isFields(value) || !Object.hasOwn(value, key)) return value
  const { [key]: old, ...others } = value
  if (rest.length === 0) return others
  const next = removedIn(old, rest)
  const isEmpty = Array.isArray(next) ? next.length === 0 : isFields(next) && Object.keys(next).length === 0
  if (next !== old && isEmpty && key !== 'scenes') return others
  return { ...value, [key]: next }
}

type ListEdit = (list: readonly Json[], at: number) => Json[]

const inserted =
  (element: Json): ListEdit =>
  (list, at) =>
    list.toSpliced(at, 0, element)

const moved =
  (to: number): ListEdit =>
  (list, at) =>
    list.toSpliced(at, 1).toSpliced(to, 0, ...list.slice(at, at + 1))

/** The list that the path ends in, edited at the place that it names. */
function listIn(value: Json, [key, ...rest]: Path, edit: ListEdit): Json {
  if (rest.length === 0) return edit(Array.isArray(value) ? value : [], Number(key))
  if (typeof key === 'number')
    return Array.isArray(value) && key < value.length
      ? value.with(key, listIn(value[key], rest, edit))
      : value
  if (key === undefined) return value
  const fields = isFields(value) ? value : {}
  return { ...fields, [key]: listIn(fields[key], rest, edit) }
}

function renamedIn(value: Json, [key, ...rest]: Path, to: string): Json {
  if (typeof key === 'number')
    return Array.isArray(value) && key < value.length
      ? value.with(key, renamedIn(value[key], rest, to))
      : value
  if (key === undefined || !isFields(value)) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, held]) =>
      name !== key ? [name, held] : rest.length === 0 ? [to, held] : [name, renamedIn(held, rest, to)],
    ),
  )
}

const KEY = /\["((?:[^"\\]|\\.)*)"\]|\[(\d+)\]|([^.[\]]+)/g

/** `scenes[0].audio` or `transitions["a->b"]` as the path that it names. */
export function pathOf(text: string): (string | number)[] {
  return [...text.matchAll(KEY)].map(([, quoted, index, plain]) =>
    quoted !== undefined
      ? (JSON.parse(`"${quoted}"`) as string)
      : index !== undefined
        ? Number(index)
        : plain!,
  )
}

/** A scene gets another name, and so does every place that names it. */
export function renamedScene(document: Partial<Storyboard>, from: string, to: string): Change[] {
  const changes: Change[] = []
  for (const [index, scene] of (document.scenes ?? []).entries())
    if (scene?.id === from) changes.push({ path: ['scenes', index, 'id'], value: to })
  for (const [index, element] of (document.timeline ?? []).entries()) {
    if (element?.scene === from) changes.push({ path: ['timeline', index, 'scene'], value: to })
    for (const group of ['flashback', 'montage'] as const)
      for (const [at, id] of (element?.[group]?.scenes ?? []).entries())
        if (id === from) changes.push({ path: ['timeline', index, group, 'scenes', at], value: to })
  }
  for (const key of Object.keys(document.transitions ?? {})) {
    const pair = key.split('->')
    if (pair.length !== 2 || !pair.includes(from)) continue
    changes.push({ path: ['transitions', key], key: pair.map((id) => (id === from ? to : id)).join('->') })
  }
  return changes
}

/** Takes scenes away, and what names them: their joins and their places in the timeline. */
export function removedScenes(document: Partial<Storyboard>, ids: readonly string[]): Change[] {
  const gone = new Set(ids)
  const changes: Change[] = []
  for (const key of Object.keys(document.transitions ?? {}))
    if (key.split('->').some((id) => gone.has(id)))
      changes.push({ path: ['transitions', key], value: undefined })
  changes.push(...removedPlaces(document, ({ id }) => gone.has(id)))
  const scenes = document.scenes ?? []
  for (const at of [...scenes.keys()].reverse())
    if (gone.has(scenes[at]?.id ?? '')) changes.push({ path: ['scenes', at], value: undefined })
  return changes
}

/** A place of the timeline where a scene plays: an element, or one of the scenes of its group. */
export type Played = { id: string; index: number; at: number | null }

/** Takes places out of the written timeline, and the transitions that have nothing on one side then. */
export function removedPlaces(
  { timeline: written }: Partial<Storyboard>,
  isGone: (played: Played) => boolean,
): Change[] {
  const timeline = written ?? []
  const playedBy = timeline.map((element, index): Played[] =>
    element?.scene != null
      ? [{ id: element.scene, index, at: null }]
      : (element?.flashback?.scenes ?? element?.montage?.scenes ?? []).map((id, at) => ({ id, index, at })),
  )
  const left = timeline.map(
    (element, index) => element?.transition != null || playedBy[index]!.some((played) => !isGone(played)),
  )
  // A transition needs something on both sides, unless it was written as the film's beginning or end.
  for (const [index, element] of timeline.entries()) {
    if (element?.transition == null) continue
    const isEnd = index === 0 || index === timeline.length - 1
    const before = index === 0 ? -1 : left.lastIndexOf(true, index - 1)
    const hasAfter = timeline.some((other, at) => at > index && left[at] && other?.transition == null)
    const isAlone = index > 0 && (before === -1 || timeline[before]?.transition != null)
    if (isAlone || (!isEnd && !hasAfter)) left[index] = false
  }
  const changes: Change[] = []
  for (const index of [...timeline.keys()].reverse()) {
    if (!left[index]) {
      changes.push({ path: ['timeline', index], value: undefined })
      continue
    }
    const group = timeline[index]?.flashback ? 'flashback' : 'montage'
    for (const played of playedBy[index]!.toReversed())
      if (played.at !== null && isGone(played))
        changes.push({ path: ['timeline', index, group, 'scenes', played.at], value: undefined })
  }
  return changes
}

/** What several scenes have in a field: the value when all have the same, else that it differs. */
export function common<T>(values: readonly T[]): { value: T } | 'mixed' {
  const [first, ...rest] = values
  const text = JSON.stringify(first ?? null)
  return rest.every((value) => JSON.stringify(value ?? null) === text) ? { value: first as T } : 'mixed'
}
