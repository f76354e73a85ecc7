/**
 * What a hand does on the timeline. A gesture moves what is there by transforms alone, and the document changes when it is
 * dropped, once; Esc, the right button and a lost pointer put all back.
 */
import { type PointerEvent, type RefObject, useEffect, useMemo, useRef } from 'react'

/** A press that moves less is a click. */
const DRAG_AFTER_PX = 4

export type Shown = {
  /** What would come of it, beside the hand. */
  words: string
  plateX: number
  /** Where it was drawn to. */
  snapX?: number | null
  /** Where it would be put in. */
  insertX?: number | null
}

export type Gesture = {
  /** @param byX pixels from where it began */
  show(byX: number, byY: number): Shown
  drop(): void
  /** Puts back what `show` moved. */
  reset(): void
}

type Pressed = {
  x: number
  y: number
  byX: number
  byY: number
  /** Made once the press has become a drag; null when there is none to make. */
  make: () => Gesture | null
  gesture: Gesture | null
  /** A press that stayed one. */
  click: (() => void) | undefined
}

export type Hand = ReturnType<typeof useGesture>

export function useGesture(marks: {
  plate: RefObject<HTMLElement | null>
  snap: RefObject<HTMLElement | null>
  insert: RefObject<HTMLElement | null>
}) {
  const newest = useRef(marks)
  newest.current = marks
  const hand = useMemo(() => {
    let pressed: Pressed | null = null
    let request = 0

    const at = (element: HTMLElement | null, x: number | null | undefined): void => {
      if (!element) return
      const isHidden = x === null || x === undefined
      if (element.hidden !== isHidden) element.hidden = isHidden
      if (!isHidden) element.style.transform = `translateX(${x}px)`
    }
    const show = (): void => {
      request = 0
      if (!pressed?.gesture) return
      const { words, plateX, snapX, insertX } = pressed.gesture.show(pressed.byX, pressed.byY)
      const { plate, snap, insert } = newest.current
      if (plate.current && plate.current.textContent !== words) plate.current.textContent = words
      at(plate.current, words === '' ? null : Math.max(0, plateX))
      at(snap.current, snapX)
      at(insert.current, insertX)
    }
    const end = (): Pressed | null => {
      const done = pressed
      pressed = null
      cancelAnimationFrame(request)
      request = 0
      done?.gesture?.reset()
      for (const mark of Object.values(newest.current)) at(mark.current, null)
      return done
    }
    return {
      begin(event: PointerEvent<HTMLElement>, make: () => Gesture | null, click?: () => void): void {
        event.currentTarget.setPointerCapture(event.pointerId)
        pressed = { x: event.clientX, y: event.clientY, byX: 0, byY: 0, make, gesture: null, click }
      },
      move(event: PointerEvent<HTMLElement>): void {
        if (!pressed) return
        // The right button, while the left one is held.
        if ((event.buttons & 2) !== 0) {
          end()
          return
        }
        pressed.byX = event.clientX - pressed.x
        pressed.byY = event.clientY - pressed.y
        if (!pressed.gesture && Math.hypot(pressed.byX, pressed.byY) >= DRAG_AFTER_PX) {
          pressed.gesture = pressed.make()
          if (!pressed.gesture) pressed = null
        }
        if (pressed?.gesture) request ||= requestAnimationFrame(show)
      },
      release(): void {
        // What the hand did last counts, drawn or not.
        if (request) show()
        const done = end()
        if (done?.gesture) done.gesture.drop()
        else done?.click?.()
      },
      /** @returns whether there was something to put back */
      cancel(): boolean {
        return end() !== null
      },
    }
  }, [])
  useEffect(() => () => void hand.cancel(), [hand])
  return hand
}
