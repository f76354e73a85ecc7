/** One call to a voice service: every wait and every buffer limited, failures in our own words. */
import { setTimeout as sleep } from 'node:timers/promises'
import { VoiceError } from './engine.ts'

export type ServiceLimits = {
  /** For one call as a whole. */
  callMs: number
  /** Calls for one line that end in "later" or in no answer. */
  tries: number
  /** First wait between two of them; doubles. */
  waitMs: number
  /** Longest wait that a service may ask of us here; for a longer one the step is tried again. */
  longestWaitMs: number
  replyBytes: number
}

export const SERVICE_LIMITS: ServiceLimits = {
  callMs: 60_000,
  tries: 4,
  waitMs: 1_000,
  longestWaitMs: 20_000,
  replyBytes: 8 * 2 ** 20,
}

export type ServiceCall = {
  url: string
  headers: Readonly<Record<string, string>>
  body: object
}

export type ServiceReply = { contentType: string; body: Buffer }

/** What an answer other than 200 means, in the words of one service. */
export type Explain = (status: number, body: Buffer) => VoiceError

/**
 * Posts `call` and gives the answer of a 200. An answer that says "later" (429, 5xx), and none at all, are waited out a few times.
 * @throws {VoiceError}; an aborted `signal` rejects with the signal's reason
 */
export async function callService(
  call: ServiceCall,
  explain: Explain,
  limits: ServiceLimits,
  signal: AbortSignal,
): Promise<ServiceReply> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await callOnce(call, explain, limits, signal)
    } catch (error) {
      signal.throwIfAborted()
      const mayPass =
        error instanceof VoiceError &&
        (error.code === 'voice_rate_limited' || error.code === 'voice_unreachable')
      const asked = error instanceof VoiceError ? (error.retryAfterS ?? 0) * 1_000 : 0
      if (!mayPass || attempt >= limits.tries || asked > limits.longestWaitMs) throw error
      const backOff = limits.waitMs * 2 ** (attempt - 1) * (0.5 + Math.random() / 2)
      await sleep(Math.max(asked, backOff), undefined, { signal }).catch(() => signal.throwIfAborted())
    }
  }
}

async function callOnce(
  { url, headers, body }: ServiceCall,
  explain: Explain,
  { callMs, replyBytes }: ServiceLimits,
  signal: AbortSignal,
): Promise<ServiceReply> {
  const limit = AbortSignal.timeout(callMs)
  const either = AbortSignal.any([signal, limit])
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', ...headers },
      body: JSON.stringify(body),
      redirect: 'error',
      signal: either,
    })
    const reply = await readCapped(response, replyBytes)
    if (response.status === 200)
      return { contentType: response.headers.get('content-type') ?? '', body: reply }
    const { code, message } = explain(response.status, reply)
    throw new VoiceError(code, message, { retryAfterS: secondsOf(response.headers.get('retry-after')) })
  } catch (error) {
    signal.throwIfAborted()
    if (error instanceof VoiceError) throw error
    const reason = limit.aborted ? `it did not answer within ${callMs / 1_000} s` : 'the connection failed'
    throw new VoiceError('voice_unreachable', `the voice service cannot be reached: ${reason}`, {
      cause: error,
    })
  }
}

/** @throws {VoiceError} `bad_speech` for a body without end */
async function readCapped(response: Response, most: number): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of response.body ?? []) {
    size += chunk.byteLength
    if (size > most)
      throw new VoiceError('bad_speech', `the voice service sent more than ${Math.round(most / 2 ** 20)} MiB`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

/** A `Retry-After` in seconds; a date is not worth a second clock. */
const secondsOf = (header: string | null): number | null =>
  header !== null && /^\d{1,6}$/.test(header) ? Number(header) : null

/** The answer as an object, or null when it is no JSON object. */
export function jsonOf(body: Buffer): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(body.toString('utf8'))
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null
  } catch {
    return null
  }
}

/** What every service means by a status, where it says nothing better. `said`: its own words, for people. */
export function explainStatus(status: number, said: string): VoiceError {
  const words = said === '' ? '' : ` ("${said}")`
  if (status === 401 || status === 403)
    return new VoiceError(
      'voice_key_refused',
      `the voice service refuses our key; check VOICE_API_KEY${words}`,
    )
  if (status === 402)
    return new VoiceError('voice_quota_used_up', `the account with the voice service is used up${words}`)
  if (status === 429)
    return new VoiceError('voice_rate_limited', 'the voice service has too many requests from us')
  if (status === 408 || status >= 500)
    return new VoiceError('voice_unreachable', `the voice service fails with status ${status}`)
  return new VoiceError('voice_rejected', `the voice service refuses the line with status ${status}${words}`)
}

/** Words of a service as we pass them on: one line, short, and never our key. */
export const harmlessWords = (text: unknown, key: string): string =>
  typeof text !== 'string'
    ? ''
    : (key === '' ? text : text.replaceAll(key, '…'))
        .replace(/[\p{Cc}\s]+/gu, ' ')
        .trim()
        .slice(0, 200)
