/** Vetting: what a graph may do, by mode; and the shipped list of node classes, held against recorded definitions. */
import t from 'tap'
import { ALLOWED_NODES, CODE_NODES } from '../../core/workflows/allowed-nodes.ts'
import { inputKey } from '../../core/workflows/graph.ts'
import { injectParameters } from '../../core/workflows/inject.ts'
import { BUILTIN_WORKFLOWS_DIR, loadWorkflows } from '../../core/workflows/load.ts'
import { listedModels } from '../../core/workflows/offer.ts'
import type { Graph } from '../../core/workflows/types.ts'
import { rejectionText, type VettingContext, vetGraph } from '../../core/workflows/vet.ts'
import { recordedNodes } from '../support/object-info.ts'

const library = await loadWorkflows([BUILTIN_WORKFLOWS_DIR])
const wan = library.get('core-wan22-5b-i2v')!
const MODES = ['developer', 'self-hosted', 'production'] as const

const context = (over: Partial<VettingContext> = {}): VettingContext => ({
  mode: 'production',
  allowed: new Set(),
  models: listedModels(library.values()),
  uploads: new Set(['framecast-abc.png']),
  freeTexts: new Set(['positive', 'negative'].map((id) => inputKey(id, 'text'))),
  outputs: ['save'],
  ...over,
})
const filled = (): Graph => injectParameters(wan, { prompt: 'a lighthouse', image: 'framecast-abc.png' })
/** The good graph with inputs of nodes changed, or nodes added. */
const changed = (change: Record<string, Record<string, unknown>>): Graph => {
  const graph = filled()
  for (const [id, { class_type, ...inputs }] of Object.entries(change)) {
    const node = graph[id] ?? { class_type: '', inputs: {} }
    graph[id] = { class_type: String(class_type ?? node.class_type), inputs: { ...node.inputs, ...inputs } }
  }
  return graph
}

t.test('a filled graph of the library is approved in every mode', async (t) => {
  for (const mode of MODES)
    t.strictSame(vetGraph(filled(), context({ mode })), { status: 'approved', findings: [] }, mode)
})

t.test('every finding, with what it means in each mode', async (t) => {
  const warn = ['warned', 'rejected', 'rejected']
  const reject = ['rejected', 'rejected', 'rejected']
  for (const [change, code, statuses] of [
    [{ extra: { class_type: 'ExecutePython' } }, 'node_not_allowed', warn],
    [{ extra: { class_type: 'ComfyMathExpression', expression: 'a * 2' } }, 'code_input', warn],
    [{ model: { unet_name: 'stranger.safetensors' } }, 'model_not_allowed', warn],
    [{ model: { unet_name: 'wan2.2_ti2v_5B_fp16.ckpt' } }, 'model_not_allowed', warn],
    [{ model: { unet_name: '../../etc/wan2.2_ti2v_5B_fp16.safetensors' } }, 'unsafe_path', reject],
    [{ image: { image: 'of-somebody-else.png' } }, 'file_not_uploaded', warn],
    [{ image: { image: 'framecast-abc.png [output]' } }, 'file_not_uploaded', warn],
    [{ image: { image: '/etc/passwd' } }, 'unsafe_path', reject],
    [{ image: { image: 'a\0b' } }, 'unsafe_path', reject],
    [{ video: { codec: 'https://evil.example/x' } }, 'external_url', warn],
    [{ video: { codec: { __value__: ['file:///etc/passwd'] } } }, 'external_url', warn],
    [{ video: { codec: 'C:\\windows\\x' } }, 'unsafe_path', reject],
    [{ video: { codec: 'notes.txt' } }, 'file_not_uploaded', warn],
    [{ save: { filename_prefix: '../up' } }, 'unsafe_path', reject],
    [{ save: { filename_prefix: '\\\\host\\share' } }, 'unsafe_path', reject],
    [{ latent: { width: 8_192, height: 8_192 } }, 'over_limit', reject],
    [{ latent: { width: '8192', height: { __value__: 8_192 } } }, 'over_limit', reject],
    [{ latent: { length: 20_001 } }, 'over_limit', reject],
    [{ latent: { length: Number.POSITIVE_INFINITY } }, 'over_limit', reject],
    [{ latent: { batch_size: 513 } }, 'over_limit', reject],
    [{ sampler: { steps: 251 } }, 'over_limit', reject],
    [{ sampler: { steps: '100000' } }, 'over_limit', reject],
    [{ sampler: { steps: ['latent', 0] } }, 'limit_not_plain', warn],
    [{ sampler: { model: ['nobody', 0] } }, 'broken_link', reject],
    [{ save: { class_type: 'PreviewImage' } }, 'no_output_node', reject],
  ] as [Record<string, Record<string, unknown>>, string, string[]][]) {
    for (const [at, mode] of MODES.entries()) {
      const verdict = vetGraph(changed(change), context({ mode }))
      t.ok(
        verdict.findings.some((finding) => finding.code === code),
        `${JSON.stringify(change)} is ${code}: ${JSON.stringify(verdict.findings)}`,
      )
      t.equal(verdict.status, statuses[at], `${code} in ${mode}`)
    }
  }
})

