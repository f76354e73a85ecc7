/** What engines that report by HTTP say, as far as it matters: which of their jobs it is about. Pure. */

/** The head and the tail of a report: results in between may have megabytes, and are not looked at. */
export type ReportText = { readonly head: string; readonly tail: string }

/** A report whole, where it is short; else its `id` wherever it stands near either end. */
function runpodId({ head, tail }: ReportText): string | null {
  const whole = (() => {
    try {
      return JSON.parse(head) as unknown
    } catch {
      return null
    }
  })()
  const named = (whole as { id?: unknown } | null)?.id
  if (typeof named === 'string') return isId(named) ? named : null
  // Within JSON text a quote is escaped, so that no result can look like a key.
  const [, found] =
    /(?<!\\)"id"\s*:\s*"([\w-]{1,200})"/.exec(head) ?? /(?<!\\)"id"\s*:\s*"([\w-]{1,200})"/.exec(tail) ?? []
  return found ?? null
}

const isId = (text: string): boolean => /^[\w-]{1,200}$/.test(text)

/** By engine; one that is not here does not report. */
const REPORTERS: ReadonlyMap<string, (text: ReportText) => string | null> = new Map([['runpod', runpodId]])

export const canReport = (engine: string): boolean => REPORTERS.has(engine)

/** The engine's id of the job that a report is about; null when it does not say. */
export const idInReport = (engine: string, text: ReportText): string | null =>
  REPORTERS.get(engine)?.(text) ?? null
