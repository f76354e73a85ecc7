/** A transition between two pictures, drawn into a small canvas: near enough to choose by. */

import type { TransitionEffect, TransitionType } from '../../../../../core/storyboard/plan-types.ts'
import {
  type ResolvedEffect,
  resolveEffect,
  shapes,
  valueAt,
} from '../../../../../core/storyboard/transition-effects.ts'

export type Look = {
  type: TransitionType
  params?: Record<string, unknown> | undefined
  effects?: readonly TransitionEffect[] | undefined
}

/** A picture and where it has to be cut from to fill the canvas. */
export type Picture = CanvasImageSource & { width: number; height: number }

type Context = CanvasRenderingContext2D
type Pose = {
  opacity: number
  filter: string
  zoom: number
  rotate: number
  x: number
  y: number
}
const AT_REST: Pose = { opacity: 1, filter: '', zoom: 1, rotate: 0, x: 0, y: 0 }

/** Where the picture fills the canvas, as `object-fit: cover` would. */
export function covering(
  picture: { width: number; height: number },
  width: number,
  height: number,
): { x: number; y: number; width: number; height: number } {
  const scale = Math.max(width / picture.width, height / picture.height)
  const size = { width: width / scale, height: height / scale }
  return { x: (picture.width - size.width) / 2, y: (picture.height - size.height) / 2, ...size }
}

function drawPicture(context: Context, picture: Picture, pose: Pose): void {
  const { width, height } = context.canvas
  const from = covering(picture, width, height)
  context.save()
  context.globalAlpha = Math.max(0, Math.min(1, pose.opacity))
  if (pose.filter) context.filter = pose.filter
  context.translate(width / 2 + pose.x * width, height / 2 + pose.y * height)
  context.rotate((pose.rotate * Math.PI) / 180)
  context.scale(pose.zoom, pose.zoom)
  context.drawImage(picture, from.x, from.y, from.width, from.height, -width / 2, -height / 2, width, height)
  context.restore()
}

/** What the effects do to one of the two pictures at this moment. */
function posed(
  effects: readonly ResolvedEffect[],
  which: 'outgoing' | 'incoming',
  at: number,
  width: number,
): Pose {
  const pose = { ...AT_REST }
  const filters: string[] = []
  for (const effect of effects) {
    if (!shapes(effect)[which]) continue
    const value = valueAt(effect, at)
    if (effect.name === 'opacity') pose.opacity *= value
    else if (effect.name === 'zoom') pose.zoom *= value
    else if (effect.name === 'rotate') pose.rotate += value
    else if (effect.name === 'x') pose.x += value
    else if (effect.name === 'y') pose.y += value
    else if (effect.name === 'blur') filters.push(`blur(${(value * width) / 20}px)`)
    else if (effect.name === 'brightness') filters.push(`brightness(${value})`)
    else if (effect.name === 'contrast') filters.push(`contrast(${value})`)
    else if (effect.name === 'saturation') filters.push(`saturate(${value})`)
    else if (effect.name === 'hue') filters.push(`hue-rotate(${value}deg)`)
    else if (effect.name === 'glow') filters.push(`brightness(${1 + value * 0.6})`)
  }
  pose.filter = filters.join(' ')
  return pose
}

/** Numbers that look like chance, and are the same each time. */
const scattered = (seed: number): number => {
  const value = Math.sin(seed * 127.1) * 43_758.5453
  return value - Math.floor(value)
}

function grain(context: Context, amount: number, seed: number): void {
  const { width, height } = context.canvas
  context.save()
  context.globalAlpha = Math.min(0.6, amount)
  for (let at = 0; at < 160; at += 1) {
    context.fillStyle = scattered(seed + at) > 0.5 ? '#ffffff' : '#000000'
    context.fillRect(scattered(seed + at + 0.3) * width, scattered(seed + at + 0.7) * height, 2, 2)
  }
  context.restore()
}

/** Two pictures that swap places through a pose: in it, out of it. */
const through = (at: number): number => 1 - Math.abs(2 * at - 1)

/** @param at 0 (only the first picture) to 1 (only the second) */
export function drawTransition(
  context: Context,
  { type, params = {}, effects = [] }: Look,
  from: Picture,
  to: Picture,
  at: number,
): void {
  const { width, height } = context.canvas
  const resolved = effects.flatMap((effect) => resolveEffect(effect) ?? [])
  const out = posed(resolved, 'outgoing', at, width)
  const come = posed(resolved, 'incoming', at, width)
  context.globalCompositeOperation = 'source-over'
  context.fillStyle = '#000000'
  context.fillRect(0, 0, width, height)

  if (type === 'cut') drawPicture(context, at < 0.5 ? from : to, AT_REST)
  else if (type === 'fade') {
    drawPicture(context, at < 0.5 ? from : to, at < 0.5 ? out : come)
    context.globalAlpha = through(at)
    context.fillStyle = typeof params.color === 'string' ? params.color : '#000000'
    context.fillRect(0, 0, width, height)
    context.globalAlpha = 1
  } else if (type === 'wipe') {
    drawPicture(context, from, out)
    const direction = params.direction ?? 'left'
    context.save()
    context.beginPath()
    if (direction === 'left') context.rect(width * (1 - at), 0, width * at, height)
    else if (direction === 'right') context.rect(0, 0, width * at, height)
    else if (direction === 'up') context.rect(0, height * (1 - at), width, height * at)
    else context.rect(0, 0, width, height * at)
    context.clip()
    drawPicture(context, to, come)
    context.restore()
  } else if (type === 'blur') {
    const filter = `blur(${(through(at) * width) / 24}px)`
    drawPicture(context, from, { ...out, filter: `${filter} ${out.filter}` })
    drawPicture(context, to, { ...come, filter: `${filter} ${come.filter}`, opacity: come.opacity * at })
  } else if (type === 'zoom') {
    const factor = typeof params.factor === 'number' && params.factor > 0 ? params.factor : 1.5
    drawPicture(context, from, { ...out, zoom: out.zoom * (1 + (factor - 1) * at) })
    drawPicture(context, to, { ...come, opacity: come.opacity * at })
  } else if (type === 'flash') {
    drawPicture(context, at < 0.5 ? from : to, at < 0.5 ? out : come)
    context.globalAlpha = through(at) ** 2
    context.fillStyle = '#ffffff'
    context.fillRect(0, 0, width, height)
    context.globalAlpha = 1
  } else if (type === 'glitch') {
    const picture = at < 0.5 ? from : to
    const step = Math.floor(at * 12)
    const pose = at < 0.5 ? out : come
    for (let band = 0; band < 8; band += 1) {
      context.save()
      context.beginPath()
      context.rect(0, (band * height) / 8, width, height / 8 + 1)
      context.clip()
      const shift = (scattered(step * 8 + band) - 0.5) * through(at) * 0.3
      drawPicture(context, picture, { ...pose, x: pose.x + shift })
      context.restore()
    }
  } else {
    // Dissolve, and custom over it: an opacity of its own takes the place of the plain one.
    const hasOwn = resolved.some(({ name }) => name === 'opacity')
    drawPicture(context, from, out)
    drawPicture(context, to, { ...come, opacity: come.opacity * (hasOwn ? 1 : at) })
  }
  for (const effect of resolved)
    if (effect.name === 'noise') grain(context, valueAt(effect, at), Math.floor(at * 12) * 200)
}
