/** How loud a sound is: ITU-R BS.1770 (loudness, true peak), EBU R 128 (the windows it is measured in). */
import { biquad } from './filters.ts'
import { type Mono, peakOf, type Stereo } from './signal.ts'

/** 100 ms at 48 kHz; a window has four. */
const HOP = 4_800
const WINDOW = 4 * HOP
const SILENT_LUFS = -70

/** The weighting of BS.1770 at 48 kHz: a head, and an ear that is dull to low tones. */
function weighted(sound: Mono): Mono {
  const out = sound.slice()
  biquad([1.53512485958697, -2.69169618940638, 1.19839281085285, -1.69065929318241, 0.73248077421585])(out)
  biquad([1, -2, 1, -1.99004745483398, 0.99007225036621])(out)
  return out
}

/** Weighted energy of each window of 400 ms, every 100 ms; of a shorter sound, as if silence followed. */
function windows({ left, right }: Stereo): number[] {
  const [l, r] = [weighted(left), weighted(right)]
  const hops = new Float64Array(Math.max(4, Math.floor(l.length / HOP)))
  for (let hop = 0; hop < hops.length; hop++) {
    let sum = 0
    const until = Math.min(l.length, (hop + 1) * HOP)
    for (let i = hop * HOP; i < until; i++) sum += l[i]! * l[i]! + r[i]! * r[i]!
    hops[hop] = sum
  }
  return Array.from(
    { length: hops.length - 3 },
    (_, i) => (hops[i]! + hops[i + 1]! + hops[i + 2]! + hops[i + 3]!) / WINDOW,
  )
}

const toLufs = (energy: number): number =>
  energy > 0 ? -0.691 + 10 * Math.log10(energy) : Number.NEGATIVE_INFINITY

const meanAbove = (energies: readonly number[], gateLufs: number): number => {
  const heard = energies.filter((energy) => toLufs(energy) > gateLufs)
  return heard.length === 0 ? 0 : heard.reduce((sum, energy) => sum + energy, 0) / heard.length
}

/** Loudness of the whole, pauses left out, in LUFS. */
export function integratedLoudness(sound: Stereo): number {
  const energies = windows(sound)
  const gate = toLufs(meanAbove(energies, SILENT_LUFS)) - 10
  return toLufs(meanAbove(energies, Math.max(gate, SILENT_LUFS)))
}

/** Loudness of the loudest 400 ms, in LUFS. */
export const momentaryLoudness = (sound: Stereo): number => toLufs(Math.max(...windows(sound)))

const TAPS = 12
const PHASES = 4

/** A windowed sinc, cut into the phases between two samples. */
const INTERPOLATORS = Array.from({ length: PHASES - 1 }, (_, i) => {
  const offset = (i + 1) / PHASES
  return Float64Array.from({ length: TAPS }, (_, tap) => {
    const x = tap - TAPS / 2 + 1 - offset
    return (Math.sin(Math.PI * x) / (Math.PI * x)) * Math.cos((Math.PI * x) / (TAPS + 1)) ** 2
  })
})

function truePeakOf(sound: Mono): number {
  const sampled = peakOf(sound)
  // Between two samples the curve is higher than they are only where they are high themselves.
  const floor = sampled * 0.6
  let peak = sampled
  for (let i = TAPS / 2 - 1; i < sound.length - TAPS / 2; i++) {
    if (Math.abs(sound[i]!) < floor && Math.abs(sound[i + 1]!) < floor) continue
    for (const taps of INTERPOLATORS) {
      let sum = 0
      for (let tap = 0; tap < TAPS; tap++) sum += taps[tap]! * sound[i - TAPS / 2 + 1 + tap]!
      if (sum > peak) peak = sum
      else if (-sum > peak) peak = -sum
    }
  }
  return peak
}

/** The highest point of the curve through the samples, as a factor of full scale. */
export const truePeak = ({ left, right }: Stereo): number => Math.max(truePeakOf(left), truePeakOf(right))

export const toDb = (factor: number): number => 20 * Math.log10(factor)
export const fromDb = (db: number): number => 10 ** (db / 20)
