/**
 * Says one line with the configured engine and writes it as a WAV file: `framecast voice say` runs this as a process of its own.
 * The request is one JSON argument; the answer, or what went wrong, one JSON line.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readSpeechSettings } from '../../core/platform/config.ts'
import { findTools, runFfmpeg, wallLimitMs } from '../../core/platform/ffmpeg.ts'
import { createVoiceEngine } from './create.ts'
import { finishSpeech } from './finish.ts'
import { OFFLINE_VOICES } from './offline-cast.ts'

type Request = {
  text: string
  /** As in VOICE_MAP; null: chosen by `speaker`. */
  voice: string | null
  /** Words about who speaks. */
  speaker: string
  /** Absolute path. */
  out: string
}

const NAME = 'voice'

async function say({ text, voice, speaker, out }: Request, workDir: string): Promise<object> {
  const config = readSpeechSettings(process.env)
  const tools = await findTools(process.env)
  const map = voice === null ? config.VOICE_MAP : { ...config.VOICE_MAP, [NAME]: voice }
  const engine = createVoiceEngine({ ...config, VOICE_MAP: map }, tools)
  if (!engine) throw new Error('VOICE_ENGINE is "off": nothing is spoken here')
  const said = engine.spoken(text)
  if (said === null) throw new Error('there is nothing in this text to be said')
  const chosen = engine.cast([{ name: NAME, prompt: speaker, assetId: NAME }]).get(NAME)!
  if (voice !== null && chosen.id !== voice)
    throw new Error(`the ${engine.kind} engine has no voice "${voice}"; it has ${OFFLINE_VOICES.join(', ')}`)
  const { signal } = new AbortController()
  const speech = await engine.speak({ text: said, voice: chosen, workDir }, signal)
  const finished = await finishSpeech({
    tools,
    source: speech.path,
    wordTimes: speech.wordTimes,
    text: said,
    out: join(workDir, 'speech.flac'),
    signal,
  })
  await runFfmpeg(
    tools,
    {
      inputs: [{ path: finished.path }],
      outputs: [{ path: out, options: ['-c:a', 'pcm_s16le', '-f', 'wav'] }],
    },
    { wallMs: wallLimitMs(finished.durationS) },
  )
  return {
    engine: engine.kind,
    voice: chosen,
    text: said,
    seconds: finished.durationS,
    sample_rate: finished.sampleRate,
    path: out,
  }
}

const workDir = await mkdtemp(join(tmpdir(), 'framecast-voice-'))
try {
  const answer = await say(JSON.parse(process.argv[2]!) as Request, workDir)
  process.stdout.write(`${JSON.stringify(answer)}\n`)
} catch (error) {
  process.stdout.write(`${JSON.stringify({ error: (error as Error).message })}\n`)
  process.exitCode = 1
} finally {
  await rm(workDir, { recursive: true, force: true })
}
