#!/usr/bin/env node
// Starts the command with a Node that runs TypeScript as it is: this one when it is 24 or newer, else the one that npm
// installed with the project. Plain JavaScript, so that an older Node can read it.
import { spawn } from 'node:child_process'
import module, { createRequire } from 'node:module'
import { constants } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

const require = createRequire(import.meta.url)
const main = new URL('./main.ts', import.meta.url)

// What was compiled once starts in half the time from then on, here and in everything that the command starts. It is kept
// beside the packages, so that nobody can put code there who could not change ours; where that cannot be written, it is not.
const cache = module.enableCompileCache?.(
  fileURLToPath(new URL('../node_modules/.cache/framecast', import.meta.url)),
)
if (cache?.directory) process.env.NODE_COMPILE_CACHE ??= cache.directory

if (Number(process.versions.node.split('.')[0]) >= 24) {
  await import(main.href)
} else {
  let node = ''
  try {
    node = path.join(path.dirname(require.resolve('node/package.json')), 'bin', 'node')
  } catch {
    process.stderr.write(
      `framecast: Node 24 is needed, this is ${process.versions.node}. Run "npm ci" in the project (it brings Node 24), or install Node 24.\n`,
    )
    process.exit(1)
  }
  // The channel is the leash: should this launcher be killed, the command ends too.
  const leash = new URL('../embedded/leash.ts', import.meta.url).href
  const child = spawn(node, ['--import', leash, fileURLToPath(main), ...process.argv.slice(2)], {
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
  })
  // Ctrl-C reaches both of us: the command takes two signals in quick succession as one.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  child.on('error', (error) => {
    process.stderr.write(`framecast: ${node} cannot be started (${error.message}). Run "npm ci" again.\n`)
    process.exitCode = 1
  })
  child.on('exit', (code, signal) => {
    process.exitCode = signal ? 128 + constants.signals[signal] : (code ?? 1)
    if (child.connected) child.disconnect()
  })
}
