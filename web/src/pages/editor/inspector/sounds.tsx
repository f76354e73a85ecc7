/** Sounds in the inspector: beds, effects and lines of dialogue, each to be heard, set and taken away. */
import { lazy, type ReactNode, Suspense, useState } from 'react'
import { lineSound } from '../../../document/sounds.ts'
import type { Path } from '../../../document/text.ts'
import type { Sound } from '../../../media.ts'
import { Button, IconButton } from '../../../ui/controls.tsx'
import { PlaySound } from '../../../ui/play-sound.tsx'
import type { Editing, Scene } from './editing.ts'
import { Choice, NumberField, Share, TextArea, Tick } from './fields.tsx'
import styles from './inspector.module.css'

const PickSound = lazy(() => import('../pick/pick-sound.tsx'))

export const MOST_EFFECTS = 10
export const MOST_LINES = 5

type Lane = 'dialogue' | 'effects' | 'ambience' | 'music'

/** A button that opens the list of sounds. */
export function SoundButton({
  editing,
  label,
  title,
  prefers,
  used,
  disabled = false,
  onPick,
}: {
  editing: Editing
  label: string
  title: string
  prefers: Sound['category']
  used?: string | undefined
  disabled?: boolean
  onPick: (sound: Sound) => void
}) {
  const [isOpen, setOpen] = useState(false)
  return (
    <>
      <Button disabled={disabled || !editing.isEditable} onClick={() => setOpen(true)}>
        {label}
      </Button>
      {isOpen ? (
        <Suspense fallback={null}>
          <PickSound
            owner={editing.owner}
            title={title}
            prefers={prefers}
            used={used}
            onClose={() => setOpen(false)}
            onPick={(sound) => {
              setOpen(false)
              onPick(sound)
            }}
          />
        </Suspense>
      ) : null}
    </>
  )
}

function SoundHead({
  editing,
  id,
  volume,
  what,
  prefers,
  path,
  onRemove,
}: {
  editing: Editing
  id: string
  volume: number
  /** `effect 1`, `music` */
  what: string
  prefers: Sound['category']
  path: Path
  onRemove: () => void
}) {
  const sound = editing.sounds.get(id)
  const name = sound?.name ?? id
  const fault = editing.faultOf([...path, 'asset_id'])
  return (
    <>
      <div className={styles.soundHead}>
        <PlaySound id={id} name={name} volume={volume} disabled={!sound?.isThere} />
        <span className={styles.soundName} title={name}>
          {name}
        </span>
        <SoundButton
          editing={editing}
          label="Change"
          title={`Another sound for the ${what}`}
          prefers={prefers}
          used={id}
          onPick={(picked) =>
            editing.change(`change the sound of the ${what}`, {
              path: [...path, 'asset_id'],
              value: picked.id,
            })
          }
        />
        <IconButton
          icon="close"
          label={`Remove the ${what}`}
          disabled={!editing.isEditable}
          onClick={onRemove}
        />
      </div>
      {fault ? <p className={styles.bad}>{fault}</p> : null}
    </>
  )
}

type Bed = NonNullable<NonNullable<Scene['audio']>['music']>

