/** The pure parts of the client and the engine. */
import { readdirSync, readFileSync } from 'node:fs'
import fc from 'fast-check'
import t from 'tap'
import { cleanText } from '../../comfyui/client/errors.ts'
import { classifyExecutionError, classifyRejection } from '../../comfyui/client/failures.ts'
import { silenceLimitMs } from '../../comfyui/client/follow.ts'
import { parseTarget } from '../../comfyui/client/http.ts'
import { DEFAULT_LIMITS } from '../../comfyui/client/limits.ts'
import { readFrame, readMessage } from '../../comfyui/client/messages.ts'
import { collectOutputs } from '../../comfyui/client/outputs.ts'
import { trackProgress } from '../../comfyui/client/progress.ts'
import { atLeast, featuresOf } from '../../comfyui/client/version.ts'
import { choicesOf, matchModels } from '../../worker/engines/comfyui-models.ts'
import { nearestSize } from '../../worker/engines/scene-values.ts'
import type { Json } from './helpers.ts'

t.test('texts of servers lose folders, addresses, line breaks and length', async (t) => {
  for (const [text, expected] of [
    ['no file /srv/comfy/models/vae/x.safetensors here', 'no file …/x.safetensors here'],
    ["cannot open '/home/a b/x.png'", "cannot open '…/x.png'"],
    ['C:\\Users\\me\\ComfyUI\\x.png is bad', '…/x.png is bad'],
    ['\\\\nas\\share\\dir\\x.png', '…/x.png'],
    ['GET https://user:pass@host/x?token=1 failed', 'GET <address> failed'],
    ['one\ntwo\r\n\tthree\u0000', 'one two three'],
    ['and/or 3/4 km/h', 'and/or 3/4 km/h'],
    [null, ''],
    [{ toString: () => 'x' }, 'x'],
  ] as [unknown, string][])
    t.equal(cleanText(text), expected)
  t.equal(cleanText('x'.repeat(5_000)).length, 300)
  const startedAt = performance.now()
  cleanText('/a'.repeat(5_000_000))
  t.ok(performance.now() - startedAt < 500, 'a huge text costs nothing')
})

t.test('no text makes the cleaning fail or grow', async (t) => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 2_000 }), (text) => cleanText(text).length <= 300),
  )
  t.pass('holds')
})

t.test('versions', async (t) => {
  for (const [version, wanted, expected] of [
    ['0.33.0', '0.26.0', true],
    ['0.3.64', '0.6.0', false],
    ['0.3.64', '0.3.64', true],
    ['0.3.7', '0.3.57', false],
    ['v0.26', '0.26.0', true],
    ['1.0.0', '0.99.99', true],
    ['0.26.0-rc1', '0.26.0', true],
    ['unknown', '0.3.0', false],
    ['', '0.0.1', false],
  ] as const)
    t.equal(atLeast(version, wanted), expected, `${version} >= ${wanted}`)
  t.strictSame(featuresOf(null), {
    interruptById: false,
    jobs: false,
    cancelRoute: false,
    ownPromptId: false,
  })
  t.strictSame(featuresOf('0.25.9'), {
    interruptById: true,
    jobs: true,
    cancelRoute: false,
    ownPromptId: true,
  })
})

t.test('binary frames of all kinds, whole and broken', async (t) => {
  const head = (a: number, b: number): Buffer => {
    const bytes = Buffer.alloc(8)
    bytes.writeUInt32BE(a, 0)
    bytes.writeUInt32BE(b, 4)
    return bytes
  }
  const image = Buffer.from('picture')
  t.match(readFrame(Buffer.concat([head(1, 1), image])), { mime: 'image/jpeg', promptId: null, image })
  t.match(readFrame(Buffer.concat([head(1, 2), image])), { mime: 'image/png' })
  t.strictSame(readFrame(Buffer.concat([head(3, 1), Buffer.from('9hello')])), {
    kind: 'text',
    nodeId: '9',
    text: 'hello',
  })
  const meta = Buffer.from(JSON.stringify({ node_id: '2', prompt_id: 'p', image_type: 'image/png' }))
  t.match(readFrame(Buffer.concat([head(4, meta.length), meta, image])), {
    mime: 'image/png',
    promptId: 'p',
    nodeId: '2',
    image,
  })
  t.equal(readFrame(Buffer.concat([head(4, 4), Buffer.from('nope'), image])), null)
  t.equal(readFrame(Buffer.concat([head(4, 4_000_000_000), image])), null)
  t.equal(readFrame(Buffer.concat([head(9, 1), image])), null)
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
      readFrame(Buffer.from(bytes))
      readMessage(Buffer.from(bytes))
      return true
    }),
  )
  t.equal(readMessage(Buffer.from('[]')), null)
  t.equal(readMessage(Buffer.from('{"type":1}')), null)
  t.strictSame(readMessage(Buffer.from('{"type":"x","data":3}')), { type: 'x', data: {} })
})

