/** How a scene fits a workflow: rate and frames it is asked for, and what stands in the way. Pure. */
import type { ClipPlan } from '../storyboard/plan-types.ts'
import type { WorkflowTemplate } from './types.ts'

type Parameters = Pick<WorkflowTemplate, 'parameters'>

/**
 * Rate and length of the clip that a workflow is asked for, for `frames` frames of the film. The rate is the film's,
 * brought into what the `fps` parameter allows; lower, where that allows it, when the scene would otherwise have more
 * frames than the model makes. Frames are rounded up, so that the clip is never shorter than the scene.
 */
export function clipLength(
  { parameters }: Parameters,
  frames: number,
  filmFps: number,
): { fps: number; frames: number } {
  const { min = filmFps, max = filmFps } = parameters.find(({ role }) => role === 'fps') ?? {}
  const mostFrames = parameters.find(({ role }) => role === 'frames')?.max ?? Infinity
  const affordable = Math.floor((mostFrames * filmFps) / frames + 1e-6)
  const fps = Math.max(min, Math.min(Math.max(filmFps, min), max, affordable))
  return { fps, frames: Math.ceil((frames * fps) / filmFps - 1e-6) }
}

/** Longest scene a workflow makes, in seconds; null when it sets no limit. */
export function longestSceneS({ parameters }: Parameters): number | null {
  const most = parameters.find(({ role }) => role === 'frames')?.max
  const fps = parameters.find(({ role }) => role === 'fps')?.min
  return most === undefined || fps === undefined ? null : most / fps
}

/** Why a workflow cannot make a scene, in words; null when it can. */
export function sceneObstacle(
  template: Pick<WorkflowTemplate, 'slug' | 'parameters'>,
  clip: Pick<ClipPlan, 'sceneId' | 'frames' | 'durationS' | 'referenceImages'>,
  filmFps: number,
): string | null {
  const needed = template.parameters.filter(
    ({ role, required }) => role === 'reference_image' && required,
  ).length
  const images = clip.referenceImages.length
  if (images < needed)
    return `${template.slug} starts from a picture, and scene "${clip.sceneId}" has ${images === 0 ? 'none' : `only ${images}`}: give one of its symbols a reference image`
  const { fps, frames } = clipLength(template, clip.frames, filmFps)
  const most = template.parameters.find(({ role }) => role === 'frames')?.max
  if (most !== undefined && frames > most)
    return `${template.slug} makes at most ${(Math.floor((most / fps) * 10) / 10).toFixed(1)} s at a time, and scene "${clip.sceneId}" lasts ${clip.durationS} s`
  return null
}
