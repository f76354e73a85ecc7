/** Small real media files for tests, and what hostile ones are made of. */
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { crc32, deflateSync } from 'node:zlib'
import { type FfmpegTools, runFfmpeg } from '../../core/platform/ffmpeg.ts'

/** A file of generated sources: `lavfi` graphs in, `options` for the encoder, `name` for its ending. */
export async function makeMedia(
  tools: FfmpegTools,
  name: string,
  lavfi: readonly string[],
  options: readonly string[],
  seconds = 2,
): Promise<Buffer> {
  const folder = await mkdtemp(join(tmpdir(), 'framecast-test-media-'))
  const path = join(folder, name)
  try {
    await runFfmpeg(
      tools,
      {
        inputs: lavfi.map((source) => ({ lavfi: source })),
        outputs: [{ path, options: [...options, '-t', String(seconds)] }],
      },
      { wallMs: 60_000 },
    )
    return await readFile(path)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

const H264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p']

export const makeFilm = (
  tools: FfmpegTools,
  over: { size?: string; rate?: number; more?: readonly string[] } = {},
) =>
  makeMedia(
    tools,
    'film.mp4',
    [`testsrc2=s=${over.size ?? '640x360'}:r=${over.rate ?? 24}:d=2`, 'sine=f=440:r=48000:d=2'],
    [...H264, '-c:a', 'aac', ...(over.more ?? [])],
  )

export const makeSound = (tools: FfmpegTools, name: string, options: readonly string[] = []) =>
  makeMedia(tools, name, ['sine=f=440:r=44100:d=2'], options)

/** A playlist that would have ffmpeg fetch another address. */
export const playlistTo = (url: string): Buffer =>
  Buffer.from(`#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\n${url}\n#EXT-X-ENDLIST\n`)

/** A box of an MP4 file. */
export function box(type: string, content: Buffer): Buffer {
  const head = Buffer.alloc(8)
  head.writeUInt32BE(8 + content.length)
  head.write(type, 4, 'latin1')
  return Buffer.concat([head, content])
}

/** A part of a PNG file. */
export function pngChunk(type: string, content: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), content])
  const out = Buffer.alloc(8 + content.length + 4)
  out.writeUInt32BE(content.length)
  body.copy(out, 4)
  out.writeUInt32BE(crc32(body), 8 + content.length)
  return out
}

const HOLDERS = ['moov', 'trak', 'mdia', 'minf', 'dinf']

/** The same MP4 file, whose tracks say that their frames lie at `url`. Its index must come last. */
export function withDataReference(film: Buffer, url: string): Buffer {
  const parts: Buffer[] = []
  for (let at = 0; at < film.length; ) {
    const size = film.readUInt32BE(at)
    const type = film.toString('latin1', at + 4, at + 8)
    const content = film.subarray(at + 8, at + size)
    if (HOLDERS.includes(type)) parts.push(box(type, withDataReference(content, url)))
    else if (type === 'dref') {
      // Version and number of entries as they are; the one entry no longer says "in this very file".
      const entry = box('url ', Buffer.concat([Buffer.alloc(4), Buffer.from(`${url}\0`)]))
      parts.push(box(type, Buffer.concat([content.subarray(0, 8), entry])))
    } else parts.push(film.subarray(at, at + size))
    at += size
  }
  return Buffer.concat(parts)
}

/** A PNG that says it is as large as this, with next to nothing in it. */
export function pngOfSize(width: number, height: number): Buffer {
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width)
  header.writeUInt32BE(height, 4)
  header.set([8, 2, 0, 0, 0], 8)
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    pngChunk('IHDR', header),
    pngChunk('IDAT', deflateSync(Buffer.alloc(1_000))),
    pngChunk('IEND', Buffer.alloc(0)),
  ])
}
