/** What a render would do with each scene, by policy, and why. */
import t from 'tap'
import type { Recipe } from '../../core/jobs/content-keys.ts'
import { type LastRender, planRender } from '../../core/jobs/render-plan.ts'
import { type KeyedScene, keyScenes } from '../../core/jobs/scene-keys.ts'
import { planShots } from '../../core/storyboard/plan.ts'
import type { Storyboard } from '../../core/storyboard/types.ts'
import { scene, storyboard } from '../storyboard/build.ts'

type Over = { options?: object; recipe?: Partial<Recipe>; seed?: number; hashes?: Map<string, string> }

const RECIPE: Recipe = {
  engine: 'comfyui',
  workflow: 'wan',
  workflowDigest: 'd1',
  models: ['wan.safetensors'],
}
const OPTIONS = { resolution: '480p', aspect: '16:9', fps: 16 } as const

const keysOf = (document: Storyboard, { options, recipe, seed, hashes }: Over = {}): KeyedScene[] =>
  keyScenes(
    planShots(document, { ...OPTIONS, ...options }),
    document.scenes.length,
    { ...RECIPE, ...recipe },
    seed ?? null,
    hashes ?? new Map(),
  )
const one = (over = {}): Storyboard => storyboard({ scenes: [scene('a', over)] })
const BEFORE = keysOf(one({ prompt: 'A pier' }))[0]!
const LAST: LastRender = { key: BEFORE.key, parts: BEFORE.parts }
const USE = { cache: 'use', scenes: null } as const

const reasonOf = (now: KeyedScene[], cached: string[] = [], last: LastRender | undefined = LAST): string =>
  planRender(['a'], now, USE, new Set(cached), last && new Map([['a', last]])).scenes[0]!.reason

for (const [reason, document, over] of [
  ['prompt_changed', one({ prompt: 'A quay' })],
  ['duration_changed', one({ prompt: 'A pier', duration: 7 })],
  ['resolution_changed', one({ prompt: 'A pier' }), { options: { resolution: '720p' } }],
  ['resolution_changed', one({ prompt: 'A pier' }), { options: { aspect: '1:1' } }],
  ['frame_rate_changed', one({ prompt: 'A pier' }), { options: { fps: 24 } }],
  ['seed_changed', one({ prompt: 'A pier' }), { seed: 7 }],
  ['workflow_changed', one({ prompt: 'A pier' }), { recipe: { workflow: 'ltx', workflowDigest: 'd2' } }],
  [
    'model_changed',
    one({ prompt: 'A pier' }),
    { recipe: { workflowDigest: 'd2', models: ['new.safetensors'] } },
  ],
  ['engine_changed', one({ prompt: 'A pier' }), { recipe: { engine: 'runpod' } }],
] as [string, Storyboard, Over?][])
  t.test(`${reason} is the first difference to the last render`, async (t) => {
    t.equal(reasonOf(keysOf(document, over)), reason)
  })

t.test('what was never rendered, and what was rendered but is no longer kept', async (t) => {
  const now = keysOf(one({ prompt: 'A pier' }))
  t.equal(planRender(['a'], now, USE, new Set()).scenes[0]!.reason, 'never_rendered')
  t.equal(reasonOf(now), 'evicted')
  t.equal(reasonOf(now, [BEFORE.key]), 'cached')
  t.equal(reasonOf(keysOf(one({ prompt: 'A quay' })), [], { key: 'x', parts: {} }), 'inputs_changed')
})

t.test('an edit that is taken back finds the clip of before', async (t) => {
  const edited = keysOf(one({ prompt: 'A quay' }))[0]!
  const undone = keysOf(one({ prompt: 'A pier' }))
  t.equal(reasonOf(undone, [BEFORE.key, edited.key], { key: edited.key, parts: edited.parts }), 'cached')
})

t.test('a title or a place changes no key of an engine that does not print them', async (t) => {
  const plain = storyboard({ scenes: [scene('a'), scene('b')] })
  const turned = storyboard({ title: 'Another', scenes: [scene('b'), scene('a')] })
  const keys = (document: Storyboard) =>
    keysOf(document)
      .map(({ key }) => key)
      .sort()
  t.strictSame(keys(plain), keys(turned))
})

t.test('policies, scene by scene', async (t) => {
  const document = storyboard({
    scenes: [scene('a'), scene('b'), scene('c')],
    timeline: [{ scene: 'a' }, { scene: 'b' }],
  })
  const played = keysOf(document)
  const [a, b] = played as [KeyedScene, KeyedScene]
  const actions = (
    cache: 'use' | 'refresh' | 'bypass' | 'only',
    scenes: string[] | null,
    cached: KeyedScene[],
  ) => {
    const plan = planRender(['a', 'b', 'c'], played, { cache, scenes }, new Set(cached.map(({ key }) => key)))
    return [plan.scenes.map(({ action, reason }) => `${action} ${reason}`), plan.refusal?.reason ?? null]
  }
  const unplayed = 'skip not_played'
  t.strictSame(actions('use', null, [a]), [['reuse cached', 'render never_rendered', unplayed], null])
  t.strictSame(actions('refresh', null, [a, b]), [['render refresh', 'render refresh', unplayed], null])
  t.strictSame(actions('bypass', null, [a]), [['render bypass', 'render bypass', unplayed], null])
  t.strictSame(actions('only', null, [a, b]), [['reuse cached', 'reuse cached', unplayed], null])
  t.strictSame(actions('only', null, [a]), [
    ['reuse cached', 'render never_rendered', unplayed],
    'cache_miss',
  ])
  t.strictSame(actions('refresh', ['a'], [a, b]), [['render refresh', 'reuse cached', unplayed], null])
  t.strictSame(actions('use', ['a'], []), [
    ['render never_rendered', 'skip not_ready', unplayed],
    'scenes_not_ready',
  ])
})
