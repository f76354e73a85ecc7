/** Adding a sound to a lane, at the playhead. */
import { lazy, Suspense, useState } from 'react'
import type { ShotPlan } from '../../../../../core/storyboard/plan-types.ts'
import type { Player } from '../../../player.ts'
import { IconButton } from '../../../ui/controls.tsx'
import type { Editing } from '../inspector/editing.ts'
import { Choice } from '../inspector/fields.tsx'
import { MOST_EFFECTS, MOST_LINES } from '../inspector/sounds.tsx'
import { type Lane, placeAt } from '../timeline-layout.ts'

const PickSound = lazy(() => import('../pick/pick-sound.tsx'))

const ASKS = {
  dialogue: 'Add a line at the playhead',
  effects: 'Add an effect at the playhead',
  ambience: 'Add ambience',
  music: 'Add music',
} as const satisfies Record<Lane, string>

export function AddSound({
  lane,
  editing,
  plan,
  player,
  onAdded,
  say,
}: {
  lane: Lane
  editing: Editing
  plan: Pick<ShotPlan, 'shots' | 'format'>
  player: Player
  onAdded: (sceneId: string) => void
  /** Tells why nothing was added. */
  say: (words: string) => void
}) {
  const [isOpen, setOpen] = useState(false)
  const [under, setUnder] = useState<'film' | 'scene'>('film')
  const place = (): { at: number; sceneS: number } | null => {
    const found = placeAt(plan, player.state().frame)
    const at = (editing.document.scenes ?? []).findIndex((scene) => scene?.id === found?.shot.sceneId)
    return found && at >= 0 ? { at, sceneS: found.sceneS } : null
  }
  const open = (): void => {
    const found = place()
    const scene = found && editing.document.scenes?.[found.at]
    if (!scene) return
    if (lane === 'dialogue') {
      const lines = scene.audio?.dialogue ?? []
      if (lines.length >= MOST_LINES) {
        say(`${MOST_LINES} lines are the most that a scene has.`)
        return
      }
      editing.change(`add a line to ${scene.id}`, {
        path: ['scenes', found.at, 'audio', 'dialogue', lines.length],
        value: { text: 'What is said', start: found.sceneS },
      })
      onAdded(scene.id)
      return
    }
    // The film has one already: what is asked for now is most likely another one for this scene.
    const field = lane === 'music' ? 'music' : 'ambient'
    setUnder(editing.document.global_audio?.[field] ? 'scene' : 'film')
    setOpen(true)
  }
  const found = isOpen ? place() : null
  const scene = found ? editing.document.scenes?.[found.at] : undefined
  const add = (id: string): void => {
    setOpen(false)
    if (!found || !scene) return
    if (lane === 'effects') {
      const effects = scene.audio?.sfx ?? []
      editing.change(`add an effect to ${scene.id}`, {
        path: ['scenes', found.at, 'audio', 'sfx', effects.length],
        value: { asset_id: id, start: found.sceneS },
      })
    } else {
      const field = lane === 'music' ? 'music' : 'ambient'
      const path = under === 'film' ? ['global_audio', field] : ['scenes', found.at, 'audio', field]
      editing.change(`add ${lane} ${under === 'film' ? 'of the film' : `of ${scene.id}`}`, {
        path,
        value: { asset_id: id },
      })
    }
    onAdded(scene.id)
  }
  const isFull = lane === 'effects' && (scene?.audio?.sfx?.length ?? 0) >= MOST_EFFECTS
  return (
    <>
      <IconButton icon="plus" label={ASKS[lane]} disabled={!editing.isEditable} onClick={open} />
      {isOpen && scene ? (
        <Suspense fallback={null}>
          <PickSound
            owner={editing.owner}
            title={
              lane === 'effects'
                ? `Add an effect to ${scene.id} at ${found?.sceneS.toFixed(1)} s`
                : ASKS[lane]
            }
            prefers={lane === 'effects' ? 'sfx' : lane === 'music' ? 'music' : 'ambient'}
            extra={
              lane === 'effects' ? (
                isFull ? (
                  <p role="alert">{MOST_EFFECTS} effects are the most that a scene has.</p>
                ) : null
              ) : (
                <Choice
                  label="Under"
                  value={under}
                  options={[
                    { value: 'film', words: 'The whole film' },
                    { value: 'scene', words: `Scene ${scene.id} alone` },
                  ]}
                  onChange={(value) => setUnder(value === 'scene' ? 'scene' : 'film')}
                />
              )
            }
            onClose={() => setOpen(false)}
            onPick={({ id }) => (isFull ? undefined : add(id))}
          />
        </Suspense>
      ) : null}
    </>
  )
}
