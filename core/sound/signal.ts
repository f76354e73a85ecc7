/** Sound in memory: samples at 48 kHz, and putting one sound into another. */

export const RATE = 48_000

export type Mono = Float32Array<ArrayBuffer>
/** Two buffers of one length. */
export type Stereo = { readonly left: Mono; readonly right: Mono }

/** Where sounds are put together. On one that loops, what runs over the end goes on at the beginning. */
export type Canvas = Stereo & { readonly loops: boolean }

/** `at` in seconds; `pan` from -1 (left) to 1 (right), of equal power. */
export type Place = { at?: number; gain?: number; pan?: number }

export const framesOf = (seconds: number): number => Math.round(seconds * RATE)

export const buffer = (seconds: number): Mono => new Float32Array(framesOf(seconds))

export const createCanvas = (seconds: number, loops: boolean): Canvas => ({
  left: buffer(seconds),
  right: buffer(seconds),
  loops,
})

export const isStereo = (sound: Mono | Stereo): sound is Stereo => 'left' in sound

function addInto(target: Mono, source: Mono, from: number, gain: number, loops: boolean): void {
  const length = target.length
  let read = loops ? 0 : Math.max(0, -from)
  while (read < source.length) {
    const write = loops ? (((from + read) % length) + length) % length : from + read
    const count = Math.min(source.length - read, length - write)
    if (count <= 0) return
    for (let i = 0; i < count; i++) target[write + i]! += source[read + i]! * gain
    read += count
    if (!loops) return
  }
}

/** Adds a sound to a canvas. */
export function place(canvas: Canvas, sound: Mono | Stereo, { at = 0, gain = 1, pan = 0 }: Place = {}): void {
  const from = framesOf(at)
  const angle = ((pan + 1) * Math.PI) / 4
  // A sound in the middle keeps its level; what is stereo already is only leaned to one side.
  const left = gain * Math.min(1, Math.cos(angle) * Math.SQRT2)
  const right = gain * Math.min(1, Math.sin(angle) * Math.SQRT2)
  const both = isStereo(sound) ? sound : { left: sound, right: sound }
  addInto(canvas.left, both.left, from, left, canvas.loops)
  addInto(canvas.right, both.right, from, right, canvas.loops)
}

/** Adds `source` to `target`, sample by sample. */
export function mixInto(target: Mono, source: Mono, gain = 1): void {
  const count = Math.min(target.length, source.length)
  for (let i = 0; i < count; i++) target[i]! += source[i]! * gain
}

export function scale(sound: Mono, gain: number): Mono {
  for (let i = 0; i < sound.length; i++) sound[i]! *= gain
  return sound
}

export const peakOf = (sound: Mono): number => {
  let peak = 0
  for (let i = 0; i < sound.length; i++) {
    const level = Math.abs(sound[i]!)
    if (level > peak) peak = level
  }
  return peak
}

/** Brings the highest sample to `peak`, so that what a filter took away does not matter for mixing. */
export function level(sound: Mono, peak = 1): Mono {
  const found = peakOf(sound)
  return found > 0 ? scale(sound, peak / found) : sound
}
