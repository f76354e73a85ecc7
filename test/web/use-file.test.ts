/** A file of the library comes into a scene. */
import t from 'tap'
import type { Storyboard } from '../../web/src/api/client.ts'
import { withChanges } from '../../web/src/document/edit.ts'
import { type Usable, usesOf } from '../../web/src/document/use-file.ts'

const FILM = {
  title: 'Rail',
  symbols: { mara: { prompt: 'a sailor', reference_images: [{ id: 'old' }] }, lamp: { prompt: 'a lamp' } },
  scenes: [
    { id: 'rail', prompt: '@mara under the @lamp', duration: 4 },
    { id: 'sea', prompt: 'the sea', duration: 2, audio: { ambient: { asset_id: 'waves' } } },
  ],
} as unknown as Storyboard
const picture: Usable = { id: 'new', name: 'mara am hafen.png', kind: 'picture', category: 'team' }
const sound = (category: Usable['category']): Usable => ({
  id: 'rain',
  name: 'rain.wav',
  kind: 'sound',
  category,
})
const labels = (sceneId: string, file: Usable, sceneS = 0, film = FILM): string[] =>
  usesOf(film, sceneId, file, sceneS).map(({ label }) => label)

t.test('a picture is one of whom the scene names', async (t) => {
  const uses = usesOf(FILM, 'rail', picture, 0)
  t.match(uses, [
    {
      label: 'As a picture of @mara',
      name: 'add a picture to @mara',
      changes: [{ path: ['symbols', 'mara', 'reference_images', 1], value: { id: 'new' } }],
    },
    { changes: [{ path: ['symbols', 'lamp', 'reference_images', 0], value: { id: 'new' } }] },
  ])
  t.strictSame(labels('rail', { ...picture, id: 'old' }), ['As a picture of @lamp'], 'once each')
  const full = structuredClone(FILM)
  full.symbols!.mara!.reference_images = Array.from({ length: 8 }, (_, at) => ({ id: String(at) }))
  t.strictSame(labels('rail', picture, 0, full), ['As a picture of @lamp'], 'no more than eight')
})

t.test('in a scene that names nobody it is somebody new, whom the scene names then', async (t) => {
  const [use] = usesOf(FILM, 'sea', picture, 0)
  t.equal(use?.label, 'As @mara_am_hafen, new in this scene')
  const text = withChanges('scenes:\n  - id: rail\n  - id: sea\n    prompt: the sea # calm\n', use!.changes)
  t.match(text, 'prompt: the sea @mara_am_hafen # calm')
  t.match(
    text,
    /symbols:\n {2}mara_am_hafen:\n {4}prompt: mara am hafen\n {4}reference_images:\n {6}- id: new/,
  )
})

t.test('a sound is an effect at the playhead, or lies under the scene', async (t) => {
  t.strictSame(labels('rail', sound('team'), 1.5), [
    'As an effect at 1.5 s',
    'As its ambience',
    'As its music',
  ])
  t.equal(labels('rail', sound('music'))[0], 'As its music', 'what it is most likely for comes first')
  t.match(labels('sea', sound('ambient'))[0], /^As its ambience, instead of the one it has/)
  t.match(usesOf(FILM, 'rail', sound('sfx'), 9)[0]?.changes, [
    { path: ['scenes', 0, 'audio', 'sfx', 0], value: { asset_id: 'rain', start: 4 } },
  ])
  t.strictSame(usesOf(FILM, 'gone', sound('sfx'), 0), [], 'a scene that is gone takes nothing')
})
