/** Voice services, spoken to over the wire: what they are asked, what is made of their answers and of their faults. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { type ConfigError, readConfig } from '../../core/platform/config.ts'
import { findTools } from '../../core/platform/ffmpeg.ts'
import { createElevenLabs } from '../../worker/voice/elevenlabs.ts'
import type { Speaker, VoiceEngine, VoiceError } from '../../worker/voice/engine.ts'
import { finishSpeech } from '../../worker/voice/finish.ts'
import { createOpenAiVoice } from '../../worker/voice/openai.ts'
import { SERVICE_LIMITS } from '../../worker/voice/service.ts'
import { wordTimesOf } from '../../worker/voice/word-times.ts'
import {
  LEAD_S,
  MISHAPS,
  type Mishap,
  SOUND_S,
  startVoiceService,
  VOICE_KEY,
} from '../support/voice-service.ts'

const tools = await findTools(process.env)
const folder = await mkdtemp(join(tmpdir(), 'framecast-services-'))
t.teardown(() => rm(folder, { recursive: true, force: true }))
const service = await startVoiceService(t, tools, folder)
const NEVER = new AbortController().signal

const CONFIG = {
  VOICE_URL: service.url,
  VOICE_API_KEY: VOICE_KEY,
  VOICE_MODEL: '',
  VOICE_DEFAULT: [] as string[],
  VOICE_MAP: {} as Record<string, string>,
  VOICE_SPEED: 1,
}
/** Short waits: how often is asked, and in which order, is what counts. */
const LIMITS = { ...SERVICE_LIMITS, callMs: 2_000, waitMs: 5, replyBytes: 2 ** 20 }
const engines = {
  elevenlabs: {
    engine: createElevenLabs(CONFIG, LIMITS),
    voice: 'JBFqnCBsd6RMkjVDRZzb',
    fault: MISHAPS.elevenLabs,
  },
  openai: { engine: createOpenAiVoice(CONFIG, LIMITS), voice: 'onyx', fault: MISHAPS.openAi },
}
const LINE = 'Who is there?'

async function say(engine: VoiceEngine, id: string, signal = NEVER, text = LINE) {
  const workDir = await mkdtemp(join(folder, 'line-'))
  const speech = await engine.speak({ text, voice: { id, pitch: 1, pace: 1 }, workDir }, signal)
  return finishSpeech({
    tools,
    source: speech.path,
    wordTimes: speech.wordTimes,
    text,
    out: join(workDir, 'out.flac'),
    signal,
  })
}

t.test('a line through ElevenLabs has its sound, and the times of its words', async (t) => {
  service.asked.length = 0
  const speech = await say(engines.elevenlabs.engine, engines.elevenlabs.voice)
  t.ok(Math.abs(speech.durationS - SOUND_S) < 0.15, `${speech.durationS} s: silence at both ends is gone`)
  t.strictSame(
    speech.wordTimes?.map(({ word }) => word),
    ['Who', 'is', 'there?'],
  )
  t.ok(speech.wordTimes![0]!.startS < 0.1, 'times are those of the sound without the silence before it')
  t.ok(Math.abs(speech.wordTimes![1]!.startS - (SOUND_S * 4) / LINE.length) < 0.1)
  t.match(service.asked[0], {
    headers: { 'xi-api-key': VOICE_KEY },
    body: { text: LINE, model_id: 'eleven_multilingual_v2', voice_settings: { stability: 0.4, speed: 1 } },
  })
  t.ok(LEAD_S > 0)
})

t.test('a line through the call of OpenAI', async (t) => {
  service.asked.length = 0
  const speech = await say(engines.openai.engine, engines.openai.voice)
  t.match(speech, { sampleRate: 48_000, wordTimes: null })
  t.match(service.asked[0], {
    path: '/v1/audio/speech',
    headers: { authorization: `Bearer ${VOICE_KEY}` },
    body: { model: 'tts-1', input: LINE, voice: 'onyx', response_format: 'mp3', speed: 1 },
  })
})

