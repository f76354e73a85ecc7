/** Sounds in the inspector: beds, effects and lines of dialogue, each to be heard, set and taken away. */
import { type ReactNode, useEffect, useRef } from 'react'
import { formatPath } from '../../../../../core/storyboard/problems.ts'
import { lineSound } from '../../../document/sounds.ts'
import type { Path } from '../../../document/text.ts'
import type { Sound } from '../../../media.ts'
import { Button, IconButton } from '../../../ui/controls.tsx'
import { PlaySound } from '../../../ui/play-sound.tsx'
import type { Editing, Scene } from './editing.ts'
import { Choice, NumberField, Share, TextArea, Tick } from './fields.tsx'
import styles from './inspector.module.css'
import { SoundButton } from './sound-button.tsx'

export const MOST_EFFECTS = 10
export const MOST_LINES = 5

type Lane = 'dialogue' | 'effects' | 'ambience' | 'music'

/** What belongs to one sound; the one that is selected on the timeline comes into view. */
function SoundBox({
  editing,
  lane,
  label,
  path,
  children,
}: {
  editing: Editing
  lane: Lane
  label: string
  path: Path
  children: ReactNode
}) {
  const box = useRef<HTMLFieldSetElement>(null)
  const isSelected = editing.part === formatPath(path)
  useEffect(() => {
    if (isSelected) box.current?.scrollIntoView({ block: 'nearest' })
  }, [isSelected])
  return (
    <fieldset
      ref={box}
      className={styles.sound}
      style={{ borderWidth: '0 0 0 3px' }}
      data-lane={lane}
      data-selected={isSelected}
      aria-label={label}
    >
      {children}
    </fieldset>
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
    <SoundBox editing={editing} lane={lane} label={lane === 'music' ? 'Music' : 'Ambience'} path={path}>
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
        {(['in', 'out'] as const).map((side) => (
          <NumberField
            key={side}
            label={`Fade ${side}`}
            limit="s"
            min={0}
            value={bed[`fade_${side}`]}
            placeholder="0"
            readOnly={!editing.isEditable}
            error={editing.faultOf([...path, `fade_${side}`])}
            onChange={(value) => set(`fade_${side}`, `fade ${side}`, value)}
          />
        ))}
      </div>
      <Tick
        label="Repeat until the end"
        value={bed.loop ?? false}
        readOnly={!editing.isEditable}
        onChange={(value) => set('loop', 'repeating', value ? true : undefined)}
      />
    </SoundBox>
  )
}

type Placed = { start?: number | null; volume?: number | null }

/** One of the sounds that begin at a moment of the scene, and how its fields are set. */
type Row = { path: Path; what: string; set: (field: string, value: unknown) => void; remove: () => void }

/** Sounds that begin at a moment of the scene: all have a start and a volume. */
function PlacedSounds<T extends Placed>({
  editing,
  scene,
  lane,
  title,
  word,
  path,
  sounds,
  most,
  add,
  children,
}: {
  editing: Editing
  scene: Scene
  lane: Lane
  title: string
  /** `effect`, `line` */
  word: string
  path: Path
  sounds: readonly T[]
  most: number
  /** What adds one; `isFull`: none can be. */
  add: (next: Path, isFull: boolean) => ReactNode
  children: (sound: T, row: Row) => ReactNode
}) {
  return (
    <>
      <div className={styles.subhead}>
        <span>
          {title}{' '}
          <small>
            {sounds.length} of {most}
          </small>
        </span>
        {add([...path, sounds.length], sounds.length >= most)}
      </div>
      {sounds.map((sound, index) => {
        const own = [...path, index]
        const what = `${word} ${index + 1} of ${scene.id}`
        const row: Row = {
          path: own,
          what,
          set: (field, value) =>
            editing.change(`change the ${field} of ${what}`, { path: [...own, field], value }),
          remove: () => editing.change(`remove ${what}`, { path: own, value: undefined }),
        }
        return (
          <SoundBox
            // biome-ignore lint/suspicious/noArrayIndexKey: a sound of a scene has no other name than its place
            key={index}
            editing={editing}
            lane={lane}
            label={`${word[0]!.toUpperCase()}${word.slice(1)} ${index + 1}`}
            path={own}
          >
            {children(sound, row)}
            <div className={styles.row}>
              <NumberField
                label="Start"
                limit={`0 to ${scene.duration} s`}
                min={0}
                value={sound.start}
                placeholder="0"
                readOnly={!editing.isEditable}
                error={editing.faultOf([...own, 'start'])}
                onChange={(value) => row.set('start', value)}
              />
              <Share
                label="Volume"
                value={sound.volume}
                fallback={1}
                readOnly={!editing.isEditable}
                error={editing.faultOf([...own, 'volume'])}
                onChange={(value) => row.set('volume', value)}
              />
            </div>
          </SoundBox>
        )
      })}
    </>
  )
}

