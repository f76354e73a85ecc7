/** The scenes as cards, in the order they are written. */
import { type KeyboardEvent, useRef, useState } from 'react'
import type { PlannedScene, RenderPlan } from '../../api/client.ts'
import { same } from '../../document/merge.ts'
import { addedScene } from '../../document/shots.ts'
import type { DocumentStore, Snapshot } from '../../document/store.ts'
import { withMoved } from '../../document/text.ts'
import { clock, count } from '../../format.ts'
import { isOver, type LiveJob, shareOf } from '../../live/progress.ts'
import { Button } from '../../ui/controls.tsx'
import { say } from '../../ui/toast.tsx'
import { Card, type CardActs } from './board-card.tsx'
import styles from './editor.module.css'
import { changing } from './inspector/editing.ts'
import type { Selecting } from './selection.ts'

type Scene = NonNullable<Snapshot['document']['scenes']>[number]

/** Newest picture of a scene: while it renders, of the render; afterwards its poster. */
export const pictureOf = (job: LiveJob | undefined, sceneId: string): string | null =>
  [...(job?.before ?? []), ...(job?.progress.previews ?? [])].findLast(
    (preview) => preview.scene_id === sceneId,
  )?.url ?? null

export type SceneState =
  | 'ready'
  | 'reused'
  | 'changed'
  | 'missing'
  | 'running'
  | 'next'
  | 'waiting'
  | 'failed'

/** What the server's plan says of a scene. */
export const plannedOf = (plan: RenderPlan | undefined, sceneId: string): PlannedScene | undefined =>
  plan?.scenes.find((scene) => scene.scene_id === sceneId)

/** Ids of the scenes of a render, in the order of its storyboard. */
const scenesOf = (job: LiveJob): string[] => renderedScenes(job).map(({ id }) => String(id))

const renderedScenes = (job: LiveJob): { id?: unknown }[] =>
  (job.spec_snapshot as { scenes?: { id?: unknown }[] }).scenes ?? []

/** Whether a scene is another one than the render that runs has begun with. */
function isEditedSince(job: LiveJob | undefined, scene: Scene): boolean {
  if (!job || isOver(job)) return false
  const rendered = renderedScenes(job).find(({ id }) => id === scene.id)
  return rendered !== undefined && !same(rendered, scene)
}

/** How a scene stands: while a render runs by its progress, otherwise by what the next render would do with it. */
export function stateOf(
  job: LiveJob | undefined,
  planned: PlannedScene | undefined,
  sceneId: string,
): SceneState {
  const share = job ? shareOf(job, sceneId) : 0
  // A scene that came after the render began is no part of it.
  const rendered = job && !isOver(job) ? scenesOf(job) : []
  if (job && rendered.includes(sceneId)) {
    if (share >= 1) return job.heard?.reused.includes(sceneId) ? 'reused' : 'ready'
    // Its first picture may come before it is any part of the way.
    if (share > 0 || job.progress.previews?.some(({ scene_id }) => scene_id === sceneId)) return 'running'
    const isNext = rendered.find((id) => shareOf(job, id) === 0) === sceneId
    return job.status === 'processing' && isNext ? 'next' : 'waiting'
  }
  if (job?.status === 'failed' && job.error?.scene_id === sceneId) return 'failed'
  if (planned?.action === 'reuse' || planned?.action === 'locked') return 'ready'
  if (planned?.action === 'render') return planned.reason === 'never_rendered' ? 'missing' : 'changed'
  return job?.status === 'completed' && share >= 1 ? 'ready' : 'missing'
}

/** An id that no scene has yet. */
export function freeId(scenes: readonly Scene[], wish = 'scene'): string {
  const taken = new Set(scenes.map((scene) => scene?.id))
  for (let number = scenes.length + 1; ; number += 1) {
    const id = `${wish}-${number}`
    if (!taken.has(id)) return id
  }
}

