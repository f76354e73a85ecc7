import { copyFile, readFile, truncate, writeFile } from 'node:fs/promises'
import path from 'node:path'
import t from 'tap'
import { runFfmpeg } from '../../core/platform/ffmpeg.ts'
import { conformClip, type Segment } from '../../worker/compose/conform.ts'
import { ComposeError } from '../../worker/compose/errors.ts'
import { FORMAT, makeClip, tempDir, tools, watch } from './fixtures.ts'

const dir = await tempDir(t)
const X264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-crf', '12', '-pix_fmt', 'yuv420p']

const conform = (source: string): Promise<Segment> =>
  conformClip({
    tools,
    source,
    format: FORMAT,
    frames: 48,
    cutFrames: [0],
    out: `${source}.segment.mp4`,
    workDir: dir,
  })

const numbers = async (file: string): Promise<number[]> => (await watch(file)).map(({ frame }) => frame)
const upTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i)

t.test('a little too short is held, much too short is refused', async (t) => {
  const held = await conform(await makeClip(path.join(dir, 'held.mp4'), 1, 43, { args: X264 }))
  t.same(await numbers(held.path), [...upTo(43), 42, 42, 42, 42, 42])
  const short = await makeClip(path.join(dir, 'short.mp4'), 1, 40, { args: X264 })
  await t.rejects(conform(short), { code: 'clip_too_short' })
  const ours = await makeClip(path.join(dir, 'short-ours.mp4'), 1, 20)
  await t.rejects(conform(ours), { code: 'clip_too_short' })
})

t.test('files that are no clips are refused with what they are', async (t) => {
  const good = await makeClip(path.join(dir, 'good.mp4'), 1, 48)
  const bytes = await readFile(good)
  const png = path.join(dir, 'picture.png')
  await runFfmpeg(
    tools,
    {
      inputs: [{ lavfi: 'color=red:s=320x180' }],
      outputs: [{ path: png, options: ['-frames:v', '1', '-f', 'image2', '-update', '1'] }],
    },
    { wallMs: 30_000 },
  )
  const sound = path.join(dir, 'sound.m4a')
  await runFfmpeg(
    tools,
    { inputs: [{ lavfi: 'sine=440:duration=1' }], outputs: [{ path: sound, options: ['-c:a', 'aac'] }] },
    { wallMs: 30_000 },
  )
  const files: [string, Buffer | string, RegExp][] = [
    ['empty', '', /empty/],
    ['a page', '<!DOCTYPE html><html><body>502 Bad Gateway</body></html>', /web page/],
    ['a page after blanks', '\n\n  <html>', /web page/],
    ['JSON', '{"error": "not found"}', /JSON/],
    ['a playlist', `#EXTM3U\n#EXTINF:1,\nfile://${good}\n`, /playlist/],
    ['a list', `ffconcat version 1.0\nfile '${good}'\n`, /playlist/],
    ['a picture', await readFile(png), /PNG/],
    ['sound only', await readFile(sound), /no pictures/],
    ['noise', Buffer.alloc(4_096, 0x5a), /no readable video/],
    ['only a head', bytes.subarray(0, 200), /no pictures|no readable video/],
  ]
  for (const [what, content, words] of files) {
    const file = path.join(dir, `${what}.mp4`)
    await writeFile(file, content)
    await t.rejects(conform(file), { code: 'bad_clip', message: words }, what)
  }
})

t.test('damage within a clip is found, in ours and in others', async (t) => {
  for (const [what, options] of [
    ['ours', { keyFrames: [0, 12, 36] }],
    ['foreign', { args: X264.concat('-movflags', '+faststart') }],
  ] as const) {
    const good = await makeClip(
      path.join(dir, `whole-${what}.mp4`),
      1,
      48,
      options as Parameters<typeof makeClip>[3],
    )
    const { length } = await readFile(good)
    const cut = path.join(dir, `cut-${what}.mp4`)
    await copyFile(good, cut)
    await truncate(cut, Math.floor(length * 0.6))
    await t.rejects(conform(cut), { code: 'bad_clip' }, `${what}, cut short`)
    const bytes = await readFile(good)
    for (let at = Math.floor(length * 0.6); at < length * 0.8; at += 1) bytes[at] = (at * 89) & 0xff
    const flipped = path.join(dir, `flipped-${what}.mp4`)
    await writeFile(flipped, bytes)
    await t.rejects(conform(flipped), ComposeError, `${what}, overwritten in the middle`)
  }
})
