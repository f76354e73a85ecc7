/** Reading workflow files: those that come with the product, and those of the operator. */
import { readdir, readFile, stat } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Ajv2020, type ErrorObject } from 'ajv/dist/2020.js'
import schema from '../../schemas/workflow.schema.json' with { type: 'json' }
import { checkWorkflow, toTemplate } from './check.ts'
import { isEditorFormat } from './graph.ts'
import { type WorkflowDocument, WorkflowError, type WorkflowProblem, type WorkflowTemplate } from './types.ts'

/** Where the workflows of the product are. */
export const BUILTIN_WORKFLOWS_DIR = fileURLToPath(new URL('../../comfyui/workflows/', import.meta.url))

/** A file holds the graph (at most 1 MiB) and little besides. */
const MAX_FILE_BYTES = 2 * 1024 * 1024
const MAX_FILES = 1_000

const validate = new Ajv2020({
  allErrors: true,
  strict: true,
  allowUnionTypes: true,
  verbose: false,
}).compile(schema)

/**
 * Reads one workflow from its text.
 * @param file name for messages
 * @throws {WorkflowError} with every problem found
 */
export function parseWorkflow(text: string, file: string): WorkflowTemplate {
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
  return toTemplate(workflow, file)
}

function schemaProblem({ instancePath, message, params, keyword }: ErrorObject): WorkflowProblem {
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

/**
 * All `*.json` workflows of the folders, by slug. A missing folder is an error: it was named on purpose.
 * Slugs that begin with `core-` belong to the product's own folder, and a slug may be used once only.
 * @throws {WorkflowError} naming the file, the place in it, and what would be right
 */
export async function loadWorkflows(dirs: readonly string[]): Promise<Map<string, WorkflowTemplate>> {
  const templates = new Map<string, WorkflowTemplate>()
  for (const dir of dirs) {
    const builtin = resolve(dir) === resolve(BUILTIN_WORKFLOWS_DIR)
    for (const file of await workflowFiles(dir)) {
      if ((await stat(file)).size > MAX_FILE_BYTES)
        throw new WorkflowError(file, [{ path: '', message: 'is larger than 2 MiB' }])
      const template = parseWorkflow(await readFile(file, 'utf8'), file)
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
