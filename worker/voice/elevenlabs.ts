/** ElevenLabs: speech with the times of its letters. */
import { createHash } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Config } from '../../core/platform/config.ts'
import { type SpeechRequest, type VoiceEngine, VoiceError } from './engine.ts'
import {
  callService,
  explainStatus,
  harmlessWords,
  jsonOf,
  SERVICE_LIMITS,
  type ServiceLimits,
} from './service.ts'
import { castFromService } from './service-cast.ts'
import { spokenText } from './spoken-text.ts'
import { type Alignment, wordTimesOf } from './word-times.ts'

/** Raised when the same request is made in another way. */
const ADAPTER_VERSION = 1
const ADDRESS = 'https://api.elevenlabs.io'
const MODEL = 'eleven_multilingual_v2'
const FORMAT = 'mp3_44100_128'
const STOCK = {
  female: ['EXAVITQu4vr4xnSDxMaL', '21m00Tcm4TlvDq8ikWAM'],
  male: ['JBFqnCBsd6RMkjVDRZzb', 'pNInz6obpgDQGcFmaJgB'],
}
/** What the service takes, at most. */
const FASTEST = 1.2

type VoiceConfig = Pick<
  Config,
  'VOICE_URL' | 'VOICE_API_KEY' | 'VOICE_MODEL' | 'VOICE_DEFAULT' | 'VOICE_MAP' | 'VOICE_SPEED'
>

export function createElevenLabs(config: VoiceConfig, limits: ServiceLimits = SERVICE_LIMITS): VoiceEngine {
  const key = config.VOICE_API_KEY
  const model = config.VOICE_MODEL || MODEL
  const speed = Math.min(FASTEST, config.VOICE_SPEED)
  const settings = { stability: 0.4, similarity_boost: 0.75, style: 0.12, use_speaker_boost: true, speed }

  /** Its own words tell more than the status does. */
  function explain(status: number, body: Buffer): VoiceError {
    const { detail } = jsonOf(body) ?? {}
    const { status: word, message } = (typeof detail === 'object' && detail !== null ? detail : {}) as Record<
      string,
      unknown
    >
    const said = harmlessWords(message, key)
    if (word === 'quota_exceeded') return explainStatus(402, said)
    if (word === 'too_many_concurrent_requests' || word === 'system_busy') return explainStatus(429, said)
    return explainStatus(status, said)
  }

  return {
    kind: 'elevenlabs',
    settings: { adapter: ADAPTER_VERSION, model, format: FORMAT, ...settings, use_speaker_boost: 1 },
    cast: (speakers) => castFromService(speakers, config, STOCK),
    spoken: spokenText,
    async speak({ text, voice, workDir }: SpeechRequest, signal) {
      const path = `/v1/text-to-speech/${encodeURIComponent(voice.id)}/with-timestamps`
      const { body } = await callService(
        {
          url: `${config.VOICE_URL || ADDRESS}${path}?output_format=${FORMAT}`,
          headers: { 'xi-api-key': key },
          // The same line is asked for in the same way, so that as little as can be is left to chance.
          body: { text, model_id: model, voice_settings: settings, seed: seedOf(text) },
        },
        explain,
        limits,
        signal,
      )
      const { audio_base64: audio, alignment } = jsonOf(body) ?? {}
      if (typeof audio !== 'string' || audio === '')
        throw new VoiceError('bad_speech', 'the voice service answered without speech')
      const file = join(workDir, 'line.mp3')
      await writeFile(file, Buffer.from(audio, 'base64'))
      return { path: file, wordTimes: wordTimesOf(alignment as Alignment | undefined) }
    },
  }
}

const seedOf = (text: string): number => createHash('sha256').update(text).digest().readUInt32BE(0)
