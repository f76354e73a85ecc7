/**
 * The storyboard as text. One YAML text is the document: board, inspector and source are views of it, and an edit of a
 * view is an edit of the text that keeps its comments and the order of its keys.
 */
import { isCollection, parseDocument, stringify } from 'yaml'

export type Path = readonly (string | number)[]

/** Keys as people write them: what is read first comes first. Unknown ones follow, as they came. */
const ORDER: readonly string[] = [
  'title',
  'id',
  'prompt',
  'positive',
  'negative',
  'duration',
  'order',
  'asset_id',
  'start',
  'volume',
  'type',
  'global_prompt',
  'global_audio',
  'symbols',
  'transition_presets',
  'scenes',
  'audio',
  'transitions',
  'timeline',
]

function ordered(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(ordered)
  if (typeof value !== 'object' || value === null) return value
  const rank = (key: string): number => {
    const at = ORDER.indexOf(key)
    return at === -1 ? ORDER.length : at
  }
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => rank(a) - rank(b))
      .map(([key, item]) => [key, ordered(item)]),
  )
}

/** A document from the server, which keeps no text, as YAML to read and write. */
export const toText = (document: unknown): string => stringify(ordered(document), { lineWidth: 0, indent: 2 })

/** The text with the element of the list at `path` moved from one place to another. */
export function withMoved(text: string, path: Path, from: number, to: number): string {
  const document = parseDocument(text, { keepSourceTokens: true })
  if (document.errors.length > 0) throw new Error('the text cannot be read')
  const list = document.getIn(path, true) as { items: unknown[] } | undefined
  if (!list || !Array.isArray(list.items)) throw new Error('there is no list there')
  const [item] = list.items.splice(from, 1)
  if (item === undefined) throw new Error('there is no such element')
  list.items.splice(to, 0, item)
  return document.toString({ lineWidth: 0 })
}

/**
 * The text laid out as the studio writes it: two spaces a level, one space after a colon. Comments, order and quotes stay;
 * a text that is JSON becomes YAML.
 * @throws Error when the text cannot be read
 */
export function formatted(text: string): string {
  const document = parseDocument(text, { keepSourceTokens: true })
  if (document.errors.length > 0) throw new Error('the text cannot be read')
  if (isCollection(document.contents) && document.contents.flow) return toText(document.toJS())
  return document.toString({ lineWidth: 0, indent: 2, flowCollectionPadding: false })
}
