/** The last step of every sound: no rumble below hearing, clean ends, and the loudness of its kind. */
import { soften } from './curve.ts'
import { around, highpass, through } from './filters.ts'
import { fromDb, integratedLoudness, momentaryLoudness, truePeak } from './loudness.ts'
import { type Canvas, type Stereo, scale } from './signal.ts'

/**
 * `lufs` of the whole, or of the loudest 400 ms. The peak limit comes first: a click cannot be as loud as a chord.
 * The encoder may add up to 1 dB to a peak, so that what is played stays below -1 dBTP.
 */
export type LoudnessTarget = { measure: 'whole' | 'loudest'; lufs: number; peakDbtp: number }

export const measured = (sound: Stereo, { measure }: LoudnessTarget): number =>
  measure === 'whole' ? integratedLoudness(sound) : momentaryLoudness(sound)

export function master(canvas: Canvas, target: LoudnessTarget): Stereo {
  for (const side of [canvas.left, canvas.right]) {
    if (canvas.loops) around(side, 0.2, highpass(24))
    else soften(through(side, highpass(24)), 0.0005, 0.012)
  }
  const gain = Math.min(
    fromDb(target.lufs - measured(canvas, target)),
    fromDb(target.peakDbtp) / truePeak(canvas),
  )
  for (const side of [canvas.left, canvas.right]) scale(side, gain)
  return { left: canvas.left, right: canvas.right }
}
