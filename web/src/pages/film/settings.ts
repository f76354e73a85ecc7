/** How a person watches films: kept in this browser, the same for every film. */
import { useSyncExternalStore } from 'react'

export const SURROUNDS = ['theme', 'black', 'dark', 'grey'] as const

export type Settings = {
  /** 0 to 1. */
  volume: number
  muted: boolean
  captions: boolean
  /** What is around the picture; `theme`: as the rest of the studio. */
  surround: (typeof SURROUNDS)[number]
}

const KEY = 'framecast.player'
const FIRST: Settings = { volume: 1, muted: false, captions: true, surround: 'theme' }

function kept(): Settings {
  try {
    const known = JSON.parse(localStorage.getItem(KEY) ?? '{}') as Partial<Settings>
    return {
      volume: typeof known.volume === 'number' ? Math.max(0, Math.min(1, known.volume)) : FIRST.volume,
      muted: known.muted === true,
      captions: known.captions !== false,
      surround: SURROUNDS.find((name) => name === known.surround) ?? FIRST.surround,
    }
  } catch {
    return FIRST
  }
}

const listeners = new Set<() => void>()
let settings: Settings | undefined

const read = (): Settings => {
  settings ??= kept()
  return settings
}

export function set(change: Partial<Settings>): void {
  settings = { ...read(), ...change }
  try {
    localStorage.setItem(KEY, JSON.stringify(settings))
  } catch {
    // Kept for this visit only.
  }
  for (const listener of listeners) listener()
}

/** The next grey around the picture. */
export const nextSurround = (): void =>
  set({ surround: SURROUNDS[(SURROUNDS.indexOf(read().surround) + 1) % SURROUNDS.length]! })

export const toggleMuted = (): void => set({ muted: !read().muted })
export const toggleCaptions = (): void => set({ captions: !read().captions })

const subscribe = (listener: () => void): (() => void) => {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

export const useSettings = (): Settings => useSyncExternalStore(subscribe, read)
