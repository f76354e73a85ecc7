/** Fetching clips for drawing and composing. */
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { WorkerContext } from '../context.ts'
import type { StepRun } from '../tasks/run-step.ts'
import type { SceneOutcome } from './plan.ts'

/** Objects fetched at the same time. */
const PARALLEL_FETCHES = 4

export type Segment = { path: string; frames: number }

/** Runs `fetch` for each of `items`, a few at a time. */
export async function fetchAll<T>(items: Iterable<T>, fetch: (item: T) => Promise<void>): Promise<void> {
  const queue = [...items].values()
  const hand = async (): Promise<void> => {
    for (const item of queue) await fetch(item)
  }
  await Promise.all(Array.from({ length: PARALLEL_FETCHES }, hand))
}

/** Fetches the clips of the given scenes, each once and checked against its hash. */
export async function fetchSegments(
  { store }: Pick<WorkerContext, 'store'>,
  { workDir, signal }: Pick<StepRun, 'workDir' | 'signal'>,
  scenes: ReadonlyMap<string, SceneOutcome>,
  sceneIds: Iterable<string>,
): Promise<Map<string, Segment>> {
  const folder = join(workDir, 'segments')
  await mkdir(folder, { recursive: true })
  const segments = new Map<string, Segment>()
  await fetchAll(sceneIds, async (sceneId) => {
    const { objectKey, sha256, frames } = scenes.get(sceneId)!
    const path = join(folder, `${sha256}-${segments.size}-${sceneId.length}.mp4`)
    segments.set(sceneId, { path, frames })
    await store.getFile(objectKey, path, signal, sha256)
  })
  return segments
}
