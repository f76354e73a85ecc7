/** One scene, all of it. */
import { mentions } from '../../../../../core/storyboard/prompts.ts'
import { removedScenes, renamedScene } from '../../../document/edit.ts'
import { joinsOf } from '../../../document/joins.ts'
import { addedScene } from '../../../document/shots.ts'
import { symbolsOf } from '../../../document/symbols.ts'
import type { Path } from '../../../document/text.ts'
import { count } from '../../../format.ts'
import { Button } from '../../../ui/controls.tsx'
import { SymbolField } from '../../../ui/symbol-field.tsx'
import { freeId } from '../board.tsx'
import type { Editing, Scene } from './editing.ts'
import { Choice, Group, NameField, NumberField, Share, Tick } from './fields.tsx'
import styles from './inspector.module.css'
import { JoinButton } from './join-button.tsx'
import { BedRow, EffectRows, LineRows } from './sounds.tsx'
import { Cast } from './symbols.tsx'

const PROMPT_LIMIT = 2_000
const SCENE_ID = /^[A-Za-z0-9_-]{1,64}$/

const PACES = [
  { value: 'slow', words: 'Slow: all of each scene' },
  { value: 'medium', words: 'Medium: 60 % of each scene' },
  { value: 'fast', words: 'Fast: 35 % of each scene' },
]

export function SceneFields({
  editing,
  scene,
  at,
  pictureOf,
  onSelect,
}: {
  editing: Editing
  scene: Scene
  at: number
  pictureOf: (sceneId: string) => string | null
  onSelect: (sceneId: string) => void
}) {
  const { document, isEditable, change, faultOf } = editing
  const path: Path = ['scenes', at]
  const scenes = (document.scenes ?? []).filter(Boolean)
  const symbols = symbolsOf(document)
  const prompt = String(scene.prompt ?? '')
  const used = mentions(prompt).filter((name) => document.symbols?.[name])
  const joins = joinsOf(document)
  const audio = scene.audio
  const sounds = (audio?.dialogue?.length ?? 0) + (audio?.sfx?.length ?? 0)
  const beds = [audio?.ambient ? 'ambience' : '', audio?.music ? 'music' : ''].filter(Boolean).join(', ')

  return (
    <>
      <SymbolField
        label="Prompt"
        hint={`${[...prompt].length} / ${PROMPT_LIMIT}`}
        value={prompt}
        symbols={symbols}
        pictureOf={({ pictureId }) => editing.files.find(({ id }) => id === pictureId)?.thumbnail_url}
        error={faultOf([...path, 'prompt'])}
        readOnly={!isEditable}
        onChange={(value) => change(`change the prompt of ${scene.id}`, { path: [...path, 'prompt'], value })}
      />
      <div className={styles.times}>
        <NumberField
          label="Duration"
          limit="1–30 s"
          min={1}
          max={30}
          value={scene.duration}
          readOnly={!isEditable}
          error={faultOf([...path, 'duration'])}
          onChange={(value) =>
            change(`change the duration of ${scene.id}`, {
              path: [...path, 'duration'],
              value: value ?? null,
            })
          }
        />
        <JoinButton
          editing={editing}
          label="In"
          join={joins.find(({ to }) => to?.scene.id === scene.id)}
          pictureOf={pictureOf}
        />
        <JoinButton
          editing={editing}
          label="Out"
          join={joins.find(({ from }) => from?.scene.id === scene.id)}
          pictureOf={pictureOf}
        />
      </div>
      <Cast editing={editing} names={used} canAdd />
      <Group
        title="Sound in this scene"
        summary={
          [sounds > 0 ? count(sounds, 'sound') : '', beds].filter(Boolean).join(', ') || 'None of its own'
        }
        open={sounds > 0 || beds !== ''}
        hasFault={editing.hasFault([...path, 'audio'])}
      >
        <LineRows editing={editing} scene={scene} at={at} />
        <EffectRows editing={editing} scene={scene} at={at} />
        <BedRow
          editing={editing}
          lane="ambience"
          path={[...path, 'audio', 'ambient']}
          bed={audio?.ambient}
          whose={`of ${scene.id}`}
        />
        <BedRow
          editing={editing}
          lane="music"
          path={[...path, 'audio', 'music']}
          bed={audio?.music}
          whose={`of ${scene.id}`}
        />
        <p className={styles.small}>Ambience and music of a scene take the place of the film's.</p>
      </Group>
      <Places editing={editing} scene={scene} />
      <Group
        title="Name and order"
        summary={scene.id}
        hasFault={editing.hasFault([...path, 'id']) || editing.hasFault([...path, 'order'])}
      >
        <NameField
          label="Name"
          field="scene-name"
          limit="letters, digits, _ and -, at most 64"
          value={scene.id}
          readOnly={!isEditable}
          error={faultOf([...path, 'id'])}
          refusal={(to) =>
            !SCENE_ID.test(to)
              ? 'A name has 1 to 64 letters, digits, underscores or hyphens.'
              : scenes.some(({ id }) => id === to)
                ? `There is a scene ${to} already.`
                : undefined
          }
          onCommit={(to) => {
            change(`rename ${scene.id}`, ...renamedScene(document, scene.id, to))
            onSelect(to)
          }}
        />
        <NumberField
          label="Order"
          limit="whole number; scenes without one come last"
          step={1}
          value={scene.order}
          placeholder="as written"
          readOnly={!isEditable}
          error={faultOf([...path, 'order'])}
          onChange={(value) => change(`change the order of ${scene.id}`, { path: [...path, 'order'], value })}
        />
      </Group>
      <Group title="Engine, seed, workflow" summary="For the whole film">
        <p className={styles.small}>
          Engine, seed, workflow, size and frames a second are chosen when the film is rendered: they are no
          part of the storyboard, so one storyboard can be rendered in several ways.
        </p>
      </Group>
      <div className={styles.actions}>
        <Button
          disabled={!isEditable}
          onClick={() => {
            const id = freeId(scenes, scene.id)
            change(`duplicate ${scene.id}`, ...addedScene(document, scene.id, { ...scene, id }))
            onSelect(id)
          }}
        >
          Duplicate
        </Button>
        <Button
          disabled={!isEditable || scenes.length < 2}
          title={scenes.length < 2 ? 'A film has at least one scene' : undefined}
          onClick={() => {
            const next = scenes[at + 1] ?? scenes[at - 1]
            change(`remove ${scene.id}`, ...removedScenes(document, [scene.id]))
            if (next) onSelect(next.id)
          }}
        >
          Remove
        </Button>
      </div>
    </>
  )
}

