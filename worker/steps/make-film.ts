/** Putting a film together from the objects its steps left behind, and storing it. */
import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { posterKeyOf } from '../../core/jobs/cached-clips.ts'
import { forgetCached } from '../../core/jobs/content-cache.ts'
import { fault } from '../../core/platform/faults.ts'
import type { ShotPlan } from '../../core/storyboard/plan-types.ts'
import type { CutList } from '../compose/cut-list.ts'
import { drawPieces } from '../compose/draw-pieces.ts'
import { scenesOf } from '../compose/drawing-groups.ts'
import { composeFilm } from '../compose/film.ts'
import { makeContactSheet, makeThumbnail, middleFrame } from '../compose/stills.ts'
import type { WorkerContext } from '../context.ts'
import type { StepRun } from '../tasks/run-step.ts'
import { type Captions, captionTrack } from './captions.ts'
import { fetchAll, fetchInputs, isLost, type StepObject, segmentsOf } from './inputs.ts'
import type { DrawnPiece, KeyedOrder } from './join.ts'
import type { SceneOutcome } from './plan.ts'
import type { Reporter } from './report.ts'
import type { SoundOutcome } from './sound-ingredients.ts'

/** An order and its place in the cut list. */
export type PlacedOrder = KeyedOrder & { readonly index: number }

export type FilmParts = {
  plan: ShotPlan
  list: CutList
  scenes: ReadonlyMap<string, SceneOutcome>
  /** Everything that is drawn in the film. */
  orders: readonly PlacedOrder[]
  /** What was drawn already, by content key. */
  drawn: ReadonlyMap<string, DrawnPiece>
  /** Null: the film is silent. */
  sound: SoundOutcome | null
  /** Captions that the film carries as a track; null for none. */
  track: Captions | null
  /** Credit source URN whose cache the pieces belong to. */
  scope: string
  /** Where the job's objects are put. */
  prefix: string
}

/** A film in the store, with its pictures. */
export type StoredFilm = {
  videoKey: string
  thumbnailKey: string
  contactSheetKey: string
  sha256: string
  sizeBytes: number
}

/** How long a store that is away is waited for, for the small pictures. */
const PICTURE_BUDGET_MS = 60_000
/** Shares of this step's progress. */
const SHARE = { fetched: 0.3, composed: 0.8, pictured: 0.9 }

export async function makeFilm(
  context: WorkerContext,
  run: StepRun,
  parts: FilmParts,
  report: Reporter,
): Promise<StoredFilm> {
  const { store, tools } = context
  const { signal, workDir } = run
  const { plan, list, scenes, orders, track } = parts
  const drawn = await fetchDrawn(context, run, parts)
  const missing = orders.filter(({ index }) => !drawn.has(index))
  const copied = list.pieces.flatMap((piece) => (piece.kind === 'copy' ? [piece.range.sceneId] : []))
  const needed = new Set([...copied, ...missing.flatMap(({ piece }) => scenesOf(piece))])
  const { segments, objects } = await segmentsOf(workDir, scenes, needed)
  const sound = soundObject(parts, workDir)
  await fetchInputs(context, run, sound ? [...objects, sound] : objects)
  await drawPieces({
    tools,
    orders: missing,
    segmentPath: (sceneId) => segments.get(sceneId)!.path,
    folder: join(workDir, 'drawing'),
    signal,
    onDrawn: ({ index }, file) => void drawn.set(index, file),
  })
  report.progress(SHARE.fetched)

  const film = await composeFilm({
    tools,
    plan,
    list,
    segments,
    drawn,
    ...(sound === null ? {} : { sound: sound.path }),
    captions: track ? [await captionTrack(track, workDir)] : [],
    workDir,
    out: join(workDir, 'film.mp4'),
    signal,
    onProgress: (fraction) => report.progress(SHARE.fetched + (SHARE.composed - SHARE.fetched) * fraction),
  })
  fault('worker.assemble.composed')
  const posters = await fetchPosters(context, run, parts)
  const pictures = { tools, film: film.path, plan, posters, workDir, signal }
  const thumbnail = await makeThumbnail(pictures)
  const contactSheet = await makeContactSheet(pictures)
  report.progress(SHARE.pictured)

  const { sha256, sizeBytes } = film
  const keys = filmKeys(parts.prefix, sha256)
  await store.putFile(keys.videoKey, film.path, 'video/mp4', signal)
  await store.putBytes(keys.thumbnailKey, thumbnail, 'image/jpeg', signal, PICTURE_BUDGET_MS)
  await store.putBytes(keys.contactSheetKey, contactSheet, 'image/png', signal, PICTURE_BUDGET_MS)
  fault('worker.assemble.after_put')
  return { ...keys, sha256, sizeBytes }
}