t.test('graphs that are too large are refused whole', async (t) => {
  const many = Object.fromEntries(
    Array.from({ length: 501 }, (_, n) => [`n${n}`, { class_type: 'KSampler', inputs: {} }]),
  )
  t.match(vetGraph(many, context()), { status: 'rejected', findings: [{ code: 'too_many_nodes' }] })
  const long = changed({ positive: { text: 'x'.repeat(1_100_000) } })
  t.match(vetGraph(long, context()), { status: 'rejected', findings: [{ code: 'graph_too_large' }] })
})

t.test('prose may speak of addresses and paths', async (t) => {
  const graph = changed({ positive: { text: 'a poster that reads https://example.com, in /etc style ../' } })
  t.equal(vetGraph(graph, context()).status, 'approved')
})

t.test('a model may lie in a sub-folder, where its server lists it', async (t) => {
  const graph = changed({ model: { unet_name: 'wan/wan2.2_ti2v_5B_fp16.safetensors' } })
  t.equal(vetGraph(graph, context()).status, 'approved')
})

t.test('packages of custom nodes: warned about, on the list, or never', async (t) => {
  const graph = changed({ extra: { class_type: 'ADE_UseEvolvedSampling' } })
  const packOf = (name: string) => (name.startsWith('ADE_') ? 'ComfyUI-AnimateDiff-Evolved' : null)
  const status = (mode: (typeof MODES)[number], ...allowed: string[]) =>
    vetGraph(graph, context({ mode, packOf, allowed: new Set(allowed) })).status
  t.equal(status('developer'), 'warned')
  t.equal(status('self-hosted'), 'rejected')
  t.equal(status('self-hosted', 'ComfyUI-AnimateDiff-Evolved'), 'approved')
  t.equal(status('self-hosted', 'ADE_UseEvolvedSampling'), 'approved')
  t.equal(status('production', 'ComfyUI-AnimateDiff-Evolved'), 'rejected')
  t.match(
    rejectionText(vetGraph(graph, context({ packOf }))),
    /node "extra": ADE_UseEvolvedSampling belongs to the package/,
  )
})

t.test('a class that the server does not know, or that the operator added', async (t) => {
  const graph = changed({ extra: { class_type: 'StudioNode', note: 'plain words' } })
  const unknown = vetGraph(
    graph,
    context({ mode: 'self-hosted', packOf: (name) => (name === 'StudioNode' ? undefined : null) }),
  )
  const mine = {
    packOf: () => undefined,
    allowed: new Set(['StudioNode', ...Object.values(graph).map((node) => node.class_type)]),
  }
  t.strictSame(
    MODES.map((mode) => vetGraph(graph, context({ mode, ...mine })).status),
    ['warned', 'warned', 'rejected'],
    'unknown to the server alone',
  )
  t.strictSame(
    unknown.findings.map(({ code, severity }) => `${code} ${severity}`),
    ['node_unknown_to_engine warn', 'node_not_allowed reject'],
  )
  t.equal(vetGraph(graph, context({ allowed: new Set(['StudioNode']) })).status, 'approved')
})

t.test('the animatic takes its pictures by a list of uploads', async (t) => {
  const animatic = library.get('preview-animatic')!
  const status = (images: string) =>
    vetGraph(
      injectParameters(animatic, { reference_images: images }),
      context({ uploads: new Set(['a.png', 'b.png']) }),
    ).status
  t.strictSame(['', 'a.png,b.png', 'a.png,c.png', '/a.png'].map(status), [
    'approved',
    'approved',
    'rejected',
    'rejected',
  ])
})

t.test('the shipped list knows where each class names files', async (t) => {
  const nodes = recordedNodes()
  for (const [name, { models = [], media = [] }] of ALLOWED_NODES) {
    if (name === 'FramecastAnimatic') continue
    const info = nodes.get(name)
    t.ok(info, `${name} is recorded`)
    const found = { models: [] as string[], media: [] as string[] }
    for (const [input, [type, options = {}]] of Object.entries({
      ...info?.input.required,
      ...info?.input.optional,
    })) {
      const choices = Array.isArray(type) ? type : type === 'COMBO' ? options.options : null
      if (!Array.isArray(choices)) continue
      if (options.image_upload || options.video_upload || options.audio_upload) found.media.push(input)
      else if (choices.length === 0 || choices.includes('pixel_space')) found.models.push(input)
    }
    t.strictSame([[...models].sort(), [...media].sort()], [found.models.sort(), found.media.sort()], name)
    t.notOk(CODE_NODES.has(name))
  }
})

t.test(
  'the shipped list saves with just the classes that give results, and holds what the library uses',
  async (t) => {
    const nodes = recordedNodes()
    for (const [name, { saves = false }] of ALLOWED_NODES)
      if (name !== 'PreviewImage') t.equal(nodes.get(name)?.output_node ?? false, saves, name)
    for (const { slug, requires, custom_nodes = [] } of library.values()) {
      const packed = custom_nodes.flatMap(({ classes }) => classes)
      t.strictSame(
        requires.filter((name) => !ALLOWED_NODES.has(name) && !packed.includes(name)),
        [],
        slug,
      )
    }
  },
)
