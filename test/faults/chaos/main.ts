/**
 * `npx just chaos --seed N --runs M`: breaks a whole installation at random, again and again, and checks after each run
 * that every promise of docs/reliability.md was kept. `--seed N --runs 1` does again what run N did.
 */
import { mkdir, writeFile } from 'node:fs/promises'
import { cpus } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { type Installation, startInstallation, stopProcesses } from './installation.ts'
import { inWords, planRun } from './plan.ts'
import { brokenOff, type RunResult, runOnce } from './run.ts'
import { runLine, summaryOf, summaryTable } from './summary.ts'

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: String(Math.floor(Date.now() / 1_000) % 1_000_000) },
    runs: { type: 'string', default: '10' },
    lanes: { type: 'string', default: String(Math.min(4, 2 * cpus().length)) },
    json: { type: 'boolean', default: false },
    plan: { type: 'boolean', default: false },
    out: { type: 'string', default: 'out/chaos' },
  },
})
const firstSeed = Number(values.seed)
const runs = Number(values.runs)
const lanes = Math.min(Number(values.lanes), runs)
if (![firstSeed, runs, lanes].every((value) => Number.isSafeInteger(value) && value >= 0) || lanes < 1) {
  process.stderr.write(
    'usage: npx just chaos [--seed N] [--runs M] [--lanes L] [--plan] [--json] [--out FOLDER]\n',
  )
  process.exit(2)
}
const say = (text: string): void => void (values.json ? process.stderr : process.stdout).write(`${text}\n`)

if (values.plan) {
  for (let index = 0; index < runs; index += 1) {
    const plan = planRun(firstSeed + index)
    say(`${plan.seed}: ${plan.jobs.length} jobs; ${plan.faults.map(inWords).join('; ')}`)
  }
  process.exit(0)
}

/** Keeps what somebody needs who wants to know how a promise was broken. */
async function keepArtefacts(installation: Installation, result: RunResult): Promise<string> {
  const folder = resolve(values.out, String(result.seed))
  await mkdir(folder, { recursive: true })
  const write = (name: string, content: unknown) =>
    writeFile(join(folder, name), typeof content === 'string' ? content : JSON.stringify(content, null, 2))
  await write('result.json', { ...result, plan: planRun(result.seed) })
  await write('timeline.txt', `${result.timeline.join('\n')}\n`)
  for (const { name, part } of Object.values(installation.processes))
    await write(`${name}.log`, part.lines.map((line) => JSON.stringify(line)).join('\n'))
  for (const table of [
    'jobs',
    'job_steps',
    'job_events',
    'credit_entries',
    'webhook_deliveries',
    'chaos.history',
  ]) {
    const { rows } = await installation.pool.query(`select * from ${table}`)
    await write(`${table}.json`, rows)
  }
  return folder
}

/** A machine with too much to do may need more than one. */
const START_ATTEMPTS = 3

const results: RunResult[] = []
/** How each installation in use is taken down. */
const open = new Set<(() => unknown)[]>()
let nextIndex = 0

/** What cannot be taken down is told, and hides nothing else. */
async function takeDown(endings: (() => unknown)[]): Promise<void> {
  open.delete(endings)
  for (const end of endings.splice(0)) {
    try {
      await end()
    } catch (error) {
      process.stderr.write(`taking down an installation: ${String(error)}\n`)
    }
  }
}

/** Runs on one installation, one after another, until there are none left or it cannot be used any more. */
async function useOneInstallation(): Promise<void> {
  const endings: (() => unknown)[] = []
  open.add(endings)
  try {
    const installation = await startInstallation({ teardown: (work) => endings.unshift(work) })
    endings.unshift(() => stopProcesses(installation))
    while (nextIndex < runs) {
      const seed = firstSeed + nextIndex++
      const { result } = await runOnce(installation, seed).catch((error: Error) => ({
        result: brokenOff(seed, error),
      }))
      results.push(result)
      say(runLine(result))
      if (result.violations.length === 0) continue
      const folder = await keepArtefacts(installation, result)
      say(`${result.timeline.map((line) => `    ${line}`).join('\n')}\n    kept in ${folder}`)
      say(`    again: npx just chaos --seed ${result.seed} --runs 1`)
      if (result.isBrokenOff) return
    }
  } finally {
    await takeDown(endings)
  }
}

async function lane(): Promise<void> {
  for (let failures = 0; nextIndex < runs; )
    await useOneInstallation().catch((error: Error) => {
      failures += 1
      process.stderr.write(`an installation did not start: ${error.message}\n`)
      if (failures === START_ATTEMPTS) throw error
    })
}

for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, async () => {
    nextIndex = runs
    for (const endings of open) await takeDown(endings)
    process.exit(130)
  })

const startedAt = performance.now()
await Promise.all(Array.from({ length: lanes }, lane))
const summary = summaryOf(results, { firstSeed, lanes, tookMs: Math.round(performance.now() - startedAt) })
if (values.json) process.stdout.write(`${JSON.stringify({ summary, runs: results })}\n`)
else say(summaryTable(summary))
process.exit(summary.broken > 0 ? 1 : 0)
