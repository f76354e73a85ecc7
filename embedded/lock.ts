/**
 * One instance a folder: a lock file that names its holder. A holder that is gone (killed, machine restarted) is
 * recognised by its process id together with the time that process started, so that a reused id fools nobody. Where
 * the holder ran on another host (a shared folder, a container), only a lock that is no longer refreshed is stale.
 */
import { readFileSync } from 'node:fs'
import { link, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises'
import os from 'node:os'
import { EmbeddedError } from './errors.ts'

export type Holder = {
  pid: number
  host: string
  /** Clock ticks since boot at which the process started; null where the system does not tell. */
  processStart: string | null
  /** Address of the instance, once it is up. */
  url: string | null
}

export type Lock = {
  /** Writes the address where the instance answers, for those who find the folder locked. */
  announce(url: string): Promise<void>
  release(): Promise<void>
}

const REFRESH_MS = 5_000
const STALE_MS = 30_000

function processStart(pid: number): string | null {
  try {
    // Field 22; the name in field 2 may hold spaces and brackets, so counting starts behind its last bracket.
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return text.slice(text.lastIndexOf(')') + 2).split(' ')[19] ?? null
  } catch {
    return null
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

async function isHeld(file: string, holder: Holder): Promise<boolean> {
  if (holder.host !== os.hostname()) {
    const { mtimeMs } = await stat(file)
    return Date.now() - mtimeMs < STALE_MS
  }
  if (!isAlive(holder.pid)) return false
  return holder.processStart === null || processStart(holder.pid) === holder.processStart
}

/** Who holds the folder now; null when nobody does. */
export async function findHolder(file: string): Promise<Holder | null> {
  try {
    const holder = JSON.parse(await readFile(file, 'utf8')) as Holder
    return (await isHeld(file, holder)) ? holder : null
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT' || error instanceof SyntaxError) return null
    throw error
  }
}

/**
 * Takes the lock.
 * @throws {EmbeddedError} `in_use` when another instance has it
 */
export async function takeLock(file: string): Promise<Lock> {
  const mine: Holder = {
    pid: process.pid,
    host: os.hostname(),
    processStart: processStart(process.pid),
    url: null,
  }
  const draft = `${file}.${process.pid}`
  const write = () => writeFile(draft, `${JSON.stringify(mine)}\n`, { mode: 0o600 })
  await write()
  try {
    for (let round = 0; ; round += 1) {
      try {
        // Linking is atomic and fails when the name exists: a reader never sees half a lock.
        await link(draft, file)
        break
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST' || round === 3) throw error
        const holder = await findHolder(file)
        if (holder) throw inUse(file, holder)
        await removeStale(file)
      }
    }
  } finally {
    await rm(draft, { force: true })
  }
  const refresh = setInterval(() => {
    const now = new Date()
    utimes(file, now, now).catch(() => {})
  }, REFRESH_MS)
  refresh.unref()
  return {
    async announce(url) {
      mine.url = url
      await write()
      await rename(draft, file)
    },
    async release() {
      clearInterval(refresh)
      await rm(file, { force: true })
    },
  }
}

/** Moves a stale lock away. Of several who try, one gets the file; one that got a fresh lock by mistake puts it back. */
async function removeStale(file: string): Promise<void> {
  const aside = `${file}.stale.${process.pid}`
  try {
    await rename(file, aside)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return
    throw error
  }
  if (await findHolder(aside)) await link(aside, file).catch(() => {})
  await rm(aside, { force: true })
}

function inUse(file: string, holder: Holder): EmbeddedError {
  const folder = file.replace(/[/\\]lock$/, '')
  const who = `process ${holder.pid}${holder.host === os.hostname() ? '' : ` on ${holder.host}`}`
  const use = holder.url
    ? `It answers at ${holder.url}: use it with --server ${holder.url} --key "$(cat ${folder}/key)",`
    : 'It is starting or stopping: try again in a moment,'
  return new EmbeddedError(
    'in_use',
    `${folder} is in use by another instance (${who}). ${use} stop it, or choose another folder with --data.`,
  )
}
