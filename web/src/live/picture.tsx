/** A picture that changes while a scene renders: decoded before it takes the place of the one before. */
import { useEffect, useRef, useState, useSyncExternalStore } from 'react'
import { lag, turnIn } from './lag.ts'

/**
 * @param url newest picture; the one before stays until it can be drawn, while nobody looks at it, and while the tab cannot
 *   keep up
 */
export function LivePicture({ url, alt, className }: { url: string; alt: string; className?: string }) {
  const [shown, setShown] = useState(url)
  const [isInView, setInView] = useState(true)
  const picture = useRef<HTMLImageElement>(null)
  const swappedAt = useRef(0)
  const isPaused = useSyncExternalStore(lag.subscribe, lag.isPaused)
  useEffect(() => {
    if (!picture.current) return
    const watch = new IntersectionObserver((seen) => setInView(seen.at(-1)?.isIntersecting ?? true))
    watch.observe(picture.current)
    return () => watch.disconnect()
  }, [])
  useEffect(() => {
    if (url === shown || !isInView || isPaused) return
    let isWanted = true
    const swap = (): void => {
      if (document.hidden || !isWanted) return
      const next = new Image()
      next.src = url
      next
        .decode()
        .then(() => {
          if (!isWanted) return
          swappedAt.current = performance.now()
          setShown(url)
        })
        // A picture that is gone already: the next one comes.
        .catch(() => {})
    }
    const timer = setTimeout(swap, turnIn(swappedAt.current, performance.now()))
    document.addEventListener('visibilitychange', swap)
    return () => {
      isWanted = false
      clearTimeout(timer)
      document.removeEventListener('visibilitychange', swap)
    }
  }, [url, shown, isInView, isPaused])
  return <img ref={picture} className={className} src={shown} alt={alt} draggable={false} />
}
