/** What an owner's renders took, by day, by person and by project. */
import type { UsageDays } from '../../schemas/types.ts'
import type { UserPrincipal } from '../access/principal.ts'
import { chooseOwner, reachOf } from '../access/reach.ts'
import type { Database } from '../platform/database.ts'
import { Problem } from '../platform/errors.ts'
import { queryableAs } from '../platform/reach.ts'

const DAY_MS = 86_400_000
const DEFAULT_DAYS = 30
const MAX_DAYS = 366

/** `2026-11-25`, UTC. */
const nameOf = (time: number): string => new Date(time).toISOString().slice(0, 10)

/**
 * The days that are asked for, both ends included. Pure.
 * @throws {Problem} VALIDATION_ERROR for more than 366 days, and for an end before the beginning
 */
export function daysBetween(from: string | undefined, to: string | undefined, now: number): string[] {
  const last = Date.parse(to ?? nameOf(now))
  const first = from === undefined ? last - (DEFAULT_DAYS - 1) * DAY_MS : Date.parse(from)
  if (first > last) throw new Problem('VALIDATION_ERROR', 'from must not be after to')
  const length = (last - first) / DAY_MS + 1
  if (length > MAX_DAYS)
    throw new Problem('VALIDATION_ERROR', `from and to may be ${MAX_DAYS} days apart at most`)
  return Array.from({ length }, (_, index) => nameOf(first + index * DAY_MS))
}

type Figures = { renders_count: number; credits: number; gpu_seconds: number }
type Row = Figures & {
  kind: 'day' | 'person' | 'project'
  day: string | null
  user_id: string | null
  project_id: string | null
  name: string | null
}

const figuresOf = ({ renders_count, credits, gpu_seconds }: Figures): Figures => ({
  renders_count,
  credits,
  gpu_seconds,
})

/**
 * Counted from renders that are still there; each counts on the day it was asked for, with what it cost in the end.
 * @throws {Problem} VALIDATION_ERROR for a malformed owner or range, AUTHORIZATION_ERROR for an owner out of reach, or of a
 *   team that the caller only views
 */
export async function usageByDay(
  { db }: { db: Pick<Database, 'pool'> },
  principal: UserPrincipal,
  asked: { owner?: string | undefined; from?: string | undefined; to?: string | undefined },
  now: number,
): Promise<UsageDays> {
  const owner = chooseOwner(principal, asked.owner, 'usage.view')
  const days = daysBetween(asked.from, asked.to, now)
  const [from, to] = [days[0]!, days.at(-1)!]
  const { rows } = await queryableAs(db.pool, reachOf(principal)).query<Row>(
    `with made as (
       select to_char(j.created_at at time zone 'UTC', 'YYYY-MM-DD') as day, j.triggered_by, j.project_id,
         j.credits_charged - j.credits_refunded as credits, g.seconds
       from jobs j cross join lateral (
         -- The preview engine draws on the processor.
         select coalesce(sum(extract(epoch from s.finished_at - s.started_at)), 0) as seconds from job_steps s
         where s.job_id = j.id and s.kind = 'scene' and s.engine <> 'preview'
       ) g
       where j.owner = $1 and j.created_at >= $2::date::timestamp at time zone 'UTC'
         and j.created_at < ($3::date + 1)::timestamp at time zone 'UTC'
     ), counted as (
       select case when grouping(day) = 0 then 'day' when grouping(triggered_by) = 0 then 'person' else 'project' end as kind,
         day, triggered_by as user_id, project_id,
         count(*)::int as renders_count, sum(credits)::int as credits, round(sum(seconds))::int as gpu_seconds
       from made group by grouping sets ((day), (triggered_by), (project_id))
     )
     select c.*, coalesce(u.name, u.email::text, p.name) as name
     from counted c left join users u on u.id = c.user_id left join projects p on p.id = c.project_id
     order by c.credits desc, c.gpu_seconds desc, c.renders_count desc, name, c.user_id, c.project_id`,
    [owner, from, to],
  )
  const of = (kind: Row['kind']): Row[] => rows.filter((row) => row.kind === kind)
  const byDay = new Map(of('day').map((row) => [row.day, row]))
  const nothing: Figures = { renders_count: 0, credits: 0, gpu_seconds: 0 }
  return {
    owner,
    from,
    to,
    days: days.map((day) => ({ day, ...figuresOf(byDay.get(day) ?? nothing) })),
    people: of('person').map((row) => ({ user_id: row.user_id!, name: row.name, ...figuresOf(row) })),
    projects: of('project').map((row) => ({
      project_id: row.project_id,
      name: row.name,
      ...figuresOf(row),
    })),
  }
}
