/**
 * Films, clips and pictures through the server, for stores that a browser cannot reach. The link is the permission: it
 * is signed, names one object and ends. Bytes are streamed; nothing is kept here.
 */
import { randomBytes } from 'node:crypto'
import { Readable } from 'node:stream'
import Router from '@koa/router'
import { disposition } from '../../core/platform/disposition.ts'
import { isDatabaseUnavailable, Problem } from '../../core/platform/errors.ts'
import {
  type AnnouncedObject,
  type ObjectStat,
  type ObjectStore,
  ObjectStoreError,
} from '../../core/platform/objects.ts'
import type { ApiRouter, Context, RequestState, ServerDeps } from '../context.ts'
import { type ByteRange, decideRange } from '../range.ts'

/** Shown in the page; whatever else was uploaded is only ever saved. */
const INLINE_TYPES = new Set([
  'video/mp4',
  'image/png',
  'image/jpeg',
  'image/webp',
  'audio/mpeg',
  'audio/wav',
  'audio/ogg',
])
/** A reader that takes nothing for this long is let go; browsers ask again from where they were. */
const IDLE_MS = 120_000

const asUnavailable = (error: unknown): unknown =>
  error instanceof ObjectStoreError || !isDatabaseUnavailable(error)
    ? error
    : new ObjectStoreError('storage_unavailable', 'the object store does not answer', null, error)

async function* multipart(
  store: ObjectStore,
  key: string,
  stat: ObjectStat,
  ranges: readonly ByteRange[],
  boundary: string,
  signal: AbortSignal,
): AsyncGenerator<Buffer> {
  for (const range of ranges) {
    yield Buffer.from(
      `--${boundary}\r\nContent-Type: ${stat.contentType}\r\nContent-Range: bytes ${range.start}-${range.end}/${stat.sizeBytes}\r\n\r\n`,
    )
    yield* await store.read(key, signal, range)
    yield Buffer.from('\r\n')
  }
  yield Buffer.from(`--${boundary}--\r\n`)
}

async function send(ctx: Context, store: ObjectStore, key: string, filename: string | null): Promise<void> {
  const stat = await store.stat(key).catch((error) => Promise.reject(asUnavailable(error)))
  if (!stat) throw new Problem('NOT_FOUND', 'no such file')
  const etag = `"${stat.etag.replaceAll('"', '')}"`
  const isInline = filename === null && INLINE_TYPES.has(stat.contentType)
  ctx.set({
    'Accept-Ranges': 'bytes',
    ETag: etag,
    'Cache-Control': 'private, max-age=3600',
    'Content-Disposition': disposition(isInline ? 'inline' : 'attachment', filename),
    'Content-Security-Policy': "default-src 'none'; sandbox",
    'Cross-Origin-Resource-Policy': 'cross-origin',
  })
  ctx.type = stat.contentType
  if (
    ctx
      .get('if-none-match')
      .split(',')
      .some((tag) => ['*', etag].includes(tag.trim().replace(/^W\//, '')))
  ) {
    ctx.status = 304
    return
  }
  const condition = ctx.get('if-range')
  const decision =
    condition === '' || condition === etag
      ? decideRange(ctx.get('range') || undefined, stat.sizeBytes)
      : ({ kind: 'whole' } as const)
  if (decision.kind === 'unsatisfiable') {
    ctx.set('Content-Range', `bytes */${stat.sizeBytes}`)
    throw new Problem('VALIDATION_ERROR', 'the range is not within the file', { status: 416 })
  }
  const { signal } = ctx.state
  const [first, ...more] = decision.kind === 'parts' ? decision.ranges : []
  const isMultipart = first !== undefined && more.length > 0
  const boundary = randomBytes(16).toString('hex')
  const sizeBytes = first ? first.end - first.start + 1 : stat.sizeBytes
  ctx.status = first ? 206 : 200
  if (isMultipart) ctx.type = `multipart/byteranges; boundary=${boundary}`
  else if (first) ctx.set('Content-Range', `bytes ${first.start}-${first.end}/${stat.sizeBytes}`)
  if (ctx.method === 'HEAD') {
    if (!isMultipart) ctx.length = sizeBytes
    return
  }
  const body = isMultipart
    ? Readable.from(multipart(store, key, stat, [first, ...more], boundary, signal))
    : await store.read(key, signal, first).catch((error) => Promise.reject(asUnavailable(error)))
  // Halfway through there is no status left to send: the cut connection is the message.
  body.once('error', () => ctx.res.destroy())
  ctx.res.setTimeout(IDLE_MS, () => ctx.res.destroy())
  ctx.body = body
  // Setting a stream forgets what was said about the length.
  if (!isMultipart) ctx.length = sizeBytes
}

/** Takes an upload for the store, byte by byte; it must be what was announced. */
async function receive(
  ctx: Context,
  store: ObjectStore,
  target: AnnouncedObject & { key: string },
): Promise<void> {
  if (ctx.get('content-type').toLowerCase() !== target.contentType)
    throw new Problem('VALIDATION_ERROR', `send it as ${target.contentType}, as it was announced`)
  if (ctx.get('content-length') !== String(target.sizeBytes))
    throw new Problem(
      'VALIDATION_ERROR',
      `send ${target.sizeBytes} bytes, as was announced, with their number in Content-Length`,
    )
  const { signal } = ctx.state
  try {
    await store.putStream(target.key, ctx.req, target, signal)
  } catch (error) {
    if (ctx.req.readableAborted || signal.aborted)
      throw new Problem('VALIDATION_ERROR', 'the file ended before it was complete')
    throw asUnavailable(error)
  }
  ctx.body = null
  // The store's own answer, which a body that is empty would make 204.
  ctx.status = 200
}

export function mediaRoutes({
  config,
  store,
  media,
  systemStore,
  systemMedia,
  uploadLinks,
}: ServerDeps): ApiRouter {
  const router = new Router<RequestState>({ sensitive: true, strict: true }) as ApiRouter
  if (config.MEDIA_DELIVERY !== 'proxy') return router
  const buckets = [
    { links: media, from: store },
    { links: systemMedia, from: systemStore },
  ]
  router.get('/media/{*key}', async (ctx) => {
    for (const { links, from } of buckets) {
      const link = links.verify(ctx.path, ctx.URL.searchParams)
      if (link) return send(ctx, from, link.key, link.filename)
    }
    throw new Problem(
      'AUTHORIZATION_ERROR',
      'this link is not valid, or no longer; read its job or asset again for a new one',
    )
  })
  router.put('/media/{*key}', async (ctx) => {
    const target = uploadLinks.verify(ctx.path, ctx.URL.searchParams)
    if (!target)
      throw new Problem(
        'AUTHORIZATION_ERROR',
        'this address is not valid, or no longer; announce the file again',
      )
    await receive(ctx, store, target)
  })
  return router
}
