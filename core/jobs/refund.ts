/** What a job gives back when it ends early. Pure, in whole numbers. */
import type { FailureType } from './types.ts'

/**
 * Credits returned at the end of a job.
 * @param charged credits charged when the job was made, >= 0
 * @param failureType null for a completed job
 * @param percent progress, 0 to 100; counted to two decimals
 */
export function refund(charged: number, failureType: FailureType | null, percent: number): number {
  const hundredths = Math.min(10_000, Math.max(0, Math.round(percent * 100)))
  if (failureType === null) return 0
  if (failureType === 'system' || failureType === 'timeout') return charged
  if (failureType === 'validation') return Math.floor((charged * (10_000 - hundredths)) / 10_000)
  // A canceled job keeps at least a tenth of its charge.
  return Math.min(
    Math.floor((charged * (10_000 - hundredths) * 9_000) / 100_000_000),
    Math.floor((charged * 9_000) / 10_000),
  )
}
