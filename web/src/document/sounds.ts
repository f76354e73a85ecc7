/** Sounds of scenes that are moved along the film. Pure. */
import type { Storyboard } from '../api/client.ts'
import { type Change, pathOf } from './edit.ts'

const MOST = { sfx: 10, dialogue: 5 } as const
const WORDS = { sfx: 'effects', dialogue: 'lines' } as const

/**
 * An effect or a line begins elsewhere; across a cut it becomes one of that scene.
 * @param path as `scenes[0].audio.sfx[1]`
 * @returns the changes, or why it cannot be
 */
export function movedSound(
  document: Partial<Storyboard>,
  path: string,
  to: { sceneId: string; sceneS: number },
): Change[] | { refusal: string } {
  const from = pathOf(path)
  const [, at, , list, index] = from as [string, number, string, 'sfx' | 'dialogue', number]
  const scenes = document.scenes ?? []
  const sound = scenes[at]?.audio?.[list]?.[index]
  const next = scenes.findIndex((scene) => scene?.id === to.sceneId)
  if (!sound || next === -1) return []
  const start = Math.round(to.sceneS * 1000) / 1000
  if (next === at) return [{ path: [...from, 'start'], value: start }]
  const there = scenes[next]?.audio?.[list]?.length ?? 0
  if (there >= MOST[list])
    return { refusal: `${MOST[list]} ${WORDS[list]} are the most that a scene has: ${to.sceneId} is full.` }
  return [
    { path: ['scenes', next, 'audio', list, there], value: { ...sound, start } },
    { path: from, value: undefined },
  ]
}

/** What a line is called among sounds: the same words of the same speaker are the same. */
export const lineSound = ({ speaker, text }: { speaker?: string | null; text: string }): string =>
  `line ${speaker ?? ''}\n${text}`
