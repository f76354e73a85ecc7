/** What a workflow asks of a server and of the operator: memory, disk, licences. Pure. */
import { type Licence, sizeOfModel } from './models.ts'
import type { WorkflowTemplate } from './types.ts'

const GB = 1e9
/** ComfyUI streams weights from main memory; it wants room for them and for what it makes of them. */
const RAM_PER_WEIGHT = 1.5

/** A "24 GB" card reports a little less than 24 of them, since the driver keeps some. */
const REPORTED = 0.95

/** Whether memory of a size, as a server reports it, is what people call so many GB. */
export const holds = (bytes: number, gb: number): boolean => bytes >= gb * GB * REPORTED

export type Requirements = {
  /** Smallest graphics memory it is reported to run with; null where nothing is known of one of its parts. */
  readonly vramGb: number | null
  readonly ramGb: number
  readonly diskBytes: number
  /** Every licence among its weights, once, by id. */
  readonly licences: readonly (Licence & { readonly id: string })[]
  /** Files that no list describes. */
  readonly unlisted: readonly string[]
}

export function requirementsOf(
  template: Pick<WorkflowTemplate, 'weights' | 'vram_gb' | 'ram_gb'>,
): Requirements {
  const models = template.weights.flatMap(({ model }) => (model ? [model] : []))
  const diskBytes = models.reduce((sum, model) => sum + sizeOfModel(model), 0)
  const unlisted = template.weights.filter(({ model }) => model === null).map(({ file }) => file)
  const known = models.map(({ vramGb }) => vramGb)
  const all = known.every((value) => value !== null) && unlisted.length === 0
  const least = Math.max(template.vram_gb ?? 0, ...known.map((value) => value ?? 0))
  const licences = new Map(
    template.weights.flatMap(({ licence }) => (licence ? [[licence.id, licence]] : [])),
  )
  return {
    vramGb: template.vram_gb !== undefined || all ? least : null,
    ramGb: template.ram_gb ?? Math.ceil((diskBytes * RAM_PER_WEIGHT) / GB),
    diskBytes,
    licences: [...licences.values()].sort((a, b) => (a.id < b.id ? -1 : 1)),
    unlisted,
  }
}

/** Restricted licences that the operator has yet to accept. */
export const unacceptedLicences = (
  template: Pick<WorkflowTemplate, 'weights'>,
  accepted: readonly string[],
): string[] => [
  ...new Set(
    template.weights.flatMap(({ licence }) =>
      licence?.restricted && !accepted.includes(licence.id) ? [licence.id] : [],
    ),
  ),
]
