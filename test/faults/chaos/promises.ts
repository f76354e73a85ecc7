/** What must hold after a run, whatever broke during it: looked up in rows, objects, files, processes and sockets. */
import { createHash } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { checkInvariants } from '../../../core/invariants/check.ts'
import type { JobOutput } from '../../../core/jobs/types.ts'
import { findTools, probe } from '../../../core/platform/ffmpeg.ts'
import { planShots } from '../../../core/storyboard/plan.ts'
import { parseOptions } from '../../../core/storyboard/render-options.ts'
import type { Storyboard } from '../../../core/storyboard/types.ts'
import { processesNaming } from '../../support/faults.ts'
import type { Customer, Submitted } from './customers.ts'
import type { Injected } from './inject.ts'
import { type Installation, JOB_TIMEOUT_S, workersOf } from './installation.ts'
import type { RunPlan } from './plan.ts'
import { CREDITS_PER_SCENE, OPTIONS, storyboardOf, type Told } from './storyboards.ts'
import { isDisturbed, takeovers } from './takeovers.ts'
import type { Timeline } from './timeline.ts'
import { unbalanced } from './watch-books.ts'
import { brokenDeliveries } from './webhooks.ts'

/** R1 to R8 as docs/reliability.md words them; `rules` are those of `framecast admin invariants check`. */
export type Violation = { promise: `R${1 | 2 | 3 | 4 | 5 | 6 | 7 | 8}` | 'rules'; what: string }

/** What is known of a run besides what it left. */
export type Facts = {
  plan: RunPlan
  customer: Customer
  submitted: readonly Submitted[]
  injected: Injected
  timeline: Timeline
  /** Unix time in ms. */
  startedAt: number
}

export type JobRow = {
  id: string
  owner: string
  status: 'queued' | 'processing' | 'completed' | 'failed' | 'canceled'
  output: JobOutput | null
  error: { code: string; message: string } | null
  failure_type: string | null
  progress: { percent?: number }
  credits_charged: number
  credits_refunded: number
  idempotency_key: string
  started_at: Date | null
  completed_at: Date | null
}

export async function jobsOf(
  { pool }: Pick<Installation, 'pool'>,
  { userId }: Pick<Customer, 'userId'>,
): Promise<JobRow[]> {
  const { rows } = await pool.query('select * from jobs where triggered_by = $1 order by created_at', [
    userId,
  ])
  return rows as JobRow[]
}

const AFTER_DEADLINE_S = 30
const RETURN_LIMIT_MS = 15_000
const TAKEOVER_LIMIT_MS = 30_000
/** What other faults at the same time may add. */
const DISTURBED_MS = 60_000
const TERMINATION_LIMIT_MS = 21_000
/** Two engines, two workers: a socket for events each, and some for questions. */
const MOST_ENGINE_SOCKETS = 16
const MOST_DATABASE_SOCKETS = 90

export async function brokenPromises(installation: Installation, facts: Facts): Promise<Violation[]> {
  const jobs = await jobsOf(installation, facts.customer)
  const found = await Promise.all([
    accepted(facts, jobs),
    ended(jobs),
    money(installation, facts, jobs),
    outputs(installation, facts, jobs),
    unbalanced(installation, Object.values(facts.customer.owners)),
    events(installation, jobs),
    brokenDeliveries(installation, facts, jobs),
    inTime(installation, facts),
    remains(installation, jobs),
    exits(installation, facts),
    lateEffects(installation, jobs),
    rules(installation),
  ])
  return found.flat()
}

/** R1, R2: every request was answered in the end, and each key stands for one job, which is there. */
async function accepted({ submitted }: Facts, jobs: readonly JobRow[]): Promise<Violation[]> {
  const violations: Violation[] = []
  for (const { key, answers, odd, unanswered } of submitted) {
    const mine = jobs.filter((job) => job.idempotency_key === key)
    if (mine.length !== 1)
      violations.push({ promise: 'R1', what: `${mine.length} jobs under the key ${key}` })
    if (unanswered > 0)
      violations.push({ promise: 'R1', what: `${unanswered} requests for ${key} got no answer` })
    for (const { status, body } of [
      ...odd,
      ...answers.filter(({ status }) => status !== 200 && status !== 201),
    ])
      violations.push({
        promise: 'R1',
        what: `a request for ${key} was answered ${status}: ${JSON.stringify(body)}`,
      })
    for (const { status, body } of answers)
      if (status < 300 && body.id !== mine[0]?.id)
        violations.push({
          promise: 'R2',
          what: `the key ${key} gave ${String(body.id)}, but its job is ${mine[0]?.id}`,
        })
    const made = answers.filter(({ status }) => status === 201).length
    if (made > 1) violations.push({ promise: 'R2', what: `${made} requests for ${key} made a job` })
  }
  if (jobs.length !== submitted.length)
    violations.push({ promise: 'R1', what: `${jobs.length} jobs instead of ${submitted.length}` })
  return violations
}

