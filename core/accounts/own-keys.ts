/** What people do with their own API keys. Somebody else's key is not there. */
import type { ApiKey } from '../../schemas/types.ts'
import { type Owner, parseOwner } from '../access/owner.ts'
import { SCOPES, type Scope, STARTER_SCOPES, type UserPrincipal } from '../access/principal.ts'
import { chooseOwner, reachOf, teamOf } from '../access/reach.ts'
import { audit } from '../audit/audit.ts'
import { type Database, type Queryable, toIso } from '../platform/database.ts'
import { Problem } from '../platform/errors.ts'
import { cutSqlPage, type Page, type PageKey, pageSql, type SqlSort } from '../platform/page.ts'
import { queryableAs, transactionAs } from '../platform/reach.ts'
import { createApiKey, revokeApiKey } from './keys.ts'

const MAX_KEYS = 50

type KeyRow = Omit<ApiKey, 'last_used_at' | 'expires_at' | 'revoked_at' | 'created_at'> & {
  last_used_at: Date | string | null
  expires_at: Date | string | null
  revoked_at: Date | string | null
  created_at: Date | string
}

const COLUMNS =
  'id, user_id, owner::text, name, key_prefix, scopes, last_used_at, expires_at, revoked_at, created_at'

const NEWEST_FIRST: SqlSort = {
  direction: 'desc',
  columns: [
    ['created_at', 'timestamptz'],
    ['id', 'uuid'],
  ],
}

const present = (row: KeyRow): ApiKey => ({
  id: row.id,
  user_id: row.user_id,
  owner: row.owner,
  name: row.name,
  key_prefix: row.key_prefix,
  scopes: row.scopes,
  last_used_at: toIso(row.last_used_at),
  expires_at: toIso(row.expires_at),
  revoked_at: toIso(row.revoked_at),
  created_at: toIso(row.created_at) as string,
})

const noSuchKey = (): Problem => new Problem('NOT_FOUND', 'no such key')

/** The scopes of a new key. @throws {Problem} VALIDATION_ERROR, AUTHORIZATION_ERROR for those that the tier cannot hold */
function chooseScopes(principal: UserPrincipal, asked: readonly string[] | null | undefined): Scope[] {
  const names = [...new Set(asked ?? ['*'])]
  if (names.length === 0)
    throw new Problem('VALIDATION_ERROR', `scopes must name at least one of ${SCOPES.join(', ')}`)
  for (const name of names) {
    if (!(SCOPES as readonly string[]).includes(name))
      throw new Problem(
        'VALIDATION_ERROR',
        `there is no scope ${JSON.stringify(name)}; there are ${SCOPES.join(', ')}`,
      )
    if (principal.tier === 'starter' && !(STARTER_SCOPES as readonly string[]).includes(name))
      throw new Problem(
        'AUTHORIZATION_ERROR',
        `a starter’s key cannot hold ${name}; name scopes out of ${STARTER_SCOPES.join(', ')}`,
      )
  }
  return names as Scope[]
}

const RFC_3339 = /^\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d{1,9})?([Zz]|[+-]\d{2}:\d{2})$/

/** When a new key ends. The database's clock decides what is in the future. */
async function chooseEnd(db: Queryable, asked: string | null | undefined): Promise<Date | null> {
  if (asked === null || asked === undefined) return null
  const end = new Date(asked)
  if (!RFC_3339.test(asked) || Number.isNaN(end.getTime()))
    throw new Problem('VALIDATION_ERROR', 'expires_at must be a time such as 2027-01-31T12:00:00Z')
  const { rows } = await db.query<{ ahead: boolean }>('select $1::timestamptz > now() as ahead', [end])
  if (!rows[0]?.ahead) throw new Problem('VALIDATION_ERROR', 'expires_at must be in the future')
  return end
}

