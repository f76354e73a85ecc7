/** The engine over the product's own preview server: what a laptop runs. */
import { pino } from 'pino'
import t from 'tap'
import { startPreviewEngine } from '../../comfyui/preview/server.ts'
import { findTools, probe } from '../../core/platform/ffmpeg.ts'
import { BUILTIN_WORKFLOWS_DIR, loadWorkflows } from '../../core/workflows/load.ts'
import { createComfyEngine } from '../../worker/engines/comfyui.ts'
import type { EngineCallbacks, SceneRequest } from '../../worker/engines/engine.ts'
import { inTime, workFolder } from './helpers.ts'

const POLICY = { ACCEPTED_LICENCES: [], ALLOWED_NODES: [], FRAMECAST_MODE: 'production' } as const
const log = pino({ level: 'silent' })

t.test(
  'an animatic: exact frames, progress and pictures on the way; taken up after a stop; cancelled',
  async (t) => {
    const tools = await findTools(process.env)
    const preview = await startPreviewEngine({ dataDir: workFolder(t), tools, log })
    t.teardown(() => preview.close())
    const workflows = await loadWorkflows([BUILTIN_WORKFLOWS_DIR])
    const engine = createComfyEngine({
      kind: 'preview',
      urls: [preview.url],
      workflows,
      tools,
      policy: POLICY,
      log,
    })
    const scene: SceneRequest = {
      jobId: 'job-1',
      stepId: 'step-1',
      attempt: 1,
      workflow: 'default',
      sceneId: 'opening',
      sceneNumber: 1,
      scenesTotal: 2,
      title: 'The Lighthouse',
      prompt: 'unused',
      negativePrompt: '',
      writtenPrompt: '@keeper climbs the stairs at dusk',
      details: '1.5 s',
      seed: 7,
      format: { width: 480, height: 480, fps: 16 },
      frames: 24,
      durationS: 1.5,
      cutFrames: [0, 4, 20],
      referenceImages: [],
      remoteId: null,
      workDir: workFolder(t),
    }
    const ids: string[] = []
    const fractions: number[] = []
    let pictures = 0
    let onProgress = (): void => {}
    const on: EngineCallbacks = {
      async remoteId(id) {
        ids.push(id)
      },
      progress({ fraction }) {
        fractions.push(fraction)
        onProgress()
      },
      preview() {
        pictures++
      },
    }
    t.match(await engine.health(inTime()), { state: 'healthy', queuePending: 0 })

    const result = await engine.run(scene, on, inTime(60_000))
    const facts = await probe(tools, result.path, { countFrames: true })
    t.match(facts, { video: { width: 480, height: 480 } })
    t.equal(facts.video?.frames, 24)
    t.equal(result.model, 'preview-animatic')
    t.equal(fractions.at(-1), 1)
    t.ok(pictures > 0)

    // A worker that stops in the middle leaves the board being drawn; the next one finds it.
    const stop = new AbortController()
    onProgress = () => stop.abort(new Error('worker stops'))
    const long = { ...scene, frames: 96, durationS: 6, workDir: workFolder(t) }
    await t.rejects(engine.run(long, on, stop.signal), { message: 'worker stops' })
    onProgress = () => {}
    const remoteId = ids.at(-1) ?? null
    const again = await engine.run({ ...long, attempt: 2, remoteId }, on, inTime(60_000))
    t.equal((await probe(tools, again.path, { countFrames: true })).video?.frames, 96)
    t.equal(ids.at(-1), remoteId, 'nothing was submitted twice')

    const endless = { ...scene, frames: 2_000, durationS: 125, workDir: workFolder(t) }
    let asked = false
    onProgress = () => {
      if (!asked) void engine.cancel(ids.at(-1) ?? '', inTime())
      asked = true
    }
    await t.rejects(engine.run(endless, on, inTime(60_000)), { code: 'interrupted', retryable: false })
  },
)
