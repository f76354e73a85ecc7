/**
 * `node comfyui/fetch-models.ts --dir DIR [--workflow NAME]... [--mirror URL] [--check]`: fetches the weights of
 * workflows, by default of the one that `default` means on the smallest card; what is there already is left alone.
 * `--check` reads every file and downloads nothing. Weights without a published hash want `--allow-unverified`; those
 * under a restricted licence want it named in ACCEPTED_LICENCES. Studio workflows are found in WORKFLOWS_DIR.
 * Exit codes: 0 all there, 1 something is missing or wrong, 2 wrong usage.
 */
import { readFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { ConfigError, readWorkflowSettings, type WorkflowSettings } from '../core/platform/config.ts'
import { loadModelList, loadWorkflows, workflowDirs } from '../core/workflows/load.ts'
import {
  type Model,
  type ModelList,
  parseModelList,
  pathOfModel,
  sizeOfModel,
} from '../core/workflows/models.ts'
import { WorkflowError } from '../core/workflows/types.ts'
import { checkWeight } from '../core/workflows/weights-on-disk.ts'
import { fetchModel, ModelError } from './download.ts'

const DEFAULT_WORKFLOWS = ['core-wan22-5b-t2v']

const usage =
  'usage: node comfyui/fetch-models.ts --dir DIR [--workflow NAME]... [--mirror URL] [--list FILE] [--check] [--allow-unverified]'
const gb = (bytes: number): string => `${(bytes / 1e9).toFixed(1)} GB`

type Flags = {
  dir?: string
  workflow?: string[]
  mirror?: string
  list?: string
  check?: boolean
  'allow-unverified'?: boolean
}

/** Weights of the workflows that are named, or all of the list that is named. */
async function wantedModels(
  { workflow, list: file }: Flags,
  settings: WorkflowSettings,
): Promise<{ list: ModelList; models: readonly Model[] }> {
  if (file !== undefined) {
    const list = parseModelList(await readFile(file, 'utf8'), file)
    return { list, models: list.models }
  }
  const dirs = workflowDirs(settings)
  const workflows = await loadWorkflows(dirs)
  const models = new Map<string, Model>()
  for (const slug of workflow ?? DEFAULT_WORKFLOWS) {
    const template = workflows.get(slug)
    const known = [...workflows.keys()].join(', ')
    if (!template)
      throw new WorkflowError(null, [{ path: slug, message: `is no workflow (there are ${known})` }])
    for (const weight of template.weights) {
      if (weight.model === null)
        throw new WorkflowError(null, [
          { path: slug, message: `names ${weight.file}, which no models.yaml describes` },
        ])
      models.set(weight.file, weight.model)
    }
  }
  return { list: await loadModelList(dirs), models: [...models.values()] }
}

async function main(): Promise<number> {
  let flags: Flags
  try {
    const text = { type: 'string' } as const
    const flag = { type: 'boolean' } as const
    flags = parseArgs({
      options: {
        dir: text,
        workflow: { ...text, multiple: true },
        mirror: text,
        list: text,
        check: flag,
        'allow-unverified': flag,
      },
    }).values
  } catch (error) {
    console.error(`${(error as Error).message}\n${usage}`)
    return 2
  }
  const { dir, mirror, check = false } = flags
  if (!dir || (mirror !== undefined && !URL.canParse(mirror))) {
    console.error(usage)
    return 2
  }
  const settings = readWorkflowSettings(process.env)
  const { list, models } = await wantedModels(flags, settings)
  const accepted = settings.ACCEPTED_LICENCES
  let wrong = 0
  for (const model of models) {
    const name = pathOfModel(model)
    const { state, sha256 } = await checkWeight(dir, model, { deep: check })
    if (check) {
      const right = state === 'right' || state === 'unverified'
      console.log(
        `${name}: ${{ right: 'right', unverified: `unverified, sha256 ${sha256}` }[state as string] ?? 'missing or wrong'}`,
      )
      if (!right) wrong += 1
      continue
    }
    if (state === 'there' || state === 'unverified') {
      console.log(`${name}: there`)
      continue
    }
    const refusal =
      list.licences[model.licence]?.restricted && !accepted.includes(model.licence)
        ? `its licence ${model.licence} is restricted: read it, then name it in ACCEPTED_LICENCES`
        : model.sha256 === null && !flags['allow-unverified']
          ? 'no hash is published for it: --allow-unverified fetches it all the same'
          : null
    if (refusal) {
      console.log(`${name}: not fetched; ${refusal}`)
      wrong += 1
      continue
    }
    console.log(`${name}: fetching ${gb(sizeOfModel(model))}, licence ${model.licence}`)
    let told = 0
    const onProgress = (doneBytes: number) => {
      const tenth = Math.floor((doneBytes / sizeOfModel(model)) * 10)
      if (tenth > told && tenth < 10) console.log(`${name}: ${tenth * 10} %`)
      told = Math.max(told, tenth)
    }
    const found = await fetchModel(model, { dir, mirror, onProgress })
    console.log(`${name}: ${model.sha256 === null ? `unverified, sha256 ${found}` : 'right'}`)
  }
  return wrong > 0 ? 1 : 0
}

try {
  process.exitCode = await main()
} catch (error) {
  const known = error instanceof ModelError || error instanceof WorkflowError
  if (known) console.error(`${error.message} (${error.code})`)
  else console.error(error instanceof ConfigError ? error.message : error)
  process.exitCode = 1
}
