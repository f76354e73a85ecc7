import { useState } from 'react'
import { wordsOf } from '../pages/faults.tsx'

/**
 * Does what a button asks for, and keeps what went wrong to be said beside it.
 * @param words a refusal in words of the page; null where the server's own say it
 */
export function useAttempt(words: (error: unknown) => string | null = () => null) {
  const [fault, setFault] = useState<string>()
  const [busy, setBusy] = useState(false)

  /** @returns whether it went well */
  const attempt = async (
    work: () => Promise<unknown>,
    say: (error: unknown) => string | null = words,
  ): Promise<boolean> => {
    setFault(undefined)
    setBusy(true)
    try {
      await work()
      return true
    } catch (error) {
      setFault(say(error) ?? wordsOf(error))
      return false
    } finally {
      setBusy(false)
    }
  }
  return { fault, busy, attempt, clear: () => setFault(undefined) }
}
