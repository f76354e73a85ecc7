/**
 * Runs a command with one PostgreSQL and one object store for all of it, and passes on how it ended:
 * `node test/support/run.ts tap run [files]`. Test files find them by TEST_DATABASE_URL and TEST_S3_URL.
 */
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { memoryFolder } from './memory-folder.ts'
import { prepareTemplate, startPostgres } from './postgres.ts'
import { startStoreServer } from './store.ts'

const LIGHT_RUNNER = new URL('./light-runner.mjs', import.meta.url).href
const TAP = fileURLToPath(import.meta.resolve('../../node_modules/.bin/tap'))

const [command, ...args] = process.argv.slice(2)
if (!command) {
  process.stderr.write('usage: node test/support/run.ts <command> [arguments]\n')
  process.exit(2)
}

const folder = process.env.TMPDIR ?? (await memoryFolder())
if (folder) process.env.TMPDIR = folder
const [postgres, store] = await Promise.all([startPostgres(), startStoreServer()])
let code = 1
try {
  await prepareTemplate(postgres.url)
  const counts = args.includes('--no-disable-coverage')
  // The runner itself, so that something can be loaded into it.
  const program =
    command === 'tap' && !counts
      ? [process.execPath, '--import', LIGHT_RUNNER, TAP, ...args]
      : [command, ...args]
  const child = spawn(program[0]!, program.slice(1), {
    stdio: 'inherit',
    env: {
      // Most of what starts here is the same code, hundreds of times: compiled once, it starts in half the time.
      NODE_COMPILE_CACHE: fileURLToPath(new URL('../../node_modules/.cache/framecast', import.meta.url)),
      ...process.env,
      TEST_DATABASE_URL: postgres.url,
      TEST_S3_URL: store.url,
    },
  })
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal))
  code = await new Promise<number>((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (exitCode, signal) => resolve(exitCode ?? (signal === 'SIGINT' ? 130 : 1)))
  })
} finally {
  await Promise.all([postgres.close(), store.close()])
}
process.exit(code)
