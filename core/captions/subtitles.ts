/** Captions as files: SubRip and WebVTT. Pure. */
import type { Cue } from './cues.ts'

const two = (value: number): string => String(value).padStart(2, '0')

function clock(ms: number, point: ',' | '.'): string {
  const seconds = Math.floor(ms / 1_000)
  const [hours, minutes] = [Math.floor(seconds / 3_600), Math.floor(seconds / 60) % 60]
  return `${two(hours)}:${two(minutes)}:${two(seconds % 60)}${point}${String(ms % 1_000).padStart(3, '0')}`
}

/** Seen by nobody, and keeps a sign from being taken for the beginning of a command. */
const WORD_JOINER = '\u2060'

/** SubRip has no way to write `<b>` or `{\an8}` as text; an arrow would be taken for times. */
const srtLine = (line: string): string => line.replace(/[<{\\]/g, `$&${WORD_JOINER}`).replaceAll('-->', '→')

export const toSrt = (cues: readonly Cue[]): string =>
  cues
    .map(
      ({ startMs, endMs, lines }, index) =>
        `${index + 1}\n${clock(startMs, ',')} --> ${clock(endMs, ',')}\n${lines.map(srtLine).join('\n')}\n`,
    )
    .join('\n')

const vttLine = (line: string): string =>
  line.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')

export const toVtt = (cues: readonly Cue[]): string =>
  [
    'WEBVTT\n',
    ...cues.map(
      ({ startMs, endMs, lines }) =>
        `${clock(startMs, '.')} --> ${clock(endMs, '.')}\n${lines.map(vttLine).join('\n')}\n`,
    ),
  ].join('\n')
