/** The voice engine that the configuration names. */
import type { readSpeechSettings } from '../../core/platform/config.ts'
import type { FfmpegTools } from '../../core/platform/ffmpeg.ts'
import { createElevenLabs } from './elevenlabs.ts'
import type { VoiceEngine } from './engine.ts'
import { createOfflineVoice } from './offline.ts'
import { createOpenAiVoice } from './openai.ts'

/** The part of the configuration that speaking needs. */
type SpeechSettings = ReturnType<typeof readSpeechSettings>

/** Null when dialogue is not to be spoken. */
export function createVoiceEngine(config: SpeechSettings, tools: FfmpegTools): VoiceEngine | null {
  switch (config.VOICE_ENGINE) {
    case 'offline':
      return createOfflineVoice(config, tools)
    case 'elevenlabs':
      return createElevenLabs(config)
    case 'openai':
      return createOpenAiVoice(config)
    case 'off':
      return null
  }
}
