/** The films of a project in words. Pure. */
import type { Job } from '../../api/client.ts'
import { day, when } from '../../format.ts'
import type { Side } from './segments.ts'
import { segmentsOf } from './segments.ts'

/** A job that has become a film. */
export type Film = Job & { output: NonNullable<Job['output']> }

export const isFilm = (job: Job | undefined): job is Film =>
  job?.status === 'completed' && job.output !== null

export const isAnimatic = ({ output }: Film): boolean => output.metadata.model_used === 'preview-animatic'

/** `r42`; a film of earlier releases has no number. */
export const revisionOf = ({ output }: Film): string =>
  output.metadata.spec_revision ? `r${output.metadata.spec_revision}` : ''

/** `r42 today`, `r41 yesterday, animatic`; with the hour where a day has two of a revision. */
export function labelOf(film: Film, all: readonly Film[], now: number = Date.now()): string {
  const name = (one: Film): string =>
    [revisionOf(one), `${day(Date.parse(one.created_at), now)}${isAnimatic(one) ? ', animatic' : ''}`]
      .filter(Boolean)
      .join(' ')
  const isOnly = all.every((other) => other.id === film.id || name(other) !== name(film))
  const at = new Date(film.created_at)
  const hour = when(at.getTime(), at.getTime())
  return isOnly ? name(film) : `${name(film)} ${hour}`
}

export const sideOf = ({ output }: Film): Side => {
  const { fps, frames, shots = [] } = output.metadata
  return { fps, frames, segments: segmentsOf(shots, frames) }
}

/** `5 rail`: what stands at a place of the film. */
export function placeName(side: Side, at: number): string {
  const segment = side.segments[at]
  return segment ? `${String(at + 1).padStart(2, '0')} ${segment.sceneId}` : ''
}
