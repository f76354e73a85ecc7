/** What is offered, what `default` means, and which scenes fit: decisions over templates, lists and facts. */
import t from 'tap'
import { recipeFor, requireFit } from '../../core/jobs/recipe.ts'
import type { ShotPlan } from '../../core/storyboard/plan-types.ts'
import { defaultFor, defaultOf } from '../../core/workflows/default.ts'
import type { HostFacts, WorkflowFit } from '../../core/workflows/host-facts.ts'
import { BUILTIN_WORKFLOWS_DIR, loadWorkflows } from '../../core/workflows/load.ts'
import { type OfferPolicy, withheldReason } from '../../core/workflows/offer.ts'
import { clipLength } from '../../core/workflows/scene-fit.ts'

const library = await loadWorkflows([BUILTIN_WORKFLOWS_DIR])
const templates = [...library.values()]
const GB = 1e9
const GIB = 2 ** 30

const policy = (over: Partial<OfferPolicy> = {}): OfferPolicy => ({
  ACCEPTED_LICENCES: [],
  ALLOWED_NODES: [],
  FRAMECAST_MODE: 'production',
  ...over,
})
const host = (over: Partial<HostFacts> = {}): HostFacts => ({
  key: 'a',
  label: 'gpu-01:8188',
  version: '0.33.0',
  vramTotalBytes: 24 * GB,
  ramTotalBytes: 128 * GB,
  workflows: {},
  ...over,
})
/** A server that has all workflows, but for what is said of some. */
const having = (lacks: Record<string, Partial<WorkflowFit>> = {}): HostFacts['workflows'] =>
  Object.fromEntries(
    templates.map(({ slug, digest }) => [
      slug,
      { digest, missing_nodes: [], missing_models: [], needs_version: null, ...lacks[slug] },
    ]),
  )
const offered = (over: Partial<OfferPolicy> = {}): string[] =>
  templates.filter((template) => withheldReason(template, policy(over)) === null).map(({ slug }) => slug)
const refusalOf = (work: () => unknown): string => {
  try {
    work()
  } catch (error) {
    return (error as Error).message
  }
  return ''
}

t.test('out of the box only what has no conditions and needs no package is offered', async (t) => {
  t.strictSame(offered(), [
    'core-flux1-schnell-still',
    'core-qwen-edit-refs',
    'core-qwen-image-still',
    'core-sdxl-still',
    'core-wan22-14b-flf2v-4step',
    'core-wan22-14b-flf2v',
    'core-wan22-14b-i2v-4step',
    'core-wan22-14b-i2v-720p',
    'core-wan22-14b-i2v',
    'core-wan22-14b-t2v-4step',
    'core-wan22-14b-t2v-720p',
    'core-wan22-14b-t2v',
    'core-wan22-5b-i2v',
    'core-wan22-5b-t2v',
    'core-z-image-still',
    'preview-animatic',
  ])
})

t.test('a restricted licence opens its workflows, and no others, once it is accepted', async (t) => {
  const before = new Set(offered())
  const more = (...accepted: string[]) =>
    offered({ ACCEPTED_LICENCES: accepted }).filter((slug) => !before.has(slug))
  t.strictSame(more('Stability-AI-Community'), ['core-sdxl-svd-t2v', 'core-svd-i2v'])
  t.strictSame(more('LTXV-Open-Weights'), ['core-ltxv-2b-i2v', 'core-ltxv-2b-t2v'])
  t.strictSame(more('LTX-2-Community'), ['core-ltx25-t2v'], 'LTX-2.3 uses Gemma as well')
  t.strictSame(more('LTX-2-Community', 'Gemma-Terms'), ['core-ltx23-i2v', 'core-ltx23-t2v', 'core-ltx25-t2v'])
  t.strictSame(more('No-Such-Licence'), [])
  t.match(
    withheldReason(library.get('core-ltx23-t2v')!, policy()),
    /under Gemma-Terms and LTX-2-Community, which the operator has not accepted \(ACCEPTED_LICENCES\)/,
  )
})

t.test('AnimateDiff is for studios that allow its package', async (t) => {
  const animatediff = library.get('core-animatediff-sd15')!
  const reason = (over: Partial<OfferPolicy>) => withheldReason(animatediff, policy(over))
  t.match(reason({}), /not allowed in production mode: .*ComfyUI-AnimateDiff-Evolved/)
  t.match(reason({ FRAMECAST_MODE: 'self-hosted' }), /not allowed in self-hosted mode/)
  t.equal(reason({ FRAMECAST_MODE: 'self-hosted', ALLOWED_NODES: ['ComfyUI-AnimateDiff-Evolved'] }), null)
  t.equal(reason({ FRAMECAST_MODE: 'developer' }), null)
  t.match(
    withheldReason(library.get('core-seedvr2-video')!, policy()),
    /makes no scenes: it works on pictures or clips that are there already/,
  )
})

