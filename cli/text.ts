/** Text on a terminal: width, cutting, colours, figures. Pure. */

const isWide = (code: number): boolean =>
  code >= 0x1100 &&
  (code <= 0x115f ||
    (code >= 0x2e80 && code <= 0xa4cf) ||
    (code >= 0xac00 && code <= 0xd7a3) ||
    (code >= 0xf900 && code <= 0xfaff) ||
    (code >= 0xfe30 && code <= 0xfe6f) ||
    (code >= 0xff00 && code <= 0xff60) ||
    (code >= 0xffe0 && code <= 0xffe6) ||
    (code >= 0x1f300 && code <= 0x1faff) ||
    (code >= 0x20000 && code <= 0x3fffd))
const COMBINING = /^\p{M}|\u200d|\ufe0f$/u
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
const CONTROLS = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g
// biome-ignore lint/suspicious/noControlCharactersInRegex: colours begin with ESC
const COLOURS = /\u001b\[[0-9;]*m/g

/** Columns a text takes, colours not counted. */
export function textWidth(text: string): number {
  let width = 0
  for (const char of text.replace(COLOURS, '')) {
    if (!COMBINING.test(char)) width += isWide(char.codePointAt(0) as number) ? 2 : 1
  }
  return width
}

/** Text from elsewhere, made harmless: nothing in a title or a prompt may steer the terminal. */
export const harmless = (text: string): string => text.replace(CONTROLS, ' ').trim()

/** Cuts plain text to at most `columns`, with an ellipsis where something is left off. */
export function fit(text: string, columns: number): string {
  if (textWidth(text) <= columns) return text
  let kept = ''
  let width = 0
  for (const char of text) {
    const wide = textWidth(char)
    if (width + wide > columns - 1) break
    kept += char
    width += wide
  }
  return columns < 1 ? '' : `${kept.trimEnd()}…`
}

export const padEnd = (text: string, columns: number): string =>
  text + ' '.repeat(Math.max(0, columns - textWidth(text)))

/** `0:07`, `12:40`, `1:02:03`. */
export function clock(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds))
  const pad = (n: number) => String(n).padStart(2, '0')
  const [h, m, s] = [Math.floor(whole / 3_600), Math.floor(whole / 60) % 60, whole % 60]
  return h > 0 ? `${h}:${pad(m)}:${pad(s)}` : `${m}:${pad(s)}`
}

/** `0.42 s`, `7.3 s`, `95 s`: as precise as it is useful. */
export const secondsText = (seconds: number): string =>
  `${seconds < 1 ? seconds.toFixed(2) : seconds < 60 ? seconds.toFixed(1) : Math.round(seconds)} s`

/** `812 B`, `4.1 MB`; powers of ten, as shops and disks count. */
export function bytesText(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB']
  let value = bytes
  let unit = 0
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1_000
    unit += 1
  }
  return `${unit === 0 || value >= 99.5 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`
}

export type Palette = {
  bold(text: string): string
  dim(text: string): string
  red(text: string): string
  green(text: string): string
  yellow(text: string): string
  blue(text: string): string
  cyan(text: string): string
}

const paint = (open: number, close: number) => (text: string) =>
  text === '' ? '' : `\u001b[${open}m${text}\u001b[${close}m`
const plain = (text: string): string => text

export const COLOUR: Palette = {
  bold: paint(1, 22),
  dim: paint(2, 22),
  red: paint(31, 39),
  green: paint(32, 39),
  yellow: paint(33, 39),
  blue: paint(34, 39),
  cyan: paint(36, 39),
}
export const NO_COLOUR: Palette = {
  bold: plain,
  dim: plain,
  red: plain,
  green: plain,
  yellow: plain,
  blue: plain,
  cyan: plain,
}