/** Music or ambience of a scene or of the whole film. */
export function BedRow({
  editing,
  lane,
  path,
  bed,
  whose,
}: {
  editing: Editing
  lane: 'ambience' | 'music'
  path: Path
  bed: Bed | null | undefined
  whose: string
}) {
  const what = `${lane} ${whose}`
  const prefers = lane === 'music' ? 'music' : 'ambient'
  const set = (field: string, words: string, value: unknown): void =>
    editing.change(`change the ${words} of the ${what}`, { path: [...path, field], value })
  if (!bed)
    return (
      <div className={styles.subhead}>
        {lane === 'music' ? 'Music' : 'Ambience'}
        <SoundButton
          editing={editing}
          label={lane === 'music' ? 'Add music' : 'Add ambience'}
          title={`Add ${what}`}
          prefers={prefers}
          onPick={({ id }) => editing.change(`add ${what}`, { path, value: { asset_id: id } })}
        />
      </div>
    )
  return (
    <fieldset
      className={styles.sound}
      style={{ borderWidth: '0 0 0 3px' }}
      data-lane={lane}
      aria-label={lane === 'music' ? 'Music' : 'Ambience'}
    >
      <SoundHead
        editing={editing}
        id={bed.asset_id}
        volume={bed.volume ?? 1}
        what={what}
        prefers={prefers}
        path={path}
        onRemove={() => editing.change(`remove the ${what}`, { path, value: undefined })}
      />
      <Share
        label="Volume"
        value={bed.volume}
        fallback={1}
        readOnly={!editing.isEditable}
        error={editing.faultOf([...path, 'volume'])}
        onChange={(value) => set('volume', 'volume', value)}
      />
      <div className={styles.row}>
        <NumberField
          label="Fade in"
          limit="s"
          min={0}
          value={bed.fade_in}
          placeholder="0"
          readOnly={!editing.isEditable}
          error={editing.faultOf([...path, 'fade_in'])}
          onChange={(value) => set('fade_in', 'fade', value)}
        />
        <NumberField
          label="Fade out"
          limit="s"
          min={0}
          value={bed.fade_out}
          placeholder="0"
          readOnly={!editing.isEditable}
          error={editing.faultOf([...path, 'fade_out'])}
          onChange={(value) => set('fade_out', 'fade', value)}
        />
      </div>
      <Tick
        label="Repeat until the end"
        value={bed.loop ?? false}
        readOnly={!editing.isEditable}
        onChange={(value) => set('loop', 'repeating', value ? true : undefined)}
      />
    </fieldset>
  )
}

function List({ lane, label, children }: { lane: Lane; label: string; children: ReactNode }) {
  return (
    <fieldset
      className={styles.sound}
      style={{ borderWidth: '0 0 0 3px' }}
      data-lane={lane}
      aria-label={label}
    >
      {children}
    </fieldset>
  )
}

export function EffectRows({ editing, scene, at }: { editing: Editing; scene: Scene; at: number }) {
  const effects = scene.audio?.sfx ?? []
  const path: Path = ['scenes', at, 'audio', 'sfx']
  const isFull = effects.length >= MOST_EFFECTS
  return (
    <>
      <div className={styles.subhead}>
        <span>
          Effects{' '}
          <small>
            {effects.length} of {MOST_EFFECTS}
          </small>
        </span>
        <SoundButton
          editing={editing}
          label="Add an effect"
          title={`Add an effect to ${scene.id}`}
          prefers="sfx"
          disabled={isFull}
          onPick={({ id }) =>
            editing.change(`add an effect to ${scene.id}`, {
              path: [...path, effects.length],
              value: { asset_id: id, start: 0 },
            })
          }
        />
      </div>
      {effects.map((effect, index) => {
        const own = [...path, index]
        const what = `effect ${index + 1} of ${scene.id}`
        const set = (field: string, value: unknown): void =>
          editing.change(`change the ${field} of ${what}`, { path: [...own, field], value })
        return (
          // biome-ignore lint/suspicious/noArrayIndexKey: an effect has no other name than its place
          <List key={index} lane="effects" label={`Effect ${index + 1}`}>
            <SoundHead
              editing={editing}
              id={effect.asset_id}
              volume={effect.volume ?? 1}
              what={what}
              prefers="sfx"
              path={own}
              onRemove={() => editing.change(`remove ${what}`, { path: own, value: undefined })}
            />
            <div className={styles.row}>
              <NumberField
                label="Start"
                limit={`0 to ${scene.duration} s`}
                min={0}
                value={effect.start}
                placeholder="0"
                readOnly={!editing.isEditable}
                error={editing.faultOf([...own, 'start'])}
                onChange={(value) => set('start', value)}
              />
              <Share
                label="Volume"
                value={effect.volume}
                fallback={1}
                readOnly={!editing.isEditable}
                error={editing.faultOf([...own, 'volume'])}
                onChange={(value) => set('volume', value)}
              />
            </div>
            <TextArea
              label="What sets it off"
              most={200}
              rows={1}
              value={effect.trigger ?? ''}
              readOnly={!editing.isEditable}
              error={editing.faultOf([...own, 'trigger'])}
              onChange={(value) => set('trigger', value === '' ? undefined : value)}
            />
          </List>
        )
      })}
    </>
  )
}

