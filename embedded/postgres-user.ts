/**
 * Who Postgres runs as. It refuses root, and a container or a fresh machine is often root: then it runs as the system's
 * `postgres` user, or as `nobody`, which every system has. No user is made: nothing outside the folder changes.
 */
import { execFile } from 'node:child_process'
import { readFile, realpath, stat } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import { EmbeddedError } from './errors.ts'

const run = promisify(execFile)

type Ids = { uid: number; gid: number }

/** How a program of Postgres is started. */
export type Launch = {
  /**
   * Put before the command where the system has `setpriv`: has the kernel stop Postgres when its parent dies, however it
   * dies, changes the user, and keeps the one right needed to pass through folders like /root, where only root may enter.
   */
  prefix: readonly string[]
  /** User to change to by other means, where there is no prefix. */
  ids: Ids | null
  /** Whose the data must be; null: our own. */
  owner: Ids | null
}

async function idsFromPasswd(): Promise<Ids> {
  const users = new Map<string, Ids>()
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

const TIE = ['--pdeathsig', 'INT']

/** util-linux's setpriv, when it is there and knows what is asked of it. */
async function findSetpriv(): Promise<string | null> {
  if (process.platform !== 'linux') return null
  for (const folder of (process.env.PATH ?? '').split(path.delimiter)) {
    const file = path.join(folder, 'setpriv')
    if (folder === '' || !(await stat(file).catch(() => null))?.isFile()) continue
    const works = run(file, [...TIE, '--', file, '--version'], { timeout: 5_000 })
    if (
      await works.then(
        () => true,
        () => false,
      )
    )
      return file
  }
  return null
}

/**
 * @param dataDir data folder; when it exists already, its owner stays
 * @param folders what Postgres has to reach: the folder of the binaries and the instance's
 * @throws {EmbeddedError} `unsupported`, with the way out
 */
export async function chooseLaunch(dataDir: string, folders: readonly string[]): Promise<Launch> {
  const setpriv = await findSetpriv()
  if (process.getuid?.() !== 0)
    return { prefix: setpriv ? [setpriv, ...TIE, '--'] : [], ids: null, owner: null }
  const existing = await stat(dataDir).catch(() => null)
  const ids =
    existing && existing.uid !== 0 ? { uid: existing.uid, gid: existing.gid } : await idsFromPasswd()
  const reachable = (await Promise.all(folders.map((folder) => isReachable(folder, ids.uid)))).every(Boolean)
  if (!setpriv && !reachable) {
    throw new EmbeddedError(
      'unsupported',
      'Postgres does not run as root, and other users cannot enter the folder of this project. Install util-linux (setpriv), move the project out of /root, or run as another user.',
    )
  }
  if (!setpriv) return { prefix: [], ids, owner: ids }
  const right = '+dac_override'
  const change = [`--reuid=${ids.uid}`, `--regid=${ids.gid}`, '--clear-groups']
  const keep = reachable ? [] : [`--inh-caps=${right}`, `--ambient-caps=${right}`]
  return { prefix: [setpriv, ...change, ...keep, ...TIE, '--'], ids: null, owner: ids }
}