t.test('outputs are found under every key, by extension; previews are not', async (t) => {
  const files = collectOutputs({
    '7': { images: [{ filename: 'v_00001_.mp4', subfolder: 'a', type: 'output' }], animated: [true] },
    '8': { gifs: [{ filename: 'w.webm', subfolder: '', type: 'output', format: 'video/webm' }] },
    '9': { images: [{ filename: 't.png', subfolder: '', type: 'temp' }], text: ['x'] },
    '10': { '3d': ['model.glb', { filename: '' }, null], result: 4 },
    '11': null,
  })
  t.strictSame(
    files.map(({ nodeId, filename, kind }) => [nodeId, filename, kind]),
    [
      ['7', 'v_00001_.mp4', 'video'],
      ['8', 'w.webm', 'video'],
    ],
  )
  t.strictSame(collectOutputs('nonsense'), [])
})

t.test('every recorded node definition gives its choices, in either form', async (t) => {
  const folder = new URL('../fixtures/comfyui-traces/object-info/', import.meta.url)
  let lists = 0
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.json'))) {
    for (const info of Object.values(
      JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as Record<string, Json>,
    )) {
      const required = Object.keys(((info.input as Json)?.required as Json) ?? {})
      for (const input of required) if (choicesOf(info, input)) lists++
    }
  }
  t.ok(lists > 100, `${lists} lists`)
})

t.test('models are matched by their own name, as the server lists them', async (t) => {
  const info = {
    input: {
      required: { unet_name: [['wan/a.safetensors', 'b.safetensors']] },
      optional: { vae: ['COMBO', { options: [] }] },
    },
  }
  const graph = (name: string, vae?: string) => ({
    m: { class_type: 'L', inputs: { unet_name: name, ...(vae ? { vae } : {}), note: 'c.safetensors' } },
  })
  const match = (name: string, vae?: string) => matchModels(graph(name, vae), () => info)
  t.strictSame(match('b.safetensors'), { renames: [], missing: [] })
  t.strictSame(match('a.safetensors').renames, [
    { nodeId: 'm', input: 'unet_name', value: 'wan/a.safetensors' },
  ])
  t.strictSame(match('z.safetensors', 'v.safetensors').missing, ['z.safetensors', 'v.safetensors'])
  t.strictSame(
    matchModels(graph('z.safetensors'), () => null),
    { renames: [], missing: [] },
  )
})

t.test('refusals and failures that no recording shows', async (t) => {
  const refused = (type: string, received: unknown, classType = 'UNETLoader') =>
    classifyRejection({
      error: { type: 'prompt_outputs_failed_validation', message: 'failed' },
      node_errors: {
        a: {
          class_type: classType,
          errors: [{ type, message: 'm', details: 'd', extra_info: { received_value: received } }],
        },
      },
    })
  t.equal(refused('value_not_in_list', 'x.safetensors').code, 'missing_model')
  t.equal(refused('value_not_in_list', 'bicubic').code, 'workflow_invalid')
  t.equal(refused('custom_validation_failed', null, 'LoadImage').code, 'engine_rejected')
  t.equal(classifyRejection(undefined).code, 'workflow_invalid')
  t.equal(classifyRejection({ error: 'text', node_errors: [] }).code, 'workflow_invalid')
  t.equal(classifyExecutionError(undefined).code, 'node_failed')
  t.equal(classifyExecutionError({ exception_type: 'torch.cuda.OutOfMemoryError' }).code, 'out_of_memory')
  t.equal(
    classifyExecutionError({ exception_type: 'RuntimeError', exception_message: 'CUDA out of memory. Tried' })
      .code,
    'out_of_memory',
  )
  t.equal(
    classifyExecutionError({
      exception_type: 'safetensors.SafetensorError',
      exception_message: 'header too small',
    }).retryable,
    false,
  )
})

