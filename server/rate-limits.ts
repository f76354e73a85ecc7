/** How many requests a minute: per user over all credentials, per address for those who have none. */
import type { IncomingMessage } from 'node:http'
import type { Principal } from '../core/access/principal.ts'
import { type RateUse, takeRate } from '../core/accounts/rates.ts'
import type { Config } from '../core/platform/config.ts'
import type { Queryable } from '../core/platform/database.ts'
import { Problem } from '../core/platform/errors.ts'
import { type AddressOf, countedAs } from './addresses.ts'

const PER_TIER = { starter: 60, creator: 300 } as const
/** Of a watch link: it may be open on every screen of a room at once. */
const PER_WATCH_LINK = 300
const PER_ADDRESS = { guest: 30, auth: 10 } as const

/** `guest`: requests without a credential that holds. `auth`: attempts to sign up and log in. */
export type AddressUse = keyof typeof PER_ADDRESS

/** Takes headers for the reply, also of one that will be a refusal. */
export type SetHeaders = (headers: Record<string, string>) => void

export type RateLimits = {
  /** False where nothing is counted. */
  readonly isOn: boolean
  /** Says what is left of a caller's window. @throws {Problem} RATE_LIMIT_EXCEEDED when it is used up */
  hold(principal: Principal, rate: RateUse, set: SetHeaders): void
  /** Counts a request of an address, and holds it to its limit like `hold`. */
  takeAddress(request: IncomingMessage, use: AddressUse, set: SetHeaders): Promise<void>
}

function holdTo(limit: number, { used, resetAt, leftS }: RateUse, set: SetHeaders): void {
  set({
    'X-RateLimit-Limit': String(limit),
    'X-RateLimit-Remaining': String(Math.max(0, limit - used)),
    'X-RateLimit-Reset': String(resetAt),
  })
  if (used > limit)
    throw new Problem('RATE_LIMIT_EXCEEDED', `retry after ${leftS} seconds`, { retryAfterS: leftS })
}

/** @param db the server's own eyes */
export function createRateLimits(
  db: Queryable,
  { RATE_LIMITS }: Pick<Config, 'RATE_LIMITS'>,
  addressOf: AddressOf,
): RateLimits {
  const isOn = RATE_LIMITS === 'on'
  return {
    isOn,
    hold(principal, rate, set) {
      holdTo(principal.kind === 'user' ? PER_TIER[principal.tier] : PER_WATCH_LINK, rate, set)
    },
    async takeAddress(request, use, set) {
      if (!isOn) return
      const rate = await takeRate(db, `${use}:${countedAs(addressOf(request))}`)
      holdTo(PER_ADDRESS[use], rate, set)
    },
  }
}
