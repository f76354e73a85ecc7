/** A clip's inputs, part by part: what makes it possible to say why a scene has to be rendered again. Pure. */
import { createHash } from 'node:crypto'
import { canonicalJson } from '../workflows/canonical.ts'
import type { ClipInputs, Recipe } from './content-keys.ts'

/** Parts in the order in which a difference is named. */
const PARTS = [
  'prompt',
  'negative_prompt',
  'reference_image',
  'duration',
  'resolution',
  'frame_rate',
  'seed',
  'engine',
  'model',
  'workflow',
  'board',
  'encoder',
] as const

type Part = (typeof PARTS)[number]

/** A short hash of each part, stored with a scene's step: the words of a prompt are not kept twice. */
export type KeyParts = Readonly<Record<Part, string>>

export type ChangeReason = `${Part}_changed`

const shortHash = (value: unknown): string =>
  createHash('sha256')
    .update(canonicalJson(value ?? null))
    .digest('hex')
    .slice(0, 16)

/** @param durationS length of the scene; frames follow from it and the frame rate */
export function keyParts(inputs: ClipInputs, durationS: number, { workflow, models }: Recipe): KeyParts {
  const { format } = inputs
  const parts: Record<Part, unknown> = {
    engine: [inputs.engine, inputs.adapter],
    model: models,
    workflow: [workflow, inputs.workflow],
    prompt: inputs.prompt,
    negative_prompt: inputs.negativePrompt,
    reference_image: inputs.images,
    duration: durationS,
    resolution: [format.width, format.height],
    frame_rate: format.fps,
    seed: inputs.seed,
    board: inputs.board,
    encoder: inputs.encoder,
  }
  return Object.fromEntries(PARTS.map((part) => [part, shortHash(parts[part])])) as KeyParts
}

/** The first part that differs; null when all are alike, or when the earlier ones are not known. */
export function firstChange(before: Partial<KeyParts>, now: KeyParts): ChangeReason | null {
  const part = PARTS.find((name) => before[name] !== undefined && before[name] !== now[name])
  return part ? `${part}_changed` : null
}
