/**
 * What a scene costs beside its generation: the engine against a server that answers at once.
 *
 *   node bench/scene-overhead.ts [scenes]
 *
 * The server runs in a process of its own. Measured is the time from the call to the clip on disk (60 kB), one scene
 * after the other: host survey, socket, post, messages, history, download. CPU is that of this process alone.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findTools } from '../core/platform/ffmpeg.ts'
import { createLogger } from '../core/platform/log.ts'
import { BUILTIN_WORKFLOWS_DIR, loadWorkflows } from '../core/workflows/load.ts'
import { createComfyEngine } from '../worker/engines/comfyui.ts'
import type { SceneRequest } from '../worker/engines/engine.ts'

const SCENES = Number(process.argv[2] ?? 100)
const WARM_UP = 10

const script = new URL('../test/support/fake-comfyui.ts', import.meta.url).pathname
const server = spawn(process.execPath, [script, '--port', '0', '--steps', '1'], {
  stdio: ['ignore', 'pipe', 'inherit'],
})
const folder = await mkdtemp(join(tmpdir(), 'framecast-bench-'))
try {
  const [line] = (await once(server.stdout, 'data')) as [Buffer]
  const { url } = JSON.parse(line.toString('utf8')) as { url: string }
  const workflows = await loadWorkflows([BUILTIN_WORKFLOWS_DIR])
  const log = createLogger('silent', 'bench')
  const tools = await findTools(process.env)
  const policy = { ACCEPTED_LICENCES: [], ALLOWED_NODES: [], FRAMECAST_MODE: 'production' } as const
  for (const kind of ['preview', 'comfyui'] as const) {
    const engine = createComfyEngine({ kind, urls: [url], workflows, tools, policy, log })
    const tookMs: number[] = []
    let cpu = process.cpuUsage()
    for (let n = -WARM_UP; n < SCENES; n++) {
      if (n === 0) cpu = process.cpuUsage()
      const request: SceneRequest = {
        jobId: 'bench',
        stepId: `step-${n}`,
        attempt: 1,
        workflow: 'default',
        sceneId: `scene-${n}`,
        sceneNumber: 1,
        scenesTotal: SCENES,
        title: 'Bench',
        prompt: `A lighthouse, take ${n}`,
        negativePrompt: '',
        writtenPrompt: `A lighthouse, take ${n}`,
        details: '',
        // Another seed each time, or the server would answer from its cache.
        seed: n + WARM_UP,
        format: { width: 1280, height: 720, fps: 24 },
        frames: 120,
        durationS: 5,
        cutFrames: [0],
        referenceImages: [],
        remoteId: null,
        workDir: folder,
      }
      const startedAt = performance.now()
      await engine.run(
        request,
        { remoteId: async () => {}, progress() {}, preview() {} },
        AbortSignal.timeout(30_000),
      )
      if (n >= 0) tookMs.push(performance.now() - startedAt)
    }
    const { user, system } = process.cpuUsage(cpu)
    tookMs.sort((a, b) => a - b)
    const at = (share: number): string => (tookMs[Math.floor((tookMs.length - 1) * share)] ?? 0).toFixed(1)
    const cpuMs = (user + system) / 1_000 / SCENES
    console.log(
      `${kind}: median ${at(0.5)} ms, 95 % ${at(0.95)} ms a scene; CPU ${cpuMs.toFixed(1)} ms (${SCENES} scenes)`,
    )
  }
} finally {
  server.kill('SIGTERM')
  await rm(folder, { recursive: true, force: true })
}
