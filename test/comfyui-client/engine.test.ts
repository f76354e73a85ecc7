/** The engine over one and several servers. */
import { createHash } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { pino } from 'pino'
import sharp from 'sharp'
import t, { type Test } from 'tap'
import { findTools, runFfmpeg } from '../../core/platform/ffmpeg.ts'
import { BUILTIN_WORKFLOWS_DIR, loadWorkflows } from '../../core/workflows/load.ts'
import type { WorkflowTemplate } from '../../core/workflows/types.ts'
import { conformClip } from '../../worker/compose/conform.ts'
import { type ComfyEngineOptions, createComfyEngine } from '../../worker/engines/comfyui.ts'
import {
  type Engine,
  type EngineCallbacks,
  EngineError,
  type SceneRequest,
} from '../../worker/engines/engine.ts'
import { FAKE_CLIP, type FakeComfy, type FakeOptions, startFakeComfy } from '../support/fake-comfyui.ts'
import { FAST, inTime, until, workFolder } from './helpers.ts'

const POLICY = { ACCEPTED_LICENCES: [], ALLOWED_NODES: [], FRAMECAST_MODE: 'production' } as const
const log = pino({ level: 'silent' })
const tools = await findTools(process.env)
const workflows: Map<string, WorkflowTemplate> = await loadWorkflows([BUILTIN_WORKFLOWS_DIR])

async function fakes(t: Test, ...options: FakeOptions[]): Promise<FakeComfy[]> {
  const started = await Promise.all(options.map(startFakeComfy))
  for (const fake of started) t.teardown(() => fake.close())
  return started
}

const engineOf = (servers: readonly FakeComfy[], over: Partial<ComfyEngineOptions> = {}): Engine =>
  createComfyEngine({
    kind: 'comfyui',
    urls: servers.map(({ url }) => url),
    workflows,
    tools,
    policy: POLICY,
    limits: FAST,
    attachMs: 200,
    log,
    ...over,
  })

const buildScene = (t: Test, over: Partial<SceneRequest> = {}): SceneRequest => ({
  jobId: '0b8f2a34-0000-4000-8000-000000000001',
  stepId: '0b8f2a34-0000-4000-8000-000000000002',
  attempt: 1,
  workflow: 'default',
  sceneId: 'opening',
  sceneNumber: 1,
  scenesTotal: 3,
  title: 'The Lighthouse',
  prompt: 'A keeper climbs the stairs',
  negativePrompt: '',
  writtenPrompt: '@keeper climbs the stairs',
  details: '4.0 s · wind',
  seed: 42,
  format: { width: 1280, height: 720, fps: 24 },
  frames: 96,
  durationS: 4,
  cutFrames: [0, 12, 84],
  referenceImages: [],
  remoteId: null,
  workDir: workFolder(t),
  ...over,
})

type Heard = EngineCallbacks & { ids: string[]; fractions: number[]; previews: number }
function listener(onProgress: () => void = () => {}): Heard {
  const heard: Heard = {
    ids: [],
    fractions: [],
    previews: 0,
    async remoteId(id) {
      heard.ids.push(id)
    },
    progress({ fraction }) {
      heard.fractions.push(fraction)
      onProgress()
    },
    preview() {
      heard.previews++
    },
  }
  return heard
}

const failure = async (work: Promise<unknown>): Promise<EngineError> => {
  const error = await work.then(
    () => new Error('it should have failed'),
    (reason: unknown) => reason,
  )
  if (error instanceof EngineError) return error
  throw error
}