/** Flashbacks and montages that the scene plays in: how they look and how fast they are. */
function Places({ editing, scene }: { editing: Editing; scene: Scene }) {
  const { document, isEditable, change, faultOf } = editing
  const groups = (document.timeline ?? []).flatMap((element, index) =>
    (['flashback', 'montage'] as const).flatMap((kind) =>
      element?.[kind]?.scenes?.includes(scene.id) ? [{ kind, index, element }] : [],
    ),
  )
  return groups.map(({ kind, index, element }) => {
    const path: Path = ['timeline', index, kind]
    if (kind === 'montage')
      return (
        <Group
          key={index}
          title="Montage"
          summary={element.montage?.pace ?? 'medium'}
          hasFault={editing.hasFault(path)}
        >
          <Choice
            label="Pace"
            value={element.montage?.pace ?? 'medium'}
            options={PACES}
            readOnly={!isEditable}
            error={faultOf([...path, 'pace'])}
            onChange={(value) => change('change the pace of the montage', { path: [...path, 'pace'], value })}
          />
        </Group>
      )
    const treatment = element.flashback?.treatment
    const set = (field: string, value: unknown): void =>
      change('change the look of the flashback', { path: [...path, 'treatment', field], value })
    return (
      <Group
        key={index}
        title="Flashback"
        summary={treatment ? 'Treated' : 'As it is'}
        hasFault={editing.hasFault(path)}
      >
        {(['desaturate', 'grain', 'blur'] as const).map((field) => (
          <Share
            key={field}
            label={{ desaturate: 'Colour removed', grain: 'Grain', blur: 'Softness' }[field]}
            value={treatment?.[field]}
            fallback={0}
            readOnly={!isEditable}
            error={faultOf([...path, 'treatment', field])}
            onChange={(value) => set(field, value)}
          />
        ))}
        <Tick
          label="Dark edges"
          value={treatment?.vignette ?? false}
          readOnly={!isEditable}
          onChange={(value) => set('vignette', value ? true : undefined)}
        />
      </Group>
    )
  })
}
