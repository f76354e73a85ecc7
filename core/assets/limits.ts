/** What a file may be, beyond its type: limits on what is in it. Pure. */
import type { MediaInfo } from '../platform/ffmpeg.ts'

export const MAX_ASSET_BYTES = 52_428_800
/** A small file may hold a very large picture: of all frames together. */
export const MAX_PIXELS = 50_000_000
export const MAX_PICTURE_SIDE = 16_384
export const MAX_PICTURE_FRAMES = 300
const MAX_STREAMS = 8
const MAX_VIDEO_SIDE = 8_192
const MAX_SECONDS = 600
const MAX_FPS = 120
const SAMPLE_RATES = { lowest: 8_000, highest: 192_000 }
const MAX_CHANNELS = 8

/** Why sound and film of this kind cannot be used; null when they can. Lengths are checked by `lengthFault`. */
export function streamFault(info: MediaInfo): string | null {
  if (info.streamCount > MAX_STREAMS) return `it has ${info.streamCount} streams; ${MAX_STREAMS} are the most`
  for (const { width, height, averageRate } of info.everyVideo) {
    if (Math.max(width, height) > MAX_VIDEO_SIDE)
      return `its picture is ${width}x${height}; ${MAX_VIDEO_SIDE} pixels are the longest side`
    if (averageRate > MAX_FPS)
      return `it has ${Math.round(averageRate)} frames a second; ${MAX_FPS} are the most`
  }
  for (const { sampleRate, channels } of info.everyAudio) {
    if (sampleRate < SAMPLE_RATES.lowest || sampleRate > SAMPLE_RATES.highest)
      return `its sample rate is ${sampleRate} Hz; it must be ${SAMPLE_RATES.lowest} to ${SAMPLE_RATES.highest}`
    if (channels < 1 || channels > MAX_CHANNELS)
      return `it has ${channels} channels; 1 to ${MAX_CHANNELS} are allowed`
  }
  return null
}

/** Why something of this length cannot be used; null when it can. */
export function lengthFault(seconds: number): string | null {
  if (!(seconds > 0)) return 'it has no length'
  return seconds > MAX_SECONDS ? `it is longer than ${MAX_SECONDS} seconds` : null
}
