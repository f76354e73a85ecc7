/**
 * Scenes that wait for an engine of which nobody answers. No server has a place for them, so that no worker ever takes
 * them up and fails: where their job allows another engine, they are moved after a while.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { transaction } from '../../core/platform/database.ts'
import type { WorkerContext } from '../context.ts'
import { fallBack, type MovableStep } from './fall-back.ts'

const INTERVAL_MS = 5_000
const BATCH = 20
/** A server that has answered within so many seconds may have a place soon. */
const ANSWERED_S = 60

const STRANDED = `
  select s.id, s.job_id as "jobId", s.kind, s.key, s.attempt, s.engine, s.input from job_steps s join jobs j on j.id = s.job_id and j.status = 'processing'
  where s.kind = 'scene' and s.state = 'ready' and s.engine in ('comfyui', 'preview')
    and s.ready_at < now() - make_interval(secs => $1) and j.options -> 'fallback' = 'true'::jsonb
    and not exists (select 1 from engine_hosts h where h.engine = s.engine and h.blocked_at is null
      and h.drained_at is null and h.probe_failures = 0 and h.probed_at > now() - interval '${ANSWERED_S} seconds')
  order by s.ready_at limit ${BATCH}`

/** Moves them once. */
async function moveStranded(context: WorkerContext): Promise<void> {
  const { pool } = context.db
  const { rows } = await pool.query<MovableStep>(STRANDED, [context.config.FALLBACK_AFTER_SECONDS])
  for (const step of rows) {
    const message = `no server of the ${step.engine} engine has answered`
    await transaction(pool, (client) =>
      fallBack(context, client, step, { code: 'engine_unreachable', message, scene_id: step.key }),
    )
  }
}

/** @returns stops it, and resolves when it has stopped */
export function watchStranded(context: WorkerContext): () => Promise<void> {
  const stop = new AbortController()
  const { signal } = stop
  const loop = async (): Promise<void> => {
    while (!signal.aborted) {
      await moveStranded(context).catch((error: unknown) =>
        context.log.warn({ err: error }, 'could not look for scenes that nobody takes'),
      )
      await sleep(INTERVAL_MS, undefined, { signal, ref: false }).catch(() => {})
    }
  }
  const done = loop()
  return async () => {
    stop.abort()
    await done
  }
}
