/** How a render in the queue is spoken of. Pure. */
import type { Engine, Job } from '../../api/client.ts'
import { isOver, shareOf } from '../../live/progress.ts'

/** Accepted, or begun with nobody at work on it. */
export const isWaiting = (job: Job): boolean =>
  !isOver(job) && (job.status === 'queued' || Boolean(job.waiting_for))

/** Why nobody works on a job yet, in words for people. */
export function wordsForWait({ waiting_for: wait }: Pick<Job, 'waiting_for'>): string {
  if (!wait) return 'Waiting'
  if (wait.reason === 'place') return 'Next, as soon as a worker is free'
  if (wait.reason === 'engine_down') return 'No server of its engine can work now'
  return wait.message[0]!.toUpperCase() + wait.message.slice(1)
}

export const titleOf = (job: Pick<Job, 'spec_snapshot'>): string =>
  String((job.spec_snapshot as { title?: unknown }).title || 'Untitled')

export type ShownScene = {
  id: string
  number: number
  title: string
  word: string
  look: 'ok' | 'running' | 'bad' | 'open'
  icon: 'check' | 'failed' | 'queue' | 'dot'
}

/** The scenes of a render in the order of its storyboard, each with how far it is. */
export function scenesOf(job: Job): ShownScene[] {
  const { scenes = [] } = job.spec_snapshot as {
    scenes?: { id?: unknown; title?: unknown; prompt?: unknown }[]
  }
  return scenes.map((scene, at) => {
    const id = String(scene.id)
    const share = job.status === 'completed' ? 1 : shareOf(job, id)
    const state: Pick<ShownScene, 'word' | 'look' | 'icon'> =
      job.error?.scene_id === id
        ? { word: 'Failed', look: 'bad', icon: 'failed' }
        : share >= 1
          ? { word: 'Ready', look: 'ok', icon: 'check' }
          : isOver(job)
            ? { word: 'Not rendered', look: 'open', icon: 'dot' }
            : share > 0
              ? { word: `${Math.floor(share * 100)}%`, look: 'running', icon: 'queue' }
              : { word: 'Waiting', look: 'open', icon: 'dot' }
    return { id, number: at + 1, title: String(scene.title || scene.prompt || id), ...state }
  })
}

/** Scenes of other teams on all servers. One that waits may be taken by several servers, and is counted once. */
export function othersIn(engines: readonly Engine[]): { running: number; waiting: number } {
  const running = engines.flatMap(({ standing }) => standing?.running ?? []).filter(({ job }) => job === null)
  const ofOthers = ({ standing }: Engine): number =>
    (standing?.waiting ?? []).filter(({ job }) => job === null).reduce((sum, { scenes }) => sum + scenes, 0)
  const kinds = [...Map.groupBy(engines, ({ kind }) => kind).values()]
  const waiting = kinds.reduce((sum, of) => sum + Math.max(...of.map(ofOthers)), 0)
  return { running: running.length, waiting }
}
