/**
 * The object store, spoken to as S3. Bytes travel as streams over presigned URLs, so memory does not grow with a file,
 * and are checked on the way: MD5 against the store's ETag when put, SHA-256 against the caller's when read.
 */
import { createHash } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { rm, stat as statFile } from 'node:fs/promises'
import http from 'node:http'
import https from 'node:https'
import { Readable, Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { CopyDestinationOptions, CopySourceOptions, Client as MinioClient } from 'minio'
import { disposition } from './disposition.ts'
import { datedAnew, type SignedRequest, signHeaders } from './presign.ts'
import { retry, withDeadline } from './retry.ts'
import { createStoreClock, type StoreClock } from './store-clock.ts'

export type ObjectStat = { sizeBytes: number; contentType: string; etag: string }

export type AnnouncedObject = { contentType: string; sizeBytes: number }

export type ObjectStore = {
  /** Makes the bucket when it is missing. */
  ensureBucket(): Promise<void>
  /** Resolves when the store answers; rejects within 5 s when it does not. */
  ping(): Promise<void>
  /**
   * Puts a file under `key` unless an object of the same size is there already: for keys that name their content.
   * Tries again for up to `budgetMs` (60 s) while the store is away.
   */
  putFile(
    key: string,
    path: string,
    contentType: string,
    signal: AbortSignal,
    budgetMs?: number,
  ): Promise<void>
  /** Puts a small object, whether or not the key exists. Tries again for up to `budgetMs` (0: once only). */
  putBytes(
    key: string,
    bytes: Uint8Array,
    contentType: string,
    signal: AbortSignal,
    budgetMs?: number,
  ): Promise<void>
  /** Fetches an object into a file; with `sha256` (hex) the bytes must match. */
  getFile(key: string, path: string, signal: AbortSignal, sha256?: string, budgetMs?: number): Promise<void>
  /**
   * Copies an object within the store, unless one of the same size is there already: for keys that name their content.
   * @throws {ObjectStoreError} `object_missing`
   */
  copy(from: string, to: string, signal: AbortSignal, budgetMs?: number): Promise<void>
  /** Null when there is no such object. */
  stat(key: string): Promise<ObjectStat | null>
  /** Bytes `start` to `end`, both inclusive; the whole object by default. */
  read(key: string, signal: AbortSignal, range?: { start: number; end: number }): Promise<Readable>
  /** Puts what comes from somewhere else, once, while it comes; it must have the announced size. */
  putStream(key: string, bytes: Readable, object: AnnouncedObject, signal: AbortSignal): Promise<void>
  remove(keys: readonly string[]): Promise<void>
  /** Every key under a prefix (objects of one job: bounded). */
  list(prefix: string): AsyncIterable<string>
  /** A URL that a browser can GET for `expiresS` seconds; `filename` makes it a download. */
  presignGet(key: string, expiresS: number, filename?: string): Promise<string>
  /** A URL to PUT one object to, of exactly this type and size. */
  presignPut(key: string, expiresS: number, object: AnnouncedObject): Promise<string>
}

export type ObjectStoreOptions = {
  endpoint: string
  publicEndpoint: string
  region: string
  accessKey: string
  secretKey: string
  pathStyle: boolean
  bucket: string
}

const CONNECT_MS = 5_000
const IDLE_MS = 30_000
const DEFAULT_BUDGET_MS = 60_000

/** The store answered, but not as asked; `status` is the HTTP status. */
export class ObjectStoreError extends Error {
  readonly code: 'storage_unavailable' | 'storage_full' | 'storage_corrupt' | 'object_missing'
  readonly status: number | null
  constructor(
    code: ObjectStoreError['code'],
    message: string,
    status: number | null = null,
    cause?: unknown,
  ) {
    super(message, { cause })
    this.name = 'ObjectStoreError'
    this.code = code
    this.status = status
  }
}

/** What the client of the store sends its requests by: dated by the store's clock, which its answers tell. */
function datedTransport(secure: boolean, clock: StoreClock, secretKey: string): Pick<typeof http, 'request'> {
  const request = (options: http.RequestOptions, onResponse: (response: http.IncomingMessage) => void) => {
    const headers = { ...(options.headers as http.OutgoingHttpHeaders) }
    if (clock.isOff)
      Object.assign(headers, datedAnew({ ...options, headers } as SignedRequest, clock.now(), secretKey))
    return (secure ? https : http).request({ ...options, headers }, (response) => {
      clock.learn(response.headers.date)
      onResponse(response)
    })
  }
  return { request: request as typeof http.request }
}

function client(options: ObjectStoreOptions, endpoint: string, clock: StoreClock): MinioClient {
  const url = new URL(endpoint)
  const secure = url.protocol === 'https:'
  return new MinioClient({
    transport: datedTransport(secure, clock, options.secretKey),
    endPoint: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port ? Number(url.port) : secure ? 443 : 80,
    useSSL: secure,
    accessKey: options.accessKey,
    secretKey: options.secretKey,
    region: options.region,
    pathStyle: options.pathStyle,
  })
}

/** One HTTP exchange with limits on connecting and on silence; resolves with the response once its head is here. */
function exchange(
  url: string,
  method: 'GET' | 'PUT',
  headers: Record<string, string>,
  body: Readable | Uint8Array | null,
  signal: AbortSignal,
): Promise<http.IncomingMessage> {
  return new Promise((resolve, reject) => {
    const request = (url.startsWith('https:') ? https : http).request(
      url,
      { method, headers, signal },
      resolve,
    )
    // The socket's own timeout counts silence in both directions; it starts tighter, while connecting.
    request.setTimeout(CONNECT_MS, () => request.destroy(new Error('the object store is silent')))
    request.once('socket', (socket) => {
      const connected = () => request.setTimeout(IDLE_MS)
      if (socket.connecting) socket.once('connect', connected)
      else connected()
    })
    request.once('error', reject)
    if (body instanceof Readable) pipeline(body, request).catch(reject)
    else request.end(body ?? undefined)
  })
}

/** Reads a reply's body to its end, keeping at most 4 kB of it. */
async function drain(response: http.IncomingMessage): Promise<string> {
  let text = ''
  for await (const chunk of response) if (text.length < 4_096) text += String(chunk)
  return text.slice(0, 4_096)
}

const isMissing = (error: unknown): boolean =>
  ['NotFound', 'NoSuchKey', 'NoSuchBucket'].includes(String((error as { code?: unknown }).code))

/** Faults of our own disk, which the store has no part in. */
const LOCAL_FAULTS = new Set(['ENOSPC', 'EDQUOT', 'EFBIG', 'EROFS', 'EACCES', 'EPERM', 'ENOENT', 'EMFILE'])

/**
 * A failure as callers see it: cut or refused connections and odd answers of the store become `storage_unavailable`;
 * our own errors, those of the local disk and an abort pass as they are.
 */
function named(error: unknown, signal?: AbortSignal): unknown {
  if (signal?.aborted) return signal.reason
  if (error instanceof ObjectStoreError) return error
  if (LOCAL_FAULTS.has(String((error as NodeJS.ErrnoException)?.code))) return error
  return new ObjectStoreError('storage_unavailable', 'the object store does not answer', null, error)
}

/** So often bytes may come wrong before they are believed to be wrong in the store. */
const MOST_WRONG_READS = 3

/** Failures that will not pass by waiting. */
const isFinal = (error: unknown): boolean =>
  error instanceof ObjectStoreError && error.code === 'object_missing'

export function createObjectStore(options: ObjectStoreOptions): ObjectStore {
  const { bucket } = options
  const clock = createStoreClock()
  const inner = client(options, options.endpoint, clock)
  const outer = client(options, options.publicEndpoint, clock)
  /** For our own use at once: method, key. */
  const presigned = (method: 'GET' | 'PUT', key: string): Promise<string> =>
    limited(inner.presignedUrl(method, bucket, key, 900, {}, clock.now()))
  const limited = <T>(work: Promise<T>): Promise<T> =>
    withDeadline(work, IDLE_MS, 'the object store did not answer within 30 s')

  /** Tries again for `budgetMs` while that may help. */
  const lasting = (
    work: () => Promise<void>,
    budgetMs: number,
    signal: AbortSignal,
    mayHelp = () => true,
  ): Promise<void> =>
    retry(work, { budgetMs, signal, retryable: (error) => !isFinal(error) && mayHelp() }).catch(
      (error: unknown) => {
        throw named(error, signal)
      },
    )

  async function put(
    key: string,
    body: Readable | Uint8Array,
    sizeBytes: number,
    contentType: string,
    signal: AbortSignal,
  ): Promise<void> {
    const md5 = createHash('md5')
    const tap =
      body instanceof Readable
        ? body.pipe(
            new Transform({
              transform(chunk, _encoding, done) {
                md5.update(chunk)
                done(null, chunk)
              },
            }),
          )
        : body
    if (body instanceof Readable) body.once('error', (error) => (tap as Transform).destroy(error))
    else md5.update(body)
    const url = await presigned('PUT', key)
    const headers = { 'content-length': String(sizeBytes), 'content-type': contentType }
    const response = await exchange(url, 'PUT', headers, tap, signal)
    clock.learn(response.headers.date)
    const text = await drain(response)
    if (response.statusCode !== 200) {
      const full = response.statusCode === 507 || /XMinioStorageFull|QuotaExceeded|ENOSPC/i.test(text)
      const code = full ? 'storage_full' : 'storage_unavailable'
      throw new ObjectStoreError(
        code,
        `the object store refused a file (${response.statusCode})`,
        response.statusCode ?? null,
      )
    }
    const etag = String(response.headers.etag ?? '').replaceAll('"', '')
    if (/^[0-9a-f]{32}$/.test(etag) && etag !== md5.digest('hex')) {
      throw new ObjectStoreError('storage_corrupt', 'the object store received other bytes than were sent')
    }
  }

  async function stat(key: string): Promise<ObjectStat | null> {
    try {
      const found = await limited(inner.statObject(bucket, key))
      const contentType = String(found.metaData?.['content-type'] ?? 'application/octet-stream')
      return { sizeBytes: found.size, contentType, etag: found.etag }
    } catch (error) {
      if (isMissing(error)) return null
      throw named(error)
    }
  }

  async function read(
    key: string,
    signal: AbortSignal,
    range?: { start: number; end: number },
  ): Promise<Readable> {
    const url = await presigned('GET', key)
    const headers: Record<string, string> = range ? { range: `bytes=${range.start}-${range.end}` } : {}
    const response = await exchange(url, 'GET', headers, null, signal)
    clock.learn(response.headers.date)
    if (response.statusCode !== 200 && response.statusCode !== 206) {
      await drain(response)
      const missing = response.statusCode === 404
      throw new ObjectStoreError(
        missing ? 'object_missing' : 'storage_unavailable',
        `the object store answered ${response.statusCode}`,
        response.statusCode ?? null,
      )
    }
    return response
  }

  return {
    async ensureBucket() {
      if (await limited(inner.bucketExists(bucket))) return
      await limited(inner.makeBucket(bucket, options.region)).catch((error: { code?: string }) => {
        // Another process made it in the meantime.
        if (!['BucketAlreadyOwnedByYou', 'BucketAlreadyExists'].includes(error.code ?? '')) throw error
      })
    },
    async ping() {
      await withDeadline(inner.bucketExists(bucket), CONNECT_MS, 'the object store did not answer within 5 s')
    },
    async putFile(key, path, contentType, signal, budgetMs = DEFAULT_BUDGET_MS) {
      const { size } = await statFile(path)
      const work = async () => {
        if ((await stat(key))?.sizeBytes === size) return
        await put(key, createReadStream(path), size, contentType, signal)
      }
      await lasting(work, budgetMs, signal)
    },
    async putBytes(key, bytes, contentType, signal, budgetMs = 0) {
      await lasting(() => put(key, bytes, bytes.byteLength, contentType, signal), budgetMs, signal)
    },
    async getFile(key, path, signal, sha256, budgetMs = DEFAULT_BUDGET_MS) {
      let wrongReads = 0
      const work = async () => {
        const hash = createHash('sha256')
        const tap = new Transform({
          transform(chunk, _encoding, done) {
            hash.update(chunk)
            done(null, chunk)
          },
        })
        try {
          await pipeline(await read(key, signal), tap, createWriteStream(path), { signal })
          if (sha256 && hash.digest('hex') !== sha256) {
            wrongReads += 1
            throw new ObjectStoreError(
              'storage_corrupt',
              'an object does not have the bytes it was stored with',
            )
          }
        } catch (error) {
          await rm(path, { force: true })
          throw error
        }
      }
      // The way may have spoiled a read or two; what is stored does not get better by being read again.
      await lasting(work, budgetMs, signal, () => wrongReads < MOST_WRONG_READS)
    },
    async copy(from, to, signal, budgetMs = DEFAULT_BUDGET_MS) {
      const work = async () => {
        const source = await stat(from)
        if (!source) throw new ObjectStoreError('object_missing', 'the object to be copied is not there', 404)
        if ((await stat(to))?.sizeBytes === source.sizeBytes) return
        await limited(
          inner.copyObject(
            new CopySourceOptions({ Bucket: bucket, Object: from }),
            new CopyDestinationOptions({ Bucket: bucket, Object: to }),
          ),
        ).catch((error: unknown) => {
          if (isMissing(error))
            throw new ObjectStoreError('object_missing', 'the object to be copied is not there', 404, error)
          throw error
        })
      }
      await lasting(work, budgetMs, signal)
    },
    stat,
    read,
    async putStream(key, bytes, { contentType, sizeBytes }, signal) {
      await put(key, bytes, sizeBytes, contentType, signal).catch((error: unknown) => {
        throw named(error, signal)
      })
    },
    async remove(keys) {
      for (const key of keys) await limited(inner.removeObject(bucket, key))
    },
    async *list(prefix) {
      for await (const item of inner.listObjectsV2(bucket, prefix, true))
        if (item.name) yield String(item.name)
    },
    async presignGet(key, expiresS, filename) {
      const headers = filename ? { 'response-content-disposition': disposition('attachment', filename) } : {}
      return outer.presignedGetObject(bucket, key, expiresS, headers, clock.now())
    },
    async presignPut(key, expiresS, { contentType, sizeBytes }) {
      const url = await outer.presignedUrl('PUT', bucket, key, expiresS, {}, clock.now())
      const headers = { 'content-type': contentType, 'content-length': String(sizeBytes) }
      return signHeaders('PUT', url, headers, options.secretKey)
    },
  }
}
