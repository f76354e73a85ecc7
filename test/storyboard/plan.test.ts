import fc from 'fast-check'
import t from 'tap'
import { planShots } from '../../core/storyboard/plan.ts'
import type { ShotPlan } from '../../core/storyboard/plan-types.ts'
import { assemblePrompt } from '../../core/storyboard/prompts.ts'
import type { Storyboard } from '../../core/storyboard/types.ts'
import { anyStoryboard, check, scene, storyboard } from './build.ts'

const FORMAT = { resolution: '720p', aspect: '16:9', fps: 24 } as const
const plan = (over: Partial<Storyboard>) => planShots(storyboard(over), FORMAT)
const order = ({ shots }: ShotPlan) => shots.map((shot) => shot.sceneId).join(' ')
const joins = (found: ShotPlan) =>
  found.joins.map(({ after, type, frames }) => `${after}:${type}:${frames}`).join(' ')

t.test('without a timeline scenes play by order, then as written', async (t) => {
  const scenes = [
    scene('late'),
    scene('second', { order: 7 }),
    scene('first', { order: -1 }),
    scene('tie', { order: 7 }),
  ]
  t.equal(order(plan({ scenes })), 'first second tie late')
  t.equal(order(plan({ scenes, timeline: [] })), 'first second tie late', 'an empty timeline is none')
  t.same(
    plan({ scenes }).clips.map((clip) => clip.sceneNumber),
    [3, 2, 4, 1],
    'clips come in order of play and keep their number',
  )
})

t.test('a film is as long as its shots less the overlaps between them', async (t) => {
  const found = plan({ transitions: { default: 'dissolve' } })
  t.equal(found.frames, 96 + 96 - 12)
  t.equal(found.durationS, 180 / 24)
  t.same(
    found.shots.map((shot) => shot.startFrame),
    [0, 84],
  )
})

t.test('what joins two scenes is chosen by precedence', async (t) => {
  const scenes = [scene('a'), scene('b')]
  const map = { default: 'fade', 'a->b': { type: 'wipe', duration: 1 } } as const
  const timeline = [{ scene: 'a' }, { transition: 'blur' }, { scene: 'b' }]
  t.equal(joins(plan({ scenes, transitions: map, timeline })), '0:blur:12', 'the timeline first')
  t.equal(joins(plan({ scenes, transitions: map })), '0:wipe:24', 'then the join of these two')
  t.equal(joins(plan({ scenes, transitions: { default: 'fade' } })), '0:fade:12', 'then the default')
  t.equal(joins(plan({ scenes })), '', 'else a cut, which is not listed')
  t.equal(joins(plan({ scenes, transitions: { ...map, 'a->b': null } })), '0:fade:12', 'null is absent')
  const explicitCut = [{ scene: 'a' }, { transition: 'cut' }, { scene: 'b' }]
  t.equal(joins(plan({ scenes, transitions: map, timeline: explicitCut })), '', 'an explicit cut wins too')
})

t.test('presets resolve: own ones first, type names always, defaults filled in', async (t) => {
  const presets = {
    soft: { type: 'dissolve', duration: 2 },
    fade: { type: 'fade', params: { color: 'white', nothing: null } },
  } as const
  const by = (name: string) => plan({ transition_presets: presets, transitions: { default: name } }).joins[0]
  t.match(by('soft'), { type: 'dissolve', frames: 48, params: {}, effects: [], audio: null })
  t.match(by('fade'), { type: 'fade', frames: 12, params: { color: '#ffffff' } })
  t.notOk('nothing' in by('fade')!.params)
  t.match(by('zoom'), { type: 'zoom', frames: 12 })
  const long = { type: 'cut', duration: 3 } as const
  t.equal(plan({ transitions: { default: long } }).frames, 192, 'a cut has no length')
  t.equal(plan({ transitions: { default: { type: 'fade', duration: 0 } } }).joins.length, 0)
  const coloured = (color: string) =>
    plan({ transitions: { default: { type: 'fade', params: { color } } } }).joins[0]!.params.color
  t.equal(coloured('#AbC'), '#aabbcc')
  t.equal(coloured('#0F8000'), '#0f8000')
})

