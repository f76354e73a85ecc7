/** `node comfyui/preview/main.ts`: the preview engine as a process of its own. */
import { resolve } from 'node:path'
import { findTools } from '../../core/platform/ffmpeg.ts'
import { createLogger } from '../../core/platform/log.ts'
import { startPreviewEngine } from './server.ts'

const CLOSE_WITHIN_MS = 8_000

const { env } = process
const log = createLogger(env.LOG_LEVEL || 'info', 'preview')
const port = Number(env.PREVIEW_PORT || 8_188)
if (!Number.isInteger(port) || port < 0 || port > 65_535) {
  log.fatal({ variable: 'PREVIEW_PORT' }, 'PREVIEW_PORT must be a port number, 0 to 65535')
  process.exit(1)
}

try {
  const engine = await startPreviewEngine({
    port,
    host: env.PREVIEW_HOST || '127.0.0.1',
    dataDir: resolve(env.PREVIEW_DATA_DIR || '.framecast/preview'),
    tools: await findTools(env),
    log,
  })
  const stop = (signal: string): void => {
    log.info({ signal }, 'preview engine stops')
    setTimeout(() => process.exit(1), CLOSE_WITHIN_MS).unref()
    engine.close().then(
      () => process.exit(0),
      (err: unknown) => {
        log.error({ err }, 'stopping failed')
        process.exit(1)
      },
    )
  }
  process.once('SIGTERM', () => stop('SIGTERM'))
  process.once('SIGINT', () => stop('SIGINT'))
} catch (err) {
  log.fatal({ err }, 'preview engine cannot start')
  process.exit(1)
}
