/** Edits of the storyboard's text: what changes, and that nothing else does. */

import t from 'tap'
import { parse } from 'yaml'
import type { Storyboard } from '../../web/src/api/client.ts'
import {
  changed,
  common,
  pathOf,
  removedScenes,
  renamedScene,
  withChanges,
} from '../../web/src/document/edit.ts'

const TEXT = `# the lamp
title: The lamp # a working title
scenes:
  - id: stairs # first
    prompt: he climbs
    duration: 4
    audio: null
  - { id: sea, prompt: the sea, duration: 6 }
  - { id: lamp, prompt: the lamp, duration: 5 }
transitions:
  default: cut
  stairs->sea: dissolve # slow
timeline:
  - scene: stairs
  - transition: fade
  - scene: sea
  - transition: wipe
  - montage: { scenes: [lamp, sea], pace: fast }
`
const read = (text: string): Storyboard => parse(text) as Storyboard

t.test('a change keeps comments and everything that it does not name', async (t) => {
  const text = withChanges(TEXT, [
    { path: ['scenes', 0, 'audio', 'sfx', 0], value: { asset_id: 'asset_sfx_pop', start: 1 } },
    { path: ['scenes', 0, 'duration'], value: 5 },
  ])
  for (const comment of ['# the lamp', '# a working title', '# first', '# slow']) t.match(text, comment)
  t.strictSame(read(text).scenes[0], {
    id: 'stairs',
    prompt: 'he climbs',
    duration: 5,
    audio: { sfx: [{ asset_id: 'asset_sfx_pop', start: 1 }] },
  })
  t.strictSame(read(text).scenes.slice(1), read(TEXT).scenes.slice(1))
})

t.test('what holds nothing after a change goes too, and a field that is not there is no fault', async (t) => {
  const added = withChanges(TEXT, [
    { path: ['global_audio', 'music'], value: { asset_id: 'asset_music_tense' } },
  ])
  t.equal(read(added).global_audio?.music?.asset_id, 'asset_music_tense')
  const removed = withChanges(added, [{ path: ['global_audio', 'music'], value: undefined }])
  t.strictSame(read(removed), read(TEXT))
  t.strictSame(
    read(withChanges(TEXT, [{ path: ['symbols', 'mara', 'voice'], value: undefined }])),
    read(TEXT),
  )
})

t.test('what is shown before the text is checked is what the text says', async (t) => {
  for (const changes of [
    [{ path: ['scenes', 0, 'audio', 'sfx', 0], value: { asset_id: 'asset_sfx_pop' } }],
    [
      { path: ['scenes', 1, 'audio', 'music', 'volume'], value: 0.5 },
      { path: ['scenes', 1, 'audio', 'music', 'volume'], value: undefined },
    ],
    [{ path: ['transitions', 'stairs->sea'], key: 'sea->stairs' }],
    [{ path: ['timeline', 4, 'montage', 'scenes', 0], value: undefined }],
    [{ path: ['symbols', 'mara', 'voice'], value: undefined }],
    [{ path: ['title'], value: 'Another' }],
    renamedScene(read(TEXT), 'sea', 'water'),
    removedScenes(read(TEXT), ['sea', 'lamp']),
  ])
    t.strictSame(changed(read(TEXT), changes), read(withChanges(TEXT, changes)), JSON.stringify(changes[0]))
})

t.test('a text that cannot be read is not edited', async (t) => {
  t.throws(() => withChanges('title: [', [{ path: ['title'], value: 'x' }]))
})

t.test('a scene that gets another name keeps its joins and its places', async (t) => {
  const text = withChanges(TEXT, renamedScene(read(TEXT), 'sea', 'water'))
  const after = read(text)
  t.match(text, /stairs->water: dissolve # slow/)
  t.strictSame(
    after.scenes.map(({ id }) => id),
    ['stairs', 'water', 'lamp'],
  )
  t.strictSame(after.timeline, [
    { scene: 'stairs' },
    { transition: 'fade' },
    { scene: 'water' },
    { transition: 'wipe' },
    { montage: { scenes: ['lamp', 'water'], pace: 'fast' } },
  ])
})

t.test(
  'a scene that is removed leaves no name of it behind, and no transition without two sides',
  async (t) => {
    const after = read(withChanges(TEXT, removedScenes(read(TEXT), ['sea'])))
    t.strictSame(
      after.scenes.map(({ id }) => id),
      ['stairs', 'lamp'],
    )
    t.strictSame(after.transitions, { default: 'cut' })
    t.strictSame(after.timeline, [
      { scene: 'stairs' },
      { transition: 'fade' },
      { montage: { scenes: ['lamp'], pace: 'fast' } },
    ])
    const last = read(withChanges(TEXT, removedScenes(read(TEXT), ['sea', 'lamp'])))
    t.strictSame(last.timeline, [{ scene: 'stairs' }])
  },
)

t.test('paths of problems are paths of edits', async (t) => {
  t.strictSame(pathOf('scenes[2].audio.sfx[0].start'), ['scenes', 2, 'audio', 'sfx', 0, 'start'])
  t.strictSame(pathOf('transitions["a->b"]'), ['transitions', 'a->b'])
  t.strictSame(pathOf('timeline[3].montage.transition'), ['timeline', 3, 'montage', 'transition'])
})

t.test('several scenes have a value in common or not', async (t) => {
  t.strictSame(common([4, 4, 4]), { value: 4 })
  t.equal(common([4, 5]), 'mixed')
  t.strictSame(common<number | null | undefined>([undefined, null]), { value: undefined })
})
