/** What the tab says while nobody looks at it: title, icon, and one notice when a render has ended. */
import { useEffect, useRef } from 'react'
import { isOver, type LiveJob } from './progress.ts'
import { tabIcon } from './tab-icon.ts'
import { endWords, percentOf, tabTitle } from './words.ts'

/** @param isNews whether the end of the render has not been taken note of yet */
export function Tab({ name, job, isNews }: { name: string; job: LiveJob | undefined; isNews: boolean }) {
  const icon = job && (!isOver(job) || isNews) ? tabIcon(job.status, percentOf(job)) : null
  useEffect(() => {
    if (!icon) return
    const link = document.querySelector<HTMLLinkElement>('link[rel="icon"]')
    const own = link?.getAttribute('href')
    if (!link || !own) return
    link.setAttribute('href', icon)
    return () => link.setAttribute('href', own)
  }, [icon])

  const ended = job && isNews && isOver(job) ? job : undefined
  const told = useRef<string | null>(null)
  useEffect(() => {
    if (!ended || told.current === ended.id || ended.status === 'canceled') return
    told.current = ended.id
    notify(name, endWords(ended, () => null) ?? '')
  }, [ended, name])
  return <title>{tabTitle(name, job, isNews)}</title>
}

const canNotify = (): boolean => 'Notification' in globalThis

function notify(title: string, body: string): void {
  if (!document.hidden || !canNotify() || Notification.permission !== 'granted') return
  try {
    const notice = new Notification(title, { body, tag: title })
    notice.onclick = () => {
      focus()
      notice.close()
    }
  } catch {
    // Phones want a service worker for it; the title says the same.
  }
}

/** Whether it makes sense to ask for notices: they are possible, and nobody has said yes or no. */
export const mayAskForNotices = (): boolean => canNotify() && Notification.permission === 'default'

export const askForNotices = (): Promise<NotificationPermission> => Notification.requestPermission()
