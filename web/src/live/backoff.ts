/** How long a tab waits before it tries the server again. Pure. */

const RESTART = 1001
const OVERLOAD = 1013

/**
 * Wait before try `attempt` (from 1): 1, 2, 4, 8, then 10 s, shortened at random by up to a half. After "I am going down"
 * (1001) and "too much" (1013) the server wants its viewers spread wider.
 * @param random 0 to 1
 */
export function waitMs(attempt: number, closeCode: number, random: number): number {
  if (attempt === 1 && (closeCode === RESTART || closeCode === OVERLOAD)) return 1_000 + 9_000 * random
  return Math.max(1_000, Math.min(10_000, 1_000 * 2 ** (attempt - 1)) * (0.5 + 0.5 * random))
}
