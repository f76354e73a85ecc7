/** What follows from an attempt. Pure. */
import type { OutboundFault } from '../platform/outbound.ts'
import type { DeliveryStatus } from './events.ts'

/** Seconds from one attempt to the next: after the first a minute, and so on. */
export const RETRY_AFTER_S = [60, 300, 1_800, 7_200] as const
/** Characters of an answer that are kept. */
export const KEPT_CHARACTERS = 10_240

export type Attempted =
  | { kind: 'answered'; status: number; text: string }
  | { kind: 'unanswered'; fault: OutboundFault; text: string }
  /** Nothing was sent: the webhook was switched off in the meantime. */
  | { kind: 'inactive' }

export type Verdict = {
  status: Extract<DeliveryStatus, 'delivered' | 'retrying' | 'failed'>
  retryAfterS: number | null
  responseStatus: number | null
  responseBody: string | null
}

/** At most so many characters (code points) of a text, without those that the database does not hold. */
export function kept(text: string): string {
  const whole = text.toWellFormed().replaceAll('\0', '\ufffd')
  return whole.length <= KEPT_CHARACTERS ? whole : [...whole].slice(0, KEPT_CHARACTERS).join('')
}

/**
 * How a delivery goes on after attempt number `attempts` (from 1) of `maxAttempts`: 2xx is delivered; 5xx and no answer
 * at all are tried again while attempts are left; everything else says that trying again is useless.
 */
export function judge(attempted: Attempted, attempts: number, maxAttempts: number): Verdict {
  const isAnswered = attempted.kind === 'answered'
  const responseStatus = isAnswered ? attempted.status : null
  const end = (status: 'delivered' | 'failed', text: string): Verdict => ({
    status,
    retryAfterS: null,
    responseStatus,
    responseBody: kept(text),
  })
  if (attempted.kind === 'inactive') return end('failed', 'the webhook is inactive')
  if (!isAnswered && attempted.fault === 'refused') return end('failed', 'blocked address')
  if (isAnswered && attempted.status >= 200 && attempted.status < 300) return end('delivered', attempted.text)
  const mayPass = !isAnswered || (attempted.status >= 500 && attempted.status < 600)
  const retryAfterS = RETRY_AFTER_S[attempts - 1]
  if (!mayPass || attempts >= maxAttempts || retryAfterS === undefined) return end('failed', attempted.text)
  return { status: 'retrying', retryAfterS, responseStatus, responseBody: kept(attempted.text) }
}
