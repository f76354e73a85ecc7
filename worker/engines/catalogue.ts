/** A server's list of node classes made short: what is installed, from where, and which files may be chosen. Pure. */
import { choicesOf } from './comfyui-models.ts'

export type CatalogueNode = {
  /** Package of custom nodes; null: ComfyUI's own. */
  pack: string | null
  /** Files that may be chosen, by input. */
  files: Record<string, string[]>
}

const FILE = /\.[a-z0-9]{2,12}$/i
/** Long lists are cut: the page is for people. */
const MOST_FILES = 500

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Package named by a class's module: `custom_nodes.<package>`. */
export function packOf(info: Record<string, unknown>): string | null {
  const module = typeof info.python_module === 'string' ? info.python_module : ''
  return /^custom_nodes\.([^.]+)/.exec(module)?.[1] ?? null
}

export function summarise(catalogue: Record<string, unknown>): Record<string, CatalogueNode> {
  const nodes: Record<string, CatalogueNode> = {}
  for (const [name, info] of Object.entries(catalogue)) {
    if (!isObject(info)) continue
    const files: Record<string, string[]> = {}
    const groups = isObject(info.input) ? [info.input.required, info.input.optional] : []
    for (const input of groups.flatMap((group) => (isObject(group) ? Object.keys(group) : []))) {
      const choices = (choicesOf(info, input) ?? []).filter((choice) => FILE.test(choice))
      if (choices.length > 0) files[input] = choices.slice(0, MOST_FILES)
    }
    nodes[name] = { pack: packOf(info), files }
  }
  return nodes
}
