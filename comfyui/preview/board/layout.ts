import { metricsOf } from '../text/metrics.ts'
import { coveredText, tokenize } from '../text/tokens.ts'
import { fit, type Wrapped, wrap } from '../text/wrap.ts'
import type { BoardSpec } from './spec.ts'

/** Where everything stands on a board, in px of the picture. */
export type Layout = {
  /** Px for one unit of the 720-line design. */
  readonly unit: number
  readonly margin: number
  readonly title: Wrapped
  readonly sceneNumeral: string
  readonly label: string
  readonly prompt: Wrapped
  readonly details: Wrapped
  readonly y: {
    readonly title: number
    readonly label: number
    readonly prompt: number
    readonly details: number
  }
  readonly lineHeight: number
  readonly numeral: { readonly x: number; readonly y: number; readonly sizePx: number }
  /** Running time: `cell` is the width of two digits and a colon; all even, for 4:2:0 pictures. */
  readonly timecode: {
    readonly x: number
    readonly y: number
    readonly cell: number
    readonly pair: number
    readonly height: number
    readonly sizePx: number
    readonly digit: number
  }
  readonly hairline: {
    readonly x: number
    readonly y: number
    readonly width: number
    readonly height: number
  }
}

const STEPS = {
  wide: [
    { sizePx: 46, maxLines: 2 },
    { sizePx: 40, maxLines: 3 },
    { sizePx: 34, maxLines: 4 },
    { sizePx: 29, maxLines: 5 },
    { sizePx: 25, maxLines: 6 },
  ],
  square: [
    { sizePx: 44, maxLines: 4 },
    { sizePx: 37, maxLines: 5 },
    { sizePx: 31, maxLines: 6 },
    { sizePx: 27, maxLines: 8 },
  ],
  tall: [
    { sizePx: 50, maxLines: 5 },
    { sizePx: 42, maxLines: 7 },
    { sizePx: 35, maxLines: 9 },
    { sizePx: 30, maxLines: 12 },
  ],
} as const

/** Computes the layout: text is measured, wrapped and, where it does not fit, ended with an ellipsis. Pure. */
export function layOut(spec: BoardSpec): Layout {
  const { width, height } = spec
  const unit = Math.min(width, height) / 720
  const shape = width > height * 1.2 ? 'wide' : height > width * 1.2 ? 'tall' : 'square'
  const margin = (shape === 'wide' ? 72 : 56) * unit
  const content = width - 2 * margin
  const timecode = timecodeBox(width, margin, unit)
  const [bold, medium, plain] = [metricsOf(600), metricsOf(500), metricsOf(400)]

  const titleSize = 20 * unit
  const titleSpacing = 3 * unit
  const titleWords = tokenize(spec.title.toLocaleUpperCase('en'), bold)
  const tracked = {
    ...bold,
    width: (text: string, px: number) => bold.width(text, px) + [...text].length * titleSpacing,
  }
  const title = wrap(titleWords, tracked, titleSize, timecode.x - margin - 40 * unit, 1)

  const promptWidth = shape === 'wide' ? Math.min(content, 940 * unit) : content
  const steps = STEPS[shape].map((step) => ({ ...step, sizePx: step.sizePx * unit }))
  const prompt = fit(tokenize(spec.prompt, bold), bold, steps, promptWidth)
  const lineHeight = prompt.sizePx * 1.27
  const details = wrap(tokenize(spec.details, plain), plain, 19 * unit, content - 130 * unit, 1)

  const hairlineY = height - 48 * unit
  const detailsY = height - 68 * unit
  const lastPrompt = detailsY - 46 * unit
  const firstPrompt = lastPrompt - Math.max(0, prompt.lines.length - 1) * lineHeight
  const labelY = firstPrompt - prompt.sizePx - 16 * unit
  const numeralSize = shape === 'wide' ? 420 * unit : shape === 'tall' ? 430 * unit : 360 * unit
  return {
    unit,
    margin,
    title,
    sceneNumeral: String(spec.sceneNumber).padStart(2, '0'),
    label: labelText(spec, medium, content, unit),
    prompt,
    details,
    y: { title: 86 * unit, label: labelY, prompt: firstPrompt, details: detailsY },
    lineHeight,
    numeral: {
      x: width - margin + 10 * unit,
      y: Math.min(labelY - 36 * unit, height * (shape === 'wide' ? 0.64 : 0.5)),
      sizePx: numeralSize,
    },
    timecode,
    hairline: {
      x: even(margin),
      y: even(hairlineY),
      width: even(width - 2 * margin),
      height: even(12 * unit),
    },
  }
}

function labelText(
  spec: BoardSpec,
  font: ReturnType<typeof metricsOf>,
  content: number,
  unit: number,
): string {
  const counted = `SCENE ${spec.sceneNumber} OF ${spec.scenesTotal}`
  const id = coveredText(spec.sceneId, font)
  if (id === '') return counted
  const words = [[{ text: `${counted}  ·  ${id}`, kind: 'word' as const }]]
  const wrapped = wrap(words, font, 20 * unit, content, 1)
  return wrapped.lines[0]?.map((token) => token.text).join('') ?? counted
}

function timecodeBox(width: number, margin: number, unit: number): Layout['timecode'] {
  const font = metricsOf(500)
  const sizePx = 20 * unit
  const digit = Math.max(...[...'0123456789'].map((char) => font.width(char, sizePx)))
  const pair = even(2 * digit)
  const cell = pair + even(font.width(':', sizePx) + 2 * unit)
  const total = 3 * cell + pair
  const height = even(28 * unit)
  return {
    x: even(width - margin - total),
    y: even(86 * unit - 22 * unit),
    cell,
    pair,
    height,
    sizePx,
    digit,
  }
}

export const even = (value: number): number => Math.max(2, 2 * Math.round(value / 2))
