/**
 * Calls to hosts that callers choose. The only way out to them: the name is resolved for each call, every address of the
 * answer must be allowed, and the connection goes to one of those very addresses, so that a name that changes its mind in
 * between gains nothing. No redirects, no kept connections, one limit on the whole, TLS verified.
 */
import { lookup as lookUp } from 'node:dns/promises'
import { createWriteStream } from 'node:fs'
import { isIP, type LookupFunction } from 'node:net'
import { pipeline } from 'node:stream/promises'
import type { Dispatcher } from 'undici'
import type { Config } from './config.ts'
import { addressPolicy, parseNetwork } from './networks.ts'

export type OutboundFault =
  /** The address is not one that may be called, by its form or by where it leads. */
  | 'refused'
  /** No answer within the limit. */
  | 'timeout'
  /** No connection, no valid certificate, or no HTTP. */
  | 'network'
  /** A file was asked for, and something else came: see `status`. */
  | 'status'
  /** More bytes than are wanted. */
  | 'too_large'

export class OutboundError extends Error {
  readonly fault: OutboundFault
  readonly status: number | null
  constructor(fault: OutboundFault, message: string, cause?: unknown, status: number | null = null) {
    super(message, { cause })
    this.name = 'OutboundError'
    this.fault = fault
    this.status = status
  }
}

export type OutboundRequest = {
  method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  url: string
  headers?: Readonly<Record<string, string>>
  body?: Uint8Array | null
  /** For everything together: name, connection, answer. */
  limitMs: number
  /** More of the answer's body than this is not read. */
  maxReplyBytes: number
  signal?: AbortSignal
}

export type DownloadRequest = {
  url: string
  toPath: string
  /** For everything together. */
  limitMs: number
  maxBytes: number
  signal: AbortSignal
}

/** `body`: what came within the limits, perhaps not all of it. */
export type OutboundReply = { status: number; body: Buffer }

/** All addresses of a name, as the system knows them. */
export type Resolve = (hostname: string) => Promise<string[]>

export type Outbound = {
  /**
   * Whether this address may be called, as things are now.
   * @throws {OutboundError} `refused`, or `network` when the name cannot be resolved
   */
  check(url: string, limitMs?: number): Promise<void>
  /** @throws {OutboundError} when there is no answer */
  send(request: OutboundRequest): Promise<OutboundReply>
  /**
   * Fetches a file, as it comes, to `toPath`. Only a whole one counts.
   * @throws {OutboundError} also for a status other than 200 (`status`), one that breaks off, and one that is too large
   */
  download(request: DownloadRequest): Promise<{ sizeBytes: number }>
}

export const MAX_TARGET_LENGTH = 2_048
const CHECK_LIMIT_MS = 5_000
/** How long the addresses of our own services are remembered. */
const OWN_ADDRESSES_MS = 30_000

const systemResolve: Resolve = async (hostname) =>
  (await lookUp(hostname, { all: true, order: 'verbatim' })).map(({ address }) => address)

const bare = (hostname: string): string => hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '')

type OutboundConfig = Pick<
  Config,
  | 'WEBHOOK_ALLOW_INSECURE'
  | 'WEBHOOK_ALLOWED_CIDRS'
  | 'DATABASE_URL'
  | 'DATABASE_OWNER_URL'
  | 'S3_ENDPOINT'
  | 'S3_PUBLIC_ENDPOINT'
  | 'SMTP_URL'
  | 'COMFYUI_URLS'
  | 'PREVIEW_URL'
  | 'APP_BASE_URL'
>

/** Loaded with the first call: it is a tenth of what a process loads, and most processes never call anybody. */
const loadClient = () => import('undici')

type Service = { host: string; port: number }

const DEFAULT_PORTS: Readonly<Record<string, number>> = {
  'postgres:': 5432,
  'postgresql:': 5432,
  'http:': 80,
  'https:': 443,
  'smtp:': 25,
  'smtps:': 465,
}

const portOf = (url: URL): number => Number(url.port) || DEFAULT_PORTS[url.protocol] || 0