export function Board({
  store,
  snapshot,
  plan,
  job,
  theirs,
  selected,
  chosen,
  onSelect,
  canEdit,
}: {
  store: DocumentStore
  snapshot: Snapshot
  plan: RenderPlan | undefined
  /** Scenes that somebody else changed a moment ago. */
  theirs: readonly string[]
  job: LiveJob | undefined
  /** The scene that is seen; of several the last one. */
  selected: string | undefined
  chosen: readonly Scene[]
  onSelect: (sceneId: string, how?: Selecting) => void
  canEdit: boolean
}) {
  const [dragged, setDragged] = useState<number | null>(null)
  const [over, setOver] = useState<number | null>(null)
  const scenes = (snapshot.document.scenes ?? []).filter((scene) => scene?.id !== undefined)
  const seconds = scenes.reduce((sum, scene) => sum + (Number(scene.duration) || 0), 0)
  const isEditable = canEdit && (snapshot.checked?.readable ?? true)

  const add = (): void => {
    const id = freeId(scenes)
    const scene = { id, prompt: 'Describe the shot', duration: 4 }
    changing(store)('add a scene', ...addedScene(snapshot.document, selected, scene))
    onSelect(id)
  }
  const move = (from: number, to: number): void => {
    if (to < 0 || to >= scenes.length || from === to) return
    store.edit('move a scene', withMoved(snapshot.text, ['scenes'], from, to))
    say(`Moved scene ${scenes[from]?.id} to ${to + 1} of ${scenes.length}.`)
  }
  const onKey = (event: KeyboardEvent, at: number): void => {
    const step =
      event.key === 'ArrowLeft' || event.key === 'ArrowUp'
        ? -1
        : event.key === 'ArrowRight' || event.key === 'ArrowDown'
          ? 1
          : 0
    if (step === 0) return
    event.preventDefault()
    if (event.altKey && isEditable) move(at, at + step)
    else {
      const next = scenes[at + step]
      if (!next) return
      onSelect(next.id)
      document.querySelector<HTMLElement>(`[data-card="${CSS.escape(next.id)}"]`)?.focus()
    }
  }
  const endDrag = (): void => {
    setDragged(null)
    setOver(null)
  }
  // Cards are drawn anew when they are others, not when what they call is.
  const newest: CardActs = {
    select: onSelect,
    key: onKey,
    dragStart: setDragged,
    dragEnd: endDrag,
    dragOver: (event, at) => {
      if (dragged === null) return
      event.preventDefault()
      setOver(at)
    },
    drop: (event, to) => {
      event.preventDefault()
      if (dragged !== null) move(dragged, to)
      endDrag()
    },
  }
  const acts = useRef(newest)
  acts.current = newest

  return (
    <section className={styles.board} aria-label="Board">
      <div className={styles.panelHead}>
        <h2>Board</h2>
        <small className="tabular">
          {count(scenes.length, 'scene')}, {clock(seconds)}
        </small>
        <div className={styles.push} />
        <Button icon="plus" disabled={!isEditable} onClick={add}>
          Scene
        </Button>
      </div>
      <ul className={styles.cards}>
        {scenes.map((scene, at) => {
          const state = stateOf(job, plannedOf(plan, scene.id), scene.id)
          return (
            <Card
              key={scene.id}
              id={scene.id}
              at={at}
              prompt={String(scene.prompt ?? '')}
              seconds={Number(scene.duration)}
              state={state}
              share={job ? shareOf(job, scene.id) : 0}
              picture={pictureOf(job, scene.id)}
              fault={
                snapshot.checked?.errors.find(({ path }) => path.startsWith(`scenes[${at}]`))?.message ?? null
              }
              failure={state === 'failed' ? (job?.error?.message ?? null) : null}
              isEditedSince={isEditedSince(job, scene)}
              isChosen={chosen.includes(scene)}
              isTheirs={theirs.includes(scene.id)}
              isOver={over === at && dragged !== null}
              isEditable={isEditable}
              acts={acts}
            />
          )
        })}
        {scenes.length === 0 ? (
          <li style={{ gridColumn: '1 / -1' }} className={styles.empty}>
            Describe the first shot. Type @ to use a person or place.
            <Button icon="plus" disabled={!isEditable} onClick={add}>
              Add the first scene
            </Button>
          </li>
        ) : null}
      </ul>
    </section>
  )
}
