/** The shape of a sound for a small picture of it. Pure. */

/** Lowest and highest sample of a stretch, -1 to 1 with two decimals. */
export type Peak = readonly [lowest: number, highest: number]

const FULL_SCALE = 32_768
/** Samples of a window. The length is not known before the end, so windows are counted first and put together then. */
const WINDOW = 160

export type PeakMeter = {
  /** Takes 16-bit samples of one channel, little-endian, in pieces of any size. */
  take(bytes: Buffer): void
  /** Samples so far. */
  readonly samples: number
  /** `count` peaks over everything that was taken; fewer when there are fewer windows. */
  peaks(count: number): Peak[]
}

export function createPeakMeter(): PeakMeter {
  const lowest: number[] = []
  const highest: number[] = []
  let samples = 0
  let odd: Buffer | null = null
  return {
    get samples() {
      return samples
    },
    take(bytes) {
      const whole = odd ? Buffer.concat([odd, bytes]) : bytes
      const end = whole.length - (whole.length % 2)
      odd = end < whole.length ? whole.subarray(end) : null
      for (let at = 0; at < end; at += 2) {
        const sample = whole.readInt16LE(at)
        if (samples % WINDOW === 0) {
          lowest.push(sample)
          highest.push(sample)
        } else {
          const last = lowest.length - 1
          if (sample < lowest[last]!) lowest[last] = sample
          if (sample > highest[last]!) highest[last] = sample
        }
        samples += 1
      }
    },
    peaks(count) {
      const wanted = Math.min(count, lowest.length)
      const rounded = (sample: number): number => Math.round((sample / FULL_SCALE) * 100) / 100
      return Array.from({ length: wanted }, (_, index) => {
        const from = Math.floor((index * lowest.length) / wanted)
        const to = Math.floor(((index + 1) * lowest.length) / wanted)
        const low = lowest.slice(from, to).reduce((a, b) => Math.min(a, b))
        const high = highest.slice(from, to).reduce((a, b) => Math.max(a, b))
        return [rounded(low), rounded(high)] as const
      })
    },
  }
}

/** Peaks of a sound whose samples (both channels in turn, 32-bit floats) are all there. */
export function peaksOf(pcm: Buffer, count: number): Peak[] {
  const meter = createPeakMeter()
  const frames = Math.floor(pcm.length / 8)
  const mono = Buffer.alloc(frames * 2)
  for (let at = 0; at < frames; at += 1) {
    const middle = (pcm.readFloatLE(at * 8) + pcm.readFloatLE(at * 8 + 4)) / 2
    mono.writeInt16LE(
      Math.max(-FULL_SCALE, Math.min(FULL_SCALE - 1, Math.round(middle * FULL_SCALE))),
      at * 2,
    )
  }
  meter.take(mono)
  return meter.peaks(count)
}
