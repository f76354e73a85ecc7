import { catalogue } from '../engine/catalogue.ts'
import { type Engine, queueItem } from '../engine/engine.ts'
import type { Folders } from '../engine/folders.ts'
import { QUEUE_LIMIT } from '../engine/queue.ts'
import type { Graph, Json, JsonObject } from '../engine/types.ts'
import { MalformedGraph, validatePrompt } from '../engine/validate.ts'
import { json, plain, type Reply, Trouble } from './http.ts'

export const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

/** Keys of `extra_data` that hold a user's credentials: a server never shows them again, so they are not kept. */
const SECRETS = ['auth_token_comfy_org', 'api_key_comfy_org']

const refusal = (type: string, message: string, details: string): Reply =>
  json({ error: { type, message, details, extra_info: {} }, node_errors: {} }, 400)

/** `POST /prompt`: checks a graph and queues it. */
export function postPrompt(engine: Engine, folders: Folders, nowMs: number, body: unknown): Reply {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) throw new Trouble('not an object')
  const request = body as JsonObject
  const counter = engine.nextNumber()
  const number = priority(request, counter)
  if (!('prompt' in request)) return refusal('no_prompt', 'No prompt provided', 'No prompt provided')
  const given = request.prompt_id
  if (given !== undefined && given !== null && !(typeof given === 'string' && UUID.test(given))) {
    const how =
      'prompt_id must be a UUID string in canonical lowercase hyphenated form; omit it to let the server generate one'
    return refusal('invalid_prompt_id', 'prompt_id must be a valid UUID', how)
  }
  if (typeof request.prompt !== 'object' || request.prompt === null)
    throw new Trouble('the graph is not an object')
  const graph = structuredClone(request.prompt) as unknown as Graph
  const only = Array.isArray(request.partial_execution_targets)
    ? request.partial_execution_targets.map(String)
    : null
  const context = {
    nodes: catalogue(folders.inputs()),
    check: (_class: string, _input: string, value: Json) =>
      folders.annotated(String(value)) ? null : `Invalid image file: ${String(value)}`,
  }
  const checked = validate(graph, context, only)
  if (!checked.ok) return json({ error: checked.error, node_errors: checked.nodeErrors }, 400)
  if (engine.queue.waiting.length >= QUEUE_LIMIT)
    return plain(503, '503 Service Unavailable\n\nThe queue is full')
  const id = typeof given === 'string' ? given : engine.newId()
  const extra = { ...((request.extra_data as JsonObject | undefined) ?? {}) }
  for (const secret of SECRETS) delete extra[secret]
  if (request.client_id !== undefined && request.client_id !== null)
    extra.client_id = String(request.client_id)
  engine.submit(queueItem(number, id, graph, extra, checked.outputs, nowMs))
  return json({ prompt_id: id, number, node_errors: checked.nodeErrors })
}

function validate(...args: Parameters<typeof validatePrompt>): ReturnType<typeof validatePrompt> {
  try {
    return validatePrompt(...args)
  } catch (error) {
    if (error instanceof MalformedGraph) throw new Trouble(error.message)
    throw error
  }
}

function priority(request: JsonObject, counter: number): number {
  if ('number' in request) {
    const number = Number(request.number)
    if (!Number.isFinite(number)) throw new Trouble('not a number')
    return number
  }
  return request.front ? -counter : counter
}
