/** Basses of a synthesiser. */
import { glide, shape, swell } from '../curve.ts'
import { drive, sweep, through } from '../filters.ts'
import { addPulse, addSaw, addSine } from '../oscillators.ts'
import { buffer, level, type Mono } from '../signal.ts'

/** Short and with a bite; `open` is how far its filter opens, Hz. */
export function synthBass(pitch: number, seconds: number, open = 1_400): Mono {
  const out = buffer(seconds + 0.03)
  addSaw(out, pitch, 0.6)
  addPulse(out, pitch * 1.003, 0.35)
  through(out, sweep('low', glide([0, open], [0.16, open * 0.25], [1, open * 0.2]), 1.1))
  addSine(out, pitch, 0.7)
  return level(through(shape(out, swell(seconds + 0.03, 0.004, 0.03)), drive(1.3)))
}

/** A held low tone. */
export function subBass(pitch: number, seconds: number, attackS = 0.05, releaseS = 0.2): Mono {
  const out = buffer(seconds + releaseS)
  addSine(out, pitch, 1)
  // Small loudspeakers play none of the lowest tone: its overtones say which one it was.
  addSine(out, pitch * 2, 0.5)
  addSine(out, pitch * 3, 0.22)
  addSine(out, pitch * 4, 0.1)
  return level(shape(out, swell(seconds + releaseS, attackS, releaseS)))
}