t.test('progress only grows, whatever comes in whatever order', async (t) => {
  const graph = {
    a: { class_type: 'UNETLoader', inputs: {} },
    b: { class_type: 'KSampler', inputs: {} },
    c: { class_type: 'SaveVideo', inputs: {} },
  }
  const node = fc.constantFrom('a', 'b', 'c', 'inside:1', null)
  const prompt = fc.constantFrom('p', 'p', 'p', 'q', undefined)
  const message = fc.record({
    type: fc.constantFrom(
      'execution_start',
      'executing',
      'progress',
      'executed',
      'progress_state',
      'execution_cached',
      'mystery',
    ),
    data: fc.record({
      prompt_id: prompt,
      node,
      value: fc.oneof(fc.integer({ min: -5, max: 50 }), fc.constant('x')),
      max: fc.integer({ min: -1, max: 40 }),
      nodes: fc.oneof(
        fc.array(fc.constantFrom('a', 'b')),
        fc.dictionary(
          fc.constantFrom('a', 'b', 'c'),
          fc.record({ state: fc.constantFrom('running', 'finished'), value: fc.nat(9), max: fc.nat(9) }),
        ),
      ),
    }),
  })
  fc.assert(
    fc.property(fc.array(message, { maxLength: 60 }), (messages) => {
      const tracker = trackProgress('p', graph)
      let last = 0
      for (const one of messages) {
        tracker.apply(one as never)
        const { fraction } = tracker.progress
        if (!(fraction >= last && fraction <= 1)) return false
        last = fraction
      }
      return true
    }),
  )
  const tracker = trackProgress('p', graph)
  const step = { type: 'progress', data: { prompt_id: 'p', node: 'b', value: 5, max: 30 } }
  t.equal(tracker.apply(step), true)
  t.equal(tracker.apply(step), false, 'the same again is no sign of life')
  t.equal(tracker.progress.note, 'step 5 of 30')
})

t.test('silence limits follow the node that runs, and are generous while it is unknown', async (t) => {
  const graph = { a: { class_type: 'Text', inputs: {} }, b: { class_type: 'KSampler', inputs: {} } }
  t.equal(silenceLimitMs(graph, 'a', DEFAULT_LIMITS), 120_000)
  t.equal(silenceLimitMs(graph, 'b', DEFAULT_LIMITS), 600_000)
  t.equal(silenceLimitMs(graph, null, DEFAULT_LIMITS), 600_000)
  t.equal(silenceLimitMs(graph, 'inside:1', DEFAULT_LIMITS), 120_000)
})

t.test('the trained size nearest in shape', async (t) => {
  const sizes = [
    { width: 1280, height: 704 },
    { width: 704, height: 1280 },
    { width: 960, height: 960 },
  ]
  t.same(nearestSize(sizes, { width: 1920, height: 1080 }), sizes[0])
  t.same(nearestSize(sizes, { width: 480, height: 854 }), sizes[1])
  t.same(nearestSize(sizes, { width: 1080, height: 1080 }), sizes[2])
  const two = [
    { width: 832, height: 468 },
    { width: 1280, height: 720 },
  ]
  t.same(nearestSize(two, { width: 640, height: 360 }), two[0], 'no larger than needed')
  t.same(nearestSize(two, { width: 1920, height: 1080 }), two[1], 'the largest there is')
})

t.test('addresses', async (t) => {
  t.match(parseTarget('http://gpu-1:8188/'), {
    origin: 'http://gpu-1:8188',
    basePath: '',
    label: 'gpu-1:8188',
    headers: {},
  })
  t.match(parseTarget('https://a:b%20c@host/comfy/'), {
    socketOrigin: 'wss://host',
    basePath: '/comfy',
    label: 'host',
    headers: { authorization: `Basic ${Buffer.from('a:b c').toString('base64')}` },
  })
  t.throws(() => parseTarget('ftp://x'), TypeError)
  t.throws(() => parseTarget('gpu-1:8188'), TypeError)
})
