/** How a film that has to keep step with another gets there. Pure. */

export type Correction =
  | { kind: 'rate'; rate: number }
  /** Too far off to catch up. */
  | { kind: 'seek' }

/** Seconds that are caught up by running faster or slower; beyond, the film is moved. */
const MOST_CAUGHT_UP_S = 0.25
/** Share of its speed by which the second film may run faster or slower. */
const MOST_CHANGE = 0.5
/** Change of the speed for a second of drift: what is small is gone in a third of a second. */
const GAIN = 6
/** Share of a frame that is left alone. */
const CLOSE_ENOUGH = 0.2

/**
 * What the second film has to do to be where the first one is.
 * @param driftS seconds by which it is ahead
 * @param speed of the first film
 */
export function correction(driftS: number, fps: number, speed: number): Correction {
  if (Math.abs(driftS) > MOST_CAUGHT_UP_S * Math.max(1, speed)) return { kind: 'seek' }
  if (Math.abs(driftS) <= CLOSE_ENOUGH / fps) return { kind: 'rate', rate: speed }
  const change = Math.max(-MOST_CHANGE, Math.min(MOST_CHANGE, (driftS * GAIN) / Math.max(1, speed)))
  return { kind: 'rate', rate: speed * (1 - change) }
}