/** The hash is part of the keys: two attempts that made other bytes never write over each other. */
export function filmKeys(
  prefix: string,
  sha256: string,
): Pick<StoredFilm, 'videoKey' | 'thumbnailKey' | 'contactSheetKey'> {
  const folder = `${prefix}/${sha256.slice(0, 16)}`
  return {
    videoKey: `${folder}/final.mp4`,
    thumbnailKey: `${folder}/thumbnail.jpg`,
    contactSheetKey: `${folder}/contact-sheet.png`,
  }
}

/**
 * The stills of clips whose pictures are seen untouched in the middle of their shots, by shot: to take a picture out of the
 * film costs more than to copy the film. One that is gone is taken out of the film after all.
 */
async function fetchPosters(
  { store }: WorkerContext,
  { workDir, signal }: StepRun,
  { plan, list, scenes }: FilmParts,
): Promise<Map<number, Buffer>> {
  const shotsOf = Map.groupBy(
    plan.shots.filter(({ index }) => {
      const middle = middleFrame(plan, index)
      return list.pieces.findLast(({ startFrame }) => startFrame <= middle)?.kind === 'copy'
    }),
    ({ sceneId }) => sceneId,
  )
  const posters = new Map<number, Buffer>()
  await fetchAll([...shotsOf].entries(), async ([place, [sceneId, shots]]) => {
    const path = join(workDir, `poster-${place}.jpg`)
    try {
      await store.getFile(posterKeyOf(scenes.get(sceneId)!.objectKey), path, signal)
    } catch (error) {
      if (isLost(error)) return
      throw error
    }
    const poster = await readFile(path)
    for (const { index } of shots) posters.set(index, poster)
  })
  return posters
}

/**
 * Fetches what was drawn, by place in the cut list, each object once. What is gone from the store or has other bytes is
 * forgotten and left out: it can be drawn again.
 */
async function fetchDrawn(
  { db, store }: WorkerContext,
  { workDir, signal, log }: StepRun,
  { orders, drawn, scope }: FilmParts,
): Promise<Map<number, string>> {
  const folder = join(workDir, 'drawn')
  await mkdir(folder, { recursive: true })
  const places = Map.groupBy(orders, ({ contentKey }) => contentKey)
  const files = new Map<number, string>()
  await fetchAll(places, async ([contentKey, placed]) => {
    const piece = drawn.get(contentKey)
    if (!piece) return
    const path = join(folder, `${contentKey}.mp4`)
    try {
      await store.getFile(piece.objectKey, path, signal, piece.sha256)
    } catch (error) {
      if (!isLost(error)) throw error
      log.warn({ contentKey, code: error.code }, 'a drawn piece is lost and is drawn again')
      if (error.code === 'storage_corrupt') await store.remove([piece.objectKey])
      await forgetCached(db.pool, scope, 'join', [contentKey])
      return
    }
    for (const { index } of placed) files.set(index, path)
  })
  return files
}

/** The film's sound; null when there is none. */
const soundObject = ({ sound }: FilmParts, workDir: string): StepObject | null =>
  sound && {
    kind: 'sound',
    key: '',
    objectKey: sound.objectKey,
    sha256: sound.sha256,
    path: join(workDir, 'sound.m4a'),
  }
