/** From a parsed workflow file to a template: what the schema cannot say. Pure. */
import { graphDigest } from './canonical.ts'
import { checkGraph, inputKey, isLink } from './graph.ts'
import { freeTextInputs, removeNodes, transformProblem, valueProblem } from './inject.ts'
import { type ModelList, weightsOf } from './models.ts'
import type { Parameter, WorkflowDocument, WorkflowProblem, WorkflowTemplate } from './types.ts'

const MODEL_FILE = /\.(safetensors|sft|ckpt|pth?|bin|gguf|onnx)$/i

/** Problems of a document that already has the shape of the schema. */
export function checkWorkflow(document: WorkflowDocument): WorkflowProblem[] {
  const { graph, parameters, outputs } = document
  const problems = checkGraph(graph, 'graph', freeTextInputs(parameters))
  if (problems.length > 0) return problems

  const names = new Set<string>()
  const filledBy = new Map<string, string>()
  parameters.forEach((parameter, index) => {
    const path = `parameters[${index}]`
    if (names.has(parameter.name))
      problems.push({ path: `${path}.name`, message: `"${parameter.name}" is used twice` })
    names.add(parameter.name)
    problems.push(...parameterProblems(parameter, path))
    parameter.targets.forEach((target, place) => {
      const at = `${path}.targets[${place}]`
      const node = Object.hasOwn(graph, target.node_id) ? graph[target.node_id] : undefined
      const key = inputKey(target.node_id, target.input)
      if (!node)
        problems.push({
          path: `${at}.node_id`,
          message: `there is no node "${target.node_id}" in the graph`,
          hint: `one of ${Object.keys(graph).slice(0, 20).join(', ')}`,
        })
      else if (!Object.hasOwn(node.inputs, target.input))
        problems.push({
          path: `${at}.input`,
          message: `node "${target.node_id}" has no input "${target.input}"`,
          hint: `one of ${Object.keys(node.inputs).join(', ')}`,
        })
      else if (isLink(node.inputs[target.input]))
        problems.push({
          path: `${at}.input`,
          message: 'holds a link',
          hint: 'a parameter fills a plain value',
        })
      else if (filledBy.has(key))
        problems.push({ path: at, message: `is filled by parameter "${filledBy.get(key)}" already` })
      filledBy.set(key, parameter.name)
      const problem = target.transform && transformProblem(parameter.type, target.transform)
      if (problem) problems.push({ path: `${at}.transform`, message: problem })
    })
    problems.push(...removalProblems(document, parameter, path))
  })

  outputs.forEach(({ node_id }, index) => {
    if (!Object.hasOwn(graph, node_id))
      problems.push({
        path: `outputs[${index}].node_id`,
        message: `there is no node "${node_id}" in the graph`,
      })
  })
  const primaries = outputs.filter(({ primary }) => primary).length
  if (primaries !== 1)
    problems.push({
      path: 'outputs',
      message: `${primaries} outputs are primary`,
      hint: 'exactly one must be',
    })
  return problems
}

/** What a parameter takes out of the graph when it has no value must not take anything else with it. */
function removalProblems(
  { graph, outputs }: WorkflowDocument,
  { required, default: fallback, remove_if_absent: removed, targets }: Parameter,
  path: string,
): WorkflowProblem[] {
  if (!removed) return []
  const at = `${path}.remove_if_absent`
  if (required || fallback !== undefined)
    return [{ path: at, message: 'never happens', hint: 'only a parameter without a default can be absent' }]
  const wrong = removed.filter((id) => !Object.hasOwn(graph, id) || outputs.some((out) => out.node_id === id))
  if (wrong.length > 0)
    return [
      {
        path: at,
        message: `${wrong.map((id) => `"${id}"`).join(', ')} cannot be removed`,
        hint: 'name nodes of the graph that are no outputs',
      },
    ]
  const kept = targets.find(({ node_id }) => !removed.includes(node_id))
  if (kept) return [{ path: at, message: `leaves the target "${kept.node_id}" without a value` }]
  return checkGraph(removeNodes(graph, removed), 'graph')
    .slice(0, 1)
    .map(({ path: place, message }) => ({ path: at, message: `would leave ${place}: ${message}` }))
}

function parameterProblems(parameter: Parameter, path: string): WorkflowProblem[] {
  const { type, required, min, max, values } = parameter
  const problems: WorkflowProblem[] = []
  if (type === 'enum' && !values)
    problems.push({ path, message: 'has no values', hint: 'an enum lists its values' })
  if (min !== undefined && max !== undefined && min > max)
    problems.push({ path, message: `min ${min} is larger than max ${max}` })
  if (parameter.default !== undefined) {
    if (required) problems.push({ path: `${path}.default`, message: 'a required parameter has no default' })
    const problem = valueProblem(parameter, parameter.default)
    if (problem) problems.push({ path: `${path}.default`, message: problem })
  }
  return problems
}

/** Adds what is computed. The document must have passed `checkWorkflow`. */
export function toTemplate(document: WorkflowDocument, file: string, list: ModelList): WorkflowTemplate {
  const primaryOutput = document.outputs.find(({ primary }) => primary)
  if (!primaryOutput) throw new TypeError('checkWorkflow first')
  const nodes = Object.values(document.graph)
  const models = nodes.flatMap(({ inputs }) =>
    Object.values(inputs).filter(
      (value): value is string => typeof value === 'string' && MODEL_FILE.test(value),
    ),
  )
  const sorted = (names: string[]): string[] => [...new Set(names)].sort()
  const files = sorted(models)
  return {
    ...document,
    requires: sorted(nodes.map(({ class_type }) => class_type)),
    models: files,
    weights: weightsOf(files, list),
    digest: graphDigest(document.graph),
    primaryOutput,
    file,
  }
}
