/** `framecast models`: the weights of workflows: what there is, what is needed, and whether what lies on disk is right. */
import { defaultFor } from '../../core/workflows/default.ts'
import { type Model, pathOfModel, sizeOfModel } from '../../core/workflows/models.ts'
import { holds, requirementsOf, unacceptedLicences } from '../../core/workflows/requirements.ts'
import type { WorkflowTemplate } from '../../core/workflows/types.ts'
import { checkWeight, type WeightCheck } from '../../core/workflows/weights-on-disk.ts'
import type { CommandContext } from '../context.ts'
import { CliError, EXIT } from '../exit.ts'
import { type Library, openLibrary, workflowNamed } from '../library.ts'
import { tableLines } from '../table.ts'
import type { Terminal } from '../terminal.ts'
import { bytesText } from '../text.ts'

const GB = 1e9

const usersOf = ({ templates }: Library, { file }: Model): string[] =>
  [...templates.values()]
    .filter(({ weights }) => weights.some(({ model }) => model?.file === file))
    .map(({ slug }) => slug)

/** The first of many names; all of them are in the JSON. */
const someOf = (names: readonly string[]): string =>
  names.length > 2 ? `${names[0]} and ${names.length - 1} more` : names.join(', ') || '-'

const sizeText = (model: Model): string =>
  `${model.sizeBytes === undefined ? '~' : ''}${bytesText(sizeOfModel(model))}`

export async function list(flags: { json?: boolean }, { terminal, env }: CommandContext): Promise<void> {
  const library = await openLibrary(env)
  const { models, licences } = library.models
  if (flags.json) {
    const described = models.map((model) => ({
      ...model,
      sizeBytes: sizeOfModel(model),
      sizeExact: model.sizeBytes !== undefined,
      verified: model.sha256 !== null,
      workflows: usersOf(library, model),
    }))
    terminal.out(JSON.stringify({ licences, models: described }))
    return
  }
  const rows = models.map((model) => [
    pathOfModel(model),
    sizeText(model),
    model.vramGb === null ? '?' : `${model.vramGb} GB`,
    model.sha256 === null ? 'none' : model.sha256.slice(0, 8),
    model.licence + (licences[model.licence]?.restricted ? ' *' : ''),
    someOf(usersOf(library, model)),
  ])
  for (const line of tableLines(['file', 'size', 'VRAM', 'sha256', 'licence', 'workflows'], rows, [1, 2]))
    terminal.out(line)
  terminal.out('')
  terminal.out(
    `${models.length} files, ${bytesText(models.reduce((sum, model) => sum + sizeOfModel(model), 0))} in all`,
  )
  const restricted = Object.entries(licences).filter(([, { restricted }]) => restricted)
  for (const [id, { name, summary }] of restricted)
    terminal.out(`* ${id}: ${name}. ${summary ?? ''}`.trimEnd())
}

/** Weights of these workflows, once each. @throws {CliError} when a list does not describe one */
function weightsNeeded(templates: readonly WorkflowTemplate[]): Model[] {
  const needed = new Map<string, Model>()
  for (const { slug, weights } of templates)
    for (const { file, model } of weights) {
      if (model === null)
        throw new CliError(
          EXIT.failed,
          `${slug} names ${file}, which no models.yaml describes.`,
          'Add it to the models.yaml in WORKFLOWS_DIR; docs/workflows.md shows how.',
        )
      needed.set(model.file, model)
    }
  return [...needed.values()]
}

export type PlanFlags = { json?: boolean; dir?: string; vram?: number; ram?: number }

export async function plan(
  slugs: readonly string[],
  flags: PlanFlags,
  { terminal, env, signal }: CommandContext,
): Promise<void> {
  const library = await openLibrary(env)
  const { settings } = library
  const chosen = slugs.length > 0 ? null : defaultChoice(library, flags)
  const templates = (chosen ? [chosen.slug] : slugs).map((slug) => workflowNamed(library, slug))
  const needed = weightsNeeded(templates)
  const files = await Promise.all(
    needed.map(async (model) => {
      const state =
        flags.dir === undefined
          ? 'missing'
          : (await checkWeight(flags.dir, model, { deep: false, signal })).state
      return { model, fetch: state === 'missing' || state === 'wrong_size' }
    }),
  )
  const toFetch = files.filter(({ fetch }) => fetch).map(({ model }) => model)
  const bytes = (models: readonly Model[]): number =>
    models.reduce((sum, model) => sum + sizeOfModel(model), 0)
  const workflows = templates.map((template) => {
    const { vramGb, ramGb, licences } = requirementsOf(template)
    return {
      slug: template.slug,
      vram_gb: vramGb,
      ram_gb: ramGb,
      licences: licences.map(({ id }) => id),
      fits_vram: fits(vramGb, flags.vram),
      fits_ram: fits(ramGb, flags.ram),
      licences_to_accept: unacceptedLicences(template, settings.ACCEPTED_LICENCES),
    }
  })
  if (flags.json) {
    terminal.out(
      JSON.stringify({
        ...(chosen ? { default: { slug: chosen.slug, reason: chosen.reason } } : {}),
        workflows,
        files: files.map(({ model, fetch }) => ({
          path: pathOfModel(model),
          url: model.url,
          size_bytes: sizeOfModel(model),
          sha256: model.sha256,
          gated: model.gated ?? false,
          fetch,
        })),
        fetch_bytes: bytes(toFetch),
        total_bytes: bytes(needed),
      }),
    )
    return
  }
  if (chosen) terminal.out(`${chosen.slug}: ${chosen.reason}`)
  const rows = files.map(({ model, fetch }) => [
    pathOfModel(model),
    sizeText(model),
    model.licence,
    !fetch ? 'there' : model.gated ? 'fetch by hand' : model.sha256 === null ? 'fetch, unverified' : 'fetch',
  ])
  for (const line of tableLines(['file', 'size', 'licence', ''], rows, [1])) terminal.out(line)
  terminal.out('')
  terminal.out(`${bytesText(bytes(toFetch))} to fetch of ${bytesText(bytes(needed))}`)
  for (const one of workflows) {
    terminal.out(
      `${one.slug}: ${fitText('graphics memory', one.vram_gb, flags.vram)}; ${fitText('main memory', one.ram_gb, flags.ram)}`,
    )
    if (one.licences_to_accept.length > 0)
      terminal.out(
        `${one.slug}: read ${one.licences_to_accept.join(' and ')}, then name it in ACCEPTED_LICENCES`,
      )
  }
}