export function LineRows({ editing, scene, at }: { editing: Editing; scene: Scene; at: number }) {
  const lines = scene.audio?.dialogue ?? []
  const path: Path = ['scenes', at, 'audio', 'dialogue']
  const speakers = Object.entries(editing.document.symbols ?? {}).map(([name, symbol]) => ({
    value: name,
    words: symbol?.voice ? `@${name}` : `@${name} (has no voice)`,
  }))
  return (
    <>
      <div className={styles.subhead}>
        <span>
          Dialogue{' '}
          <small>
            {lines.length} of {MOST_LINES}
          </small>
        </span>
        <Button
          disabled={!editing.isEditable || lines.length >= MOST_LINES}
          onClick={() =>
            editing.change(`add a line to ${scene.id}`, {
              path: [...path, lines.length],
              value: { text: 'What is said', start: 0 },
            })
          }
        >
          Add a line
        </Button>
      </div>
      {lines.map((line, index) => {
        const own = [...path, index]
        const what = `line ${index + 1} of ${scene.id}`
        const set = (field: string, value: unknown): void =>
          editing.change(`change the ${field} of ${what}`, { path: [...own, field], value })
        const heard = lineSound({ speaker: line.speaker ?? null, text: line.text ?? '' })
        const voice = line.speaker ? editing.document.symbols?.[line.speaker]?.voice?.asset_id : undefined
        return (
          // biome-ignore lint/suspicious/noArrayIndexKey: a line has no other name than its place
          <List key={index} lane="dialogue" label={`Line ${index + 1}`}>
            <TextArea
              label="What is said"
              most={500}
              rows={2}
              value={line.text ?? ''}
              readOnly={!editing.isEditable}
              error={editing.faultOf([...own, 'text'])}
              onChange={(value) => set('text', value)}
            />
            <div className={styles.soundHead}>
              <div style={{ flex: 1 }}>
                <Choice
                  label="Speaker"
                  value={line.speaker ?? ''}
                  options={[{ value: '', words: 'Nobody on screen' }, ...speakers]}
                  readOnly={!editing.isEditable}
                  error={editing.faultOf([...own, 'speaker'])}
                  onChange={(value) => set('speaker', value === '' ? undefined : value)}
                />
              </div>
              {editing.sounds.has(heard) ? (
                <PlaySound id={heard} name={`line ${index + 1} as it was spoken`} volume={line.volume ?? 1} />
              ) : voice ? (
                <PlaySound
                  id={voice}
                  name={`the voice of @${line.speaker}`}
                  disabled={!editing.sounds.get(voice)?.isThere}
                />
              ) : null}
              <IconButton
                icon="close"
                label={`Remove the ${what}`}
                disabled={!editing.isEditable}
                onClick={() => editing.change(`remove ${what}`, { path: own, value: undefined })}
              />
            </div>
            <div className={styles.row}>
              <NumberField
                label="Start"
                limit={`0 to ${scene.duration} s`}
                min={0}
                value={line.start}
                placeholder="0"
                readOnly={!editing.isEditable}
                error={editing.faultOf([...own, 'start'])}
                onChange={(value) => set('start', value)}
              />
              <Share
                label="Volume"
                value={line.volume}
                fallback={1}
                readOnly={!editing.isEditable}
                error={editing.faultOf([...own, 'volume'])}
                onChange={(value) => set('volume', value)}
              />
            </div>
          </List>
        )
      })}
    </>
  )
}
