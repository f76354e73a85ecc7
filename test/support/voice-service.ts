/** Voice services on the wire: ElevenLabs and OpenAI's speech call, as strict as they are, and as faulty as told. */
import { readFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { type FfmpegTools, runFfmpeg } from '../../core/platform/ffmpeg.ts'
import type { Scope } from './postgres.ts'

export const VOICE_KEY = 'sk_voice_0123456789abcdef'
const VOICES = [
  'JBFqnCBsd6RMkjVDRZzb',
  'EXAVITQu4vr4xnSDxMaL',
  '21m00Tcm4TlvDq8ikWAM',
  'pNInz6obpgDQGcFmaJgB',
  'onyx',
  'echo',
  'nova',
]

type Body = Record<string, unknown>
export type Asked = { path: string; headers: IncomingMessage['headers']; body: Body }
/** What is to happen to one request instead of an answer. */
export type Mishap = (response: ServerResponse, asked: Asked) => void

export type VoiceService = {
  readonly url: string
  readonly asked: Asked[]
  /** Taken one by one, the first for the next request. */
  readonly mishaps: Mishap[]
  readonly open: { now: number; most: number }
}

const json = (response: ServerResponse, status: number, body: object, headers: Record<string, string> = {}) =>
  response.writeHead(status, { 'Content-Type': 'application/json', ...headers }).end(JSON.stringify(body))

/** Faults as the services word them. */
export const MISHAPS = {
  elevenLabs: (status: number, word: string, headers: Record<string, string> = {}): Mishap => {
    const detail = { status: word, message: `${word.replaceAll('_', ' ')} (key ${VOICE_KEY})` }
    return (response) => void json(response, status, { detail }, headers)
  },
  openAi: (status: number, code: string, headers: Record<string, string> = {}): Mishap => {
    const error = {
      message: `You have a problem: ${code} ${VOICE_KEY}`,
      type: 'invalid_request_error',
      param: null,
      code,
    }
    return (response) => void json(response, status, { error }, headers)
  },
  page: ((response) =>
    void response
      .writeHead(200, { 'Content-Type': 'text/html' })
      .end('<!doctype html><p>Hello</p>')) as Mishap,
  noise: ((response) =>
    void response.writeHead(200, { 'Content-Type': 'audio/mpeg' }).end(Buffer.alloc(20_000, 0x2e))) as Mishap,
  empty: ((response) => void response.writeHead(200, { 'Content-Type': 'audio/mpeg' }).end()) as Mishap,
  cut: ((response) => {
    response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': '100000' })
    response.write('{"audio_base64":"//uQ')
    setImmediate(() => response.destroy())
  }) as Mishap,
  hang: (() => {}) as Mishap,
  endless: ((response) => {
    response.writeHead(200, { 'Content-Type': 'audio/mpeg' })
    const chunk = Buffer.alloc(65_536)
    const more = (): void => {
      while (!response.destroyed && response.write(chunk));
      if (!response.destroyed) response.once('drain', more)
    }
    more()
  }) as Mishap,
  redirect: ((response) => void response.writeHead(307, { Location: 'http://127.0.0.1:9/' }).end()) as Mishap,
}

/** `leadS` of silence, then `soundS` of sound, then silence again. */
async function makeMp3(tools: FfmpegTools, folder: string, leadS: number, soundS: number): Promise<Buffer> {
  const file = join(folder, `speech-${leadS}-${soundS}.mp3`)
  const lavfi = `sine=frequency=220:sample_rate=44100:duration=${soundS},adelay=${leadS * 1_000},apad=pad_dur=0.4`
  const options = ['-c:a', 'libmp3lame', '-b:a', '128k', '-f', 'mp3']
  await runFfmpeg(tools, { inputs: [{ lavfi }], outputs: [{ path: file, options }] }, { wallMs: 60_000 })
  return readFile(file)
}

/** Silence before the sound of every answer, and how long the sound lasts. */
export const LEAD_S = 0.5
export const SOUND_S = 2

export async function startVoiceService(t: Scope, tools: FfmpegTools, folder: string): Promise<VoiceService> {
  const speech = await makeMp3(tools, folder, LEAD_S, SOUND_S)
  const asked: Asked[] = []
  const mishaps: Mishap[] = []
  const open = { now: 0, most: 0 }

  /** False: refused. */
  function elevenLabs({ path, headers, body }: Asked, response: ServerResponse): boolean {
    const wrong = (status: number, word: string): false => {
      MISHAPS.elevenLabs(status, word)(response, asked.at(-1)!)
      return false
    }
    if (headers['xi-api-key'] !== VOICE_KEY) return wrong(401, 'invalid_api_key')
    const [, voice] = /^\/v1\/text-to-speech\/([^/]+)\/with-timestamps\?output_format=mp3_44100_128$/.exec(
      path,
    )!
    if (!VOICES.includes(voice!)) return wrong(404, 'voice_not_found')
    const { text, model_id, voice_settings, seed } = body
    if (typeof text !== 'string' || typeof model_id !== 'string' || typeof voice_settings !== 'object')
      return wrong(422, 'invalid_body')
    if (!Number.isInteger(seed) || (seed as number) < 0 || (seed as number) > 4_294_967_295)
      return wrong(422, 'invalid_seed')
    const letters = [...text]
    const timeOf = (index: number): number => LEAD_S + (SOUND_S * index) / letters.length
    const alignment = {
      characters: letters,
      character_start_times_seconds: letters.map((_, index) => timeOf(index)),
      character_end_times_seconds: letters.map((_, index) => timeOf(index + 1)),
    }
    json(response, 200, {
      audio_base64: speech.toString('base64'),
      alignment,
      normalized_alignment: alignment,
    })
    return true
  }

  function openAi({ headers, body }: Asked, response: ServerResponse): boolean {
    const wrong = (status: number, code: string): false => {
      MISHAPS.openAi(status, code)(response, asked.at(-1)!)
      return false
    }
    if (headers.authorization !== `Bearer ${VOICE_KEY}`) return wrong(401, 'invalid_api_key')
    const { model, input, voice, response_format, speed } = body
    if (typeof model !== 'string' || typeof input !== 'string' || input === '')
      return wrong(400, 'invalid_value')
    if (!VOICES.includes(String(voice))) return wrong(400, 'invalid_voice')
    if (response_format !== 'mp3' || typeof speed !== 'number' || speed < 0.25 || speed > 4)
      return wrong(400, 'invalid_value')
    response.writeHead(200, { 'Content-Type': 'audio/mpeg', 'Transfer-Encoding': 'chunked' }).end(speech)
    return true
  }

  const server = createServer(async (request, response) => {
    open.now += 1
    open.most = Math.max(open.most, open.now)
    response.once('close', () => {
      open.now -= 1
    })
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const one: Asked = {
      path: request.url ?? '',
      headers: request.headers,
      body: JSON.parse(Buffer.concat(chunks).toString('utf8')) as Body,
    }
    asked.push(one)
    const mishap = mishaps.shift()
    if (mishap) mishap(response, one)
    else if (one.path === '/v1/audio/speech') openAi(one, response)
    else if (one.path.startsWith('/v1/text-to-speech/')) elevenLabs(one, response)
    else response.writeHead(404).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked, mishaps, open }
}
