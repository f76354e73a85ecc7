/** A picture that changes while a scene renders: decoded before it takes the place of the one before. */
import { useEffect, useState } from 'react'

/** @param url newest picture; the one before stays until it can be drawn, and while nobody looks at the tab */
export function LivePicture({ url, alt, className }: { url: string; alt: string; className?: string }) {
  const [shown, setShown] = useState(url)
  useEffect(() => {
    if (url === shown) return
    let isWanted = true
    const swap = (): void => {
      if (document.hidden) return
      const next = new Image()
      next.src = url
      next
        .decode()
        .then(() => {
          if (isWanted) setShown(url)
        })
        // A picture that is gone already: the next one comes.
        .catch(() => {})
    }
    swap()
    document.addEventListener('visibilitychange', swap)
    return () => {
      isWanted = false
      document.removeEventListener('visibilitychange', swap)
    }
  }, [url, shown])
  return <img className={className} src={shown} alt={alt} draggable={false} />
}