async function find(db: Queryable, principal: UserPrincipal, id: string, lock = ''): Promise<KeyRow> {
  const { rows } = await db.query<KeyRow>(
    `select ${COLUMNS} from api_keys where id = $1 and user_id = $2 ${lock}`,
    [id, principal.userId],
  )
  if (!rows[0]) throw noSuchKey()
  return rows[0]
}

/** The team whose administrators read of this key in the audit trail; null for a personal one. */
const teamOfKey = (owner: string): string | null => teamOf(parseOwner(owner) as Owner)

export type KeyRequest = {
  name?: string | null
  owner?: string | null
  scopes?: string[] | null
  expires_at?: string | null
}

export type KeyService = ReturnType<typeof createKeyService>

export function createKeyService({ db }: { db: Pick<Database, 'pool'> }) {
  const queryable = (principal: UserPrincipal) => queryableAs(db.pool, reachOf(principal))

  return {
    /** Newest first, revoked ones included. */
    async list(principal: UserPrincipal, page: Page): Promise<{ keys: ApiKey[]; next: PageKey | null }> {
      const { key, after, rest, values } = pageSql(NEWEST_FIRST, page, [principal.userId])
      const { rows } = await queryable(principal).query<KeyRow & { page_key: PageKey }>(
        `select ${COLUMNS}, ${key} from api_keys where user_id = $1 and ${after} ${rest}`,
        values,
      )
      const { rows: kept, next } = cutSqlPage(rows, page)
      return { keys: kept.map((row) => present(row as unknown as KeyRow)), next }
    },

    async find(principal: UserPrincipal, id: string): Promise<ApiKey> {
      return present(await find(queryable(principal), principal, id))
    },

    /** @returns the key, and the raw key, which is shown this once */
    async create(
      principal: UserPrincipal,
      request: KeyRequest,
    ): Promise<{ api_key: ApiKey; raw_key: string }> {
      const { userId } = principal
      const owner = chooseOwner(principal, request.owner, 'keys.create')
      const scopes = chooseScopes(principal, request.scopes)
      return transactionAs(db.pool, reachOf(principal), async (client) => {
        const expiresAt = await chooseEnd(client, request.expires_at)
        // Held, so that two requests at once do not both find room for one more.
        await client.query('select 1 from users where id = $1 for no key update', [userId])
        const { rows } = await client.query<{ keys: number }>(
          'select count(*)::int as keys from api_keys where user_id = $1 and revoked_at is null',
          [userId],
        )
        if ((rows[0]?.keys ?? 0) >= MAX_KEYS)
          throw new Problem('CONFLICT', `you have ${MAX_KEYS} keys already; revoke one first`)
        const { id, rawKey } = await createApiKey(client, {
          userId,
          owner,
          name: request.name ?? 'Default',
          scopes,
          expiresAt,
        })
        await audit(client, {
          action: 'api_key.created',
          subjectType: 'api_key',
          subjectId: id,
          teamId: teamOfKey(owner),
          actorId: userId,
          details: { owner, scopes, expires_at: toIso(expiresAt) },
        })
        return { api_key: present(await find(client, principal, id)), raw_key: rawKey }
      })
    },

    async rename(principal: UserPrincipal, id: string, name: string): Promise<ApiKey> {
      return transactionAs(db.pool, reachOf(principal), async (client) => {
        const key = await find(client, principal, id, 'for update')
        if (key.revoked_at) throw new Problem('CONFLICT', 'the key is revoked')
        await client.query('update api_keys set name = $2 where id = $1', [id, name])
        return present({ ...key, name })
      })
    },

    async revoke(principal: UserPrincipal, id: string): Promise<void> {
      await transactionAs(db.pool, reachOf(principal), async (client) => {
        const { owner } = await find(client, principal, id)
        if (!(await revokeApiKey(client, id))) throw new Problem('CONFLICT', 'the key is revoked already')
        await audit(client, {
          action: 'api_key.revoked',
          subjectType: 'api_key',
          subjectId: id,
          teamId: teamOfKey(owner),
          actorId: principal.userId,
          details: { owner },
        })
      })
    },
  }
}
