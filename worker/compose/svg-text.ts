/** Text of a storyboard in a drawn picture. Pure. */

/** Text cut to about `width` pixels, made safe for SVG. Inter is on average a little over half as wide as high. */
export function svgLabel(text: string, width: number, size: number): string {
  const letters = [...new Intl.Segmenter().segment(text.replace(/\s+/g, ' ').trim())].map(
    ({ segment }) => segment,
  )
  const room = Math.max(3, Math.floor(width / (size * 0.56)))
  return svgText(
    letters.length <= room
      ? letters.join('')
      : `${letters
          .slice(0, room - 1)
          .join('')
          .trimEnd()}…`,
  )
}

/** Control characters are no XML at all, so they go. */
export const svgText = (text: string): string =>
  text
    .replace(/[\p{Cc}\p{Cs}\uFFFE\uFFFF]/gu, ' ')
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/>/g, '&gt;')
    .replace(/"/g, '&quot;')
