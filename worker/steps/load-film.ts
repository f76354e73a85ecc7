/** What the steps of a job left behind for those that make its film. */
import type { Queryable } from '../../core/platform/database.ts'
import type { DrawnPiece, JoinOutcome } from './join.ts'
import type { PlanOutcome, SceneOutcome } from './plan.ts'
import type { VoiceOutcome } from './plan-voice.ts'
import type { SoundOutcome } from './sound-ingredients.ts'

export async function loadPlan(db: Queryable, jobId: string): Promise<PlanOutcome> {
  const [plan] = await loadResults<PlanOutcome>(db, jobId, 'plan')
  if (!plan) throw new Error('the film was reached without a plan')
  return plan.result
}

/** Outcomes by scene id. */
export async function loadScenes(db: Queryable, jobId: string): Promise<Map<string, SceneOutcome>> {
  const rows = await loadResults<SceneOutcome>(db, jobId, 'scene')
  return new Map(rows.map((row) => [row.key, row.result]))
}

/** Drawn pieces by content key. */
export async function loadDrawn(db: Queryable, jobId: string): Promise<Map<string, DrawnPiece>> {
  const rows = await loadResults<JoinOutcome>(db, jobId, 'join')
  return new Map(rows.flatMap(({ result }) => result.drawn).map((piece) => [piece.contentKey, piece]))
}

/** Spoken lines by `lineKey`. */
export async function loadLines(db: Queryable, jobId: string): Promise<Map<string, VoiceOutcome>> {
  const rows = await loadResults<VoiceOutcome>(db, jobId, 'voice')
  return new Map(rows.map((row) => [row.key, row.result]))
}

/** The film's sound; null when there is nothing to be heard. */
export async function loadSound(db: Queryable, jobId: string): Promise<SoundOutcome | null> {
  const [sound] = await loadResults<SoundOutcome>(db, jobId, 'sound')
  return sound?.result ?? null
}

/** Results of the finished steps of a kind. */
async function loadResults<R>(
  db: Queryable,
  jobId: string,
  kind: string,
): Promise<{ key: string; result: R }[]> {
  const { rows } = await db.query<{ key: string; result: R }>(
    `select key, result from job_steps where job_id = $1 and kind = $2 and state = 'done'`,
    [jobId, kind],
  )
  return rows
}
