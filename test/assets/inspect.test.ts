/** What is in a file: measured when it can be used, said when it cannot. */

import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import t, { type Test } from 'tap'
import { boxFault } from '../../core/assets/containers.ts'
import { type Inspection, inspectFile, Unusable } from '../../core/assets/inspect.ts'
import { lengthFault, streamFault } from '../../core/assets/limits.ts'
import { type AssetType, sniffType } from '../../core/assets/media-types.ts'
import { createPeakMeter } from '../../core/assets/peaks.ts'
import { findTools, type MediaInfo, probe } from '../../core/platform/ffmpeg.ts'
import { createLimiter } from '../../core/platform/limiter.ts'
import { box, makeFilm, makeMedia, makeSound, playlistTo, pngOfSize } from '../support/media.ts'

t.setTimeout(120_000)
const tools = await findTools(process.env)
const workDir = await mkdtemp(join(tmpdir(), 'framecast-test-inspect-'))
t.teardown(() => rm(workDir, { recursive: true, force: true }))
const signal = new AbortController().signal

let files = 0
async function inspect(bytes: Buffer, type: AssetType): Promise<Inspection> {
  files += 1
  const path = join(workDir, `file-${files}`)
  await writeFile(path, bytes)
  return inspectFile(path, type, {
    tools: async () => tools,
    workDir: await mkdtemp(join(workDir, 'work-')),
    signal,
  })
}
async function refused(t: Test, bytes: Buffer, type: AssetType, says: RegExp, what: string): Promise<void> {
  const error = await inspect(bytes, type).then(
    () => null,
    (error: unknown) => error,
  )
  t.ok(error instanceof Unusable, `${what}: ${error}`)
  t.match(String(error), says, what)
}

const film = await makeFilm(tools)
const plain = (width: number, height: number) =>
  sharp({ create: { width, height, channels: 3, background: '#884422' } })
const picture = await plain(800, 600).jpeg().toBuffer()

t.test('pictures are measured to the last pixel, and have a thumbnail', async (t) => {
  for (const [type, bytes] of [
    ['image/jpeg', picture],
    ['image/png', await plain(800, 600).png().toBuffer()],
    ['image/webp', await plain(800, 600).webp().toBuffer()],
  ] as const) {
    const { measured, thumbnail } = await inspect(bytes, type)
    t.strictSame(measured, { width: 800, height: 600 }, type)
    t.match(thumbnail, { width: 320, height: 240 })
    t.match(await sharp(thumbnail!.bytes).metadata(), { format: 'webp', width: 320, height: 240 })
  }
  const { thumbnail } = await inspect(await plain(20, 10).png().toBuffer(), 'image/png')
  t.match(thumbnail, { width: 20, height: 10 }, 'a small one is not blown up')
})

/** Frames of noise on top of each other, as an animation. */
const animation = (frames: number, side = 16) =>
  sharp(Buffer.from(Array.from({ length: side * side * frames * 3 }, (_, index) => (index * 7919) % 251)), {
    raw: { width: side, height: side * frames, channels: 3, pageHeight: side },
  })
    .webp({ lossless: true, effort: 0, loop: 0, delay: Array(frames).fill(40) })
    .toBuffer()

t.test('an animated picture has at most 300 frames', async (t) => {
  t.match((await inspect(await animation(12), 'image/webp')).measured, { width: 16, height: 16, frames: 12 })
  t.match((await inspect(await animation(300), 'image/webp')).measured, { frames: 300 })
  await refused(t, await animation(301), 'image/webp', /301 frames; 300 are the most/, 'one more')
})

