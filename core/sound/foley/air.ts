/** Moving air: noise through a band that moves, from one side to the other. */
import { type Curve, shape } from '../curve.ts'
import { type Effect, sweep, through } from '../filters.ts'
import { noise, type Random } from '../random.ts'
import { framesOf, type Stereo } from '../signal.ts'

export type Gust = {
  /** Middle of the band, Hz. */
  hz: Curve
  /** How narrow the band is; above 2 it begins to whistle. */
  q: number
  envelope: Curve
  /** From -1 (left) to 1. */
  pan?: Curve
}

export function gust(seconds: number, { hz, q, envelope, pan = () => 0 }: Gust, random: Random): Stereo {
  const side = (sign: number) => {
    const band: Effect = sweep('band', hz, q)
    return shape(through(noise(framesOf(seconds), random), band), (at) => {
      const lean = (1 + sign * pan(at)) / 2
      return envelope(at) * Math.sin((lean * Math.PI) / 2)
    })
  }
  return { left: side(-1), right: side(1) }
}