t.test('a scene becomes a clip through the Wan workflow, snapped to what the model takes', async (t) => {
  const servers = await fakes(t, {})
  const heard = listener()
  const result = await engineOf(servers).run(
    buildScene(t, { format: { width: 1920, height: 1080, fps: 30 }, frames: 100, durationS: 100 / 30 }),
    heard,
    inTime(),
  )
  t.ok(Buffer.from(FAKE_CLIP).equals(await readFile(result.path)))
  t.match(result, {
    model: 'wan2.2_ti2v_5B_fp16.safetensors',
    seed: 42,
    engineHost: servers[0]?.url.slice(7),
  })
  const post = servers[0]?.posts[0]
  t.match(post?.graph, {
    positive: { inputs: { text: 'A keeper climbs the stairs' } },
    negative: { inputs: { text: /blurry/ } },
    sampler: { inputs: { seed: 42, steps: 30 } },
    // 100 frames of 30 a second last as long as 80 of 24; the next 4n+1 is 81.
    latent: { inputs: { width: 1280, height: 704, length: 81 } },
    video: { inputs: { fps: 24 } },
  })
  t.match(post?.graph.save?.inputs.filename_prefix, /^framecast\/0b8f2a34-[\d-]+\/[0-9a-f-]{36}$/)
  t.match(post?.extraData, { framecast: { attempt: 1 }, preview_method: 'auto' })
  t.equal(heard.ids.length, 1)
  t.match(heard.ids[0], /^[0-9a-f]{12}\/[0-9a-f-]{36}$/)
  t.equal(heard.ids[0]?.split('/')[1], post?.promptId)
  t.equal(heard.fractions.at(-1), 1)
  t.ok(heard.previews > 0)
})

t.test('the preview workflow gets the board its facts, and its pictures by content', async (t) => {
  const servers = await fakes(t, {})
  const scene = buildScene(t)
  mkdirSync(scene.workDir, { recursive: true })
  const picture = Buffer.concat([Buffer.from('89504e470d0a1a0a', 'hex'), Buffer.from('a picture')])
  const path = join(scene.workDir, 'reference.png')
  writeFileSync(path, picture)
  const sha256 = createHash('sha256').update(picture).digest('hex')
  const images = [
    { path, sha256, weight: 1 },
    { path, sha256, weight: 0.5 },
  ]
  const title = 'T'.repeat(2_000)
  const request = {
    ...scene,
    title,
    format: { width: 854, height: 480, fps: 16 } as const,
    frames: 64,
    referenceImages: images,
  }
  await engineOf(servers, { kind: 'preview' }).run(request, listener(), inTime())
  t.match(servers[0]?.posts[0]?.graph.board?.inputs, {
    prompt: '@keeper climbs the stairs',
    title: title.slice(0, 500),
    scene_id: 'opening',
    scene_number: 1,
    scenes_total: 3,
    width: 854,
    height: 480,
    frames: 64,
    fps: 16,
    seed: 42,
    cut_frames: '0,12,84',
    details: '4.0 s · wind',
    images: `framecast-${sha256}.png,framecast-${sha256}.png`,
  })
  t.strictSame([...(servers[0]?.machine.inputFiles.keys() ?? [])], [`framecast-${sha256}.png`])
})

t.test('a workflow that is unknown, of another engine, or does not fit is a permanent failure', async (t) => {
  const servers = await fakes(t, {})
  const engine = engineOf(servers)
  for (const [over, text] of [
    [{ workflow: 'nope' }, /not known/],
    [{ workflow: 'preview-animatic' }, /preview engine/],
    [{ frames: 24 * 3_600 }, /frames.*at most/],
  ] as const) {
    const error = await failure(engine.run(buildScene(t, over), listener(), inTime()))
    t.strictSame([error.code, error.retryable], ['workflow_invalid', false])
    t.match(error.message, text)
  }
  t.equal(servers[0]?.posts.length, 0)
})

