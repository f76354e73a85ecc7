import { mix, type Rgb, rgbOf } from './colour.ts'
import type { Mood } from './mood.ts'
import type { Stage } from './stage.ts'

/**
 * The backdrop as raw RGB, computed in floating point and dithered: an 8-bit gradient of a dark sky shows bands as soon
 * as it is blown up and compressed.
 */
export function drawSky(mood: Mood, stage: Stage): Buffer {
  const { width, height } = stage
  const ramp = skyRamp(mood)
  const glow = rgbOf(mood.glow.colour)
  const [gx, gy] = [stage.x(mood.glow.x), stage.y(mood.glow.y)]
  const reach = Math.min(stage.visibleWidth, stage.visibleHeight * 1.3)
  const out = Buffer.allocUnsafe(width * height * 3)
  let noise = 0x9e3779b9
  let at = 0
  for (let y = 0; y < height; y += 1) {
    const base = ramp((y - stage.y(0)) / (stage.y(1) - stage.y(0)))
    for (let x = 0; x < width; x += 1) {
      const distance = Math.hypot((x - gx) * 0.82, y - gy) / reach
      const light = mood.glow.strength * falloff(distance)
      for (let channel = 0; channel < 3; channel += 1) {
        noise = (Math.imul(noise, 1_664_525) + 1_013_904_223) | 0
        const grain = (noise >>> 9) / 4_194_304 - 1 // -1..1
        // Screen: light adds up without clipping to a hard disc.
        const value = 1 - (1 - base[channel]!) * (1 - glow[channel]! * light)
        out[at] = Math.max(0, Math.min(255, Math.round(value * 255 + grain * 0.75)))
        at += 1
      }
    }
  }
  return out
}

const falloff = (d: number): number =>
  0.42 * Math.exp(-((d / 0.62) ** 2)) +
  0.3 * Math.exp(-((d / 0.26) ** 2)) +
  0.28 * Math.exp(-((d / 0.09) ** 2))

/** Colour by height: 0 is the upper edge of the picture, 1 the lower. Interpolated in OKLab, then finely in between. */
function skyRamp(mood: Mood): (height: number) => Rgb {
  const { top, middle, low } = mood.sky
  const horizon = mood.place === 'underwater' || mood.place === 'space' || mood.place === 'stage' ? 1 : 0.74
  const stops: Rgb[] = []
  for (let i = 0; i <= STEPS; i += 1) {
    const t = Math.min(1, i / STEPS / horizon)
    const hex = t < 0.5 ? mix(top, middle, t * 2) : mix(middle, low, t * 2 - 1)
    stops.push(rgbOf(hex))
  }
  return (height) => {
    const position = Math.min(STEPS - 0.0001, Math.max(0, height * STEPS))
    const [from, to] = [stops[Math.floor(position)]!, stops[Math.floor(position) + 1]!]
    const t = position - Math.floor(position)
    return [0, 1, 2].map((i) => from[i]! + (to[i]! - from[i]!) * t) as unknown as Rgb
  }
}
const STEPS = 40
