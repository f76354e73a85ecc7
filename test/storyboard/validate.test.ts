import fc from 'fast-check'
import t from 'tap'
import { parseStoryboard } from '../../core/storyboard/parse.ts'
import { planShots } from '../../core/storyboard/plan.ts'
import type { Storyboard, Transition } from '../../core/storyboard/types.ts'
import { collectAssetIds, validateStoryboard } from '../../core/storyboard/validate.ts'
import { anyStoryboard, check, context, scene, storyboard } from './build.ts'

type Expected = { path: string; value?: unknown; valid_values?: unknown; limit?: number; says?: RegExp }
type Row = [code: string, what: string, document: unknown, expected: Expected]

const words = (count: number) => 'x'.repeat(count)
const withAudio = (audio: object, over: object = {}) => ({
  ...storyboard({ scenes: [scene('a', { audio: audio as never })] }),
  ...over,
})
const mara = { mara: { prompt: 'a keeper' } }
const fill = <T>(count: number, make: (i: number) => T) => Array.from({ length: count }, (_, i) => make(i))

/** One broken document a row; it must give that one error and no other. */
const ROWS: Row[] = [
  [
    'V1_too_large',
    'a document over 100 KB',
    storyboard({ note: words(102_400) } as never),
    { path: '', limit: 102_400 },
  ],

  ['V2_type', 'a document that is a list', [], { path: '', says: /must be an object.*an empty list/ }],
  ['V2_type', 'a document that is null', null, { path: '' }],
  ['V2_missing', 'no title', { scenes: [scene('a')] }, { path: 'title' }],
  ['V2_missing', 'no scenes', { title: 'x' }, { path: 'scenes' }],
  [
    'V2_missing',
    'a misspelt field',
    { title: 'x', scenes: [{ id: 'a', promt: 'y', duration: 2 }] },
    { path: 'scenes[0].prompt', says: /is "promt" meant/ },
  ],
  [
    'V2_type',
    'a number for a title',
    storyboard({ title: 2026 as never }),
    { path: 'title', value: 2026, says: /quotes: "2026"/ },
  ],
  [
    'V2_type',
    'text for a duration',
    storyboard({ scenes: [scene('a', { duration: '5 s' as never })] }),
    { path: 'scenes[0].duration', value: '5 s', says: /Write 5, without quotes or unit/ },
  ],
  [
    'V2_type',
    'an order with a fraction',
    storyboard({ scenes: [scene('a', { order: 1.5 })] }),
    { path: 'scenes[0].order', value: 1.5 },
  ],
  [
    'V2_type',
    'a null where a value is needed',
    storyboard({ scenes: [scene('a', { prompt: null as never })] }),
    { path: 'scenes[0].prompt' },
  ],
  [
    'V2_type',
    'a scene that is text',
    storyboard({ scenes: ['a' as never] }),
    { path: 'scenes[0]', value: 'a' },
  ],
  [
    'V2_type',
    'sfx without a list',
    withAudio({ sfx: { asset_id: 'asset_sfx_pop' } }),
    { path: 'scenes[0].audio.sfx', says: /list/ },
  ],
  [
    'V2_enum',
    'an unknown transition type',
    storyboard({ transitions: { default: { type: 'wipee' as never } } }),
    {
      path: 'transitions.default.type',
      value: 'wipee',
      valid_values: ['cut', 'fade', 'dissolve', 'wipe', 'blur', 'zoom', 'flash', 'glitch', 'custom'],
      says: /Did you mean "wipe"/,
    },
  ],
  [
    'V2_enum',
    'an unknown direction',
    storyboard({ transitions: { default: { type: 'wipe', params: { direction: 'north' as never } } } }),
    { path: 'transitions.default.params.direction', valid_values: ['left', 'right', 'up', 'down'] },
  ],
  [
    'V2_enum',
    'an unknown pace',
    storyboard({ timeline: [{ montage: { scenes: ['a', 'b'], pace: 'fsat' as never } }] }),
    { path: 'timeline[0].montage.pace', says: /Did you mean "fast"/ },
  ],
  [
    'V2_enum',
    'an unknown easing',
    storyboard({
      transitions: { default: { type: 'fade', effects: [{ name: 'x', easing: 'bounce' as never }] } },
    }),
    { path: 'transitions.default.effects[0].easing' },
  ],
  [
    'V2_colour',
    'a colour of another kind',
    storyboard({ transitions: { default: { type: 'fade', params: { color: 'rgb(0,0,0)' } } } }),
    { path: 'transitions.default.params.color', says: /#ff8800/ },
  ],
  [
    'V2_type',
    'a transition that is a number',
    storyboard({ transitions: { default: 1 as never } }),
    { path: 'transitions.default', value: 1 },
  ],
  [
    'V2_missing',
    'a transition without a type',
    storyboard({ timeline: [{ scene: 'a' }, { transition: {} as never }, { scene: 'b' }] }),
    { path: 'timeline[1].transition.type' },
  ],
  [
    'V2_type',
    'a preset that is a name',
    storyboard({ transition_presets: { x: 'fade' as never }, transitions: { default: 'x' } }),
    { path: 'transition_presets.x' },
  ],
  [
    'V2_one_of',
    'an empty timeline element',
    storyboard({ timeline: [{ scene: 'a' }, { scene: null }, { scene: 'b' }] }),
    { path: 'timeline[1]', valid_values: ['scene', 'transition', 'flashback', 'montage'] },
  ],
  [
    'V2_one_of',
    'a timeline element with two keys',
    storyboard({ timeline: [{ scene: 'a', transition: 'cut' }, { scene: 'b' }] }),
    { path: 'timeline[0]', says: /scene and transition/ },
  ],
  [
    'V2_transition_twice',
    'two transitions in a row',
    storyboard({ timeline: [{ scene: 'a' }, { transition: 'cut' }, { transition: 'fade' }, { scene: 'b' }] }),
    { path: 'timeline[2].transition' },
  ],
  [
    'V2_name',
    'a symbol name with a space',
    storyboard({ symbols: { 'old mara': { prompt: 'x' } } }),
    { path: 'symbols["old mara"]', value: 'old mara' },
  ],
  ['V2_bad_text', 'a NUL', storyboard({ title: 'a\0b' }), { path: 'title' }],
  ['V2_bad_text', 'half a character', storyboard({ title: 'a\ud83d' }), { path: 'title' }],
  [
    'V2_forbidden_key',
    'a prototype key',
    storyboard({ symbols: JSON.parse('{"__proto__": {"prompt": "x"}}') }),
    { path: 'symbols.__proto__' },
  ],
  [
    'V2_too_deep',
    'depth 33',
    storyboard({ note: JSON.parse(`${'['.repeat(40)}${']'.repeat(40)}`) } as never),
    { path: `note${'[0]'.repeat(31)}` },
  ],
  [
    'V2_unsafe_number',
    'an integer that was rounded',
    storyboard({ note: 2 ** 60 } as never),
    { path: 'note' },
  ],

  ['V3_too_few', 'no scene', storyboard({ scenes: [] }), { path: 'scenes', value: 0, limit: 1 }],
  [
    'V3_too_many',
    '51 scenes',
    storyboard({ scenes: fill(51, (i) => scene(`s${i}`, { duration: 1 })) }),
    { path: 'scenes', value: 51, limit: 50 },
  ],
  [
    'V3_too_many',
    '21 symbols',
    storyboard({ symbols: Object.fromEntries(fill(21, (i) => [`s${i}`, { prompt: 'x' }])) }),
    { path: 'symbols', value: 21, limit: 20 },
  ],
  [
    'V3_too_many',
    '21 presets',
    storyboard({
      transition_presets: Object.fromEntries(fill(21, (i) => [`p${i}`, { type: 'fade' as const }])),
    }),
    { path: 'transition_presets', value: 21, limit: 20 },
  ],
  [
    'V3_too_many',
    '101 timeline elements',
    storyboard({ timeline: fill(101, () => ({ scene: 'a' })) }),
    { path: 'timeline', value: 101, limit: 100 },
  ],
  [
    'V3_too_many',
    '9 reference images',
    storyboard({
      symbols: { mara: { prompt: 'x', reference_images: fill(9, () => ({ id: 'my-picture' })) } },
    }),
    { path: 'symbols.mara.reference_images', value: 9, limit: 8 },
  ],
  [
    'V3_too_many',
    '6 effects',
    storyboard({ transitions: { default: { type: 'fade', effects: fill(6, () => ({ name: 'x' })) } } }),
    { path: 'transitions.default.effects', value: 6, limit: 5 },
  ],
  [
    'V3_too_few',
    'an empty flashback',
    storyboard({ timeline: [{ scene: 'a' }, { flashback: { scenes: [] } }] }),
    { path: 'timeline[1].flashback.scenes' },
  ],
  [
    'V3_nothing_plays',
    'a timeline of one transition',
    storyboard({ timeline: [{ transition: 'fade' }] }),
    { path: 'timeline' },
  ],
  [
    'V3_too_many_shots',
    '501 shots',
    storyboard({ timeline: [{ flashback: { scenes: fill(501, () => 'a') } }] }),
    { path: 'timeline', value: 501, limit: 500 },
  ],

  ['V4_blank', 'a blank title', storyboard({ title: ' \n' }), { path: 'title' }],
  ['V4_too_long', 'a title of 201', storyboard({ title: words(201) }), { path: 'title', limit: 200 }],
  [
    'V4_blank',
    'a blank scene prompt',
    storyboard({ scenes: [scene('a', { prompt: '' })] }),
    { path: 'scenes[0].prompt' },
  ],
  [
    'V4_too_long',
    'a scene prompt of 2001',
    storyboard({ scenes: [scene('a', { prompt: words(2001) })] }),
    { path: 'scenes[0].prompt', limit: 2000, says: /2001 characters.*Shorten it by 1/ },
  ],
  [
    'V4_blank',
    'a blank symbol prompt',
    storyboard({ symbols: { mara: { prompt: '\t' } } }),
    { path: 'symbols.mara.prompt' },
  ],
  [
    'V4_too_long',
    'a symbol prompt of 1001',
    storyboard({ symbols: { mara: { prompt: words(1001) } } }),
    { path: 'symbols.mara.prompt', limit: 1000 },
  ],
  [
    'V4_too_long',
    'a symbol negative of 1001',
    storyboard({ symbols: { mara: { prompt: 'x', negative: words(1001) } } }),
    { path: 'symbols.mara.negative', limit: 1000 },
  ],
  [
    'V4_too_long',
    'a global prompt of 2001',
    storyboard({ global_prompt: { positive: words(2001) } }),
    { path: 'global_prompt.positive', limit: 2000 },
  ],
  [
    'V4_blank',
    'a blank line',
    withAudio({ dialogue: [{ text: ' ' }] }),
    { path: 'scenes[0].audio.dialogue[0].text' },
  ],
  [
    'V4_too_long',
    'a line of 501',
    withAudio({ dialogue: [{ text: words(501) }] }),
    { path: 'scenes[0].audio.dialogue[0].text', limit: 500 },
  ],
  [
    'V4_too_long',
    'a trigger of 201',
    withAudio({ sfx: [{ asset_id: 'asset_sfx_pop', trigger: words(201) }] }),
    { path: 'scenes[0].audio.sfx[0].trigger', limit: 200 },
  ],

  [
    'V5_out_of_range',
    'a scene of 0.9 s',
    storyboard({ scenes: [scene('a', { duration: 0.9 })] }),
    { path: 'scenes[0].duration', value: 0.9, limit: 1 },
  ],
  [
    'V5_out_of_range',
    'a scene of 30.1 s',
    storyboard({ scenes: [scene('a', { duration: 30.1 })] }),
    { path: 'scenes[0].duration', value: 30.1, limit: 30, says: /Split/ },
  ],
  [
    'V6_total_too_long',
    '300.1 s together',
    storyboard({
      scenes: [...fill(10, (i) => scene(`s${i}`, { duration: 29.91 })), scene('z', { duration: 1 })],
    }),
    { path: 'scenes', value: 300.1, limit: 300 },
  ],

  [
    'V7_too_many',
    '11 effects',
    withAudio({ sfx: fill(11, () => ({ asset_id: 'asset_sfx_pop' })) }),
    { path: 'scenes[0].audio.sfx', value: 11, limit: 10 },
  ],
  [
    'V7_too_many',
    '6 lines',
    withAudio({ dialogue: fill(6, () => ({ text: 'x' })) }),
    { path: 'scenes[0].audio.dialogue', value: 6, limit: 5 },
  ],

  [
    'V8_out_of_range',
    'a volume of 60',
    withAudio({ music: { asset_id: 'asset_music_tense', volume: 60 } }),
    { path: 'scenes[0].audio.music.volume', value: 60, says: /60 % as 0.6/ },
  ],
  [
    'V8_out_of_range',
    'a negative volume',
    withAudio({ sfx: [{ asset_id: 'asset_sfx_pop', volume: -0.1 }] }),
    { path: 'scenes[0].audio.sfx[0].volume', value: -0.1 },
  ],
  [
    'V8_out_of_range',
    'a negative start',
    withAudio({ dialogue: [{ text: 'x', start: -1 }] }),
    { path: 'scenes[0].audio.dialogue[0].start', value: -1 },
  ],
  [
    'V8_out_of_range',
    'a negative fade',
    storyboard({ global_audio: { music: { asset_id: 'asset_music_tense', fade_in: -1 } } }),
    { path: 'global_audio.music.fade_in', value: -1 },
  ],
  [
    'V8_out_of_range',
    'a weight of 1.1',
    storyboard({ symbols: { mara: { prompt: 'x', reference_images: [{ id: 'my-picture', weight: 1.1 }] } } }),
    { path: 'symbols.mara.reference_images[0].weight', value: 1.1 },
  ],
  [
    'V8_out_of_range',
    'a treatment of 2',
    storyboard({ timeline: [{ flashback: { scenes: ['a', 'b'], treatment: { grain: 2 } } }] }),
    { path: 'timeline[0].flashback.treatment.grain', value: 2 },
  ],
  [
    'V8_out_of_range',
    'a transition of 5.1 s',
    storyboard({ transitions: { default: { type: 'fade', duration: 5.1 } } }),
    { path: 'transitions.default.duration', value: 5.1, limit: 5 },
  ],
  [
    'V8_out_of_range',
    'a zoom by nothing',
    storyboard({ transitions: { default: { type: 'zoom', params: { factor: 0 } } } }),
    { path: 'transitions.default.params.factor', value: 0 },
  ],
  [
    'V8_params_too_large',
    'params of 2 KB',
    storyboard({ transitions: { default: { type: 'fade', params: { note: words(2040) } } } }),
    { path: 'transitions.default.params', limit: 2048 },
  ],

  [
    'V9_bad_id',
    'a scene id with a space',
    storyboard({ scenes: [scene('a b')] }),
    { path: 'scenes[0].id', value: 'a b' },
  ],
  ['V9_bad_id', 'a scene id of 65', storyboard({ scenes: [scene(words(65))] }), { path: 'scenes[0].id' }],
  [
    'V9_duplicate_id',
    'a repeated scene id',
    storyboard({ scenes: [scene('a'), scene('b'), scene('a')] }),
    { path: 'scenes[2].id', value: 'a', says: /scenes\[0\]/ },
  ],

  [
    'V10_scene_unknown',
    'a timeline scene that is not there',
    storyboard({ scenes: [scene('harbour')], timeline: [{ scene: 'harbor' }] }),
    { path: 'timeline[0].scene', value: 'harbor', valid_values: ['harbour'], says: /Did you mean "harbour"/ },
  ],
  [
    'V11_preset_unknown',
    'an unknown preset on the timeline',
    storyboard({ timeline: [{ scene: 'a' }, { transition: 'disolve' }, { scene: 'b' }] }),
    { path: 'timeline[1].transition', value: 'disolve', says: /Did you mean "dissolve"/ },
  ],
  [
    'V11_preset_unknown',
    'an unknown preset in a montage',
    storyboard({
      transition_presets: { soft: { type: 'fade' } },
      transitions: { default: 'soft' },
      timeline: [{ montage: { scenes: ['a', 'b'], transition: 'sotf' } }],
    }),
    {
      path: 'timeline[0].montage.transition',
      value: 'sotf',
      valid_values: ['soft', 'cut', 'fade', 'dissolve', 'wipe', 'blur', 'zoom', 'flash', 'glitch'],
    },
  ],
  [
    'V11_preset_unknown',
    'an unknown preset in the map',
    storyboard({ transitions: { 'a->b': 'slide' } }),
    { path: 'transitions["a->b"]', value: 'slide' },
  ],
  [
    'V11_preset_unknown',
    'custom by name',
    storyboard({ transitions: { default: 'custom' } }),
    { path: 'transitions.default', value: 'custom', says: /type: custom/ },
  ],
  [
    'V11_preset_unknown',
    'a name that objects inherit',
    storyboard({ transition_presets: {}, transitions: { default: 'toString' } }),
    { path: 'transitions.default', value: 'toString' },
  ],
  [
    'V12_scene_unknown',
    'an unknown flashback scene',
    storyboard({ timeline: [{ flashback: { scenes: ['a', 'ghost'] } }] }),
    { path: 'timeline[0].flashback.scenes[1]', value: 'ghost', valid_values: ['a', 'b'] },
  ],
  [
    'V12_scene_unknown',
    'an unknown montage scene',
    storyboard({ timeline: [{ montage: { scenes: ['ghost', 'a'] } }] }),
    { path: 'timeline[0].montage.scenes[0]', value: 'ghost', valid_values: ['a', 'b'] },
  ],
  [
    'V13_bad_key',
    'a key without an arrow',
    storyboard({ transitions: { defualt: 'cut' } }),
    { path: 'transitions.defualt', value: 'defualt', says: /Did you mean "default"/ },
  ],
  [
    'V13_bad_key',
    'a key with an unknown scene',
    storyboard({ transitions: { 'a->ghost': 'cut' } }),
    { path: 'transitions["a->ghost"]', value: 'a->ghost', says: /"ghost", which is no scene/ },
  ],
  [
    'V13_bad_key',
    'a key with spaces',
    storyboard({ transitions: { 'a -> b': 'cut' } }),
    { path: 'transitions["a -> b"]', value: 'a -> b', says: /write "a->b"/ },
  ],
  [
    'V14_symbol_unknown',
    'an unknown symbol',
    storyboard({ symbols: mara, scenes: [scene('a', { prompt: 'see @mara and @marra' })] }),
    { path: 'scenes[0].prompt', value: 'marra', valid_values: ['mara'], says: /Did you mean @mara\?/ },
  ],
  [
    'V14_symbol_unknown',
    'a symbol that objects inherit',
    storyboard({ scenes: [scene('a', { prompt: '@constructor' })] }),
    { path: 'scenes[0].prompt', value: 'constructor', valid_values: [] },
  ],
  [
    'V15_speaker_unknown',
    'an unknown speaker',
    withAudio({ dialogue: [{ text: 'x', speaker: 'joe' }] }),
    { path: 'scenes[0].audio.dialogue[0].speaker', value: 'joe', valid_values: [] },
  ],
  [
    'V15_speaker_without_voice',
    'a speaker without a voice',
    withAudio(
      { dialogue: [{ text: 'x', speaker: 'mara' }] },
      { symbols: { ...mara, jon: { prompt: 'x', voice: { asset_id: 'my-voice' } } } },
    ),
    { path: 'scenes[0].audio.dialogue[0].speaker', value: 'mara', valid_values: ['jon'] },
  ],
  [
    'V16_system_asset_unknown',
    'an unknown system sound',
    withAudio({ sfx: [{ asset_id: 'asset_sfx_aplause' }] }),
    {
      path: 'scenes[0].audio.sfx[0].asset_id',
      value: 'asset_sfx_aplause',
      says: /Did you mean "asset_sfx_applause"/,
    },
  ],
  [
    'V16_audio_unknown',
    'a file that is out of reach',
    withAudio({ music: { asset_id: 'theirs' } }),
    { path: 'scenes[0].audio.music.asset_id', value: 'theirs' },
  ],
  [
    'V16_audio_unknown',
    'a system sound without its prefix',
    withAudio({ ambient: { asset_id: 'ambient_ocean' } }),
    { path: 'scenes[0].audio.ambient.asset_id', says: /Did you mean "asset_ambient_ocean"/ },
  ],
  [
    'V16_audio_unknown',
    'a voice out of reach',
    withAudio(
      { dialogue: [{ text: 'x', speaker: 'mara' }] },
      { symbols: { mara: { prompt: 'x', voice: { asset_id: 'theirs' } } } },
    ),
    { path: 'symbols.mara.voice.asset_id', value: 'theirs' },
  ],
  [
    'V16_system_asset_unknown',
    'a transition with an unknown sound',
    storyboard({
      timeline: [
        { scene: 'a' },
        { transition: { type: 'fade', audio: { asset_id: 'asset_x' } } },
        { scene: 'b' },
      ],
    }),
    { path: 'timeline[1].transition.audio.asset_id', value: 'asset_x' },
  ],
  [
    'V16_system_asset_unknown',
    'a global bed that is unknown',
    storyboard({ global_audio: { ambient: { asset_id: 'asset_x' } } }),
    { path: 'global_audio.ambient.asset_id', value: 'asset_x' },
  ],
  [
    'V17_image_unknown',
    'a picture out of reach',
    storyboard({
      symbols: { mara: { prompt: 'x', reference_images: [{ id: 'my-picture' }, { id: 'theirs' }] } },
    }),
    { path: 'symbols.mara.reference_images[1].id', value: 'theirs' },
  ],
  [
    'V17_image_unknown',
    'a sound as a picture',
    storyboard({ symbols: { mara: { prompt: 'x', reference_images: [{ id: 'asset_sfx_pop' }] } } }),
    { path: 'symbols.mara.reference_images[0].id' },
  ],
  [
    'V17_image_unknown',
    'a picture outside the folder',
    storyboard({ symbols: { mara: { prompt: 'x', reference_images: [{ id: 'file:../x.jpg' }] } } }),
    { path: 'symbols.mara.reference_images[0].id', says: /without "\.\."/ },
  ],
]

for (const [code, what, document, { says, ...expected }] of ROWS) {
  t.test(`${code}: ${what}`, async (t) => {
    const { valid, errors } = check(document)
    t.equal(valid, false)
    t.equal(errors.length, 1, JSON.stringify(errors.map((error) => [error.code, error.path])))
    t.match(errors[0], { code, ...expected })
    if (expected.valid_values) t.same(errors[0]!.valid_values, expected.valid_values)
    if (says) t.match(errors[0]!.message, says)
    t.notMatch(errors[0]!.message, /must NOT|must have|undefined|\[object/, 'in our own words')
  })
}

t.test('every rule of V1 to V17 has a row', async (t) => {
  const rules = new Set(ROWS.map(([code]) => code.split('_')[0]))
  t.same([...rules].sort(), fill(17, (i) => `V${i + 1}`).sort())
})

/** At the limit, and a hair within. */
const ALLOWED: [what: string, document: unknown][] = [
  ['the shortest', { title: 'x', scenes: [{ id: 'a', prompt: 'y', duration: 1 }] }],
  [
    'exactly 102,400 bytes',
    storyboard({ note: words(102_400 - JSON.stringify(storyboard({ note: '' } as never)).length) } as never),
  ],
  [
    'texts at their limits, counted in characters',
    storyboard({
      title: '🎬'.repeat(200),
      scenes: [scene('a', { prompt: '🎬'.repeat(2000) })],
      symbols: { m: { prompt: words(1000), negative: words(1000) } },
    }),
  ],
  ['300 s in scenes of 30', storyboard({ scenes: fill(10, (i) => scene(`s${i}`, { duration: 30 })) })],
  [
    '300 s of thirds, exact although floats are not',
    storyboard({ scenes: fill(30, (i) => scene(`s${i}`, { duration: i % 3 ? 10.1 : 9.8 })) }),
  ],
  [
    '50 scenes, 20 symbols, 20 presets, 100 elements',
    storyboard({
      scenes: fill(50, (i) => scene(`s${i}`, { duration: 6 })),
      symbols: Object.fromEntries(fill(20, (i) => [`y${i}`, { prompt: 'x' }])),
      transition_presets: Object.fromEntries(fill(20, (i) => [`p${i}`, { type: 'fade' as const }])),
      timeline: fill(100, (i) => ({ scene: `s${i % 50}` })),
    }),
  ],
  [
    'nulls for everything optional',
    {
      title: 'x',
      global_prompt: null,
      global_audio: { music: null, ambient: null },
      symbols: { s: { prompt: 'x', negative: null, reference_images: null, voice: null } },
      transition_presets: null,
      scenes: [
        {
          id: 'a',
          prompt: '@s',
          duration: 2,
          order: null,
          audio: { sfx: null, dialogue: null, music: null },
        },
      ],
      transitions: { default: null, 'a->a': null },
      timeline: null,
    },
  ],
  [
    'nulls inside a timeline',
    storyboard({
      timeline: [
        { scene: 'a', transition: null, montage: null },
        { transition: { type: 'fade', duration: null, params: null, effects: null, audio: null } },
        { flashback: { scenes: ['b'], treatment: null } },
      ],
    }),
  ],
  [
    'ids that end and begin with a hyphen',
    storyboard({ scenes: [scene('a-'), scene('-b')], transitions: { 'a-->-b': 'fade' } }),
  ],
  [
    'a picture and a sound of their own',
    storyboard({
      symbols: {
        mara: {
          prompt: 'x',
          voice: { asset_id: 'my-voice' },
          reference_images: [{ id: 'my-picture', url: 'https://x', weight: 0 }],
        },
      },
    }),
  ],
  [
    'a preset called like a type',
    storyboard({ transition_presets: { fade: { type: 'dissolve' } }, transitions: { default: 'fade' } }),
  ],
  [
    'unknown fields anywhere',
    storyboard({ note: { deep: [1] }, scenes: [scene('a', { mood: 'calm' } as never)] } as never),
  ],
  ['the address of the schema', storyboard({ $schema: '../schemas/storyboard.schema.json' })],
  ['a line without a speaker', withAudio({ dialogue: [{ text: 'x' }] })],
]
for (const [what, document] of ALLOWED) {
  t.test(`allowed: ${what}`, async (t) => t.same(check(document).errors, []))
}

const withEffects = (type: Transition['type'], ...effects: NonNullable<Transition['effects']>) =>
  storyboard({ transitions: { default: { type, effects } } })

const WARNINGS: [code: string, path: string, document: unknown, over?: object][] = [
  ['long_scene', 'scenes[0].duration', storyboard({ scenes: [scene('a', { duration: 10.1 })] })],
  ['unused_symbol', 'symbols.mara', storyboard({ symbols: mara })],
  [
    'unused_preset',
    'transition_presets.soft',
    storyboard({ transition_presets: { soft: { type: 'fade' } } }),
  ],
  ['unused_scene', 'scenes[1].id', storyboard({ timeline: [{ scene: 'a' }] })],
  [
    'late_sound',
    'scenes[0].audio.sfx[0].start',
    withAudio({ sfx: [{ asset_id: 'asset_sfx_pop', start: 4 }] }),
  ],
  [
    'sound_cut',
    'scenes[0].audio.sfx[0]',
    storyboard({ scenes: [scene('a', { audio: { sfx: [{ asset_id: 'asset_sfx_applause', start: 2 }] } })] }),
  ],
  [
    'sound_cut',
    'timeline[0].transition.audio',
    storyboard({
      timeline: [
        { transition: { type: 'fade', duration: 0.2, audio: { asset_id: 'asset_transition_rise' } } },
        { scene: 'a' },
        { scene: 'b' },
      ],
    }),
  ],
  [
    'fades_shortened',
    'scenes[0].audio.music',
    withAudio({ music: { asset_id: 'asset_music_tense', fade_in: 3, fade_out: 3 } }),
  ],
  [
    'unheard_bed',
    'global_audio.music',
    storyboard({
      scenes: [scene('a', { audio: { music: { asset_id: 'asset_music_tense' } } })],
      global_audio: { music: { asset_id: 'asset_music_peaceful' } },
    }),
  ],
  [
    'montage_sound',
    'scenes[0].audio.sfx[0]',
    storyboard({
      scenes: [scene('a', { audio: { sfx: [{ asset_id: 'asset_sfx_applause' }] } })],
      timeline: [{ montage: { scenes: ['a'] } }],
    }),
  ],
  [
    'transition_shortened',
    'transitions["a->b"]',
    storyboard({ transitions: { 'a->b': { type: 'fade', duration: 2.1 } } }),
  ],
  [
    'transition_shortened',
    'timeline[1].transition',
    storyboard({ timeline: [{ scene: 'a' }, { transition: { type: 'fade', duration: 3 } }, { scene: 'b' }] }),
  ],
  [
    'transition_shortened',
    'timeline[0].montage.transition',
    storyboard({
      timeline: [
        { montage: { scenes: ['a', 'b'], pace: 'fast', transition: { type: 'wipe', duration: 1 } } },
      ],
    }),
  ],
  [
    'dialogue_captions_only',
    'scenes[0].audio.dialogue[0]',
    withAudio({ dialogue: [{ text: 'x' }] }),
    { voiceEngine: 'off' },
  ],
  [
    'dialogue_outlasts_scene',
    'scenes[0].audio.dialogue[0].text',
    withAudio({ dialogue: [{ text: words(200) }] }),
  ],
  ['unknown_field', 'scenes[0].audio.sound', withAudio({ sound: 1 })],
  [
    'unknown_field',
    'transitions.default.audio["fade-in"]',
    storyboard({
      transitions: { default: { type: 'fade', audio: { asset_id: 'asset_sfx_pop', 'fade-in': 1 } as never } },
    }),
  ],
  [
    'custom_transition',
    'transitions.default.type',
    storyboard({ transitions: { default: { type: 'custom' } } }),
  ],
  [
    'custom_transition',
    'timeline[1].transition.type',
    storyboard({
      timeline: [
        { scene: 'a' },
        { transition: { type: 'custom', effects: [{ name: 'RGB split', from: 1 }] } },
        { scene: 'b' },
      ],
    }),
  ],
  [
    'unknown_effect',
    'transitions.default.effects[1].name',
    withEffects('wipe', { name: 'blur' }, { name: 'blurr' }),
  ],
  [
    'effect_without_use',
    'transitions.default.effects[0].name',
    withEffects('wipe', { name: 'opacity', to: 0 }),
  ],
  ['effect_without_use', 'transitions.default.effects[0].name', withEffects('cut', { name: 'blur', to: 1 })],
  [
    'effect_out_of_range',
    'transitions.default.effects[0].to',
    withEffects('zoom', { name: 'rotate', to: 200 }),
  ],
  [
    'effect_out_of_range',
    'transitions.default.effects[0].from',
    withEffects('blur', { name: 'zoom', from: 0 }),
  ],
]
t.test('warnings about effects say what would be right', async (t) => {
  const { warnings } = check(withEffects('custom', { name: 'Blurr' }, { name: 'x', to: 4 }))
  t.match(
    warnings.map(({ message }) => message),
    [
      /There are opacity, blur, .*Did you mean "blur"/,
      /-1 to 1; 4 is held at 1/,
      /from its effects alone: x\./,
    ],
  )
})

for (const [code, path, document, over] of WARNINGS) {
  t.test(`warning ${code} at ${path}`, async (t) => {
    const { valid, warnings } = check(document, over)
    t.equal(valid, true)
    t.match(warnings, [{ code, path, message: /./ }])
    t.equal(warnings.length, 1, JSON.stringify(warnings))
  })
}

t.test('no warning without a cause', async (t) => {
  const quiet = storyboard({
    symbols: { mara: { prompt: 'x' }, jon: { prompt: 'x', voice: { asset_id: 'my-voice' } } },
    scenes: [
      scene('a', {
        duration: 10,
        prompt: '@mara',
        audio: { dialogue: [{ text: 'hello there', speaker: 'jon', start: 9 }] },
      }),
      scene('b', { audio: { sfx: [{ asset_id: 'asset_sfx_pop', start: 3.9 }] } }),
    ],
    transition_presets: { soft: { type: 'wipe', duration: 2, params: { direction: 'up', anything: 1 } } },
    transitions: { default: 'soft' },
  })
  t.same(check(quiet), { valid: true, errors: [], warnings: [] })
})

t.test('an unknown field names the field that was probably meant', async (t) => {
  const { warnings } = check({ ...storyboard(), transitons: {}, scenes: [scene('a', { oder: 1 } as never)] })
  t.same(
    warnings.map(({ path, message }) => [path, /Did you mean "(\w+)"/.exec(message)?.[1]]),
    [
      ['scenes[0].oder', 'order'],
      ['transitons', 'transitions'],
    ],
  )
})

t.test('all errors come in one pass, with places in reading order', async (t) => {
  const text = `title: ""
scenes:
  - id: a
    prompt: "hello
      @marra"
    duration: 45
  - {id: a, prompt: z}
symbols: {mara: {prompt: ok}}
transitions: {default: disolve, "a->x": cut}
`
  const parsed = parseStoryboard(text)
  if ('errors' in parsed) throw new Error('syntax')
  const { errors } = validateStoryboard(parsed.document, context(), parsed.source)
  t.same(
    errors.map(
      (error) =>
        `${error.line}:${error.column} ${error.code} ${error.source!.slice(error.column! - 1, error.endColumn! - 1)}`,
    ),
    [
      '1:8 V4_blank ""',
      '5:7 V14_symbol_unknown @marra',
      '6:15 V5_out_of_range 45',
      '7:5 V2_missing {id: a, prompt: z}',
      '7:10 V9_duplicate_id a',
      '9:24 V11_preset_unknown disolve',
      '9:33 V13_bad_key "a->x"',
    ],
  )
  t.equal(errors[1]!.source, '      @marra"')
})

t.test('at most 200 errors and 200 warnings, with values cut short', async (t) => {
  const { errors, warnings } = check({
    title: words(5000),
    scenes: fill(300, () => ({
      id: words(5000).slice(0, 70),
      prompt: `@${words(30)}`,
      duration: 0,
      'extra field': 1,
    })),
  })
  t.equal(errors.length, 200)
  t.equal(warnings.length, 200)
  t.ok(errors.every((error) => JSON.stringify(error).length < 1000))
})

t.test('far too large documents are refused for their size alone', async (t) => {
  const { errors } = check({ title: words(300_000) })
  t.match(errors, [{ code: 'V1_too_large', limit: 102_400 }])
  t.equal(errors.length, 1)
})

const junk = (count: number) => Array.from({ length: count }, () => ({}))
for (const [what, document] of [
  ['60,000 empty scenes', { title: 'x', scenes: junk(60_000) }],
  ['60,000 empty timeline elements', { title: 'x', scenes: [], timeline: junk(60_000) }],
  ['60,000 effects in a scene', withAudio({ sfx: junk(60_000) })],
  [
    'effects and lines in 100 scenes',
    { title: 'x', scenes: fill(100, () => ({ audio: { sfx: junk(200), dialogue: junk(200) } })) },
  ],
  [
    '10,000 symbols',
    { title: 'x', scenes: [], symbols: Object.fromEntries(fill(10_000, (i) => [`s${i}`, {}])) },
  ],
  [
    '30,000 unknown mentions',
    storyboard({ scenes: [scene('a', { prompt: fill(30_000, (i) => `@s${i}`).join('') })] }),
  ],
  ['nesting of 5,000', JSON.parse(`${'['.repeat(5000)}${']'.repeat(5000)}`)],
] as const) {
  t.test(`${what} are refused quickly`, async (t) => {
    check(storyboard())
    const cpu = process.cpuUsage()
    t.equal(check(document).valid, false)
    const used = process.cpuUsage(cpu)
    // One bad rule made some of these take minutes; real use is under 100 ms.
    t.ok((used.user + used.system) / 1000 < 1500, `${(used.user + used.system) / 1000} ms`)
  })
}

t.test('any JSON value is judged, never thrown at', async () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 6 }), (value) => {
      const { valid, errors } = check(value)
      return valid === (errors.length === 0)
    }),
    { numRuns: 500 },
  )
})

