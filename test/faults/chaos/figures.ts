/** What a run did and measured, in numbers. */
import type { Installation } from './installation.ts'
import { type Facts, jobsOf } from './promises.ts'
import { takeovers } from './takeovers.ts'

export type Figures = {
  jobs: number
  completed: number
  failed: number
  canceled: number
  /** Claims of steps beyond the first: work that was taken up again. */
  repeatedAttempts: number
  /** Looks at the books while the run went on. */
  looksAtBooks: number
  webhooks: { deliveries: number; requests: number }
  /** ms from a worker's SIGKILL to the next attempt, with nothing else broken, and with. */
  takeoverMs: number[]
  disturbedTakeoverMs: number[]
  /** ms from the database's return to the server's answer, and to a worker's heartbeat. */
  serverBackMs: number[]
  workersBackMs: number[]
  /** Published films beyond one a job. */
  doubleFilms: number
  /** How long the harness was kept waiting for the machine. */
  stalledMs: number
}

export const NOTHING: Figures = {
  jobs: 0,
  completed: 0,
  failed: 0,
  canceled: 0,
  repeatedAttempts: 0,
  looksAtBooks: 0,
  webhooks: { deliveries: 0, requests: 0 },
  takeoverMs: [],
  disturbedTakeoverMs: [],
  serverBackMs: [],
  workersBackMs: [],
  doubleFilms: 0,
  stalledMs: 0,
}

export async function figuresOf(
  installation: Installation,
  facts: Facts,
  looksAtBooks: number,
): Promise<Figures> {
  const { pool, receiver } = installation
  const jobs = await jobsOf(installation, facts.customer)
  const ids = jobs.map(({ id }) => id)
  const { rows } = await pool.query(
    `select (select coalesce(sum(attempt - 1), 0)::int from job_steps where job_id = any($1) and attempt > 1) as repeated,
       (select count(*)::int from webhook_deliveries where webhook_id = $2) as deliveries,
       (select count(*)::int from chaos.history where job = any($1) and what = 'jobs'
         and became ->> 'status' = 'completed' and was ->> 'status' <> 'completed') as publications`,
    [ids, facts.customer.webhookId],
  )
  const count = (status: string): number => jobs.filter((job) => job.status === status).length
  const taken = await takeovers(installation, facts)
  return {
    jobs: jobs.length,
    completed: count('completed'),
    failed: count('failed'),
    canceled: count('canceled'),
    repeatedAttempts: rows[0].repeated,
    looksAtBooks,
    webhooks: { deliveries: rows[0].deliveries, requests: receiver.received.length },
    takeoverMs: taken.filter(({ disturbed }) => !disturbed).map(({ waitedMs }) => waitedMs),
    disturbedTakeoverMs: taken.filter(({ disturbed }) => disturbed).map(({ waitedMs }) => waitedMs),
    serverBackMs: facts.injected.returns.map(({ serverMs }) => serverMs),
    workersBackMs: facts.injected.returns.map(({ workersMs }) => workersMs),
    doubleFilms: rows[0].publications - count('completed'),
    stalledMs: facts.timeline.stalledMs,
  }
}
