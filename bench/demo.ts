/**
 * The demo, from installed packages to the film on disk, stage by stage, as the command itself tells it.
 *
 *   node bench/demo.ts [runs]
 *
 * Every run has a data folder of its own, so nothing is reused.
 */
import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const RUNS = Number(process.argv[2] ?? 1)
const LIMIT_MS = 15 * 60_000
const CLI = new URL('../cli/bin.js', import.meta.url).pathname

for (let run = 1; run <= RUNS; run += 1) {
  const folder = await mkdtemp(join(tmpdir(), 'framecast-bench-demo-'))
  try {
    const startedAt = performance.now()
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [CLI, 'demo', '--json', '--data', join(folder, 'data'), '--out', folder],
      { timeout: LIMIT_MS, maxBuffer: 1 << 24 },
    )
    const wallS = (performance.now() - startedAt) / 1_000
    const { duration, frames, resolution, stages } = JSON.parse(stdout.trim().split('\n').at(-1)!) as {
      duration: number
      frames: number
      resolution: string
      stages: Record<string, number>
    }
    console.log(`run ${run}: ${duration} s of film, ${frames} frames, ${resolution}`)
    for (const [stage, seconds] of Object.entries(stages)) {
      console.log(`  ${stage.padEnd(14)} ${seconds.toFixed(2).padStart(7)} s`)
    }
    console.log(`  ${'process'.padEnd(14)} ${wallS.toFixed(2).padStart(7)} s  (from exec to exit)`)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
