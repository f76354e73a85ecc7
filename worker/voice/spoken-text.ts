/** What of a written line can be said aloud. Pure. */
import anyAscii from 'any-ascii'

const PICTURES = /[\p{Extended_Pictographic}\p{Regional_Indicator}\p{Emoji_Modifier}]|\u20e3|\ufe0e|\ufe0f/gu
const UNHEARD = /[\p{Cc}\p{Cf}\p{Co}\p{Cn}]/gu
/** More letters than any line has in its own script; a syllable of another one may become six. */
const LONGEST_LATIN = 3_000

/** A line without pictures, control characters and line breaks; null when neither letter nor digit is left. */
export function spokenText(text: string): string | null {
  const said = text.normalize('NFC').replace(/\s+/g, ' ').replace(PICTURES, ' ').replace(UNHEARD, '')
  const tidy = said.replace(/ {2,}/g, ' ').trim()
  return /[\p{L}\p{N}]/u.test(tidy) ? tidy : null
}

/** The same in Latin letters, for voices that know no others: foreign words come out as an English speaker reads them. */
export function latinText(text: string): string | null {
  const said = spokenText(text)
  if (said === null) return null
  const latin = anyAscii(said)
    // Written without spaces, syllables are told apart by their capital letters.
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .replace(/[^A-Za-z0-9 .,;:!?'"()$%&+-]/g, ' ')
    .replace(/ {2,}/g, ' ')
    .trim()
    .slice(0, LONGEST_LATIN)
  return /[A-Za-z0-9]/.test(latin) ? latin : null
}
