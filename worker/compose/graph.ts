/** Words of filter graphs that every drawing uses. Text made from numbers and words of ours only. Pure. */
import type { FilmFormat } from '../../core/media/format.ts'
import { ticksPerFrame } from './check.ts'

/** Frames on the film's grid from 0, in a time base that `xfade` takes. */
export const restart = (format: FilmFormat): string =>
  `settb=1/90000,setpts=N*${ticksPerFrame(format)},fps=${format.fps}`

/** As the film is coded, converted by its own matrix and not by the default one. */
/** Names what is in the film's colours already. */
export const AS_FILM = 'setparams=range=tv:color_primaries=bt709:color_trc=bt709:colorspace=bt709'
export const TO_FILM = `scale=out_color_matrix=bt709:out_range=tv,format=yuv420p,setsar=1,${AS_FILM}`

/** Red, green and blue in full, for what light and lenses do. */
export const TO_RGB = 'format=gbrp'

/** `n` frames of one colour, `hex` as six digits. */
export const flat = (hex: string, n: number, { width, height, fps }: FilmFormat): string =>
  `color=c=0x${hex}:s=${width}x${height}:r=${fps},trim=end_frame=${n},${TO_RGB},${TO_FILM},settb=1/${fps}`

/** A number as filters read it: no exponent, no negative zero, and no more digits than are seen. */
export const num = (value: number): string => String(Number(value.toFixed(5)) || 0)

/**
 * An expression that is `values[i]` at frame i; the last value holds. Asks for the time, since filters do not agree whether
 * their first frame is 0 or 1. Neighbours that are alike share a leaf, and the leaves stand in a tree, so that a frame
 * costs few comparisons.
 * @param clock the filter's name for the time in seconds
 */
export function table(values: readonly number[], format: FilmFormat, clock: 't' | 'T' = 't'): string {
  const steps: { from: number; text: string }[] = []
  for (const [from, value] of values.entries()) {
    const text = num(value)
    if (steps.at(-1)?.text !== text) steps.push({ from, text })
  }
  const tree = (low: number, high: number): string => {
    if (high - low === 1) return steps[low]!.text
    const middle = Math.floor((low + high) / 2)
    return `if(lt(${clock},${startOf(steps[middle]!.from, format)}),${tree(low, middle)},${tree(middle, high)})`
  }
  return tree(0, steps.length)
}

/** A time that lies safely before frame `frame` and after the one before it, whatever is rounded. */
export const startOf = (frame: number, format: FilmFormat): string =>
  num(Math.max(0, frame - 0.5) / format.fps)

/**
 * A `sendcmd` for the filter that stands right behind it: options that take no expression get a new value at each frame.
 * @param target name of that filter in the graph, such as `gblur@soft`
 */
export function commands(
  target: string,
  options: Readonly<Record<string, readonly number[]>>,
  format: FilmFormat,
): string {
  const lines = new Map<number, string[]>()
  for (const [option, values] of Object.entries(options)) {
    let before: string | null = null
    for (const [frame, value] of values.entries()) {
      const text = num(value)
      if (text === before) continue
      before = text
      lines.set(frame, [...(lines.get(frame) ?? []), `${target} ${option} ${text}`])
    }
  }
  const script = [...lines]
    .sort(([a], [b]) => a - b)
    .map(([frame, parts]) => `${startOf(frame, format)} ${parts.join(',')}`)
  return `sendcmd=c='${script.join(';')}'`
}

/**
 * `over` laid on `under`, as opaque at frame i as `opacity[i]` (0 to 1) says. Both have the film's pixel format. At 0
 * `under` is untouched; at 1 a step of 1 in 255 may be left of it.
 */
export function layer(
  under: string,
  over: string,
  opacity: readonly number[],
  format: FilmFormat,
  out: string,
  name: string,
): string[] {
  const { width, height, fps } = format
  const level = table(
    opacity.map((share) => Math.round(255 * Math.min(1, Math.max(0, share)))),
    format,
    'T',
  )
  return [
    // A few pixels are computed and made as large as the picture: an expression for each of its pixels would take a second.
    // Chroma follows luma where nothing is said of it. They are called film colours from the start, or making them large would convert them.
    `color=c=black:s=4x4:r=${fps},trim=end_frame=${opacity.length},format=yuv420p,${AS_FILM},` +
      `geq=lum='${level}',` +
      `scale=${width}:${height}:flags=neighbor,setsar=1,format=yuv420p,${restart(format)}[${name}]`,
    // The format is said again, or what comes behind could have all three inputs converted to its own, the mask among them.
    `${under}${over}[${name}]maskedmerge,format=yuv420p${out}`,
  ]
}
