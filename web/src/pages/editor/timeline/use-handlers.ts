/** What presses and keys do on the shots and sounds of the lanes. */
import { type KeyboardEvent, type PointerEvent, useMemo, useRef } from 'react'
import type { Player } from '../../../player.ts'
import { type Selecting, selecting } from '../selection.ts'
import type { Block, Shot } from '../timeline-layout.ts'
import type { Edits } from './edits.ts'
import {
  drawBox,
  type FadeSide,
  moveShot,
  moveSound,
  playAgain,
  type Stage,
  setFade,
  setVolume,
  trimShot,
} from './gestures.ts'
import { type BlockHandlers, isBed } from './lane-view.tsx'
import type { ShotHandlers } from './shot-view.tsx'
import type { Hand } from './use-gesture.ts'

const FADE_STEP_S = 0.1
const VOLUME_STEP = 0.05

export type Handling = {
  hand: Hand
  edits: Edits
  player: Player
  shots: readonly Shot[]
  isEditable: boolean
  /** Ids of the selected scenes; the last one is seen. */
  chosen: readonly string[]
  onSelect: (sceneId: string, how?: Selecting) => void
  onSelectAll: (sceneIds: readonly string[]) => void
  /** Selects a sound, by its place in the document. */
  onPart: (path: string) => void
  /** A scene is to play once more. */
  onAgain: (shot: Shot, to: number, into: number | null) => void
  focusShot: (index: number) => void
  /** The shot that keys count from. */
  focused: (index: number) => number
  /** The lanes as they are; null while they are not drawn. */
  stage: () => Stage | null
  fill: () => HTMLElement | null
  box: () => HTMLElement | null
}

