/** Which storyboards use a file: read from what the database notes whenever a storyboard is saved. */
import type { Queryable } from '../platform/database.ts'

/** More films than these are counted, and not named. */
const MOST_NAMED = 20

/** The wire object `usage` of an asset. */
export type AssetUsage = {
  scenes: number
  projects: number
  places: { project_id: string; project_name: string; scene_ids: string[]; whole_film: boolean }[]
}

const UNUSED: AssetUsage = { scenes: 0, projects: 0, places: [] }

/**
 * One query for any number of files.
 * @param db that sees the projects of the caller's teams alone
 */
export async function usageOf(
  db: Queryable,
  assetIds: readonly string[],
): Promise<(id: string) => AssetUsage> {
  if (assetIds.length === 0) return () => UNUSED
  const { rows } = await db.query<AssetUsage & { id: string }>(
    `select asset.id, totals.scenes, totals.projects, named.places
     from unnest($1::uuid[]) as asset (id)
     cross join lateral (
       select coalesce(sum(cardinality(scene_ids)), 0)::int as scenes, count(*)::int as projects
       from project_assets where asset_id = asset.id
     ) as totals
     cross join lateral (
       select coalesce(json_agg(place), '[]') as places
       from (
         select p.id as project_id, p.name as project_name, u.scene_ids, u.whole_film
         from project_assets u join projects p on p.id = u.project_id
         where u.asset_id = asset.id
         order by p.updated_at desc, p.id desc
         limit $2
       ) as place
     ) as named
     where totals.projects > 0`,
    [assetIds, MOST_NAMED],
  )
  const known = new Map(rows.map(({ id, ...usage }) => [id, usage]))
  return (id) => known.get(id) ?? UNUSED
}
