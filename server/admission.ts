/** Letting callers in, the same way for HTTP and WebSocket: who is it, is it too often, and count it. */
import type { IncomingMessage } from 'node:http'
import { userUrn } from '../core/access/owner.ts'
import type { Principal } from '../core/access/principal.ts'
import { Problem } from '../core/platform/errors.ts'
import type { CallMeter } from './call-meter.ts'
import type { Authenticator, Credential } from './credentials.ts'
import type { RateLimits, SetHeaders } from './rate-limits.ts'

export type Admit = (
  request: IncomingMessage,
  /** Reads the request's credential, or throws the refusal of one that has none. */
  readCredential: () => Credential,
  set: SetHeaders,
) => Promise<Principal>

export function createAdmit(deps: {
  authenticator: Authenticator
  rateLimits: RateLimits
  calls: CallMeter
}): Admit {
  const { authenticator, rateLimits, calls } = deps
  return async (request, readCredential, set) => {
    let admission: Awaited<ReturnType<Authenticator['authenticate']>>
    try {
      admission = await authenticator.authenticate(readCredential(), rateLimits.isOn)
    } catch (error) {
      // Whoever is not let in is known by the address alone; a fault of ours counts for nobody.
      if (error instanceof Problem && error.status < 500) await rateLimits.takeAddress(request, 'guest', set)
      throw error
    }
    const { principal, rate } = admission
    if (rate) rateLimits.hold(principal, rate, set)
    if (principal.kind === 'user') calls.count(principal.apiKey?.owner ?? userUrn(principal.userId))
    return principal
  }
}
