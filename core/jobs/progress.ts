/**
 * Progress of a job, reckoned from its steps by the database, so that several workers add up. Stored as an event at
 * most once a second; the percentage never falls.
 */
import type { Queryable } from '../platform/database.ts'
import { etaOf } from './eta.ts'
import { appendEvent } from './events.ts'
import type { ClaimedStep } from './steps.ts'
import type { JobProgress } from './types.ts'

/** Shares of the whole, in percent: planning, scenes, and making the film of them. */
const PLAN_SHARE = 2
const SCENES_SHARE = 86
const FILM_SHARE = 12
/** Of making the film: what is made ahead of the assembly (joins, voices, sound), where there is any. */
const AHEAD_PART = 0.5
/** Kinds of steps that are made ahead of it. */
const AHEAD = `kind in ('join', 'voice', 'sound')`

/** How often a progress event is stored for one job. */
const EVENT_INTERVAL_MS = 1_000

/** Records how far a running step is (0 to 1), and its newest picture. False: the step is no longer ours. */
export async function recordStepProgress(
  db: Queryable,
  step: ClaimedStep,
  fraction: number,
  previewKey: string | null,
): Promise<boolean> {
  const { rowCount } = await db.query(
    `update job_steps set progress = greatest(progress, $3),
       preview_key = coalesce($4, preview_key), preview_at = case when $4::text is null then preview_at else now() end
     where id = $1 and attempt = $2 and state = 'running'`,
    [step.id, step.attempt, Math.min(1, Math.max(0, fraction)), previewKey],
  )
  return rowCount === 1
}

const RECKON = `
  select
    count(*) filter (where kind = 'scene')::int as scenes_total,
    count(*) filter (where kind = 'scene' and state = 'done')::int as scenes_completed,
    count(*) filter (where kind = 'scene' and state = 'done' and (result ->> 'reused')::boolean)::int as scenes_reused,
    coalesce(avg(progress) filter (where kind = 'scene'), 0) as scenes_progress,
    coalesce(max(progress) filter (where kind = 'plan'), 0) as plan_progress,
    avg(progress) filter (where ${AHEAD}) as ahead_progress,
    coalesce(max(progress) filter (where kind = 'assemble'), 0) as assemble_progress,
    (array_agg(key order by started_at desc) filter (where kind = 'scene' and state = 'running'))[1] as current_scene,
    coalesce(jsonb_object_agg(key, round(progress::numeric, 3)) filter (where kind = 'scene' and progress > 0), '{}') as scenes,
    coalesce(jsonb_agg(jsonb_build_object('scene_id', key, 'key', preview_key,
      'generated_at', to_char(preview_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')) order by key)
      filter (where kind = 'scene' and preview_key is not null), '[]') as previews
  from job_steps where job_id = $1`

type Reckoning = {
  scenes_total: number
  scenes_completed: number
  scenes_reused: number
  scenes_progress: number
  plan_progress: number
  /** Null when there is nothing to be made ahead. */
  ahead_progress: number | null
  assemble_progress: number
  current_scene: string | null
  scenes: Record<string, number>
  previews: { scene_id: string; key: string; generated_at: string }[]
}

/** The progress object for what the steps say. Pure. */
export function progressOf(found: Reckoning): JobProgress {
  const ahead = found.ahead_progress === null ? 0 : AHEAD_PART
  const percent =
    PLAN_SHARE * found.plan_progress +
    SCENES_SHARE * (found.scenes_total > 0 ? found.scenes_progress : 0) +
    FILM_SHARE * (ahead * (found.ahead_progress ?? 0) + (1 - ahead) * found.assemble_progress)
  const generated = found.scenes_completed === found.scenes_total
  const phase = found.scenes_total === 0 ? 'initializing' : generated ? 'stitching' : 'generating'
  return {
    phase,
    // Only completion says 100.
    percent: Math.min(99.99, Math.round(percent * 100) / 100),
    scenes_total: found.scenes_total,
    scenes_completed: found.scenes_completed,
    scenes_reused: found.scenes_reused,
    current_scene: found.current_scene,
    scenes: found.scenes,
    previews: found.previews,
  }
}

/**
 * Brings the job's progress up to date and stores a progress event, unless one was stored within the last second.
 * `force` (a scene is complete, a phase begins) updates the job's row whatever the time, still without a second event.
 * @returns false: there was one within the last second, and what is new is not told yet
 */
export async function updateProgress(client: Queryable, jobId: string, force = false): Promise<boolean> {
  const { rows: due } = await client.query<{ due: boolean }>(
    `select progress_event_at is null or progress_event_at < now() - make_interval(secs => $2) as due
     from jobs where id = $1 and status = 'processing' for update`,
    [jobId, EVENT_INTERVAL_MS / 1_000],
  )
  const row = due[0]
  if (!row) return true
  if (!row.due && !force) return false
  const { rows: reckoned } = await client.query<Reckoning>(RECKON, [jobId])
  const eta = row.due ? await etaOf(client, jobId) : null
  const progress = { ...progressOf(reckoned[0]!), ...eta }
  const { rows: stored } = await client.query<{ progress: JobProgress }>(
    `update jobs set progress = (case when $4 then progress - 'eta_seconds' - 'eta_range' else progress end) || $2::jsonb || jsonb_build_object('percent',
         greatest(coalesce((progress ->> 'percent')::numeric, 0), $3::numeric)),
       progress_event_at = case when $4 then now() else progress_event_at end
     where id = $1 returning progress`,
    [jobId, JSON.stringify(progress), progress.percent, row.due],
  )
  if (row.due) await appendEvent(client, jobId, 'progress', stored[0]!.progress)
  return row.due
}