for (const [name, { engine, voice, fault }] of Object.entries(engines)) {
  const failure = async (...mishaps: Mishap[]): Promise<VoiceError> => {
    service.mishaps.length = 0
    service.asked.length = 0
    service.mishaps.push(...mishaps)
    const error = await say(engine, voice).then(
      () => null,
      (reason: unknown) => reason as VoiceError,
    )
    if (!error) throw new Error('the line was spoken')
    return error
  }

  t.test(`${name}: what passes is waited out`, async (t) => {
    service.asked.length = 0
    service.mishaps.push(
      fault(429, 'too_many_concurrent_requests'),
      fault(500, 'internal'),
      (response) => void response.destroy(),
    )
    t.ok((await say(engine, voice)).durationS > 1)
    t.equal(service.asked.length, 4)
  })

  t.test(`${name}: a service that stays away is given up for now`, async (t) => {
    const busy = fault(429, 'rate_limit_exceeded', { 'Retry-After': '0' })
    t.match(await failure(busy, busy, busy, busy), { code: 'voice_rate_limited', retryable: true })
    t.equal(service.asked.length, 4)
    const down = fault(503, 'overloaded')
    t.match(await failure(down, down, down, down), { code: 'voice_unreachable', retryable: true })
  })

  t.test(`${name}: a long wait is left to the next attempt`, async (t) => {
    t.match(await failure(fault(429, 'rate_limit_exceeded', { 'Retry-After': '120' })), {
      code: 'voice_rate_limited',
      retryAfterS: 120,
    })
    t.equal(service.asked.length, 1)
  })

  t.test(`${name}: what will not change ends at once, in words that do not hold the key`, async (t) => {
    const spent = name === 'openai' ? fault(429, 'insufficient_quota') : fault(401, 'quota_exceeded')
    const cases: [Mishap, string][] = [
      [fault(401, 'invalid_api_key'), 'voice_key_refused'],
      [spent, 'voice_quota_used_up'],
      [fault(404, 'voice_not_found'), 'voice_rejected'],
      [fault(422, 'invalid'), 'voice_rejected'],
    ]
    for (const [mishap, code] of cases) {
      const error = await failure(mishap)
      t.match(error, { code, retryable: false })
      t.equal(service.asked.length, 1, code)
      t.notMatch(error.message, VOICE_KEY)
    }
  })

  t.test(`${name}: an answer that is no speech is not believed`, async (t) => {
    for (const mishap of [MISHAPS.page, MISHAPS.noise, MISHAPS.empty, MISHAPS.endless])
      t.match(await failure(mishap), { code: 'bad_speech', retryable: true })
  })

  t.test(`${name}: a cut, a silent or a leading-away answer is tried again`, async (t) => {
    for (const mishap of [MISHAPS.cut, MISHAPS.redirect]) {
      service.mishaps.length = 0
      service.asked.length = 0
      service.mishaps.push(mishap)
      t.ok((await say(engine, voice)).durationS > 1)
      t.equal(service.asked.length, 2)
    }
    const impatient = { ...LIMITS, callMs: 200, tries: 2 }
    const quick =
      name === 'openai' ? createOpenAiVoice(CONFIG, impatient) : createElevenLabs(CONFIG, impatient)
    service.mishaps.push(MISHAPS.hang, MISHAPS.hang)
    await t.rejects(say(quick, voice), { code: 'voice_unreachable', message: /did not answer within 0.2 s/ })
  })

  t.test(`${name}: a line that is stopped waits for nobody`, async (t) => {
    const stop = new AbortController()
    service.mishaps.length = 0
    service.mishaps.push(() => stop.abort(new Error('enough')))
    await t.rejects(say(engine, voice, stop.signal), { message: 'enough' })
  })
}

