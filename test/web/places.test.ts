/** Where the playhead goes when a scene is chosen. */
import t from 'tap'
import { placesOf } from '../../web/src/pages/editor/places.ts'

t.test('a scene is shown from where nothing of the one before is seen any more', async (t) => {
  const places = placesOf([
    { sceneId: 'quay', start: 0, frames: 48 },
    { sceneId: 'wake', start: 36, frames: 48 },
    { sceneId: 'sea', start: 84, frames: 24 },
  ])
  t.strictSame(
    places.map(({ start, alone, end }) => [start, alone, end]),
    [
      [0, 0, 48],
      [36, 48, 84],
      [84, 84, 108],
    ],
  )
})

t.test('a scene that is joined from its first frame to its last keeps its last frame', async (t) => {
  const [, joined] = placesOf([
    { sceneId: 'quay', start: 0, frames: 48 },
    { sceneId: 'wake', start: 24, frames: 20 },
  ])
  t.equal(joined?.alone, 43)
})
