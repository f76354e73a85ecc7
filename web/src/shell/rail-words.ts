/** What the rail's marks say to those who do not see them. Pure. */
import { count } from '../format.ts'

export type Mark = { name: string; text: string }

/**
 * @param running my renders that are worked on
 * @param down names of the engines that are down
 * @returns by the name of the place: its mark, and the name it has with it
 */
export function railWords(running: number, down: readonly string[]): Readonly<Record<string, Mark>> {
  return {
    ...(running > 0
      ? {
          Queue: {
            name: `Queue, ${count(running, 'render')} of yours ${running === 1 ? 'runs' : 'run'}`,
            text: running > 9 ? '9+' : String(running),
          },
        }
      : {}),
    ...(down.length > 0
      ? {
          Engines: {
            name: `Engines, ${down.length === 1 ? `${down[0]} is` : `${down.length} are`} down`,
            text: '',
          },
        }
      : {}),
  }
}
