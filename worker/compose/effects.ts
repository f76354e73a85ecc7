/** How joins and treatments are drawn: filter graphs as text, made from numbers and words of ours only. Pure. */
import type { FilmFormat } from '../../core/media/format.ts'
import type { Join, Treatment } from '../../core/storyboard/plan-types.ts'
import { ticksPerFrame } from './check.ts'
import type { RenderPiece, Side } from './cut-list.ts'

type Drawn = 'fade' | 'dissolve' | 'wipe'

/** What each type is drawn as, until it has a drawing of its own; `warning` then tells the user. */
export const DRAWN_AS: Record<Join['type'], { as: Drawn; warning: string | null }> = {
  fade: { as: 'fade', warning: null },
  dissolve: { as: 'dissolve', warning: null },
  wipe: { as: 'wipe', warning: null },
  blur: { as: 'dissolve', warning: 'The transition "blur" is drawn as a dissolve.' },
  zoom: { as: 'dissolve', warning: 'The transition "zoom" is drawn as a dissolve.' },
  flash: { as: 'dissolve', warning: 'The transition "flash" is drawn as a dissolve.' },
  glitch: { as: 'dissolve', warning: 'The transition "glitch" is drawn as a dissolve.' },
  custom: { as: 'dissolve', warning: 'A custom transition is drawn as a dissolve.' },
}

const WIPES = ['left', 'right', 'up', 'down'] as const
const COLOURS: Record<string, string> = {
  black: '000000',
  white: 'ffffff',
  red: 'ff0000',
  green: '008000',
  blue: '0000ff',
  yellow: 'ffff00',
  orange: 'ffa500',
  purple: '800080',
  gray: '808080',
  grey: '808080',
}

/** Which way the edge of a wipe travels; left when nothing usable is said. */
export const wipeDirection = (params: Record<string, unknown>): (typeof WIPES)[number] =>
  WIPES.find((direction) => direction === params.direction) ?? 'left'

/** The colour of a fade as six hexadecimal digits, or null when it is none we know. Black when nothing is said. */
export function fadeColour(params: Record<string, unknown>): string | null {
  const { color = 'black' } = params
  if (typeof color !== 'string') return null
  const text = color.trim().toLowerCase()
  const hex = /^#?([0-9a-f]{6}|[0-9a-f]{3})$/.exec(text)?.[1]
  if (hex) return hex.length === 6 ? hex : hex.replace(/./g, '$&$&')
  return Object.hasOwn(COLOURS, text) ? COLOURS[text]! : null
}

/** What a user should be told about how this join comes out. */
export function joinWarnings(join: Join): string[] {
  const { as, warning } = DRAWN_AS[join.type]
  const warnings = warning ? [warning] : []
  if (as === 'fade' && fadeColour(join.params) === null)
    warnings.push('The colour of a fade is not known: black is used.')
  const { direction } = join.params
  if (as === 'wipe' && direction != null && !WIPES.some((known) => known === direction)) {
    warnings.push('The direction of a wipe is not known: left is used.')
  }
  if (join.effects.length > 0) warnings.push('Effects within transitions are not drawn yet.')
  return warnings
}

/**
 * The filter graph of a piece, ending in `[v]`: exactly `piece.frames` pictures. Inputs are the piece's sides in the
 * order outgoing, incoming (absent ones left out), each beginning at its first frame.
 *
 * Frame i of n: an inner dissolve or wipe is (i + 1) / (n + 1) done, the same from either end, so that no frame
 * repeats a neighbour. From black it is i / n and to black (i + 1) / n, so that the film's first and last frame are black.
 */
