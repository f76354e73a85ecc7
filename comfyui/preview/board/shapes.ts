import type { Random } from './random.ts'
import type { Stage } from './stage.ts'

/** A number as SVG wants it: short, never exponential. */
export const fmt = (value: number): string => (Math.round(value * 100) / 100).toString()

export type RidgeKind = 'smooth' | 'jagged' | 'peaks' | 'dune' | 'headland'
type Point = readonly [x: number, y: number]

/** A skyline across the whole raster. `base` and `height` are fractions of the visible picture. */
export function ridge(stage: Stage, random: Random, base: number, height: number, kind: RidgeKind): Point[] {
  const profile = PROFILES[kind](random)
  const points: Point[] = []
  const steps = 160
  for (let i = 0; i <= steps; i += 1) {
    const t = i / steps
    points.push([t * stage.width, stage.y(base - height * profile(t))])
  }
  return points
}

type Profile = (position: number) => number

const PROFILES: Readonly<Record<RidgeKind, (random: Random) => Profile>> = {
  smooth: (random) => {
    const waves = [1.1, 2.3, 4.1].map((f) => ({
      f: f * random.between(0.8, 1.25),
      p: random.between(0, 6.28),
    }))
    return (t) =>
      waves.reduce((sum, { f, p }, i) => sum + Math.sin(6.28 * f * t + p) * [0.55, 0.3, 0.12][i]!, 0.4)
  },
  dune: (random) => {
    const [f, p] = [random.between(1.2, 2.1), random.between(0, 1)]
    // Long windward slope, steep lee side.
    return (t) => {
      const u = (((t * f + p) % 1) + 1) % 1
      const slope = u < 0.72 ? u / 0.72 : 1 - (u - 0.72) / 0.28
      return slope * slope * (3 - 2 * slope)
    }
  },
  jagged: (random) => {
    const heights = midpoints(random, 7)
    return (t) => {
      const at = Math.min(heights.length - 1.001, t * (heights.length - 1))
      const [low, high] = [heights[Math.floor(at)]!, heights[Math.floor(at) + 1]!]
      return low + (high - low) * (at - Math.floor(at))
    }
  },
  peaks: (random) => {
    const rock = midpoints(random, 7)
    const waves = [1.3, 2.9, 6.3].map((f) => ({ f: f * random.between(0.85, 1.2), p: random.between(0, 1) }))
    const triangle = (v: number): number => 1 - Math.abs(2 * (((v % 1) + 1) % 1) - 1)
    return (t) => {
      const at = Math.min(rock.length - 1.001, t * (rock.length - 1))
      const rough = rock[Math.floor(at)]!
      return waves.reduce(
        (sum, { f, p }, i) => sum + triangle(t * f + p) ** 1.25 * [0.62, 0.24, 0.1][i]!,
        rough * 0.12,
      )
    }
  },
  headland: (random) => {
    const left = random.next() < 0.5
    const reach = random.between(0.22, 0.38)
    const bumps = midpoints(random, 5)
    return (t) => {
      const u = (left ? t : 1 - t) / reach
      if (u > 1) return -0.2
      const at = Math.min(bumps.length - 1.001, u * (bumps.length - 1))
      return (1 - u) ** 0.8 * (0.6 + 0.5 * bumps[Math.floor(at)]!)
    }
  },
}

/** Midpoint displacement: 2^depth + 1 heights of about 0..1. */
function midpoints(random: Random, depth: number): number[] {
  let line = [random.between(0.1, 0.5), random.between(0.2, 0.6)]
  let rough = 0.62
  for (let i = 0; i < depth; i += 1) {
    const next: number[] = []
    for (let k = 0; k < line.length - 1; k += 1) {
      const [a, b] = [line[k]!, line[k + 1]!]
      next.push(a, (a + b) / 2 + random.between(-rough, rough) * (i === 0 ? 1.2 : 1))
    }
    next.push(line.at(-1)!)
    line = next
    rough *= 0.58
  }
  return line
}

/** Fills everything under a skyline, catching `lit` of the scene's light (the `lit` gradient) along it. */
export function shape(
  stage: Stage,
  line: readonly Point[],
  fill: string,
  lit: number,
  floorY?: number,
): string {
  const top = line.map(([x, y], i) => `${i === 0 ? 'M' : 'L'}${fmt(x)} ${fmt(y)}`).join('')
  const floor = floorY ?? stage.height + 4
  const area = `${top}L${fmt(stage.width)} ${fmt(floor)}L0 ${fmt(floor)}Z`
  const light = lit > 0 ? `<path d="${area}" fill="url(#lit)" opacity="${fmt(lit * 0.5)}"/>` : ''
  const rim =
    lit > 0
      ? `<path d="${top}" fill="none" stroke="url(#lit)" stroke-width="${fmt(stage.size(0.004))}" opacity="${fmt(lit)}"/>`
      : ''
  return `<path d="${area}" fill="${fill}"/>${light}${rim}`
}

/** One soft mote somewhere in the picture. */
export function blob(
  stage: Stage,
  random: Random,
  least: number,
  most: number,
  fill: string,
  alpha: number,
): string {
  const r = stage.size(random.between(least, most))
  const [x, y] = [random.between(0, stage.width), random.between(0, stage.height)]
  return `<circle cx="${fmt(x)}" cy="${fmt(y)}" r="${fmt(r)}" fill="${fill}" fill-opacity="${fmt(alpha * random.between(0.15, 1))}"/>`
}
