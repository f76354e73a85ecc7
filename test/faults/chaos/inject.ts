/** Faults, made and healed. */
import { readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { until } from '../../support/faults.ts'
import { type Customer, isServing } from './customers.ts'
import type { Installation } from './installation.ts'
import { type Fault, inWords } from './plan.ts'
import type { Supervised } from './processes.ts'
import type { Timeline } from './timeline.ts'

/** What was measured when the database had returned, in ms from its return. */
export type Return = { serverMs: number; workersMs: number }

export type Injected = { returns: Return[] }

const SERVICE_LIMIT_MS = 60_000

/** Carries out one fault, from its beginning to its end. */
export async function inject(
  installation: Installation,
  customer: Customer,
  fault: Fault,
  timeline: Timeline,
  injected: Injected,
): Promise<void> {
  const { engines, links, postgres, processes, storeServer } = installation
  await sleep(fault.atMs)
  timeline.note(inWords(fault))
  switch (fault.kind) {
    case 'kill':
      return processes[fault.target].kill()
    case 'terminate':
      return processes[fault.target].terminate()
    case 'freeze': {
      const { pid } = processes[fault.target].part.process
      processes[fault.target].freeze()
      await sleep(fault.forMs)
      if (processes[fault.target].part.process.pid === pid) processes[fault.target].wake()
      return
    }
    case 'link': {
      const proxy = links.get(fault.link)!
      if (fault.how === 'cut') return proxy.cut()
      if (fault.how === 'half-open') return proxy.halfOpen()
      proxy.way = fault.how
      await sleep(fault.forMs)
      proxy.way = 'open'
      return
    }
    case 'engine':
      if (fault.how === 'restart') return engines[fault.target].restart()
      await engines[fault.target].leave()
      await sleep(fault.forMs)
      return engines[fault.target].comeBack()
    case 'lie':
      return engines[fault.target].fail(fault.part, fault.what as never, fault.times)
    case 'database':
      if (fault.how === 'connections') {
        await installation.pool
          .query(
            `select pg_terminate_backend(pid) from pg_stat_activity where application_name like 'framecast%'`,
          )
          .catch(() => {})
        return
      }
      await postgres[fault.how]()
      await sleep(fault.forMs)
      await postgres.start()
      timeline.note('the database is back')
      injected.returns.push(await measureReturn(installation, customer))
      return
    case 'store':
      await storeServer.stop()
      await sleep(fault.forMs)
      return storeServer.start()
    case 'disk':
      if (!installation.hasOwnDisk)
        return timeline.note('the disk is shared with others here and was left alone')
      await installation.fillDisk()
      await sleep(fault.forMs)
      return installation.emptyDisk()
    case 'point':
    case 'clock':
      // In force from the start of the process.
      return
  }
}

async function measureReturn(installation: Installation, customer: Customer): Promise<Return> {
  const at = Date.now()
  const sinceMs = async (what: string, look: () => Promise<boolean>): Promise<number> => {
    await until(what, look, SERVICE_LIMIT_MS)
    return Date.now() - at
  }
  const [serverMs, workersMs] = await Promise.all([
    sinceMs('the server to answer again', () => isServing(installation, customer)),
    sinceMs('a worker to be back', async () => {
      const { rows } = await installation.pool.query(
        'select 1 from workers where last_seen_at > to_timestamp($1)',
        [at / 1_000],
      )
      return rows.length > 0
    }),
  ])
  return { serverMs, workersMs }
}

/** Sets everything right that a fault may have left. Processes that sleep are woken by `wakeSleepers`. */
export async function heal({ engines, links, emptyDisk }: Installation): Promise<void> {
  for (const proxy of links.values()) proxy.way = 'open'
  for (const engine of Object.values(engines)) {
    for (const part of ['prompt', 'run', 'view', 'socket', 'upload'] as const)
      engine.fail(part, 'html' as never, 0)
    engine.delayMs = 0
    await engine.comeBack()
  }
  await emptyDisk()
}

const isStopped = async ({ part }: Supervised): Promise<boolean> =>
  /\) T /.test(await readFile(`/proc/${part.process.pid}/stat`, 'utf8').catch(() => ''))

/** Wakes processes that have put themselves to sleep at a fault point, once they slept for `forMs`. */
export function wakeSleepers(
  { processes }: Installation,
  timeline: Timeline,
  forMs: number,
): { stop(): Promise<void>; allAwake(): Promise<boolean> } {
  const asleepSince = new Map<number, number>()
  let isOver = false
  const all = Object.values(processes)
  const loop = (async () => {
    while (!isOver) {
      for (const each of all) {
        const pid = each.part.process.pid!
        if (!(await isStopped(each))) {
          asleepSince.delete(pid)
          continue
        }
        const since = asleepSince.get(pid) ?? performance.now()
        asleepSince.set(pid, since)
        if (performance.now() - since < forMs) continue
        timeline.note(`${each.name} is woken`)
        each.wake()
      }
      await sleep(100)
    }
  })()
  return {
    async stop() {
      isOver = true
      await loop
    },
    allAwake: async () => (await Promise.all(all.map(isStopped))).every((stopped) => !stopped),
  }
}
