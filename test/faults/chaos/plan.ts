/** What happens in one run, told by its seed alone: which jobs come when, and what breaks when. Pure. */

import type { FakePart } from '../../support/fake-comfyui.ts'
import { type Dice, dice } from '../../support/random.ts'

export const WORKERS = ['worker-a', 'worker-b'] as const
export type WorkerName = (typeof WORKERS)[number]
export type ProcessName = WorkerName | 'server'
export const ENGINES = ['engine-a', 'engine-b'] as const
export type EngineName = (typeof ENGINES)[number]
/** What a link leads to, and from where. Engines know their clients by address, so all workers share one link to each. */
export type LinkName = `${ProcessName} to database` | `${ProcessName} to store` | `workers to ${EngineName}`

/** Places in the work of a worker where it can be made to die or freeze. */
export const WORKER_POINTS = [
  'worker.plan.claimed',
  'worker.plan.before_commit',
  'worker.scene.claimed',
  'worker.place.taken',
  'worker.place.before_release',
  'worker.place.released',
  'worker.scene.remote_id_stored',
  'worker.scene.generated',
  'worker.scene.conformed',
  'worker.scene.after_put',
  'worker.scene.committed',
  'worker.voice.claimed',
  'worker.voice.spoken',
  'worker.voice.after_put',
  'worker.join.claimed',
  'worker.join.rendered',
  'worker.join.after_put',
  'worker.join.committed',
  'worker.sound.claimed',
  'worker.sound.after_put',
  'worker.film.reused',
  'worker.assemble.claimed',
  'worker.assemble.composed',
  'worker.assemble.after_put',
  'worker.assemble.committed',
  'worker.webhook.claimed',
  'worker.webhook.sent',
] as const
export const SERVER_POINTS = ['server.generate.before_commit', 'server.generate.after_commit'] as const

type Lie = { part: FakePart; what: string; times: number }

export type Fault = { atMs: number } & (
  | { kind: 'kill' | 'terminate'; target: ProcessName }
  | { kind: 'freeze'; target: ProcessName; forMs: number }
  /** From the start of the run: the process dies, or freezes for `forMs`, when it passes the point for the `hit`-th time. */
  | { kind: 'point'; target: ProcessName; point: string; action: 'kill' | 'stop'; hit: number; forMs: number }
  | { kind: 'link'; link: LinkName; how: 'cut' | 'half-open' | 'slow' | 'hold' | 'refuse'; forMs: number }
  | { kind: 'engine'; target: EngineName; how: 'restart' | 'away'; forMs: number }
  | ({ kind: 'lie'; target: EngineName } & Lie)
  | { kind: 'database'; how: 'crash' | 'stop' | 'connections'; forMs: number }
  | { kind: 'store'; forMs: number }
  | { kind: 'disk'; target: WorkerName; forMs: number }
  /** From the start of the run to its end. */
  | { kind: 'clock'; target: ProcessName; hours: number }
)

export type PlannedJob = {
  atMs: number
  owner: 'team' | 'person'
  /** Scenes of one second; with the same `story` two jobs of one owner want the same clips. */
  story: number
  scenes: number
  /** Joined with the timeline's own order and a dissolve, rather than by cuts. */
  dissolve: boolean
  /** With a line of dialogue, which is spoken and mixed. */
  speaks: boolean
  cancelAfterMs: number | null
  /** Requests with the same idempotency key, besides the first; `atOnce` before the first is answered. */
  repeats: number
  atOnce: boolean
}

export type RunPlan = {
  seed: number
  /** How long engines take to answer. */
  replyMs: number
  /** Share of webhook requests that go wrong. */
  receiverFails: number
  jobs: PlannedJob[]
  faults: Fault[]
}

/** A lease and what the sweeper waits besides, and a little more. */
const LONGER_THAN_A_LEASE_MS = 25_000

const LIES: readonly Lie[] = [
  ...(['html', 'empty', 'truncated', 'gone', 'not-video'] as const).map((what) => ({
    part: 'view' as const,
    what,
    times: 1,
  })),
  ...(['node-error', 'oom', 'lose', 'no-output'] as const).map((what) => ({
    part: 'run' as const,
    what,
    times: 1,
  })),
  ...(['refuse', 'duplicate', 'reorder', 'drop', 'deaf', 'no-end'] as const).map((what) => ({
    part: 'socket' as const,
    what,
    times: 2,
  })),
  ...(['html', 'error-500', 'drop-reply', 'drop-request', 'partial'] as const).map((what) => ({
    part: 'prompt' as const,
    what,
    times: 1,
  })),
]

const PROCESSES = [...WORKERS, 'server'] as const
const LINKS: readonly LinkName[] = [
  ...PROCESSES.flatMap((name) => [`${name} to database`, `${name} to store`] as const),
  ...ENGINES.map((name) => `workers to ${name}` as const),
]

/** How often each kind of fault comes, against the others. */
const WEIGHTS = {
  kill: 4,
  terminate: 2,
  freeze: 2,
  point: 5,
  link: 5,
  engine: 3,
  lie: 5,
  database: 3,
  store: 2,
  disk: 1,
  clock: 1,
} as const satisfies Record<Fault['kind'], number>

