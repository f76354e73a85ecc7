/** Which waiting scene is taken next, and by which server. Pure. */

export type WaitingScene = {
  id: string
  /** Its workflow's weights, as one text; empty when it has none. */
  models: string
  /** Server that holds an earlier submission. */
  host: string | null
  /** Servers on which it failed already. */
  failedOn: readonly string[]
  /** It ran out of memory on a card of this size. */
  vramAbove: number | null
}

export type PoolHost = {
  key: string
  /** Places that are free. */
  room: number
  busy: number
  /** Prompts on the server, those of others too. */
  queued: number
  /** Answered when it was last looked at. */
  answers: boolean
  /** Neither drained, nor blocked, nor down, nor resting. */
  usable: boolean
  /** Weights that were used last; null: nothing is known. */
  loaded: string | null
  vramTotalBytes: number | null
}

export type Fit = 'fits' | 'cramped' | 'lacks'

export type Placement = {
  scene: string
  /** Null: no server has what it needs; whoever takes it finds out what. */
  host: string | null
}

/** So many scenes that came later may go before the one that waits longest, to spare a change of models. */
export const MOST_OVERTAKEN = 10

type Option = { scene: WaitingScene; host: PoolHost; order: readonly number[] }

/**
 * Scenes whose earlier submission is on a server that answers go back to it, whatever its room. Otherwise the scene that
 * waits longest, unless a server with room has another one's models in memory: that one first, until the first has
 * been overtaken `MOST_OVERTAKEN` times. Where models have to be changed, those that no other server has loaded.
 * @param waiting in the order in which they became ready
 * @param overtaken how many later scenes were taken since the first of them waits
 */
export function choosePlacement(
  waiting: readonly WaitingScene[],
  hosts: readonly PoolHost[],
  fitOf: (scene: WaitingScene, host: PoolHost) => Fit,
  overtaken: number,
): Placement | null {
  for (const { id, host } of waiting)
    if (host !== null && hosts.some(({ key, usable, answers }) => key === host && usable && answers))
      return { scene: id, host }

  const loadedOn = (models: string): number => hosts.filter(({ loaded }) => loaded === models).length
  const options: Option[] = []
  for (const [place, scene] of waiting.entries()) {
    const candidates = candidatesFor(scene, hosts, fitOf)
    if (candidates.length === 0) return { scene: scene.id, host: null }
    const forced = place === 0 && overtaken >= MOST_OVERTAKEN
    for (const host of candidates) {
      if (!host.usable || host.room <= 0) continue
      const swaps = scene.models !== '' && host.loaded !== scene.models
      options.push({
        scene,
        host,
        order: [
          forced ? 0 : 1,
          swaps ? 1 : 0,
          swaps ? loadedOn(scene.models) : 0,
          place,
          host.answers ? 0 : 1,
          fitOf(scene, host) === 'cramped' ? 1 : 0,
          swaps && host.loaded !== null ? 1 : 0,
          host.busy,
          host.queued,
        ],
      })
    }
  }
  const [best] = options.sort((a, b) => compare(a.order, b.order))
  return best ? { scene: best.scene.id, host: best.host.key } : null
}

/**
 * Servers that have what a scene needs, free or not: with more memory than the one where it ran out of it, and not
 * those where it failed, unless that leaves none.
 */
function candidatesFor(
  scene: WaitingScene,
  hosts: readonly PoolHost[],
  fitOf: (scene: WaitingScene, host: PoolHost) => Fit,
): PoolHost[] {
  let left = hosts.filter((host) => fitOf(scene, host) !== 'lacks')
  const narrow = (keep: (host: PoolHost) => boolean): void => {
    const kept = left.filter(keep)
    if (kept.length > 0) left = kept
  }
  narrow(({ vramTotalBytes }) => scene.vramAbove === null || (vramTotalBytes ?? 0) > scene.vramAbove)
  // One that is away or drained is not waited for when the others are there.
  const untried = left.filter(({ key }) => !scene.failedOn.includes(key))
  return untried.some(({ usable }) => usable) ? untried : left
}

function compare(a: readonly number[], b: readonly number[]): number {
  for (const [i, value] of a.entries()) if (value !== b[i]) return value - (b[i] ?? 0)
  return 0
}
