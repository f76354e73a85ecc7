/** The workflows of the product, each held against the recorded node definitions of real servers. */
import { readFileSync } from 'node:fs'
import t from 'tap'
import { checkGraph } from '../../core/workflows/graph.ts'
import { injectParameters } from '../../core/workflows/inject.ts'
import { BUILTIN_WORKFLOWS_DIR, loadModelList, loadWorkflows } from '../../core/workflows/load.ts'
import { makesScenes } from '../../core/workflows/offer.ts'
import { requirementsOf, unacceptedLicences } from '../../core/workflows/requirements.ts'
import { longestSceneS } from '../../core/workflows/scene-fit.ts'
import type { Parameter, WorkflowTemplate } from '../../core/workflows/types.ts'
import { graphProblems, recordedNodes } from '../support/object-info.ts'

const library = await loadWorkflows([BUILTIN_WORKFLOWS_DIR])
const models = await loadModelList([BUILTIN_WORKFLOWS_DIR])
const comfyui = [...library.values()].filter(({ engine }) => engine === 'comfyui')
const MEDIA = ['picture-1.png', 'picture-2.png', 'picture-3.png', 'clip.mp4']

/** Classes that no recording holds: of a package of custom nodes, and of our own preview engine. */
const UNRECORDED = {
  'core-animatediff-sd15': [
    'ADE_ApplyAnimateDiffModelSimple',
    'ADE_LoadAnimateDiffModel',
    'ADE_StandardUniformContextOptions',
    'ADE_UseEvolvedSampling',
  ],
  'preview-animatic': ['FramecastAnimatic'],
}

/** A value for a parameter; `edge` picks from what it allows. */
function sample(parameter: Parameter, edge: 'low' | 'usual' | 'high', index: number): unknown {
  const { type, role, min, max, default: usual, values } = parameter
  if (type === 'image') return MEDIA[index % 3]
  if (type === 'video') return MEDIA[3]
  if (type === 'text') return 'a lighthouse at dusk'
  if (type === 'enum') return edge === 'high' ? values?.at(-1) : values?.[0]
  if (role === 'seed') return { low: 0, usual: 42, high: max ?? Number.MAX_SAFE_INTEGER }[edge]
  return { low: min, usual, high: max }[edge] ?? usual
}

const filled = (template: WorkflowTemplate, edge: 'low' | 'usual' | 'high', optional: boolean) =>
  injectParameters(
    template,
    Object.fromEntries(
      template.parameters
        .filter(({ remove_if_absent }) => optional || !remove_if_absent)
        .map((parameter, index) => [parameter.name, sample(parameter, edge, index)]),
    ),
  )

/** Prose may hold anything. */
const freeTexts = (graph: WorkflowTemplate['graph']): Set<string> =>
  new Set(Object.keys(graph).flatMap((id) => ['text', 'prompt'].map((input) => JSON.stringify([id, input]))))
const graphFiles = ({ graph }: WorkflowTemplate): string[] =>
  Object.values(graph).flatMap(({ inputs }) =>
    [inputs.image, inputs.file].filter((value): value is string => typeof value === 'string'),
  )

t.test('every graph is one that a server accepts, whatever its parameters are set to', async (t) => {
  for (const [release, nodes] of [
    ['0.33.0', recordedNodes(true)],
    ['nine days later', recordedNodes()],
  ] as const) {
    for (const template of comfyui) {
      const files = new Set([...template.models, ...MEDIA])
      const places = [{ graph: template.graph, at: 'as written' }]
      for (const edge of ['low', 'usual', 'high'] as const)
        for (const optional of [true, false])
          places.push({
            graph: filled(template, edge, optional),
            at: `${edge}${optional ? '' : ', no options'}`,
          })
      for (const { graph, at } of places) {
        const written = at === 'as written' ? new Set([...files, ...graphFiles(template)]) : files
        t.strictSame(graphProblems(graph, nodes, written), [], `${template.slug} on ${release}, ${at}`)
        t.strictSame(checkGraph(graph, 'graph', freeTexts(graph)), [], `${template.slug} is sound, ${at}`)
      }
    }
  }
})

t.test('the check itself sees what is wrong', async (t) => {
  const template = library.get('core-wan22-14b-i2v-4step')!
  const nodes = recordedNodes()
  const files = new Set([...template.models, 'first.png'])
  for (const [change, text] of [
    [{ sample_low: { sampler_name: 'eulr' } }, /sample_low\.sampler_name: "eulr" is not one of/],
    [{ sample_low: { steps: 0 } }, /sample_low\.steps: 0 is below 1/],
    [{ sample_low: { steps: 2.5 } }, /sample_low\.steps: 2.5 is not whole/],
    [{ sample_low: { stepz: 4 } }, /sample_low\.stepz: KSamplerAdvanced has no such input/],
    [{ sample_low: { model: ['vae', 0] } }, /sample_low\.model: wants MODEL, "vae" gives VAE/],
    [{ sample_low: { model: ['clip', 3] } }, /"clip" has no output 3/],
    [{ start: { vae: 'wan' } }, /start\.vae: a plain value where VAE is linked/],
    [{ vae: { vae_name: 'other.safetensors' } }, /vae\.vae_name: "other\.safetensors" is not one of/],
    [{ save: { format: 'avi' } }, /save\.format: "avi" is not one of/],
    [{ save: { codec: 'vp3' } }, /save\.codec: "vp3" is not one of/],
    [{ positive: { text: 5 } }, /positive\.text: 5 is no text/],
  ] as [Record<string, Record<string, unknown>>, RegExp][]) {
    const graph = structuredClone(template.graph)
    for (const [id, inputs] of Object.entries(change)) Object.assign(graph[id]!.inputs, inputs)
    const problems = graphProblems(graph, nodes, files)
    t.match(problems.join('\n'), text)
    t.equal(problems.length, 1)
  }
  const cut = structuredClone(template.graph)
  delete cut.sample_low!.inputs.cfg
  t.strictSame(graphProblems(cut, nodes, files), ['sample_low.cfg: is required and not given'])
})

