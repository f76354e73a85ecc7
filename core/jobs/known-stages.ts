/** Stages that earlier renders of the same line made, and that are still kept. */
import type { Queryable } from '../platform/database.ts'
import { jobsOfLine, type RenderLine } from './last-renders.ts'

/** @returns those of `prints` whose objects the cache of `scope` still has */
export async function knownPrints(
  db: Queryable,
  scope: string,
  line: RenderLine,
  prints: readonly string[],
): Promise<Set<string>> {
  const jobs = jobsOfLine(line, 3)
  const { rows } = await db.query<{ print: string }>(
    `select distinct p.print from (${jobs.sql}) j join job_steps s on s.job_id = j.id
     cross join lateral jsonb_array_elements_text(s.input -> 'prints') as p (print)
     where s.state = 'done' and s.kind in ('voice', 'join', 'sound', 'assemble') and p.print = any($2)
       and case s.kind
         when 'join' then not exists (select 1 from jsonb_array_elements(s.result -> 'drawn') d where not exists (
           select 1 from content_cache c where c.scope = $1 and c.object_key = d ->> 'objectKey'))
         when 'assemble' then exists (select 1 from content_cache c
           where c.scope = $1 and c.stage = 'film' and c.sha256 = s.result ->> 'sha256')
         else exists (select 1 from content_cache c where c.scope = $1 and c.object_key = s.result ->> 'objectKey') end`,
    [scope, prints, ...jobs.values],
  )
  return new Set(rows.map(({ print }) => print))
}
