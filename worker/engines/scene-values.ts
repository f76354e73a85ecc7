/** From a scene to the parameter values of a workflow. Pure. */

import { clipLength } from '../../core/workflows/scene-fit.ts'
import type { Parameter, PictureSize, WorkflowTemplate } from '../../core/workflows/types.ts'
import type { SceneRequest } from './engine.ts'

/** The trained size nearest in shape to the film; among equals the smallest that covers it, else the largest. */
export function nearestSize(sizes: readonly PictureSize[], film: PictureSize): PictureSize {
  const shape = ({ width, height }: PictureSize): number => Math.log(width / height)
  const off = (size: PictureSize): number => Math.abs(shape(size) - shape(film))
  const covers = (size: PictureSize): boolean => size.width >= film.width && size.height >= film.height
  const area = (size: PictureSize): number => size.width * size.height
  const best = Math.min(...sizes.map(off))
  const near = sizes.filter((size) => off(size) - best < 1e-6).sort((a, b) => area(a) - area(b))
  return near.find(covers) ?? near.at(-1) ?? film
}

/** Names of the images a workflow can take: its `reference_image` parameters, or one list of all of them. */
export const takesImages = (template: Pick<WorkflowTemplate, 'parameters'>): boolean =>
  template.parameters.some(({ name, role }) => role === 'reference_image' || name === 'reference_images')

const cut = (text: string, parameter: Parameter): string => text.slice(0, parameter.max_length ?? 2_000)

/**
 * Values by parameter name. Frames are asked for at the workflow's own rate, rounded up, so that the clip is never
 * shorter than the scene; the caller fits size and rate to the film afterwards.
 * @param images names of the uploaded reference images, in order
 */
export function sceneValues(
  template: Pick<WorkflowTemplate, 'parameters' | 'sizes'>,
  request: SceneRequest,
  images: readonly string[],
): Record<string, unknown> {
  const { format } = request
  const size = template.sizes ? nearestSize(template.sizes, format) : format
  const { fps, frames } = clipLength(template, request.frames, format.fps)
  // The last of several pictures is where a clip is to end, for a workflow that knows how.
  const endsOn = template.parameters.some(({ role }) => role === 'end_image') && images.length > 1
  const pictures = endsOn ? images.slice(0, -1) : [...images]

  /** Parameters without a role of their own, known by name. Texts shown to people are cut rather than refused. */
  const byName: Record<string, (parameter: Parameter) => unknown> = {
    title: (p) => cut(request.title, p),
    scene_id: (p) => cut(request.sceneId, p),
    scene_number: () => request.sceneNumber,
    scenes_total: () => request.scenesTotal,
    written_prompt: (p) => cut(request.writtenPrompt, p),
    cut_frames: () => request.cutFrames.join(','),
    reference_images: () => images.join(','),
    details: (p) => cut(request.details, p),
  }
  const byRole = (parameter: Parameter): unknown => {
    switch (parameter.role) {
      case 'prompt':
        return request.prompt
      case 'negative_prompt':
        return request.negativePrompt || undefined
      case 'seed':
        // Some samplers take 32 bits only; a seed must still give the same picture every time.
        return parameter.max === undefined ? request.seed : request.seed % (parameter.max + 1)
      case 'width':
        return size.width
      case 'height':
        return size.height
      case 'fps':
        return fps
      case 'frames':
        return frames
      case 'duration':
        return request.durationS
      case 'reference_image':
        return pictures.shift()
      case 'end_image':
        return endsOn ? images.at(-1) : undefined
      case 'custom':
        return Object.hasOwn(byName, parameter.name) ? byName[parameter.name]?.(parameter) : undefined
      default:
        return undefined
    }
  }
  return Object.fromEntries(
    template.parameters.map((p) => [p.name, byRole(p)] as const).filter(([, value]) => value !== undefined),
  )
}