t.test('pictures that are none, or too much of one', async (t) => {
  await refused(t, picture.subarray(0, picture.length / 2), 'image/jpeg', /read to its end/, 'cut in half')
  await refused(
    t,
    Buffer.from('\xff\xd8\xff<html>', 'latin1'),
    'image/jpeg',
    /cannot be read/,
    'three bytes of a JPEG',
  )
  await refused(t, picture, 'image/png', /of the type jpeg/, 'another type')
  await refused(
    t,
    Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'),
    'image/png',
    /svg|read/,
    'SVG',
  )
  await refused(
    t,
    pngOfSize(50_000, 50_000),
    'image/png',
    /50 million pixels/,
    'a bomb of 2.5 thousand million pixels',
  )
  await refused(t, pngOfSize(10_001, 10_001), 'image/png', /50 million pixels/, 'sides of 10,001 pixels')
  await refused(t, await plain(16_385, 1).png().toBuffer(), 'image/png', /longest side/, 'very wide')
  t.match((await inspect(await plain(16_384, 1).png().toBuffer(), 'image/png')).measured, { width: 16_384 })
})

t.test('sounds are decoded from beginning to end, and drawn as peaks', async (t) => {
  for (const [type, bytes] of [
    ['audio/mpeg', await makeSound(tools, 'a.mp3', ['-c:a', 'libmp3lame'])],
    ['audio/wav', await makeSound(tools, 'a.wav')],
    ['audio/ogg', await makeSound(tools, 'a.ogg', ['-c:a', 'libopus'])],
  ] as const) {
    t.equal(sniffType(bytes.subarray(0, 64)), type)
    const { measured, thumbnail } = await inspect(bytes, type)
    t.equal(thumbnail, null)
    t.ok(Math.abs(measured.duration! - 2) < 0.1, `${type}: ${measured.duration} s`)
    t.match(measured, { channels: 1, sample_rate: type === 'audio/ogg' ? 48_000 : 44_100 })
    t.equal(measured.peaks!.length, 200)
    const [low, high] = measured.peaks![100]!
    t.ok(low < -0.05 && low >= -1 && high > 0.05 && high <= 1, `${low} to ${high}`)
  }
})

t.test('sounds that cannot be used', async (t) => {
  const wav = await makeSound(tools, 'a.wav')
  await refused(t, wav.subarray(0, wav.length / 2), 'audio/wav', /breaks off/, 'cut in half')
  await refused(
    t,
    Buffer.concat([Buffer.from('ID3'), playlistTo('http://127.0.0.1:9/')]),
    'audio/mpeg',
    /cannot be read|no/,
    'a playlist after three bytes',
  )
  await refused(t, await makeSound(tools, 'a.wav', ['-ar', '4000']), 'audio/wav', /4000 Hz/, 'few samples')
  await refused(
    t,
    await makeSound(tools, 'a.wav', ['-ac', '16']),
    'audio/wav',
    /16 channels/,
    'many channels',
  )
  const theora = await makeMedia(
    tools,
    'a.ogg',
    ['testsrc2=s=64x64:r=5:d=2', 'sine=d=2'],
    ['-c:v', 'libtheora', '-c:a', 'libvorbis'],
  ).catch(() => null)
  if (theora) await refused(t, theora, 'audio/ogg', /a film/, 'a film for a sound')
  await refused(t, wav.subarray(0, 44), 'audio/wav', /length|read|breaks off/, 'a header alone')
})

t.test('films are measured, every frame counted, and have a thumbnail', async (t) => {
  const { measured, thumbnail } = await inspect(film, 'video/mp4')
  t.match(measured, { width: 640, height: 360, fps: 24, channels: 1, sample_rate: 48_000 })
  t.ok(Math.abs(measured.duration! - 2) < 0.1)
  t.match(thumbnail, { width: 320, height: 180 })
  t.match(await sharp(thumbnail!.bytes).metadata(), { format: 'webp' })
  const silent = await makeMedia(
    tools,
    'b.mp4',
    ['testsrc2=s=64x64:r=1:d=1'],
    ['-c:v', 'libx264', '-frames:v', '1'],
  )
  t.match(
    await inspect(silent, 'video/mp4'),
    { measured: { width: 64 }, thumbnail: { width: 64, height: 64 } },
    'one frame, no sound',
  )
})

