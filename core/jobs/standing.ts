/** Where jobs that are not over stand: who works on them, what they wait for, and how many are before them. */
import { enginesDown } from '../engines/engines-down.ts'
import type { Config, EngineKind } from '../platform/config.ts'
import type { Queryable } from '../platform/database.ts'
import type { Job } from './entities.ts'
import { isTerminal } from './types.ts'

type WaitReason = 'jobs_ahead' | 'memory' | 'engine_down' | 'place'

/** Its keys in the order of the wire. */
export type Standing = {
  /** Names of the servers that work on it now. */
  servers: string[]
  /** 1: it is next. Null: it does not wait. */
  queue_position: number | null
  waiting_for: { reason: WaitReason; message: string } | null
}

type Row = {
  id: string
  engine: EngineKind
  waits: boolean
  ahead: number
  vram_above: number | null
  servers: string[]
}

/**
 * Reads steps that are ready or run and nothing else: two partial indexes, however many jobs there were. Scenes are taken in
 * the order in which they became ready, so a job stands where its first scene does; one without scenes yet stands behind
 * all that have some.
 */
const READ_STANDINGS = `
  with open as (
    select job_id, id, kind, engine, host, vram_above, ready_at, true as runs from job_steps where state = 'running'
    union all
    select job_id, id, kind, engine, host, vram_above, ready_at, false from job_steps where state = 'ready'
  ), fronts as (
    select j.id, j.engine, j.created_at, bool_or(o.runs) as runs, bool_or(o.runs and o.kind = 'scene') as renders,
      min(o.ready_at) filter (where o.kind = 'scene') as since,
      max(o.vram_above) filter (where not o.runs) as vram_above,
      array_agg(distinct coalesce(h.label, o.engine)) filter (where o.runs and o.kind = 'scene') as servers
    from open o join jobs j on j.id = o.job_id and j.status in ('queued', 'processing')
      left join engine_hosts h on h.engine = o.engine and h.key = o.host
    group by j.id
  )
  select f.id, f.engine, not f.runs as waits, f.vram_above::float8, coalesce(f.servers, '{}') as servers,
    (select count(*)::int from fronts o where o.engine = f.engine and o.id <> f.id
       and (o.renders or (coalesce(o.since, 'infinity'), o.created_at, o.id) < (coalesce(f.since, 'infinity'), f.created_at, f.id)))
      as ahead
  from fronts f where f.id = any($1::uuid[])`

const GIB = 2 ** 30

function waitOf({ engine, ahead, vram_above }: Row, isDown: boolean): NonNullable<Standing['waiting_for']> {
  if (isDown) return { reason: 'engine_down', message: `no server of the engine ${engine} can work now` }
  if (vram_above !== null)
    return {
      reason: 'memory',
      message: `needs a server with more than ${Math.round(vram_above / GIB)} GB of graphics memory`,
    }
  if (ahead > 0) return { reason: 'jobs_ahead', message: `${ahead} ${ahead === 1 ? 'job' : 'jobs'} ahead` }
  return { reason: 'place', message: 'next, as soon as a worker is free' }
}

/**
 * Standings by the id of the job; a job that is over has none. Counts the jobs of everybody, and tells nothing else of them.
 * @param db without a reach: the caller may see the jobs, not those before them
 */
export async function standingsOf(
  db: Queryable,
  config: Pick<Config, 'COMFYUI_URLS' | 'PREVIEW_URL'>,
  jobs: readonly Pick<Job, 'id' | 'status'>[],
): Promise<Map<string, Standing>> {
  const ids = jobs.filter(({ status }) => !isTerminal(status)).map(({ id }) => id)
  if (ids.length === 0) return new Map()
  const { rows } = await db.query<Row>(READ_STANDINGS, [ids])
  const down = rows.some(({ waits }) => waits) ? await enginesDown(db, config) : new Set<EngineKind>()
  return new Map(
    rows.map((row) => [
      row.id,
      {
        servers: [...row.servers].sort(),
        queue_position: row.waits ? row.ahead + 1 : null,
        waiting_for: row.waits ? waitOf(row, down.has(row.engine)) : null,
      },
    ]),
  )
}
