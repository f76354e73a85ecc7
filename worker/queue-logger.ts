/** The queue's own messages, in our log's form. */
import { Logger as QueueLogger } from 'graphile-worker'
import type { Logger } from '../core/platform/log.ts'

const LEVELS = { error: 'error', warning: 'warn', info: 'debug', debug: 'debug' } as const

/** Its everyday messages (a job found, a job done) go to `debug`: our own lines say more. */
export function queueLogger(log: Logger): QueueLogger {
  return new QueueLogger((scope) => (level, message, meta) => {
    log[LEVELS[level] ?? 'debug']({ queue: scope, ...(meta?.error ? { err: meta.error } : {}) }, message)
  })
}
