/** Bringing a result home: choosing the file, decoding or fetching it, and seeing that it is what it should be. */
import { open, writeFile } from 'node:fs/promises'
import { isIP } from 'node:net'
import { extname } from 'node:path'
import type { Config } from '../../core/platform/config.ts'
import { addressPolicy, parseNetwork } from '../../core/platform/networks.ts'
import { createOutbound, type Outbound, OutboundError } from '../../core/platform/outbound.ts'
import { EngineError } from './engine.ts'
import type { RunpodFile } from './runpod-status.ts'

const VIDEO = new Set(['.mp4', '.webm', '.mov', '.mkv', '.m4v', '.gif'])
const IMAGE = new Set(['.png', '.jpg', '.jpeg', '.webp'])
const DOWNLOAD_MS = 600_000
const MB = 1_048_576

/** What the first bytes of a file may be. Audio containers and pages that say 200 are none of these. */
const MAGIC: Readonly<Record<'video' | 'image', readonly RegExp[]>> = {
  video: [/^.{8}66747970/, /^1a45dfa3/, /^47494638/],
  image: [/^89504e47/, /^ffd8ff/, /^52494646/],
}

const badResult = (message: string, retryable: boolean, cause?: unknown): EngineError =>
  new EngineError('bad_result', message, { retryable, cause })

/** Kind by extension: `type` says how a file travels, and images are what everything is called. */
function kindOf({ filename }: RunpodFile): 'video' | 'image' | 'unknown' {
  const extension = extname(filename).toLowerCase()
  return VIDEO.has(extension) ? 'video' : IMAGE.has(extension) ? 'image' : 'unknown'
}

/**
 * The main file of a result: that of the main node by its prefix, else the last of the wanted kind.
 * @throws {EngineError} bad_result when there is none
 */
export function chooseFile(
  files: readonly RunpodFile[],
  wanted: 'video' | 'image',
  prefix: string,
): RunpodFile {
  const fit = files.filter((file) => kindOf(file) === wanted)
  const chosen =
    fit.findLast(({ filename }) => filename.startsWith(prefix)) ??
    fit.at(-1) ??
    // Of an old image, which says no name.
    (files.length === 1 && files[0]!.filename === '' ? files[0] : undefined)
  if (chosen) return chosen
  const found = files.map(({ filename }) => extname(filename) || 'a file without a name').join(', ')
  throw badResult(
    `The endpoint gave ${found} where ${wanted === 'video' ? 'a clip' : 'a picture'} was expected.`,
    false,
  )
}

/** Plain base64, or a data URI. Null for anything else. */
function decode(data: string): Buffer | null {
  const text = data.startsWith('data:') ? data.slice(data.indexOf(',') + 1) : data
  if (text.length % 4 !== 0 || !/^[A-Za-z0-9+/]+={0,2}$/.test(text)) return null
  return Buffer.from(text, 'base64')
}

type ResultConfig = Parameters<typeof createOutbound>[0] &
  Pick<Config, 'RUNPOD_RESULT_ALLOWED_CIDRS' | 'RUNPOD_RESULT_MAX_MB'>

/**
 * Fetches results. Their addresses come from the endpoint, so that they are held to the rules for strangers' addresses:
 * https and public, unless the operator has opened a network for them.
 */
export function createResults(
  config: ResultConfig,
): (file: RunpodFile, kind: 'video' | 'image', toPath: string, signal: AbortSignal) => Promise<void> {
  const isOpened = addressPolicy(
    config.RUNPOD_RESULT_ALLOWED_CIDRS.flatMap((text) => parseNetwork(text) ?? []),
  )
  const outbound: Outbound = createOutbound({
    ...config,
    WEBHOOK_ALLOWED_CIDRS: config.RUNPOD_RESULT_ALLOWED_CIDRS,
    WEBHOOK_ALLOW_INSECURE: config.RUNPOD_RESULT_ALLOWED_CIDRS.length > 0,
  })

  function requireSafe(address: string): void {
    const url = URL.parse(address)
    if (!url)
      throw badResult(
        'The endpoint gave no address where its result should be; its upload is probably not set up (bucket key and secret).',
        false,
      )
    const host = url.hostname.replace(/^\[|\]$/g, '')
    const isPrivate = isIP(host) !== 0 && isOpened(host)
    if (url.protocol !== 'https:' && !isPrivate)
      throw badResult('The endpoint gave an address that is not https; nothing is fetched from there.', false)
  }

  async function fetchFile(address: string, toPath: string, signal: AbortSignal): Promise<void> {
    requireSafe(address)
    try {
      await outbound.download({
        url: address,
        toPath,
        limitMs: DOWNLOAD_MS,
        maxBytes: config.RUNPOD_RESULT_MAX_MB * MB,
        signal,
      })
    } catch (error) {
      if (!(error instanceof OutboundError)) throw error
      // The address holds a signature: it is not shown.
      const say = (text: string, retryable: boolean) =>
        badResult(`The result cannot be fetched: ${text}.`, retryable, error)
      if (error.fault === 'refused') throw say(error.message, false)
      if (error.fault === 'too_large') throw say(`${error.message} (RUNPOD_RESULT_MAX_MB)`, false)
      if (error.fault === 'status' && error.status !== null && error.status < 500 && error.status !== 429)
        throw say(`its address has expired or is wrong (${error.status})`, false)
      throw new EngineError(
        'engine_unreachable',
        `The result cannot be fetched just now: ${error.message}.`,
        {
          retryable: true,
          cause: error,
        },
      )
    }
  }

  return async (file, kind, toPath, signal) => {
    if (file.form === 's3_url') await fetchFile(file.data, toPath, signal)
    else {
      const bytes = decode(file.data)
      if (!bytes) throw badResult('The result is cut off or no base64.', true)
      if (bytes.length > config.RUNPOD_RESULT_MAX_MB * MB)
        throw badResult(`The result is larger than ${config.RUNPOD_RESULT_MAX_MB} MB.`, false)
      await writeFile(toPath, bytes, { signal })
    }
    const handle = await open(toPath)
    try {
      const head = Buffer.alloc(16)
      await handle.read(head, 0, 16, 0)
      const hex = head.toString('hex')
      if (!MAGIC[kind].some((magic) => magic.test(hex)))
        throw badResult(`The result is no ${kind === 'video' ? 'clip' : 'picture'}.`, true)
    } finally {
      await handle.close()
    }
  }
}
