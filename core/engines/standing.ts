/** What servers work on, what waits for them, and since when they have been silent: as one person may know it. */

import type { Engine } from '../../schemas/types.ts'
import { hasScope, type UserPrincipal } from '../access/principal.ts'
import { reachableOwners, reachOf } from '../access/reach.ts'
import type { Database, Queryable } from '../platform/database.ts'
import { queryAs } from '../platform/reach.ts'

type Standing = NonNullable<Engine['standing']>
type KnownJob = NonNullable<Standing['running'][number]['job']>

type Scene = {
  engine: string
  host: string | null
  runs: boolean
  job_id: string
  scene_id: string
  scene_number: number | null
  attempt: number
  since: Date
  failed_hosts: string[]
  vram_above: number | null
}

type Host = {
  slug: string
  engine: string
  key: string
  vram_total: number | null
  silent_since: Date | null
  moved: Standing['moved']
}

/** Scenes that run or are ready, of everybody: two partial indexes, however many jobs there were. */
const SCENES = `
  select s.engine, s.host, s.state = 'running' as runs, s.job_id, s.key as scene_id, greatest(s.attempt, 1) as attempt,
    coalesce(case when s.state = 'running' then s.started_at end, s.ready_at, s.created_at) as since, s.failed_hosts,
    s.vram_above::float8,
    (select e.n::int from jsonb_array_elements(j.spec_snapshot -> 'scenes') with ordinality as e (scene, n)
     where e.scene ->> 'id' = s.key limit 1) as scene_number
  from job_steps s join jobs j on j.id = s.job_id and j.status in ('queued', 'processing')
  where s.state in ('ready', 'running') and s.kind = 'scene' and s.engine is not null
  order by since, s.id`

/**
 * Servers, with the scenes that each lost when it fell silent. A failure may be noted a moment before the silence is: the
 * scene is what finds out.
 */
const HOSTS = `
  select h.slug, h.engine, h.key, h.vram_total_bytes::float8 as vram_total, h.silent_since,
    coalesce((select json_agg(json_build_object('to', m.label, 'scenes', m.scenes) order by m.label) from (
      select o.label, count(distinct s.id)::int as scenes
      from jsonb_array_elements(h.recent_failures) f
        join job_steps s on s.id = (f ->> 'step')::uuid
        join engine_hosts o on o.engine = s.engine and o.key = s.host and o.key <> h.key
      where (f ->> 'at')::timestamptz > h.silent_since - interval '1 minute'
      group by o.label) m), '[]') as moved
  from engine_hosts h where h.slug is not null`

const READABLE = `select id, project_id, coalesce(spec_snapshot ->> 'title', '') as title, owner, triggered_by
  from jobs where id = any($1) and owner = any($2)`

const MOST_WAITING = 20

/** The jobs of these that somebody may read, by id. */
async function readable(
  db: Pick<Database, 'pool'>,
  reader: UserPrincipal,
  ids: readonly string[],
): Promise<Map<string, KnownJob>> {
  if (ids.length === 0 || !hasScope(reader, 'jobs:read')) return new Map()
  const { rows } = await queryAs<KnownJob>(db.pool, reachOf(reader), {
    text: READABLE,
    values: [ids, reachableOwners(reader)],
  })
  return new Map(rows.map((row) => [row.id, row]))
}

const rowsOf = async <T extends object>(db: Queryable, text: string): Promise<T[]> =>
  (await db.query<T & Record<string, unknown>>(text)).rows

/** Whether a server could take a scene that waits; as the places are given, without what changes from moment to moment. */
const mayTake = ({ engine, key, vram_total }: Host, scene: Scene): boolean =>
  scene.engine === engine &&
  !scene.failed_hosts.includes(key) &&
  (scene.vram_above === null || vram_total === null || vram_total > scene.vram_above)

/** Jobs of the scenes, each once, with the number of its scenes. */
function byJob(scenes: readonly Scene[], jobs: ReadonlyMap<string, KnownJob>): Standing['waiting'] {
  return [...Map.groupBy(scenes, ({ job_id }) => job_id)].slice(0, MOST_WAITING).map(([id, of]) => ({
    job: jobs.get(id) ?? null,
    scenes: of.length,
    since: of[0]!.since.toISOString(),
  }))
}

/** Reads the work of all servers. @returns that of one of them */
export async function readStandings(
  db: Pick<Database, 'pool' | 'system'>,
  reader: UserPrincipal,
): Promise<(engine: Pick<Engine, 'slug' | 'kind'>) => Standing> {
  const [scenes, hosts] = await Promise.all([
    rowsOf<Scene>(db.system, SCENES),
    rowsOf<Host>(db.system, HOSTS),
  ])
  const jobs = await readable(db, reader, [...new Set(scenes.map(({ job_id }) => job_id))])
  const ready = scenes.filter(({ runs }) => !runs)
  return ({ slug, kind }) => {
    const host = hosts.find((each) => each.slug === slug)
    const isHere = (scene: Scene): boolean =>
      host ? scene.engine === host.engine && scene.host === host.key : scene.engine === kind
    return {
      silent_since: host?.silent_since?.toISOString() ?? null,
      moved: host?.moved ?? [],
      running: scenes
        .filter((scene) => scene.runs && isHere(scene))
        .map((scene) => {
          const job = jobs.get(scene.job_id) ?? null
          return {
            job,
            scene_id: job && scene.scene_id,
            scene_number: job && scene.scene_number,
            attempt: scene.attempt,
            since: scene.since.toISOString(),
          }
        }),
      waiting: byJob(
        ready.filter((scene) => (host ? mayTake(host, scene) : scene.engine === kind)),
        jobs,
      ),
    }
  }
}
