/** What must hold for every graph before it goes to a server. Pure. */
import type { Graph, WorkflowProblem } from './types.ts'

export const GRAPH_LIMITS = { nodes: 500, bytes: 1024 * 1024, depth: 32 } as const

const FORBIDDEN_KEYS = new Set(['__proto__', 'constructor', 'prototype'])

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** True for an input value that refers to another node's output. */
export const isLink = (value: unknown): value is [string, number] =>
  Array.isArray(value) && value.length === 2 && typeof value[0] === 'string' && typeof value[1] === 'number'

/** True for text that, taken as a file name, leaves its folder: absolute, drive, share, `..` or NUL. */
export const isUnsafePath = (text: string): boolean =>
  text.includes('\0') ||
  /^([\\/]|~[\\/]|[A-Za-z]:([\\/]|$))/.test(text) ||
  text.split(/[\\/]/).some((part) => part.trim() === '..')

/** The editor's own format (nodes as an array, positions, widgets), which servers cannot run. */
export const isEditorFormat = (value: unknown): boolean =>
  isObject(value) && Array.isArray(value.nodes) && ('links' in value || 'last_node_id' in value)

/** Problems with numbers (rounded or not finite), keys and depth anywhere in a JSON value. */
function* valueProblems(value: unknown, path: string, depth: number): Generator<WorkflowProblem> {
  if (depth > GRAPH_LIMITS.depth) {
    yield { path, message: `nested deeper than ${GRAPH_LIMITS.depth} levels` }
  } else if (typeof value === 'number') {
    if (!Number.isFinite(value)) yield { path, message: 'is not a finite number' }
    else if (Number.isInteger(value) && !Number.isSafeInteger(value))
      yield {
        path,
        message: `unsafe integer: ${value} would be rounded`,
        hint: `use at most ${Number.MAX_SAFE_INTEGER}`,
      }
  } else if (typeof value === 'object' && value !== null) {
    for (const [key, member] of Object.entries(value)) {
      if (FORBIDDEN_KEYS.has(key)) yield { path: `${path}.${key}`, message: 'this name is not allowed' }
      else yield* valueProblems(member, `${path}.${key}`, depth + 1)
    }
  }
}

/** A cycle among the links as node ids in order (first = last), or null. Iterative: graphs come from outside. */
export function findCycle(graph: Graph): string[] | null {
  const state = new Map<string, 'open' | 'done'>()
  for (const start of Object.keys(graph)) {
    if (state.has(start)) continue
    const stack: { id: string; sources: string[] }[] = []
    const enter = (id: string): void => {
      state.set(id, 'open')
      const sources = Object.values(graph[id]?.inputs ?? {})
        .filter(isLink)
        .map(([source]) => source)
      stack.push({ id, sources })
    }
    enter(start)
    for (let top = stack.at(-1); top; top = stack.at(-1)) {
      const next = top.sources.pop()
      if (next === undefined) {
        state.set(top.id, 'done')
        stack.pop()
      } else if (state.get(next) === 'open') {
        const from = stack.findIndex(({ id }) => id === next)
        return [...stack.slice(from).map(({ id }) => id), next]
      } else if (!state.has(next) && Object.hasOwn(graph, next)) enter(next)
    }
  }
  return null
}

/**
 * Checks shape, size, links, numbers and file names of a graph.
 * @param freeTexts inputs (`node id`, `input`) that carry prose, which may begin with a slash
 */
export function checkGraph(
  graph: unknown,
  path = 'graph',
  freeTexts: ReadonlySet<string> = new Set(),
): WorkflowProblem[] {
  if (isEditorFormat(graph))
    return [
      {
        path,
        message: 'is in the format of the ComfyUI editor, which servers cannot run',
        hint: 'use "Export (API)" in the editor',
      },
    ]
  if (!isObject(graph)) return [{ path, message: 'must be an object of nodes' }]
  const ids = Object.keys(graph)
  if (ids.length === 0) return [{ path, message: 'has no nodes' }]
  if (ids.length > GRAPH_LIMITS.nodes)
    return [{ path, message: `has ${ids.length} nodes`, hint: `at most ${GRAPH_LIMITS.nodes}` }]

  const problems = [...valueProblems(graph, path, 0)]
  if (problems.length > 0) return problems
  if (Buffer.byteLength(JSON.stringify(graph)) > GRAPH_LIMITS.bytes)
    return [{ path, message: 'is larger than 1 MiB' }]

  for (const [id, node] of Object.entries(graph)) {
    const at = `${path}.${id}`
    if (
      !isObject(node) ||
      typeof node.class_type !== 'string' ||
      node.class_type === '' ||
      !isObject(node.inputs)
    ) {
      problems.push({
        path: at,
        message: 'is not a node',
        hint: '{ "class_type": "...", "inputs": { ... } }',
      })
      continue
    }
    for (const [input, value] of Object.entries(node.inputs)) {
      const here = `${at}.inputs.${input}`
      if (Array.isArray(value)) {
        if (!isLink(value) || !Number.isInteger(value[1]) || value[1] < 0)
          problems.push({
            path: here,
            message: 'is neither a link nor a plain value',
            hint: 'a link is ["node id", output index]; a list as a value is { "__value__": [...] }',
          })
        else if (!Object.hasOwn(graph, value[0]))
          problems.push({ path: here, message: `links to node "${value[0]}", which is not in the graph` })
      } else if (typeof value === 'string' && isUnsafePath(value) && !freeTexts.has(inputKey(id, input)))
        problems.push({
          path: here,
          message: 'unsafe path',
          hint: 'name files relative to the folder of the server',
        })
    }
  }
  if (problems.length > 0) return problems
  const cycle = findCycle(graph as Graph)
  return cycle ? [{ path, message: `nodes depend on each other: ${cycle.join(' <- ')}` }] : []
}

/** Key of one input of one node, for sets. */
export const inputKey = (nodeId: string, input: string): string => JSON.stringify([nodeId, input])