t.test('a join is cut down to half of the shorter shot', async (t) => {
  const scenes = [scene('a', { duration: 10 }), scene('b', { duration: 1.25 }), scene('c', { duration: 10 })]
  const found = plan({ scenes, transitions: { default: { type: 'dissolve', duration: 5 } } })
  t.equal(joins(found), '0:dissolve:15 1:dissolve:15')
  t.equal(found.frames, 240 + 30 + 240 - 30)
})

t.test('the first and last transition come from and go to black, and do not shorten the film', async (t) => {
  const timeline = [{ transition: 'fade' }, { scene: 'a' }, { scene: 'b' }, { transition: 'dissolve' }]
  const found = plan({ timeline })
  t.equal(joins(found), '-1:fade:12 1:dissolve:12')
  t.equal(found.frames, 192)
  const single = plan({
    scenes: [scene('a', { duration: 1 })],
    timeline: [
      { transition: { type: 'fade', duration: 5 } },
      { scene: 'a' },
      { transition: { type: 'fade', duration: 5 } },
    ],
  })
  t.equal(joins(single), '-1:fade:12 0:fade:12', 'both share one shot without meeting')
})

t.test('a flashback treats its scenes and nothing else', async (t) => {
  const treatment = { desaturate: 0.7, vignette: true, grain: null }
  const scenes = [scene('a'), scene('b'), scene('c')]
  const found = plan({
    scenes,
    timeline: [{ scene: 'a' }, { flashback: { scenes: ['b', 'c'], treatment } }, { scene: 'a' }],
  })
  t.equal(order(found), 'a b c a')
  t.same(
    found.shots.map((shot) => shot.treatment),
    [null, { desaturate: 0.7, vignette: true }, { desaturate: 0.7, vignette: true }, null],
  )
  t.same(
    found.shots.map((shot) => shot.path),
    [
      'timeline[0].scene',
      'timeline[1].flashback.scenes[0]',
      'timeline[1].flashback.scenes[1]',
      'timeline[2].scene',
    ],
  )
  t.equal(found.clips.length, 3, 'a scene shown twice is generated once')
  const none = plan({
    timeline: [{ flashback: { scenes: ['a'], treatment: { grain: 0, vignette: false } } }],
  })
  t.equal(none.shots[0]!.treatment, null, 'a treatment that changes nothing is none')
})

for (const [pace, frames, inFrame] of [
  ['slow', 100, 0],
  ['medium', 60, 20],
  ['fast', 35, 32],
  [null, 60, 20],
] as const) {
  t.test(`a ${pace ?? 'medium (default)'} montage plays the middle of its scenes`, async (t) => {
    const scenes = [scene('a', { duration: 100 / 24 })]
    const found = plan({ scenes, timeline: [{ montage: { scenes: ['a'], pace } }] })
    t.match(found.shots[0], { frames, inFrame })
    t.equal(found.clips[0]!.frames, 100, 'the whole scene is generated')
  })
}

t.test('a montage joins its own scenes by its transition or by cuts, whatever the map says', async (t) => {
  const scenes = [scene('a'), scene('b'), scene('c')]
  const transitions = { default: 'fade' } as const
  const montage = { scenes: ['a', 'b'], pace: 'slow' } as const
  const timeline = (transition?: string) => [
    { montage: { ...montage, scenes: ['a', 'b'], ...(transition && { transition }) } },
    { scene: 'c' },
  ]
  t.equal(joins(plan({ scenes, transitions, timeline: timeline() })), '1:fade:12')
  t.equal(joins(plan({ scenes, transitions, timeline: timeline('wipe') })), '0:wipe:12 1:fade:12')
})

t.test('cut frames are where any shot of the scene starts, ends or is joined', async (t) => {
  const scenes = [scene('a'), scene('b')]
  const found = plan({
    scenes,
    timeline: [
      { scene: 'a' },
      { transition: 'dissolve' },
      { scene: 'b' },
      { montage: { scenes: ['a'], pace: 'fast' } },
    ],
  })
  // a: whole with a join over its last 12 of 96 frames; and its middle 34 frames.
  t.same(found.clips[0]!.cutFrames, [0, 31, 65, 84])
  t.same(found.clips[1]!.cutFrames, [0, 12])
})

