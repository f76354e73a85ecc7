/** Files for browsers: with a tag of their own, compressed once, when somebody first asks for that. */
import { createHash } from 'node:crypto'
import { promisify } from 'node:util'
import zlib from 'node:zlib'
import type { Context } from './context.ts'

const YEAR_S = 31_536_000
/** Kept for good: the address has the version in it. */
export const IMMUTABLE = `public, max-age=${YEAR_S}, immutable`

/** Above this, the last few percent of a file would keep its first reader waiting for seconds. */
const LARGE_BYTES = 262_144

const brotli = promisify(zlib.brotliCompress)
const gzip = promisify(zlib.gzip)

type Encoding = 'br' | 'gzip'

export type StaticFile = {
  type: string
  etag: string
  plain: Buffer
  /** Null for what does not get smaller. */
  compressed: ((encoding: Encoding) => Promise<Buffer>) | null
}

function compressor(plain: Buffer): (encoding: Encoding) => Promise<Buffer> {
  const isLarge = plain.byteLength > LARGE_BYTES
  const made = new Map<Encoding, Promise<Buffer>>()
  const make = (encoding: Encoding): Promise<Buffer> =>
    encoding === 'gzip'
      ? gzip(plain, { level: isLarge ? 6 : 9 })
      : brotli(plain, { params: { [zlib.constants.BROTLI_PARAM_QUALITY]: isLarge ? 6 : 11 } })
  return (encoding) => {
    const known = made.get(encoding) ?? make(encoding)
    made.set(encoding, known)
    return known
  }
}

export const staticFile = (type: string, plain: Buffer): StaticFile => ({
  type,
  etag: `"${createHash('sha256').update(plain).digest('base64url').slice(0, 22)}"`,
  plain,
  compressed: type.startsWith('text/') ? compressor(plain) : null,
})

/** Sends a file in the form that the caller takes; 304 when it is there already. */
export async function sendFile(ctx: Context, file: StaticFile): Promise<void> {
  ctx.status = 200
  ctx.set('Vary', 'Accept-Encoding')
  ctx.type = file.type
  const asked = file.compressed ? ctx.acceptsEncodings('br', 'gzip', 'identity') : 'identity'
  const encoding = asked === 'br' || asked === 'gzip' ? asked : null
  // The forms of one file are different bytes, so each has a tag of its own.
  ctx.etag = encoding ? `${file.etag.slice(0, -1)}-${encoding}"` : file.etag
  if (ctx.fresh) {
    ctx.status = 304
    return
  }
  if (encoding && file.compressed) {
    ctx.body = await file.compressed(encoding)
    ctx.set('Content-Encoding', encoding)
  } else ctx.body = file.plain
}