t.test(
  'a server without the nodes or models is passed over, and named when it is the only one',
  async (t) => {
    const [bare, poor, full] = await fakes(
      t,
      { classes: ['SaveVideo', 'KSampler'] },
      { models: ['wan2.2_vae.safetensors'] },
      {
        models: [
          'wan/wan2.2_ti2v_5B_fp16.safetensors',
          'umt5_xxl_fp8_e4m3fn_scaled.safetensors',
          'wan2.2_vae.safetensors',
        ],
      },
    )
    if (!bare || !poor || !full) throw new Error('servers')
    const result = await engineOf([bare, poor, full]).run(buildScene(t), listener(), inTime())
    t.equal(result.engineHost, full.url.slice(7))
    t.equal(
      full.posts[0]?.graph.model?.inputs.unet_name,
      'wan/wan2.2_ti2v_5B_fp16.safetensors',
      'the file is named as this server lists it',
    )
    const node = await failure(engineOf([bare]).run(buildScene(t), listener(), inTime()))
    t.strictSame([node.code, node.retryable], ['missing_node', false])
    t.match(node.message, /UNETLoader/)
    const model = await failure(engineOf([poor]).run(buildScene(t), listener(), inTime()))
    t.equal(model.code, 'missing_model')
    t.match(model.message, /wan2.2_ti2v_5B_fp16/)
    const [old] = await fakes(t, { version: '0.3.40' })
    const version = await failure(engineOf(old ? [old] : []).run(buildScene(t), listener(), inTime()))
    t.equal(version.code, 'missing_node')
    t.match(version.message, /0\.3\.46/)
  },
)

t.test(
  'a card with enough memory is taken before one with too little, which is better than none',
  async (t) => {
    const [small, large] = await fakes(t, { vramBytes: 4 * 2 ** 30 }, { vramBytes: 8 * 2 ** 30, stepMs: 20 })
    const engine = engineOf([small!, large!])
    await Promise.all([1, 2].map(() => engine.run(buildScene(t), listener(), inTime())))
    t.strictSame([small?.posts.length, large?.posts.length], [0, 2])
    await engineOf([small!]).run(buildScene(t), listener(), inTime())
    t.equal(small?.posts.length, 1)
  },
)

t.test('scenes spread over the servers, and a dead one takes none', async (t) => {
  const servers = await fakes(t, { stepMs: 40 }, { stepMs: 40 }, {})
  await servers[2]?.leave()
  const engine = engineOf(servers)
  await Promise.all([1, 2, 3, 4].map(() => engine.run(buildScene(t), listener(), inTime())))
  t.strictSame(
    servers.map(({ posts }) => posts.length),
    [2, 2, 0],
  )
  t.match(await engine.health(inTime()), { state: 'degraded', version: '0.33.0', detail: /does not answer/ })
})

t.test(
  'after a worker restart the scene is taken up on its own server, whatever the order of the list',
  async (t) => {
    const servers = await fakes(t, { stepMs: 60, steps: 6 }, { stepMs: 60, steps: 6 })
    const stop = new AbortController()
    const heard = listener(() => stop.abort(new Error('worker stops')))
    await t.rejects(engineOf(servers).run(buildScene(t), heard, stop.signal), { message: 'worker stops' })
    const remoteId = heard.ids[0] ?? ''
    const home = servers.find(({ posts }) => posts.length === 1)

    const again = listener()
    const other = engineOf([...servers].reverse())
    const result = await other.run(buildScene(t, { attempt: 2, remoteId }), again, inTime())
    t.equal(result.engineHost, home?.url.slice(7))
    t.strictSame(servers.map(({ posts }) => posts.length).sort(), [0, 1], 'one run, not two')
    t.strictSame(again.ids, [])
  },
)

t.test('a lost, failed or foreign earlier submission is made anew', async (t) => {
  const [fake] = await fakes(t, {})
  if (!fake) throw new Error('server')
  const engine = engineOf([fake])
  fake.fail('run', 'oom')
  const heard = listener()
  t.equal((await failure(engine.run(buildScene(t), heard, inTime()))).code, 'out_of_memory')
  for (const remoteId of [
    heard.ids[0] ?? '',
    'ffffffffffff/816a0137-b193-4fce-9512-cafa860704a3',
    'nonsense',
  ]) {
    const again = listener()
    await engine.run(buildScene(t, { remoteId }), again, inTime())
    t.equal(again.ids.length, 1, remoteId)
  }
})

