/** What a film looks like as a stream: the one place where picture size, frame rate and encoder settings are fixed. */

export type FrameRate = 16 | 24 | 30
export type Resolution = '480p' | '720p' | '1080p'
export type Aspect = '16:9' | '9:16' | '1:1'

/** Picture format of a film. `width` and `height` in pixels, both even; `fps` is constant. */
export type FilmFormat = { readonly width: number; readonly height: number; readonly fps: FrameRate }

const SHORT_SIDE: Record<Resolution, number> = { '480p': 480, '720p': 720, '1080p': 1080 }
/** Long side for each short side at 16:9; 480p uses 854, the nearest even width. */
const LONG_SIDE: Record<Resolution, number> = { '480p': 854, '720p': 1280, '1080p': 1920 }

/** Picture size for a resolution (named after its short side) and an aspect. */
export function filmFormat(resolution: Resolution, aspect: Aspect, fps: FrameRate): FilmFormat {
  const short = SHORT_SIDE[resolution]
  const long = LONG_SIDE[resolution]
  if (aspect === '1:1') return { width: short, height: short, fps }
  return aspect === '16:9' ? { width: long, height: short, fps } : { width: short, height: long, fps }
}

/** Pixels of all frames of a clip, in millions: what generating it is measured by. */
export const megapixelsOf = ({ width, height }: FilmFormat, frames: number): number =>
  (width * height * frames) / 1e6

/** Frames that `seconds` last at `fps`: rounded to the nearest frame, never fewer than one. */
export const toFrames = (seconds: number, fps: number): number => Math.max(1, Math.round(seconds * fps))

/**
 * H.264 settings shared by everything that makes frames of a film (conform, joins, the preview engine), so that
 * all of them carry one SPS/PPS and can be joined without decoding. Change only with ENCODER_VERSION.
 */
export const ENCODER = {
  codec: 'libx264',
  preset: 'veryfast',
  crf: 18,
  profile: 'high',
  level: '4.0',
  pixelFormat: 'yuv420p',
  colour: 'bt709',
  /** Kept constant whatever the machine, since x264 writes some thread-dependent choices into the stream. */
  threads: 2,
} as const

/** Part of every content key that depends on encoded bytes. */
export const ENCODER_VERSION = 1

/** MP4 video track time scale: exact for 16, 24 and 30 fps (and 90 kHz based tools). */
export const VIDEO_TIMESCALE = 90_000