/** Every place in a document, to break one of them. */
function places(value: unknown, path: (string | number)[] = []): (string | number)[][] {
  if (value === null || typeof value !== 'object') return [path]
  return [
    path,
    ...Object.keys(value).flatMap((key) =>
      places((value as never)[key], [...path, Array.isArray(value) ? Number(key) : key]),
    ),
  ]
}
const FULL = storyboard({
  global_prompt: { positive: 'x', negative: 'y' },
  global_audio: {
    music: { asset_id: 'asset_music_tense', volume: 0.5, fade_in: 1, fade_out: 1, loop: true },
  },
  symbols: {
    mara: {
      prompt: 'x',
      negative: 'y',
      reference_images: [{ id: 'my-picture', weight: 1 }],
      voice: { asset_id: 'my-voice' },
    },
  },
  transition_presets: {
    soft: {
      type: 'wipe',
      duration: 1,
      params: { direction: 'up' },
      effects: [{ name: 'x', from: 0, to: 1, easing: 'linear' }],
      audio: { asset_id: 'asset_sfx_pop', volume: 1 },
    },
  },
  scenes: [
    scene('a', {
      prompt: '@mara',
      audio: {
        sfx: [{ asset_id: 'asset_sfx_pop', trigger: 'x', start: 1 }],
        dialogue: [{ text: 'hi', speaker: 'mara', start: 0 }],
      },
    }),
    scene('b'),
  ],
  transitions: { default: 'soft', 'a->b': { type: 'fade' } },
  timeline: [
    { transition: 'fade' },
    { scene: 'a' },
    { transition: { type: 'zoom' } },
    { flashback: { scenes: ['a'], treatment: { grain: 1 } } },
    { montage: { scenes: ['b'], pace: 'fast', transition: 'soft' } },
  ],
})

