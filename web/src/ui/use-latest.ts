import { type RefObject, useRef } from 'react'

/** The newest of a value, for what is called later; the reference stays the same. */
export function useLatest<T>(value: T): RefObject<T> {
  const latest = useRef(value)
  latest.current = value
  return latest
}
