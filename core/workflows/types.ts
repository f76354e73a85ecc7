/** A workflow as data: a ComfyUI graph, its typed parameters and its outputs. */

import type { Output, Parameter, Workflow } from '../../schemas/types.ts'
import type { Weight } from './models.ts'

export type ParameterRole = Parameter['role']
export type { Output, Parameter, Size as PictureSize, Transform } from '../../schemas/types.ts'

export type GraphNode = {
  class_type: string
  inputs: Record<string, unknown>
  _meta?: { title?: string; [key: string]: unknown }
}

/** API form: node id -> node. A link is `[node id, output index]`; anything else is a literal. */
export type Graph = Record<string, GraphNode>

/** A workflow file as written. */
export type WorkflowDocument = Omit<Workflow, 'graph'> & { graph: Graph }

/** A checked workflow with what is computed from it. Never changed after loading. */
export type WorkflowTemplate = Readonly<WorkflowDocument> & {
  /** Node classes the server must have, sorted, unique. */
  readonly requires: readonly string[]
  /** Model files named in the graph, sorted, unique. */
  readonly models: readonly string[]
  /** What the lists of weights say of these files. */
  readonly weights: readonly Weight[]
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
