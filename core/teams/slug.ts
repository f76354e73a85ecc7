/** Slugs of teams: the part of an address that names one. Pure but for the chance that is handed in. */
import { randomBytes } from 'node:crypto'
import anyAscii from 'any-ascii'

const MAX_LENGTH = 50
/** Hyphen and eight hex digits, which keep teams of the same name apart. */
const SUFFIX_LENGTH = 9

/** `Café Nº 5` -> `cafe-no-5`, `Ночь` -> `noch`; empty when nothing of the name has a plain form. */
function plainWords(name: string): string {
  return anyAscii(name.normalize('NFKC'))
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
}

/**
 * A slug for a new team: `My Team` -> `my-team-a1b2c3d4`.
 * @returns null for a name that has no letter or digit to make one from
 */
export function slugFor(name: string, random: (bytes: number) => Buffer = randomBytes): string | null {
  const words = plainWords(name)
    .slice(0, MAX_LENGTH - SUFFIX_LENGTH)
    .replace(/-$/, '')
  return words === '' ? null : `${words}-${random((SUFFIX_LENGTH - 1) / 2).toString('hex')}`
}

const SLUG = /^[a-z0-9]+(-[a-z0-9]+)*$/

/** Whether a text that somebody chose can be a slug: plain letters and digits, with single hyphens within. */
export const isSlug = (text: string): boolean => text.length <= MAX_LENGTH && SLUG.test(text)
