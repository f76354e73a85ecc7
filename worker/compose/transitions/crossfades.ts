/** Fade, dissolve and wipe: even mixtures of the two pictures. Pure. */
import type { FilmFormat } from '../../../core/media/format.ts'
import { flat, layer, restart } from '../graph.ts'
import type { Drawing } from './drawing.ts'

const WIPES = ['left', 'right', 'up', 'down'] as const
export type WipeDirection = (typeof WIPES)[number]

/** Which way the edge of a wipe travels; left when nothing usable is said. */
export const wipeDirection = (params: Readonly<Record<string, unknown>>): WipeDirection =>
  WIPES.find((direction) => direction === params.direction) ?? 'left'

export const dissolve = (drawing: Drawing): string[] =>
  mix('[a]', '[b]', drawing, drawing.format, '[v]', 'in')

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
    ...mix('[first]', '[ca]', { lead: 1, span: half, frames: half }, format, '[dark]', 'darker'),
    ...mix('[cb]', '[last]', { lead: 1, span: rest + 1, frames: rest }, format, '[light]', 'lighter'),
    `[dark][light]concat=n=2:v=1:a=0,${restart(format)}[v]`,
  ]
}

type Course = Pick<Drawing, 'lead' | 'span' | 'frames'>

/** `b` comes in over `a`: frame i is (i + lead) / span done. By a mask, which takes a quarter of what xfade would. */
const mix = (
  a: string,
  b: string,
  { lead, span, frames }: Course,
  format: FilmFormat,
  out: string,
  name: string,
): string[] =>
  layer(
    a,
    b,
    Array.from({ length: frames }, (_, i) => (i + lead) / span),
    format,
    out,
    name,
  )

/**
 * The edge between the pictures travels at an even pace. xfade starts at frame 0 with nothing done, so a `lead` is made by
 * one more frame in front, taken off again behind.
 */
export function wipe({ join, lead, span, frames, format }: Drawing): string[] {
  const pad = lead === 1 ? 'tpad=start=1:start_mode=clone:stop=1:stop_mode=clone,' : ''
  return [
    ...['a', 'b'].map((name) => `[${name}]${pad}settb=1/${format.fps}[${name}p]`),
    `[ap][bp]xfade=transition=wipe${wipeDirection(join.params)}:duration=${(span / format.fps).toFixed(6)}:offset=0,` +
      `trim=start_frame=${lead}:end_frame=${lead + frames},${restart(format)}[v]`,
  ]
}
