/** All about the selected scene, about several, or about the film when none is selected. */
import { useQuery } from '@tanstack/react-query'
import { useParams } from '@tanstack/react-router'
import { useMemo } from 'react'
import type { RenderPlan } from '../../api/client.ts'
import type { DocumentStore, Snapshot } from '../../document/store.ts'
import { isOver, type LiveJob } from '../../live/progress.ts'
import { soundsOf, spokenLinesQuery, systemSoundsQuery, teamFilesQuery } from '../../media.ts'
import { Button } from '../../ui/controls.tsx'
import { pictureOf, plannedOf, stateOf } from './board.tsx'
import panel from './editor.module.css'
import { editingOf, type Scene } from './inspector/editing.ts'
import { FilmFields } from './inspector/film-fields.tsx'
import styles from './inspector/inspector.module.css'
import { SceneFields } from './inspector/scene-fields.tsx'
import { SeveralFields } from './inspector/several-fields.tsx'

/** Why a scene would be rendered, for people. */
const REASONS: Readonly<Record<string, string>> = {
  prompt_changed: 'The prompt changed since it was rendered. Undo brings that clip back at no cost.',
  negative_prompt_changed: 'What it should not show changed.',
  reference_image_changed: 'A reference picture changed.',
  duration_changed: 'The duration changed.',
  resolution_changed: 'The size of the picture changed.',
  frame_rate_changed: 'The frame rate changed.',
  seed_changed: 'The seed changed.',
  engine_changed: 'Another engine makes it: an animatic is no film.',
  model_changed: 'Another model makes it.',
  workflow_changed: 'The workflow changed.',
  board_changed: 'The board of the animatic shows other words.',
  evicted: 'Its clip was not used for long and is gone.',
}

/** Sounds by their id, lines that have been spoken among them, and the files of the team. */
export function useMedia(owner: string, { document, revision }: Snapshot, job: LiveJob | undefined) {
  const { project } = useParams({ from: '/inside/t/$team/p/$project' })
  const files = useQuery(teamFilesQuery(owner)).data
  const system = useQuery(systemSoundsQuery).data
  const lines = useQuery({
    ...spokenLinesQuery(project, revision, job && isOver(job) ? job.id : null),
    enabled: (document.scenes ?? []).some((scene) => scene?.audio?.dialogue?.length),
  }).data
  return useMemo(
    () => ({
      files: files ?? [],
      sounds: new Map([...soundsOf(files, system), ...(lines ?? [])].map((sound) => [sound.id, sound])),
    }),
    [files, system, lines],
  )
}

export function Inspector({
  store,
  snapshot,
  plan,
  job,
  chosen,
  part,
  owner,
  canEdit,
  onSelect,
}: {
  store: DocumentStore
  snapshot: Snapshot
  plan: RenderPlan | undefined
  job: LiveJob | undefined
  /** The selected scenes; none: the film itself. */
  chosen: readonly Scene[]
  /** The sound that is selected, by its place in the document. */
  part: string | null
  /** Owner of the files that can be named. */
  owner: string
  canEdit: boolean
  onSelect: (sceneId: string) => void
}) {
  const media = useMedia(owner, snapshot, job)
  const isEditable = canEdit && (snapshot.checked?.readable ?? true)
  const editing = editingOf(store, snapshot, { isEditable, owner, part, ...media })
  const scenes = snapshot.document.scenes ?? []
  const scene = chosen.length === 1 ? chosen[0] : undefined
  const at = scene ? scenes.indexOf(scene) : -1
  const planned = scene ? plannedOf(plan, scene.id) : undefined
  const state = scene ? stateOf(job, planned, scene.id) : undefined
  const picture = (sceneId: string): string | null => pictureOf(job, sceneId)

  return (
    <aside className={panel.panel} aria-label="Scene">
      <div className={panel.panelHead}>
        <div className={styles.head}>
          {scene ? (
            <h2>
              <span className="tabular">{String(at + 1).padStart(2, '0')}</span> {scene.id}
            </h2>
          ) : (
            <h2>{chosen.length > 1 ? `${chosen.length} scenes selected` : 'The whole film'}</h2>
          )}
          {chosen.length > 0 ? (
            <Button
              look="plain"
              title="Title, look, cast and sound of the whole film (Esc)"
              onClick={() => onSelect('')}
            >
              Film
            </Button>
          ) : null}
        </div>
      </div>
      <div className={styles.body}>
        {canEdit ? null : (
          <p className={styles.note} data-kind="info">
            You can view this project. Ask an admin to let you edit.
          </p>
        )}
        {state === 'changed' ? (
          <p className={styles.note} data-kind="warn">
            Will render. {planned ? (REASONS[planned.reason] ?? 'It changed.') : 'It changed.'}
          </p>
        ) : null}
        {state === 'failed' ? (
          <p className={styles.note} data-kind="bad" role="alert">
            {job?.error?.message ?? 'This scene failed.'}
          </p>
        ) : null}
        {scene ? (
          <SceneFields
            key={at}
            editing={editing}
            scene={scene}
            at={at}
            pictureOf={picture}
            onSelect={onSelect}
          />
        ) : chosen.length > 1 ? (
          <SeveralFields editing={editing} scenes={chosen} />
        ) : (
          <FilmFields editing={editing} pictureOf={picture} />
        )}
      </div>
    </aside>
  )
}
