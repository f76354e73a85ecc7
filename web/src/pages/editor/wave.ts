/** The shape of a sound, drawn into a canvas. Pure but for the drawing. */

/** Lowest and highest sample of even stretches of a sound, -1 to 1. */
export type Peaks = readonly (readonly number[])[]

/** What is heard of a sound in one stretch of the film. Seconds. */
export type Heard = {
  peaks: Peaks
  /** Length of the whole sound. */
  soundS: number
  /** How much of it is over where the stretch begins. */
  skipS: number
  lengthS: number
  loop: boolean
  volume: number
  fadeInS: number
  fadeOutS: number
}

/** Loudness (0 to 1) at a moment of the stretch; 0 where nothing is heard. */
export function loudnessAt(heard: Heard, atS: number, spanS: number): number {
  const { peaks, soundS, skipS, lengthS, loop, volume, fadeInS, fadeOutS } = heard
  if (peaks.length === 0 || soundS <= 0 || atS < 0 || atS > lengthS) return 0
  const inSound = skipS + atS
  if (!loop && inSound >= soundS) return 0
  const endS = loop ? lengthS : Math.min(lengthS, soundS - skipS)
  const from = Math.floor(((inSound % soundS) / soundS) * peaks.length)
  const count = Math.max(1, Math.floor((spanS / soundS) * peaks.length))
  let most = 0
  for (let at = from; at < Math.min(peaks.length, from + count); at += 1)
    for (const value of peaks[at]!) most = Math.max(most, Math.abs(value))
  const fadeIn = fadeInS > 0 ? Math.min(1, atS / fadeInS) : 1
  const fadeOut = fadeOutS > 0 ? Math.min(1, Math.max(0, endS - atS) / fadeOutS) : 1
  return most * volume * Math.min(fadeIn, fadeOut)
}

/** Highest sample of a sound: it fills the height, whatever level it was recorded at. */
export const loudest = (peaks: Peaks): number =>
  peaks.reduce((most, peak) => Math.max(most, ...peak.map(Math.abs)), 0.001)

const BAR_PX = 2

/** Draws bars around the middle of a strip, from `left` for as long as the stretch is; nothing outside `clip`. */
export function drawWave(
  context: { fillRect(left: number, top: number, width: number, height: number): void },
  heard: Heard,
  strip: { left: number; top: number; height: number; pxPerS: number },
  clip: { from: number; to: number },
): void {
  const { left, top, height, pxPerS } = strip
  const scale = 1 / loudest(heard.peaks)
  const first = Math.max(0, Math.floor((clip.from - left) / BAR_PX))
  const last = Math.ceil((Math.min(clip.to, left + heard.lengthS * pxPerS) - left) / BAR_PX)
  for (let bar = first; bar < last; bar += 1) {
    const loudness = Math.min(1, loudnessAt(heard, (bar * BAR_PX) / pxPerS, BAR_PX / pxPerS) * scale)
    if (loudness <= 0) continue
    const tall = Math.max(1, loudness * height)
    context.fillRect(left + bar * BAR_PX, top + (height - tall) / 2, 1, tall)
  }
}
