/** What stands where on the timeline, where things are dropped, and what stops them. */
import t from 'tap'
import type { Storyboard } from '../../web/src/api/client.ts'
import { lineSound, movedSound } from '../../web/src/document/sounds.ts'
import { chosenScenes, selection } from '../../web/src/pages/editor/selection.ts'
import {
  dropPlace,
  edgesOf,
  heldDuration,
  layoutOf,
  placeAt,
  snapped,
  windowAt,
} from '../../web/src/pages/editor/timeline-layout.ts'
import { drawWave, loudnessAt } from '../../web/src/pages/editor/wave.ts'

const BOARD = {
  title: 'x',
  global_audio: { music: { asset_id: 'asset_music_tense', volume: 0.5 } },
  scenes: [
    { id: 'a', prompt: 'a', duration: 4, audio: { sfx: [{ asset_id: 'asset_sfx_applause', start: 2 }] } },
    { id: 'b', prompt: 'b', duration: 2, audio: { music: { asset_id: 'own', loop: true, fade_in: 1 } } },
    { id: 'c', prompt: 'c', duration: 6 },
  ],
  transitions: { 'a->b': { type: 'dissolve', duration: 1 } },
} as Storyboard
const layout = layoutOf(BOARD, 24, new Map([['own', { name: 'own.wav', seconds: 1.5 }]]))!

t.test('an overlap is split at its middle, so that shots stand side by side', async (t) => {
  t.strictSame(edgesOf(layout.plan), [
    { start: 0, end: 84 },
    { start: 84, end: 120 },
    { start: 120, end: 264 },
  ])
})

t.test('blocks say what is heard of their sound, and where it is written', async (t) => {
  const [effect, ...music] = layout.blocks
  t.match(effect, { lane: 'effects', startFrame: 48, path: 'scenes[0].audio.sfx[0]', soundS: 3.2 })
  t.equal(effect?.frames, 72, 'an effect rings on for a second at most')
  t.match(music, [
    { startFrame: 0, sceneId: null, skipS: 0, volume: 0.5, path: 'global_audio.music' },
    { startFrame: 72, sceneId: 'b', label: 'own.wav', loop: true, fadeInS: 1, path: 'scenes[1].audio.music' },
    { startFrame: 120, sceneId: null, skipS: 5 },
  ])
})

t.test('a line has an estimated length and no shape, until it has been spoken', async (t) => {
  const line = { speaker: 'mara', text: 'We are late.', start: 1 }
  const spoken = structuredClone(BOARD)
  spoken.scenes[2]!.audio = { dialogue: [line] }
  const lineOf = (sounds: Parameters<typeof layoutOf>[2]) =>
    layoutOf(spoken, 24, sounds)?.blocks.find(({ lane }) => lane === 'dialogue')
  t.match(lineOf(new Map()), { assetId: null, soundS: null, frames: 19, path: 'scenes[2].audio.dialogue[0]' })
  const id = lineSound(line)
  t.match(lineOf(new Map([[id, { name: '', seconds: 1.5 }]])), { assetId: id, soundS: 1.5, frames: 36 })
  t.not(lineSound({ ...line, speaker: 'jonas' }), id, 'in another voice it is another sound')
})

t.test('a dragged shot takes the place of the one whose middle it has passed', async (t) => {
  const edges = edgesOf(layout.plan)
  t.equal(dropPlace(edges, 0, 42), 0)
  t.equal(dropPlace(edges, 0, 103), 1)
  t.equal(dropPlace(edges, 0, 500), 2)
  t.equal(dropPlace(edges, 2, -5), 0)
})

t.test('the playhead is in a shot, at a moment of its scene', async (t) => {
  t.match(placeAt(layout.plan, 132), { shot: { sceneId: 'c' }, sceneS: 0.5 })
  t.match(placeAt(layout.plan, 9_999), { shot: { sceneId: 'c' }, sceneS: 5.958 })
})

t.test('limits stop a duration and say why', async (t) => {
  t.strictSame(heldDuration(4.2, 0), { seconds: 4.2, stop: null })
  t.strictSame(heldDuration(0.2, 0), { seconds: 1, stop: '1 s is the shortest scene' })
  t.strictSame(heldDuration(44, 0), { seconds: 30, stop: '30 s is the longest scene' })
  t.strictSame(heldDuration(20, 290), { seconds: 10, stop: '300 s in all' })
})

