/** The synthesiser that comes with Framecast: speaks English on any machine, without network or graphics card. */
import { execFile } from 'node:child_process'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Config } from '../../core/platform/config.ts'
import type { FfmpegTools } from '../../core/platform/ffmpeg.ts'
import { type Speech, type SpeechRequest, type VoiceEngine, VoiceError } from './engine.ts'
import { castOffline } from './offline-cast.ts'
import { latinText } from './spoken-text.ts'

/** Raised when the same voice and text come out otherwise than before. */
const ADAPTER_VERSION = 1
const LIMIT_MS = 60_000
const PROGRAM = fileURLToPath(new URL('./flite-process.ts', import.meta.url))
/** Offset of the sample rate in the header that the synthesiser writes. */
const RATE_AT = 24
const HEADER_BYTES = 44

const run = promisify(execFile)

export function createOfflineVoice(
  config: Pick<Config, 'VOICE_MAP' | 'VOICE_SPEED'>,
  tools: Pick<FfmpegTools, 'guard'>,
): VoiceEngine {
  async function speak({ text, voice, workDir }: SpeechRequest, signal: AbortSignal): Promise<Speech> {
    const folder = join(workDir, 'line')
    await mkdir(folder, { recursive: true })
    await writeFile(join(folder, 'line.txt'), text)
    // What is played faster for a higher voice has to be spoken slower, so that its length stays.
    const stretch = voice.pitch / (voice.pace * config.VOICE_SPEED)
    const program = [process.execPath, '--disable-warning=ExperimentalWarning', PROGRAM]
    const [command, ...args] = [...tools.guard, ...program, folder, voice.id, stretch.toFixed(4)]
    await run(command!, args, { signal, timeout: LIMIT_MS, killSignal: 'SIGKILL', maxBuffer: 65_536 }).catch(
      (cause: unknown) => {
        signal.throwIfAborted()
        throw new VoiceError('bad_speech', 'the synthesiser broke off', { cause })
      },
    )
    const path = join(folder, 'line.wav')
    const wav = await readFile(path)
    if (wav.length <= HEADER_BYTES || wav.toString('latin1', 0, 4) !== 'RIFF')
      throw new VoiceError('bad_speech', 'the synthesiser made no sound')
    wav.writeUInt32LE(Math.round(wav.readUInt32LE(RATE_AT) * voice.pitch), RATE_AT)
    await writeFile(path, wav)
    return { path, wordTimes: null }
  }

  return {
    kind: 'offline',
    settings: { adapter: ADAPTER_VERSION, speed: config.VOICE_SPEED },
    cast: (speakers) => castOffline(speakers, config.VOICE_MAP),
    spoken: latinText,
    speak,
  }
}
