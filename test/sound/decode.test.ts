/** Files that people uploaded: what is within the limits is heard, what is not is refused in words. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { decodeSound } from '../../worker/sound/decode.ts'
import { laneGainDb } from '../../worker/sound/level.ts'
import { openSound } from '../../worker/sound/pcm.ts'
import { tempDir, tools } from '../compose/fixtures.ts'
import { makeMedia, playlistTo } from '../support/media.ts'

const dir = await tempDir(t)
const { signal } = new AbortController()
let files = 0

async function decode(bytes: Buffer, samples?: number) {
  files += 1
  const source = join(dir, `${files}.source`)
  const out = join(dir, `${files}.pcm`)
  await writeFile(source, bytes)
  const level = await decodeSound({
    tools,
    source,
    out,
    signal,
    ...(samples === undefined ? {} : { samples }),
  })
  return { out, level }
}

const TONE = 'sine=f=440:r=48000:d=2'
const wav = (...options: string[]) => makeMedia(tools, 'tone.wav', [TONE], [...options, '-c:a', 'pcm_s16le'])
const whole = await wav()

t.test('every rate, layout and type that may be uploaded becomes stereo at 48 kHz', async (t) => {
  for (const [what, bytes] of [
    ['8 kHz', await wav('-ar', '8000')],
    ['192 kHz', await wav('-ar', '192000')],
    ['mono', await wav('-ac', '1')],
    ['8 channels', await wav('-ac', '8')],
    ['MP3', await makeMedia(tools, 'tone.mp3', [TONE], ['-c:a', 'libmp3lame'])],
    ['Ogg with Opus', await makeMedia(tools, 'tone.ogg', [TONE], ['-c:a', 'libopus'])],
    ['FLAC', await makeMedia(tools, 'tone.flac', [TONE], ['-c:a', 'flac'])],
  ] as const) {
    const { level } = await decode(bytes)
    t.ok(Math.abs(level.samples - 96_000) < 2_500, `${what}: ${level.samples} samples`)
    t.ok(level.lufs > -60 && level.lufs < 0, `${what}: ${level.lufs} LUFS`)
  }
})

t.test('a part is the beginning of the whole, to the sample', async (t) => {
  const { out, level } = await decode(whole, 12_345)
  t.equal(level.samples, 12_345)
  await using stack = new AsyncDisposableStack()
  const part = await openSound(out)
  stack.defer(() => part.close())
  t.equal(part.samples, 12_345)
  t.equal((await decode(whole, 1_000_000)).level.samples, 96_000, 'there is no more than there is')
})

for (const [what, bytes, words] of [
  ['nothing', Buffer.alloc(0), 'it is empty'],
  ['a sound without length', await wav('-frames:a', '0'), /it has no length|it cannot be read/],
  ['half a WAV file', whole.subarray(0, whole.length / 2), 'it breaks off'],
  ['a playlist', playlistTo('http://127.0.0.1:9/x.ts'), 'it is no MP3, WAV or Ogg file'],
  [
    'a playlist behind the name of a sound',
    Buffer.concat([Buffer.from('ID3'), playlistTo('file:///etc/passwd')]),
    /cannot be read|breaks off|no length/,
  ],
  ['text', Buffer.from('hello'), 'it is no MP3, WAV or Ogg file'],
  ['a picture', Buffer.from('\x89PNG\r\n\x1a\n0000', 'latin1'), 'it is no MP3, WAV or Ogg file'],
  [
    'noise that begins as Ogg',
    Buffer.concat([Buffer.from('OggS'), Buffer.alloc(4_000, 7)]),
    /cannot be read|breaks off|no length/,
  ],
  ['16 channels', await wav('-ac', '16'), 'it has 16 channels; 1 to 8 are allowed'],
] as const)
  t.test(`${what} is refused`, async (t) => {
    await t.rejects(decode(bytes), { name: 'UnusableSound', message: words })
  })

t.test('a sound is brought to the level of its lane, as far as its peaks allow', async (t) => {
  const level = { samples: 1, lufs: -30, loudestLufs: -25, truePeakDb: -20 }
  t.equal(laneGainDb('music', level), 10)
  t.equal(laneGainDb('ambient', level), 9)
  t.equal(laneGainDb('dialogue', level), 14)
  t.equal(laneGainDb('sfx', level), 9)
  t.equal(laneGainDb('transition', level), 9)
  t.equal(laneGainDb('music', { ...level, truePeakDb: -4 }), 3, 'a click cannot be as loud as a chord')
  t.equal(laneGainDb('music', { ...level, lufs: -12, truePeakDb: -1 }), -8, 'what is loud is taken down')
  t.equal(laneGainDb('music', { ...level, lufs: -60, truePeakDb: -50 }), 20, 'noise is not blown up')
  const silent = Number.NEGATIVE_INFINITY
  t.equal(laneGainDb('sfx', { samples: 1, lufs: silent, loudestLufs: silent, truePeakDb: silent }), 0)
})
