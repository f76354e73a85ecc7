/** The row of a new team. */
import type { Queryable } from '../platform/database.ts'
import { Problem } from '../platform/errors.ts'
import { newId } from '../platform/ids.ts'
import { slugFor } from './slug.ts'

/** Teams of one name draw eight random digits; now and then two draw the same. */
const SLUG_TRIES = 5

/**
 * Inserts a team; the membership of its owner has to follow in the same transaction.
 * @param slug null: made from the name
 * @returns its id
 * @throws {Problem} CONFLICT when the slug is taken, VALIDATION_ERROR for a name that no slug can be made from
 */
export async function insertTeam(
  client: Queryable,
  name: string,
  slug: string | null = null,
): Promise<string> {
  for (let round = 1; round <= (slug === null ? SLUG_TRIES : 1); round += 1) {
    const tried = slug ?? slugFor(name)
    if (tried === null)
      throw new Problem('VALIDATION_ERROR', 'name has no letter or digit to make a slug from; send a slug')
    const { rows } = await client.query<{ id: string }>(
      'insert into teams (id, name, slug) values ($1, $2, $3) on conflict (slug) do nothing returning id',
      [newId(), name, tried],
    )
    if (rows[0]) return rows[0].id
  }
  throw new Problem('CONFLICT', slug === null ? 'no slug was free; try again' : `the slug ${slug} is taken`)
}
