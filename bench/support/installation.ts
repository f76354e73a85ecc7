/** An installation for benches: PostgreSQL that waits for the disk at every commit, a store, an engine that answers at once. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createObjectStore } from '../../core/platform/objects.ts'
import { makeClip } from '../../test/support/faults.ts'
import { createDatabase, prepareTemplate, startPostgres } from '../../test/support/postgres.ts'
import { type Stack, startStack } from '../../test/support/stack.ts'
import { startStoreServer, storeOptions } from '../../test/support/store.ts'

export type Installation = Stack & { readonly engineUrl: string; readonly engineUrls: readonly string[] }

/** ComfyUI stubs: how many, and how long each works on a scene. */
export type Engines = { count: number; sceneMs: number }
const ONE_AT_ONCE: Engines = { count: 1, sceneMs: 0 }

/** Runs `work` with an installation, and ends everything that belongs to it. */
export async function withInstallation(
  work: (installation: Installation) => Promise<void>,
  env: Record<string, string> = {},
  engines: Engines = ONE_AT_ONCE,
): Promise<void> {
  const cleanUp: (() => unknown)[] = []
  const scope = { teardown: (end: () => unknown) => cleanUp.unshift(end) }
  try {
    const [postgres, store] = await Promise.all([startPostgres({ durable: true }), startStoreServer()])
    scope.teardown(() => Promise.all([postgres.close(), store.close()]))
    await prepareTemplate(postgres.url)
    const { url: databaseUrl, pool } = await createDatabase(scope, postgres.url, { broken: true })
    const { rows } = await pool.query(
      `select name, setting from pg_settings where name in ('fsync', 'synchronous_commit', 'full_page_writes')`,
    )
    console.log(rows.map((row) => `${row.name}=${row.setting}`).join(' '))
    const options = storeOptions(store.url)
    await createObjectStore(options).ensureBucket()
    const engineUrls = await Promise.all(
      Array.from({ length: engines.count }, () => startEngine(scope, engines.sceneMs)),
    )
    const engineUrl = engineUrls[0]!
    const stack = await startStack(scope, {
      databaseUrl,
      store: options,
      comfyuiUrls: engineUrls,
      env,
      broken: true,
    })
    await work({ ...stack, engineUrl, engineUrls })
  } finally {
    for (const end of cleanUp) await end()
  }
}

/** The ComfyUI stub as a process of its own; with 0 every prompt is done as soon as it is posted. */
async function startEngine(
  scope: { teardown(end: () => unknown): unknown },
  sceneMs: number,
): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'framecast-bench-'))
  scope.teardown(() => rm(folder, { recursive: true, force: true }))
  const clip = join(folder, 'clip.mp4')
  await writeFile(clip, await makeClip())
  const script = new URL('../../test/support/fake-comfyui.ts', import.meta.url).pathname
  const pace = ['--steps', '1', '--step-ms', String(sceneMs)]
  const child = spawn(process.execPath, [script, '--port', '0', ...pace, '--clip', clip], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  scope.teardown(async () => {
    child.kill('SIGTERM')
    await once(child, 'exit')
  })
  const [line] = (await once(child.stdout, 'data')) as [Buffer]
  return (JSON.parse(line.toString('utf8')) as { url: string }).url
}

/** Highest resident memory of a process so far, in bytes. */
export async function peakBytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  return Number(/^VmHWM:\s+(\d+) kB/m.exec(status)?.[1]) * 1_024
}

/** Scenes of one second each; every title makes clips of its own. */
export function storyboard(title: string, scenes: number) {
  return {
    title,
    scenes: Array.from({ length: scenes }, (_, index) => ({
      id: `scene-${index + 1}`,
      prompt: `${title}, picture ${index + 1}`,
      duration: 1,
    })),
  }
}

export const SMALL = { resolution: '480p', fps: 16, engine: 'comfyui' }
