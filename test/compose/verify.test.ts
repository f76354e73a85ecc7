/** Judging films without decoding them: every packet is compared with the one it was copied from. */
import { open } from 'node:fs/promises'
import path from 'node:path'
import t from 'tap'
import { listPackets, runFfmpeg } from '../../core/platform/ffmpeg.ts'
import { encoderHeaderHash } from '../../worker/compose/check.ts'
import { readTracks } from '../../worker/compose/mp4.ts'
import { filmFaults, unitFault } from '../../worker/compose/verify.ts'
import { buildPlan, FORMAT, makeClip, tempDir, tools } from './fixtures.ts'
import { makeFilm } from './make-film.ts'

const dir = await tempDir(t)
const CLIP = 36
const keyFrames = [0, 12, 24]
const segments = new Map<string, { path: string; frames: number; keyFrames: number[] }>()
for (const [number, id] of ['a', 'b'].entries()) {
  const file = await makeClip(path.join(dir, `${id}.mp4`), number, CLIP, { keyFrames })
  segments.set(id, { path: file, frames: CLIP, keyFrames })
}
const plan = buildPlan([
  { scene: 'a', frames: CLIP },
  { scene: 'b', frames: CLIP },
])
const sound = path.join(dir, 'sound.m4a')
await runFfmpeg(
  tools,
  {
    inputs: [{ lavfi: `sine=f=330:r=48000,atrim=end_sample=${plan.durationS * 48_000}` }],
    outputs: [{ path: sound, options: ['-ac', '2', '-c:a', 'aac', '-b:a', '128k', '-f', 'mp4'] }],
  },
  { wallMs: 60_000 },
)
const film = await makeFilm({ tools, plan, segments, sound, workDir: dir, out: path.join(dir, 'film.mp4') })
const entryOf = (id: string, from = 0, to = CLIP) => ({
  path: segments.get(id)!.path,
  from,
  to,
  fileFrames: CLIP,
})
const headerHash = await encoderHeaderHash(tools, FORMAT, dir)
const judge = (over: Partial<Parameters<typeof filmFaults>[0]> = {}) =>
  filmFaults({
    tools,
    file: film.path,
    plan,
    headerHash,
    entries: [entryOf('a'), entryOf('b')],
    sound,
    captionTracks: 0,
    ...over,
  })

/** A copy of the film with one byte changed. */
async function changed(at: number): Promise<string> {
  const file = path.join(dir, `changed-${at}.mp4`)
  await using source = await open(film.path)
  const bytes = await source.readFile()
  bytes[at]! ^= 1
  await using target = await open(file, 'w')
  await target.writeFile(bytes)
  return file
}

t.test('a film that is what it was made from has no faults', async (t) => {
  t.same(await judge(), [])
})

t.test('the index is read as ffprobe reads it', async (t) => {
  const [video, audio] = await readTracks(film.path)
  for (const [stream, track] of [
    ['v:0', video!],
    ['a:0', audio!],
  ] as const) {
    const wanted = await listPackets(tools, film.path, { stream })
    t.same(
      track.samples.map(({ pts, dts, key, sizeBytes }) => ({ pts, dts, key, sizeBytes })),
      wanted,
    )
  }
})

t.test('one bit more or less in a picture or in the sound is found', async (t) => {
  const [video, audio] = await readTracks(film.path)
  const picture = video!.samples[CLIP + 3]!
  t.match(await judge({ file: await changed(picture.offset + picture.sizeBytes - 1) }), [
    `packet ${CLIP + 3} has other bytes than its source`,
  ])
  const heard = audio!.samples[5]!
  t.match(await judge({ file: await changed(heard.offset + 2) }), [/sound: packet 5 has other bytes/])
})

t.test('packets of another order, another clip or another length are found', async (t) => {
  t.match(await judge({ entries: [entryOf('b'), entryOf('a')] }), [/packet \d+ is not the one|other bytes/])
  t.match(await judge({ entries: [entryOf('a'), entryOf('b', 0, 24)] }), ['12 packets more than planned'])
  const longer = { ...plan, frames: plan.frames + 1 }
  t.match(await judge({ plan: longer }), [/72 of 73 frames/])
  t.match(await judge({ headerHash: 'SHA256:0' }), [/SPS or PPS/])
  t.match(await judge({ captionTracks: 1 }), [/2 tracks/])
})

t.test('a packet is made of whole units, and none of them is a parameter set', async (t) => {
  const unit = (type: number, length: number): Buffer => {
    const bytes = Buffer.alloc(4 + length, 1)
    bytes.writeUInt32BE(length)
    bytes[4] = 0x60 | type
    return bytes
  }
  t.equal(unitFault(Buffer.concat([unit(6, 10), unit(1, 50)])), null)
  t.match(unitFault(Buffer.concat([unit(7, 10), unit(5, 50)])), /parameter sets/)
  t.match(unitFault(Buffer.concat([unit(8, 4), unit(5, 50)])), /parameter sets/)
  t.match(unitFault(unit(5, 50).subarray(0, 40)), /do not fill/)
  t.match(unitFault(Buffer.alloc(3)), /do not fill/)
})

t.test('what is no MP4, or only the beginning of one, is refused', async (t) => {
  await t.rejects(readTracks(import.meta.filename), /no index/)
  const file = path.join(dir, 'short.mp4')
  await using source = await open(film.path)
  const bytes = await source.readFile()
  await using target = await open(file, 'w')
  await target.writeFile(bytes.subarray(0, bytes.length - 1_000))
  await t.rejects(readTracks(file))
})
