/** What belongs to the whole film: shown when no scene is selected. */
import { CUT, resolveTransition } from '../../../../../core/storyboard/transitions.ts'
import { type JoinPlace, joinsOf } from '../../../document/joins.ts'
import { count } from '../../../format.ts'
import type { Editing } from './editing.ts'
import { Group, TextArea } from './fields.tsx'
import styles from './inspector.module.css'
import { JoinButton } from './join-button.tsx'
import { Presets } from './presets.tsx'
import { BedRow } from './sounds.tsx'
import { Cast } from './symbols.tsx'

export function FilmFields({
  editing,
  pictureOf,
}: {
  editing: Editing
  pictureOf: (sceneId: string) => string | null
}) {
  const { document, isEditable, change, faultOf } = editing
  const joins = joinsOf(document)
  const first = joins.find(({ from, to }) => from && to)
  const written = document.transitions?.default
  const whole: JoinPlace | undefined = first && {
    ...first,
    transition: written ? resolveTransition(document, written) : CUT,
    origin: 'default',
    path: ['transitions', 'default'],
  }
  const own = joins.filter(({ origin }) => origin === 'pair' || origin === 'explicit').length
  return (
    <>
      <TextArea
        label="Title"
        most={200}
        rows={1}
        value={String(document.title ?? '')}
        readOnly={!isEditable}
        error={faultOf(['title'])}
        onChange={(value) => change('change the title', { path: ['title'], value })}
      />
      <TextArea
        label="Look of every scene"
        most={2000}
        rows={4}
        placeholder="35 mm film, golden hour, shallow depth of field"
        value={document.global_prompt?.positive ?? ''}
        readOnly={!isEditable}
        error={faultOf(['global_prompt', 'positive'])}
        onChange={(value) =>
          change('change the look of the film', {
            path: ['global_prompt', 'positive'],
            value: value === '' ? undefined : value,
          })
        }
      />
      <TextArea
        label="Negative prompt"
        most={2000}
        rows={2}
        placeholder="What no scene should show"
        value={document.global_prompt?.negative ?? ''}
        readOnly={!isEditable}
        error={faultOf(['global_prompt', 'negative'])}
        onChange={(value) =>
          change('change the negative prompt of the film', {
            path: ['global_prompt', 'negative'],
            value: value === '' ? undefined : value,
          })
        }
      />
      <Cast editing={editing} names={Object.keys(document.symbols ?? {})} canAdd />
      <Group title="Sound under the film" open hasFault={editing.hasFault(['global_audio'])}>
        <BedRow
          editing={editing}
          lane="ambience"
          path={['global_audio', 'ambient']}
          bed={document.global_audio?.ambient}
          whose="of the film"
        />
        <BedRow
          editing={editing}
          lane="music"
          path={['global_audio', 'music']}
          bed={document.global_audio?.music}
          whose="of the film"
        />
      </Group>
      <Group
        title="Transitions"
        open
        summary={own > 0 ? `${count(own, 'join')} with their own` : ''}
        hasFault={editing.hasFault(['transitions']) || editing.hasFault(['transition_presets'])}
      >
        {whole ? (
          <JoinButton editing={editing} label="All cuts" join={whole} isDefault pictureOf={pictureOf} />
        ) : (
          <p className={styles.small}>Joins are chosen once there are two scenes.</p>
        )}
        <Presets editing={editing} sample={first} pictureOf={pictureOf} />
      </Group>
      <Group title="Size and rate" summary="Chosen at the render">
        <p className={styles.small}>
          Aspect, resolution and frames a second are options of a render, beside the Render button: one
          storyboard can become a wide film and a tall one.
        </p>
      </Group>
    </>
  )
}
