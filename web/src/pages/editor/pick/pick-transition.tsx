/** Choosing what joins two shots: every type of the language, moving on the two pictures that it would join. */
import { type KeyboardEvent, useEffect, useRef, useState } from 'react'
import { EFFECT_NAMES } from '../../../../../core/storyboard/transition-effects.ts'
import { TRANSITION_TYPES } from '../../../../../core/storyboard/transitions.ts'
import { type JoinPlace, ORIGIN_WORDS, type Written } from '../../../document/joins.ts'
import type { Sound } from '../../../media.ts'
import { Button, IconButton } from '../../../ui/controls.tsx'
import { Dialog } from '../../../ui/dialog.tsx'
import { PlaySound } from '../../../ui/play-sound.tsx'
import { Choice, Limited, NameField, NumberField, Share } from '../inspector/fields.tsx'
import { drawTransition, type Look, type Picture } from './draw-transition.ts'
import styles from './pick.module.css'
import PickSound from './pick-sound.tsx'

const WORDS: Readonly<Record<Written['type'], string>> = {
  cut: 'Cut',
  fade: 'Fade',
  dissolve: 'Dissolve',
  wipe: 'Wipe',
  blur: 'Blur',
  zoom: 'Zoom',
  flash: 'Flash',
  glitch: 'Glitch',
  custom: 'Custom',
}
/** These move fast and bright: they wait to be asked. */
const START_PAUSED: readonly Written['type'][] = ['flash', 'glitch']
const MOST_EFFECTS = 5
const MOST_S = 5
/** One round of a preview: it rests on either picture. */
const ROUND_MS = 2_600
const DEFAULT_S = 0.5

const EASINGS = [
  { value: 'linear', words: 'Even' },
  { value: 'ease_in', words: 'Slow start' },
  { value: 'ease_out', words: 'Slow end' },
  { value: 'ease_in_out', words: 'Slow start and end' },
]
const DIRECTIONS = ['left', 'right', 'up', 'down'].map((value) => ({
  value,
  words: `To the ${value}`.replace('the up', 'the top').replace('the down', 'the bottom'),
}))

/** A plain plate with a number, while a scene has no picture yet. */
function plate(words: string, light: boolean): HTMLCanvasElement {
  const canvas = document.createElement('canvas')
  canvas.width = 320
  canvas.height = 180
  const context = canvas.getContext('2d')!
  context.fillStyle = light ? '#5a5a5a' : '#2c2c2c'
  context.fillRect(0, 0, 320, 180)
  context.fillStyle = '#f0f0f0'
  context.font = '600 40px sans-serif'
  context.textAlign = 'center'
  context.textBaseline = 'middle'
  context.fillText(words.slice(0, 12), 160, 90)
  return canvas
}

const BLACK = (): HTMLCanvasElement => plate('', false)

function usePicture(address: string | null, words: string, light: boolean): Picture {
  const [picture, setPicture] = useState<Picture>(() => (words === '' ? BLACK() : plate(words, light)))
  useEffect(() => {
    if (!address) return
    const image = new Image()
    image.src = address
    // A picture that cannot be read leaves the plate.
    image.decode().then(
      () => setPicture(image),
      () => {},
    )
  }, [address])
  return picture
}

const prefersCalm = (): boolean => matchMedia('(prefers-reduced-motion: reduce)').matches

function Preview({
  look,
  from,
  to,
  isMoving,
}: {
  look: Look
  from: Picture
  to: Picture
  isMoving: boolean
}) {
  const canvas = useRef<HTMLCanvasElement>(null)
  useEffect(() => {
    const context = canvas.current?.getContext('2d')
    if (!context) return
    if (!isMoving) {
      drawTransition(context, look, from, to, look.type === 'cut' ? 0 : 0.5)
      return
    }
    let request = 0
    let shown = -1
    const tick = (now: number): void => {
      request = requestAnimationFrame(tick)
      const round = (now % ROUND_MS) / ROUND_MS
      const at = Math.max(0, Math.min(1, (round - 0.25) / 0.5))
      if (at === shown) return
      shown = at
      drawTransition(context, look, from, to, at)
    }
    request = requestAnimationFrame(tick)
    return () => cancelAnimationFrame(request)
  }, [look, from, to, isMoving])
  return <canvas ref={canvas} width={240} height={135} />
}

