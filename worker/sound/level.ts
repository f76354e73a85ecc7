/** How loud sources are, and what that means for the mix. */
import { toDb } from '../../core/sound/loudness.ts'
import { createLoudnessMeter, createTruePeakMeter } from '../../core/sound/meter.ts'
import type { Stereo } from '../../core/sound/signal.ts'
import type { SoundLane } from '../../core/storyboard/sound-plan.ts'

/** Of a whole source. Silence has minus infinity for all three. */
export type SoundLevel = {
  samples: number
  /** Integrated loudness, LUFS. */
  lufs: number
  /** Loudness of the loudest 400 ms, LUFS. */
  loudestLufs: number
  /** dBTP. */
  truePeakDb: number
}

export type LevelMeter = { take(piece: Stereo): void; level(): SoundLevel }

export function createLevelMeter(): LevelMeter {
  const loudness = createLoudnessMeter()
  const peaks = [createTruePeakMeter(), createTruePeakMeter()] as const
  let samples = 0
  return {
    take(piece) {
      samples += piece.left.length
      loudness.take(piece)
      peaks[0].take(piece.left)
      peaks[1].take(piece.right)
    },
    level: () => ({
      samples,
      lufs: loudness.integrated(),
      loudestLufs: loudness.momentary(),
      truePeakDb: toDb(Math.max(peaks[0].peak, peaks[1].peak)),
    }),
  }
}

/**
 * How loud each lane is at volume 1: the levels that the sounds of Framecast are made to. Beds and speech count as a whole,
 * sounds that happen where they are loudest.
 */
const LANE_LEVELS: Record<SoundLane, { measure: 'lufs' | 'loudestLufs'; lufs: number }> = {
  music: { measure: 'lufs', lufs: -20 },
  ambient: { measure: 'lufs', lufs: -21 },
  dialogue: { measure: 'lufs', lufs: -16 },
  sfx: { measure: 'loudestLufs', lufs: -16 },
  transition: { measure: 'loudestLufs', lufs: -16 },
}
/** A click cannot be as loud as a chord: peaks come first. */
const HIGHEST_PEAK_DB = -1
/** What is quieter than this is meant to be, or is noise. */
const MOST_GAIN_DB = 20

/** Gain in dB that brings a source to the level of its lane. */
export function laneGainDb(lane: SoundLane, level: SoundLevel): number {
  const { measure, lufs } = LANE_LEVELS[lane]
  if (!Number.isFinite(level[measure])) return 0
  return Math.min(lufs - level[measure], HIGHEST_PEAK_DB - level.truePeakDb, MOST_GAIN_DB)
}
