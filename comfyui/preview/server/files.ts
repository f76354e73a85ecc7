import { createReadStream } from 'node:fs'
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { basename, dirname, extname } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { annotation, type Folders, isFolderType } from '../engine/folders.ts'
import { MAX_PIXELS, sharp } from '../raster.ts'
import { empty, json, type Reply, readBody, Trouble } from './http.ts'

const TYPES: Readonly<Record<string, string>> = {
  '.png': 'image/png',
  '.jpg': 'image/jpeg',
  '.jpeg': 'image/jpeg',
  '.webp': 'image/webp',
  '.gif': 'image/gif',
  '.avif': 'image/avif',
  '.mp4': 'video/mp4',
  '.webm': 'video/webm',
  '.mov': 'video/quicktime',
  '.wav': 'audio/x-wav',
  '.mp3': 'audio/mpeg',
  '.flac': 'audio/flac',
  '.json': 'application/json',
  '.txt': 'text/plain',
}

/** `GET` and `HEAD /view`. Streams plain files itself and then returns null; everything else is a reply. */
export async function view(
  folders: Folders,
  query: URLSearchParams,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<Reply | null> {
  const asked = query.get('filename')
  if (!asked) return empty(404)
  const { name, type: annotated } = annotation(asked)
  if (name.startsWith('/') || name.includes('..')) return empty(400)
  const type = annotated ?? query.get('type') ?? 'output'
  if (!isFolderType(type)) return empty(400)
  const subfolder = query.get('subfolder') ?? ''
  if (subfolder !== '' && folders.resolve(type, subfolder, 'x') === null) return empty(403)
  const path = folders.resolve(type, subfolder, basename(name) === name ? name : basename(name))
  if (path === null) return empty(400)
  const info = await stat(path).catch(() => null)
  if (!info?.isFile()) return empty(404)
  const filename = basename(name)
  const disposition = `filename="${filename.replaceAll(/["\\\r\n]/g, '_')}"`
  const changed = await reencoded(path, query, disposition)
  if (changed) return changed
  await streamFile(path, info.size, filename, disposition, request, response)
  return null
}

async function reencoded(path: string, query: URLSearchParams, disposition: string): Promise<Reply | null> {
  const [preview, channel] = [query.get('preview'), query.get('channel')]
  if (preview === null && channel !== 'rgb' && channel !== 'a') return null
  const picture = sharp(path, { limitInputPixels: MAX_PIXELS })
  const answer = async (made: typeof picture, mime: string): Promise<Reply> => {
    const body = await made.toBuffer().catch(() => {
      throw new Trouble('not a picture')
    })
    return { status: 200, headers: { 'Content-Disposition': disposition, 'Content-Type': mime }, body }
  }
  if (preview !== null) {
    const [format, asked] = preview.split(';')
    const quality = Math.min(100, Math.max(1, Number(asked) || 90))
    if (format === 'jpeg') return answer(picture.jpeg({ quality }), 'image/jpeg')
    return answer(picture.webp({ quality }), 'image/webp')
  }
  if (channel === 'rgb') return answer(picture.removeAlpha().png(), 'image/png')
  const alpha = picture.ensureAlpha().extractChannel(3).toColourspace('b-w')
  return answer(alpha.png(), 'image/png')
}

async function streamFile(
  path: string,
  size: number,
  filename: string,
  disposition: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const extension = extname(filename).toLowerCase()
  // Anything a browser would run is handed out as bytes to keep.
  const mime = TYPES[extension] ?? 'application/octet-stream'
  const headers: Record<string, string> = {
    'X-Content-Type-Options': 'nosniff',
    'Content-Disposition': TYPES[extension] ? disposition : `attachment; ${disposition}`,
    'Content-Type': mime,
    'Accept-Ranges': 'bytes',
  }
  const range = rangeOf(request.headers.range, size)
  if (range === 'unsatisfiable') {
    response.writeHead(416, { 'Content-Range': `bytes */${size}`, 'Content-Length': '0' }).end()
    return
  }
  const [start, end] = range ?? [0, size - 1]
  if (range) headers['Content-Range'] = `bytes ${start}-${end}/${size}`
  headers['Content-Length'] = String(Math.max(0, end - start + 1))
  response.writeHead(range ? 206 : 200, headers)
  if (request.method === 'HEAD' || size === 0) response.end()
  else await pipeline(createReadStream(path, { start, end }), response).catch(() => response.destroy())
}

/** One `bytes=` range; several, or other units, are answered with the whole file. */
export function rangeOf(header: string | undefined, size: number): [number, number] | 'unsatisfiable' | null {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header ?? '')
  if (!match || (match[1] === '' && match[2] === '')) return null
  const start = match[1] === '' ? Math.max(0, size - Number(match[2])) : Number(match[1])
  const end = match[1] === '' || match[2] === '' ? size - 1 : Math.min(size - 1, Number(match[2]))
  return start > end ? 'unsatisfiable' : [start, end]
}

/** `POST /upload/image`: any bytes; a name in use with other bytes gets a number, unless it may be replaced. */
export async function uploadImage(folders: Folders, request: IncomingMessage): Promise<Reply> {
  const body = await readBody(request)
  const type = request.headers['content-type']
  if (!type?.startsWith('multipart/form-data')) throw new Trouble('not a form')
  const form = await new Response(new Uint8Array(body), { headers: { 'content-type': type } })
    .formData()
    .catch(() => {
      throw new Trouble('a damaged form')
    })
  const image = form.get('image')
  if (!(image instanceof File) || image.name === '') return empty(400)
  const folder = form.get('type') ?? 'input'
  if (!isFolderType(folder)) throw new Trouble('unknown folder type')
  const subfolder = String(form.get('subfolder') ?? '')
  const wanted = basename(image.name)
  const first = folders.resolve(folder, subfolder, wanted)
  if (first === null) return empty(400)
  const bytes = Buffer.from(await image.arrayBuffer())
  const overwrite = ['true', '1'].includes(String(form.get('overwrite') ?? ''))
  await mkdir(dirname(first), { recursive: true })
  const name = overwrite ? wanted : await storeApart(folders, folder, subfolder, wanted, bytes)
  if (overwrite) await writeFile(first, bytes)
  return json({ name, subfolder, type: folder })
}

/** Writes under the first name that is free or holds these very bytes; two uploads at once never share one. */
async function storeApart(
  folders: Folders,
  folder: 'input' | 'output' | 'temp',
  subfolder: string,
  wanted: string,
  bytes: Buffer,
): Promise<string> {
  const extension = extname(wanted)
  const stem = wanted.slice(0, wanted.length - extension.length)
  for (let i = 0; ; i += 1) {
    const name = i === 0 ? wanted : `${stem} (${i})${extension}`
    const path = folders.resolve(folder, subfolder, name)!
    const written = await writeFile(path, bytes, { flag: 'wx' }).then(
      () => true,
      (error: NodeJS.ErrnoException) => {
        if (error.code !== 'EEXIST') throw error
        return false
      },
    )
    if (written || (await readFile(path)).equals(bytes)) return name
  }
}
