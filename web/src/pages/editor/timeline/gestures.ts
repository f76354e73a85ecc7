/** What can be dragged on the timeline, and what each drag shows and does. */

import {
  type Block,
  dropPlace,
  heldDuration,
  placeAt,
  type Shot,
  snapped,
  type Target,
  type TimelineLayout,
} from '../timeline-layout.ts'
import { boxOf, scenesIn } from './box.ts'
import { type Bracket, bracketAt } from './brackets.ts'
import type { Gesture, Shown } from './use-gesture.ts'

/** What the drags work on: the drawn lanes, to scale, as they are when a drag begins. */
export type Stage = {
  root: HTMLElement
  layout: TimelineLayout
  edges: readonly { start: number; end: number }[]
  brackets: readonly Bracket[]
  px: (frames: number) => number
  toFrames: (pixels: number) => number
  /** Places that things are drawn to, in order of preference; none while snapping is off. */
  targets: (except: Block | null) => readonly Target[]
}

const SNAP_PX = 8

/** Shots that are drawn, by their place in the film. */
function shotElements(root: HTMLElement): Map<number, HTMLElement> {
  const elements = root.querySelectorAll<HTMLElement>('[data-shot]')
  return new Map([...elements].map((element) => [Number(element.dataset.shot), element]))
}

/** Sets what differs only: a hundred shots stand still while one moves. */
function shift(element: HTMLElement | undefined, transform: string): void {
  if (element && element.style.transform !== transform) element.style.transform = transform
}

/** A shot is taken to another place; the others part. */
export function moveShot(
  stage: Stage,
  shot: Shot,
  onDrop: (to: number, into: number | null) => void,
): Gesture {
  const { root, edges, brackets, px, toFrames, layout } = stage
  const elements = shotElements(root)
  const { index } = shot
  const edge = edges[index]!
  const width = px(edge.end - edge.start)
  const own = elements.get(index)
  let to = index
  let into: number | null = null
  let parted = index
  own?.setAttribute('data-dragged', 'true')
  for (const [place, element] of elements) if (place !== index) element.dataset.parting = 'true'
  root.dataset.gesture = 'move'
  const part = (): void => {
    for (const [place, element] of elements) {
      if (place === index) continue
      const isPassed = place >= Math.min(index, to) && place <= Math.max(index, to)
      shift(element, isPassed ? `translateX(${to > index ? -width : width}px)` : '')
    }
    parted = to
  }
  return {
    show(byX): Shown {
      const middle = (edge.start + edge.end) / 2 + toFrames(byX)
      to = dropPlace(edges, index, middle)
      into = bracketAt(edges, brackets, index, middle)
      if (to !== parted) part()
      shift(own, `translateX(${byX}px)`)
      const bracket = brackets.find(({ element }) => element === into)
      const landing = to > index ? edges[to]!.end - (edge.end - edge.start) : edges[to]!.start
      return {
        words: `To place ${to + 1} of ${layout.plan.shots.length}${bracket ? `, in the ${bracket.kind}` : ''}`,
        plateX: px(edge.start) + byX,
        insertX: to === index ? null : px(landing),
      }
    },
    drop: () => onDrop(to, into),
    reset() {
      delete root.dataset.gesture
      own?.removeAttribute('data-dragged')
      for (const element of elements.values()) {
        delete element.dataset.parting
        shift(element, '')
      }
    },
  }
}

/** A scene is put in once more; what plays now stays where it is. */
export function playAgain(
  stage: Stage,
  shot: Shot,
  onDrop: (to: number, into: number | null) => void,
): Gesture {
  const { edges, brackets, px, toFrames, layout } = stage
  const edge = edges[shot.index]!
  let to = shot.index
  let into: number | null = null
  return {
    show(byX): Shown {
      const middle = (edge.start + edge.end) / 2 + toFrames(byX)
      const after = edges.findIndex(({ start, end }) => middle < (start + end) / 2)
      to = after === -1 ? edges.length : after
      into = bracketAt(edges, brackets, -1, middle)
      const bracket = brackets.find(({ element }) => element === into)
      return {
        words: `${shot.sceneId} plays again as ${to + 1} of ${layout.plan.shots.length + 1}${bracket ? `, in the ${bracket.kind}` : ''}`,
        plateX: px(edge.start) + byX,
        insertX: px(edges[to]?.start ?? edges.at(-1)!.end),
      }
    },
    drop: () => onDrop(to, into),
    reset() {},
  }
}

