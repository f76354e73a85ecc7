/** Keys that change how films are watched. */
import { nextSurround, toggleCaptions, toggleMuted } from './settings.ts'

export const settingKeys: Readonly<Record<string, () => void>> = {
  b: nextSurround,
  m: toggleMuted,
  v: toggleCaptions,
}
