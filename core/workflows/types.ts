/** A workflow as data: a ComfyUI graph, its typed parameters and its outputs. */

export type GraphNode = {
  class_type: string
  inputs: Record<string, unknown>
  _meta?: { title?: string; [key: string]: unknown }
}

/** API form: node id -> node. A link is `[node id, output index]`; anything else is a literal. */
export type Graph = Record<string, GraphNode>

export type ParameterRole =
  | 'prompt'
  | 'negative_prompt'
  | 'seed'
  | 'width'
  | 'height'
  | 'frames'
  | 'fps'
  | 'duration'
  | 'reference_image'
  | 'end_image'
  | 'mask'
  | 'reference_video'
  | 'audio'
  | 'steps'
  | 'cfg'
  | 'strength'
  | 'model'
  | 'lora'
  | 'custom'

export type ParameterType =
  | 'string'
  | 'text'
  | 'integer'
  | 'number'
  | 'boolean'
  | 'enum'
  | 'image'
  | 'video'
  | 'audio'

export type Transform =
  /** Nearest multiple of `n`, never below `n`. */
  | { op: 'multiple_of'; n: number }
  /** Next count of the form `stride * k + offset` that is not smaller: models want 4k+1, 8k+1 ... frames. */
  | { op: 'frames'; stride: number; offset: number }
  | { op: 'offset'; by: number }
  | { op: 'wrap'; before: string; after: string }
  | { op: 'scale'; by: number }
  /** The name under which the engine stored an uploaded file. Implied for media types. */
  | { op: 'uploaded_name' }

export type Target = { node_id: string; input: string; transform?: Transform }

export type Parameter = {
  name: string
  role: ParameterRole
  type: ParameterType
  required?: boolean
  default?: unknown
  min?: number
  max?: number
  step?: number
  max_length?: number
  values?: string[]
  targets: Target[]
}

export type OutputKind = 'image' | 'video' | 'audio'
export type Output = { name: string; node_id: string; kind: OutputKind; primary: boolean }

export type PictureSize = { width: number; height: number }

/** A workflow file as written. */
export type WorkflowDocument = {
  slug: string
  name: string
  description?: string
  category: string
  tags?: string[]
  /** Which kind of server runs it. */
  engine: 'comfyui' | 'preview'
  /** Oldest server release that runs it. */
  min_version?: string
  /** Picture sizes that the model was trained for; absent when it takes any. */
  sizes?: PictureSize[]
  graph: Graph
  parameters: Parameter[]
  outputs: Output[]
}

/** A checked workflow with what is computed from it. Never changed after loading. */
export type WorkflowTemplate = Readonly<WorkflowDocument> & {
  /** Node classes the server must have, sorted, unique. */
  readonly requires: readonly string[]
  /** Model files named in the graph, sorted, unique. */
  readonly models: readonly string[]
  /** sha256 (hex) of the canonical graph, titles left out. */
  readonly digest: string
  readonly primaryOutput: Output
  /** Where it was read from, for people. */
  readonly file: string
}

/** One thing wrong with a workflow: where, what, and what would be right. */
export type WorkflowProblem = { path: string; message: string; hint?: string }

/** `code` `workflow_invalid`: the file or the values given do not fit; every problem is listed. */
export class WorkflowError extends Error {
  readonly code = 'workflow_invalid'
  readonly file: string | null
  readonly problems: readonly WorkflowProblem[]
  constructor(file: string | null, problems: readonly WorkflowProblem[]) {
    const lines = problems.map(
      ({ path, message, hint }) => `${path ? `${path}: ` : ''}${message}${hint ? ` (${hint})` : ''}`,
    )
    super(`${file ? `${file}: ` : ''}${lines.slice(0, 10).join('; ')}`)
    this.name = 'WorkflowError'
    this.file = file
    this.problems = problems
  }
}