function planFault({ between, chance, pick, weighted }: Dice): Fault {
  const atMs = between(200, 6_000)
  const forMs = between(500, 4_000)
  const process = () => (chance(0.75) ? pick(WORKERS) : 'server')
  const kind = weighted(WEIGHTS)
  switch (kind) {
    case 'kill':
    case 'terminate':
      return { atMs, kind, target: process() }
    case 'freeze': {
      const target = process()
      // A server that sleeps is only slow; a worker that sleeps for long loses what it holds.
      const isLong = target !== 'server' && chance(0.5)
      return { atMs, kind, target, forMs: isLong ? LONGER_THAN_A_LEASE_MS : forMs }
    }
    case 'point': {
      const target = process()
      const point = pick<string>(target === 'server' ? SERVER_POINTS : WORKER_POINTS)
      const action = target === 'server' || chance(0.7) ? 'kill' : 'stop'
      return { atMs: 0, kind, target, point, action, hit: between(1, 2), forMs: LONGER_THAN_A_LEASE_MS }
    }
    case 'link':
      return {
        atMs,
        kind,
        link: pick(LINKS),
        how: pick(['cut', 'half-open', 'slow', 'hold', 'refuse']),
        forMs,
      }
    case 'engine':
      return { atMs, kind, target: pick(ENGINES), how: pick(['restart', 'away']), forMs }
    case 'lie':
      return { atMs: between(0, 800), kind, target: pick(ENGINES), ...pick(LIES) }
    case 'database':
      return { atMs, kind, how: pick(['crash', 'stop', 'connections']), forMs }
    case 'store':
      return { atMs, kind, forMs }
    case 'disk':
      return { atMs: between(0, 2_000), kind, target: 'worker-a', forMs }
    case 'clock':
      return { atMs: 0, kind, target: process(), hours: pick([-6, 6]) }
  }
}

function planJob({ between, chance, pick }: Dice, index: number): PlannedJob {
  return {
    atMs: index === 0 ? 0 : between(0, 2_500),
    owner: pick(['team', 'team', 'person']),
    story: chance(0.25) ? 0 : index,
    scenes: between(1, 4),
    dissolve: chance(0.35),
    speaks: chance(0.25),
    cancelAfterMs: chance(0.2) ? between(0, 5_000) : null,
    repeats: chance(0.4) ? between(1, 2) : 0,
    atOnce: chance(0.5),
  }
}

/** What can be broken in one way at a time only; null for what can be broken again and again. */
function onceFor(fault: Fault): string | null {
  if (fault.kind === 'point' || fault.kind === 'clock') return fault.target
  return fault.kind === 'database' || fault.kind === 'store' || fault.kind === 'disk' ? fault.kind : null
}

export function planRun(seed: number): RunPlan {
  const thrown = dice(seed)
  const jobs = Array.from({ length: thrown.between(2, 4) }, (_, index) => planJob(thrown, index))
  const taken = new Set<string>()
  const faults = Array.from({ length: thrown.between(1, 4) }, () => planFault(thrown)).filter((fault) => {
    const name = onceFor(fault)
    if (name === null) return true
    return taken.has(name) ? false : taken.add(name)
  })
  return {
    seed,
    replyMs: thrown.pick([0, 0, 60]),
    receiverFails: thrown.pick([0, 0.3]),
    jobs,
    faults: faults.sort((a, b) => a.atMs - b.atMs),
  }
}

/** A fault in few words, for the line of a run. */
export function inWords(fault: Fault): string {
  const at = fault.atMs === 0 ? 'from the start' : `at ${(fault.atMs / 1_000).toFixed(1)} s`
  const lasting = (ms: number): string => ` for ${(ms / 1_000).toFixed(1)} s`
  switch (fault.kind) {
    case 'kill':
    case 'terminate':
      return `${fault.kind} ${fault.target} ${at}`
    case 'freeze':
      return `freeze ${fault.target} ${at}${lasting(fault.forMs)}`
    case 'point':
      return `${fault.action} ${fault.target} in ${fault.point}@${fault.hit}`
    case 'link':
      return `${fault.how} ${fault.link} ${at}${/slow|hold|refuse/.test(fault.how) ? lasting(fault.forMs) : ''}`
    case 'engine':
      return `${fault.how} ${fault.target} ${at}${fault.how === 'away' ? lasting(fault.forMs) : ''}`
    case 'lie':
      return `${fault.target} lies: ${fault.part} ${fault.what} ${at}`
    case 'database':
      return `database ${fault.how} ${at}${fault.how === 'connections' ? '' : lasting(fault.forMs)}`
    case 'store':
      return `store killed ${at}${lasting(fault.forMs)}`
    case 'disk':
      return `disk of ${fault.target} full ${at}${lasting(fault.forMs)}`
    case 'clock':
      return `clock of ${fault.target} ${fault.hours} h off`
  }
}
