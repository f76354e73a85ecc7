/** Puts another document into a text that people wrote: what is the same in both stays as it is written. */
import { type Document, isSeq, parseDocument } from 'yaml'
import { idsOf, isFields, same } from './merge.ts'
import { toText } from './text.ts'

type Path = readonly (string | number)[]

/** The text changed so that it reads as `to`; comments and the order of keys stay where nothing changed. */
export function withDocument(text: string, to: unknown): string {
  try {
    const document = parseDocument(text, { keepSourceTokens: true })
    const from: unknown = document.toJS()
    if (document.errors.length > 0 || !isFields(from)) return toText(to)
    if (same(from, to)) return text
    put(document, [], from, to)
    const changed = document.toString({ lineWidth: 0 })
    return same(parseDocument(changed).toJS(), to) ? changed : toText(to)
  } catch {
    // Texts with anchors cannot always be changed at one place only.
    return toText(to)
  }
}

function put(document: Document, path: Path, from: unknown, to: unknown): void {
  if (same(from, to)) return
  const [fromIds, toIds] = [idsOf(from), idsOf(to)]
  if (isFields(from) && isFields(to)) {
    for (const key of Object.keys(from)) if (to[key] === undefined) document.deleteIn([...path, key])
    for (const [key, value] of Object.entries(to))
      if (value !== undefined) put(document, [...path, key], from[key], value)
  } else if (fromIds && toIds && fromIds.length > 0) {
    for (const [at, id] of fromIds.entries()) {
      const next = toIds.indexOf(id)
      if (next !== -1) put(document, [...path, at], (from as unknown[])[at], (to as unknown[])[next])
    }
    const list = document.getIn(path)
    if (!isSeq(list)) throw new Error('there is no list there')
    const nodes = toIds.map((id, at) => {
      const before = fromIds.indexOf(id)
      return before === -1 ? document.createNode((to as unknown[])[at]) : list.items[before]
    })
    list.items.splice(0, list.items.length, ...nodes)
  } else document.setIn(path, document.createNode(to))
}
