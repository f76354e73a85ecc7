/** Where the files of a test run go: into memory, where there is enough of it. */
import { readFile, statfs } from 'node:fs/promises'
import { freemem } from 'node:os'

const FOLDER = '/dev/shm'
const GB = 2 ** 30
/** A whole run keeps less than 2 GB at a time; what starts in containers often has 64 MB. */
const ROOM = 4 * GB
/** For the run itself, beside its files. */
const MEMORY = ROOM + 2 * GB

/**
 * The folder in memory, or null when the ordinary one has to do. A database is cloned there for a tenth of the work: on a
 * disk its 300 files are new entries in a journal, though nothing waits for them.
 */
export async function memoryFolder(): Promise<string | null> {
  const room = await statfs(FOLDER).catch(() => null)
  if (!room || room.bavail * room.bsize < ROOM || freemem() < MEMORY) return null
  const mounts = await readFile('/proc/mounts', 'utf8').catch(() => '')
  const mount = mounts.split('\n').find((line) => line.split(' ')[1] === FOLDER)
  // Some tests start programs that they write themselves.
  return mount && !/[ ,]noexec[ ,]/.test(mount) ? FOLDER : null
}
