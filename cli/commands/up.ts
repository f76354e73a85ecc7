/** `framecast up`: a private instance that stays up. */

import { OPERATOR_EMAIL } from '../../embedded/account.ts'
import type { CommandContext } from '../context.ts'
import { CliError, EXIT } from '../exit.ts'
import { shortPath, startInstance } from '../instance.ts'
import { DEFAULT_DATA_DIR } from '../local.ts'

export async function up(
  flags: { data?: string; port?: number; json?: boolean },
  { terminal, signal }: CommandContext,
): Promise<void> {
  const dataDir = flags.data ?? DEFAULT_DATA_DIR
  const instance = await startInstance({ dataDir, port: flags.port }, terminal, signal)
  const folder = shortPath(instance.dataDir)
  const data = flags.data ? ` --data ${flags.data}` : ''
  try {
    if (flags.json) {
      terminal.out(
        JSON.stringify({ url: instance.url, key_file: `${instance.dataDir}/key`, logs: instance.logDir }),
      )
    } else {
      const { bold } = terminal.outPalette
      terminal.out('')
      terminal.out(`  Studio    ${bold(instance.url)}`)
      terminal.out(`  Sign in   ${OPERATOR_EMAIL}, password in ${folder}/password`)
      terminal.out(`  API key   in ${folder}/key`)
      terminal.out(`  Logs      ${folder}/logs/`)
      terminal.out('')
      terminal.out(`  Render    framecast render examples/welcome.yaml${data}`)
      terminal.out(
        `  By hand   curl -H "Authorization: Bearer $(cat ${folder}/key)" ${instance.url}/v1/status`,
      )
      terminal.out('')
      terminal.err('Ctrl-C stops it; jobs and films are kept.')
    }
    const stopped = new Promise<void>((resolve) => {
      if (signal.aborted) resolve()
      signal.addEventListener('abort', () => resolve(), { once: true })
    })
    await Promise.race([stopped, instance.failed]).catch((error: Error) => {
      throw new CliError(EXIT.failed, error.message, `The logs are in ${folder}/logs/.`, error)
    })
    terminal.err('Stopping…')
  } finally {
    await instance.close()
  }
  terminal.err('Stopped.')
}
