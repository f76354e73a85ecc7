/** The parts of a job that its steps need. */
import type { QueryResultRow } from 'pg'
import type { EngineKind } from '../../core/platform/config.ts'
import type { Queryable } from '../../core/platform/database.ts'
import type { RenderOptions } from '../../core/storyboard/render-options.ts'
import type { Storyboard } from '../../core/storyboard/types.ts'

export type RenderJob = {
  id: string
  owner: string
  triggeredBy: string
  storyboard: Storyboard
  options: RenderOptions
  engine: EngineKind
}

type Row = QueryResultRow & {
  owner: string
  triggered_by: string
  spec_snapshot: Storyboard
  options: RenderOptions
  engine: EngineKind
}

export async function loadJob(db: Queryable, jobId: string): Promise<RenderJob> {
  const { rows } = await db.query<Row>(
    'select owner, triggered_by, spec_snapshot, options, engine from jobs where id = $1',
    [jobId],
  )
  const row = rows[0]
  if (!row) throw new Error(`job ${jobId} is gone`)
  return {
    id: jobId,
    owner: row.owner,
    triggeredBy: row.triggered_by,
    storyboard: row.spec_snapshot,
    options: row.options,
    engine: row.engine,
  }
}

/** Locks the job's row, so that this transaction and a cancellation take their locks in one order. */
export async function lockJob(client: Queryable, jobId: string): Promise<void> {
  await client.query('select 1 from jobs where id = $1 for update', [jobId])
}
