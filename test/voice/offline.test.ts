/** The synthesiser that comes with Framecast, from a line of text to a stored sound. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import t from 'tap'
import { findTools } from '../../core/platform/ffmpeg.ts'
import type { Speaker, Voice } from '../../worker/voice/engine.ts'
import { finishSpeech } from '../../worker/voice/finish.ts'
import { createOfflineVoice } from '../../worker/voice/offline.ts'
import { latinText, spokenText } from '../../worker/voice/spoken-text.ts'
import { levelOf } from '../support/sound-level.ts'

const tools = await findTools(process.env)
const engine = createOfflineVoice({ VOICE_MAP: {}, VOICE_SPEED: 1 }, tools)
const folder = await mkdtemp(join(tmpdir(), 'framecast-voice-'))
t.teardown(() => rm(folder, { recursive: true, force: true }))
const NEVER = new AbortController().signal
const PLAIN: Voice = { id: 'slt', pitch: 1, pace: 1 }
let made = 0

async function say(text: string, voice: Voice = PLAIN) {
  made += 1
  const workDir = await mkdtemp(join(folder, `${made}-`))
  const speech = await engine.speak({ text, voice, workDir }, NEVER)
  return finishSpeech({
    tools,
    source: speech.path,
    wordTimes: speech.wordTimes,
    text,
    out: join(workDir, 'out.flac'),
    signal: NEVER,
  })
}

const LINE = 'The lantern keeper never sleeps, they say.'

t.test('a line is spoken: audible, of a plausible length, 48 kHz mono', async (t) => {
  const speech = await say(LINE)
  t.equal(speech.sampleRate, 48_000)
  t.ok(speech.durationS > 1.2 && speech.durationS < 5, `${speech.durationS} s`)
  const level = await levelOf(tools, speech.path)
  t.ok(level.rmsDb > -35, `RMS ${level.rmsDb} dB`)
  t.ok(level.peakDb < -1, `peak ${level.peakDb} dB`)
})

t.test('the same line in the same voice is the same file, another voice another one', async (t) => {
  const [first, again, other] = await Promise.all([
    say(LINE),
    say(LINE),
    say(LINE, { id: 'rms', pitch: 0.9, pace: 1 }),
  ])
  t.equal(again.sha256, first.sha256)
  t.not(other.sha256, first.sha256)
})

t.test('a higher voice takes no less time; a quicker one does', async (t) => {
  const plain = await say(LINE)
  const high = await say(LINE, { ...PLAIN, pitch: 1.3 })
  const quick = await say(LINE, { ...PLAIN, pace: 1.3 })
  t.ok(Math.abs(high.durationS - plain.durationS) < plain.durationS * 0.15, `${high.durationS} s`)
  t.ok(quick.durationS < plain.durationS * 0.9, `${quick.durationS} s`)
})

t.test('silence at either end is cut off', async (t) => {
  const { path } = await say(LINE)
  const pcm = await levelOf(tools, path)
  t.ok(pcm.leadS < 0.15, `${pcm.leadS} s before`)
  t.ok(pcm.tailS < 0.25, `${pcm.tailS} s after`)
})

t.test('lines of any script are spoken, of 500 letters too', async (t) => {
  const lines = [
    'Привет, мир',
    'שלום עולם',
    'مرحبا بالعالم',
    '你好，世界',
    'Ünïcödé “quotes” — and … dots',
    '🎬 Action! 🎬',
    '-t --help -o /etc/passwd',
    `${'Tell me again why we came here. '.repeat(16)}`.slice(0, 500),
    '9'.repeat(60),
    'a',
  ]
  for (const line of lines) {
    const said = engine.spoken(line)
    t.not(said, null, line)
    const speech = await say(said!)
    t.ok(speech.durationS > 0.05, `${line.slice(0, 20)}: ${speech.durationS} s`)
  }
})

t.test('what nobody can say is not tried', (t) => {
  for (const text of ['…', '...', '!?', ' — ', '🎬🎬', '\u200f\u202b', '\u0007\u0000', '']) {
    t.equal(spokenText(text), null, JSON.stringify(text))
    t.equal(latinText(text), null, JSON.stringify(text))
  }
  t.equal(spokenText(' one\ttwo\n\u0007three \u{1F600} '), 'one two three')
  t.end()
})

t.test('whatever is written, what is said holds plain Latin letters and at least one of them', (t) => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
      const said = latinText(text)
      return said === null || (/^[\x20-\x7e]+$/.test(said) && /[A-Za-z0-9]/.test(said))
    }),
  )
  t.end()
})

t.test('a line is stopped at once', async (t) => {
  const stop = new AbortController()
  const speaking = engine.speak({ text: LINE, voice: PLAIN, workDir: folder }, stop.signal)
  stop.abort(new Error('enough'))
  await t.rejects(speaking, { message: 'enough' })
})

t.test('what is no sound is refused, and so is silence', async (t) => {
  const out = join(folder, 'refused.flac')
  const html = join(folder, 'page.mp3')
  await writeFile(html, '<!doctype html><title>503</title>')
  const silent = join(folder, 'silent.wav')
  const wav = Buffer.alloc(44 + 32_000)
  ;(await readFile((await engine.speak({ text: 'a', voice: PLAIN, workDir: folder }, NEVER)).path)).copy(
    wav,
    0,
    0,
    44,
  )
  wav.writeUInt32LE(32_000, 40)
  await writeFile(silent, wav)
  for (const source of [html, silent])
    await t.rejects(finishSpeech({ tools, source, wordTimes: null, text: 'a', out, signal: NEVER }), {
      code: 'bad_speech',
    })
})

const speaker = (name: string, prompt = 'somebody', assetId = 'asset_sfx_bell'): Speaker => ({
  name,
  prompt,
  assetId,
})
const voiceOf = (of: Speaker): Voice => engine.cast([of]).get(of.name)!

t.test('words about a symbol choose its voice', (t) => {
  t.match(voiceOf(speaker('keeper', 'an old woman with a lantern')), { id: 'slt' })
  t.ok(['rms', 'awb'].includes(voiceOf(speaker('captain', 'a tall man in a grey coat')).id))
  t.ok(voiceOf(speaker('child', 'a girl of six')).pitch > 1.2)
  t.ok(voiceOf(speaker('wizard', 'an ancient man')).pitch < 0.9)
  t.match(voiceOf(speaker('unit7', 'a rusty robot')), { id: 'kal16' })
  t.end()
})

t.test('speakers of one film have voices of their own, whatever order they come in', (t) => {
  const cast = ['anna', 'ben', 'carl', 'dora', 'emil', 'fred'].map((name) => speaker(name))
  const voices = engine.cast(cast)
  const names = [...voices.values()].map(({ id, pitch }) => `${id} ${pitch}`)
  t.equal(new Set(names).size, cast.length, names.join(', '))
  t.strictSame(new Map([...engine.cast(cast.toReversed())].sort()), new Map([...voices].sort()))
  t.end()
})

t.test('the operator names voices by symbol or by asset; ids of other engines are passed over', (t) => {
  const mapped = createOfflineVoice(
    { VOICE_MAP: { anna: 'awb', asset_sfx_bell: 'kal16', carl: 'JBFqnCBsd6RMkjVDRZzb' }, VOICE_SPEED: 1 },
    tools,
  )
  const voices = mapped.cast([speaker('anna'), speaker('ben'), speaker('carl', 'a man', 'asset_sfx_door')])
  t.match(voices.get('anna'), { id: 'awb', pitch: 1 })
  t.match(voices.get('ben'), { id: 'kal16', pitch: 1 })
  t.ok(['rms', 'awb'].includes(voices.get('carl')!.id))
  t.end()
})