t.test('films that cannot be used', async (t) => {
  const fast = await makeFilm(tools, { more: ['-movflags', '+faststart'] })
  for (const [what, bytes] of [
    ['index at the end', film],
    ['index first', fast],
  ] as const)
    await refused(
      t,
      bytes.subarray(0, Math.floor(bytes.length * 0.6)),
      'video/mp4',
      /breaks off|no index/,
      `cut off, ${what}`,
    )
  await refused(t, playlistTo('http://127.0.0.1:9/'), 'video/mp4', /no whole MP4/, 'a playlist')
  const ftyp = box('ftyp', Buffer.from('isom\0\0\x02\0isom'))
  await refused(
    t,
    Buffer.concat([ftyp, playlistTo('http://127.0.0.1:9/')]),
    'video/mp4',
    /MP4|breaks off/,
    'a playlist after a box',
  )
  await refused(
    t,
    Buffer.concat([ftyp, box('free', playlistTo('http://127.0.0.1:9/')), box('moov', Buffer.alloc(0))]),
    'video/mp4',
    /read|no film/,
    'a playlist in a box',
  )
  await refused(
    t,
    Buffer.concat([film, Buffer.from('PK\x03\x04 and so on, as an archive')]),
    'video/mp4',
    /MP4|breaks off/,
    'an archive at its end',
  )
  await refused(
    t,
    await makeMedia(tools, 'c.mp4', ['sine=d=2'], ['-c:a', 'aac']),
    'video/mp4',
    /no film/,
    'sound alone',
  )
  await refused(
    t,
    await makeFilm(tools, { rate: 200, size: '64x64' }),
    'video/mp4',
    /200 frames a second/,
    'very fast',
  )
  await refused(
    t,
    await makeMedia(
      tools,
      'd.mp4',
      ['color=s=10002x16:r=1:d=1'],
      ['-c:v', 'mjpeg', '-pix_fmt', 'yuvj420p', '-frames:v', '1'],
    ),
    'video/mp4',
    /longest side/,
    'a side of 10,002 pixels',
  )
  const sines = Array.from({ length: 8 }, () => 'sine=d=2')
  const nine = await makeMedia(
    tools,
    'e.mp4',
    ['testsrc2=s=64x64:r=5:d=2', ...sines],
    [
      ...sines.flatMap((_, index) => ['-map', `${index + 1}:a`]),
      '-map',
      '0:v',
      '-c:v',
      'libx264',
      '-c:a',
      'aac',
    ],
  )
  await refused(t, nine, 'video/mp4', /9 streams/, 'nine streams')
})

t.test('a file that points elsewhere has nobody fetch it', async (t) => {
  let asked = 0
  const server = createServer((_request, response) => {
    asked += 1
    response.end()
  }).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  t.teardown(() => server.close())
  const playlist = playlistTo(`http://127.0.0.1:${(server.address() as AddressInfo).port}/next.ts`)
  for (const type of ['video/mp4', 'audio/mpeg', 'audio/wav', 'audio/ogg', 'image/png'] as const)
    await refused(t, playlist, type, /./, type)
  t.equal(asked, 0)
})

t.test('limits, to the last one', async (t) => {
  const stream = (await inspectInfo()) as MediaInfo
  const video = (over: object): MediaInfo => ({
    ...stream,
    everyVideo: [{ ...stream.everyVideo[0]!, ...over }],
  })
  const audio = (over: object): MediaInfo => ({
    ...stream,
    everyAudio: [{ ...stream.everyAudio[0]!, ...over }],
  })
  const rows: [info: MediaInfo, says: RegExp | null][] = [
    [stream, null],
    [{ ...stream, streamCount: 8 }, null],
    [{ ...stream, streamCount: 9 }, /9 streams/],
    [video({ width: 8_192 }), null],
    [video({ height: 8_193 }), /8192 pixels/],
    [video({ averageRate: 120 }), null],
    [video({ averageRate: 121 }), /121 frames/],
    [audio({ sampleRate: 8_000 }), null],
    [audio({ sampleRate: 7_999 }), /7999 Hz/],
    [audio({ sampleRate: 192_000 }), null],
    [audio({ sampleRate: 192_001 }), /192001 Hz/],
    [audio({ channels: 8 }), null],
    [audio({ channels: 9 }), /9 channels/],
    [audio({ channels: 0 }), /0 channels/],
    [
      { ...stream, everyVideo: [...stream.everyVideo, { ...stream.everyVideo[0]!, width: 9_000 }] },
      /8192 pixels/,
    ],
  ]
  for (const [info, says] of rows) says ? t.match(streamFault(info), says) : t.equal(streamFault(info), null)
  t.equal(lengthFault(600), null)
  t.match(lengthFault(600.1), /longer/)
  for (const nothing of [0, -1, Number.NaN]) t.match(lengthFault(nothing), /no length/)
})

