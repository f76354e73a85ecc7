/** What is wrong with a storyboard, and where. */

/** Keys and indexes from the root to a place in the document. */
export type Path = readonly (string | number)[]

/** A place in the text that was parsed. Line and columns count from 1; `endColumn` is one past the end on that line. */
export type Location = {
  line: number
  column: number
  endColumn: number
  /** The source line; part of it when it is very long, and then `sourceColumn` is the place within. */
  source: string
  sourceColumn?: number
}

export type Problem = {
  /** `scenes[0].audio.sfx[1].asset_id`, `transitions["a->b"]`; empty for the document as a whole. */
  path: string
  /** What is wrong, and what would be right. */
  message: string
  /** Stable: rule and word, e.g. `V10_scene_unknown`. */
  code: string
  value?: unknown
  valid_values?: readonly (string | number)[]
  limit?: number
} & Partial<Location>

export type Warning = { path: string; message: string; code: string } & Partial<Location>

const PLAIN_KEY = /^[A-Za-z_][A-Za-z0-9_]*$/

/** `['scenes', 0, 'prompt']` as `scenes[0].prompt`; keys with other characters as `["a->b"]`. */
export function formatPath(path: Path): string {
  let text = ''
  for (const part of path) {
    if (typeof part === 'number') text += `[${part}]`
    else if (!PLAIN_KEY.test(part)) text += `[${JSON.stringify(part)}]`
    else text += text === '' ? part : `.${part}`
  }
  return text
}