t.test('an earlier server that is away is not waited for when another can take the scene', async (t) => {
  const servers = await fakes(t, { stepMs: 200, steps: 10 }, {})
  const [home, other] = servers
  const stop = new AbortController()
  const heard = listener(() => stop.abort(new Error('stop')))
  const first = engineOf(home ? [home] : [])
  await t.rejects(first.run(buildScene(t), heard, stop.signal))
  await home?.leave()
  const result = await engineOf(servers).run(
    buildScene(t, { remoteId: heard.ids[0] ?? null }),
    listener(),
    inTime(),
  )
  t.equal(result.engineHost, other?.url.slice(7))
})

t.test('a silent server is given up by name, and the scene runs where it is sent next', async (t) => {
  const servers = await fakes(t, {}, {})
  const engine = engineOf(servers, { limits: { ...FAST, silenceMs: 250 } })
  const [first] = servers
  for (const fake of servers) fake.fail('run', 'silent')
  const heard = listener()
  const error = await failure(engine.run(buildScene(t), heard, inTime()))
  t.strictSame([error.code, error.retryable, error.hostAtFault], ['engine_silent', true, true])
  const silent = servers.find(({ posts }) => posts.length > 0) ?? first
  const spare = servers.find((fake) => fake !== silent)
  spare?.fail('run', 'silent', 0)
  const keyOf = (fake: FakeComfy | undefined): string =>
    engine.pool!.hosts.find(({ label }) => label === fake?.url.slice(7))!.key
  t.equal(error.host, keyOf(silent))
  const result = await engine.run(
    buildScene(t, { remoteId: heard.ids[0] ?? null, host: keyOf(spare) }),
    listener(),
    inTime(),
  )
  t.equal(result.engineHost, spare?.url.slice(7))
})

t.test('cancel by remote id stops the work; ids that are gone or foreign are no error', async (t) => {
  const [fake] = await fakes(t, { stepMs: 50, steps: 20 })
  if (!fake) throw new Error('server')
  const engine = engineOf([fake])
  const heard = listener()
  const run = failure(engine.run(buildScene(t), heard, inTime()))
  await until(() => fake.machine.running !== null, 'it to run')
  await engine.cancel(heard.ids[0] ?? '', inTime())
  t.strictSame([(await run).code, (await run).retryable], ['interrupted', false])
  await until(() => fake.machine.remaining === 0, 'the server to be idle')
  await engine.cancel(heard.ids[0] ?? '', inTime())
  await engine.cancel('ffffffffffff/x', inTime())
  await engine.cancel('', inTime())
})

t.test('no server at all is down, and says so', async (t) => {
  const [fake] = await fakes(t, {})
  await fake?.leave()
  const engine = engineOf(fake ? [fake] : [])
  t.match(await engine.health(inTime()), { state: 'down', version: null, queueRunning: 0 })
  const error = await failure(engine.run(buildScene(t), listener(), inTime()))
  t.strictSame([error.code, error.retryable, error.hostAtFault], ['engine_unreachable', true, true])
})

t.test('credentials in an address are sent, and never shown', async (t) => {
  const [fake] = await fakes(t, {})
  const url = fake?.url.replace('//', '//studio:s3cret@') ?? ''
  const engine = engineOf([], { urls: [url] })
  const heard = listener()
  const result = await engine.run(buildScene(t), heard, inTime())
  t.notMatch(JSON.stringify([result, heard.ids, await engine.health(inTime())]), /s3cret/)
  await fake?.leave()
  const error = await failure(engine.run(buildScene(t), listener(), inTime()))
  t.notMatch(`${error.message} ${error.cause}`, /s3cret/)
})

t.test('a reference that is no picture is refused before anything is queued', async (t) => {
  const [fake] = await fakes(t, {})
  const scene = buildScene(t)
  const path = join(scene.workDir, 'x.svg')
  writeFileSync(path, '<svg/>')
  const request = { ...scene, referenceImages: [{ path, sha256: 'a'.repeat(64), weight: 1 }] }
  const error = await failure(
    engineOf(fake ? [fake] : [], { kind: 'preview' }).run(request, listener(), inTime()),
  )
  t.equal(error.code, 'workflow_invalid')
  t.equal(fake?.posts.length, 0)
})