t.test('what `default` means follows the memory of the card, with the reason in words', async (t) => {
  const choose = (vramTotalBytes: number | null, ramTotalBytes: number | null = 128 * GB) =>
    defaultFor(templates, policy(), host({ vramTotalBytes, ramTotalBytes }))
  for (const [vram, slug] of [
    [8 * GIB, 'core-wan22-5b-t2v'],
    [12 * GIB, 'core-wan22-5b-t2v'],
    [16 * GIB, 'core-wan22-5b-t2v'],
    // A "24 GB" card reports from 22.1 GiB (data centre, with error correction) to 24 GiB.
    [22.1 * GIB, 'core-wan22-14b-t2v-4step'],
    [24 * GIB, 'core-wan22-14b-t2v-4step'],
    [48 * GIB, 'core-wan22-14b-t2v-4step'],
    [79.1 * GIB, 'core-wan22-14b-t2v-720p'],
    [140 * GIB, 'core-wan22-14b-t2v-720p'],
  ] as const)
    t.equal(choose(vram).slug, slug, `${vram / GIB} GiB`)
  t.match(choose(24 * GIB).reason, /the card has 26 GB, and this is for 24 GB and more/)
  t.match(choose(24 * GIB, 32 * GIB), {
    slug: 'core-wan22-5b-t2v',
    reason:
      /passed over: core-wan22-14b-t2v-4step, because it wants 64 GB of main memory and there are 34 GB/,
  })
  t.match(choose(4 * GIB), {
    slug: 'core-wan22-5b-t2v',
    reason: /nothing fits it well; this is the least demanding/,
  })
  t.match(choose(null), { slug: 'core-wan22-5b-t2v', reason: /memory of the graphics card is not known/ })
  t.match(defaultFor(templates, policy(), null), { slug: 'core-wan22-5b-t2v', reason: /not known/ })
})

t.test('a default whose weights are not there is passed over', async (t) => {
  const workflows = having({ 'core-wan22-14b-t2v-4step': { missing_models: ['wan_2.1_vae.safetensors'] } })
  t.match(defaultFor(templates, policy(), host({ workflows })), {
    slug: 'core-wan22-5b-t2v',
    reason: /passed over: core-wan22-14b-t2v-4step, because gpu-01:8188 does not have the model wan_2\.1_vae/,
  })
})

t.test('of several servers the one that can take the most decides, if it can take anything', async (t) => {
  const small = host({ label: 'small:8188', vramTotalBytes: 12 * GIB, workflows: having() })
  const large = host({ label: 'large:8188', vramTotalBytes: 24 * GIB, workflows: having() })
  t.match(defaultOf(templates, policy(), [small, large]), {
    slug: 'core-wan22-14b-t2v-4step',
    reason: /^large:8188: /,
  })
  const nothing = Object.fromEntries(templates.map(({ slug }) => [slug, { missing_models: ['all'] }]))
  const bare = { ...large, vramTotalBytes: 80 * GIB, workflows: having(nothing) }
  t.match(defaultOf(templates, policy(), [bare, small]), {
    slug: 'core-wan22-5b-t2v',
    reason: /^small:8188: /,
  })
  t.match(defaultOf(templates, policy(), []), { slug: 'core-wan22-5b-t2v', reason: /not known/ })
})

const config = (over: object = {}) => ({
  ...policy(),
  COMFYUI_URLS: ['http://gpu-01:8188'],
  DEFAULT_WORKFLOW: '',
  RUNPOD_WORKFLOW: '',
  RUNPOD_VRAM_GB: 24,
  ...over,
})
const recipe = (asked: string, hosts: HostFacts[], over: object = {}) =>
  recipeFor({ workflows: library, engine: 'comfyui', asked, draft: false, config: config(over), hosts })

t.test('a workflow that no server can run is refused with what is missing on each', async (t) => {
  const lacking = host({
    workflows: having({
      'core-wan22-14b-i2v': { missing_models: ['wan_2.1_vae.safetensors'], needs_version: '0.3.46' },
      'core-z-image-still': { missing_nodes: ['ModelSamplingAuraFlow'] },
    }),
  })
  t.match(
    refusalOf(() => recipe('core-wan22-14b-i2v', [lacking])),
    /options\.workflow: no server can run core-wan22-14b-i2v: gpu-01:8188 runs ComfyUI 0\.33\.0, 0\.3\.46 or newer is needed, and does not have the model wan_2\.1_vae\.safetensors/,
  )
  t.match(
    refusalOf(() => recipe('core-z-image-still', [lacking])),
    /gpu-01:8188 has no node ModelSamplingAuraFlow/,
  )
  t.equal(recipe('core-wan22-5b-t2v', [lacking]).workflow, 'core-wan22-5b-t2v')
})

t.test('as long as one server may have it, a job is taken', async (t) => {
  const slug = 'core-wan22-14b-i2v'
  const lacking = host({ workflows: having({ [slug]: { missing_models: ['x'] } }) })
  const two = { COMFYUI_URLS: ['http://gpu-01:8188', 'http://gpu-02:8188'] }
  t.equal(recipe(slug, [], {}).workflow, slug, 'nobody has looked')
  t.equal(recipe(slug, [lacking], two).workflow, slug, 'the other is not known')
  const other = { ...lacking, key: 'b', label: 'gpu-02:8188' }
  t.match(
    refusalOf(() => recipe(slug, [lacking, other], two)),
    /gpu-01:8188 does not have.*; gpu-02:8188 does not have/,
  )
  t.equal(recipe(slug, [lacking, { ...other, workflows: having() }], two).workflow, slug)
  const older = host({ workflows: { [slug]: { ...lacking.workflows[slug]!, digest: 'another release' } } })
  t.equal(recipe(slug, [older]).workflow, slug, 'facts about another release of the template say nothing')
})

