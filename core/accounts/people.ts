/** Rows of people: made, read, and shown to their owner. */
import type { User } from '../../schemas/types.ts'
import { userUrn } from '../access/owner.ts'
import type { Tier } from '../access/principal.ts'
import { grant } from '../jobs/credits.ts'
import { type Queryable, toIso } from '../platform/database.ts'
import { newId } from '../platform/ids.ts'

export type NewPerson = { id?: string; email: string; name: string | null; credits: number }

/**
 * Makes a starter with an opening balance.
 * @param client of a transaction that sees every row
 * @returns the id; null when somebody has that id or that email already
 */
export async function insertStarter(client: Queryable, person: NewPerson): Promise<string | null> {
  const { rows } = await client.query<{ id: string }>(
    'insert into users (id, email, name) values ($1, $2, $3) on conflict do nothing returning id',
    [person.id ?? newId(), person.email, person.name],
  )
  const id = rows[0]?.id
  if (id && person.credits > 0) await grant(client, userUrn(id), person.credits, 'opening balance')
  return id ?? null
}

type PersonRow = {
  id: string
  email: string
  name: string | null
  avatar_url: string | null
  tier: Tier
  credits: number
  ephemeral_storage_bytes: string
  upgraded_at: Date | string | null
  created_at: Date | string
  updated_at: Date | string
}

/** A person as the wire shows one; null when there is none within the reach of `db`. */
export async function findPerson(db: Queryable, id: string): Promise<User | null> {
  const { rows } = await db.query<PersonRow>(
    `select id, email::text, name, avatar_url, tier, credits, ephemeral_storage_bytes, upgraded_at, created_at, updated_at
     from users where id = $1`,
    [id],
  )
  const row = rows[0]
  return row
    ? {
        id: row.id,
        email: row.email,
        name: row.name,
        avatar_url: row.avatar_url,
        tier: row.tier,
        credits: row.credits,
        ephemeral_storage_bytes: Number(row.ephemeral_storage_bytes),
        upgraded_at: toIso(row.upgraded_at),
        created_at: toIso(row.created_at) as string,
        updated_at: toIso(row.updated_at) as string,
      }
    : null
}
