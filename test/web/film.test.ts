/** Two films beside each other: what belongs together, what is different, and how the second keeps step. */
import { t } from 'tap'
import type { Job } from '../../schemas/types.ts'
import { changesIn } from '../../web/src/pages/film/changes.ts'
import { correction } from '../../web/src/pages/film/correction.ts'
import { type Film, labelOf } from '../../web/src/pages/film/films.ts'
import { align, counterpart, type Segment, segmentAt, segmentsOf } from '../../web/src/pages/film/segments.ts'

const shots = (...list: [string, number, number][]) =>
  list.map(([scene_id, start_frame, frames]) => ({ scene_id, start_frame, frames }))
const line = (...list: [string, number][]): Segment[] => {
  let start = 0
  return list.map(([sceneId, frames]) => {
    start += frames
    return { sceneId, start: start - frames, end: start }
  })
}

t.test('a transition is split at its middle', async (t) => {
  const segments = segmentsOf(shots(['a', 0, 48], ['b', 36, 48], ['c', 84, 24]), 108)
  t.strictSame(segments, [
    { sceneId: 'a', start: 0, end: 42 },
    { sceneId: 'b', start: 42, end: 84 },
    { sceneId: 'c', start: 84, end: 108 },
  ])
  t.strictSame(
    [0, 41, 42, 107, 500].map((frame) => segmentAt(segments, frame)),
    [0, 0, 1, 2, 2],
  )
})

t.test('scenes go together in their order, and those that were moved wherever they are', async (t) => {
  for (const [a, b, expected] of [
    ['x y z', 'x y z', [0, 1, 2]],
    ['x n y', 'x y', [0, null, 1]],
    ['x y', 'n x y', [1, 2]],
    ['y x z', 'x y z', [1, 0, 2]],
    ['x x', 'x', [0, null]],
    ['x', '', [null]],
  ] as const) {
    const of = (text: string): Segment[] =>
      line(...text.split(' ').flatMap((id): [string, number][] => (id ? [[id, 24]] : [])))
    t.strictSame(align(of(a), of(b)), expected, `${a} beside ${b}`)
  }
})

t.test('a frame has its counterpart in the same scene of the other film', async (t) => {
  const a = { segments: line(['x', 48], ['n', 24], ['y', 48]), fps: 24, frames: 120 }
  const b = { segments: line(['x', 36], ['y', 60]), fps: 24, frames: 96 }
  const matches = align(a.segments, b.segments)
  const at = (frame: number) => counterpart(a, b, matches, frame)
  t.strictSame(at(10), { frame: 10, longerS: -0.5 })
  t.strictSame(at(40), { frame: 35, longerS: -0.5 }, 'a shorter scene stays at its last frame')
  t.strictSame(at(50), { frame: null, longerS: 0 }, 'a scene that is new has none')
  t.strictSame(at(72), { frame: 36, longerS: 0.5 })
  t.strictSame(at(119).frame, 83, 'of a longer scene the end is not seen')
  const slow = { segments: line(['x', 24]), fps: 16, frames: 24 }
  t.strictSame(counterpart(a, slow, [0, null, null], 24).frame, 16, 'rates may differ: time counts')
  t.strictSame(
    counterpart({ ...a, segments: [] }, { ...b, segments: [] }, [], 119).frame,
    95,
    'films without a list of scenes run beside each other',
  )
})

t.test('a second film that is off comes within a frame of the first, and stays', async (t) => {
  const fps = 24
  for (const speed of [0.25, 1, 2, 4, 8])
    for (const offS of [0.2, -0.2, 0.06, -0.06]) {
      let [first, second] = [10, 10 + offS]
      let seeks = 0
      let worst = 0
      const aSecond = 60 / Math.min(1, speed)
      for (let tick = 0; tick < 4 * aSecond; tick += 1) {
        const step = correction(second - first, fps, speed)
        if (step.kind === 'seek') {
          second = first
          seeks += 1
        }
        first += speed / 60
        second += (step.kind === 'rate' ? step.rate : speed) / 60
        // A second of the film is enough.
        if (tick > aSecond) worst = Math.max(worst, Math.abs(second - first) * fps)
      }
      t.equal(seeks, 0)
      t.ok(worst <= 1, `${offS} s off at ${speed}×`, { worst })
    }
  t.strictSame(correction(0.001, fps, 1), { kind: 'rate', rate: 1 }, 'what nobody sees is left alone')
  t.strictSame(correction(3, fps, 1), { kind: 'seek' })
  t.strictSame(correction(-3, fps, 1), { kind: 'seek' })
})

