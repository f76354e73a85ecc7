/** Which server a command speaks to. */
import type { Embedded } from '../embedded/start.ts'
import { type Api, createApi } from './api.ts'
import { CliError, EXIT } from './exit.ts'
import { shortPath, startInstance } from './instance.ts'
import { DEFAULT_DATA_DIR, findLocalInstance } from './local.ts'
import type { Terminal } from './terminal.ts'

export type TargetOptions = { server?: string; key?: string; embedded?: boolean; data?: string }

export type Target = {
  api: Api
  /** Set when the instance was started for this command alone: it ends with it. */
  instance: Embedded | null
  /** Options that lead another command to the same place. */
  flags: string
  close(): Promise<void>
}

type Env = Record<string, string | undefined>

function checkedUrl(text: string, from: string): string {
  const url = URL.parse(text)
  if (!url || !/^https?:$/.test(url.protocol)) {
    throw new CliError(
      EXIT.usage,
      `${from} is ${JSON.stringify(text)}; an address looks like http://localhost:3000.`,
    )
  }
  return text
}

/**
 * In this order: `--embedded` starts a private instance; `--server`, then FRAMECAST_URL name one; else the instance that
 * runs in the data folder (`framecast up`) is taken.
 * @throws {CliError} usage, when there is none of these
 */
export async function openTarget(
  options: TargetOptions,
  env: Env,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<Target> {
  const dataDir = options.data ?? DEFAULT_DATA_DIR
  const dataFlag = options.data ? ` --data ${options.data}` : ''
  if (options.embedded) {
    if (options.server) throw new CliError(EXIT.usage, '--server and --embedded exclude each other.')
    const instance = await startInstance({ dataDir }, terminal, signal)
    return {
      api: createApi(instance.url, instance.apiKey),
      instance,
      flags: dataFlag,
      close: () => instance.close(),
    }
  }
  const named = options.server ?? env.FRAMECAST_URL
  if (named) {
    const url = checkedUrl(named, options.server ? '--server' : 'FRAMECAST_URL')
    return {
      api: createApi(url, options.key ?? env.FRAMECAST_API_KEY),
      instance: null,
      flags: options.server ? ` --server ${url}` : '',
      close: async () => {},
    }
  }
  const local = await findLocalInstance(dataDir)
  if (local) {
    return {
      api: createApi(local.url, options.key ?? local.key),
      instance: null,
      flags: dataFlag,
      close: async () => {},
    }
  }
  throw new CliError(
    EXIT.usage,
    `No server is named, and no instance runs in ${shortPath(dataDir)}.`,
    'Add --embedded to render on this machine alone, or name a server: --server URL --key KEY (or FRAMECAST_URL and FRAMECAST_API_KEY).',
  )
}