const picture = async (width: number, height: number): Promise<Buffer> => {
  const stripes = `<svg width="${width}" height="${height}"><defs><pattern id="p" width="64" height="64" patternUnits="userSpaceOnUse"><rect width="32" height="64" fill="#c33"/><rect x="32" width="32" height="32" fill="#39c"/></pattern></defs><rect width="100%" height="100%" fill="url(#p)"/></svg>`
  return sharp(Buffer.from(stripes)).png().toBuffer()
}

t.test(
  'a still is made into a clip that moves, cut where the film cuts, and taken over as it is',
  async (t) => {
    const template = workflows.get('core-z-image-still')!
    const [fake] = await fakes(t, { models: template.models, picture: await picture(768, 432) })
    const format = { width: 320, height: 180, fps: 24 } as const
    for (const seed of [0, 1, 2]) {
      const scene = buildScene(t, {
        workflow: template.slug,
        format,
        frames: 30,
        cutFrames: [0, 7, 22],
        seed,
      })
      const { path, model } = await engineOf([fake!]).run(scene, listener(), inTime())
      t.equal(model, 'z_image_turbo_bf16.safetensors')
      const segment = await conformClip({
        tools,
        source: path,
        format,
        frames: 30,
        cutFrames: scene.cutFrames,
        out: join(scene.workDir, 'segment.mp4'),
        workDir: scene.workDir,
      })
      t.match(segment, { adopted: true, frames: 30 })
      const frames = await grab(path, format)
      t.equal(frames.length, 30)
      t.ok(difference(frames[0]!, frames[29]!) > 4, 'the picture moves')
      const steps = frames.slice(1).map((frame, n) => difference(frame, frames[n]!))
      t.ok(Math.max(...steps) < difference(frames[0]!, frames[29]!) * 0.8, 'slowly, without a jump')
    }
    t.match(fake!.posts[0]?.graph.latent?.inputs, { width: 1536, height: 864 })
  },
)

t.test('a still that is no picture is the fault of the host', async (t) => {
  const template = workflows.get('core-z-image-still')!
  const [fake] = await fakes(t, { models: template.models })
  const error = await failure(
    engineOf([fake!]).run(buildScene(t, { workflow: template.slug }), listener(), inTime()),
  )
  t.match(error, { code: 'bad_result', retryable: true, hostAtFault: true })
})

/** Luma of every frame. */
async function grab(path: string, { width, height }: { width: number; height: number }): Promise<Buffer[]> {
  const chunks: Buffer[] = []
  const stdout = new Writable({
    write(chunk: Buffer, _encoding, done) {
      chunks.push(chunk)
      done()
    },
  })
  const outputs = [{ path: 'pipe:1', options: ['-f', 'rawvideo', '-pix_fmt', 'gray'] }]
  await runFfmpeg(tools, { inputs: [{ path }], outputs }, { wallMs: 60_000, stdout })
  const all = Buffer.concat(chunks)
  const size = width * height
  return Array.from({ length: all.length / size }, (_, n) => all.subarray(n * size, (n + 1) * size))
}

/** Mean difference of two pictures, 0 to 255. */
function difference(a: Buffer, b: Buffer): number {
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += Math.abs(a[i]! - b[i]!)
  return sum / a.length
}

