/** The client against recordings of the real server. */
import t, { type Test } from 'tap'
import { createComfyClient, type RunRequest } from '../../comfyui/client/client.ts'
import { ComfyError } from '../../comfyui/client/errors.ts'
import type { PromptGraph } from '../../comfyui/client/progress.ts'
import { startReplay } from '../support/replay-comfyui.ts'
import { FAST, inTime, listener, readTrace, type Trace, workFolder } from './helpers.ts'

/** The graph that was recorded at a place, as a request for the image or video it makes. */
function recordedRequest(
  trace: Trace,
  folder: string,
  place = 0,
  kind: RunRequest['outputKind'] = 'image',
): RunRequest {
  const posts = trace.events.filter(({ request }) => request?.method === 'POST' && request.path === '/prompt')
  const graph = (posts[place]?.request?.json?.prompt ?? {}) as PromptGraph
  const [save] = Object.entries(graph).find(([, node]) => /^Save/.test(node.class_type)) ?? ['']
  return {
    shape: graph,
    prepare: async () => graph,
    outputNode: save,
    outputKind: kind,
    toPath: `${folder}/result`,
  }
}

async function play(t: Test, name: string, options: { from?: number; killAfterFrames?: number } = {}) {
  const trace = readTrace(name)
  const replay = await startReplay(trace, options)
  t.teardown(() => replay.close())
  const client = createComfyClient({ url: replay.url, limits: FAST })
  return { trace, replay, client, request: recordedRequest(trace, workFolder(t), options.from ?? 0) }
}

const failure = async (work: Promise<unknown>): Promise<ComfyError> => {
  try {
    await work
  } catch (error) {
    if (error instanceof ComfyError) return error
    throw error
  }
  throw new Error('it should have failed')
}

t.test('a normal run ends with the file of its save node', async (t) => {
  const { client, request, replay } = await play(t, 'a-success-saveimage')
  const heard = listener()
  const result = await client.run(request, heard, inTime())
  t.equal(result.file.filename, 'img_00002_.png')
  t.equal(result.sizeBytes, 100)
  t.strictSame(heard.ids, [result.promptId])
  t.match(replay.posts[0], { prompt_id: result.promptId, client_id: result.promptId })
  t.equal(heard.fractions.at(-1), 1)
  t.strictSame(
    heard.fractions,
    [...heard.fractions].sort((a, b) => a - b),
    'progress never falls',
  )
})

t.test('the same with previews of the old and the new form', async (t) => {
  for (const [name, mime] of [
    ['a2-progress-preview-legacy', 'image/jpeg'],
    ['a3-progress-preview-metadata', 'image/jpeg'],
  ] as const) {
    const { client, request } = await play(t, name)
    const heard = listener()
    await client.run(request, heard, inTime())
    t.ok(heard.previews.length > 0, `${name} brought a picture`)
    t.ok(heard.previews.every((preview) => preview.mime === mime))
    t.ok(heard.notes.some((note) => /^step \d of \d$/.test(note)))
  }
})

t.test('a video is found under the key images, and a preview is no result', async (t) => {
  const { client, trace } = await play(t, 'a5-outputs-video-webp-preview')
  const request = { ...recordedRequest(trace, workFolder(t)), outputNode: '7' }
  const image = await client.run(request, listener(), inTime())
  t.notMatch(image.file.filename, /temp/)
})

t.test('a cached run names the old file and is taken as it is', async (t) => {
  const { client, request } = await play(t, 'b-cached-identical')
  const result = await client.run(request, listener(), inTime())
  t.equal(result.file.filename, 'img_00002_.png')
})

t.test('a cached success whose file is gone is run again', async (t) => {
  const { client, request, replay } = await play(t, 'b3-cached-but-file-gone', { from: 1 })
  const heard = listener()
  const result = await client.run(request, heard, inTime())
  t.equal(replay.posts.length, 2)
  t.equal(replay.requests.filter((line) => line === 'GET /view').length, 2)
  t.equal(result.promptId, heard.ids[1])
  t.equal(result.sizeBytes, 100)
})

t.test('a failing node is told with its kind, and without folders', async (t) => {
  for (const [name, code, retryable] of [
    ['d-node-error', 'node_failed', false],
    ['d2-node-error-value', 'node_failed', false],
    ['d2-node-error-oom', 'out_of_memory', true],
    ['d3-error-after-an-output', 'node_failed', true],
  ] as const) {
    const { client, request } = await play(t, name)
    const error = await failure(client.run(request, listener(), inTime()))
    t.equal(error.code, code, name)
    t.equal(error.retryable, retryable, `${name} retryable`)
    t.notMatch(error.message, /ComfyUI\/|\.py|\n/, name)
    t.ok(error.message.length < 400)
  }
})

