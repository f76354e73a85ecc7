/** The storyboard's own transitions, by name: made, changed, named and taken away. */
import { resolveTransition } from '../../../../../core/storyboard/transitions.ts'
import type { JoinPlace } from '../../../document/joins.ts'
import {
  freePresetName,
  MOST_PRESETS,
  presetNameRefusal,
  presetUses,
  removedPreset,
  renamedPreset,
} from '../../../document/presets.ts'
import { count } from '../../../format.ts'
import { Button, IconButton } from '../../../ui/controls.tsx'
import type { Editing } from './editing.ts'
import { NameField } from './fields.tsx'
import styles from './inspector.module.css'
import { JoinButton } from './join-button.tsx'

export function Presets({
  editing,
  sample,
  pictureOf,
}: {
  editing: Editing
  /** The join that presets are shown on. */
  sample: JoinPlace | undefined
  pictureOf: (sceneId: string) => string | null
}) {
  const { document, isEditable, change } = editing
  const names = Object.keys(document.transition_presets ?? {})
  return (
    <>
      <div className={styles.subhead}>
        <span>
          Presets{' '}
          <small>
            {names.length} of {MOST_PRESETS}
          </small>
        </span>
        <Button
          disabled={!isEditable || names.length >= MOST_PRESETS}
          onClick={() =>
            change('add a preset', {
              path: ['transition_presets', freePresetName(document)],
              value: { type: 'dissolve', duration: 1 },
            })
          }
        >
          Add a preset
        </Button>
      </div>
      {names.map((name) => {
        const preset = document.transition_presets?.[name]
        const uses = presetUses(document, name).length
        return preset ? (
          <fieldset key={name} className={styles.preset} aria-label={`Preset ${name}`}>
            <NameField
              label="Name"
              limit={uses > 0 ? `used ${count(uses, 'time')}` : 'not used'}
              value={name}
              readOnly={!isEditable}
              refusal={(to) => presetNameRefusal(document, to)}
              error={editing.faultOf(['transition_presets', name])}
              onCommit={(to) => change(`rename the preset ${name}`, ...renamedPreset(document, name, to))}
            />
            <JoinButton
              editing={editing}
              label="Transition"
              join={
                sample && {
                  ...sample,
                  transition: resolveTransition(document, preset),
                  path: ['transition_presets', name],
                }
              }
              preset={name}
              pictureOf={pictureOf}
            />
            <IconButton
              icon="close"
              label={`Remove the preset ${name}`}
              disabled={!isEditable}
              onClick={() => change(`remove the preset ${name}`, ...removedPreset(document, name))}
            />
          </fieldset>
        ) : null
      })}
    </>
  )
}
