/** What a sound is made of, measured independently of the code that makes it. */
import { type Mono, RATE, type Stereo } from '../../core/sound/signal.ts'

/** In place, radix 2. */
function fft(re: Float64Array, im: Float64Array): void {
  const n = re.length
  for (let i = 1, j = 0; i < n; i++) {
    let bit = n >> 1
    for (; j & bit; bit >>= 1) j ^= bit
    j ^= bit
    if (i < j) {
      const [x, y] = [re[i]!, im[i]!]
      re[i] = re[j]!
      im[i] = im[j]!
      re[j] = x
      im[j] = y
    }
  }
  for (let length = 2; length <= n; length *= 2) {
    const half = length / 2
    for (let k = 0; k < half; k++) {
      const cos = Math.cos((-2 * Math.PI * k) / length)
      const sin = Math.sin((-2 * Math.PI * k) / length)
      for (let p = k; p < n; p += length) {
        const q = p + half
        const x = re[q]! * cos - im[q]! * sin
        const y = re[q]! * sin + im[q]! * cos
        re[q] = re[p]! - x
        im[q] = im[p]! - y
        re[p] = re[p]! + x
        im[p] = im[p]! + y
      }
    }
  }
}

/** Power by bin, `size / 2` of them, averaged over the sound; of a long one, over every second stretch of it. */
export function spectrum(sound: Mono, size = 4_096): Float64Array {
  const power = new Float64Array(size / 2)
  const step = sound.length > 10 * RATE ? 2 * size : size
  for (let from = 0; from < sound.length; from += step) {
    const re = new Float64Array(size)
    const im = new Float64Array(size)
    for (let i = 0; i < size; i++)
      re[i] = (sound[from + i] ?? 0) * (0.5 - 0.5 * Math.cos((2 * Math.PI * (i + 0.5)) / size))
    fft(re, im)
    for (let bin = 0; bin < power.length; bin++) power[bin]! += re[bin]! ** 2 + im[bin]! ** 2
  }
  return power
}

/** Part of the energy that lies between two frequencies. */
export function share(power: Float64Array, fromHz: number, toHz: number): number {
  const binHz = RATE / 2 / power.length
  let inside = 0
  let all = 0
  power.forEach((energy, bin) => {
    all += energy
    if (bin * binHz >= fromHz && bin * binHz < toHz) inside += energy
  })
  return inside / all
}

/** Frequency in whose middle the energy lies. */
export function centroid(power: Float64Array): number {
  const binHz = RATE / 2 / power.length
  let weighted = 0
  let all = 0
  power.forEach((energy, bin) => {
    weighted += energy * bin * binHz
    all += energy
  })
  return weighted / all
}

/**
 * Energy of each of the twelve pitch classes, C first, as parts of the whole: only what stands out of its surroundings
 * counts, between 100 Hz and 2 kHz.
 */
export function pitchClasses(sound: Mono): number[] {
  const size = 16_384
  const power = spectrum(sound, size)
  const classes = new Array<number>(12).fill(0)
  for (let bin = Math.ceil((100 * size) / RATE); bin < (2_000 * size) / RATE; bin++) {
    const isPeak = power[bin]! > power[bin - 1]! && power[bin]! >= power[bin + 1]!
    if (!isPeak) continue
    const semitone = Math.round(12 * Math.log2((bin * RATE) / size / 440) + 69)
    classes[((semitone % 12) + 12) % 12]! += power[bin]!
  }
  const all = classes.reduce((sum, energy) => sum + energy, 0)
  return classes.map((energy) => energy / all)
}

export function together({ left, right }: Stereo): Mono {
  const out = left.slice()
  for (let i = 0; i < out.length; i++) out[i] = (out[i]! + right[i]!) / 2
  return out
}

/** Root of the mean square of each stretch of `seconds`. */
export function levels(sound: Mono, seconds: number): number[] {
  const frames = Math.round(seconds * RATE)
  return Array.from({ length: Math.floor(sound.length / frames) }, (_, i) => {
    let sum = 0
    for (let k = i * frames; k < (i + 1) * frames; k++) sum += sound[k]! ** 2
    return Math.sqrt(sum / frames)
  })
}