export function pieceGraph(piece: RenderPiece, format: FilmFormat): string {
  const { frames: n, join, outgoing, incoming } = piece
  const sides = [outgoing, incoming].filter((side) => side !== null)
  const chains = sides.map((side, index) => `${sideChain(index, side, n, format)}`)
  if (join === null) return `${chains[0]}[v]`
  const { as } = DRAWN_AS[join.type]
  const colour = (as === 'fade' ? fadeColour(join.params) : null) ?? '000000'
  const wipe = as === 'wipe' ? `wipe${wipeDirection(join.params)}` : 'fade'
  if (outgoing === null) {
    return [
      `${flat(colour, n, format)}[a]`,
      `${chains[0]}[b]`,
      mix('[a]', '[b]', wipe, n, 0, n, format, '[v]'),
    ].join(';')
  }
  if (incoming === null) {
    return [
      `${chains[0]}[a]`,
      `${flat(colour, n, format)}[b]`,
      mix('[a]', '[b]', wipe, n, 1, n, format, '[v]'),
    ].join(';')
  }
  if (as !== 'fade') {
    return [`${chains[0]}[a]`, `${chains[1]}[b]`, mix('[a]', '[b]', wipe, n + 1, 1, n, format, '[v]')].join(
      ';',
    )
  }
  // Out to the colour, which its last frame reaches, then in from it.
  const half = Math.ceil(n / 2)
  const rest = n - half
  if (rest === 0) return `${flat(colour, n, format)}[v];${chains[0]},nullsink;${chains[1]},nullsink`
  return [
    `${chains[0]},trim=end_frame=${half}[a]`,
    `${chains[1]},trim=start_frame=${half},${restart(format)}[b]`,
    `${flat(colour, half, format)}[ca]`,
    `${flat(colour, rest, format)}[cb]`,
    mix('[a]', '[ca]', 'fade', half, 1, half, format, '[first]'),
    mix('[cb]', '[b]', 'fade', rest + 1, 1, rest, format, '[second]'),
    `[first][second]concat=n=2:v=1:a=0,${restart(format)}[v]`,
  ].join(';')
}

/** Frames on the film's grid from 0, in a time base that `xfade` takes. */
const restart = (format: FilmFormat): string =>
  `settb=1/90000,setpts=N*${ticksPerFrame(format)},fps=${format.fps}`

const sideChain = (input: number, side: Side, n: number, format: FilmFormat): string =>
  [
    `[${input}:v:0]trim=end_frame=${n}`,
    restart(format),
    ...treatmentFilters(side.treatment, format),
    'setsar=1,format=yuv420p',
  ].join(',')

/** `n` frames of one colour, converted by the film's matrix and not by the default one. */
const flat = (hex: string, n: number, { width, height, fps }: FilmFormat): string =>
  `color=c=0x${hex}:s=${width}x${height}:r=${fps},trim=end_frame=${n},format=gbrp,` +
  'scale=out_color_matrix=bt709:out_range=tv,format=yuv420p,setsar=1,' +
  'setparams=range=tv:color_primaries=bt709:color_trc=bt709:colorspace=bt709,' +
  `settb=1/${fps}`

/**
 * `b` comes in over `a`: frame i is (i + lead) / span done. xfade starts at frame 0 with nothing done, so a `lead` is
 * made by one more frame in front, taken off again behind.
 */
function mix(
  a: string,
  b: string,
  transition: string,
  span: number,
  lead: 0 | 1,
  n: number,
  format: FilmFormat,
  out: string,
): string {
  const pad = 'tpad=start=1:start_mode=clone:stop=1:stop_mode=clone'
  const xfade = `xfade=transition=${transition}:duration=${(span / format.fps).toFixed(6)}:offset=0`
  const names = [a, b].map((name) => name.replace(']', 'p]'))
  const ready = [a, b].map(
    (name, index) => `${name}${lead ? pad : 'null'},settb=1/${format.fps}${names[index]}`,
  )
  return `${ready.join(';')};${names.join('')}${xfade},trim=start_frame=${lead}:end_frame=${lead + n},${restart(format)}${out}`
}

/** Filters of a treatment, in the order a laboratory would apply them: colour, softness, light, grain on top. */
export function treatmentFilters(treatment: Treatment | null, format: FilmFormat): string[] {
  if (treatment === null) return []
  const { desaturate = 0, vignette = false, grain = 0, blur = 0 } = treatment
  const share = (value: number): number => Math.min(1, Math.max(0, value))
  return [
    ...(desaturate > 0 ? [`hue=s=${(1 - share(desaturate)).toFixed(3)}`] : []),
    // Softness is seen relative to the picture's height: a fortieth of it is as soft as it gets.
    ...(blur > 0
      ? [`gblur=sigma=${((share(blur) * Math.min(format.width, format.height)) / 40).toFixed(2)}`]
      : []),
    ...(vignette ? ['vignette=angle=PI/5'] : []),
    // Only in the light, as silver grain is; the filter's own fixed seed keeps renders repeatable.
    ...(grain > 0 ? [`noise=c0s=${Math.max(1, Math.round(share(grain) * 40))}:c0f=t`] : []),
  ]
}
