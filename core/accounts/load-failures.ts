/** Telling what could not be read when a credential is valid and its user cannot be loaded. */
import type { QueryResultRow } from 'pg'
import type { Queryable } from '../platform/database.ts'
import { isDatabaseUnavailable, Problem, sqlState } from '../platform/errors.ts'
import { type LookUp, plainLookUp } from './rates.ts'

/** Out of time, too many changes at once, or not migrated yet: all of these pass, and say nothing about a user. */
const PASSING = new Set(['57014', '55P03', '40001', '40P01', '42P01', '42883'])

const passes = (error: unknown): boolean => isDatabaseUnavailable(error) || PASSING.has(sqlState(error) ?? '')

const works = (query: Promise<unknown>): Promise<boolean> =>
  query.then(
    () => true,
    () => false,
  )

/**
 * A look-up whose failures have a name. User and memberships come with one statement; only when it fails is each part
 * asked for alone, to see which one it was.
 * @throws {Problem} USER_LOAD_ERROR, MEMBERSHIPS_LOAD_ERROR; anything that passes, or has to do with counting, as it came
 */
export function namingFailures(db: Queryable, lookUp: LookUp): LookUp {
  return async <Row extends QueryResultRow & { principal: unknown }>(query: string, values: unknown[]) => {
    try {
      return await lookUp<Row>(query, values)
    } catch (cause) {
      if (passes(cause) || (await works(plainLookUp(db)<Row>(query, values)))) throw cause
      if (await works(db.query('select team_id, user_id, role, created_at from memberships limit 1')))
        throw new Problem('USER_LOAD_ERROR', 'the user of this credential cannot be read', { cause })
      throw new Problem('MEMBERSHIPS_LOAD_ERROR', 'the teams of this user cannot be read', { cause })
    }
  }
}
