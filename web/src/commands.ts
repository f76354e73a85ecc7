/**
 * The commands of the studio: one table from which keys, the palette and the list of keys are made. A page offers a command
 * for as long as it stands: `useCommand({ id: 'render', title: 'Render', keys: 'Mod+Enter', run })`.
 */
import { useEffect, useRef, useSyncExternalStore } from 'react'

export type Command = {
  id: string
  /** Verb and thing, as in a button. */
  title: string
  /** Where it belongs, in the palette and in the list of keys. */
  group?: string
  /** `Mod+Shift+Z`: Mod is Ctrl, on a Mac Cmd. `?` and single letters are off while something is typed. */
  keys?: string
  run: () => void
  /** False: it cannot be done just now. Default true. */
  when?: boolean
  /** The page hears these keys itself: they are listed only. */
  keysAreHeard?: boolean
}

const commands = new Map<string, Command>()
const watchers = new Set<() => void>()
let list: readonly Command[] = []

function changed(): void {
  list = [...commands.values()]
  for (const watcher of watchers) watcher()
}

const watch = (watcher: () => void): (() => void) => {
  watchers.add(watcher)
  return () => watchers.delete(watcher)
}

/** All that can be done on this page now. */
export const useCommands = (): readonly Command[] => useSyncExternalStore(watch, () => list)

/** Offers a command while the component stands. */
export function useCommand(command: Command): void {
  const newest = useRef(command)
  newest.current = command
  const { id, title, group, keys, when = true, keysAreHeard = false } = command
  useEffect(() => {
    if (!when) return
    commands.set(id, {
      id,
      title,
      ...(group === undefined ? {} : { group }),
      ...(keys === undefined ? {} : { keys }),
      keysAreHeard,
      run: () => newest.current.run(),
    })
    changed()
    return () => {
      commands.delete(id)
      changed()
    }
  }, [id, title, group, keys, when, keysAreHeard])
}

const KEPT = 'framecast.letters'

/** Whether single letters do something; people who speak to their machine switch them off. */
export function lettersAreOn(): boolean {
  try {
    return localStorage.getItem(KEPT) !== 'off'
  } catch {
    return true
  }
}

export function switchLetters(on: boolean): void {
  try {
    if (on) localStorage.removeItem(KEPT)
    else localStorage.setItem(KEPT, 'off')
  } catch {
    // It stays as it is.
  }
}

/** What was pressed, as commands write it. */
export function keysOf(
  event: Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'metaKey' | 'altKey' | 'shiftKey'>,
): string {
  const key = event.key.length === 1 ? event.key.toUpperCase() : event.key
  // A sign such as ? has its shift in itself.
  const isLetter = /^[A-Z]$/.test(key) || event.key.length > 1
  return [
    event.ctrlKey || event.metaKey ? 'Mod' : '',
    event.altKey ? 'Alt' : '',
    event.shiftKey && isLetter ? 'Shift' : '',
    key,
  ]
    .filter(Boolean)
    .join('+')
}

/** Whether somebody is typing there. */
export function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || ['INPUT', 'TEXTAREA', 'SELECT'].includes(target.tagName))
  )
}

/** Hears the keys of all commands. @returns stops it */
export function hearKeys(): () => void {
  const onKey = (event: KeyboardEvent): void => {
    if (event.defaultPrevented || event.repeat) return
    const pressed = keysOf(event)
    const isPlain = !pressed.includes('Mod+') && event.key.length === 1
    if (isPlain && (isTyping(event.target) || !lettersAreOn())) return
    const command = list.find(({ keys, keysAreHeard }) => keys === pressed && !keysAreHeard)
    if (!command) return
    event.preventDefault()
    command.run()
  }
  addEventListener('keydown', onKey)
  return () => removeEventListener('keydown', onKey)
}

/** How well a title fits what was typed: 0 is not at all. Beginnings of words count most, then letters in their order. */
export function fitOf(title: string, typed: string): number {
  const text = title.toLowerCase()
  const wanted = typed.trim().toLowerCase()
  if (wanted === '') return 1
  if (text.startsWith(wanted)) return 1_000 - text.length
  const at = text.indexOf(wanted)
  if (at > 0) return (/\W/.test(text[at - 1]!) ? 600 : 400) - at
  let from = 0
  let gaps = 0
  for (const letter of wanted) {
    const found = text.indexOf(letter, from)
    if (found < 0) return 0
    gaps += found - from
    from = found + 1
  }
  return Math.max(1, 200 - gaps)
}
