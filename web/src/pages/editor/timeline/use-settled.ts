/** A value that changes many times a second, once it rests. */
import { useEffect, useState } from 'react'

const RESTS_AFTER_MS = 120

/** @returns the value at rest; until then the one before it */
export function useSettled<T>(value: T): T {
  const [settled, setSettled] = useState(value)
  useEffect(() => {
    if (value === settled) return
    const timer = setTimeout(() => setSettled(value), RESTS_AFTER_MS)
    return () => clearTimeout(timer)
  }, [value, settled])
  return settled
}
