/** OpenAI's speech call, which many servers for one's own network speak as well. */
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

/** Raised when the same request is made in another way. */
const ADAPTER_VERSION = 1
const ADDRESS = 'https://api.openai.com'
const MODEL = 'tts-1'
/** Every server knows it; the header of its WAV would not say how long it is. */
const FORMAT = 'mp3'
const STOCK = { female: ['nova', 'shimmer', 'alloy'], male: ['onyx', 'echo', 'fable'] }

type VoiceConfig = Pick<
  Config,
  'VOICE_URL' | 'VOICE_API_KEY' | 'VOICE_MODEL' | 'VOICE_DEFAULT' | 'VOICE_MAP' | 'VOICE_SPEED'
>

export function createOpenAiVoice(config: VoiceConfig, limits: ServiceLimits = SERVICE_LIMITS): VoiceEngine {
  const key = config.VOICE_API_KEY
  const model = config.VOICE_MODEL || MODEL
  const speed = config.VOICE_SPEED

  function explain(status: number, body: Buffer): VoiceError {
    const { error } = jsonOf(body) ?? {}
    const { code, type, message } = (typeof error === 'object' && error !== null ? error : {}) as Record<
      string,
      unknown
    >
    const said = harmlessWords(message, key)
    const isSpent = code === 'insufficient_quota' || type === 'insufficient_quota'
    return explainStatus(isSpent ? 402 : status, said)
  }

  return {
    kind: 'openai',
    settings: { adapter: ADAPTER_VERSION, address: config.VOICE_URL, model, format: FORMAT, speed },
    cast: (speakers) => castFromService(speakers, config, STOCK),
    spoken: spokenText,
    async speak({ text, voice, workDir }: SpeechRequest, signal) {
      const { body, contentType } = await callService(
        {
          url: `${config.VOICE_URL || ADDRESS}/v1/audio/speech`,
          headers: key === '' ? {} : { Authorization: `Bearer ${key}` },
          body: { model, input: text, voice: voice.id, response_format: FORMAT, speed },
        },
        explain,
        limits,
        signal,
      )
      if (body.length === 0 || /^(text|application\/json)\b/.test(contentType))
        throw new VoiceError('bad_speech', 'the voice service answered without speech')
      const file = join(workDir, 'line.mp3')
      await writeFile(file, body)
      return { path: file, wordTimes: null }
    },
  }
}
