/** Measuring a sound that comes in pieces: loudness by ITU-R BS.1770 and EBU R 128, and its true peak. */
import { biquad } from './filters.ts'
import { type Mono, peakOf, type Stereo } from './signal.ts'

/** 100 ms at 48 kHz; a window has four. */
const HOP = 4_800
const WINDOW = 4 * HOP
const SILENT_LUFS = -70

/** The weighting of BS.1770 at 48 kHz: a head, and an ear that is dull to low tones. */
function weighting(): (sound: Mono) => Mono {
  const head = biquad([
    1.53512485958697, -2.69169618940638, 1.19839281085285, -1.69065929318241, 0.73248077421585,
  ])
  const ear = biquad([1, -2, 1, -1.99004745483398, 0.99007225036621])
  return (sound) => {
    const out = sound.slice()
    head(out)
    ear(out)
    return out
  }
}

const toLufs = (energy: number): number =>
  energy > 0 ? -0.691 + 10 * Math.log10(energy) : Number.NEGATIVE_INFINITY

const meanAbove = (energies: readonly number[], gateLufs: number): number => {
  const heard = energies.filter((energy) => toLufs(energy) > gateLufs)
  return heard.length === 0 ? 0 : heard.reduce((sum, energy) => sum + energy, 0) / heard.length
}

export type LoudnessMeter = {
  /** The next samples, any number of them. */
  take(piece: Stereo): void
  /** Loudness of the whole, pauses left out, in LUFS; minus infinity for silence. */
  integrated(): number
  /** Loudness of the loudest 400 ms, in LUFS. */
  momentary(): number
}

export function createLoudnessMeter(): LoudnessMeter {
  const [weighLeft, weighRight] = [weighting(), weighting()]
  const hops: number[] = []
  let sum = 0
  let filled = 0
  /** Weighted energy of each window of 400 ms, every 100 ms; of a shorter sound, as if silence followed. */
  const windows = (): number[] => {
    const whole = hops.length < 4 && filled > 0 ? [...hops, sum] : hops
    const four = Array.from({ length: Math.max(4, whole.length) }, (_, i) => whole[i] ?? 0)
    return Array.from(
      { length: four.length - 3 },
      (_, i) => (four[i]! + four[i + 1]! + four[i + 2]! + four[i + 3]!) / WINDOW,
    )
  }
  return {
    take({ left, right }) {
      const l = weighLeft(left)
      const r = weighRight(right)
      for (let at = 0; at < l.length; ) {
        const until = Math.min(l.length, at + HOP - filled)
        for (let i = at; i < until; i++) sum += l[i]! * l[i]! + r[i]! * r[i]!
        filled += until - at
        at = until
        if (filled < HOP) continue
        hops.push(sum)
        sum = 0
        filled = 0
      }
    },
    integrated() {
      const energies = windows()
      const gate = toLufs(meanAbove(energies, SILENT_LUFS)) - 10
      return toLufs(meanAbove(energies, Math.max(gate, SILENT_LUFS)))
    },
    momentary: () => toLufs(windows().reduce((a, b) => Math.max(a, b))),
  }
}

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

/** Samples that `peakBetween` looks at before and after the one it is asked about. */
export const PEAK_BEFORE = TAPS / 2 - 1
export const PEAK_AFTER = TAPS / 2

/**
 * How high the curve through the samples goes between sample `i` and the next one, its ends left out.
 * @param i at least `PEAK_BEFORE`, and `PEAK_AFTER` before the end
 */
export function peakBetween(sound: Mono, i: number): number {
  let peak = 0
  for (const taps of INTERPOLATORS) {
    let sum = 0
    for (let tap = 0; tap < TAPS; tap++) sum += taps[tap]! * sound[i - PEAK_BEFORE + tap]!
    if (sum > peak) peak = sum
    else if (-sum > peak) peak = -sum
  }
  return peak
}

/** Below this share of a level the curve between two samples does not reach it. */
export const PEAK_FLOOR = 0.6

export type PeakMeter = {
  /** The next samples, any number of them. */
  take(piece: Mono): void
  /** The highest point of the curve through the samples, as a factor of full scale. */
  readonly peak: number
}

export function createTruePeakMeter(): PeakMeter {
  let peak = 0
  let rest: Mono = new Float32Array(0)
  return {
    take(piece) {
      peak = Math.max(peak, peakOf(piece))
      const sound = new Float32Array(rest.length + piece.length)
      sound.set(rest)
      sound.set(piece, rest.length)
      for (let i = PEAK_BEFORE; i < sound.length - PEAK_AFTER; i++) {
        const floor = peak * PEAK_FLOOR
        if (Math.abs(sound[i]!) < floor && Math.abs(sound[i + 1]!) < floor) continue
        const between = peakBetween(sound, i)
        if (between > peak) peak = between
      }
      rest = sound.slice(-(TAPS - 1))
    },
    get peak() {
      return peak
    },
  }
}
