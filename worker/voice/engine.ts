/** The one interface behind which everything that speaks stands. */
import type { VoiceKind } from '../../core/platform/config.ts'

/** A symbol that has lines, and what is known of how it should sound. */
export type Speaker = {
  /** Name of the symbol. */
  name: string
  prompt: string
  /** The sample of its voice; engines that cannot copy a voice take it as a seed for their choice. */
  assetId: string
}

/** A voice as its engine knows it; `pitch` and `pace` are factors of what it is by nature. */
export type Voice = { id: string; pitch: number; pace: number }

/** A word and when it is heard, seconds from the beginning of the sound. */
export type WordTime = { word: string; startS: number; endS: number }

/** Sound as an engine delivers it: any format that ffmpeg reads, unchecked. */
export type Speech = { path: string; wordTimes: WordTime[] | null }

export type SpeechRequest = {
  /** What `spoken` made of a line. */
  text: string
  voice: Voice
  /** Folder for the files of this attempt; the caller removes it. */
  workDir: string
}

export interface VoiceEngine {
  readonly kind: VoiceKind
  /** Whatever besides voice and text shapes the sound: part of its content key. */
  readonly settings: Readonly<Record<string, string | number>>
  /** The voice of each speaker, by name: the same ones in every film, and different ones in one film where that can be. */
  cast(speakers: readonly Speaker[]): Map<string, Voice>
  /** What is said aloud of a line; null when there is nothing in it to be said. */
  spoken(text: string): string | null
  /** @throws {VoiceError}; an aborted `signal` rejects with the signal's reason */
  speak(request: SpeechRequest, signal: AbortSignal): Promise<Speech>
}

export type VoiceFault =
  /** No connection, no answer in time, or a service that is down. */
  | 'voice_unreachable'
  /** Too many requests, also after waiting. */
  | 'voice_rate_limited'
  /** The key is missing or wrong. */
  | 'voice_key_refused'
  /** What the account may use is used up. */
  | 'voice_quota_used_up'
  /** The service will not say this line, or knows no such voice or model. */
  | 'voice_rejected'
  /** What came is no speech. */
  | 'bad_speech'

/** Faults that pass by themselves. */
const PASSING: ReadonlySet<VoiceFault> = new Set(['voice_unreachable', 'voice_rate_limited', 'bad_speech'])

/** `message` is fit for people, and free of keys. */
export class VoiceError extends Error {
  readonly code: VoiceFault
  /** Seconds the service asks us to wait. */
  readonly retryAfterS: number | null
  constructor(
    code: VoiceFault,
    message: string,
    options: { retryAfterS?: number | null; cause?: unknown } = {},
  ) {
    super(message, { cause: options.cause })
    this.name = 'VoiceError'
    this.code = code
    this.retryAfterS = options.retryAfterS ?? null
  }

  get retryable(): boolean {
    return PASSING.has(this.code)
  }
}
