/** The part of the timeline that is drawn: what is seen, and a screen to either side, so that scrolling finds it there. */
import { useCallback, useEffect, useState } from 'react'
import { type Window, windowAt } from '../timeline-layout.ts'

/** @returns the window, and a ref for the element that scrolls */
export function useWindow(): [Window, HTMLDivElement | null, (element: HTMLDivElement | null) => void] {
  const [element, setElement] = useState<HTMLDivElement | null>(null)
  const [seen, setSeen] = useState<Window>(() => windowAt(0, 1200))
  const look = useCallback((box: HTMLDivElement): void => {
    const next = windowAt(box.scrollLeft, Math.max(1, box.clientWidth))
    setSeen((old) => (old.width === next.width && old.from === next.from ? old : next))
  }, [])
  useEffect(() => {
    if (!element) return
    const onScroll = (): void => look(element)
    const observer = new ResizeObserver(onScroll)
    observer.observe(element)
    element.addEventListener('scroll', onScroll, { passive: true })
    return () => {
      observer.disconnect()
      element.removeEventListener('scroll', onScroll)
    }
  }, [element, look])
  return [seen, element, setElement]
}
