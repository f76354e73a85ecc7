/** How a server that renders is spoken of. Pure. */
import type { Engine } from '../../api/client.ts'
import { count, when } from '../../format.ts'

/** A look older than this is shown with its age. */
const STALE_MS = 30_000

export type Shown = {
  word: string
  look: 'healthy' | 'degraded' | 'down' | 'unknown' | 'off'
  icon: 'check' | 'diamond' | 'failed' | 'pause'
}
type Standing = NonNullable<Engine['standing']>

/** The state of a server in a word and a shape. */
export function shownState({ kind, drain, health, in_use }: Engine): Shown {
  if (drain) return { word: in_use > 0 ? 'Finishing' : 'Out of service', look: 'off', icon: 'pause' }
  // Nobody looks at a cloud endpoint before it has work.
  if (kind === 'runpod' && health.state === 'unknown') return { word: 'On', look: 'healthy', icon: 'check' }
  const states: Record<Engine['health']['state'], Shown> = {
    healthy: { word: 'Healthy', look: 'healthy', icon: 'check' },
    degraded: { word: 'Degraded', look: 'degraded', icon: 'diamond' },
    down: { word: 'Down', look: 'down', icon: 'failed' },
    unknown: { word: 'Not looked at', look: 'unknown', icon: 'diamond' },
  }
  return states[health.state]
}

/** Whether a server that should work does not. One that an operator took out is nobody's trouble. */
export const isDown = ({ drain, health }: Pick<Engine, 'drain' | 'health'>): boolean =>
  !drain && health.state === 'down'

export const isFree = ({ drain, health, in_use, concurrency }: Engine): boolean =>
  !drain && health.state === 'healthy' && in_use < concurrency

/** `scene 3`, `scenes 3 and 5`, `scenes 3, 5 and 7` */
function named(numbers: readonly number[]): string {
  const [last, ...others] = [...numbers].sort((a, b) => b - a)
  return others.length === 0 ? `scene ${last}` : `scenes ${others.reverse().join(', ')} and ${last}`
}

/** `gpu-02 finishes scene 3, then takes no more.`; null for a server that is in service or has nothing left to finish. */
export function drainWords({ name, drain, in_use, standing }: Engine): string | null {
  if (!drain || in_use === 0) return null
  const numbers = (standing?.running ?? []).map(({ scene_number: number }) => number)
  const known = numbers.filter((number) => number !== null)
  const what = known.length > 0 && known.length === in_use ? named(known) : count(in_use, 'scene')
  return `${name} finishes ${what}, then takes no more.`
}

/** What the words about a server add to "has not answered": `connection refused`. */
const causeOf = (message: string | null): string =>
  /does not answer:? *(.*?)\.?$/.exec(message ?? '')?.[1] ?? ''

const movedWords = (moved: Standing['moved']): string =>
  moved.map(({ to, scenes }, at) => `${at === 0 ? count(scenes, 'scene') : scenes} moved to ${to}`).join(', ')

/** What is wrong with a server, since when, and what became of its work; null when nothing is. */
export function troubleWords({ name, health, standing }: Engine, now: number = Date.now()): string | null {
  if (standing?.silent_since) {
    const cause = causeOf(health.last_error)
    const since = `${name} has not answered since ${when(Date.parse(standing.silent_since), now)}`
    const moved = standing.moved.length > 0 ? ` ${movedWords(standing.moved)}.` : ''
    return `${since}${cause ? `: ${cause}` : ''}.${moved}`
  }
  if (!health.last_error) return null
  const at = health.checked_at ? ` (${when(Date.parse(health.checked_at), now)})` : ''
  return `${name}: ${health.last_error.replace(/\.$/, '')}${at}.`
}

/** `Last looked at 45 s ago.`; null while the last look is fresh, and for what nobody looks at. */
export function ageWords({ health }: Pick<Engine, 'health'>, now: number = Date.now()): string | null {
  if (!health.checked_at) return null
  const age = now - Date.parse(health.checked_at)
  if (age <= STALE_MS) return null
  if (age < 120_000) return `Last looked at ${Math.round(age / 1_000)} s ago.`
  return age < 5_400_000
    ? `Last looked at ${Math.round(age / 60_000)} min ago.`
    : `Last looked at ${when(Date.parse(health.checked_at), now)}.`
}