async function inspectInfo(): Promise<MediaInfo> {
  const path = join(workDir, 'film.mp4')
  await writeFile(path, film)
  return probe(tools, path)
}

t.test('boxes of an MP4 file fill it to its end', async (t) => {
  const path = join(workDir, 'boxes.mp4')
  const fault = async (bytes: Buffer) => {
    await writeFile(path, bytes)
    return boxFault(path)
  }
  const large = Buffer.alloc(24)
  large.writeUInt32BE(1)
  large.write('mdat', 4, 'latin1')
  large.writeBigUInt64BE(24n, 8)
  const toTheEnd = Buffer.from('\0\0\0\0mdatabc', 'latin1')
  const moov = box('moov', Buffer.alloc(4))
  t.equal(await fault(Buffer.concat([moov, large, toTheEnd])), null)
  t.match(await fault(large), /no index/)
  large.writeBigUInt64BE(2n ** 63n, 8)
  t.match(await fault(Buffer.concat([moov, large])), /breaks off/)
  large.writeBigUInt64BE(3n, 8)
  t.match(await fault(Buffer.concat([moov, large])), /no whole/)
  t.match(await fault(Buffer.concat([moov, Buffer.alloc(5)])), /no whole/)
  t.match(await fault(Buffer.alloc(200_000)), /no whole/)
  t.match(await fault(Buffer.concat(Array(10_002).fill(moov))), /no whole/, 'so many boxes are an attack')
})

t.test('peaks do not depend on how the samples come in', async (t) => {
  const samples = Buffer.alloc(2_000)
  for (let index = 0; index < 1_000; index += 1)
    samples.writeInt16LE(index % 2 ? index * 32 : -index * 32, index * 2)
  const whole = createPeakMeter()
  whole.take(samples)
  const pieces = createPeakMeter()
  for (let at = 0; at < samples.length; at += 7) pieces.take(samples.subarray(at, at + 7))
  t.equal(pieces.samples, 1_000)
  t.strictSame(pieces.peaks(5), whole.peaks(5))
  t.strictSame(whole.peaks(1), [[-0.97, 0.98]])
  t.equal(whole.peaks(200).length, 7, 'not more peaks than windows')
  t.strictSame(createPeakMeter().peaks(200), [])
})

t.test('so many at once; who waits too long goes', async (t) => {
  const inTurn = createLimiter(2)
  const gates = [1, 2, 3].map(() => Promise.withResolvers<void>())
  const started: number[] = []
  const run = (index: number, by = signal) =>
    inTurn(by, async () => {
      started.push(index)
      await gates[index]?.promise
    })
  const first = run(0)
  const second = run(1)
  const impatient = new AbortController()
  const gone = run(2, impatient.signal)
  const last = run(3)
  await new Promise(setImmediate)
  t.strictSame(started, [0, 1])
  impatient.abort(new Error('out of patience'))
  await t.rejects(gone, /out of patience/)
  gates[0]!.resolve()
  await Promise.all([first, last])
  t.strictSame(started, [0, 1, 3], 'the place went to the next in line')
  gates[1]!.resolve()
  await second
  await t.rejects(
    inTurn(AbortSignal.abort(new Error('too late')), async () => {}),
    /too late/,
  )
  await t.rejects(
    inTurn(signal, async () => Promise.reject(new Error('broken'))),
    /broken/,
  )
  await Promise.all([run(4), run(5), run(6)])
  t.strictSame(started.slice(3), [4, 5, 6], 'a place is given back whatever happens')
})
