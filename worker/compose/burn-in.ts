/** What is burnt into the frames of a piece: which pictures, where they lie and when. Pure. */
import { LINE_WIDTH } from '../../core/captions/wrap.ts'
import type { FilmFormat } from '../../core/media/format.ts'
import { slateSpan } from '../../core/storyboard/burn-in.ts'
import type { ShotPlan } from '../../core/storyboard/plan-types.ts'
import type { RenderPiece } from './cut-list.ts'
import { AS_FILM, restart, startOf } from './graph.ts'

/** A scene as it is named on the picture. */
export type SceneName = { number: number; id: string }

/** Frames are counted within the piece; `to` is not one of them. */
export type Marks = {
  /** The film's frame that the piece begins with, and the scenes seen in it; null when no time code is wanted. */
  timecode: { startFrame: number; scenes: SceneName[] } | null
  slates: { shot: number; from: number; to: number }[]
  captions: { lines: readonly string[]; from: number; to: number }[]
}

/** What lies on a piece; null when nothing does. */
export function marksOf(plan: ShotPlan, piece: RenderPiece): Marks | null {
  if (!plan.burnIn) return null
  const sides = [piece.outgoing, piece.incoming].filter((side) => side !== null)
  const scenes = [...new Set(sides.map(({ sceneId }) => sceneId))].map((id) => sceneName(plan, id))
  const slates = plan.burnIn.slate === null ? [] : slatesOn(plan, piece)
  const captions = (plan.burnIn.captions ?? []).flatMap(({ lines, ...span }) => {
    const within = spanWithin(span, piece)
    return within ? [{ lines, ...within }] : []
  })
  if (!plan.burnIn.timecode && slates.length + captions.length === 0) return null
  const timecode = plan.burnIn.timecode ? { startFrame: piece.startFrame, scenes } : null
  return { timecode, slates, captions }
}

export const sceneName = (plan: ShotPlan, id: string): SceneName => ({
  number: plan.clips.find((clip) => clip.sceneId === id)?.sceneNumber ?? 0,
  id,
})

function slatesOn(plan: ShotPlan, piece: RenderPiece): Marks['slates'] {
  return plan.shots.flatMap((_, shot) => {
    const within = spanWithin(slateSpan(plan, shot), piece)
    return within ? [{ shot, ...within }] : []
  })
}

/** The part of a span of the film that lies in a piece, counted within it; null when none does. */
function spanWithin(
  span: { from: number; to: number },
  { startFrame, frames }: RenderPiece,
): { from: number; to: number } | null {
  const from = Math.max(0, span.from - startFrame)
  const to = Math.min(frames, span.to - startFrame)
  return from < to ? { from, to } : null
}

/** Sizes in pixels, all even, so that nothing falls between two pixels of colour. */
export type BurnInLayout = {
  /** The whole strip at the foot of the picture. */
  strip: { x: number; y: number; width: number; height: number }
  font: number
  /** Two digits of the time code: their size, and the left edge of hours, minutes, seconds and frames. */
  digits: { width: number; height: number; top: number; lefts: number[] }
  /** Width of the time code's box within the strip. */
  box: number
  slate: { x: number; y: number; width: number; height: number }
  /** Room for two lines, above the strip where there is one. */
  caption: { x: number; y: number; width: number; height: number; font: number }
}

export function layOutBurnIn({ width, height }: FilmFormat, aboveStrip = false): BurnInLayout {
  const short = Math.min(width, height)
  const margin = even(short * 0.035)
  const font = even(short / 24)
  const stripHeight = even(font * 1.7)
  const stripY = height - margin - stripHeight
  const digits = { width: even(font * 1.34), height: even(font * 1.2) }
  const step = digits.width + even(font * 0.34)
  const lefts = [0, 1, 2, 3].map((place) => margin + even(font * 0.5) + place * step)
  const box = lefts[3]! - margin + digits.width + even(font * 0.5)
  const slate = { width: even(Math.min(width * 0.88, short * 1.02)), height: 0 }
  slate.height = even(slate.width * 0.5)
  const captionWidth = even(width * 0.94)
  const captionFont = Math.min(short / 20, captionWidth / (LINE_WIDTH * 0.56))
  const caption = { width: captionWidth, height: even(captionFont * 2.7), font: captionFont }
  const foot = aboveStrip ? stripY : height - margin
  return {
    strip: { x: margin, y: stripY, width: width - 2 * margin, height: stripHeight },
    font,
    digits: { ...digits, top: stripY + even((stripHeight - digits.height) / 2), lefts },
    box,
    slate: { ...slate, x: even((width - slate.width) / 2), y: even((height - slate.height) / 2) },
    caption: { ...caption, x: even((width - captionWidth) / 2), y: foot - caption.height },
  }
}

const even = (value: number): number => Math.max(2, 2 * Math.round(value / 2))

/** A drawn picture, its transparency kept, in the film's colours. */
const PICTURE = `format=rgba,scale=out_color_matrix=bt709:out_range=tv,format=yuva420p,${AS_FILM},setsar=1`

/**
 * Chains from `input` to `output` with everything laid on. Pictures are inputs from `first` on: the strip and the digits when
 * there is a time code, then a slate for each of `marks.slates`, then the captions.
 */
export function burnInChains(
  marks: Marks,
  frames: number,
  format: FilmFormat,
  input: string,
  output: string,
  first: number,
): string[] {
  const layout = layOutBurnIn(format, marks.timecode !== null)
  const chains: string[] = []
  let at = first
  let below = input
  const lay = (picture: string, x: number, y: number, when = ''): void => {
    const above = `[laid${chains.length}]`
    chains.push(`${below}${picture}overlay=x=${x}:y=${y}${when}${above}`)
    below = above
  }
  if (marks.timecode) {
    const { strip, digits } = layout
    const { width, height } = digits
    chains.push(`[${at}:v:0]${PICTURE}[strip]`)
    lay('[strip]', strip.x, strip.y)
    // One column of all two-digit numbers, of which each place of the time code shows the row that is due.
    chains.push(
      `[${at + 1}:v:0]${PICTURE},loop=loop=${frames - 1}:size=1:start=0,${restart(format)},split=4[hours][minutes][seconds][frames]`,
    )
    const frame = `(${marks.timecode.startFrame}+floor(t*${format.fps}+0.5))`
    const rows = {
      hours: `floor(${frame}/${3_600 * format.fps})`,
      minutes: `floor(${frame}/${60 * format.fps})`,
      seconds: `floor(${frame}/${format.fps})`,
      frames: `mod(${frame},${format.fps})`,
    }
    Object.entries(rows).forEach(([place, row], index) => {
      chains.push(`[${place}]crop=${width}:${height}:0:'${height}*mod(${row},60)'[${place}due]`)
      lay(`[${place}due]`, digits.lefts[index]!, digits.top)
    })
    at += 2
  }
  const layFor = (name: string, { from, to }: { from: number; to: number }, x: number, y: number): void => {
    chains.push(`[${at}:v:0]${PICTURE}[${name}]`)
    at += 1
    lay(`[${name}]`, x, y, `:enable='gte(t,${startOf(from, format)})*lt(t,${startOf(to, format)})'`)
  }
  for (const [index, span] of marks.slates.entries())
    layFor(`slate${index}`, span, layout.slate.x, layout.slate.y)
  for (const [index, span] of marks.captions.entries())
    layFor(`caption${index}`, span, layout.caption.x, layout.caption.y)
  chains.push(`${below}format=yuv420p${output}`)
  return chains
}
