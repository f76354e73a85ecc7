/** One run: jobs and faults by the plan, then everything healed, everything waited for, every promise looked at. */
import { setTimeout as sleep } from 'node:timers/promises'
import { until } from '../../support/faults.ts'
import { dice } from '../../support/random.ts'
import type { Answer as Reply } from '../../support/receiver.ts'
import { cancel, newCustomer, type Submitted, submit } from './customers.ts'
import { type Figures, figuresOf, NOTHING } from './figures.ts'
import { heal, type Injected, inject, wakeSleepers } from './inject.ts'
import { type Installation, JOB_TIMEOUT_S } from './installation.ts'
import { inWords, type PlannedJob, planRun, type RunPlan } from './plan.ts'
import { brokenPromises, type Facts, type Violation } from './promises.ts'
import { startTimeline, type Timeline } from './timeline.ts'
import { watchBooks } from './watch-books.ts'

export type RunResult = {
  seed: number
  /** In words, and by kind. */
  faults: string[]
  kinds: string[]
  tookMs: number
  violations: Violation[]
  figures: Figures
  timeline: readonly string[]
  /** It did not come to its end, and the installation cannot be used for another. */
  isBrokenOff: boolean
}

const ASLEEP_MS = 25_000
const JOBS_LIMIT_MS = (JOB_TIMEOUT_S + 30) * 1_000
const QUIET_LIMIT_MS = 90_000

/** Starts processes in the way the plan says, those that were started oddly before plainly. */
async function prepare({ processes, engines }: Installation, plan: RunPlan): Promise<void> {
  await Promise.all(
    Object.values(processes).map(async (each) => {
      const fault = plan.faults.find(
        (one) => (one.kind === 'point' || one.kind === 'clock') && one.target === each.name,
      )
      each.part.lines.splice(0)
      if (fault?.kind === 'point')
        await each.restart({ faultPlan: `${fault.point}:${fault.action}@${fault.hit}` })
      else if (fault?.kind === 'clock') await each.restart({ clockHours: fault.hours })
      else if (each.isOdd) await each.restart()
    }),
  )
  for (const engine of Object.values(engines)) {
    engine.machine.wipe()
    engine.machine.files.clear()
    engine.posts.length = 0
    engine.requests.length = 0
    engine.delayMs = plan.replyMs
  }
}

/** A receiver of webhooks that fails at random, until it is told to behave. */
function troubledReceiver(plan: RunPlan): { answer: Reply; behave(): void } {
  const thrown = dice(plan.seed + 1)
  let share = plan.receiverFails
  return {
    behave: () => {
      share = 0
    },
    answer(_request, response) {
      if (!thrown.chance(share)) return void response.writeHead(204).end()
      switch (thrown.pick(['error', 'cut', 'hang'] as const)) {
        case 'error':
          return void response.writeHead(500).end('no')
        case 'cut':
          return void response.destroy()
        case 'hang':
          // The sender gives up after 5 s.
          return
      }
    },
  }
}

async function playJob(
  installation: Installation,
  customer: Awaited<ReturnType<typeof newCustomer>>,
  planned: PlannedJob,
  key: string,
  timeline: Timeline,
): Promise<Submitted> {
  await sleep(planned.atMs)
  const canceling = (async () => {
    if (planned.cancelAfterMs === null) return
    await sleep(planned.cancelAfterMs)
    const { rows } = await until('the job to be canceled', () =>
      installation.pool.query('select id from jobs where idempotency_key = $1', [key]),
    )
    if (!rows[0]) return
    const { answer } = await cancel(installation, customer, rows[0].id)
    timeline.note(`cancel of ${key} answered ${answer?.status}`)
  })()
  const submitted = await submit(installation, customer, planned, key)
  timeline.note(`${key}: ${planned.scenes} scenes, answered ${submitted.answers.map(({ status }) => status)}`)
  await canceling
  return submitted
}

