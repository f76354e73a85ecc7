/** Follows the logs: of the compose services when Docker runs them here, else of the private instance in .framecast/. */
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

const folder = join(process.env.FRAMECAST_DATA ?? '.framecast', 'logs')
const args = process.argv.slice(2)

function follow(command: string, commandArgs: string[]): void {
  const child = spawn(command, commandArgs, { stdio: 'inherit' })
  child.once('error', (error) => {
    console.error(`${command} could not be started: ${error.message}`)
    process.exitCode = 1
  })
  child.once('exit', (code) => {
    process.exitCode = code ?? 0
  })
}

const services = spawnSync('docker', ['compose', 'ps', '--quiet'], { encoding: 'utf8' })
if (services.status === 0 && services.stdout.trim() !== '') {
  follow('docker', ['compose', 'logs', '--follow', '--tail', '200', ...args])
} else if (existsSync(folder)) {
  const files = readdirSync(folder).filter((name) => name.endsWith('.log'))
  const follows = args.includes('--no-follow') ? [] : ['-F']
  follow('tail', ['-n', '50', ...follows, ...files.map((name) => join(folder, name))])
} else {
  console.error(
    `There are no logs here: nothing runs in Docker Compose, and ${folder} is not there. Start with "npx just dev".`,
  )
  process.exitCode = 1
}