export function EffectRows({ editing, scene, at }: { editing: Editing; scene: Scene; at: number }) {
  return (
    <PlacedSounds
      editing={editing}
      scene={scene}
      lane="effects"
      title="Effects"
      word="effect"
      path={['scenes', at, 'audio', 'sfx']}
      sounds={scene.audio?.sfx ?? []}
      most={MOST_EFFECTS}
      add={(path, isFull) => (
        <SoundButton
          editing={editing}
          label="Add an effect"
          title={`Add an effect to ${scene.id}`}
          prefers="sfx"
          disabled={isFull}
          onPick={({ id }) =>
            editing.change(`add an effect to ${scene.id}`, { path, value: { asset_id: id, start: 0 } })
          }
        />
      )}
    >
      {(effect, { path, what, set, remove }) => (
        <>
          <SoundHead
            editing={editing}
            id={effect.asset_id}
            volume={effect.volume ?? 1}
            what={what}
            prefers="sfx"
            path={path}
            onRemove={remove}
          />
          <TextArea
            label="What sets it off"
            most={200}
            rows={1}
            value={effect.trigger ?? ''}
            readOnly={!editing.isEditable}
            error={editing.faultOf([...path, 'trigger'])}
            onChange={(value) => set('trigger', value === '' ? undefined : value)}
          />
        </>
      )}
    </PlacedSounds>
  )
}

export function LineRows({ editing, scene, at }: { editing: Editing; scene: Scene; at: number }) {
  const { symbols } = editing.document
  const speakers = Object.entries(symbols ?? {}).map(([name, symbol]) => ({
    value: name,
    words: symbol?.voice ? `@${name}` : `@${name} (has no voice)`,
  }))
  return (
    <PlacedSounds
      editing={editing}
      scene={scene}
      lane="dialogue"
      title="Dialogue"
      word="line"
      path={['scenes', at, 'audio', 'dialogue']}
      sounds={scene.audio?.dialogue ?? []}
      most={MOST_LINES}
      add={(path, isFull) => (
        <Button
          disabled={!editing.isEditable || isFull}
          onClick={() =>
            editing.change(`add a line to ${scene.id}`, { path, value: { text: 'What is said', start: 0 } })
          }
        >
          Add a line
        </Button>
      )}
    >
      {(line, { path, what, set, remove }) => {
        const heard = lineSound({ speaker: line.speaker ?? null, text: line.text ?? '' })
        const voice = line.speaker ? symbols?.[line.speaker]?.voice?.asset_id : undefined
        return (
          <>
            <TextArea
              label="What is said"
              most={500}
              rows={2}
              value={line.text ?? ''}
              readOnly={!editing.isEditable}
              error={editing.faultOf([...path, 'text'])}
              onChange={(value) => set('text', value)}
            />
            <div className={styles.soundHead}>
              <div style={{ flex: 1 }}>
                <Choice
                  label="Speaker"
                  value={line.speaker ?? ''}
                  options={[{ value: '', words: 'Nobody on screen' }, ...speakers]}
                  readOnly={!editing.isEditable}
                  error={editing.faultOf([...path, 'speaker'])}
                  onChange={(value) => set('speaker', value === '' ? undefined : value)}
                />
              </div>
              {editing.sounds.has(heard) ? (
                <PlaySound id={heard} name={`${what} as it was spoken`} volume={line.volume ?? 1} />
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
                onClick={remove}
              />
            </div>
          </>
        )
      }}
    </PlacedSounds>
  )
}
