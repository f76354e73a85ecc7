import fc from 'fast-check'
import t from 'tap'
import { planShots } from '../../core/storyboard/plan.ts'
import { type PlacedSound, placeSounds, planSound, SOUND_RATE } from '../../core/storyboard/sound-plan.ts'
import type { Scene, Storyboard } from '../../core/storyboard/types.ts'
import { anyStoryboard, scene, storyboard } from './build.ts'

const FORMAT = { resolution: '720p', aspect: '16:9', fps: 24 } as const
type Audio = NonNullable<Scene['audio']>

const heardScene = (id: string, audio: Audio, duration = 4): Scene => scene(id, { duration, audio })

/** Placed sounds of a storyboard, with sources of these lengths in seconds (20 s unless named). */
function placed(over: Partial<Storyboard>, lengths: Record<string, number> = {}): PlacedSound[] {
  const document = storyboard(over)
  const sound = planSound(document, planShots(document, FORMAT))
  const known = sound.cues.map(({ source }) => [source, (lengths[source] ?? 20) * SOUND_RATE] as const)
  return placeSounds(sound, new Map(known))
}

const s = (samples: number): string => String(Math.round((samples / SOUND_RATE) * 1000) / 1000)
/** `lane source start-end`, then what is not plain: where in the source, volume, fades. */
const line = ({ lane, source, start, length, skip, gain, fadeIn, fadeOut }: PlacedSound): string =>
  [
    `${lane} ${source} ${s(start)}-${s(start + length)}`,
    skip > 0 ? `from ${s(skip)}` : '',
    gain < 1 ? `at ${gain}` : '',
    fadeIn.samples > 0 ? `in ${s(fadeIn.samples)}${fadeIn.curve === 'linear' ? ' linear' : ''}` : '',
    fadeOut.samples > 0 ? `out ${s(fadeOut.samples)}${fadeOut.curve === 'linear' ? ' linear' : ''}` : '',
  ]
    .filter((part) => part !== '')
    .join(', ')
const lines = (over: Partial<Storyboard>, lengths?: Record<string, number>) => placed(over, lengths).map(line)

const music = (over: object = {}): Audio => ({ music: { asset_id: 'M', ...over } })
const wind = { asset_id: 'W' }

