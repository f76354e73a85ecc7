/**
 * Passwords: argon2id in PHC form. A hash takes 19 MiB and tens of milliseconds on a thread of its own, so few run at
 * once and a crowd is told to come back.
 */
import { hash, verify } from '@node-rs/argon2'
import { Problem } from '../platform/errors.ts'
import { createTurns } from '../platform/turns.ts'

/** OWASP's first choice for argon2id. */
const PARAMETERS = { memoryCost: 19_456, timeCost: 2, parallelism: 1 }
const CURRENT = `$argon2id$v=19$m=${PARAMETERS.memoryCost},t=${PARAMETERS.timeCost},p=${PARAMETERS.parallelism}$`

/** Half of the threads that Node keeps for such work: files and other hashes need some too. */
const AT_ONCE = 2
const WAITING = 50

export type Passwords = {
  hash(password: string): Promise<string>
  /**
   * Whether this is the password of a stored hash. Without one the same work is done, so that nobody learns from the time
   * it takes who has an account.
   */
  matches(password: string, stored: string | null): Promise<boolean>
}

/** The same password typed on another keyboard may come as other code points. */
const normal = (password: string): string => password.normalize('NFKC')

export function createPasswords(): Passwords {
  const turns = createTurns({
    atOnce: AT_ONCE,
    waiting: WAITING,
    whenFull: () =>
      new Problem('SERVICE_UNAVAILABLE', 'too many people are logging in at once', {
        reason: 'busy',
        retryAfterS: 2,
      }),
  })
  const makeHash = (password: string) => turns.take(() => hash(normal(password), PARAMETERS))
  return {
    hash: makeHash,
    async matches(password, stored) {
      if (stored !== null) return turns.take(() => verify(stored, normal(password)))
      await makeHash(password)
      return false
    },
  }
}

/** Whether a stored hash was made with other parameters than today's. */
export const isOutdated = (stored: string): boolean => !stored.startsWith(CURRENT)