t.test('a place is drawn to the first target near it, and let go later than it was taken', async (t) => {
  const targets = [
    { frame: 100, name: 'cut' },
    { frame: 96, name: 'whole second' },
  ]
  t.match(snapped(95, targets, 6), { frame: 100, target: { name: 'cut' } })
  t.strictSame(snapped(50, targets, 6), { frame: 50, target: null })
  t.equal(snapped(108, targets, 6).target, null)
  t.equal(snapped(108, targets, 6, targets[0]).frame, 100)
})

t.test('a sound that crosses a cut becomes one of that scene, unless that is full', async (t) => {
  t.strictSame(movedSound(BOARD, 'scenes[0].audio.sfx[0]', { sceneId: 'a', sceneS: 1 }), [
    { path: ['scenes', 0, 'audio', 'sfx', 0, 'start'], value: 1 },
  ])
  t.strictSame(movedSound(BOARD, 'scenes[0].audio.sfx[0]', { sceneId: 'c', sceneS: 1.25 }), [
    {
      path: ['scenes', 2, 'audio', 'sfx', 0],
      value: { asset_id: 'asset_sfx_applause', start: 1.25 },
    },
    { path: ['scenes', 0, 'audio', 'sfx', 0], value: undefined },
  ])
  const full = structuredClone(BOARD)
  full.scenes[2]!.audio = { sfx: Array.from({ length: 10 }, () => ({ asset_id: 'asset_sfx_pop' })) }
  t.match(movedSound(full, 'scenes[0].audio.sfx[0]', { sceneId: 'c', sceneS: 1 }), {
    refusal: /10 effects are the most/,
  })
})

t.test('the wave is that of the sound, faded, as loud as asked, and silent after its end', async (t) => {
  const heard = {
    peaks: [
      [-0.2, 0.2],
      [-1, 1],
    ],
    soundS: 2,
    skipS: 0,
    lengthS: 5,
    loop: false,
    volume: 0.5,
    fadeInS: 0,
    fadeOutS: 0,
  }
  t.equal(loudnessAt(heard, 0.5, 0.1), 0.1)
  t.equal(loudnessAt(heard, 1.5, 0.1), 0.5)
  t.equal(loudnessAt(heard, 3.5, 0.1), 0)
  t.equal(loudnessAt({ ...heard, loop: true }, 3.5, 0.1), 0.5)
  t.equal(loudnessAt({ ...heard, fadeInS: 3 }, 1.5, 0.1), 0.25)
  const bars: number[][] = []
  drawWave(
    { fillRect: (...bar: number[]) => void bars.push(bar) },
    heard,
    { left: 10, top: 12, height: 12, pxPerS: 10 },
    { from: 0, to: 400 },
  )
  t.equal(bars.length, 10, 'for as long as it is heard')
  t.ok(
    bars.every(([x, y, , height]) => x! >= 10 && y! >= 12 && y! + height! <= 24),
    'within its strip',
  )
})

t.test('what is drawn is what is seen and a screen to either side', async (t) => {
  t.strictSame(windowAt(0, 1000), { width: 1000, from: 0, to: 3000 })
  t.strictSame(windowAt(2500, 1000), { width: 1000, from: 1000, to: 5000 })
})

t.test('a press selects one, Ctrl adds or takes away, Shift takes all between', async (t) => {
  const ids = ['a', 'b', 'c', 'd']
  t.strictSame(selection(ids, ['a'], 'c', 'only'), ['c'])
  t.strictSame(selection(ids, ['a'], 'c', 'add'), ['a', 'c'])
  t.strictSame(selection(ids, ['a', 'c'], 'a', 'add'), ['c'])
  t.strictSame(selection(ids, ['d'], 'b', 'run'), ['c', 'd', 'b'])
  t.strictSame(selection(ids, ['a'], '', 'only'), [])
  const scenes = ids.map((id) => ({ id }))
  t.strictSame(chosenScenes(scenes, undefined), [{ id: 'a' }])
  t.strictSame(chosenScenes(scenes, ''), [])
  t.strictSame(chosenScenes(scenes, 'c,gone,b'), [{ id: 'c' }, { id: 'b' }])
})