/** The end of a shot is drawn out or in; what follows goes along, and what was not there is filled. */
export function trimShot(
  stage: Stage,
  shot: Shot,
  { durationS, otherScenesS, fill }: { durationS: number; otherScenesS: number; fill: HTMLElement | null },
  onDrop: (seconds: number) => void,
): Gesture {
  const { root, edges, px, toFrames, layout, targets } = stage
  const { fps } = layout.plan.format
  const elements = shotElements(root)
  const followers = [...elements].flatMap(([place, element]) => (place > shot.index ? [element] : []))
  const joins = [...root.querySelectorAll<HTMLElement>('[data-join]')].filter(
    (element) => Number(element.dataset.join) >= shot.index,
  )
  const share = shot.frames / Math.max(1, Math.round(durationS * fps))
  const end = shot.startFrame + shot.frames
  const edgePx = px(edges[shot.index]!.end)
  const places = targets(null)
  let held: Target | null = null
  let seconds = durationS
  root.dataset.gesture = 'trim'
  return {
    show(byX): Shown {
      const near = snapped(end + toFrames(byX), places, toFrames(SNAP_PX), held)
      held = near.target
      const { seconds: asked, stop } = heldDuration(
        (near.frame - shot.startFrame) / share / fps,
        otherScenesS,
      )
      seconds = asked
      const byPx = px((seconds - durationS) * share * fps)
      for (const element of followers) shift(element, `translateX(${byPx}px)`)
      for (const element of joins) shift(element, `translateX(calc(${byPx}px - 50%))`)
      if (fill) {
        // What follows covers what is taken away.
        fill.hidden = byPx === 0 || (byPx < 0 && followers.length > 0)
        fill.dataset.kind = byPx > 0 ? 'longer' : 'shorter'
        fill.style.transform = `translateX(${edgePx + Math.min(0, byPx)}px) scaleX(${Math.abs(byPx)})`
      }
      const words = stop ?? `${durationS.toFixed(1)} → ${seconds.toFixed(1)} s, will render`
      return {
        words: held ? `${words}, at the ${held.name}` : words,
        plateX: px(edges[shot.index]!.start) + 8,
        snapX: held ? px(held.frame) : null,
      }
    },
    drop: () => onDrop(seconds),
    reset() {
      delete root.dataset.gesture
      for (const element of [...followers, ...joins]) shift(element, '')
      if (fill) fill.hidden = true
    },
  }
}

const blockElement = (root: HTMLElement, { lane, key }: Block): HTMLElement | null =>
  root.querySelector(`[data-lane="${lane}"] [data-block="${CSS.escape(key)}"]`)

/** An effect or a line begins elsewhere. */
export function moveSound(stage: Stage, block: Block, onDrop: (frame: number) => void): Gesture {
  const { root, px, toFrames, layout, targets } = stage
  const element = blockElement(root, block)
  const places = targets(block)
  let held: Target | null = null
  let frame = block.startFrame
  element?.setAttribute('data-dragged', 'true')
  return {
    show(byX): Shown {
      const near = snapped(block.startFrame + toFrames(byX), places, toFrames(SNAP_PX), held)
      held = near.target
      frame = Math.max(0, Math.min(layout.plan.frames - 1, Math.round(near.frame)))
      if (element) shift(element, `translateX(${px(frame - block.startFrame)}px)`)
      const there = placeAt(layout.plan, frame)
      const words = there ? `${there.sceneS.toFixed(1)} s of ${there.shot.sceneId}` : ''
      return {
        words: held ? `${words}, at the ${held.name}` : words,
        plateX: px(frame),
        snapX: held ? px(held.frame) : null,
      }
    },
    drop: () => (frame === block.startFrame ? undefined : onDrop(frame)),
    reset() {
      element?.removeAttribute('data-dragged')
      if (element) shift(element, '')
    },
  }
}

/** A bed is made louder or quieter: up is louder, the height of three lanes is all of it. */
export const VOLUME_PX = 100

