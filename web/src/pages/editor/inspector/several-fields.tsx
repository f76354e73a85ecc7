/** Several scenes at once: what they have in common, and what differs. */
import { common, removedScenes } from '../../../document/edit.ts'
import { Button } from '../../../ui/controls.tsx'
import type { Editing, Scene } from './editing.ts'
import { NumberField } from './fields.tsx'
import styles from './inspector.module.css'
import { SoundButton } from './sound-button.tsx'

export function SeveralFields({ editing, scenes }: { editing: Editing; scenes: readonly Scene[] }) {
  const { document, isEditable, change } = editing
  const places = scenes.map((scene) => (document.scenes ?? []).indexOf(scene))
  const words = `${scenes.length} scenes`
  const setAll = (what: string, path: readonly string[], value: unknown): void =>
    change(
      `change the ${what} of ${words}`,
      ...places.map((at) => ({ path: ['scenes', at, ...path], value })),
    )
  const duration = common(scenes.map((scene) => scene.duration))
  const order = common(scenes.map((scene) => scene.order))
  const total = scenes.reduce((sum, scene) => sum + (Number(scene.duration) || 0), 0)
  return (
    <>
      <p className={`${styles.small} tabular`}>
        Together {total.toFixed(1)} s. A change is made in all of them.
      </p>
      <NumberField
        label="Duration"
        limit="1 to 30 s each"
        min={1}
        max={30}
        value={duration === 'mixed' ? undefined : duration.value}
        placeholder={duration === 'mixed' ? 'Mixed' : ''}
        readOnly={!isEditable}
        error={editing.faultOf(['scenes', places[0]!, 'duration'])}
        onChange={(value) => (value === undefined ? undefined : setAll('duration', ['duration'], value))}
      />
      <NumberField
        label="Order"
        limit="whole number"
        step={1}
        value={order === 'mixed' ? undefined : order.value}
        placeholder={order === 'mixed' ? 'Mixed' : 'as written'}
        readOnly={!isEditable}
        onChange={(value) => setAll('order', ['order'], value)}
      />
      {(['ambient', 'music'] as const).map((bed) => {
        const name = bed === 'music' ? 'Music' : 'Ambience'
        const held = common(scenes.map((scene) => scene.audio?.[bed]?.asset_id))
        const id = held === 'mixed' ? undefined : held.value
        return (
          <div key={bed} className={styles.subhead}>
            <span>
              {name}: {held === 'mixed' ? 'Mixed' : id ? (editing.sounds.get(id)?.name ?? id) : "the film's"}
            </span>
            <SoundButton
              editing={editing}
              label="Choose"
              title={`${name} of ${words}`}
              prefers={bed}
              used={id}
              onPick={(sound) => setAll(name.toLowerCase(), ['audio', bed], { asset_id: sound.id })}
            />
          </div>
        )
      })}
      <div className={styles.actions}>
        <Button
          disabled={!isEditable || scenes.length >= (document.scenes ?? []).length}
          onClick={() =>
            change(
              `remove ${words}`,
              ...removedScenes(
                document,
                scenes.map(({ id }) => id),
              ),
            )
          }
        >
          Remove {scenes.length} scenes
        </Button>
      </div>
    </>
  )
}
