/** From what the database says of a person (SQL function user_principal) to a caller. */
import { type Owner, parseOwner } from '../access/owner.ts'
import type { Scope, Tier, UserPrincipal } from '../access/principal.ts'
import { teamOf } from '../access/reach.ts'
import type { TeamRole } from '../access/roles.ts'
import type { Queryable } from '../platform/database.ts'
import { type LookUp, plainLookUp } from './rates.ts'

export type PrincipalRow = {
  id: string
  email: string
  tier: Tier
  is_operator: boolean
  memberships: { team_id: string; role: TeamRole }[]
}

const teamsOf = (row: PrincipalRow): Map<string, TeamRole> =>
  new Map(row.memberships.map(({ team_id, role }) => [team_id, role]))

const person = (row: PrincipalRow) => ({
  kind: 'user' as const,
  userId: row.id,
  email: row.email,
  tier: row.tier,
  isOperator: row.is_operator,
})

/** Somebody who has logged in, here (`sessionId`) or with another issuer. */
export function tokenPrincipal(
  row: PrincipalRow,
  { sessionId, expiresAt }: { sessionId: string | null; expiresAt: Date },
): UserPrincipal {
  return {
    ...person(row),
    teams: teamsOf(row),
    session: sessionId === null ? null : { id: sessionId },
    tokenExpiresAt: expiresAt,
    apiKey: null,
  }
}

/** Whoever holds a key: never more than its user, and of teams only the one that the key belongs to, if any. */
export function keyPrincipal(
  row: PrincipalRow,
  key: { id: string; owner: string; scopes: readonly Scope[] },
): UserPrincipal {
  const teams = teamsOf(row)
  const ownTeam = teamOf(parseOwner(key.owner) as Owner)
  return {
    ...person(row),
    teams: ownTeam === null ? teams : new Map([...teams].filter(([id]) => id === ownTeam)),
    session: null,
    tokenExpiresAt: null,
    apiKey: key,
  }
}

/** Whoever a token of another issuer stands for, as of now; null when the user is gone. */
export async function findTokenPrincipal(
  db: Queryable,
  userId: string,
  expiresAt: Date,
  lookUp: LookUp = plainLookUp(db),
): Promise<UserPrincipal | null> {
  const rows = await lookUp<{ principal: PrincipalRow | null }>('select user_principal($1) as principal', [
    userId,
  ])
  const row = rows[0]?.principal
  return row ? tokenPrincipal(row, { sessionId: null, expiresAt }) : null
}
