/** From lines of dialogue to captions with times. Pure. */
import { type Caption, captionText, widthOf, wrapCaptions } from './wrap.ts'

/** A line as the film plays it. All times are seconds. */
export type CaptionLine = {
  speaker: string | null
  text: string
  /** In the film. */
  startS: number
  /** How much of the line is over by then. */
  skippedS: number
  /** In the film: where what is left of the line is cut. */
  endLimitS: number
  /** Measured length of the speech; null when the line is not spoken. */
  spokenS: number | null
  /** When each word is heard, from the beginning of the speech, where the voice engine says so. */
  wordTimes: readonly { word: string; startS: number; endS: number }[] | null
}

export type Cue = { startMs: number; endMs: number; lines: string[] }

const SHORTEST_MS = 1_000
/** What a viewer reads, letters a second. */
const READING_RATE = 15
const LABEL_WIDTH = 20

/**
 * Captions of a film, in order, none over another and none outside the film. Each stays for a second at least, unless there are
 * more captions than seconds.
 */
export function makeCues(lines: readonly CaptionLine[], filmS: number): Cue[] {
  const speakers = new Set(lines.map(({ speaker }) => speaker))
  const cues = lines.flatMap((line) => cuesOf(line, speakers.size > 1)).sort((a, b) => a.startMs - b.startMs)
  return inTurn(cues, Math.floor(filmS * 1_000))
}

/** How long a line that is not spoken stays on the screen. */
const readingS = (text: string): number => Math.max(SHORTEST_MS / 1_000, widthOf(text) / READING_RATE)

function cuesOf(line: CaptionLine, named: boolean): Cue[] {
  const text = captionText(line.text)
  const lengthS = line.spokenS ?? readingS(text)
  const heardS = lengthS - line.skippedS
  if (text === '' || heardS <= 0 || line.startS >= line.endLimitS) return []
  const captions = wrapCaptions(text, named && line.speaker !== null ? labelOf(line.speaker) : '')
  const beginS = line.startS - line.skippedS
  const shares = sharesOf(captions, line)
  return captions.flatMap(({ lines }, index) => {
    const startS = Math.max(line.startS, beginS + lengthS * shares[index]!)
    const endS = beginS + lengthS * (shares[index + 1] ?? 1)
    // Of a line that is cut short the words are still shown, as far as their time comes.
    if (endS <= line.startS || startS >= line.endLimitS) return []
    const endMs = Math.round(Math.min(endS, line.endLimitS) * 1_000)
    return [{ startMs: Math.round(startS * 1_000), endMs, lines }]
  })
}

/** "old_keeper" as it stands before a line. */
function labelOf(speaker: string): string {
  const name = speaker.replace(/_+/g, ' ').trim() || speaker
  const short = widthOf(name) > LABEL_WIDTH ? `${name.slice(0, LABEL_WIDTH - 1).trimEnd()}…` : name
  return `${short.charAt(0).toUpperCase()}${short.slice(1)}:`
}

/** Where in the line, 0 to 1, each caption begins. */
function sharesOf(captions: readonly Caption[], { wordTimes, spokenS }: CaptionLine): number[] {
  const timed =
    wordTimes && wordTimes.length > 0 && spokenS ? sharesByWords(captions, wordTimes, spokenS) : null
  if (timed) return timed
  const weights = captions.map(({ text }) => spokenWeight(text))
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  let before = 0
  return weights.map((weight) => {
    const share = before / total
    before += weight
    return share
  })
}

const lettersIn = (text: string): number => text.match(/[\p{L}\p{N}]/gu)?.length ?? 0

/** Words are told by how many letters come before them: an engine may write them in another way than we do. */
function sharesByWords(
  captions: readonly Caption[],
  wordTimes: NonNullable<CaptionLine['wordTimes']>,
  spokenS: number,
): number[] | null {
  const written = captions.reduce((sum, { text }) => sum + lettersIn(text), 0)
  const spoken = wordTimes.reduce((sum, { word }) => sum + lettersIn(word), 0)
  if (written === 0 || spoken === 0) return null
  let before = 0
  return captions.map(({ text }, index) => {
    const due = (before / written) * spoken
    before += lettersIn(text)
    if (index === 0) return 0
    let passed = 0
    const next = wordTimes.find(({ word }) => {
      passed += lettersIn(word)
      return passed > due + 0.5
    })
    return Math.min(1, Math.max(0, (next?.startS ?? spokenS) / spokenS))
  })
}

/** How long a text takes to be said, in syllables; punctuation makes a pause. */
function spokenWeight(text: string): number {
  const syllables = text.match(/[aeiouyà-æè-ïò-öù-ýāēīōūаеёиоуыэюяαεηιουωάέήίόύώ]+/giu)?.length ?? 0
  const others = text.match(/[^\p{Script=Latin}\p{Script=Cyrillic}\p{Script=Greek}\P{L}]/gu)?.length ?? 0
  const digits = text.match(/\p{N}/gu)?.length ?? 0
  const pauses = text.match(/[.!?…,;:。！？、，]/gu)?.length ?? 0
  return Math.max(1, syllables + 0.6 * others + 1.5 * digits + 0.7 * pauses)
}

/** One after the other: who comes late waits, who stays too long is cut, and nobody is left after the film's end. */
function inTurn(wanted: readonly Cue[], filmMs: number): Cue[] {
  if (wanted.length === 0) return []
  const shortest = Math.min(SHORTEST_MS, Math.floor(filmMs / wanted.length))
  const cues = wanted.map((cue) => ({ ...cue }))
  for (const [i, cue] of cues.entries()) {
    const before = cues[i - 1]
    if (before) {
      before.endMs = Math.max(before.startMs + shortest, Math.min(before.endMs, cue.startMs))
      cue.startMs = Math.max(cue.startMs, before.endMs)
    }
    cue.endMs = Math.max(cue.endMs, cue.startMs + shortest)
  }
  let limit = filmMs
  for (const cue of cues.toReversed()) {
    cue.endMs = Math.min(cue.endMs, limit)
    cue.startMs = Math.min(cue.startMs, cue.endMs - shortest)
    limit = cue.startMs
  }
  return cues.filter(({ startMs, endMs }) => endMs > startMs)
}
