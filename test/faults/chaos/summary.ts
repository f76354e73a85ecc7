/** Results in lines and in a table. Pure. */
import type { RunResult } from './run.ts'

export function runLine({ seed, faults, figures, tookMs, violations }: RunResult): string {
  const verdict = violations.length === 0 ? 'kept  ' : 'BROKEN'
  const { jobs, completed, failed, canceled } = figures
  const ended = `${jobs} jobs (${completed} completed, ${failed} failed, ${canceled} canceled)`
  const head = `${verdict} seed ${seed}  ${(tookMs / 1_000).toFixed(1)} s  ${ended}  ${faults.join('; ') || 'no fault'}`
  return [head, ...violations.map(({ promise, what }) => `    ${promise}: ${what}`)].join('\n')
}

type Spread = { count: number; median: number | null; most: number | null }

const spread = (values: readonly number[]): Spread => {
  const sorted = [...values].sort((a, b) => a - b)
  return { count: sorted.length, median: sorted[sorted.length >> 1] ?? null, most: sorted.at(-1) ?? null }
}

export type Summary = {
  runs: number
  firstSeed: number
  lanes: number
  tookMs: number
  /** Runs in which a promise was broken, and how often each was. */
  broken: number
  violations: Record<string, number>
  jobs: number
  completed: number
  failed: number
  canceled: number
  faults: Record<string, number>
  repeatedAttempts: number
  looksAtBooks: number
  deliveries: number
  webhookRequests: number
  doubleFilms: number
  stalledMs: number
  takeoverMs: Spread
  disturbedTakeoverMs: Spread
  serverBackMs: Spread
  workersBackMs: Spread
}

export function summaryOf(
  results: readonly RunResult[],
  run: Pick<Summary, 'firstSeed' | 'lanes' | 'tookMs'>,
): Summary {
  const sum = (pick: (result: RunResult) => number): number =>
    results.reduce((total, each) => total + pick(each), 0)
  const all = (pick: (figures: RunResult['figures']) => number[]): Spread =>
    spread(results.flatMap(({ figures }) => pick(figures)))
  const violations: Record<string, number> = {}
  for (const { promise } of results.flatMap((each) => each.violations))
    violations[promise] = (violations[promise] ?? 0) + 1
  const faults: Record<string, number> = {}
  for (const kind of results.flatMap((each) => each.kinds)) faults[kind] = (faults[kind] ?? 0) + 1
  return {
    runs: results.length,
    ...run,
    broken: results.filter((each) => each.violations.length > 0).length,
    violations,
    jobs: sum(({ figures }) => figures.jobs),
    completed: sum(({ figures }) => figures.completed),
    failed: sum(({ figures }) => figures.failed),
    canceled: sum(({ figures }) => figures.canceled),
    faults,
    repeatedAttempts: sum(({ figures }) => figures.repeatedAttempts),
    looksAtBooks: sum(({ figures }) => figures.looksAtBooks),
    deliveries: sum(({ figures }) => figures.webhooks.deliveries),
    webhookRequests: sum(({ figures }) => figures.webhooks.requests),
    doubleFilms: sum(({ figures }) => figures.doubleFilms),
    stalledMs: sum(({ figures }) => figures.stalledMs),
    takeoverMs: all((figures) => figures.takeoverMs),
    disturbedTakeoverMs: all((figures) => figures.disturbedTakeoverMs),
    serverBackMs: all((figures) => figures.serverBackMs),
    workersBackMs: all((figures) => figures.workersBackMs),
  }
}

const seconds = ({ count, median, most }: Spread): string =>
  count === 0
    ? 'not measured'
    : `median ${(median! / 1_000).toFixed(1)} s, most ${(most! / 1_000).toFixed(1)} s (${count})`

const counts = (of: Record<string, number>): string =>
  Object.entries(of)
    .sort(([, a], [, b]) => b - a)
    .map(([name, n]) => `${name} ${n}`)
    .join(', ') || 'none'

export function summaryTable(summary: Summary): string {
  const rows: [string, string][] = [
    [
      'runs',
      `${summary.runs}, seeds from ${summary.firstSeed}, ${summary.lanes} at a time, ${(summary.tookMs / 60_000).toFixed(1)} min`,
    ],
    ['runs with a broken promise', String(summary.broken)],
    ['broken promises', counts(summary.violations)],
    [
      'jobs',
      `${summary.jobs}: ${summary.completed} completed, ${summary.failed} failed, ${summary.canceled} canceled`,
    ],
    ['faults', counts(summary.faults)],
    ['steps taken up again', String(summary.repeatedAttempts)],
    ['double films', String(summary.doubleFilms)],
    ['looks at the books under way', String(summary.looksAtBooks)],
    ['webhook deliveries', `${summary.deliveries} in ${summary.webhookRequests} requests`],
    ['waited for the machine', `${(summary.stalledMs / 1_000).toFixed(1)} s`],
    ['next attempt after SIGKILL', seconds(summary.takeoverMs)],
    ['the same, with other faults', seconds(summary.disturbedTakeoverMs)],
    ['server after the database', seconds(summary.serverBackMs)],
    ['workers after the database', seconds(summary.workersBackMs)],
  ]
  const width = Math.max(...rows.map(([name]) => name.length))
  return ['', ...rows.map(([name, value]) => `${name.padEnd(width)}  ${value}`)].join('\n')
}
