/** All about one scene. */
import type { Job, RenderPlan } from '../../api/client.ts'
import type { DocumentStore, Snapshot } from '../../document/store.ts'
import { withInserted, withValue } from '../../document/text.ts'
import { Button, Field } from '../../ui/controls.tsx'
import { freeId, plannedOf, stateOf } from './board.tsx'
import styles from './editor.module.css'

type Scene = NonNullable<Snapshot['document']['scenes']>[number]

const PROMPT_LIMIT = 2_000

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

export function Inspector({
  store,
  snapshot,
  plan,
  job,
  scene,
  canEdit,
}: {
  store: DocumentStore
  snapshot: Snapshot
  plan: RenderPlan | undefined
  job: Job | undefined
  scene: Scene | undefined
  canEdit: boolean
}) {
  if (!scene)
    return (
      <aside className={styles.panel} aria-label="Scene">
        <div className={styles.panelHead}>
          <h2>No scene selected</h2>
        </div>
      </aside>
    )
  const scenes = snapshot.document.scenes ?? []
  const at = scenes.findIndex((other) => other?.id === scene.id)
  const isEditable = canEdit && (snapshot.checked?.readable ?? true)
  const faultOf = (field: string): string | undefined =>
    snapshot.checked?.errors.find((problem) => problem.path === `scenes[${at}].${field}`)?.message
  const set = (field: string, value: unknown): void =>
    store.edit(`change the ${field} of ${scene.id}`, withValue(snapshot.text, ['scenes', at, field], value))
  const symbols = Object.keys(snapshot.document.symbols ?? {})
  const planned = plannedOf(plan, scene.id)
  const state = stateOf(job, planned, scene.id)

  return (
    <aside className={styles.panel} aria-label="Scene">
      <div className={styles.panelHead}>
        <h2>
          <span className="tabular">{String(at + 1).padStart(2, '0')}</span> {scene.id}
        </h2>
      </div>
      <div className={styles.inspector}>
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
        <Field
          label="Prompt"
          hint={`${String(scene.prompt ?? '').length} / ${PROMPT_LIMIT}`}
          error={faultOf('prompt')}
        >
          {(ties) => (
            <textarea
              {...ties}
              rows={6}
              readOnly={!isEditable}
              value={String(scene.prompt ?? '')}
              onChange={(event) => set('prompt', event.target.value)}
              style={{ resize: 'vertical' }}
            />
          )}
        </Field>
        {symbols.length > 0 ? (
          <fieldset className={`${styles.actions} ${styles.plainSet}`} aria-label="Cast and places">
            {symbols.map((name) => (
              <Button
                key={name}
                disabled={!isEditable}
                title={`Put @${name} into the prompt`}
                onClick={() => set('prompt', `${String(scene.prompt ?? '').trimEnd()} @${name}`)}
              >
                @{name}
              </Button>
            ))}
          </fieldset>
        ) : null}
        <div className={styles.row}>
          <Field label="Duration" hint="1 to 30 s" error={faultOf('duration')}>
            {(ties) => (
              <input
                {...ties}
                type="number"
                min={1}
                max={30}
                step={0.1}
                readOnly={!isEditable}
                value={Number.isFinite(scene.duration) ? scene.duration : ''}
                onChange={(event) =>
                  set('duration', event.target.value === '' ? null : Number(event.target.value))
                }
              />
            )}
          </Field>
        </div>
        <div className={styles.actions}>
          <Button
            disabled={!isEditable}
            onClick={() =>
              store.edit(
                `duplicate ${scene.id}`,
                withInserted(snapshot.text, ['scenes'], at + 1, {
                  ...scene,
                  id: freeId(scenes.filter(Boolean), scene.id),
                }),
              )
            }
          >
            Duplicate
          </Button>
          <Button
            disabled={!isEditable}
            onClick={() =>
              store.edit(`remove ${scene.id}`, withValue(snapshot.text, ['scenes', at], undefined))
            }
          >
            Remove
          </Button>
        </div>
      </div>
    </aside>
  )
}
