/** Matching the model files a graph names with those a server lists. Pure. */
import type { Graph } from '../../core/workflows/types.ts'

type Json = Record<string, unknown>
const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const MODEL_FILE = /\.(safetensors|sft|ckpt|pth?|bin|gguf|onnx)$/i

/** Choices of a node's input, in either form servers use; null when it is not a choice. */
export function choicesOf(info: Json, input: string): string[] | null {
  const groups = isObject(info.input) ? [info.input.required, info.input.optional] : []
  for (const group of groups) {
    const spec = isObject(group) ? group[input] : undefined
    if (!Array.isArray(spec)) continue
    const [type, options] = spec
    const list = Array.isArray(type) ? type : isObject(options) ? options.options : null
    if (Array.isArray(list)) return list.filter((item): item is string => typeof item === 'string')
  }
  return null
}

/** True when a node of this class names a model file: its definition then lists the files that the server has. */
export const namesModels = (graph: Graph, classType: string): boolean =>
  Object.values(graph).some(
    ({ class_type, inputs }) =>
      class_type === classType &&
      Object.values(inputs).some((value) => typeof value === 'string' && MODEL_FILE.test(value)),
  )

export type ModelMatch = {
  /** Where the server lists the file in a sub-folder: node, input, and the name to use. */
  renames: { nodeId: string; input: string; value: string }[]
  missing: string[]
}

const baseName = (path: string): string => path.split(/[\\/]/).at(-1) ?? path

/** Servers compare names exactly, sub-folder included; so a file is found by its own name and taken as listed. */
export function matchModels(graph: Graph, infoOf: (classType: string) => Json | null): ModelMatch {
  const match: ModelMatch = { renames: [], missing: [] }
  for (const [nodeId, node] of Object.entries(graph)) {
    for (const [input, value] of Object.entries(node.inputs)) {
      if (typeof value !== 'string' || !MODEL_FILE.test(value)) continue
      const choices = choicesOf(infoOf(node.class_type) ?? {}, input)
      if (!choices || choices.includes(value)) continue
      const listed = choices.find((choice) => baseName(choice) === baseName(value))
      if (listed) match.renames.push({ nodeId, input, value: listed })
      else match.missing.push(value)
    }
  }
  return match
}