t.test('reference pictures go where a workflow takes them, and what has none is left out', async (t) => {
  const refs = await Promise.all(
    [0, 1, 2].map(async (n) => {
      const bytes = await picture(64 + n, 64)
      return { bytes, sha256: createHash('sha256').update(bytes).digest('hex'), weight: 1 }
    }),
  )
  const run = async (slug: string, count: number) => {
    const template = workflows.get(slug)!
    const [fake] = await fakes(t, { models: template.models, picture: await picture(64, 64) })
    const scene = buildScene(t, { workflow: slug, format: { width: 320, height: 180, fps: 16 }, frames: 16 })
    const referenceImages = refs.slice(0, count).map(({ bytes, ...rest }, n) => {
      const path = join(scene.workDir, `reference-${n}.png`)
      writeFileSync(path, bytes)
      return { ...rest, path }
    })
    await engineOf([fake!]).run({ ...scene, referenceImages }, listener(), inTime())
    return fake!.posts[0]!.graph
  }
  const name = (n: number): string => `framecast-${refs[n]?.sha256}.png`

  const both = await run('core-wan22-14b-flf2v-4step', 3)
  t.match([both.image?.inputs.image, both.image_last?.inputs.image], [name(0), name(2)], 'first and last')
  const one = await run('core-wan22-14b-flf2v-4step', 1)
  t.notOk(one.image_last)
  t.match(one.start?.inputs.start_image, ['image', 0])
  t.notOk('end_image' in one.start!.inputs, 'the link goes with the node')
  const edit = await run('core-qwen-edit-refs', 2)
  t.match([edit.image?.inputs.image, edit.image_2?.inputs.image], [name(0), name(1)])
  t.notOk(edit.image_3)
  t.match(Object.keys(edit.positive!.inputs).sort(), ['clip', 'image1', 'image2', 'prompt', 'vae'])
})

t.test('a scene that is longer than its model runs at the lowest rate the model has', async (t) => {
  const template = workflows.get('core-sdxl-svd-t2v')!
  const [fake] = await fakes(t, { models: template.models })
  const scene = (seconds: number) =>
    buildScene(t, { workflow: template.slug, frames: seconds * 24, durationS: seconds })
  await engineOf([fake!]).run(scene(3), listener(), inTime())
  await engineOf([fake!]).run(scene(4), listener(), inTime())
  t.match(
    fake!.posts.map(({ graph }) => [graph.start?.inputs.video_frames, graph.start?.inputs.fps]),
    [
      [24, 8],
      [24, 6],
    ],
  )
  const error = await failure(engineOf([fake!]).run(scene(5), listener(), inTime()))
  t.match(error, { code: 'workflow_invalid', message: /frames: must be at most 25/ })
})

t.test('a graph that is allowed no more never reaches a server', async (t) => {
  const [fake] = await fakes(t, {})
  const dir = workFolder(t)
  const workflow = {
    slug: 'studio-slow',
    name: 'Slow',
    category: 'text-to-video',
    engine: 'comfyui',
    graph: {
      // A node of a package, as the server says of it.
      blank: { class_type: 'EmptyImage', inputs: { width: 64, height: 64, batch_size: 1, color: 0 } },
      slow: {
        class_type: 'ProbeSlow',
        inputs: { image: ['blank', 0], steps: 2, step_ms: 1, preview: false },
      },
      video: { class_type: 'CreateVideo', inputs: { images: ['slow', 0], fps: 24 } },
      save: {
        class_type: 'SaveVideo',
        inputs: { video: ['video', 0], filename_prefix: 'x', format: 'mp4', codec: 'h264' },
      },
    },
    parameters: [],
    outputs: [{ name: 'clip', node_id: 'save', kind: 'video', primary: true }],
  }
  writeFileSync(join(dir, 'slow.json'), JSON.stringify(workflow))
  const own = await loadWorkflows([BUILTIN_WORKFLOWS_DIR, dir])
  const run = (policy: Partial<typeof POLICY> | object) =>
    engineOf([fake!], { workflows: own, policy: { ...POLICY, ...policy } }).run(
      buildScene(t, { workflow: 'studio-slow' }),
      listener(),
      inTime(),
    )
  for (const policy of [{}, { FRAMECAST_MODE: 'self-hosted' }, { ALLOWED_NODES: ['test'] }]) {
    const error = await failure(run(policy))
    t.match(error, { code: 'workflow_rejected', retryable: false, hostAtFault: false })
    t.match(error.message, /node "slow": ProbeSlow belongs to the package test/)
  }
  t.equal(fake?.posts.length, 0)
  await run({ FRAMECAST_MODE: 'self-hosted', ALLOWED_NODES: ['test'] })
  await run({ FRAMECAST_MODE: 'developer' })
  t.equal(fake?.posts.length, 2)
})
