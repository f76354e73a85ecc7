/** A Postgres that outlived those who started it: found by its pid file, ended, and its traces cleared away. */
import { readFile, rm } from 'node:fs/promises'
import path from 'node:path'
import { waitUntil } from './wait.ts'

const STOP_MS = 20_000

/** Whether a process is a Postgres of this folder. Only told where /proc exists; elsewhere Postgres decides itself. */
async function isPostgresOf(dataDir: string, pid: number): Promise<boolean> {
  const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
  return command.includes('postgres') && command.includes(dataDir)
}

/**
 * Ends what is left, if anything is, and removes its pid file: one that names a process id which somebody else has got
 * meanwhile would keep Postgres from starting. Only for those who hold the folder's lock.
 * @returns the process that was ended, or null
 */
export async function endLeftoverPostgres(dataDir: string): Promise<number | null> {
  const pidFile = path.join(dataDir, 'postmaster.pid')
  const pid = Number((await readFile(pidFile, 'utf8').catch(() => '')).split('\n')[0])
  if (!Number.isInteger(pid) || pid <= 1) return null
  const running = await isPostgresOf(dataDir, pid)
  if (running) {
    process.kill(pid, 'SIGINT')
    await waitUntil(async () => !(await isPostgresOf(dataDir, pid)), {
      limitMs: STOP_MS,
      what: 'the end of an older Postgres',
    })
  }
  await rm(pidFile, { force: true })
  return running ? pid : null
}
