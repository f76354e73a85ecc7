/** What became of a render, line by line, from its events. Pure. */
import type { Job, JobEvent } from '../../../schemas/types.ts'
import { count } from '../format.ts'
import { sceneNumber } from './words.ts'

export type LogLine = {
  /** When, by the server's clock. */
  at: string
  words: string
  isBad: boolean
}

export type LoggedEvent = Pick<JobEvent, 'created_at'> & {
  event_type: string
  payload: Readonly<Record<string, unknown>>
}

const PHASES: Readonly<Record<string, string>> = {
  stitching: 'Joining the clips',
  finalizing: 'Finishing the film',
}

/** @param events of the job, in the order of their numbers */
export function logOf(job: Job, events: readonly LoggedEvent[]): LogLine[] {
  const lines: LogLine[] = []
  const scene = (id: unknown): string => `Scene ${sceneNumber(job, String(id)) ?? id}`
  /** How far each scene was by the last report, and how often it was begun. */
  const shares = new Map<string, number>()
  const tries = new Map<string, number>()
  let phase: unknown
  for (const { event_type: type, payload, created_at: at } of events) {
    const add = (words: string, isBad = false): void => void lines.push({ at, words, isBad })
    switch (type) {
      case 'queued':
        add('Waiting for a place')
        break
      case 'started':
        add(payload.worker === undefined ? 'Begun' : `Begun by ${payload.worker}`)
        break
      case 'progress': {
        const scenes = (payload.scenes ?? {}) as Record<string, number>
        for (const [id, share] of Object.entries(scenes)) {
          const before = shares.get(id)
          if (before === undefined || share < before) {
            const number = (tries.get(id) ?? 0) + 1
            tries.set(id, number)
            if (share < 1)
              add(number === 1 ? `${scene(id)} begins` : `${scene(id)} begins again, try ${number}`)
          }
          shares.set(id, share)
        }
        // A scene that is left out of a report is at its beginning again.
        for (const id of shares.keys()) if (!(id in scenes)) shares.set(id, 2)
        if (payload.phase !== phase && PHASES[String(payload.phase)]) add(PHASES[String(payload.phase)]!)
        phase = payload.phase
        break
      }
      case 'scene_complete':
        shares.set(String(payload.scene_id), 1)
        add(`${scene(payload.scene_id)} ${payload.reused === true ? 'is reused' : 'is ready'}`)
        break
      case 'completed':
        add('The film is ready')
        break
      case 'failed': {
        const { code, message, scene_id: id } = payload.error as NonNullable<Job['error']>
        add(`${id === undefined ? 'The render' : scene(id)} failed: ${message} (${code})`, true)
        const back = Number(payload.credits_refunded ?? 0)
        if (back > 0) add(`${count(back, 'credit')} returned`)
        break
      }
      case 'canceled':
        add('Canceled')
        break
      default:
    }
  }
  return lines
}

/** All of it as a text to be sent to somebody. */
export const logText = (job: Job, lines: readonly LogLine[]): string =>
  [`Job ${job.id}, ${job.status}`, ...lines.map(({ at, words }) => `${at} ${words}`)].join('\n')
