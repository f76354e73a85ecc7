/** The frame around every step: claim, work with a way to be stopped, then finish, try again, fail or hand back. */
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { PoolClient } from 'pg'
import { lackOfClips } from '../../core/jobs/cache-policy.ts'
import { remakeInputs } from '../../core/jobs/remake.ts'
import type { ClaimedStep } from '../../core/jobs/steps.ts'
import { claimStep, handBackStep, retryStep, stepName } from '../../core/jobs/steps.ts'
import { failJob } from '../../core/jobs/transitions.ts'
import { type Queryable, transaction } from '../../core/platform/database.ts'
import { isDatabaseUnavailable } from '../../core/platform/errors.ts'
import { fault } from '../../core/platform/faults.ts'
import type { Logger } from '../../core/platform/log.ts'
import { retry } from '../../core/platform/retry.ts'
import type { WorkerContext } from '../context.ts'
import { judge } from '../failures.ts'
import { StepStopped } from '../leases/running-steps.ts'
import { AWAY_CLAIMS, fallBack } from '../steps/fall-back.ts'
import { InputsLost } from '../steps/inputs.ts'
import { loadJob, lockJob } from '../steps/load-job.ts'

/** What a step's work is given besides the context. */
export type StepRun = {
  step: ClaimedStep
  signal: AbortSignal
  /** Folder of this attempt; removed afterwards. */
  workDir: string
  log: Logger
  /**
   * One transaction, tried again while the database is away (the lease decides for how long that makes sense). Since
   * every write is fenced, running it twice after an unknown outcome changes nothing.
   */
  commit<T>(work: (client: PoolClient) => Promise<T>): Promise<T>
  /** The same for a single statement, which needs no transaction around it. */
  write<T>(statement: (pool: Queryable) => Promise<T>): Promise<T>
}

export type StepWork = (context: WorkerContext, run: StepRun) => Promise<void>

/** Longer than this without the database, and the lease is gone anyway. */
const COMMIT_BUDGET_MS = 60_000

/** Takes up the step with this id, if it is there to be taken, and sees it through. */
export async function runStep(context: WorkerContext, stepId: string, work: StepWork): Promise<void> {
  const { db, workerId } = context
  const step = await transaction(db.pool, (client) => claimStep(client, stepId, workerId))
  if (step) await runClaimed(context, step, work)
}

/** Sees a step through that this worker has claimed. */
export async function runClaimed(context: WorkerContext, step: ClaimedStep, work: StepWork): Promise<void> {
  const { db, running } = context
  const stepId = step.id
  fault(`worker.${step.kind}.claimed`)
  const log = context.log.child({
    jobId: step.jobId,
    stepId,
    kind: step.kind,
    key: step.key || undefined,
    attempt: step.attempt,
  })
  const signal = running.add(step)
  const workDir = join(context.workDir, `${step.kind}-${stepId}-${step.attempt}`)
  const startedAt = performance.now()
  const persist = <T>(attempt: () => Promise<T>): Promise<T> =>
    retry(attempt, { budgetMs: COMMIT_BUDGET_MS, signal, retryable: isDatabaseUnavailable })
  const commit: StepRun['commit'] = (transactionWork) => persist(() => transaction(db.pool, transactionWork))
  const write: StepRun['write'] = (statement) => persist(() => statement(db.pool))
  try {
    // The folder above may be gone too, when this process slept so long that another one tidied up.
    await mkdir(workDir, { recursive: true })
    await work(context, { step, signal, workDir, log, commit, write })
    log.info({ tookMs: Math.round(performance.now() - startedAt) }, 'step done')
  } catch (error) {
    await settle(context, step, log, signal.aborted ? signal.reason : error)
  } finally {
    running.remove(step)
    await rm(workDir, { recursive: true, force: true })
  }
}

/** Records how a step ended that did not succeed. */
async function settle(context: WorkerContext, step: ClaimedStep, log: Logger, error: unknown): Promise<void> {
  const { pool } = context.db
  if (error instanceof StepStopped) {
    log.info({ why: error.why }, 'step stopped')
    if (error.why === 'shutdown') await transaction(pool, (client) => handBackStep(client, step))
    return
  }
  if (error instanceof InputsLost) return remake(context, step, log, error)
  const verdict = judge(error, step)
  if (verdict.kind === 'leave') {
    log.warn({ err: error }, 'step left to its lease: the database is away')
    return
  }
  log.warn({ err: error, verdict: verdict.kind, code: verdict.error.code }, 'step failed')
  await transaction(pool, async (client) => {
    // An engine that is away would be waited for; where another one may step in, not for long.
    const isGone = verdict.kind === 'retry' && !verdict.how.counted && step.attempt >= AWAY_CLAIMS
    if ((verdict.kind === 'fail' || isGone) && (await fallBack(context, client, step, verdict.error))) return
    if (verdict.kind === 'retry') {
      const outcome = await retryStep(client, step, verdict.error, verdict.how)
      if (outcome !== 'spent' || (await fallBack(context, client, step, verdict.error))) return
      await giveUp(client, step, 'system', { ...verdict.error, code: finalCode(step, verdict.error.code) })
    } else {
      await giveUp(client, step, verdict.failureType, verdict.error)
    }
  })
}

/** Has made again what the store has lost, and the step wait for it. */
async function remake(
  { db }: WorkerContext,
  step: ClaimedStep,
  log: Logger,
  { steps, message }: InputsLost,
): Promise<void> {
  const error = { code: 'object_missing', message }
  const outcome = await transaction(db.pool, async (client) => {
    const job = await loadJob(client, step.jobId)
    await lockJob(client, step.jobId)
    const remade = await remakeInputs(client, step, steps, error)
    if (remade.kind === 'spent') await giveUp(client, step, 'system', error)
    if (remade.kind === 'keeping') {
      const { reason, text } = lackOfClips(job.options, remade.scenes)
      await giveUp(client, step, 'system', { code: reason, message: text, scene_id: remade.scenes[0]! })
    }
    return remade.kind
  })
  log.warn({ lost: steps.map(stepName), outcome }, 'inputs of a step are lost and are made again')
}

/** A scene that failed for good is reported as such; its last cause stays in the message. */
const finalCode = (step: ClaimedStep, code: string): string =>
  step.kind === 'scene' ? 'generation_failed' : code

/** Fails the job, provided the step is still ours. */
async function giveUp(
  client: PoolClient,
  step: ClaimedStep,
  failureType: 'system' | 'validation' | 'timeout',
  error: { code: string; message: string; scene_id?: string },
): Promise<void> {
  await client.query('select 1 from jobs where id = $1 for update', [step.jobId])
  const { rowCount } = await client.query(
    `update job_steps set state = 'failed', error = $3::jsonb, lease_owner = null, lease_until = null, finished_at = now()
     where id = $1 and attempt = $2 and state = 'running'`,
    [step.id, step.attempt, JSON.stringify(error)],
  )
  if (rowCount === 1) await failJob(client, step.jobId, failureType, error)
}