t.test('speech that ends before its text does was cut on the way', async (t) => {
  service.mishaps.length = 0
  const long = 'All of this takes longer than two seconds to say. '.repeat(8).trim()
  await t.rejects(say(engines.openai.engine, 'onyx', NEVER, long), { code: 'bad_speech' })
  await t.resolves(say(engines.openai.engine, 'onyx', NEVER, long.slice(0, 100)))
})

t.test('speakers get the voices that the operator names, then those of the list, then stock ones', (t) => {
  const speaker = (name: string, prompt: string): Speaker => ({ name, prompt, assetId: 'asset_sfx_pop' })
  const cast = [speaker('anna', 'a woman'), speaker('ben', 'a man'), speaker('carl', 'a man')]
  const mapped = createOpenAiVoice({
    ...CONFIG,
    VOICE_MAP: { anna: 'af_bella' },
    VOICE_DEFAULT: ['one', 'two'],
  })
  const ids = [...mapped.cast(cast).values()].map(({ id }) => id)
  t.equal(ids[0], 'af_bella')
  t.strictSame(ids.slice(1).sort(), ['one', 'two'])
  const stock = engines.openai.engine.cast(cast)
  t.ok(['nova', 'shimmer', 'alloy'].includes(stock.get('anna')!.id))
  t.ok(['onyx', 'echo', 'fable'].includes(stock.get('ben')!.id))
  t.not(stock.get('ben')!.id, stock.get('carl')!.id)
  t.end()
})

t.test('times that cannot be believed are no times', (t) => {
  const times = (characters: unknown, starts: unknown, ends: unknown) =>
    wordTimesOf({ characters, character_start_times_seconds: starts, character_end_times_seconds: ends })
  t.strictSame(times(['a', ' ', 'b', 'c'], [0, 1, 2, 3], [1, 2, 3, 4]), [
    { word: 'a', startS: 0, endS: 1 },
    { word: 'bc', startS: 2, endS: 4 },
  ])
  for (const [characters, starts, ends] of [
    [['a'], [0], []],
    [['a'], ['0'], [1]],
    [[1], [0], [1]],
    [
      ['a', ' ', 'b'],
      [5, 5, 1],
      [6, 6, 2],
    ],
    [[], [], []],
    ['abc', [0, 1, 2], [1, 2, 3]],
  ])
    t.equal(times(characters, starts, ends), null)
  t.equal(wordTimesOf(undefined), null)
  t.equal(wordTimesOf(null), null)
  t.end()
})

t.test('a configuration that cannot work is refused', (t) => {
  const env = {
    DATABASE_URL: 'postgres://localhost/x',
    DATA_KEY: Buffer.alloc(32).toString('base64'),
    S3_ENDPOINT: 'http://localhost:9000',
    S3_ACCESS_KEY: 'abc',
    S3_SECRET_KEY: 'abcdefgh',
  }
  const problemsWith = (more: object): string => {
    try {
      readConfig({ ...env, ...more })
      return 'none'
    } catch (error) {
      return (error as ConfigError).problems.join('\n')
    }
  }
  const refused = (more: object, words: RegExp): void => void t.match(problemsWith(more), words)
  refused({ VOICE_ENGINE: 'elevenlabs' }, /VOICE_API_KEY is not set/)
  refused({ VOICE_ENGINE: 'espeak' }, /VOICE_ENGINE is "espeak"; it must be one of/)
  for (const map of ['[]', 'keeper', '{"a":1}', '{"a":"../x y"}', 'null'])
    refused({ VOICE_MAP: map }, /VOICE_MAP is no JSON object/)
  t.match(
    readConfig({
      ...env,
      VOICE_MAP: '{"keeper":"abc"}',
      VOICE_DEFAULT: 'a, b',
      VOICE_URL: 'http://speech.lan/',
    }),
    {
      VOICE_ENGINE: 'offline',
      VOICE_MAP: { keeper: 'abc' },
      VOICE_DEFAULT: ['a', 'b'],
      VOICE_URL: 'http://speech.lan',
    },
  )
  t.end()
})
