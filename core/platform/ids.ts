/** Identifiers. */
import { randomBytes } from 'node:crypto'

let lastMs = -1
let counter = 0

/**
 * A new UUID, version 7: sorts by time of making, and within a millisecond by the order in which this process made them (a
 * counter of 12 bits that begins in its lower half, so for two thousand of them at least).
 */
export function newId(now: number = Date.now()): string {
  const bytes = randomBytes(16)
  counter = now === lastMs && counter < 0xfff ? counter + 1 : bytes.readUInt16BE(6) & 0x7ff
  lastMs = now
  bytes.writeUIntBE(now, 0, 6)
  bytes.writeUInt16BE(0x7000 | counter, 6)
  bytes[8] = (bytes[8]! & 0x3f) | 0x80
  const hex = bytes.toString('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i
/** Whether `text` is a UUID of any version, in either case. */
export const isUuid = (text: string): boolean => UUID.test(text)
