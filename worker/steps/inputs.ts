/** Fetching what earlier steps of the job left in the store, and noticing what is gone from it. */
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { StepRef } from '../../core/jobs/remake.ts'
import { stepName } from '../../core/jobs/steps.ts'
import { ObjectStoreError } from '../../core/platform/objects.ts'
import type { WorkerContext } from '../context.ts'
import type { StepRun } from '../tasks/run-step.ts'
import type { SceneOutcome } from './plan.ts'

/** Objects fetched at the same time. */
const PARALLEL_FETCHES = 4

/** What earlier steps left behind is gone from the store, or is not what they stored: they have to be done again. */
export class InputsLost extends Error {
  readonly steps: readonly StepRef[]
  constructor(steps: readonly StepRef[]) {
    super(`the store no longer has what these steps left there: ${steps.map(stepName).join(', ')}`)
    this.name = 'InputsLost'
    this.steps = steps
  }
}

export const isLost = (error: unknown): error is ObjectStoreError =>
  error instanceof ObjectStoreError && (error.code === 'object_missing' || error.code === 'storage_corrupt')

/** What an earlier step of this job left in the store, and the file that it is fetched to. */
export type StepObject = StepRef & { objectKey: string; sha256: string; path: string }

/** Runs `fetch` for each of `items`, a few at a time. */
export async function fetchAll<T>(items: Iterable<T>, fetch: (item: T) => Promise<void>): Promise<void> {
  const queue = [...items].values()
  const hand = async (): Promise<void> => {
    for (const item of queue) await fetch(item)
  }
  await Promise.all(Array.from({ length: PARALLEL_FETCHES }, hand))
}

/**
 * Fetches objects, each checked against its hash.
 * @throws {InputsLost} naming all that are gone; what has other bytes than it was stored with is removed first, so that
 * nobody takes it for what it should be
 */
export async function fetchInputs(
  { store }: Pick<WorkerContext, 'store'>,
  { signal }: Pick<StepRun, 'signal'>,
  inputs: Iterable<StepObject>,
): Promise<void> {
  const lost: StepRef[] = []
  await fetchAll(inputs, async ({ kind, key, objectKey, sha256, path }) => {
    try {
      await store.getFile(objectKey, path, signal, sha256)
    } catch (error) {
      if (!isLost(error)) throw error
      if (error.code === 'storage_corrupt') await store.remove([objectKey])
      lost.push({ kind, key })
    }
  })
  if (lost.length > 0) throw new InputsLost(lost)
}

export type Segment = { path: string; frames: number }

/** Clips to be fetched, each scene once, and where they will be. */
export async function segmentsOf(
  workDir: string,
  scenes: ReadonlyMap<string, SceneOutcome>,
  sceneIds: Iterable<string>,
): Promise<{ segments: Map<string, Segment>; objects: StepObject[] }> {
  const folder = join(workDir, 'segments')
  await mkdir(folder, { recursive: true })
  const objects = [...new Set(sceneIds)].map((key, place): StepObject => {
    const { objectKey, sha256 } = scenes.get(key)!
    return { kind: 'scene', key, objectKey, sha256, path: join(folder, `${sha256}-${place}.mp4`) }
  })
  const segments = objects.map(({ key, path }) => [key, { path, frames: scenes.get(key)!.frames }] as const)
  return { segments: new Map(segments), objects }
}