/** R1: ended, and in time. */
async function ended(jobs: readonly JobRow[]): Promise<Violation[]> {
  return jobs.flatMap(({ id, status, failure_type, started_at, completed_at }): Violation[] => {
    if (!completed_at) return [{ promise: 'R1', what: `job ${id} is still ${status}` }]
    // It kept the letter, and waited in vain for something: everything had long been healed.
    if (failure_type === 'timeout') return [{ promise: 'R1', what: `job ${id} hung until its time limit` }]
    const tookS = started_at ? (completed_at.getTime() - started_at.getTime()) / 1_000 : 0
    return tookS > JOB_TIMEOUT_S + AFTER_DEADLINE_S
      ? [{ promise: 'R1', what: `job ${id} took ${tookS.toFixed(1)} s` }]
      : []
  })
}

/** The table of refunds, once more and by itself: what the product says of it is not asked. */
export function refundDue(
  job: Pick<JobRow, 'status' | 'failure_type' | 'credits_charged' | 'progress'>,
): number {
  const c = job.credits_charged
  const left = 10_000 - Math.min(10_000, Math.max(0, Math.round((job.progress.percent ?? 0) * 100)))
  if (job.status === 'completed') return 0
  if (job.failure_type === 'canceled')
    return Math.min(Math.floor((c * left * 9) / 100_000), Math.floor((c * 9) / 10))
  return job.failure_type === 'validation' ? Math.floor((c * left) / 10_000) : c
}

/** R2: one debit of the right price, and the refund of the table. */
async function money(
  { pool }: Installation,
  { submitted }: Facts,
  jobs: readonly JobRow[],
): Promise<Violation[]> {
  const violations: Violation[] = []
  const { rows } = await pool.query<{ job_id: string; kind: string; amount: number }>(
    `select job_id, kind, amount from credit_entries where job_id = any($1) order by kind`,
    [jobs.map(({ id }) => id)],
  )
  for (const job of jobs) {
    const moved = rows.filter((row) => row.job_id === job.id).map(({ kind, amount }) => `${kind} ${amount}`)
    const due = refundDue(job)
    const wanted = [`debit ${job.credits_charged}`, ...(due > 0 ? [`refund ${due}`] : [])]
    if (String(moved) !== String(wanted) || job.credits_refunded !== due)
      violations.push({ promise: 'R2', what: `job ${job.id} (${job.status}) moved ${moved}, not ${wanted}` })
    const planned = submitted.find(({ key }) => key === job.idempotency_key)?.planned
    if (!planned) continue
    const most = planned.scenes * CREDITS_PER_SCENE
    const isAlone = !submitted.some(
      ({ planned: other }) =>
        other !== planned && other.owner === planned.owner && other.story === planned.story,
    )
    // Scenes that another job of the same owner has made already cost nothing.
    if (isAlone ? job.credits_charged !== most : job.credits_charged > most)
      violations.push({ promise: 'R2', what: `job ${job.id} was charged ${job.credits_charged} for ${most}` })
  }
  return violations
}

async function hashOf({ store }: Installation, key: string, path: string): Promise<string> {
  await store.getFile(key, path, AbortSignal.timeout(20_000))
  return createHash('sha256')
    .update(await readFile(path))
    .digest('hex')
}