const film = (over: {
  scenes?: object[]
  spec?: object
  clips?: Record<string, string>
  options?: object
  created_at?: string
  id?: string
  revision?: number
  model?: string
}): Film => {
  const scenes = over.scenes ?? [
    { id: 'x', prompt: '@mara waits', duration: 2 },
    { id: 'y', prompt: 'the sea', duration: 2 },
  ]
  const clips = over.clips ?? { x: '1', y: '2' }
  return {
    id: over.id ?? 'film',
    status: 'completed',
    created_at: over.created_at ?? '2026-11-25T10:00:00.000Z',
    spec_snapshot: { title: 'T', symbols: { mara: { prompt: 'a woman' } }, scenes, ...over.spec },
    options: { resolution: '720p', fps: 24, ...over.options },
    output: {
      scene_clips: Object.entries(clips).map(([scene_id, sha256]) => ({
        scene_id,
        sha256,
        url: '',
        duration: 2,
      })),
      metadata: { spec_revision: over.revision ?? 1, model_used: over.model ?? 'preview-animatic' },
    },
  } as unknown as Job as Film
}

t.test('changes are told by scene, and the same is only what has the same bytes', async (t) => {
  const before = film({})
  t.strictSame(changesIn(film({}), before), { scenes: [], removed: [], film: [], identical: 2 })
  t.strictSame(
    changesIn(
      film({
        scenes: [
          { id: 'x', prompt: '@mara runs', duration: 3 },
          { id: 'n', prompt: 'night', duration: 2 },
          { id: 'y', prompt: 'the sea', duration: 2 },
        ],
        clips: { x: '9', n: '8', y: '2' },
      }),
      before,
    ),
    {
      scenes: [
        { sceneId: 'x', number: 1, what: ['prompt', 'duration'] },
        { sceneId: 'n', number: 2, what: ['new'] },
      ],
      removed: [],
      film: [],
      identical: 1,
    },
  )
  t.match(
    changesIn(film({ clips: { x: '1', y: '7' } }), before),
    { scenes: [{ sceneId: 'y', what: ['new take'] }], identical: 1 },
    'the same words with other bytes are a new take',
  )
  t.match(
    changesIn(film({ spec: { symbols: { mara: { prompt: 'a girl' } } }, clips: { x: '5', y: '2' } }), before),
    { scenes: [{ sceneId: 'x', what: ['@mara'] }], identical: 1 },
  )
  const unknown = film({})
  for (const clip of unknown.output.scene_clips) delete clip.sha256
  t.match(changesIn(unknown, before), { identical: 0 }, 'what is not known is not called the same')
  t.strictSame(
    changesIn(film({ scenes: before.spec_snapshot.scenes as object[] }), film({ scenes: [] })).identical,
    0,
  )
})

t.test('of the film as a whole it says what is different, too', async (t) => {
  const scenes = [...(film({}).spec_snapshot.scenes as object[])]
  t.strictSame(
    changesIn(
      film({
        scenes: scenes.toReversed(),
        spec: { title: 'Other', transitions: { default: 'fade' } },
        options: { fps: 30 },
        model: 'wan',
      }),
      film({}),
    ).film,
    ['title', 'transitions', 'order of the scenes', 'frame rate', 'engine'],
  )
  t.strictSame(changesIn(film({ scenes: scenes.slice(0, 1) }), film({})).removed, ['y'])
})

t.test('films are named by revision and day, with the hour where that is not enough', async (t) => {
  const now = new Date(2026, 10, 25, 18).getTime()
  const at = (day: number, hour: number): string => new Date(2026, 10, day, hour, 5).toISOString()
  const today = film({ id: '1', revision: 42, created_at: at(25, 14), model: 'wan' })
  const yesterday = film({ id: '2', revision: 41, created_at: at(24, 9), model: 'wan' })
  const animatic = film({ id: '3', revision: 41, created_at: at(12, 9) })
  const again = film({ id: '4', revision: 42, created_at: at(25, 16), model: 'wan' })
  t.equal(labelOf(today, [today, yesterday], now), 'r42 today')
  t.equal(labelOf(yesterday, [today, yesterday], now), 'r41 yesterday')
  t.equal(labelOf(animatic, [animatic], now), 'r41 12 November, animatic')
  t.equal(labelOf(again, [today, again], now), 'r42 today 16:05')
})
