/** What makes two clips the same clip. Pure. */
import { createHash } from 'node:crypto'
import { ENCODER_VERSION, type FilmFormat } from '../media/format.ts'
import type { ClipPlan, ShotPlan } from '../storyboard/plan-types.ts'
import { canonicalJson } from '../workflows/canonical.ts'

/** The engine and workflow that will make a clip, by content rather than by name. */
export type Recipe = {
  engine: string
  workflow: string
  workflowDigest: string
  /** Weights that the workflow names. */
  models: readonly string[]
}

/** Key of a stage's result: SHA-256, hex, over the stage's name and its inputs. */
export function contentKey(stage: string, inputs: object): string {
  return createHash('sha256')
    .update(`fc1\n${stage}\n${canonicalJson(inputs)}`)
    .digest('hex')
}

/** Raised when the way an engine is driven changes so that old clips must not be reused. */
const ADAPTER_VERSION = 1

/**
 * Seed of a scene: the job's when it names one, else drawn from the prompt, so that an unchanged scene is rendered
 * alike, and found again, in every later job.
 * @returns integer 0 to 2^48 - 1
 */
export function sceneSeed(clip: ClipPlan, jobSeed: number | null): number {
  if (jobSeed !== null) return jobSeed
  return createHash('sha256').update(`seed\n${clip.prompt}`).digest().readUIntBE(0, 6)
}

/** Everything that shapes the bytes of a clip as conformed for the film. */
export type ClipInputs = ReturnType<typeof clipInputs>

/**
 * Inputs of a clip. Left out on purpose: scene id, place on the timeline, transitions, owner, job. The preview engine
 * prints title, number and id on the board, so there they do count.
 * @param imageHashes SHA-256 (hex) of each reference image, by asset id
 */
export function clipInputs(
  plan: Pick<ShotPlan, 'title'> & { format: FilmFormat; scenesTotal: number },
  clip: ClipPlan,
  recipe: Pick<Recipe, 'engine' | 'workflowDigest'>,
  seed: number,
  imageHashes: ReadonlyMap<string, string>,
) {
  const board =
    recipe.engine === 'preview'
      ? {
          title: plan.title,
          sceneId: clip.sceneId,
          sceneNumber: clip.sceneNumber,
          scenesTotal: plan.scenesTotal,
          written: clip.writtenPrompt,
          details: clip.details,
        }
      : undefined
  return {
    engine: recipe.engine,
    adapter: ADAPTER_VERSION,
    encoder: ENCODER_VERSION,
    workflow: recipe.workflowDigest,
    prompt: clip.prompt,
    negativePrompt: clip.negativePrompt,
    seed,
    format: plan.format,
    frames: clip.frames,
    images: clip.referenceImages.map((image) => ({
      sha256: imageHashes.get(image.assetId) ?? image.assetId,
      weight: image.weight,
    })),
    board,
  }
}

/** Content key of a clip. */
export const clipKey = (inputs: ClipInputs): string => contentKey('clip', inputs)
