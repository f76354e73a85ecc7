/** A child process of an instance that does one thing and ends. Nobody waits for it, and its failure is only logged. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync } from 'node:fs'
import { PROJECT_DIR } from './layout.ts'

export type Errand = {
  /** SIGTERM, and SIGKILL after `limitMs`. Resolves when the process is gone. */
  stop(limitMs: number): Promise<void>
}

const LEASH = new URL('./leash.ts', import.meta.url).href

/** @param program relative to the project */
export function startErrand(
  program: string,
  options: { env: NodeJS.ProcessEnv; cwd: string; logFile: string },
): Errand {
  const log = openSync(options.logFile, 'a', 0o600)
  const child = spawn(process.execPath, ['--import', LEASH, `${PROJECT_DIR}${program}`], {
    cwd: options.cwd,
    env: options.env,
    detached: true,
    stdio: ['ignore', log, log, 'ipc'],
  })
  closeSync(log)
  // It may not keep the instance's process from ending, nor end it.
  child.unref()
  child.channel?.unref()
  child.on('error', () => {})
  return {
    async stop(limitMs) {
      if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
      const gone = once(child, 'exit')
      const force = setTimeout(() => child.kill('SIGKILL'), limitMs)
      child.kill('SIGTERM')
      await gone
      clearTimeout(force)
    },
  }
}
