/**
 * The folder of temporary files of one worker process, and the end of those that killed workers left behind. Several
 * workers, also on other hosts or in other containers, may share the folder above.
 */
import { mkdir, mkdtemp, readdir, readFile, readlink, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'

const PREFIX = 'worker-'
const OWNER_FILE = 'owner.json'
/** An owner says this often that it lives. */
const TOUCH_MS = 60_000
/** An owner that cannot be asked (another host or container) is taken for gone after this long in silence. */
const SILENT_MS = 15 * 60_000

/** Who made a folder. Ids of processes are used again, and mean something within one namespace of one host only. */
export type WorkDirOwner = {
  host: string
  /** `pid:[4026531836]` on Linux, else empty. */
  pidNamespace: string
  pid: number
  /** When the process started, in clock ticks since the kernel did; empty where that cannot be learned. */
  startedAtTicks: string
}

export type WorkDir = {
  readonly path: string
  /** Removes it with all that is in it. */
  remove(): Promise<void>
}

async function startTicksOf(pid: number): Promise<string> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
  // The program's name stands in parentheses and may hold anything, also spaces: count from the last one.
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? ''
}

async function ownIdentity(): Promise<WorkDirOwner> {
  return {
    host: hostname(),
    pidNamespace: await readlink('/proc/self/ns/pid').catch(() => ''),
    pid: process.pid,
    startedAtTicks: await startTicksOf(process.pid),
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** Whether the folder's owner is known to be gone, or was silent for too long. */
async function isAbandoned(folder: string, self: WorkDirOwner): Promise<boolean> {
  const ownerFile = join(folder, OWNER_FILE)
  const owner = await readFile(ownerFile, 'utf8')
    .then((text) => JSON.parse(text) as WorkDirOwner)
    .catch(() => null)
  if (owner && owner.host === self.host && owner.pidNamespace === self.pidNamespace) {
    return !isRunning(owner.pid) || (await startTicksOf(owner.pid)) !== owner.startedAtTicks
  }
  // Without an owner's file the folder is just being made, or its maker died doing so.
  const sign = await stat(ownerFile).catch(() => stat(folder))
  return Date.now() - sign.mtimeMs > SILENT_MS
}

/** Removes what workers that are gone left in `parent`; returns the names. What cannot be read is left alone. */
export async function sweepWorkDirs(parent: string): Promise<string[]> {
  const self = await ownIdentity()
  const names = await readdir(parent).catch(() => [])
  const removed: string[] = []
  for (const name of names.filter((entry) => entry.startsWith(PREFIX))) {
    const folder = join(parent, name)
    try {
      if (!(await isAbandoned(folder, self))) continue
      await rm(folder, { recursive: true, force: true })
      removed.push(name)
    } catch {
      // Gone meanwhile, or somebody else's: neither is ours to mind.
    }
  }
  return removed
}

/**
 * Makes this process's folder in `parent`, after removing what killed workers left there; looks again now and then.
 * @param onSwept told the names of removed folders
 */
export async function openWorkDir(
  parent: string,
  onSwept: (names: readonly string[]) => void,
): Promise<WorkDir> {
  await mkdir(parent, { recursive: true })
  const sweep = async (): Promise<void> => {
    const names = await sweepWorkDirs(parent)
    if (names.length > 0) onSwept(names)
  }
  await sweep()
  const path = await mkdtemp(join(parent, PREFIX))
  const ownerFile = join(path, OWNER_FILE)
  await writeFile(ownerFile, JSON.stringify(await ownIdentity()))
  const timer = setInterval(() => {
    const now = new Date()
    utimes(ownerFile, now, now).catch(() => {})
    sweep().catch(() => {})
  }, TOUCH_MS)
  timer.unref()
  return {
    path,
    async remove() {
      clearInterval(timer)
      await rm(path, { recursive: true, force: true })
    },
  }
}
