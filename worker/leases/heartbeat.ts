/** The main thread's side of the heartbeat. */
import { Worker } from 'node:worker_threads'
import type { Logger } from '../../core/platform/log.ts'
import type { HeartbeatData, HeartbeatNews, HeartbeatOrder } from './heartbeat-thread.ts'
import type { RunningStep } from './running-steps.ts'

export type Heartbeat = {
  /** Tells the thread which leases to renew from now on. */
  watch(steps: readonly RunningStep[]): void
  stop(): Promise<void>
}

type Listeners = {
  onLost(ids: readonly string[]): void
  onFence(): void
  /** The thread died: without it leases run out, so the process should end. */
  onDeath(error: Error): void
}

const STOP_LIMIT_MS = 3_000

/** Starts the heartbeat thread. */
export function startHeartbeat(data: HeartbeatData, listeners: Listeners, log: Logger): Heartbeat {
  const thread = new Worker(new URL('./heartbeat-thread.ts', import.meta.url), { workerData: data })
  let stopping = false
  const order = (message: HeartbeatOrder): void => thread.postMessage(message)
  thread.on('message', (news: HeartbeatNews) => {
    if (news.type === 'lost') listeners.onLost(news.ids)
    if (news.type === 'fence') {
      log.warn('no lease could be renewed for 15 s: stopping all work')
      listeners.onFence()
    }
  })
  thread.on('error', (error) => listeners.onDeath(error as Error))
  const exited = new Promise<void>((resolve) => {
    thread.on('exit', (code) => {
      if (!stopping) listeners.onDeath(new Error(`the heartbeat thread ended with code ${code}`))
      resolve()
    })
  })
  return {
    watch: (steps) => order({ type: 'steps', steps: steps.map(({ id, attempt }) => ({ id, attempt })) }),
    async stop() {
      stopping = true
      order({ type: 'stop' })
      const timer = setTimeout(() => void thread.terminate(), STOP_LIMIT_MS)
      await exited
      clearTimeout(timer)
    },
  }
}
