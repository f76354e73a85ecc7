/** The focus among the shots, those included that are not drawn yet. */
import { type RefObject, useRef } from 'react'

export function useShotFocus(content: RefObject<HTMLElement | null>) {
  /** The shot that will have the focus in a moment. */
  const going = useRef<number | null>(null)
  return {
    /** The shot that keys count from. */
    focused: (index: number): number => going.current ?? index,
    focus(index: number): void {
      const find = (): HTMLElement | null | undefined =>
        content.current?.querySelector<HTMLElement>(`[data-shot="${index}"]`)
      const there = find()
      if (there) {
        going.current = null
        there.focus()
        return
      }
      // It comes into view, and with it to life, only now; keys that are pressed meanwhile count from it.
      going.current = index
      requestAnimationFrame(() =>
        requestAnimationFrame(() => {
          if (going.current !== index) return
          going.current = null
          find()?.focus()
        }),
      )
    },
  }
}
