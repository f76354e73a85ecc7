/**
 * `node comfyui/fetch-models.ts --dir DIR [--workflow NAME] [--mirror URL] [--check]`: fetches the weights of the
 * built-in workflows; what is there already is left alone. `--check` reads every file and downloads nothing.
 * Exit codes: 0 all there, 1 something is missing or wrong, 2 wrong usage.
 */
import { readFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { fetchModel, hasModel, ModelError, modelsOf, parseModels } from './models.ts'

const usage =
  'usage: node comfyui/fetch-models.ts --dir DIR [--workflow NAME] [--mirror URL] [--list FILE] [--check]'
const gb = (bytes: number): string => `${(bytes / 1e9).toFixed(1)} GB`

async function main(): Promise<number> {
  let values: { dir?: string; workflow?: string; mirror?: string; list?: string; check?: boolean }
  try {
    const text = { type: 'string' } as const
    values = parseArgs({
      options: { dir: text, workflow: text, mirror: text, list: text, check: { type: 'boolean' } },
    }).values
  } catch (error) {
    console.error(`${(error as Error).message}\n${usage}`)
    return 2
  }
  const { dir, workflow, mirror, check = false } = values
  if (!dir || (mirror !== undefined && !URL.canParse(mirror))) {
    console.error(usage)
    return 2
  }
  const list = parseModels(await readFile(values.list ?? new URL('models.yaml', import.meta.url), 'utf8'))
  let wrong = 0
  for (const model of modelsOf(list, workflow)) {
    const name = `${model.folder}/${model.file}`
    if (await hasModel(dir, model, check)) {
      console.log(`${name}: ${check ? 'right' : 'there'}`)
      continue
    }
    if (check) {
      console.log(`${name}: missing or wrong`)
      wrong += 1
      continue
    }
    console.log(`${name}: fetching ${gb(model.sizeBytes)}, licence ${model.licence}`)
    let told = 0
    const onProgress = (doneBytes: number) => {
      const tenth = Math.floor((doneBytes / model.sizeBytes) * 10)
      if (tenth > told && tenth < 10) console.log(`${name}: ${tenth * 10} %`)
      told = Math.max(told, tenth)
    }
    await fetchModel(model, { dir, mirror, onProgress })
    console.log(`${name}: right`)
  }
  return wrong > 0 ? 1 : 0
}

try {
  process.exitCode = await main()
} catch (error) {
  console.error(error instanceof ModelError ? `${error.message} (${error.code})` : error)
  process.exitCode = 1
}
