/** Finding the binaries: named ones win, then the system's when new enough, then those from npm. */
import { execFile } from 'node:child_process'
import { constants } from 'node:fs'
import { access, chmod, stat } from 'node:fs/promises'
import { createRequire } from 'node:module'
import path from 'node:path'
import { promisify } from 'node:util'
import { FfmpegError } from './errors.ts'

/** Where the programs are. Found once at start, then handed to whoever runs them. */
export type FfmpegTools = {
  readonly ffmpeg: string
  readonly ffprobe: string
  /** As ffmpeg prints it, e.g. `5.1.6-0+deb12u1` or `n7.0-7-gd38bf5e08e-20240407`. */
  readonly version: string
  readonly source: 'env' | 'system' | 'npm'
  /** Command put before ffmpeg so that it cannot outlive this process or fill the disk; empty where there is none. */
  readonly guard: readonly string[]
}

type Env = Record<string, string | undefined>

const run = promisify(execFile)
/** libavutil of ffmpeg 5.1; snapshot builds carry no release number, so the library's version decides. */
const OLDEST_AVUTIL = [57, 28] as const
const OLDEST_NAME = '5.1'
const FIX =
  'Install ffmpeg 5.1 or newer with libx264 (Debian: apt-get install ffmpeg), or run "npm ci" without ' +
  '--omit=optional on Linux x64, or set FFMPEG_PATH and FFPROBE_PATH.'
/** No film of ours comes near this; a runaway write does. */
const LARGEST_FILE_BYTES = 16 * 2 ** 30
/** Nor near these: what a hostile file may cost when its limits were not seen before it was decoded. */
const MOST_DATA_BYTES = 8 * 2 ** 30
const MOST_CPU_S = 6 * 3_600

/**
 * Finds ffmpeg and ffprobe. `FFMPEG_PATH` and `FFPROBE_PATH` win and are never silently passed over; then those on
 * `PATH` when new enough and built with libx264; then the npm packages.
 * @throws {FfmpegError} `not_found`; the message says what is missing and the fix
 */
export async function findTools(env: Env): Promise<FfmpegTools> {
  const guard = await findGuard(env)
  const misses: string[] = []
  const ffmpeg = await findFfmpeg(env, misses)
  if (ffmpeg === null) throw new FfmpegError('not_found', `No usable ffmpeg: ${misses.join('; ')}. ${FIX}`)
  const ffprobe = await findFfprobe(env, ffmpeg.source, misses)
  if (ffprobe === null) throw new FfmpegError('not_found', `No usable ffprobe: ${misses.join('; ')}. ${FIX}`)
  return { ffmpeg: ffmpeg.path, ffprobe, version: ffmpeg.version, source: ffmpeg.source, guard }
}

type Found = { path: string; version: string; source: FfmpegTools['source'] }

async function findFfmpeg(env: Env, misses: string[]): Promise<Found | null> {
  const named = env.FFMPEG_PATH
  if (named) {
    const checked = await checkFfmpeg(named)
    if (typeof checked === 'string') {
      throw new FfmpegError('not_found', `FFMPEG_PATH names ${named}, but ${checked}. ${FIX}`)
    }
    return { path: named, version: checked.version, source: 'env' }
  }
  const system = await onPath('ffmpeg', env)
  if (system === null) misses.push('there is none on PATH')
  else {
    const checked = await checkFfmpeg(system)
    if (typeof checked !== 'string') return { path: system, version: checked.version, source: 'system' }
    misses.push(`the one on PATH does not serve: ${checked}`)
  }
  const packaged = await fromNpm('@ffmpeg-binary', 'ffmpeg')
  if (packaged === null) misses.push('the npm package is not installed for this platform')
  else {
    const checked = await checkFfmpeg(packaged)
    if (typeof checked !== 'string') return { path: packaged, version: checked.version, source: 'npm' }
    misses.push(`the one from npm does not serve: ${checked}`)
  }
  return null
}

async function findFfprobe(
  env: Env,
  source: FfmpegTools['source'],
  misses: string[],
): Promise<string | null> {
  const named = env.FFPROBE_PATH
  if (named) {
    const fault = await checkFfprobe(named)
    if (fault === null) return named
    throw new FfmpegError('not_found', `FFPROBE_PATH names ${named}, but ${fault}. ${FIX}`)
  }
  const system = () => onPath('ffprobe', env)
  const npm = () => fromNpm('@ffprobe-installer', 'ffprobe')
  // The pair from one place is preferred, so that both know the same formats.
  for (const look of source === 'npm' ? [npm, system] : [system, npm]) {
    const found = await look()
    if (found === null) continue
    const fault = await checkFfprobe(found)
    if (fault === null) return found
    misses.push(fault)
  }
  misses.push('neither on PATH nor from npm')
  return null
}

