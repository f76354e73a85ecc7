/** CPU seconds and memory of this process and everything it starts. */
import { readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'

/** CPU seconds (user and system) of this process and of all its descendants that ended. */
const cpuS = (): Promise<number> => cpuSecondsOf(process.pid)

/** The same of another process. */
export async function cpuSecondsOf(pid: number): Promise<number> {
  const fields = (await readFile(`/proc/${pid}/stat`, 'utf8')).split(') ')[1]!.split(' ')
  return fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0) / 100
}

export async function cpuOf(work: () => Promise<unknown>): Promise<number> {
  const before = await cpuS()
  await work()
  return (await cpuS()) - before
}

/** The largest resident memory, in bytes, that any one child process had while `work` ran; looked at every few milliseconds. */
export async function peakChildBytes(work: () => Promise<unknown>): Promise<number> {
  let peak = 0
  let done = false
  const watch = (async () => {
    while (!done) {
      const children = (await readFile(`/proc/self/task/${process.pid}/children`, 'utf8')).trim()
      for (const pid of children.split(' ').filter(Boolean)) {
        const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '')
        peak = Math.max(peak, Number(/^VmHWM:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) * 1_024)
      }
      await sleep(5)
    }
  })()
  await work()
  done = true
  await watch
  return peak
}