t.test('a scene that is not there is a typed error', async (t) => {
  t.throws(() => plan({ timeline: [{ scene: 'ghost' }] }), {
    code: 'plan_unknown_scene',
    path: 'timeline[0].scene',
  })
})

t.test('any storyboard: every frame is accounted for', async () => {
  fc.assert(
    fc.property(anyStoryboard, fc.constantFrom(16, 24, 30), (document, fps) => {
      const valid = check(document)
      if (!valid.valid) throw new Error(JSON.stringify(valid.errors))
      const { shots, joins, clips, frames } = planShots(document, { ...FORMAT, fps: fps as 24 })
      const inner = joins.filter((join) => join.after >= 0 && join.after < shots.length - 1)
      const sum = (numbers: number[]) => numbers.reduce((a, b) => a + b, 0)
      const expect = (isTrue: boolean, what: string) => {
        if (!isTrue) throw new Error(what)
      }
      expect(frames === sum(shots.map((s) => s.frames)) - sum(inner.map((j) => j.frames)), 'film length')
      expect(new Set(joins.map((join) => join.after)).size === joins.length, 'one join a place')
      for (const shot of shots) {
        const incoming = joins.find((join) => join.after === shot.index - 1)?.frames ?? 0
        const outgoing = joins.find((join) => join.after === shot.index)?.frames ?? 0
        const before = shots[shot.index - 1]
        const overlap = before === undefined ? 0 : incoming
        expect(
          shot.startFrame === (before === undefined ? 0 : before.startFrame + before.frames - overlap),
          'start',
        )
        expect(incoming + outgoing <= shot.frames, 'joins of a shot never meet')
        const clip = clips.find((one) => one.sceneId === shot.sceneId)!
        expect(
          shot.frames >= 1 && shot.inFrame >= 0 && shot.inFrame + shot.frames <= clip.frames,
          'inside the clip',
        )
        for (const frame of [
          shot.inFrame,
          shot.inFrame + incoming,
          shot.inFrame + shot.frames - outgoing,
          shot.inFrame + shot.frames,
        ]) {
          expect(frame === clip.frames || clip.cutFrames.includes(frame), `cut frame ${frame}`)
        }
      }
      for (const clip of clips) {
        expect(clip.cutFrames[0] === 0, 'zero first')
        expect(
          clip.cutFrames.every((f, i) => f < clip.frames && (i === 0 || f > clip.cutFrames[i - 1]!)),
          'sorted, inside',
        )
        expect(
          shots.some((shot) => shot.sceneId === clip.sceneId),
          'only what plays',
        )
      }
      for (const join of joins) expect(join.frames >= 1 && (join.type as string) !== 'cut', 'only real joins')
      expect(frames === shots.at(-1)!.startFrame + shots.at(-1)!.frames, 'the last shot ends the film')
    }),
    { numRuns: 300 },
  )
})

t.test('prompts: symbols are put in, then the film adds its own', async (t) => {
  const document = {
    global_prompt: { positive: 'golden light', negative: 'blur' },
    symbols: {
      mara: {
        prompt: 'a keeper who knows @boat and costs $& $1',
        negative: 'young',
        reference_images: [{ id: 'one' }, { id: 'two', weight: 0.3 }],
      },
      boat: { prompt: 'a boat', negative: ' ' },
    },
  }
  const found = assemblePrompt(document, { prompt: '@mara waits, mail@boat, again @mara and @mara_2' })
  t.equal(
    found.prompt,
    'a keeper who knows @boat and costs $& $1 waits, maila boat, again a keeper who knows @boat and costs $& $1 and @mara_2, golden light',
  )
  t.equal(found.negativePrompt, 'blur, young')
  t.same(found.symbols, ['mara', 'boat'])
  t.same(found.referenceImages, [
    { symbol: 'mara', assetId: 'one', weight: 1 },
    { symbol: 'mara', assetId: 'two', weight: 0.3 },
  ])
  t.same(assemblePrompt({}, { prompt: 'a @constructor and @__proto__' }), {
    prompt: 'a @constructor and @__proto__',
    negativePrompt: '',
    symbols: [],
    referenceImages: [],
  })
})