for (const [name, over, lengths, expected] of [
  [
    "the film's bed lies under the whole of it, and ends with it",
    { global_audio: { ambient: wind } },
    {},
    ['ambient W 0-8, out 0.02'],
  ],
  [
    'a bed that is too short leaves silence, and fades where it ends',
    { global_audio: { ambient: { ...wind, fade_in: 0.5, fade_out: 1 } } },
    { W: 5 },
    ['ambient W 0-5, in 0.5, out 1'],
  ],
  [
    'a bed that repeats lasts',
    { global_audio: { ambient: { ...wind, loop: true } } },
    { W: 1 },
    ['ambient W 0-8, out 0.02'],
  ],
  [
    "a scene's own bed takes the place of the film's, which comes back where it would have been",
    {
      scenes: [scene('a'), heardScene('b', music()), scene('c')],
      global_audio: { music: { asset_id: 'G' } },
    },
    {},
    ['music G 0-4.02, out 0.02', 'music M 4-8.02, out 0.02', 'music G 8-12, from 8, in 0.02, out 0.02'],
  ],
  [
    'a bed of volume 0 is silence in place of the other',
    {
      scenes: [scene('a'), heardScene('b', music({ volume: 0 }))],
      global_audio: { music: { asset_id: 'G' } },
    },
    {},
    ['music G 0-4.02, out 0.02'],
  ],
  [
    'beds of overlapping scenes cross over the join',
    {
      scenes: [heardScene('a', music()), heardScene('b', { music: { asset_id: 'N' } })],
      transitions: { default: 'dissolve' },
    },
    {},
    ['music M 0-4, out 0.5', 'music N 3.5-7.5, in 0.5, out 0.02'],
  ],
  [
    'the same bed in the next scene goes on over the cut',
    { scenes: [heardScene('a', music()), heardScene('b', music())] },
    {},
    ['music M 0-8, out 0.02'],
  ],
  [
    'with another volume it goes on at that volume',
    { scenes: [heardScene('a', music({ volume: 0.5 })), heardScene('b', music())] },
    {},
    ['music M 0-4.02, at 0.5, out 0.02 linear', 'music M 4-8, from 4, in 0.02 linear, out 0.02'],
  ],
  [
    'over a join the volume changes with the pictures',
    {
      scenes: [heardScene('a', music()), heardScene('b', music({ volume: 0.5 }))],
      transitions: { default: 'fade' },
    },
    {},
    ['music M 0-4, out 0.5 linear', 'music M 3.5-7.5, from 3.5, at 0.5, in 0.5 linear, out 0.02'],
  ],
  [
    'a fade asks for an end or a beginning, so it begins anew',
    { scenes: [heardScene('a', music()), heardScene('b', music({ fade_in: 1 }))] },
    {},
    ['music M 0-4.02, out 0.02', 'music M 4-8, in 1, out 0.02'],
  ],
  [
    'from and to black beds come and go with the pictures',
    {
      global_audio: { ambient: wind },
      timeline: [{ transition: 'fade' }, { scene: 'a' }, { transition: 'fade' }],
    },
    {},
    ['ambient W 0-4, in 0.5, out 0.5'],
  ],
  [
    'a montage hears what belongs to the frames it plays',
    {
      scenes: [
        heardScene(
          'a',
          {
            ...music(),
            sfx: [
              { asset_id: 'X', start: 0.5 },
              { asset_id: 'Y', start: 4.5 },
            ],
          },
          5,
        ),
      ],
      timeline: [{ montage: { scenes: ['a'] } }],
    },
    { X: 1 },
    ['music M 0-3, from 1, in 0.02, out 0.02', 'sfx X 0-0.5, from 0.5, in 0.02'],
  ],
  [
    'an effect without a start begins with its scene, and rings 1 s into the next',
    { scenes: [heardScene('a', { sfx: [{ asset_id: 'X', trigger: 'bang' }] }), scene('b')] },
    {},
    ['sfx X 0-5, out 0.25'],
  ],
  [
    'an effect that ends by itself is left alone',
    { scenes: [heardScene('a', { sfx: [{ asset_id: 'X', start: 3.5, volume: 0.5 }] }), scene('b')] },
    { X: 1.5 },
    ['sfx X 3.5-5, at 0.5'],
  ],
  [
    'there is no ringing after the film',
    { scenes: [heardScene('a', { sfx: [{ asset_id: 'X', start: 3 }] })] },
    {},
    ['sfx X 3-4, out 0.02'],
  ],
  [
    'an effect that is late is not heard',
    { scenes: [heardScene('a', { sfx: [{ asset_id: 'X', start: 4 }] }), scene('b')] },
    {},
    [],
  ],
  [
    'a line is cut at the end of its scene',
    { scenes: [heardScene('a', { dialogue: [{ text: 'So long.', start: 1, volume: 0.8 }] }), scene('b')] },
    { 'a/0': 1 },
    ['dialogue a/0 1-2, at 0.8'],
  ],
  [
    'a line that goes on is cut softly',
    { scenes: [heardScene('a', { dialogue: [{ text: 'So long.', start: 1 }] }), scene('b')] },
    {},
    ['dialogue a/0 1-4, out 0.02'],
  ],
  [
    'the sound of a join has its middle in the middle of it',
    { transitions: { default: { type: 'wipe', duration: 1, audio: { asset_id: 'T', volume: 0.5 } } } },
    { T: 0.5 },
    ['transition T 3.25-3.75, at 0.5'],
  ],
  [
    'a cut may have a sound as well',
    { transitions: { default: { type: 'cut', audio: { asset_id: 'T' } } } },
    { T: 0.5 },
    ['transition T 3.75-4.25'],
  ],
  [
    'from black, half of the sound of a join may lie before the film',
    {
      timeline: [
        { transition: { type: 'fade', duration: 1, audio: { asset_id: 'T' } } },
        { scene: 'a' },
        { transition: { type: 'fade', duration: 1, audio: { asset_id: 'U' } } },
      ],
    },
    { T: 2, U: 0.5 },
    ['transition T 0-1.5, from 0.5, in 0.02', 'transition U 3.25-3.75'],
  ],
  [
    'fades that do not fit share what there is',
    { scenes: [heardScene('a', music({ fade_in: 6, fade_out: 2 }))] },
    {},
    ['music M 0-4, in 3, out 1'],
  ],
] as const satisfies readonly (readonly [
  string,
  Partial<Storyboard>,
  Record<string, number>,
  readonly string[],
])[])
  t.test(name, async (t) => t.same(lines(over, lengths), expected))

