/** Our programs under a supervisor, as every installation runs them: whoever ends is started again. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Scope } from '../../support/postgres.ts'
import { type Part, startPart } from '../../support/stack.ts'
import type { ProcessName } from './plan.ts'

const CLOCK = new URL('../../support/shifted-clock.ts', import.meta.url).href
/** Whoever is started is ended by its supervisor, which would start it again otherwise. */
const OURS: Scope = { teardown: () => {} }
const RESTART_AFTER_MS = 300
const START_LIMIT_MS = 180_000

export type Life = {
  readonly pid: number
  /** Unix time in ms. */
  readonly startedAt: number
  endedAt: number | null
  code: number | null
  signal: NodeJS.Signals | null
  /** We asked for its end, or caused it. */
  wanted: boolean
}

/** How a process is started, once. */
export type Start = { faultPlan?: string; clockHours?: number }

export type Supervised = {
  readonly name: ProcessName
  readonly part: Part
  readonly lives: readonly Life[]
  /** When it was asked to end in good order, and how long that took. */
  readonly terminations: { readonly life: Life; readonly askedAt: number }[]
  /** Started in some other way than plainly. */
  readonly isOdd: boolean
  kill(): void
  terminate(): void
  freeze(): void
  wake(): void
  /** Ends it in good order and starts it so, or plainly. Resolves when it is at work. */
  restart(start?: Start): Promise<void>
  /** Resolves when it is at work. */
  atWork(): Promise<void>
  stop(): Promise<void>
}

const STARTED = new Set(['worker started', 'listening'])

export async function supervise(
  t: Scope,
  name: ProcessName,
  env: Record<string, string>,
): Promise<Supervised> {
  const script = name === 'server' ? 'server/main.ts' : 'worker/main.ts'
  const lives: Life[] = []
  const terminations: { life: Life; askedAt: number }[] = []
  let next: Start = {}
  let current: Start = {}
  let part!: Part
  /** The one that has said that it is at work. */
  let readyPart: Part | null = null
  /** Of the one before. */
  let lastWords = ''
  let isStopping = false

  const launch = (): void => {
    current = next
    next = {}
    const { faultPlan = '', clockHours = 0 } = current
    part = startPart(OURS, script, {
      ...env,
      ...(faultPlan ? { FAULT_PLAN: faultPlan } : {}),
      ...(clockHours ? { NODE_OPTIONS: `--import ${CLOCK}`, CLOCK_HOURS_OFF: String(clockHours) } : {}),
    })
    const mine = part
    mine
      .logged((line) => STARTED.has(line.msg ?? ''), START_LIMIT_MS)
      .then(
        () => {
          readyPart = mine
        },
        // Whoever waits for it finds out.
        () => {},
      )
    lives.push({
      pid: part.process.pid!,
      startedAt: Date.now(),
      endedAt: null,
      code: null,
      signal: null,
      wanted: false,
    })
  }
  launch()
  const loop = (async () => {
    while (!isStopping) {
      const life = lives.at(-1)!
      const { code, signal } = await part.ended(24 * 3_600_000)
      Object.assign(life, { endedAt: Date.now(), code, signal })
      lastWords = tail(part)
      if (isStopping) return
      if (!life.wanted || signal) await sleep(RESTART_AFTER_MS)
      if (!isStopping) launch()
    }
  })()

  const stop = async (signal: NodeJS.Signals): Promise<void> => {
    isStopping = true
    lives.at(-1)!.wanted = true
    await part.stop(signal)
    await loop
  }
  t.teardown(() => stop('SIGKILL'))

  const supervised: Supervised = {
    name,
    get part() {
      return part
    },
    lives,
    terminations,
    get isOdd() {
      return Object.keys(current).length > 0
    },
    kill() {
      lives.at(-1)!.wanted = true
      part.process.kill('SIGKILL')
    },
    terminate() {
      const life = lives.at(-1)!
      if (!life.wanted) terminations.push({ life, askedAt: Date.now() })
      life.wanted = true
      part.process.kill('SIGTERM')
    },
    freeze: () => void part.process.kill('SIGSTOP'),
    wake: () => void part.process.kill('SIGCONT'),
    async restart(start = {}) {
      next = start
      const old = part
      supervised.terminate()
      await old.ended(START_LIMIT_MS)
      while (part === old) await sleep(20)
      await supervised.atWork()
    },
    async atWork() {
      const deadline = performance.now() + START_LIMIT_MS
      // It may end, and be another one, while it is waited for.
      while (readyPart !== part || part.process.exitCode !== null || part.process.signalCode !== null) {
        if (performance.now() > deadline)
          throw new Error(
            `${name} did not come to work within ${START_LIMIT_MS} ms:\n${lastWords}\n${tail(part)}`,
          )
        await sleep(50)
      }
    },
    stop: () => stop('SIGTERM'),
  }
  return supervised
}

const tail = (part: Part): string =>
  part.lines
    .slice(-15)
    .map((line) => JSON.stringify(line))
    .join('\n')
