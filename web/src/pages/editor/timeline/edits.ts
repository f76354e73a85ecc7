/** What the timeline does to the document, each one step of undo, and what is said about it. */
import { type Change, pathOf } from '../../../document/edit.ts'
import { type JoinPlace, plainJoin } from '../../../document/joins.ts'
import { movedShot, playedAgain, type Refusal } from '../../../document/shots.ts'
import { movedSound } from '../../../document/sounds.ts'
import type { Editing } from '../inspector/editing.ts'
import { type Block, heldDuration, placeAt, type Shot, type TimelineLayout } from '../timeline-layout.ts'
import { type FadeSide, heldFade } from './gestures.ts'

export type Edits = ReturnType<typeof timelineEdits>

export function timelineEdits(
  { document, change }: Pick<Editing, 'document' | 'change'>,
  layout: TimelineLayout | null,
  say: (words: string) => void,
) {
  const scenes = document.scenes ?? []
  const shots = layout?.plan.shots ?? []
  const make = (name: string, changes: readonly Change[] | Refusal, words: string): void => {
    if ('refusal' in changes) say(changes.refusal)
    else if (changes.length > 0) {
      change(name, ...changes)
      say(words)
    }
  }
  const durationOf = (sceneId: string): number =>
    Number(scenes.find((scene) => scene?.id === sceneId)?.duration) || 1
  const otherScenesS = (sceneId: string): number =>
    scenes.reduce((sum, scene) => sum + (scene?.id === sceneId ? 0 : Number(scene?.duration) || 0), 0)
  const setDuration = (sceneId: string, seconds: number): void => {
    const at = scenes.findIndex((scene) => scene?.id === sceneId)
    if (at >= 0 && scenes[at]?.duration !== seconds)
      change(`change the duration of ${sceneId}`, { path: ['scenes', at, 'duration'], value: seconds })
  }
  const setBed = (block: Block, field: string, words: string, value: number): void =>
    change(`change the ${words} of “${block.label}”`, { path: [...pathOf(block.path), field], value })

  return {
    durationOf,
    otherScenesS,
    setDuration,
    /** @param into element of the timeline whose group it enters */
    moveShot: (shot: Shot, to: number, into: number | null): void =>
      make(
        `move ${shot.sceneId}`,
        movedShot(document, shot.index, to, into),
        `Moved ${shot.sceneId} to ${to + 1} of ${shots.length}.`,
      ),
    playAgain: (shot: Shot, to: number, into: number | null): void =>
      make(
        `play ${shot.sceneId} again`,
        playedAgain(document, shot.sceneId, to, into),
        `${shot.sceneId} plays again as ${to + 1} of ${shots.length + 1}.`,
      ),
    nudgeDuration(shot: Shot, byS: number): void {
      const { seconds, stop } = heldDuration(durationOf(shot.sceneId) + byS, otherScenesS(shot.sceneId))
      setDuration(shot.sceneId, seconds)
      say(stop ?? `${shot.sceneId} lasts ${seconds.toFixed(2)} s.`)
    },
    moveSound(block: Block, frame: number): void {
      const to = layout && placeAt(layout.plan, Math.max(0, Math.round(frame)))
      if (!to) return
      make(
        `move “${block.label}”`,
        movedSound(document, block.path, { sceneId: to.shot.sceneId, sceneS: to.sceneS }),
        `“${block.label}” starts at ${to.sceneS.toFixed(2)} s of ${to.shot.sceneId}.`,
      )
    },
    removeSound: (block: Block): void =>
      make(
        `remove “${block.label}”`,
        [{ path: pathOf(block.path), value: undefined }],
        `Removed “${block.label}”. Undo brings it back.`,
      ),
    setVolume(block: Block, wanted: number): void {
      const volume = Math.round(Math.max(0, Math.min(1, wanted)) * 100) / 100
      setBed(block, 'volume', 'volume', volume)
      say(`Volume ${Math.round(volume * 100)} %.`)
    },
    setFade(block: Block, side: FadeSide, wanted: number): void {
      const seconds = heldFade(wanted, block.frames / (layout?.plan.format.fps ?? 24))
      setBed(block, `fade_${side}`, `fade ${side}`, seconds)
      say(`Fade ${side} ${seconds.toFixed(1)} s.`)
    },
    removeJoin(join: JoinPlace): void {
      const changes = plainJoin(join)
      if (changes.length === 0) say('Nothing is written for this join alone.')
      else
        make(
          `remove the transition from ${join.from?.scene.id ?? 'black'} to ${join.to?.scene.id ?? 'black'}`,
          changes,
          'Removed the transition. Undo brings it back.',
        )
    },
  }
}
