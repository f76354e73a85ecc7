/** Logs: one JSON object a line on standard output, a constant message with facts as fields. */
import { type Logger, pino } from 'pino'

export type { Logger } from 'pino'

/** Keys whose values are cut out wherever they appear up to two levels deep. */
const SECRET_KEYS = [
  'authorization',
  'cookie',
  'token',
  'raw_key',
  'secret',
  'password',
  'ticket',
  'DATABASE_URL',
]

/**
 * The process's logger.
 * @param level lowest level written
 * @param service name of the process ("server", "worker", "preview"), on every line
 */
export function createLogger(level: string, service: string): Logger {
  return pino({
    level,
    base: { service },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    redact: { paths: SECRET_KEYS.flatMap((key) => [key, `*.${key}`, `*.*.${key}`]), censor: '[cut]' },
  })
}
