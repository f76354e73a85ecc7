/** The list of model weights (`models.yaml`): reading it, and finding in it what a workflow needs. Pure. */
import { Ajv2020 } from 'ajv/dist/2020.js'
import { parse } from 'yaml'
import schema from '../../schemas/model-list.schema.json' with { type: 'json' }
import type { Licence, Model, ModelList } from '../../schemas/types.ts'
import { schemaProblem } from './schema-problem.ts'
import { WorkflowError, type WorkflowProblem } from './types.ts'

export type { Licence, Model, ModelList } from '../../schemas/types.ts'

const MAX_BYTES = 256 * 1024
const MAX_ALIASES = 100
const GB = 1e9

const validate = new Ajv2020({
  validateSchema: false,
  allErrors: true,
  strict: true,
  strictRequired: false,
  allowUnionTypes: true,
  // Compiled at every start and used a few times: making the code shorter takes as long as making it.
  code: { optimize: false },
}).compile(schema)

/** A list without anything in it, for places where there is none. */
export const NO_MODELS: ModelList = { version: 2, licences: {}, models: [] }

/**
 * Reads the text of a `models.yaml`.
 * @param file name for messages
 * @param known licences of other lists that this one may name
 * @throws {WorkflowError} with every problem found
 */
export function parseModelList(
  text: string,
  file: string,
  known: Readonly<Record<string, Licence>> = {},
): ModelList {
  const fail = (problems: WorkflowProblem[]): never => {
    throw new WorkflowError(file, problems)
  }
  if (Buffer.byteLength(text) > MAX_BYTES) fail([{ path: '', message: 'is larger than 256 kB' }])
  let document: unknown
  try {
    document = parse(text, { schema: 'core', maxAliasCount: MAX_ALIASES })
  } catch (error) {
    fail([{ path: '', message: `is not YAML: ${(error as Error).message}` }])
  }
  if (!validate(document)) fail((validate.errors ?? []).slice(0, 20).map(schemaProblem))
  const list = document as ModelList
  const problems: WorkflowProblem[] = []
  const seen = new Set<string>()
  const licences = { ...known, ...list.licences }
  list.models.forEach((model, index) => {
    const path = `models[${index}]`
    if (seen.has(model.file))
      problems.push({ path: `${path}.file`, message: `"${model.file}" is listed twice` })
    seen.add(model.file)
    if (!Object.hasOwn(licences, model.licence))
      problems.push({
        path: `${path}.licence`,
        message: `"${model.licence}" is not among the licences`,
        hint: `one of ${Object.keys(licences).join(', ')}`,
      })
  })
  if (problems.length > 0) fail(problems)
  return list
}

/** Two lists as one; what the second says of a file or a licence counts. */
export function mergeModelLists(first: ModelList, second: ModelList): ModelList {
  const replaced = new Set(second.models.map(({ file }) => file))
  return {
    version: 2,
    licences: { ...first.licences, ...second.licences },
    models: [...first.models.filter(({ file }) => !replaced.has(file)), ...second.models],
  }
}

/** Size of a weight, as exact as it is known. */
export const sizeOfModel = ({ sizeBytes, approxGb }: Model): number =>
  sizeBytes ?? Math.round((approxGb ?? 0) * GB)

/** Where a weight lies below the models folder. */
export const pathOfModel = ({ folder, file }: Model): string => `${folder}/${file}`

/** A model file that a graph names; `model` and `licence` are null when no list describes it. */
export type Weight = {
  readonly file: string
  readonly model: Model | null
  readonly licence: (Licence & { readonly id: string }) | null
}

/** What the lists say of the files that a graph names. */
export function weightsOf(files: readonly string[], list: ModelList): Weight[] {
  return files.map((file) => {
    const name = file.split(/[\\/]/).at(-1)
    const model = list.models.find((candidate) => candidate.file === name) ?? null
    const licence = model ? list.licences[model.licence] : undefined
    return { file, model, licence: model && licence ? { id: model.licence, ...licence } : null }
  })
}
