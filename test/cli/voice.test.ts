/** Lines spoken from the command line, with the real synthesiser. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { findTools, probe } from '../../core/platform/ffmpeg.ts'
import { runCli } from './support.ts'

t.setTimeout(120_000)
const folder = t.testdir()
const out = join(folder, 'line.wav')
const say = (...args: string[]) => runCli(['voice', 'say', ...args, '-o', out])

t.test('a line is spoken in the voice that is named, as a WAV file', async (t) => {
  const { code, out: told } = await say('Who is there?', '--voice', 'awb', '--json')
  t.equal(code, 0)
  const answer = JSON.parse(told)
  t.match(answer, { engine: 'offline', voice: { id: 'awb', pitch: 1 }, text: 'Who is there?', path: out })
  const info = await probe(await findTools(process.env), out)
  t.match(info.audio, { codec: 'pcm_s16le', channels: 1, sampleRate: answer.sample_rate })
  t.ok(Math.abs(info.durationS! - answer.seconds) < 0.05, 'as long as it says')
  t.equal((await readFile(out)).toString('latin1', 0, 4), 'RIFF')
})

t.test('or in one that fits who speaks', async (t) => {
  const { code, out: told } = await say('Only me.', '--as', 'a robot')
  t.equal(code, 0)
  t.match(told, /line\.wav: [\d.]+ s, offline voice kal16/)
})

t.test('what cannot be spoken is said so', async (t) => {
  const unknown = await say('Who is there?', '--voice', 'nobody')
  t.match(unknown, { code: 1, err: /the offline engine has no voice "nobody"; it has slt, rms, awb, kal16/ })
  t.match(await say('…'), { code: 1, err: /there is nothing in this text to be said/ })
  t.match(await say('x'.repeat(501)), { code: 2, err: /A line has at most 500 letters; this one has 501/ })
  const off = await runCli(['voice', 'say', 'Hello', '-o', out], { env: { VOICE_ENGINE: 'off' } })
  t.match(off, { code: 1, err: /VOICE_ENGINE is "off"/ })
  const keyless = await runCli(['voice', 'say', 'Hello', '-o', out], { env: { VOICE_ENGINE: 'elevenlabs' } })
  t.match(keyless, { code: 1, err: /The line was not spoken: / })
  const nowhere = await runCli(['voice', 'say', 'Hello', '-o', join(folder, 'no', 'line.wav')])
  t.match(nowhere, { code: 1, err: /The line was not spoken: / })
})