/** The version, or what is wrong with this binary in words that follow "but". */
async function checkFfmpeg(file: string): Promise<{ version: string } | string> {
  try {
    const { stdout } = await run(file, ['-version'], { timeout: 15_000, maxBuffer: 1 << 20 })
    const version = /^ffmpeg version (\S+)/.exec(stdout)?.[1]
    if (version === undefined) return 'it does not answer as ffmpeg'
    const [, major, minor] = /libavutil\s+(\d+)\.\s*(\d+)\./.exec(stdout) ?? []
    if (!isNewEnough(Number(major), Number(minor))) return `it is ${version}, older than ${OLDEST_NAME}`
    if (!(await hasEncoder(file, 'libx264'))) return 'it has no libx264 encoder'
    return { version }
  } catch (error) {
    return `it cannot be started (${startFault(error)})`
  }
}

/** Whether this ffmpeg was built with an encoder. */
export async function hasEncoder(ffmpeg: string, name: 'libx264' | 'libopus'): Promise<boolean> {
  const { stdout } = await run(ffmpeg, ['-hide_banner', '-h', `encoder=${name}`], {
    timeout: 15_000,
    maxBuffer: 1 << 20,
  })
  return new RegExp(`Encoder ${name}\\b`).test(stdout)
}

async function checkFfprobe(file: string): Promise<string | null> {
  try {
    const { stdout } = await run(file, ['-version'], { timeout: 15_000, maxBuffer: 1 << 20 })
    return /^ffprobe version/.test(stdout) ? null : 'it does not answer as ffprobe'
  } catch (error) {
    return `it cannot be started (${startFault(error)})`
  }
}

/** True for the libavutil of ffmpeg 5.1 or later; false for NaN. */
const isNewEnough = (major: number, minor: number): boolean =>
  major > OLDEST_AVUTIL[0] || (major === OLDEST_AVUTIL[0] && minor >= OLDEST_AVUTIL[1])

const startFault = (error: unknown): string =>
  typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : 'unknown fault'

async function onPath(name: string, env: Env): Promise<string | null> {
  for (const folder of (env.PATH ?? '').split(path.delimiter)) {
    if (folder === '') continue
    const file = path.resolve(folder, name)
    if (await isProgram(file)) return file
  }
  return null
}

async function fromNpm(scope: string, name: string): Promise<string | null> {
  let file: string
  try {
    const manifest = createRequire(import.meta.url).resolve(
      `${scope}/${process.platform}-${process.arch}/package.json`,
    )
    file = path.join(path.dirname(manifest), name)
  } catch {
    return null
  }
  if (await isProgram(file)) return file
  // npm leaves the bit out when install scripts do not run; ours to set when the file is ours.
  await chmod(file, 0o755).catch(() => {})
  return (await isProgram(file)) ? file : null
}

async function isProgram(file: string): Promise<boolean> {
  try {
    await access(file, constants.X_OK)
    return (await stat(file)).isFile()
  } catch {
    return false
  }
}

/**
 * util-linux's `prlimit` caps the size of a written file, memory and processor time, and `setpriv` has the kernel kill ffmpeg when we die, however
 * we die. Both replace themselves by ffmpeg, so the process id stays one.
 */
async function findGuard(env: Env): Promise<readonly string[]> {
  if (process.platform !== 'linux') return []
  const [prlimit, setpriv] = await Promise.all([onPath('prlimit', env), onPath('setpriv', env)])
  const caps = [
    `--fsize=${LARGEST_FILE_BYTES}`,
    `--data=${MOST_DATA_BYTES}`,
    `--cpu=${MOST_CPU_S}`,
    '--core=0',
  ]
  const limits = prlimit === null ? [] : [prlimit, ...caps, '--']
  const tie = setpriv === null ? [] : [setpriv, '--pdeathsig', 'KILL', '--']
  const guard = [...limits, ...tie]
  if (guard.length === 0) return guard
  try {
    await run(guard[0]!, [...guard.slice(1), process.execPath, '--version'], { timeout: 15_000 })
    return guard
  } catch {
    return [] // an old util-linux without one of these options, or a sandbox that forbids it
  }
}