/** R3: each completed job has its one film, whole; whatever is kept to be used again is whole, too. */
async function outputs(
  installation: Installation,
  { submitted, customer }: Facts,
  jobs: readonly JobRow[],
): Promise<Violation[]> {
  const { pool, store } = installation
  const violations: Violation[] = []
  const tools = await findTools(process.env)
  const folder = await mkdtemp(join(installation.folder, 'films-'))
  const path = join(folder, 'object')
  const bad = (what: string): void => void violations.push({ promise: 'R3', what })
  try {
    for (const job of jobs) {
      if ((job.status === 'completed') !== (job.output !== null))
        bad(`job ${job.id} is ${job.status} ${job.output ? 'with' : 'without'} a film`)
      const { output } = job
      if (!output) continue
      try {
        if ((await hashOf(installation, output.video_key, path)) !== output.sha256)
          bad(`the film of ${job.id} has other bytes`)
        const planned = submitted.find(({ key }) => key === job.idempotency_key)?.planned
        const info = await probe(tools, path, { countFrames: true })
        if (planned && info.video?.frames !== framesOf(planned))
          bad(`the film of ${job.id} has ${info.video?.frames} frames, not ${framesOf(planned)}`)
      } catch (error) {
        bad(`the film of ${job.id} cannot be read: ${String(error)}`)
      }
      for (const key of [output.thumbnail_key, output.contact_sheet_key])
        if (!(await store.stat(key))) bad(`${key} of ${job.id} is not there`)
    }
    const { rows } = await pool.query(
      'select distinct object_key, sha256 from content_cache where scope = any($1)',
      [Object.values(customer.owners)],
    )
    for (const { object_key, sha256 } of rows) {
      const hash = await hashOf(installation, object_key, path).catch((error: unknown) => String(error))
      if (hash !== sha256) bad(`${object_key} is kept as ${sha256}, but is ${hash}`)
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
  return violations
}

function framesOf(planned: Told): number {
  const parsed = parseOptions(OPTIONS)
  if (!('options' in parsed)) throw new Error('these options are good')
  return planShots(storyboardOf(planned) as Storyboard, parsed.options).frames
}

/** R5: events without a gap, with one end, which is the last. */
async function events({ pool }: Installation, jobs: readonly JobRow[]): Promise<Violation[]> {
  const { rows } = await pool.query<{
    job_id: string
    sequences: number[]
    types: string[]
    scenes: (string | null)[]
  }>(
    `select job_id, array_agg(sequence::int order by sequence) as sequences, array_agg(event_type order by sequence) as types,
       array_agg(payload ->> 'scene_id' order by sequence) filter (where event_type = 'scene_complete') as scenes
     from job_events where job_id = any($1) group by job_id`,
    [jobs.map(({ id }) => id)],
  )
  return jobs.flatMap((job): Violation[] => {
    const told = rows.find(({ job_id }) => job_id === job.id)
    if (!told) return [{ promise: 'R5', what: `job ${job.id} has no events` }]
    const { sequences, types, scenes } = told
    const violations: Violation[] = []
    const bad = (promise: 'R5' | 'R8', what: string): void =>
      void violations.push({ promise, what: `job ${job.id}: ${what}` })
    if (sequences.some((sequence, index) => sequence !== index + 1))
      bad('R5', `events are numbered ${sequences}`)
    const ends = types.filter((type) => ['completed', 'failed', 'canceled'].includes(type))
    if (String(ends) !== job.status || types.at(-1) !== job.status)
      bad('R5', `is ${job.status}, its events are ${types}`)
    if (types.filter((type) => type === 'started').length > 1) bad('R5', 'started more than once')
    if (scenes && new Set(scenes).size !== scenes.length) bad('R8', `scenes completed twice: ${scenes}`)
    return violations
  })
}

/** What is added to a promise of time: other faults, and a machine that has no time for anybody. */
const allowance = ({ timeline }: Facts, disturbed: boolean): number =>
  (disturbed ? DISTURBED_MS : 0) + timeline.stalledMs

/** R6: the next attempt after a loss, and service after the database's return. */
async function inTime(installation: Installation, facts: Facts): Promise<Violation[]> {
  const violations: Violation[] = []
  for (const { serverMs, workersMs } of facts.injected.returns) {
    const limitMs = RETURN_LIMIT_MS + allowance(facts, isDisturbed(facts))
    if (serverMs > limitMs)
      violations.push({ promise: 'R6', what: `the server answered ${serverMs} ms after the database` })
    if (workersMs > limitMs)
      violations.push({ promise: 'R6', what: `workers came ${workersMs} ms after the database` })
  }
  for (const { pid, step, waitedMs, disturbed } of await takeovers(installation, facts)) {
    const limitMs = TAKEOVER_LIMIT_MS + allowance(facts, disturbed)
    if (waitedMs > limitMs)
      violations.push({
        promise: 'R6',
        what: `step ${step} of killed process ${pid} was taken up after ${waitedMs} ms`,
      })
  }
  return violations
}

/** R7: nothing is left at work, on disks, in the process table, or open. */
async function remains(installation: Installation, jobs: readonly JobRow[]): Promise<Violation[]> {
  const { pool, folder, workDirs, links } = installation
  const violations: Violation[] = []
  const bad = (what: string): void => void violations.push({ promise: 'R7', what })
  const ids = jobs.map(({ id }) => id)
  const { rows: steps } = await pool.query(
    `select id, job_id, kind, state, lease_owner from job_steps where job_id = any($1)
     and (state in ('waiting', 'ready', 'running') or lease_owner is not null or lease_until is not null)`,
    [ids],
  )
  for (const step of steps) bad(`a step is left over: ${JSON.stringify(step)}`)
  const { rows: bells } = await pool.query(
    `select q.id, q.key from graphile_worker._private_jobs q join job_steps s on q.key = 'step:' || s.id
     where s.job_id = any($1) and q.locked_at is null and q.attempts < q.max_attempts`,
    [ids],
  )
  for (const bell of bells) bad(`the queue still rings for ${bell.key}`)
  const { rows: open } = await pool.query(
    `select application_name as name, count(*)::int as n,
       count(*) filter (where state like 'idle in transaction%' and state_change < now() - interval '12 seconds')::int as stuck
     from pg_stat_activity where application_name like 'framecast%' group by 1`,
  )
  for (const { name, stuck } of open) if (stuck > 0) bad(`${stuck} transactions of ${name} are left open`)
  const connections = open.reduce((sum, { n }) => sum + n, 0)
  if (connections > MOST_DATABASE_SOCKETS) bad(`${connections} connections to the database`)
  for (const [name, proxy] of links)
    if (name.startsWith('workers to') && proxy.open > MOST_ENGINE_SOCKETS)
      bad(`${proxy.open} connections: ${name}`)

  const alive = new Set(workersOf(installation).map(({ part }) => part.process.pid!))
  for (const pid of await processesNaming(folder)) if (!alive.has(pid)) bad(`process ${pid} is left over`)
  for (const [name, path] of Object.entries(workDirs)) {
    const names = (await readdir(path)).filter((entry) => entry.startsWith('worker-'))
    if (names.length !== 1) bad(`folders of ${name}: ${names}`)
    for (const entry of names) {
      const left = (await readdir(join(path, entry))).filter((file) => file !== 'owner.json')
      if (left.length > 0) bad(`temporary files of ${name}: ${left}`)
    }
  }
  return violations
}

/** R7: processes end when they are asked to, and only when they are asked to or cannot go on. */
async function exits({ processes }: Installation, { plan, startedAt }: Facts): Promise<Violation[]> {
  const mayGiveUp = plan.faults.some(
    ({ kind }) => kind === 'database' || kind === 'link' || kind === 'freeze' || kind === 'point',
  )
  return Object.values(processes).flatMap(({ name, lives, terminations }) => {
    const given = lives
      .filter(
        ({ endedAt, wanted, signal }) =>
          endedAt !== null && endedAt >= startedAt && !wanted && signal !== 'SIGKILL',
      )
      .filter(() => !mayGiveUp)
      .map(
        ({ pid, code }): Violation => ({ promise: 'R7', what: `${name} (${pid}) gave up with code ${code}` }),
      )
    const slow = terminations
      .filter(({ askedAt, life }) => askedAt >= startedAt && life.endedAt !== null && !mayGiveUp)
      .filter(
        ({ askedAt, life }) =>
          life.endedAt! - askedAt > TERMINATION_LIMIT_MS || (life.code !== 0 && life.signal === null),
      )
      .map(
        ({ askedAt, life }): Violation => ({
          promise: 'R7',
          what: `${name} (${life.pid}) ended ${life.endedAt! - askedAt} ms after it was asked to, with code ${life.code}`,
        }),
      )
    return [...given, ...slow]
  })
}

/** R8: what has ended stays as it is, and attempts only rise. */
async function lateEffects({ pool }: Installation, jobs: readonly JobRow[]): Promise<Violation[]> {
  const { rows } = await pool.query(
    `select at, what, id, was, became from chaos.history where job = any($1) and was is not null and (
       (what = 'jobs' and was ->> 'status' in ('completed', 'failed', 'canceled'))
       or (what = 'job_steps' and was ->> 'state' in ('done', 'failed', 'canceled'))
       or (what = 'job_steps' and (became ->> 'attempt')::int < (was ->> 'attempt')::int)
       or (what = 'job_steps' and was ->> 'state' = 'running' and became ->> 'state' = 'running' and was ->> 'owner' <> became ->> 'owner'))
     order by n`,
    [jobs.map(({ id }) => id)],
  )
  return rows.map(({ what, id, was, became }) => ({
    promise: 'R8',
    what: `${what} ${id} was changed after its end: ${JSON.stringify(was)} became ${JSON.stringify(became)}`,
  }))
}

/** `framecast admin invariants check`. */
async function rules({ pool }: Installation): Promise<Violation[]> {
  const results = await checkInvariants(pool, { allowInsecureWebhooks: true })
  return results.flatMap(({ rule, violations }) =>
    violations.map(({ id, detail }): Violation => ({ promise: 'rules', what: `${rule}: ${id} ${detail}` })),
  )
}
