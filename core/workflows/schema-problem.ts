/** What a validator says of a document, as a problem that names the place and what would be right. Pure. */
import type { ErrorObject } from 'ajv/dist/2020.js'
import type { WorkflowProblem } from './types.ts'

export function schemaProblem({ instancePath, message, params, keyword }: ErrorObject): WorkflowProblem {
  const path = instancePath
    .slice(1)
    .replaceAll('~1', '/')
    .replaceAll('~0', '~')
    .replaceAll(/\/(\d+)(?=\/|$)/g, '[$1]')
    .replaceAll('/', '.')
  const text = message ?? 'is not as the schema says'
  if (keyword === 'additionalProperties')
    return {
      path,
      message: `has an unknown field "${params.additionalProperty}"`,
      hint: 'check the spelling',
    }
  if (keyword === 'enum') return { path, message: text, hint: (params.allowedValues as unknown[]).join(', ') }
  return { path, message: text }
}