t.test('a film without sound has no cues, and as many samples as pictures', async (t) => {
  const document = storyboard()
  for (const fps of [16, 24, 30] as const) {
    const plan = planShots(document, { ...FORMAT, fps })
    t.same(planSound(document, plan), { samples: (plan.frames * SOUND_RATE) / fps, cues: [] })
  }
})

const volume = fc.double({ min: 0, max: 1, noNaN: true })
const some = fc.double({ min: 0, max: 40, noNaN: true })
const bed = fc.record(
  { asset_id: fc.constantFrom('A', 'B'), volume, fade_in: some, fade_out: some, loop: fc.boolean() },
  { requiredKeys: ['asset_id'] },
)
const audio = fc.record(
  {
    music: bed,
    ambient: bed,
    sfx: fc.array(
      fc.record({ asset_id: fc.constantFrom('X', 'Y'), start: some, volume }, { requiredKeys: ['asset_id'] }),
      { maxLength: 3 },
    ),
    dialogue: fc.array(
      fc.record({ text: fc.constant('hello'), start: some, volume }, { requiredKeys: ['text'] }),
      {
        maxLength: 3,
      },
    ),
  },
  { requiredKeys: [] },
)

t.test('whatever is written: within the film, within the source, fades within the sound', async () => {
  fc.assert(
    fc.property(
      anyStoryboard,
      fc.array(audio, { minLength: 8, maxLength: 8 }),
      fc.option(fc.record({ music: bed, ambient: bed }, { requiredKeys: [] })),
      fc.integer({ min: 1, max: 30 * SOUND_RATE }),
      fc.constantFrom(16, 24, 30),
      (written, audios, global_audio, sourceSamples, fps) => {
        const document = {
          ...written,
          global_audio,
          scenes: written.scenes.map((one, i) => ({ ...one, audio: audios[i]! })),
        } as Storyboard
        const plan = planShots(document, { ...FORMAT, fps: fps as 24 })
        const sound = planSound(document, plan)
        if (sound.samples !== (plan.frames * SOUND_RATE) / fps) return false
        const lengths = new Map(sound.cues.map(({ source }) => [source, sourceSamples]))
        const sounds = placeSounds(sound, lengths)
        const isWhole = (...counts: number[]) =>
          counts.every((count) => Number.isSafeInteger(count) && count >= 0)
        return sounds.every(
          ({ start, length, skip, gain, loopOverlap, fadeIn, fadeOut }) =>
            isWhole(start, length, skip, loopOverlap, fadeIn.samples, fadeOut.samples) &&
            length > 0 &&
            start + length <= sound.samples &&
            (loopOverlap > 0 || skip + length <= sourceSamples) &&
            gain > 0 &&
            gain <= 1 &&
            fadeIn.samples + fadeOut.samples <= length,
        )
      },
    ),
    { numRuns: 200 },
  )
})
