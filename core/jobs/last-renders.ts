/** How scenes were rendered last: what a plan compares with. */
import type { Queryable } from '../platform/database.ts'
import type { LastRender } from './render-plan.ts'

/** Renders looked back on, where no project ties them together. */
const LOOK_BACK = 50

/** The renders among which a scene is looked for. */
export type RenderLine =
  | { projectId: string }
  /** Renders of an owner of a storyboard of this title, outside of projects. */
  | { owner: string; title: string }

/** Ids of the renders of a line, newest first, as a query whose values begin at `$first`. */
export function jobsOfLine(line: RenderLine, first: number): { sql: string; values: string[] } {
  const [where, values] =
    'projectId' in line
      ? [`project_id = $${first}`, [line.projectId]]
      : [
          `project_id is null and owner = $${first} and spec_snapshot ->> 'title' = $${first + 1}`,
          [line.owner, line.title],
        ]
  return { sql: `select id from jobs where ${where} order by created_at desc limit ${LOOK_BACK}`, values }
}

/** The last finished clip of each scene, by scene id. */
export async function lastRenders(
  db: Queryable,
  line: RenderLine,
  sceneIds: readonly string[],
): Promise<Map<string, LastRender>> {
  const jobs = jobsOfLine(line, 2)
  const { rows } = await db.query<{ key: string; content_key: string; parts: LastRender['parts'] | null }>(
    `select distinct on (s.key) s.key, s.content_key, s.input -> 'parts' as parts
     from (${jobs.sql}) j
     join job_steps s on s.job_id = j.id
     where s.kind = 'scene' and s.state = 'done' and s.key = any($1)
     order by s.key, s.finished_at desc`,
    [sceneIds, ...jobs.values],
  )
  return new Map(rows.map((row) => [row.key, { key: row.content_key, parts: row.parts ?? {} }]))
}
