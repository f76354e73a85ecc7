/** Clapping hands, one pair and many. */
import { strike } from '../curve.ts'
import { bandpass, highpass, through } from '../filters.ts'
import type { Mix } from '../mix.ts'
import { noise, type Random } from '../random.ts'
import { framesOf, level, type Mono, mixInto } from '../signal.ts'

/** Hollow palms are low, flat fingers high. */
export function clap(random: Random): Mono {
  const hz = random.between(800, 2_300)
  const out = through(
    strike(noise(framesOf(0.09), random), 0.0004, random.between(0.03, 0.06)),
    bandpass(hz, 1.3),
  )
  const slap = strike(noise(out.length, random), 0.0002, 0.014)
  mixInto(out, through(slap, bandpass(hz * 2.4, 0.8)), 0.6)
  return level(through(out, highpass(350)))
}

/**
 * People who clap at `rate` a second each, none like the other.
 * @param loudness over time; those who sit further away are softer and reach the room more
 */
export function audience(
  mix: Mix,
  {
    people,
    seconds,
    rate = 4,
    gain = 1,
    loudness,
  }: { people: number; seconds: number; rate?: number; gain?: number; loudness: (at: number) => number },
  random: Random,
): void {
  const pairs = Array.from({ length: 14 }, () => clap(random))
  for (let person = 0; person < people; person++) {
    const own = random.pick(pairs)
    const distance = random.between(0.25, 1)
    const pan = random.between(-0.95, 0.95)
    const every = 1 / (rate * random.between(0.8, 1.25))
    // Enthusiasm comes and goes at different moments.
    const late = random.between(0, 0.25)
    for (
      let at = random.between(0, every) + late * every;
      at < seconds;
      at += every * random.between(0.93, 1.07)
    ) {
      const strength = loudness(Math.max(0, at - late)) * random.between(0.6, 1)
      if (strength > 0.01)
        mix.add(own, {
          at,
          pan,
          gain: (gain * strength * 0.3) / (0.4 + distance),
          room: 0.25 + 0.4 * distance,
        })
    }
  }
}
