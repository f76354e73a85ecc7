/** Reading path ids and query values; whatever is not as it should be is 400. */

import { ageSeconds } from '../core/platform/age.ts'
import { Problem } from '../core/platform/errors.ts'
import { isUuid } from '../core/platform/ids.ts'
import type { Context } from './context.ts'

/** A path id, in lower case. @throws {Problem} VALIDATION_ERROR when it is not a UUID */
export function pathId(ctx: Context, name = 'id'): string {
  const text = String((ctx.params as Record<string, string>)[name])
  if (!isUuid(text)) throw new Problem('VALIDATION_ERROR', `${name} in the path must be a UUID`)
  return text.toLowerCase()
}

/** One query value; undefined when it is absent or empty. @throws {Problem} when it is given twice */
export function queryText(ctx: Context, name: string): string | undefined {
  const values = ctx.URL.searchParams.getAll(name)
  if (values.length > 1) throw new Problem('VALIDATION_ERROR', `${name} may be given once`)
  const value = values[0]
  if (value?.includes('\0')) throw new Problem('VALIDATION_ERROR', `${name} holds the character NUL`)
  return value === '' ? undefined : value
}

export function queryOneOf<T extends string>(ctx: Context, name: string, known: readonly T[]): T | undefined {
  const value = queryText(ctx, name)
  if (value === undefined || (known as readonly string[]).includes(value)) return value as T | undefined
  throw new Problem('VALIDATION_ERROR', `${name} must be one of ${known.join(', ')}`)
}

/** A comma list, without its empty parts; undefined when nothing is left. */
export function queryList(ctx: Context, name: string): string[] | undefined {
  const parts = (queryText(ctx, name) ?? '').split(',').map((part) => part.trim())
  const given = parts.filter((part) => part !== '')
  return given.length > 0 ? given : undefined
}

export function queryUuid(ctx: Context, name: string): string | undefined {
  const value = queryText(ctx, name)
  if (value !== undefined && !isUuid(value)) throw new Problem('VALIDATION_ERROR', `${name} must be a UUID`)
  return value?.toLowerCase()
}

export function queryBoolean(ctx: Context, name: string): boolean | undefined {
  const value = queryOneOf(ctx, name, ['true', 'false'])
  return value === undefined ? undefined : value === 'true'
}

/** A whole number, kept within bounds that no caller has a reason to leave. */
export function queryInteger(ctx: Context, name: string): number | undefined {
  const value = queryText(ctx, name)
  if (value === undefined) return undefined
  if (!/^[+-]?\d{1,15}$/.test(value)) throw new Problem('VALIDATION_ERROR', `${name} must be a whole number`)
  return Number(value)
}

const TIMESTAMP = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?(Z|[+-]\d{2}:\d{2})$/i

/** An RFC 3339 time. A `+` that arrived as a blank, unescaped, is understood. */
export function queryTime(ctx: Context, name: string): Date | undefined {
  const value = queryText(ctx, name)?.replace(/ (?=\d{2}:\d{2}$)/, '+')
  if (value === undefined) return undefined
  const time = new Date(value)
  if (!TIMESTAMP.test(value) || Number.isNaN(time.getTime()))
    throw new Problem('VALIDATION_ERROR', `${name} must be a time such as 2026-01-31T12:00:00Z`)
  return time
}

/** A day of the calendar, such as `2026-01-31`. */
export function queryDay(ctx: Context, name: string): string | undefined {
  const value = queryText(ctx, name)
  if (value === undefined) return undefined
  const time = /^[12]\d{3}-\d{2}-\d{2}$/.test(value) ? new Date(value) : null
  if (time === null || Number.isNaN(time.getTime()) || !time.toISOString().startsWith(value))
    throw new Problem('VALIDATION_ERROR', `${name} must be a day such as 2026-01-31`)
  return value
}

/** An age in seconds, written as `30d`, `12h` or `90m`. */
export function queryAge(ctx: Context, name: string): number | undefined {
  const value = queryText(ctx, name)
  if (value === undefined) return undefined
  const seconds = ageSeconds(value)
  if (seconds === null)
    throw new Problem('VALIDATION_ERROR', `${name} must be an age such as 30d, 12h or 90m`)
  return seconds
}
