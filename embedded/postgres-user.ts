/**
 * Who Postgres runs as. It refuses root, and a container or a fresh machine is often root: then it runs as the system's
 * `postgres` user, or as `nobody`, which every system has. No user is made: nothing outside the folder changes.
 */
import { readFile, realpath, stat } from 'node:fs/promises'
import path from 'node:path'
import { EmbeddedError } from './errors.ts'

export type RunAs = {
  uid: number
  gid: number
  /**
   * Put before the command: empty, or `setpriv` that changes the user and keeps the one right needed to pass through
   * folders like /root, where root may enter and nobody else.
   */
  prefix: readonly string[]
}

async function idsFromPasswd(): Promise<{ uid: number; gid: number }> {
  const users = new Map<string, { uid: number; gid: number }>()
  for (const line of (await readFile('/etc/passwd', 'utf8')).split('\n')) {
    const [name = '', , uid, gid] = line.split(':')
    users.set(name, { uid: Number(uid), gid: Number(gid) })
  }
  const ids = users.get('postgres') ?? users.get('nobody')
  if (!ids) {
    throw new EmbeddedError(
      'unsupported',
      'Postgres does not run as root, and this system has neither a user "postgres" nor "nobody". Run as another user.',
    )
  }
  return ids
}

/** Whether `uid` may enter a folder and every one above it. */
async function isReachable(folder: string, uid: number): Promise<boolean> {
  for (let at = await realpath(folder); ; at = path.dirname(at)) {
    const { mode, uid: owner } = await stat(at)
    if ((mode & 0o001) === 0 && !(owner === uid && (mode & 0o100) !== 0)) return false
    if (at === path.dirname(at)) return true
  }
}

async function findSetpriv(): Promise<string | null> {
  for (const folder of (process.env.PATH ?? '').split(path.delimiter)) {
    const file = path.join(folder, 'setpriv')
    if (folder !== '' && (await stat(file).catch(() => null))?.isFile()) return file
  }
  return null
}

/**
 * Null when this process is not root: then Postgres simply runs as ourselves.
 * @param dataDir data folder; when it exists already, its owner stays
 * @param folders what the user has to reach: the folder of the binaries and the instance's
 * @throws {EmbeddedError} `unsupported`, with the way out
 */
export async function chooseUser(dataDir: string, folders: readonly string[]): Promise<RunAs | null> {
  if (process.getuid?.() !== 0) return null
  const existing = await stat(dataDir).catch(() => null)
  const ids =
    existing && existing.uid !== 0 ? { uid: existing.uid, gid: existing.gid } : await idsFromPasswd()
  const reachable = (await Promise.all(folders.map((folder) => isReachable(folder, ids.uid)))).every(Boolean)
  if (reachable) return { ...ids, prefix: [] }
  const setpriv = await findSetpriv()
  if (!setpriv) {
    throw new EmbeddedError(
      'unsupported',
      'Postgres does not run as root, and other users cannot enter the folder of this project. Install util-linux (setpriv), move the project out of /root, or run as another user.',
    )
  }
  const right = '+dac_override'
  return {
    ...ids,
    prefix: [
      setpriv,
      `--reuid=${ids.uid}`,
      `--regid=${ids.gid}`,
      '--clear-groups',
      `--inh-caps=${right}`,
      `--ambient-caps=${right}`,
      '--',
    ],
  }
}