export default function PickTransition({
  join,
  whose,
  presets,
  used,
  onPreset,
  owner,
  pictures,
  sounds,
  onPick,
  onClose,
}: {
  join: JoinPlace
  /** What is chosen: that of one join, the default, or what a preset says. */
  whose: 'join' | 'default' | { preset: string }
  /** Names that can be chosen instead. */
  presets: readonly string[]
  /** The preset that the join uses now. */
  used: string | null
  onPreset: (name: string) => void
  owner: string
  /** Addresses of the pictures before and after. */
  pictures: readonly [from: string | null, to: string | null]
  sounds: ReadonlyMap<string, Sound>
  onPick: (written: Written, forAll: boolean) => void
  onClose: () => void
}) {
  const { transition } = join
  const isDefault = whose !== 'join'
  const [written, setWritten] = useState<Written>(() => ({
    type: transition.type,
    duration: transition.type === 'cut' ? DEFAULT_S : transition.durationS,
    params: transition.params,
    effects: transition.effects,
    ...(transition.audio
      ? { audio: { asset_id: transition.audio.assetId, volume: transition.audio.volume } }
      : {}),
  }))
  const [moving, setMoving] = useState<ReadonlySet<string>>(
    () => new Set(prefersCalm() ? [] : TRANSITION_TYPES.filter((type) => !START_PAUSED.includes(type))),
  )
  const [isHearing, setHearing] = useState(false)
  const list = useRef<HTMLDivElement>(null)
  const from = usePicture(pictures[0], join.from ? join.from.scene.id : '', false)
  const to = usePicture(pictures[1], join.to ? join.to.scene.id : '', true)
  const change = (part: Partial<Written>): void => setWritten((old) => ({ ...old, ...part }))
  const most = Math.max(0, isDefault ? MOST_S : Math.min(MOST_S, join.mostS))
  const isShortened = !isDefault && written.type !== 'cut' && written.duration > most
  const effects = written.effects ?? []
  const names = [join.from?.scene.id ?? 'black', join.to?.scene.id ?? 'black']

  const choose = (type: Written['type']): void => {
    change({ type })
    // What was chosen is looked at, unless that would flash.
    if (!START_PAUSED.includes(type) && !prefersCalm()) setMoving((all) => new Set([...all, type]))
  }
  const onArrows = (event: KeyboardEvent): void => {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key]
    if (!step) return
    event.preventDefault()
    const at = TRANSITION_TYPES.indexOf(written.type)
    const next = TRANSITION_TYPES[(at + step + TRANSITION_TYPES.length) % TRANSITION_TYPES.length]!
    choose(next)
    list.current?.querySelector<HTMLElement>(`[data-type="${next}"]`)?.focus()
  }
  const setEffect = (index: number, part: object): void =>
    change({ effects: effects.map((effect, at) => (at === index ? { ...effect, ...part } : effect)) })

  return (
    <Dialog
      open
      wide
      onClose={onClose}
      title={
        whose === 'join'
          ? `From ${names[0]} to ${names[1]}`
          : whose === 'default'
            ? 'Transition of all cuts'
            : `Preset ${whose.preset}`
      }
      actions={
        <>
          <Button onClick={onClose}>Cancel</Button>
          {isDefault ? null : <Button onClick={() => onPick(written, true)}>Use for all cuts</Button>}
          <Button look="primary" onClick={() => onPick(written, isDefault)}>
            {whose === 'join' ? 'Use here' : whose === 'default' ? 'Use for all cuts' : 'Change the preset'}
          </Button>
        </>
      }
    >
      {isDefault ? null : <p>{ORIGIN_WORDS[join.origin]}.</p>}
      {presets.length > 0 ? (
        <fieldset className={styles.presets} aria-label="Presets">
          <span>Presets</span>
          {presets.map((name) => (
            <Button key={name} aria-pressed={name === used} onClick={() => onPreset(name)}>
              {name}
            </Button>
          ))}
        </fieldset>
      ) : null}
      <div ref={list} className={styles.types} role="radiogroup" aria-label="Type" onKeyDown={onArrows}>
        {TRANSITION_TYPES.map((type) => {
          const isChosen = written.type === type
          const look: Look = isChosen ? written : { type, effects: type === 'custom' ? effects : [] }
          return (
            // biome-ignore lint/a11y/useSemanticElements: a picture with a name, which an input cannot hold
            <button
              key={type}
              type="button"
              role="radio"
              aria-checked={isChosen}
              tabIndex={isChosen ? 0 : -1}
              data-type={type}
              className={styles.type}
              onClick={() => choose(type)}
            >
              <PreviewOf look={look} from={from} to={to} isMoving={moving.has(type)} />
              <span>{WORDS[type]}</span>
            </button>
          )
        })}
      </div>
      <div className={styles.bar}>
        <Button
          icon={moving.has(written.type) ? 'pause' : 'play'}
          onClick={() =>
            setMoving((all) => {
              const next = new Set(all)
              if (!next.delete(written.type)) next.add(written.type)
              return next
            })
          }
        >
          {moving.has(written.type) ? `Stop ${WORDS[written.type]}` : `Play ${WORDS[written.type]}`}
        </Button>
        {START_PAUSED.includes(written.type) ? <span>It flashes, so it starts still.</span> : null}
      </div>
      {written.type === 'cut' ? (
        <p>A cut has no duration.</p>
      ) : (
        <>
          <Limited
            label="Duration"
            limit={`${written.duration.toFixed(1)} s, at most ${most.toFixed(1)} s${isDefault ? '' : `: half of ${join.shorter}`}`}
          >
            {({ className: _, ...ties }) => (
              <input
                {...ties}
                type="range"
                min={0}
                max={Math.max(most, 0.1)}
                step={0.1}
                value={Math.min(written.duration, Math.max(most, 0.1))}
                onChange={(event) =>
                  change({ duration: Math.round(Number(event.target.value) * 1000) / 1000 })
                }
              />
            )}
          </Limited>
          {isShortened ? (
            <p role="status">
              Shortened to {most.toFixed(1)} s: half of {join.shorter}.
            </p>
          ) : null}
          <div className={styles.details}>
            {written.type === 'wipe' ? (
              <Choice
                label="Direction"
                value={String(written.params?.direction ?? 'left')}
                options={DIRECTIONS}
                onChange={(direction) => change({ params: { ...written.params, direction } })}
              />
            ) : null}
            {written.type === 'zoom' ? (
              <NumberField
                label="Factor"
                limit="above 0, at most 10"
                min={0.1}
                max={10}
                value={typeof written.params?.factor === 'number' ? written.params.factor : undefined}
                placeholder="as it is built"
                onChange={(factor) => {
                  const { factor: _, ...rest } = written.params ?? {}
                  change({
                    params: factor === undefined || factor <= 0 || factor > 10 ? rest : { ...rest, factor },
                  })
                }}
              />
            ) : null}
            {written.type === 'fade' ? (
              <Limited label="Colour">
                {(ties) => (
                  <input
                    {...ties}
                    type="color"
                    value={typeof written.params?.color === 'string' ? written.params.color : '#000000'}
                    onChange={(event) => change({ params: { ...written.params, color: event.target.value } })}
                  />
                )}
              </Limited>
            ) : null}
          </div>
          <fieldset style={{ border: 0, padding: 0 }} aria-label="Effects">
            <div className={styles.bar}>
              <span style={{ flex: 1 }}>
                Effects, {effects.length} of {MOST_EFFECTS}
              </span>
              <Button
                disabled={effects.length >= MOST_EFFECTS}
                onClick={() =>
                  change({ effects: [...effects, { name: 'zoom', from: 1, to: 1.2, easing: 'ease_in_out' }] })
                }
              >
                Add an effect
              </Button>
            </div>
            {effects.map((effect, index) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: an effect has no other name than its place
              <div key={index} className={styles.effect}>
                {(EFFECT_NAMES as readonly string[]).includes(effect.name) ? (
                  <Choice
                    label={`Effect ${index + 1}`}
                    value={effect.name}
                    options={EFFECT_NAMES.map((name) => ({ value: name, words: name.replace('_', ' ') }))}
                    onChange={(name) => setEffect(index, { name })}
                  />
                ) : (
                  <NameField
                    label={`Effect ${index + 1}`}
                    limit="not drawn"
                    value={effect.name}
                    onCommit={(name) => setEffect(index, { name })}
                  />
                )}
                <NumberField
                  label="From"
                  value={effect.from}
                  onChange={(value) => setEffect(index, { from: value })}
                />
                <NumberField
                  label="To"
                  value={effect.to}
                  onChange={(value) => setEffect(index, { to: value })}
                />
                <Choice
                  label="Easing"
                  value={effect.easing ?? 'linear'}
                  options={EASINGS}
                  onChange={(easing) => setEffect(index, { easing })}
                />
                <IconButton
                  icon="close"
                  label={`Remove effect ${index + 1}`}
                  onClick={() => change({ effects: effects.filter((_, at) => at !== index) })}
                />
              </div>
            ))}
          </fieldset>
        </>
      )}
      <div className={styles.bar}>
        {written.audio ? (
          <>
            <PlaySound
              id={written.audio.asset_id}
              name={sounds.get(written.audio.asset_id)?.name ?? written.audio.asset_id}
              disabled={!sounds.get(written.audio.asset_id)?.isThere}
            />
            <span>{sounds.get(written.audio.asset_id)?.name ?? written.audio.asset_id}</span>
            <div style={{ minWidth: 140 }}>
              <Share
                label="Volume"
                value={written.audio.volume}
                fallback={1}
                onChange={(volume) => change({ audio: { ...written.audio!, volume } })}
              />
            </div>
          </>
        ) : (
          <span>No sound on the join</span>
        )}
        <Button onClick={() => setHearing(true)}>{written.audio ? 'Another sound' : 'Add a sound'}</Button>
        {written.audio ? (
          <IconButton
            icon="close"
            label="Remove the sound of the join"
            onClick={() => setWritten(({ audio: _, ...rest }) => rest)}
          />
        ) : null}
      </div>
      {isHearing ? (
        <PickSound
          owner={owner}
          title="Sound of the join"
          prefers="transition"
          used={written.audio?.asset_id}
          onClose={() => setHearing(false)}
          onPick={({ id }) => {
            setHearing(false)
            change({ audio: { ...written.audio, asset_id: id } })
          }}
        />
      ) : null}
    </Dialog>
  )
}

/** Drawn again only when something about it changed. */
function PreviewOf({ look, ...rest }: { look: Look; from: Picture; to: Picture; isMoving: boolean }) {
  const words = JSON.stringify([look.type, look.params, look.effects])
  const kept = useRef({ words, look })
  if (kept.current.words !== words) kept.current = { words, look }
  return <Preview look={kept.current.look} {...rest} />
}