t.test('an interrupted run is told from a failed one', async (t) => {
  for (const name of ['e-interrupt-running', 'e2-interrupt-long-node', 'e3-interrupt-builtin-imagescale']) {
    const { client, request } = await play(t, name)
    const error = await failure(client.run(request, listener(), inTime()))
    t.equal(error.code, 'interrupted', name)
  }
})

t.test('a reconnect in mid-run, with the gap it leaves, ends well', async (t) => {
  const { client, request } = await play(t, 'j2-reconnect-after-drop')
  const result = await client.run(request, listener(), inTime())
  t.equal(result.file.filename, 'z_00001_.png')
})

t.test('without any message the end is found by asking', async (t) => {
  const { client, request, replay } = await play(t, 'k-no-client-id')
  const result = await client.run(request, listener(), inTime())
  t.equal(result.file.filename, 'x_00001_.png')
  t.ok(replay.requests.filter((line) => line.startsWith('GET /api/jobs/')).length > 1)
})

t.test('a killed server is noticed, and the prompt submitted again under a new id', async (t) => {
  const { client, request, replay } = await play(t, 'p-server-killed-and-restarted', {
    from: 1,
    killAfterFrames: 3,
  })
  const heard = listener()
  const result = await client.run(request, heard, inTime())
  t.equal(result.file.filename, 'x_00002_.png')
  t.equal(replay.posts.length, 2)
  t.equal(heard.ids.length, 2, 'each id was told before it was posted')
  t.notSame(heard.ids[0], heard.ids[1])
  t.equal(result.promptId, heard.ids[1])
})

t.test('release 0.3.64: no jobs route, and the old words for a missing node', async (t) => {
  const { client, request, replay } = await play(t, 'z-old-0.3.64')
  const result = await client.run(request, listener(), inTime())
  t.equal(result.file.kind, 'image')
  t.notOk(
    replay.requests.some((line) => line.includes('/api/jobs')),
    'the jobs route is not asked',
  )

  const trace = readTrace('z-old-0.3.64')
  const posts = trace.events.filter(({ request: r }) => r?.method === 'POST' && r.path === '/prompt')
  const missing = posts.findIndex(({ response }) => /does not exist/.test(JSON.stringify(response)))
  const old = await play(t, 'z-old-0.3.64', { from: missing })
  const error = await failure(old.client.run(old.request, listener(), inTime()))
  t.equal(error.code, 'missing_node')
  t.match(error.message, /NoSuchNode/)
})

t.test('every recorded refusal becomes a typed failure', async (t) => {
  const trace = readTrace('c-validation-errors')
  const expected: Record<string, [code: string, retryable: boolean]> = {
    'unknown node class': ['missing_node', false],
    'LoadImage with a file that is not in the input folder': ['engine_rejected', true],
    'UI-format workflow sent by mistake': ['engine_rejected', true],
    'prompt nodes given as a list': ['engine_rejected', true],
    'body that is not JSON': ['engine_rejected', true],
    'empty body': ['engine_rejected', true],
  }
  let label = ''
  let place = -1
  for (const event of trace.events) {
    if (event.kind === 'note') label = event.text ?? ''
    if (event.request?.method !== 'POST' || event.request.path !== '/prompt') continue
    place++
    const errors = event.response?.json?.node_errors as object | undefined
    if (event.response?.status === 200 && Object.keys(errors ?? {}).length === 0) continue
    const replay = await startReplay(trace, { from: place })
    const client = createComfyClient({ url: replay.url, limits: FAST })
    const request = recordedRequest(trace, workFolder(t), place)
    const error = await failure(client.run(request, listener(), inTime()))
    const [code, retryable] = expected[label] ?? ['workflow_invalid', false]
    t.equal(error.code, code, label)
    t.equal(error.retryable, retryable, `${label}: retryable`)
    t.notMatch(error.message, /\/ComfyUI|\.py|Traceback/, label)
    if (event.response?.status === 200)
      t.ok(
        replay.requests.some((line) => line.endsWith('/cancel')),
        'what was queued in part is cancelled',
      )
    await replay.close()
  }
  t.equal(place + 1, 23)
})
