/** From a parsed workflow file to a template: what the schema cannot say. Pure. */
import { graphDigest } from './canonical.ts'
import { checkGraph, inputKey, isLink } from './graph.ts'
import { freeTextInputs, transformProblem, valueProblem } from './inject.ts'
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
export function toTemplate(document: WorkflowDocument, file: string): WorkflowTemplate {
  const primaryOutput = document.outputs.find(({ primary }) => primary)
  if (!primaryOutput) throw new TypeError('checkWorkflow first')
  const nodes = Object.values(document.graph)
  const models = nodes.flatMap(({ inputs }) =>
    Object.values(inputs).filter(
      (value): value is string => typeof value === 'string' && MODEL_FILE.test(value),
    ),
  )
  const sorted = (list: string[]): string[] => [...new Set(list)].sort()
  return {
    ...document,
    requires: sorted(nodes.map(({ class_type }) => class_type)),
    models: sorted(models),
    digest: graphDigest(document.graph),
    primaryOutput,
    file,
  }
}
