/** The look of a flashback. Pure. */
import type { FilmFormat } from '../../core/media/format.ts'
import type { Treatment } from '../../core/storyboard/plan-types.ts'
import { AS_FILM, num } from './graph.ts'

/** Softest, as a share of the short side. */
const SOFTEST = 1 / 40
/** Grains of this height at 1080 lines are seen as film; every pixel for itself is seen as a bad signal. */
const GRAIN_AT_1080 = 0.75
const STRONGEST_GRAIN = 50

/**
 * Chains from `input` to `output`, in the order a laboratory would work: colour, softness, light, grain on top. Nothing asked,
 * nothing done; values beyond their range are held.
 * @param frames length of the stretch
 * @param name of its own in the graph, without brackets
 */
export function treat(
  treatment: Treatment | null,
  frames: number,
  format: FilmFormat,
  input: string,
  output: string,
  name: string,
): string[] {
  const { desaturate = 0, vignette = false, grain = 0, blur = 0 } = treatment ?? {}
  const short = Math.min(format.width, format.height)
  const filters = [
    ...(desaturate > 0 ? [`hue=s=${num(1 - share(desaturate))}`] : []),
    ...(blur > 0 ? [`gblur=sigma=${num(share(blur) * short * SOFTEST)}`] : []),
    ...(vignette ? ['vignette=angle=PI/5'] : []),
    'setsar=1,format=yuv420p',
  ].join(',')
  if (grain <= 0) return [`${input}${filters}${output}`]
  const { width, height, fps } = format
  return [
    `${input}${filters}[${name}clean]`,
    // A plate of grey with noise in its light alone; the filter's own fixed seed keeps renders repeatable.
    `color=c=gray:s=${width}x${height}:r=${fps},trim=end_frame=${frames},format=yuv420p,lutyuv=y=128,${AS_FILM},setsar=1,` +
      `noise=c0s=${Math.max(1, Math.round(STRONGEST_GRAIN * share(grain)))}:c0f=t,gblur=sigma=${num((GRAIN_AT_1080 * short) / 1080)}:planes=1,settb=1/90000[${name}grain]`,
    // What lies off the middle of the plate is added: the picture as a whole stays as bright as it was.
    `[${name}grain][${name}clean]blend=c0_mode=grainmerge:c1_opacity=0:c2_opacity=0,format=yuv420p${output}`,
  ]
}

const share = (value: number): number => Math.min(1, Math.max(0, value))
