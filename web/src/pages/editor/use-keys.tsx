/** Keys of the editor, wherever nobody types, and the same as commands for the palette. */
import { useEffect, useRef } from 'react'
import { keysOf, lettersAreOn, useCommand } from '../../commands.ts'

const WHERE_PEOPLE_TYPE =
  'input:not([type="range"]), textarea, select, [contenteditable], [role="menu"], [role="dialog"]'

/** A key of the editor: what it is called, and whether it does something now. */
export type EditorKey = {
  id: string
  title: string
  keys?: string
  /** @param target what has the focus; @returns false when it is none of its business */
  run: (target: HTMLElement | null) => unknown
  when?: boolean
}

export function useKeys(keys: readonly EditorKey[]): void {
  const newest = useRef(keys)
  newest.current = keys
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      const target = event.target as HTMLElement
      if (event.defaultPrevented || target.closest(WHERE_PEOPLE_TYPE)) return
      const pressed = keysOf(event)
      if (event.key.length === 1 && !pressed.includes('Mod+') && !lettersAreOn()) return
      const key = newest.current.find((one) => one.keys === pressed && one.when !== false)
      if (!key || key.run(target) === false) return
      event.preventDefault()
    }
    addEventListener('keydown', onKey)
    return () => removeEventListener('keydown', onKey)
  }, [])
}

/** Offers a key in the palette and in the list of keys. */
export function KeyCommand({ command: { run, ...command }, group }: { command: EditorKey; group: string }) {
  useCommand({ ...command, group, keysAreHeard: true, run: () => void run(null) })
  return null
}
