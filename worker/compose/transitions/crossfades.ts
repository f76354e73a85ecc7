/** Fade, dissolve and wipe: even mixtures of the two pictures. Pure. */
import type { FilmFormat } from '../../../core/media/format.ts'
import { flat, restart } from '../graph.ts'
import type { Drawing } from './drawing.ts'

const WIPES = ['left', 'right', 'up', 'down'] as const
export type WipeDirection = (typeof WIPES)[number]

/** Which way the edge of a wipe travels; left when nothing usable is said. */
export const wipeDirection = (params: Readonly<Record<string, unknown>>): WipeDirection =>
  WIPES.find((direction) => direction === params.direction) ?? 'left'

export const dissolve = (drawing: Drawing): string[] => mixture('fade', drawing)

export const wipe = (drawing: Drawing): string[] =>
  mixture(`wipe${wipeDirection(drawing.join.params)}`, drawing)

/** Out to the colour, which the last frame of its first half reaches, then in from it. `colour` is six hexadecimal digits. */
export function fade(drawing: Drawing, colour: string): string[] {
  const { frames, flatSide, format } = drawing
  // The flat side is of the colour already.
  if (flatSide !== null) return dissolve(drawing)
  const half = Math.ceil(frames / 2)
  const rest = frames - half
  if (rest === 0) return [`${flat(colour, frames, format)}[v]`, '[a]nullsink', '[b]nullsink']
  return [
    `[a]trim=end_frame=${half}[first]`,
    `[b]trim=start_frame=${half},${restart(format)}[last]`,
    `${flat(colour, half, format)}[ca]`,
    `${flat(colour, rest, format)}[cb]`,
    ...mix('[first]', '[ca]', 'fade', { lead: 1, span: half, frames: half }, format, '[out]'),
    ...mix('[cb]', '[last]', 'fade', { lead: 1, span: rest + 1, frames: rest }, format, '[in]'),
    `[out][in]concat=n=2:v=1:a=0,${restart(format)}[v]`,
  ]
}

const mixture = (xfade: string, drawing: Drawing): string[] =>
  mix('[a]', '[b]', xfade, drawing, drawing.format, '[v]')

/**
 * `b` comes in over `a`: frame i is (i + lead) / span done. xfade starts at frame 0 with nothing done, so a `lead` is
 * made by one more frame in front, taken off again behind.
 */
function mix(
  a: string,
  b: string,
  xfade: string,
  { lead, span, frames }: Pick<Drawing, 'lead' | 'span' | 'frames'>,
  format: FilmFormat,
  out: string,
): string[] {
  const pad = lead === 1 ? 'tpad=start=1:start_mode=clone:stop=1:stop_mode=clone,' : ''
  const ready = [a, b].map((name) => name.replace(']', 'p]'))
  return [
    ...[a, b].map((name, index) => `${name}${pad}settb=1/${format.fps}${ready[index]}`),
    `${ready.join('')}xfade=transition=${xfade}:duration=${(span / format.fps).toFixed(6)}:offset=0,` +
      `trim=start_frame=${lead}:end_frame=${lead + frames},${restart(format)}${out}`,
  ]
}