function defaultChoice(library: Library, { vram, ram }: PlanFlags) {
  const { settings, templates } = library
  if (settings.DEFAULT_WORKFLOW) return { slug: settings.DEFAULT_WORKFLOW, reason: 'DEFAULT_WORKFLOW' }
  return defaultFor(templates.values(), settings, {
    key: '',
    label: 'the server',
    version: null,
    vramTotalBytes: vram === undefined ? null : vram * GB,
    ramTotalBytes: ram === undefined ? null : ram * GB,
    workflows: {},
  })
}

/** Null where one of both is not known. */
const fits = (needGb: number | null, haveGb: number | undefined): boolean | null =>
  needGb === null || haveGb === undefined ? null : holds(haveGb * GB, needGb)

function fitText(what: string, needGb: number | null, haveGb: number | undefined): string {
  if (needGb === null) return `how much ${what} it needs is not known`
  const fit = fits(needGb, haveGb)
  const verdict = fit === null ? '' : fit ? `: fits ${haveGb} GB` : `: too much for ${haveGb} GB`
  return `${needGb} GB of ${what}${verdict}`
}

export type VerifyFlags = { json?: boolean; dir: string; quick?: boolean }

const WORDS: Record<WeightCheck['state'], string> = {
  right: 'right',
  there: 'right size, not read',
  unverified: 'unverified: no hash is published',
  missing: 'missing',
  wrong_size: 'wrong size',
  wrong_hash: 'wrong bytes',
}
const isBad = ({ state }: WeightCheck): boolean => state === 'wrong_size' || state === 'wrong_hash'

/**
 * With workflows, all their weights must be there; without, whatever the lists describe is looked at, and only what is
 * wrong counts.
 */
export async function verify(
  slugs: readonly string[],
  flags: VerifyFlags,
  { terminal, env, signal }: CommandContext,
): Promise<void> {
  const library = await openLibrary(env)
  const named = slugs.map((slug) => workflowNamed(library, slug))
  const models = named.length > 0 ? weightsNeeded(named) : library.models.models
  const deep = !flags.quick
  const progress = deep ? await startProgress(flags.dir, models, terminal, signal) : null
  const checks: { model: Model; check: WeightCheck }[] = []
  for (const model of models) {
    const check = await checkWeight(flags.dir, model, { deep, signal, onBytes: progress?.add })
    checks.push({ model, check })
    if (check.state === 'missing' && named.length === 0) continue
    progress?.clear()
    if (!flags.json) {
      const { state, sha256, foundBytes } = check
      const detail =
        state === 'wrong_size'
          ? ` (${foundBytes} bytes, the list says ${sizeText(model)})`
          : (state === 'wrong_hash' || state === 'unverified') && sha256
            ? ` (sha256 ${sha256})`
            : ''
      terminal.out(`${pathOfModel(model)}: ${WORDS[state]}${detail}`)
    }
  }
  progress?.clear()
  const count = (state: WeightCheck['state']): number =>
    checks.filter(({ check }) => check.state === state).length
  const wrong = checks.filter(({ check }) => isBad(check)).length
  const lacking = named.length > 0 ? count('missing') : 0
  if (flags.json)
    terminal.out(
      JSON.stringify({
        ok: wrong === 0 && lacking === 0,
        files: checks.map(({ model, check }) => ({
          path: pathOfModel(model),
          state: check.state,
          found_bytes: check.foundBytes,
          sha256_listed: model.sha256,
          sha256_found: check.sha256,
        })),
      }),
    )
  else
    terminal.out(
      `${checks.length - count('missing')} of ${checks.length} files there: ${wrong} wrong, ${count('unverified')} unverified`,
    )
  if (wrong > 0 || lacking > 0)
    throw new CliError(EXIT.failed, flags.json ? '' : `${wrong} files are wrong, ${lacking} are missing.`)
}

/** Bytes read so far, drawn in place on a terminal, and a line every tenth elsewhere. */
async function startProgress(dir: string, models: readonly Model[], terminal: Terminal, signal: AbortSignal) {
  const found = await Promise.all(models.map((model) => checkWeight(dir, model, { deep: false, signal })))
  const total = found.reduce(
    (sum, { state, foundBytes }) => sum + (state === 'wrong_size' ? 0 : foundBytes),
    0,
  )
  let done = 0
  let told = 0
  const { screen } = terminal
  const text = (): string => `${Math.floor((done / Math.max(1, total)) * 100)} % of ${bytesText(total)} read`
  return {
    add(bytes: number): void {
      done += bytes
      const step = Math.floor((done / Math.max(1, total)) * (screen ? 1_000 : 10))
      if (step === told) return
      told = step
      if (screen) screen.write(`\r\u001b[K${text()}`)
      else if (done < total) terminal.err(text())
    },
    clear(): void {
      if (screen) screen.write('\r\u001b[K')
    },
  }
}