export function setVolume(stage: Stage, block: Block, onDrop: (volume: number) => void): Gesture {
  const element = blockElement(stage.root, block)
  const line = element?.querySelector<HTMLElement>('[data-volume]')
  let { volume } = block
  element?.setAttribute('data-louder', 'true')
  return {
    show(_byX, byY): Shown {
      volume = Math.round(Math.max(0, Math.min(1, block.volume - byY / VOLUME_PX)) * 100) / 100
      const travel = element ? element.clientHeight : 0
      if (line) shift(line, `translateY(${(block.volume - volume) * travel}px)`)
      return {
        words: `Volume ${Math.round(volume * 100)} %`,
        plateX: stage.px(block.startFrame) + 8,
      }
    },
    drop: () => (volume === block.volume ? undefined : onDrop(volume)),
    reset() {
      element?.removeAttribute('data-louder')
      if (line) shift(line, '')
    },
  }
}

export type FadeSide = 'in' | 'out'

/** Longest fade: it ends where the block does. */
export const heldFade = (seconds: number, blockS: number): number =>
  Math.round(Math.max(0, Math.min(blockS, seconds)) * 100) / 100

/** A bed comes or goes more slowly. */
export function setFade(
  stage: Stage,
  block: Block,
  side: FadeSide,
  onDrop: (seconds: number) => void,
): Gesture {
  const { root, px, toFrames, layout } = stage
  const { fps } = layout.plan.format
  const lane = root.querySelector(`[data-lane="${block.lane}"]`)
  const handle = lane?.querySelector<HTMLElement>(`[data-fade="${CSS.escape(`${block.key} ${side}`)}"]`)
  const slope = blockElement(root, block)?.querySelector<HTMLElement>(`[data-slope="${side}"]`)
  const before = side === 'in' ? block.fadeInS : block.fadeOutS
  const direction = side === 'in' ? 1 : -1
  let seconds = before
  return {
    show(byX): Shown {
      seconds = heldFade(before + (direction * toFrames(byX)) / fps, block.frames / fps)
      const movedPx = px((seconds - before) * fps) * direction
      if (handle) shift(handle, `translateX(${movedPx}px)`)
      // A slope of nothing has a pixel to grow from.
      if (slope) shift(slope, `scaleX(${px(seconds * fps) / Math.max(1, px(before * fps))})`)
      return {
        words: `Fade ${side} ${seconds.toFixed(1)} s`,
        plateX: px(block.startFrame + (side === 'in' ? 0 : block.frames)) + movedPx,
      }
    },
    drop: () => (seconds === before ? undefined : onDrop(seconds)),
    reset() {
      if (handle) shift(handle, '')
      if (slope) shift(slope, '')
    },
  }
}

/** A box over empty lanes takes the scenes of all that it touches. */
export function drawBox(
  { root }: Stage,
  from: { clientX: number; clientY: number },
  box: HTMLElement | null,
  onDrop: (sceneIds: readonly string[]) => void,
): Gesture {
  const frame = root.getBoundingClientRect()
  const x = from.clientX - frame.left
  const y = from.clientY - frame.top
  const elements = [...root.querySelectorAll<HTMLElement>('[data-scene]')]
  const things = elements.map((element) => {
    const { left, right, top, bottom } = element.getBoundingClientRect()
    return {
      element,
      sceneId: element.dataset.scene || null,
      left: left - frame.left,
      right: right - frame.left,
      top: top - frame.top,
      bottom: bottom - frame.top,
    }
  })
  let taken: string[] = []
  return {
    show(byX, byY): Shown {
      const drawn = boxOf(x, y, byX, byY)
      taken = scenesIn(drawn, things)
      if (box) {
        box.hidden = false
        box.style.transform = `translate(${drawn.left}px, ${drawn.top}px) scale(${drawn.right - drawn.left}, ${drawn.bottom - drawn.top})`
      }
      for (const { element, sceneId } of things) {
        const isBoxed = String(sceneId !== null && taken.includes(sceneId))
        if (element.dataset.boxed !== isBoxed) element.dataset.boxed = isBoxed
      }
      return {
        words: taken.length === 1 ? '1 scene' : `${taken.length} scenes`,
        plateX: x + byX + 8,
      }
    },
    drop: () => onDrop(taken),
    reset() {
      if (box) box.hidden = true
      for (const { element } of things) delete element.dataset.boxed
    },
  }
}
