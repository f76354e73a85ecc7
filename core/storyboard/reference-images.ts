/**
 * Reference images in files. A storyboard file may name a picture beside it (`file:images/mara.jpg`); whoever renders
 * the file uploads it as an asset and puts the asset's id in its place, so that the document which is kept and rendered
 * never depends on somebody's disk.
 */
import { imageUses } from './rules/assets.ts'

const MAX_PATH_LENGTH = 500

/**
 * The relative path that a `file:` id names, with forward slashes; null for any other id, and for paths that are
 * absolute, climb out of the storyboard's folder, or hold characters that mean something elsewhere.
 */
export function localImagePath(id: string): string | null {
  if (!id.startsWith('file:') || id.length > MAX_PATH_LENGTH) return null
  const path = id.slice('file:'.length).replace(/^\.\//, '')
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is refused here
  if (path === '' || path.startsWith('/') || /[\\:\x00-\x1f]/.test(path)) return null
  return path.split('/').some((part) => part === '' || part === '.' || part === '..') ? null : path
}

/** Every `file:` id in a document, each once. */
export function localImageIds(document: unknown): string[] {
  return [...new Set(Array.from(imageUses(document), ({ id }) => id))].filter((id) => id.startsWith('file:'))
}

/** A copy of the document with image ids exchanged: `ids` maps old to new, others stay. */
export function withImageIds<T>(document: T, ids: ReadonlyMap<string, string>): T {
  const copy = structuredClone(document)
  for (const { path } of imageUses(document)) {
    let holder = copy as Record<string | number, unknown>
    for (const part of path.slice(0, -1)) holder = holder[part] as Record<string | number, unknown>
    const replaced = ids.get(holder.id as string)
    if (replaced !== undefined) holder.id = replaced
  }
  return copy
}
