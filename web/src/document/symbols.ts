/** The people, places and things of a storyboard, as fields and chips show them. Pure. */
import { mentions } from '../../../core/storyboard/prompts.ts'
import { closest } from '../../../core/storyboard/suggest.ts'

export type SymbolInfo = {
  name: string
  /** What stands in place of @name. */
  prompt: string
  /** What it brings besides words: `2 pictures, a voice`; empty when nothing. */
  kind: string
  /** Id of its first picture, if it has one. */
  pictureId: string | null
}

type Written = {
  prompt?: unknown
  reference_images?: readonly ({ id?: unknown } | null)[] | null
  voice?: unknown
} | null

/** The symbols of a document, as they are written there; whatever is half written counts as far as it goes. */
export function symbolsOf(document: { symbols?: unknown }): SymbolInfo[] {
  const { symbols } = document
  if (typeof symbols !== 'object' || symbols === null || Array.isArray(symbols)) return []
  return Object.entries(symbols as Record<string, Written>).map(([name, symbol]) => {
    const pictures = Array.isArray(symbol?.reference_images) ? symbol.reference_images : []
    const first = pictures.map((picture) => picture?.id).find((id) => typeof id === 'string')
    const parts = [
      pictures.length > 0 ? `${pictures.length} picture${pictures.length === 1 ? '' : 's'}` : '',
      symbol?.voice ? 'a voice' : '',
    ]
    return {
      name,
      prompt: typeof symbol?.prompt === 'string' ? symbol.prompt : '',
      kind: parts.filter(Boolean).join(', '),
      pictureId: first ?? null,
    }
  })
}

/** A name that is being typed after an `@`, with its place in the text; null when the caret is not in one. */
export type Mention = { from: number; to: number; typed: string }

export function mentionAt(text: string, caret: number): Mention | null {
  const before = /@(\w*)$/.exec(text.slice(0, caret))
  if (!before) return null
  const rest = /^\w*/.exec(text.slice(caret))![0]
  return { from: before.index, to: caret + rest.length, typed: before[1]! }
}

/** Symbols that fit what was typed: those that begin so first, then those that hold it. */
export function fitting(symbols: readonly SymbolInfo[], typed: string): SymbolInfo[] {
  const wanted = typed.toLowerCase()
  const rank = ({ name }: SymbolInfo): number => name.toLowerCase().indexOf(wanted)
  return symbols
    .filter((symbol) => rank(symbol) >= 0)
    .sort((a, b) => Number(rank(a) > 0) - Number(rank(b) > 0) || a.name.localeCompare(b.name))
}

/** The text with the mention written out, and where the caret goes: behind it. */
export function completed(text: string, mention: Mention, name: string): { text: string; caret: number } {
  const after = text.slice(mention.to)
  const space = after === '' ? ' ' : ''
  return {
    text: `${text.slice(0, mention.from)}@${name}${space}${after}`,
    caret: mention.from + name.length + 1 + space.length,
  }
}

/** What a text mentions: symbols that are there, and names that are not, with the one that was probably meant. */
export function usedIn(
  text: string,
  symbols: readonly SymbolInfo[],
): { name: string; symbol: SymbolInfo | null; meant: string | null }[] {
  const names = symbols.map(({ name }) => name)
  return mentions(text).map((name) => {
    const symbol = symbols.find((one) => one.name === name) ?? null
    return { name, symbol, meant: symbol ? null : closest(name, names) }
  })
}

/** The text with every `@wrong` as `@right`. */
export const renamed = (text: string, wrong: string, right: string): string =>
  text.replace(new RegExp(`@${wrong}(?!\\w)`, 'g'), `@${right}`)
