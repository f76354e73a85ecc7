/** The shapes of the ComfyUI API, as far as the preview engine speaks it. */

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json }
export type JsonObject = { [key: string]: Json }

export type GraphNode = { class_type: string; inputs: JsonObject; _meta?: JsonObject }
export type Graph = Record<string, GraphNode>

/** Why a node was refused, as `/prompt` reports it. */
export type NodeFault = { type: string; message: string; details: string; extra_info: JsonObject }
export type NodeErrors = Record<
  string,
  { errors: NodeFault[]; dependent_outputs: string[]; class_type: string }
>

export type FileItem = { filename: string; subfolder: string; type: 'output' | 'temp' | 'input' }
/** What a node shows: arrays by key, as in `executed` and `/history`. */
export type NodeOutput = { images: FileItem[]; animated?: boolean[] }

/** `[number, prompt_id, graph, extra_data, output node ids]` */
export type QueueItem = readonly [
  number: number,
  id: string,
  graph: Graph,
  extra: JsonObject,
  outputs: string[],
]

export type ExecutionMessage = readonly [type: string, data: JsonObject]

export type HistoryEntry = {
  prompt: QueueItem
  outputs: Record<string, NodeOutput>
  status: { status_str: 'success' | 'error'; completed: boolean; messages: ExecutionMessage[] }
  meta: Record<string, { node_id: string; display_node: string; parent_node: null; real_node_id: string }>
}