t.test('the classes that no recording holds are known by name', async (t) => {
  const nodes = recordedNodes()
  const found = Object.fromEntries(
    [...library.values()]
      .map(({ slug, requires }) => [slug, requires.filter((name) => !nodes.has(name))] as const)
      .filter(([, names]) => names.length > 0),
  )
  t.strictSame(found, UNRECORDED)
})

t.test('a workflow with classes of a package says which package', async (t) => {
  const nodes = recordedNodes()
  for (const { slug, requires, custom_nodes = [] } of comfyui)
    t.strictSame(
      custom_nodes.flatMap(({ classes }) => classes).sort(),
      requires.filter((name) => !nodes.has(name)),
      slug,
    )
})

t.test('every weight of the library is described, and none in vain', async (t) => {
  for (const template of comfyui) t.strictSame(requirementsOf(template).unlisted, [], template.slug)
  const used = new Set(comfyui.flatMap((template) => template.models))
  t.strictSame(
    models.models.map(({ file }) => file).filter((file) => !used.has(file)),
    [],
  )
  const loaders = {
    unet_name: 'diffusion_models',
    vae_name: 'vae',
    lora_name: 'loras',
    ckpt_name: 'checkpoints',
  }
  for (const { slug, graph } of comfyui)
    for (const { inputs } of Object.values(graph))
      for (const [input, folder] of Object.entries(loaders))
        if (input in inputs)
          t.equal(
            models.models.find(({ file }) => file === inputs[input])?.folder,
            folder,
            `${slug} ${input}`,
          )
})

t.test('what the library asks for is what was found out about it', async (t) => {
  const facts = (slug: string) => {
    const { vramGb, ramGb, diskBytes, licences } = requirementsOf(library.get(slug)!)
    return [vramGb, ramGb, Number((diskBytes / 1e9).toFixed(1)), licences.map(({ id }) => id).join()]
  }
  for (const [slug, expected] of [
    ['core-wan22-5b-t2v', [8, 28, 18.1, 'Apache-2.0']],
    ['core-wan22-14b-t2v-4step', [12, 64, 38, 'Apache-2.0']],
    ['core-wan22-14b-t2v', [24, 64, 35.6, 'Apache-2.0']],
    ['core-wan22-14b-t2v-720p', [80, 64, 35.6, 'Apache-2.0']],
    ['core-ltx23-t2v', [12, 59, 39, 'Gemma-Terms,LTX-2-Community']],
    ['core-svd-i2v', [null, 15, 9.6, 'Stability-AI-Community']],
    ['preview-animatic', [0, 0, 0, '']],
  ] as const)
    t.strictSame(facts(slug), expected, slug)
})

t.test('what `default` may mean needs a prompt alone and no licence to be accepted', async (t) => {
  const defaults = comfyui.filter(({ default_from_vram_gb }) => default_from_vram_gb !== undefined)
  t.strictSame(defaults.map(({ slug, default_from_vram_gb }) => [default_from_vram_gb, slug]).sort(), [
    [24, 'core-wan22-14b-t2v-4step'],
    [8, 'core-wan22-5b-t2v'],
    [80, 'core-wan22-14b-t2v-720p'],
  ])
  for (const template of defaults) {
    t.strictSame(unacceptedLicences(template, []), [], template.slug)
    t.ok(makesScenes(template), template.slug)
    t.notOk(template.parameters.some(({ type, required }) => required && type !== 'text'))
  }
})

t.test('a scene is made by all but those that work on finished clips and pictures', async (t) => {
  t.strictSame(
    comfyui.filter((template) => !makesScenes(template)).map(({ slug }) => slug),
    ['core-esrgan-image', 'core-esrgan-video', 'core-film-interpolate-x2', 'core-seedvr2-video'],
  )
})

t.test('a graph names no file of ours, and writes where results are looked for', async (t) => {
  for (const { slug, graph, outputs } of comfyui) {
    for (const { node_id } of outputs) t.equal(graph[node_id]?.inputs.filename_prefix, 'framecast/clip', slug)
    t.ok(
      readFileSync(`${BUILTIN_WORKFLOWS_DIR}/${slug}.json`, 'utf8'),
      'the file is called like the workflow',
    )
  }
})

t.test('the documentation names every workflow, with its needs and licences', async (t) => {
  const docs = readFileSync(new URL('../../docs/workflows.md', import.meta.url), 'utf8')
  const rows = docs.split('\n').filter((line) => line.startsWith('| `'))
  const number = (value: number | null, digits = 0): string =>
    value === null ? '?' : value === 0 ? '-' : String(Number(value.toFixed(digits)))
  for (const template of library.values()) {
    const row = rows.find((line) => line.split('|')[1]?.includes(`\`${template.slug}\``))
    const cells = row?.split('|').map((cell) => cell.trim()) ?? []
    const { vramGb, ramGb, diskBytes, licences } = requirementsOf(template)
    const longest = template.engine === 'preview' ? null : longestSceneS(template)
    t.strictSame(
      [cells[3], cells[4], String(Number(cells[5]) || '-'), cells[6], cells[7]],
      [
        number(vramGb),
        number(ramGb),
        number(Number((diskBytes / 1e9).toFixed(1)), 1),
        longest === null ? '-' : String(Math.floor(longest * 10) / 10),
        licences.map(({ id }) => id).join(', ') || '-',
      ],
      template.slug,
    )
  }
  for (const id of Object.keys(models.licences)) t.match(docs, `\`${id}\``)
})