t.test('a draft runs through the quicker workflow, where that can be had', async (t) => {
  const draft = (asked: string, hosts: HostFacts[] = []) =>
    recipeFor({ workflows: library, engine: 'comfyui', asked, draft: true, config: config(), hosts }).workflow
  t.equal(draft('core-wan22-14b-t2v-720p'), 'core-wan22-14b-t2v-4step')
  t.equal(draft('core-wan22-5b-t2v'), 'core-wan22-5b-t2v', 'it knows no quicker one')
  const workflows = having({ 'core-wan22-14b-i2v-4step': { missing_models: ['a LoRA'] } })
  t.equal(draft('core-wan22-14b-i2v', [host({ workflows })]), 'core-wan22-14b-i2v')
  for (const { slug, draft: quicker, category, parameters } of templates) {
    if (quicker === undefined) continue
    const other = library.get(quicker)!
    const needs = (list: typeof parameters) => list.filter(({ required }) => required).map(({ role }) => role)
    t.strictSame([other.category, needs(other.parameters)], [category, needs(parameters)], slug)
    t.equal(other.draft, undefined, 'and is not passed on again')
  }
})

t.test('a server that is no longer configured has no say', async (t) => {
  const slug = 'core-wan22-14b-i2v'
  const gone = host({ label: 'gone:8188', workflows: having({ [slug]: { missing_models: ['x'] } }) })
  t.equal(recipe(slug, [gone]).workflow, slug)
})

t.test('the operator may say what `default` means', async (t) => {
  t.equal(recipe('default', [host({ workflows: having() })]).workflow, 'core-wan22-14b-t2v-4step')
  const DEFAULT_WORKFLOW = 'core-z-image-still'
  t.equal(recipe('default', [host({ workflows: having() })], { DEFAULT_WORKFLOW }).workflow, DEFAULT_WORKFLOW)
  t.match(
    refusalOf(() => recipe('core-svd-i2v', [])),
    /core-svd-i2v is not offered here: its weights are under Stability-AI-Community/,
  )
  const unknown = refusalOf(() => recipe('core-wan22', []))
  t.match(unknown, /the comfyui engine has no workflow "core-wan22"; it has .*core-wan22-5b-t2v/)
  t.notMatch(unknown, /core-svd/, 'what is not offered is not named')
})

const plan = (seconds: number, images: number, fps = 24) =>
  ({
    format: { width: 1280, height: 720, fps },
    clips: [
      {
        sceneId: 'stairs',
        frames: Math.round(seconds * fps),
        durationS: seconds,
        referenceImages: Array.from({ length: images }, () => ({
          symbol: 'keeper',
          assetId: 'a',
          weight: 1,
        })),
      },
    ],
  }) as unknown as ShotPlan

t.test('scenes that a workflow cannot make are named before anything is queued', async (t) => {
  const fit = (slug: string, seconds: number, images: number) =>
    refusalOf(() => requireFit(library.get(slug), plan(seconds, images)))
  t.match(
    fit('core-wan22-5b-i2v', 3, 0),
    /core-wan22-5b-i2v starts from a picture, and scene "stairs" has none: give one of its symbols a reference image/,
  )
  t.equal(fit('core-wan22-5b-i2v', 3, 1), '')
  t.equal(fit('core-minimax-h3', 3, 0), '', 'pictures that may be missing are not asked for')
  t.match(
    fit('core-svd-i2v', 5, 1),
    /core-svd-i2v makes at most 4\.1 s at a time, and scene "stairs" lasts 5 s/,
  )
  t.equal(fit('core-svd-i2v', 4, 1), '')
  t.equal(fit('core-z-image-still', 30, 0), '', 'a still lasts as long as it likes')
  t.equal(fit('preview-animatic', 30, 0), '')
})

t.test('a clip is asked for at a rate the model has, never shorter than its scene', async (t) => {
  for (const [slug, filmFps, frames, expected] of [
    ['core-wan22-5b-t2v', 30, 100, { fps: 24, frames: 80 }],
    ['core-wan22-5b-t2v', 16, 16, { fps: 24, frames: 24 }],
    ['core-wan22-14b-t2v', 24, 25, { fps: 16, frames: 17 }],
    ['core-svd-i2v', 24, 72, { fps: 8, frames: 24 }],
    ['core-svd-i2v', 24, 96, { fps: 6, frames: 24 }],
    ['core-z-image-still', 24, 96, { fps: 24, frames: 96 }],
    ['preview-animatic', 16, 33, { fps: 16, frames: 33 }],
  ] as const)
    t.strictSame(clipLength(library.get(slug)!, frames, filmFps), expected, `${slug} at ${filmFps}`)
})
