/** Warnings about sound that cannot be heard as it is written. Needs a document without errors. */
import { planShots } from '../plan.ts'
import { planSound, SOUND_RATE, type SoundCue } from '../sound-plan.ts'
import { SYSTEM_ASSETS } from '../system-assets.ts'
import type { Storyboard } from '../types.ts'
import { type Findings, parsePath } from './findings.ts'

/** Any rate will do: what is warned about does not hang on a frame. */
const FORMAT = { resolution: '720p', aspect: '16:9', fps: 24 } as const

/** Seconds of the sounds that are known without looking anywhere. */
const LENGTHS = new Map(SYSTEM_ASSETS.map(({ id, seconds }) => [id, seconds]))

/** What is lost of a sound has to be this much, or nobody would miss it. */
const MISSED = 0.4 * SOUND_RATE

const inSeconds = (samples: number): string => `${Math.round((samples / SOUND_RATE) * 100) / 100} s`

export function warnAboutHeard(storyboard: Storyboard, findings: Findings): void {
  const plan = planShots(storyboard, FORMAT)
  const sound = planSound(storyboard, plan)
  const said = new Set<string>()
  const warn = (path: string, code: string, message: string): void => {
    if (said.has(`${path} ${code}`)) return
    said.add(`${path} ${code}`)
    findings.warn({ path: parsePath(path), code, message })
  }
  for (const cue of sound.cues) {
    warnAboutFades(cue, warn)
    warnAboutEnds(cue, sound.samples, warn)
    if (cue.skip > 0 && (cue.lane === 'sfx' || cue.lane === 'dialogue')) {
      const message = `the montage begins ${inSeconds(cue.skip)} later: the beginning is not heard there.`
      warn(cue.path, 'montage_sound', message)
    }
  }
  warnAboutUnheardBeds(storyboard, sound.cues, warn)
}

type Warn = (path: string, code: string, message: string) => void

function warnAboutFades({ path, at, until, fadeIn, fadeOut }: SoundCue, warn: Warn): void {
  if (fadeOut === 0 || fadeIn.samples + fadeOut <= until - at) return
  const message = `its fades take ${inSeconds(fadeIn.samples + fadeOut)}, and it is heard for ${inSeconds(until - at)}: they share that time.`
  warn(path, 'fades_shortened', message)
}

/** Effects that are cut, and sounds of joins that reach out of the film. */
function warnAboutEnds(cue: SoundCue, filmSamples: number, warn: Warn): void {
  const lengthS = LENGTHS.get(cue.source)
  if (lengthS === undefined) return
  const length = lengthS * SOUND_RATE
  if (cue.lane === 'sfx' && cue.at + length - cue.skip > cue.until + MISSED) {
    const where = cue.until === filmSamples ? 'the film ends' : 'its scene and a second of the next end'
    warn(cue.path, 'sound_cut', `it lasts ${lengthS} s, and ${where} before it does: its end is cut.`)
  }
  const outside = Math.max(length / 2 - cue.at, cue.at + length / 2 - filmSamples)
  if (cue.anchor === 'middle' && outside > MISSED) {
    const message = `with its middle on the join, its ${lengthS} s reach out of the film: that part is not heard.`
    warn(cue.path, 'sound_cut', message)
  }
}

function warnAboutUnheardBeds(storyboard: Storyboard, cues: readonly SoundCue[], warn: Warn): void {
  for (const bed of ['music', 'ambient'] as const) {
    const path = `global_audio.${bed}`
    const written = storyboard.global_audio?.[bed]
    if (!written || written.volume === 0 || cues.some((cue) => cue.path === path)) continue
    warn(path, 'unheard_bed', `every scene that plays has its own ${bed}: this one is never heard.`)
  }
}