function handlersOf(now: Handling) {
  const { hand, edits, player, shots, isEditable, chosen, onSelect } = now
  const selected = chosen.at(-1)
  /** A gesture over the lanes as they are when the press becomes a drag. */
  const onStage =
    <T>(make: (stage: Stage) => T) =>
    (): T | null => {
      const stage = now.stage()
      return stage && make(stage)
    }

  const pressShot = (event: PointerEvent<HTMLElement>, index: number, kind: 'move' | 'trim'): void => {
    const shot = shots[index]
    if (!shot || event.button !== 0) return
    event.stopPropagation()
    const how = selecting(event)
    if (how !== 'only' || shot.sceneId !== selected || chosen.length > 1) onSelect(shot.sceneId, how)
    if (kind === 'move' && how === 'only') {
      const { frame } = player.state()
      if (frame < shot.startFrame || frame >= shot.startFrame + shot.frames) player.seek(shot.startFrame)
    }
    if (!isEditable || how !== 'only') return
    const { altKey } = event
    hand.begin(
      event,
      onStage((stage) =>
        kind === 'trim'
          ? trimShot(
              stage,
              shot,
              {
                durationS: edits.durationOf(shot.sceneId),
                otherScenesS: edits.otherScenesS(shot.sceneId),
                fill: now.fill(),
              },
              (seconds) => edits.setDuration(shot.sceneId, seconds),
            )
          : altKey
            ? playAgain(stage, shot, (to, into) => now.onAgain(shot, to, into))
            : moveShot(stage, shot, (to, into) => edits.moveShot(shot, to, into)),
      ),
    )
  }
  const pressBlock = (event: PointerEvent<HTMLElement>, block: Block): void => {
    if (event.button !== 0) return
    event.stopPropagation()
    onSelect(block.sceneId ?? '')
    now.onPart(block.path)
    if (!isEditable) return
    hand.begin(
      event,
      onStage((stage) =>
        isBed(block)
          ? setVolume(stage, block, (volume) => edits.setVolume(block, volume))
          : moveSound(stage, block, (frame) => edits.moveSound(block, frame)),
      ),
    )
  }
  const pressFade = (event: PointerEvent<HTMLElement>, block: Block, side: FadeSide): void => {
    if (event.button !== 0 || !isEditable) return
    event.stopPropagation()
    onSelect(block.sceneId ?? '')
    now.onPart(block.path)
    hand.begin(
      event,
      onStage((stage) => setFade(stage, block, side, (seconds) => edits.setFade(block, side, seconds))),
    )
  }
  /** Empty lanes: a drag draws a box, a press selects nothing. */
  const pressLanes = (event: PointerEvent<HTMLElement>): void => {
    if (event.button !== 0) return
    const { clientX, clientY } = event
    const before = selecting(event) === 'only' ? [] : chosen
    hand.begin(
      event,
      onStage((stage) =>
        drawBox(stage, { clientX, clientY }, now.box(), (ids) =>
          now.onSelectAll([...before.filter((id) => !ids.includes(id)), ...ids]),
        ),
      ),
      () => onSelect(''),
    )
  }
  const keyShot = (event: KeyboardEvent<HTMLElement>, at: number): void => {
    if (event.altKey || event.ctrlKey || event.metaKey) return
    const index = now.focused(at)
    const to = {
      ArrowLeft: index - 1,
      ArrowUp: index - 1,
      ArrowRight: index + 1,
      ArrowDown: index + 1,
      Home: 0,
      End: shots.length - 1,
    }[event.key]
    if (to === undefined) return
    now.focusShot(Math.max(0, Math.min(shots.length - 1, to)))
    event.preventDefault()
  }
  const keyBlock = (event: KeyboardEvent<HTMLElement>, block: Block): void => {
    const along = { ArrowLeft: -1, ArrowRight: 1 }[event.key] ?? 0
    const up = { ArrowUp: 1, ArrowDown: -1 }[event.key] ?? 0
    if (event.key === 'Enter' || event.key === ' ') {
      onSelect(block.sceneId ?? '')
      now.onPart(block.path)
    } else if (along !== 0 && !event.altKey) {
      const all = [
        ...(event.currentTarget.closest('section')?.querySelectorAll<HTMLElement>('[data-block]') ?? []),
      ]
      all[all.indexOf(event.currentTarget) + along]?.focus()
    } else if (!isEditable) return
    else if (event.key === 'Delete' || event.key === 'Backspace') edits.removeSound(block)
    else if (along !== 0 && !isBed(block))
      edits.moveSound(block, block.startFrame + along * (event.shiftKey ? player.fps / 2 : 1))
    else if (up !== 0 && event.altKey && isBed(block)) edits.setVolume(block, block.volume + up * VOLUME_STEP)
    else return
    event.preventDefault()
    event.stopPropagation()
  }
  const keyFade = (event: KeyboardEvent<HTMLElement>, block: Block, side: FadeSide): void => {
    const step = { ArrowLeft: -1, ArrowRight: 1, ArrowDown: -1, ArrowUp: 1 }[event.key]
    if (step === undefined || !isEditable || event.altKey) return
    const before = side === 'in' ? block.fadeInS : block.fadeOutS
    edits.setFade(block, side, before + step * FADE_STEP_S * (event.shiftKey ? 5 : 1))
    event.preventDefault()
    event.stopPropagation()
  }
  return { pressShot, pressBlock, pressFade, pressLanes, keyShot, keyBlock, keyFade }
}

/** The same functions each time, so that shots and sounds are not drawn again for them. */
export function useHandlers(handling: Handling): {
  shots: ShotHandlers
  blocks: BlockHandlers
  pressLanes: (event: PointerEvent<HTMLElement>) => void
} {
  const latest = useRef(handlersOf(handling))
  latest.current = handlersOf(handling)
  const { hand } = handling
  return useMemo(() => {
    const follow = { move: hand.move, release: hand.release, cancel: (): void => void hand.cancel() }
    return {
      shots: {
        ...follow,
        press: (...pressed) => latest.current.pressShot(...pressed),
        key: (...pressed) => latest.current.keyShot(...pressed),
      },
      blocks: {
        ...follow,
        press: (...pressed) => latest.current.pressBlock(...pressed),
        pressFade: (...pressed) => latest.current.pressFade(...pressed),
        key: (...pressed) => latest.current.keyBlock(...pressed),
        keyFade: (...pressed) => latest.current.keyFade(...pressed),
      },
      pressLanes: (event) => latest.current.pressLanes(event),
    }
  }, [hand])
}