/** Where this installation keeps its own parts: those are not for callers to reach, whatever else is open. */
function ownServices(config: OutboundConfig): { inner: Service[]; all: Service[] } {
  const serviceOf = (text: string): Service[] => {
    const url = URL.parse(text)
    return url ? [{ host: bare(url.hostname).toLowerCase(), port: portOf(url) }] : []
  }
  const inner = [
    config.DATABASE_URL,
    config.DATABASE_OWNER_URL,
    config.S3_ENDPOINT,
    config.SMTP_URL,
    config.PREVIEW_URL,
    ...config.COMFYUI_URLS,
  ].flatMap(serviceOf)
  return { inner, all: [...inner, ...[config.S3_PUBLIC_ENDPOINT, config.APP_BASE_URL].flatMap(serviceOf)] }
}

const refused = (message: string): OutboundError => new OutboundError('refused', message)

/**
 * The client for calls to chosen hosts.
 * @param resolve names to addresses; the system's by default
 */
export function createOutbound(config: OutboundConfig, resolve: Resolve = systemResolve): Outbound {
  const isAllowed = addressPolicy(config.WEBHOOK_ALLOWED_CIDRS.flatMap((text) => parseNetwork(text) ?? []))
  const own = ownServices(config)
  const ownNames = new Set(
    own.inner.map(({ host }) => host).filter((host) => isIP(host) === 0 && host !== 'localhost'),
  )
  let ownAddresses: { until: number; found: Promise<Set<string>> } | null = null

  /** `address port` of each of our own services. */
  function ownSockets(): Promise<Set<string>> {
    if (ownAddresses && ownAddresses.until > performance.now()) return ownAddresses.found
    const found = Promise.all(
      own.all.map(async ({ host, port }) => {
        const addresses = isIP(host) ? [host] : await resolve(host).catch(() => [])
        return addresses.map((address) => `${address} ${port}`)
      }),
    ).then((each) => new Set(each.flat()))
    ownAddresses = { until: performance.now() + OWN_ADDRESSES_MS, found }
    return found
  }

  /** The form of an address: what can be said without asking anybody. */
  function parseTarget(text: string): URL {
    const url = text.length <= MAX_TARGET_LENGTH ? URL.parse(text) : null
    if (!url) throw refused(`it must be an absolute URL of at most ${MAX_TARGET_LENGTH} characters`)
    const isPlain = url.protocol === 'http:' && config.WEBHOOK_ALLOW_INSECURE
    if (url.protocol !== 'https:' && !isPlain) throw refused('it must begin with https://')
    if (url.username !== '' || url.password !== '') throw refused('it must not hold a user or a password')
    if (text.includes('#')) throw refused('it must not hold a fragment')
    if (bare(url.hostname) === '') throw refused('it must name a host')
    if (ownNames.has(bare(url.hostname).toLowerCase()))
      throw refused('it leads to a service of this installation')
    return url
  }

  /** Addresses behind a host, all of them allowed. */
  async function resolveAllowed(hostname: string, port: number): Promise<string[]> {
    const host = bare(hostname)
    let addresses: string[]
    try {
      addresses = isIP(host) ? [host] : await resolve(host)
    } catch (cause) {
      throw new OutboundError('network', 'its host name cannot be resolved', cause)
    }
    if (addresses.length === 0) throw new OutboundError('network', 'its host name has no address')
    const ownAt = await ownSockets()
    for (const address of addresses) {
      if (!isAllowed(address)) throw refused('it leads to an address that is not public')
      if (ownAt.has(`${address} ${port}`)) throw refused('it leads to a service of this installation')
    }
    return addresses
  }

  /** Connects to the addresses that were looked at, and to no other. The host name stays in SNI and certificate check. */
  function lookupOf(addresses: readonly string[]): LookupFunction {
    const given = addresses.map((address) => ({ address, family: isIP(address) }))
    return (_hostname, options, callback) => {
      if (options.all) callback(null, given)
      else callback(null, given[0]!.address, given[0]!.family)
    }
  }

  /** Asks, hands the answer to `use`, and hangs up. */
  async function exchange<T>(
    request: Pick<OutboundRequest, 'method' | 'headers' | 'body' | 'limitMs'>,
    url: URL,
    signal: AbortSignal,
    use: (reply: Dispatcher.ResponseData) => Promise<T>,
  ): Promise<T> {
    const { buildConnector, Client } = await loadClient()
    const addresses = await within(resolveAllowed(url.hostname, portOf(url)), signal)
    const client = new Client(url.origin, {
      connect: buildConnector({
        lookup: lookupOf(addresses),
        timeout: request.limitMs,
        allowH2: false,
        maxCachedSessions: 0,
      }),
      pipelining: 0,
      headersTimeout: request.limitMs,
      bodyTimeout: request.limitMs,
    })
    try {
      const reply = await client.request({
        path: `${url.pathname}${url.search}`,
        method: request.method,
        headers: { ...request.headers },
        body: request.body ?? null,
        signal,
      })
      return await use(reply)
    } finally {
      // What is left of the answer is not waited for.
      client.destroy().catch(() => {})
    }
  }

  /** Runs a call within its limit, and puts whatever goes wrong into the words of this module. */
  async function limited<T>(
    request: { url: string; limitMs: number; signal?: AbortSignal },
    call: (url: URL, signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const url = parseTarget(request.url)
    const limit = AbortSignal.timeout(request.limitMs)
    const signal = request.signal ? AbortSignal.any([limit, request.signal]) : limit
    try {
      return await call(url, signal)
    } catch (error) {
      if (error instanceof OutboundError) throw error
      request.signal?.throwIfAborted()
      if (limit.aborted) throw new OutboundError('timeout', `no answer within ${request.limitMs / 1_000} s`)
      // A full disk is ours, and has nothing to do with the other side.
      if (['ENOSPC', 'EDQUOT'].includes(String((error as { code?: unknown }).code))) throw error
      throw new OutboundError('network', `the connection failed (${reasonOf(error)})`, error)
    }
  }

  return {
    async check(text, limitMs = CHECK_LIMIT_MS) {
      const url = parseTarget(text)
      const resolving = within(resolveAllowed(url.hostname, portOf(url)), AbortSignal.timeout(limitMs))
      await resolving.catch((error: unknown) => {
        if (error instanceof OutboundError) throw error
        throw new OutboundError('network', 'its host name cannot be resolved', error)
      })
    },
    send: (request) =>
      limited(request, (url, signal) =>
        exchange(request, url, signal, async (reply) => ({
          status: reply.statusCode,
          body: await readUpTo(reply.body, request.maxReplyBytes),
        })),
      ),
    download: (request) =>
      limited(request, (url, signal) =>
        exchange({ method: 'GET', limitMs: request.limitMs }, url, signal, (reply) =>
          storeBody(reply, request, signal),
        ),
      ),
  }
}

/** Writes the body of a good answer to a file, within its limit. */
async function storeBody(
  { statusCode, headers, body }: Dispatcher.ResponseData,
  { toPath, maxBytes }: DownloadRequest,
  signal: AbortSignal,
): Promise<{ sizeBytes: number }> {
  if (statusCode !== 200)
    throw new OutboundError('status', `it answered ${statusCode}`, undefined, statusCode)
  const tooLarge = (): OutboundError =>
    new OutboundError('too_large', `it has more than ${Math.floor(maxBytes / 1_048_576)} MB`)
  const announced = Number(headers['content-length'] ?? Number.NaN)
  if (announced > maxBytes) throw tooLarge()
  let sizeBytes = 0
  await pipeline(
    body,
    async function* (chunks: AsyncIterable<Buffer>) {
      for await (const chunk of chunks) {
        sizeBytes += chunk.byteLength
        if (sizeBytes > maxBytes) throw tooLarge()
        yield chunk
      }
    },
    createWriteStream(toPath),
    { signal },
  )
  return { sizeBytes }
}

/** Rejects once the signal aborts: a name server that is silent cannot be told to stop. */
async function within<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>()
  const onAbort = (): void => reject(signal.reason)
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    return await Promise.race([work, promise])
  } finally {
    signal.removeEventListener('abort', onAbort)
    work.catch(() => {})
  }
}

/** The first bytes of a body. One that breaks off, or takes too long, still counts with what has come. */
async function readUpTo(body: AsyncIterable<Buffer>, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = []
  let size = 0
  try {
    for await (const chunk of body) {
      chunks.push(chunk)
      size += chunk.byteLength
      if (size >= maxBytes) break
    }
  } catch {
    // The status is what matters; it is here already.
  }
  return Buffer.concat(chunks).subarray(0, maxBytes)
}

/** A short, stable word for what went wrong, without addresses. */
function reasonOf(error: unknown): string {
  for (let at: unknown = error; at instanceof Error; at = at.cause) {
    const { code } = at as { code?: unknown }
    if (typeof code === 'string' && /^[A-Z][A-Z0-9_]{2,60}$/.test(code)) return code
    if (at instanceof AggregateError && at.errors.length > 0) return reasonOf(at.errors[0])
  }
  return 'no HTTP'
}