t.test('a valid document broken anywhere is judged, and what passes can be planned', async (t) => {
  t.same(check(FULL).errors, [])
  const anywhere = fc.constantFrom(...places(FULL).filter((path) => path.length > 0))
  const anything = fc.oneof(
    fc.jsonValue({ maxDepth: 2 }),
    fc.constantFrom<unknown>(
      null,
      '',
      'a',
      'b',
      'fade',
      'custom',
      0,
      -1,
      1,
      2,
      31,
      1e300,
      [],
      {},
      ['a'],
      '__proto__',
      'constructor',
      '@mara',
      'toString',
    ),
  )
  fc.assert(
    fc.property(fc.array(fc.tuple(anywhere, anything), { minLength: 1, maxLength: 3 }), (changes) => {
      const document = structuredClone(FULL)
      for (const [path, value] of changes) {
        const holder = path
          .slice(0, -1)
          .reduce<unknown>((at, key) => (at as Record<string, unknown> | null)?.[key], document)
        if (holder !== null && typeof holder === 'object')
          (holder as Record<string | number, unknown>)[path.at(-1)!] = value
      }
      const { valid } = check(document)
      if (valid) planShots(document as Storyboard, { resolution: '720p', aspect: '16:9', fps: 24 })
    }),
    { numRuns: 2000 },
  )
})

t.test('any valid storyboard is valid', async () => {
  fc.assert(fc.property(anyStoryboard, (document) => check(document).valid))
})

t.test('the input is not changed', async (t) => {
  const before = structuredClone(FULL)
  check(FULL)
  t.same(FULL, before)
})

t.test('asset ids are collected for looking up, system sounds left out', async (t) => {
  t.same(collectAssetIds(FULL), { audio: new Set(['my-voice']), image: new Set(['my-picture']) })
  for (const value of [null, 5, 'x', [], { scenes: 5, symbols: [1] }]) {
    t.same(collectAssetIds(value), { audio: new Set(), image: new Set() })
  }
})
