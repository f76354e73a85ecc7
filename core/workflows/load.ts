/** Reading workflow files: those that come with the product, and those of the operator. */
import { readdir, readFile, stat } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Ajv2020 } from 'ajv/dist/2020.js'
import schema from '../../schemas/workflow.schema.json' with { type: 'json' }
import { checkWorkflow, toTemplate } from './check.ts'
import { isEditorFormat } from './graph.ts'
import { type ModelList, mergeModelLists, NO_MODELS, parseModelList } from './models.ts'
import { schemaProblem } from './schema-problem.ts'
import { type WorkflowDocument, WorkflowError, type WorkflowProblem, type WorkflowTemplate } from './types.ts'

/** Where the workflows of the product are. */
export const BUILTIN_WORKFLOWS_DIR = fileURLToPath(new URL('../../comfyui/workflows/', import.meta.url))

/** Folders that hold the workflows of an installation: the product's, then the studio's. */
export const workflowDirs = ({ WORKFLOWS_DIR }: { readonly WORKFLOWS_DIR: string }): string[] => [
  BUILTIN_WORKFLOWS_DIR,
  ...(WORKFLOWS_DIR === '' ? [] : [WORKFLOWS_DIR]),
]

/** Weights of the product's own workflows. */
const BUILTIN_MODELS_FILE = fileURLToPath(new URL('../../comfyui/models.yaml', import.meta.url))
/** Weights of the studio's workflows, beside them. */
const MODELS_FILE = 'models.yaml'

/** A file holds the graph (at most 1 MiB) and little besides. */
const MAX_FILE_BYTES = 2 * 1024 * 1024
const MAX_FILES = 1_000

const validate = new Ajv2020({
  validateSchema: false,
  allErrors: true,
  strict: true,
  allowUnionTypes: true,
  verbose: false,
  // Compiled at every start and used a few times: making the code shorter takes as long as making it.
  code: { optimize: false },
}).compile(schema)

/**
 * Reads one workflow from its text.
 * @param file name for messages
 * @param models what is known of weights
 * @throws {WorkflowError} with every problem found
 */
export function parseWorkflow(text: string, file: string, models: ModelList = NO_MODELS): WorkflowTemplate {
  const fail = (problems: WorkflowProblem[]): never => {
    throw new WorkflowError(file, problems)
  }
  if (Buffer.byteLength(text) > MAX_FILE_BYTES) fail([{ path: '', message: 'is larger than 2 MiB' }])
  let document: unknown
  try {
    document = JSON.parse(text)
  } catch (error) {
    fail([{ path: '', message: `is not JSON: ${(error as Error).message}` }])
  }
  if (isEditorFormat(document))
    fail([
      {
        path: '',
        message: 'is a graph in the format of the ComfyUI editor',
        hint: 'use "Export (API)" and put the result under "graph", with "parameters" and "outputs" beside it',
      },
    ])
  if (!validate(document)) fail((validate.errors ?? []).slice(0, 20).map(schemaProblem))
  const workflow = document as WorkflowDocument
  const problems = checkWorkflow(workflow)
  if (problems.length > 0) fail(problems)
  return toTemplate(workflow, file, models)
}

/**
 * What is known of weights: the product's list, then the `models.yaml` of each folder, where there is one.
 * @throws {WorkflowError} naming the file, the place in it, and what would be right
 */
export async function loadModelList(dirs: readonly string[]): Promise<ModelList> {
  let list = parseModelList(await readFile(BUILTIN_MODELS_FILE, 'utf8'), BUILTIN_MODELS_FILE)
  for (const dir of dirs) {
    const file = join(dir, MODELS_FILE)
    let text: string
    try {
      text = await readFile(file, 'utf8')
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (code === 'ENOENT' || code === 'ENOTDIR') continue
      throw new WorkflowError(file, [{ path: '', message: `cannot be read (${code})` }])
    }
    list = mergeModelLists(list, parseModelList(text, file, list.licences))
  }
  return list
}

/**
 * All `*.json` workflows of the folders, by slug. A missing folder is an error: it was named on purpose.
 * Slugs that begin with `core-` belong to the product's own folder, and a slug may be used once only.
 * @throws {WorkflowError} naming the file, the place in it, and what would be right
 */
export async function loadWorkflows(dirs: readonly string[]): Promise<Map<string, WorkflowTemplate>> {
  const templates = new Map<string, WorkflowTemplate>()
  const models = await loadModelList(dirs)
  for (const dir of dirs) {
    const builtin = resolve(dir) === resolve(BUILTIN_WORKFLOWS_DIR)
    for (const file of await workflowFiles(dir)) {
      if ((await stat(file)).size > MAX_FILE_BYTES)
        throw new WorkflowError(file, [{ path: '', message: 'is larger than 2 MiB' }])
      const template = parseWorkflow(await readFile(file, 'utf8'), file, models)
      const { slug } = template
      const other = templates.get(slug)
      if (other)
        throw new WorkflowError(file, [
          {
            path: 'slug',
            message: `"${slug}" is the slug of ${basename(other.file)} already`,
            hint: 'choose another',
          },
        ])
      if (slug.startsWith('core-') && !builtin)
        throw new WorkflowError(file, [
          {
            path: 'slug',
            message: `"${slug}" begins with core-`,
            hint: 'that prefix is for built-in workflows',
          },
        ])
      templates.set(slug, template)
    }
  }
  return templates
}

async function workflowFiles(dir: string): Promise<string[]> {
  let names: string[]
  try {
    names = (await readdir(dir)).filter((name) => name.endsWith('.json') && !name.startsWith('.')).sort()
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code ?? 'unreadable'
    throw new WorkflowError(dir, [{ path: '', message: `the folder cannot be read (${reason})` }])
  }
  if (names.length > MAX_FILES)
    throw new WorkflowError(dir, [
      { path: '', message: `has ${names.length} files`, hint: `at most ${MAX_FILES}` },
    ])
  return names.map((name) => join(dir, name))
}
