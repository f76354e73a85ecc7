/** When a running job will be through, from its steps and from what was measured. */
import type { Queryable } from '../platform/database.ts'
import {
  type Expected,
  expectedTime,
  type MeasuredTimes,
  type Remaining,
  shownTime,
  timeLeft,
} from './expected-time.ts'
import { enginePlaces, measuredTimes } from './generation-times.ts'

export type Eta = { eta_seconds: number; eta_range: [number, number] }

type OpenScene = {
  state: string
  progress: number
  engine: string
  workflow: string
  megapixels: number
}

/** Null while there is too little to go by, and when no scene is left. */
export async function etaOf(db: Queryable, jobId: string): Promise<Eta | null> {
  const { rows } = await db.query<OpenScene>(
    `select state, progress, engine, input ->> 'workflow' as workflow, (input ->> 'megapixels')::float8 as megapixels
     from job_steps where job_id = $1 and kind = 'scene' and state in ('waiting', 'ready', 'running')
       and input ? 'megapixels'`,
    [jobId],
  )
  const first = rows[0]
  if (!first) return null
  // Nearly always one: scenes that fell back to another engine have a workflow of their own.
  const measured = new Map<string, MeasuredTimes>()
  for (const { engine, workflow } of rows) {
    const key = `${engine} ${workflow}`
    if (!measured.has(key)) measured.set(key, await measuredTimes(db, engine, workflow))
  }
  const expected = rows.map(({ engine, workflow, megapixels }) =>
    expectedTime(measured.get(`${engine} ${workflow}`)!, megapixels),
  )
  if (!expected.every((one): one is Expected => one !== null)) return null
  const remaining = rows.map(({ progress }, i): Remaining => ({ expected: expected[i]!, progress }))
  const running = rows.filter(({ state }) => state === 'running').length
  const most = await enginePlaces(db, first.engine)
  const { seconds, range } = shownTime(timeLeft(remaining, { now: Math.max(1, running), most }))
  return { eta_seconds: seconds, eta_range: range }
}
