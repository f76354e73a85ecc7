/** Looking at the processes of an instance from outside. */
import { readdir, readFile, readlink } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'

/** Processes that work in an instance's folder: all of its parts do. */
export async function processesIn(folder: string): Promise<{ pid: number; command: string }[]> {
  const found: { pid: number; command: string }[] = []
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue
    try {
      const cwd = await readlink(`/proc/${name}/cwd`)
      if (cwd !== folder && !cwd.startsWith(`${folder}/`)) continue
      const command = (await readFile(`/proc/${name}/cmdline`, 'utf8')).replaceAll('\0', ' ').trim()
      if (command !== '') found.push({ pid: Number(name), command })
    } catch {
      // gone meanwhile
    }
  }
  return found
}

/** Asks until it is so, or throws after `limitMs` with what was seen last. */
export async function eventually<T>(
  ask: () => Promise<T>,
  isSo: (value: T) => boolean,
  limitMs = 20_000,
): Promise<T> {
  const deadline = performance.now() + limitMs
  for (;;) {
    const value = await ask()
    if (isSo(value)) return value
    if (performance.now() > deadline) throw new Error(`not so after ${limitMs} ms: ${JSON.stringify(value)}`)
    await sleep(50)
  }
}