/** Lets the waits between webhook attempts (a minute and more) be over. */
async function hurryDeliveries({ pool }: Installation, webhookId: string): Promise<number> {
  await pool.query(
    `with due as (
       update webhook_deliveries set next_retry_at = now()
       where webhook_id = $1 and status = 'retrying' and next_retry_at > now() returning id)
     select enqueue_delivery(id) from due`,
    [webhookId],
  )
  const { rows } = await pool.query(
    `select count(*)::int as open from webhook_deliveries
     where webhook_id = $1 and status in ('pending', 'attempting', 'retrying')`,
    [webhookId],
  )
  return rows[0].open
}

/** @returns what came of it, and what it was checked with */
export async function runOnce(
  installation: Installation,
  seed: number,
): Promise<{ result: RunResult; facts: Facts }> {
  const plan = planRun(seed)
  const { pool, processes, receiver } = installation
  await prepare(installation, plan)
  const customer = await newCustomer(installation, seed)
  const hook = troubledReceiver(plan)
  receiver.answer = hook.answer
  receiver.received.length = 0

  const startedAt = Date.now()
  const timeline = startTimeline()
  const injected: Injected = { returns: [] }
  const sleepers = wakeSleepers(installation, timeline, ASLEEP_MS)
  const books = watchBooks(installation, Object.values(customer.owners))
  const late: Violation[] = []
  const within = async (
    promise: Violation['promise'],
    what: string,
    limitMs: number,
    look: () => Promise<boolean>,
  ) => {
    await until(what, look, limitMs).catch((error: Error) => late.push({ promise, what: error.message }))
  }

  const [submitted] = await Promise.all([
    Promise.all(
      plan.jobs.map((planned, index) =>
        playJob(installation, customer, planned, `${customer.userId}-${index}`, timeline),
      ),
    ),
    Promise.all(
      plan.faults.map((fault) =>
        inject(installation, customer, fault, timeline, injected).catch((error: Error) => {
          late.push({ promise: 'R6', what: `${inWords(fault)}: ${error.message}` })
        }),
      ),
    ),
  ])
  await heal(installation)
  hook.behave()
  timeline.note('healed')

  await within('R1', 'all jobs to end', JOBS_LIMIT_MS, async () => {
    const { rows } = await pool.query(
      'select 1 from jobs where triggered_by = $1 and completed_at is null limit 1',
      [customer.userId],
    )
    return rows.length === 0
  })
  timeline.note('all jobs have ended')
  await within('R5', 'all webhooks to be delivered', QUIET_LIMIT_MS, async () => {
    return (await hurryDeliveries(installation, customer.webhookId)) === 0
  })
  await within('R7', 'all processes to be awake', QUIET_LIMIT_MS, sleepers.allAwake)
  await Promise.all(Object.values(processes).map((each) => each.atWork()))
  await sleepers.stop()
  const sampled = await books.stop()
  timeline.note('quiet')

  const facts: Facts = { plan, customer, submitted, injected, timeline, startedAt }
  const violations = [...late, ...sampled.violations, ...(await brokenPromises(installation, facts))]
  const result = {
    seed,
    faults: plan.faults.map(inWords),
    kinds: plan.faults.map(({ kind }) => kind),
    tookMs: Date.now() - startedAt,
    violations,
    figures: await figuresOf(installation, facts, sampled.looks),
    timeline: timeline.lines,
    isBrokenOff: false,
  }
  timeline.close()
  return { result, facts }
}

/** What is said of a run that could not be carried through. */
export function brokenOff(seed: number, error: Error): RunResult {
  const plan = planRun(seed)
  return {
    seed,
    faults: plan.faults.map(inWords),
    kinds: plan.faults.map(({ kind }) => kind),
    tookMs: 0,
    violations: [{ promise: 'R1', what: `the run broke off: ${error.stack}` }],
    figures: NOTHING,
    timeline: [],
    isBrokenOff: true,
  }
}
