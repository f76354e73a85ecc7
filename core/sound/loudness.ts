/** How loud a sound is that lies in memory as a whole. */
import { createLoudnessMeter, createTruePeakMeter, type LoudnessMeter } from './meter.ts'
import type { Mono, Stereo } from './signal.ts'

function heard(sound: Stereo): LoudnessMeter {
  const meter = createLoudnessMeter()
  meter.take(sound)
  return meter
}

/** Loudness of the whole, pauses left out, in LUFS. */
export const integratedLoudness = (sound: Stereo): number => heard(sound).integrated()

/** Loudness of the loudest 400 ms, in LUFS. */
export const momentaryLoudness = (sound: Stereo): number => heard(sound).momentary()

function truePeakOf(sound: Mono): number {
  const meter = createTruePeakMeter()
  meter.take(sound)
  return meter.peak
}

/** The highest point of the curve through the samples, as a factor of full scale. */
export const truePeak = ({ left, right }: Stereo): number => Math.max(truePeakOf(left), truePeakOf(right))

export const toDb = (factor: number): number => 20 * Math.log10(factor)
export const fromDb = (db: number): number => 10 ** (db / 20)
