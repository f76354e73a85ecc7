/** Keys of the playhead, wherever nobody types. */
import { useEffect } from 'react'
import { lettersAreOn } from './commands.ts'
import type { Player } from './player.ts'

const WHERE_PEOPLE_TYPE =
  'input:not([type="range"], [type="checkbox"], [type="radio"]), textarea, select, [contenteditable], [role="menu"], [role="dialog"]'
/** These move within themselves by the keys that move the playhead. */
const WHERE_ARROWS_MOVE = 'input, [data-card], [role="option"], [role="radio"], [role="slider"]'
const MOVING = new Set(['ArrowLeft', 'ArrowRight', 'ArrowUp', 'ArrowDown', 'Home', 'End'])

/** @returns true when the key was taken */
function press(player: Player, event: KeyboardEvent, holdsK: boolean): boolean {
  const { frame } = player.state()
  const step = event.shiftKey ? Math.round(player.fps) : 1
  switch (event.key.length === 1 ? event.key.toLowerCase() : event.key) {
    case ' ':
      player.toggle()
      return true
    case 'k':
      player.stop()
      return true
    case 'j':
    case 'l': {
      const direction = event.key.toLowerCase() === 'l' ? 1 : -1
      if (event.repeat) return true
      if (holdsK) player.slow(direction)
      else player.shuttle(direction)
      return true
    }
    case 'i':
      player.setIn()
      return true
    case 'o':
      player.setOut()
      return true
    case 'x':
      player.clearPart()
      return true
    case 'ArrowLeft':
      player.seek(frame - step)
      return true
    case 'ArrowRight':
      player.seek(frame + step)
      return true
    case 'ArrowUp':
      player.seekCut(-1)
      return true
    case 'ArrowDown':
      player.seekCut(1)
      return true
    case 'Home':
      player.seek(0)
      return true
    case 'End':
      player.seek(Number.MAX_SAFE_INTEGER)
      return true
    default:
      return false
  }
}

/** @param more other keys of the page, by the letter; asked first */
export function usePlayerKeys(player: Player, more: Readonly<Record<string, () => void>> = {}): void {
  useEffect(() => {
    let holdsK = false
    let isSlow = false
    const onKey = (event: KeyboardEvent): void => {
      const target = event.target as HTMLElement
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return
      if (target.closest(WHERE_PEOPLE_TYPE)) return
      if (MOVING.has(event.key) && target.closest(WHERE_ARROWS_MOVE)) return
      // A focused button is pressed by the space bar.
      if (event.key === ' ' && target.closest('button, a, input:not([type="range"])')) return
      const key = event.key.toLowerCase()
      if (key.length === 1 && key !== ' ' && !lettersAreOn()) return
      const own = more[key]
      if (own) {
        if (!event.repeat) own()
        event.preventDefault()
        return
      }
      if (press(player, event, holdsK)) event.preventDefault()
      if (key === 'k') holdsK = true
      if (holdsK && (key === 'j' || key === 'l')) isSlow = true
    }
    const onKeyUp = (event: KeyboardEvent): void => {
      const key = event.key.toLowerCase()
      if (key === 'k') holdsK = false
      if (isSlow && (key === 'k' || key === 'j' || key === 'l')) {
        isSlow = false
        player.stop()
      }
    }
    const letGo = (): void => {
      holdsK = false
    }
    addEventListener('keydown', onKey)
    addEventListener('keyup', onKeyUp)
    addEventListener('blur', letGo)
    return () => {
      removeEventListener('keydown', onKey)
      removeEventListener('keyup', onKeyUp)
      removeEventListener('blur', letGo)
    }
  }, [player, more])
}
