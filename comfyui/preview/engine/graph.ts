import { createHash } from 'node:crypto'
import type { Folders } from './folders.ts'
import { fingerprint } from './nodes.ts'
import type { Graph, Json } from './types.ts'

export const isLink = (value: Json): value is [Json, Json] => Array.isArray(value) && value.length === 2

/** Nodes that the wanted outputs need, each after its sources. The graph has no cycles (validation saw to it). */
export function runOrder(graph: Graph, outputs: readonly string[]): string[] {
  const order: string[] = []
  const seen = new Set<string>()
  const visit = (id: string): void => {
    if (seen.has(id)) return
    seen.add(id)
    for (const value of Object.values(graph[id]!.inputs)) {
      // Inputs a class does not know are ignored, wherever they point.
      if (isLink(value) && Object.hasOwn(graph, String(value[0]))) visit(String(value[0]))
    }
    order.push(id)
  }
  for (const id of outputs) visit(id)
  return order
}

/** A content key for each node: its class, its inputs, the keys of its sources and the bytes of files it reads. */
export async function nodeKeys(
  graph: Graph,
  order: readonly string[],
  folders: Folders,
): Promise<ReadonlyMap<string, string>> {
  const keys = new Map<string, string>()
  for (const id of order) {
    const { class_type: classType, inputs } = graph[id]!
    const named = Object.entries(inputs)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, value]) => [name, isLink(value) ? [keys.get(String(value[0])) ?? null, value[1]] : value])
    const files = await fingerprint(classType, inputs, folders)
    keys.set(
      id,
      createHash('sha256')
        .update(JSON.stringify([classType, named, files]))
        .digest('hex'),
    )
  }
  return keys
}
