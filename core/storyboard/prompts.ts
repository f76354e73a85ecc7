/** Prompt assembly: what a scene's text becomes once its symbols and the film's own prompt are in it. */
import type { Scene, Storyboard, StoryboardSymbol } from './types.ts'

const MENTION = /@(\w+)/g

export type ScenePrompt = {
  /** Scene text with symbols put in, then the film's positive prompt. */
  prompt: string
  /** The film's negative prompt, then those of the used symbols. */
  negativePrompt: string
  /** Names of used symbols, in order of first use. */
  symbols: string[]
  referenceImages: { symbol: string; assetId: string; weight: number }[]
}

/** Names that a text mentions with `@`, each once, in order of first use. */
export function mentions(text: string): string[] {
  return [...new Set(Array.from(text.matchAll(MENTION), (match) => match[1]!))]
}

const isSaid = (text: string | null | undefined): text is string => text != null && text.trim() !== ''

const join = (parts: (string | null | undefined)[]): string =>
  parts
    .filter(isSaid)
    .map((part) => part.trim())
    .join(', ')

/** Looks a symbol up without ever reaching what objects inherit (`@constructor` is no symbol). */
function findSymbol(storyboard: Pick<Storyboard, 'symbols'>, name: string): StoryboardSymbol | undefined {
  const symbols = storyboard.symbols
  return symbols != null && Object.hasOwn(symbols, name) ? symbols[name] : undefined
}

/** Assembles one scene of a checked storyboard. Names inside symbol prompts are not expanded; unknown ones stay as written. */
export function assemblePrompt(
  storyboard: Pick<Storyboard, 'symbols' | 'global_prompt'>,
  scene: Pick<Scene, 'prompt'>,
): ScenePrompt {
  const symbols = mentions(scene.prompt).filter((name) => findSymbol(storyboard, name) !== undefined)
  const used = symbols.map((name) => ({ name, symbol: findSymbol(storyboard, name)! }))
  const text = scene.prompt.replace(
    MENTION,
    (written, name: string) => findSymbol(storyboard, name)?.prompt ?? written,
  )
  return {
    prompt: join([text, storyboard.global_prompt?.positive]),
    negativePrompt: join([storyboard.global_prompt?.negative, ...used.map(({ symbol }) => symbol.negative)]),
    symbols,
    referenceImages: used.flatMap(({ name, symbol }) =>
      (symbol.reference_images ?? []).map((image) => ({
        symbol: name,
        assetId: image.id,
        weight: image.weight ?? 1,
      })),
    ),
  }
}
