/** What a render will cost and how long it takes, in whole thousandths so that rounding up is exact. */
import type { Resolution } from '../media/format.ts'
import { isInner, joinLengths, playlist } from './timeline.ts'
import type { Scene, Storyboard } from './types.ts'

export type EstimateConfig = {
  /** Decimal text or number; three decimals count. */
  creditsPerSecond: number | string
  gpuSecondsPerVideoSecond: number | string
  /** The engine that will do the work; `preview` costs nothing. */
  engine: string
}

export type Estimate = {
  /** Length of the film. */
  estimated_duration_seconds: number
  estimated_credits: number
  /** From start to finished film. */
  estimated_generation_time_seconds: number
  /** The same as a range, once it is measured: at least, at most. */
  estimated_generation_time_range?: [number, number]
  /** Distinct scenes that play, in order of first play; a scene that need not be rendered has 0 credits. */
  scenes: { id: string; duration: number; credits: number }[]
}

const THOUSAND = 1000n
const RESOLUTION_FACTOR: Record<Resolution, bigint> = { '480p': 500n, '720p': 1000n, '1080p': 2000n }
/** Time for queueing, fetching and joining, whatever the scenes. */
const BASE_SECONDS = 30

const thousandths = (value: number | string): bigint => BigInt(Math.round(Number(value) * 1000))
const ceilDiv = (dividend: bigint, divisor: bigint): bigint => (dividend + divisor - 1n) / divisor

/** Distinct scenes that play, in order of first play. */
export function playedScenes(storyboard: Storyboard): Scene[] {
  return [...new Set(playlist(storyboard).shots.map((shot) => shot.scene))]
}

/** Milliseconds of film: played durations (repeats count) minus the overlaps between shots. */
function filmMs(storyboard: Storyboard): number {
  const { shots, joins } = playlist(storyboard)
  const lengths = shots.map((shot) =>
    Math.round((Math.round(shot.scene.duration * 1000) * shot.percent) / 100),
  )
  const overlaps = joinLengths(joins, lengths, 1000)
  const played = lengths.reduce((sum, length) => sum + length, 0)
  return joins.reduce((sum, join, i) => sum - (isInner(join, shots.length) ? overlaps[i]!.given : 0), played)
}

/** Thousandths of a part by which resolution and draft change cost and time. */
const factorOf = (options: { resolution: Resolution; draft?: boolean }): bigint =>
  RESOLUTION_FACTOR[options.resolution] / (options.draft === true ? 2n : 1n)

/** Seconds of generating one scene, by the configured rate; whole seconds, rounded up. */
export function generationSeconds(
  durationS: number,
  options: { resolution: Resolution; draft?: boolean },
  { gpuSecondsPerVideoSecond }: Pick<EstimateConfig, 'gpuSecondsPerVideoSecond'>,
): number {
  const exact = thousandths(durationS) * thousandths(gpuSecondsPerVideoSecond) * factorOf(options)
  return Number(ceilDiv(exact, THOUSAND ** 3n))
}

/**
 * The same computation serves the plan a person sees and the charge.
 * @param storyboard a document that passed validation
 * @param cachedScenes scenes whose clip the owner has already: 0 credits, no time
 */
export function estimate(
  storyboard: Storyboard,
  options: { resolution: Resolution; draft?: boolean },
  config: EstimateConfig,
  cachedScenes: ReadonlySet<string> = new Set(),
): Estimate {
  const factor = factorOf(options)
  const rate = thousandths(config.creditsPerSecond)
  const played = playedScenes(storyboard)
  const isFree = (scene: Scene) => config.engine === 'preview' || cachedScenes.has(scene.id)
  const credits = (scene: Scene): number => {
    if (isFree(scene)) return 0
    const exact = ceilDiv(thousandths(scene.duration) * rate * factor, THOUSAND ** 3n)
    return Math.max(1, Number(exact))
  }
  const scenes = played.map((scene) => ({ id: scene.id, duration: scene.duration, credits: credits(scene) }))
  const renderMs = played
    .filter((scene) => !cachedScenes.has(scene.id))
    .reduce((sum, scene) => sum + thousandths(scene.duration), 0n)
  const gpu = ceilDiv(renderMs * thousandths(config.gpuSecondsPerVideoSecond) * factor, THOUSAND ** 3n)
  return {
    estimated_duration_seconds: filmMs(storyboard) / 1000,
    estimated_credits: scenes.reduce((sum, scene) => sum + scene.credits, 0),
    estimated_generation_time_seconds: BASE_SECONDS + Number(gpu),
    scenes,
  }
}
