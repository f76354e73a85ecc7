import t from 'tap'
import { burnInOf, slateSpan } from '../../core/storyboard/burn-in.ts'
import { planShots } from '../../core/storyboard/plan.ts'
import { scene, storyboard } from './build.ts'

const FORMAT = { resolution: '480p', aspect: '16:9', fps: 24 } as const

t.test('what options ask to burn in', async (t) => {
  for (const [options, wanted] of [
    [{}, null],
    [{ slate: false, timecode: false }, null],
    [{ slate: true }, { slate: { take: 1 }, timecode: false }],
    [{ slate: {} }, { slate: { take: 1 }, timecode: false }],
    [{ slate: { take: null } }, { slate: { take: 1 }, timecode: false }],
    [
      { slate: { take: 7 }, timecode: true },
      { slate: { take: 7 }, timecode: true },
    ],
    [{ timecode: true }, { slate: null, timecode: true }],
  ] as const) {
    t.same(burnInOf(options), wanted, JSON.stringify(options))
  }
})

t.test('burning in changes neither the length of a film nor its shots and joins', async (t) => {
  const board = storyboard({ transitions: { default: 'fade' } })
  const { burnIn, clips, ...planned } = planShots(board, { ...FORMAT, slate: { take: 2 }, timecode: true })
  t.same(burnIn, { slate: { take: 2 }, timecode: true })
  const { clips: plain, ...rest } = planShots(board, FORMAT)
  t.same(planned, rest)
  t.same(
    clips.map(({ cutFrames, ...clip }) => clip),
    plain.map(({ cutFrames, ...clip }) => clip),
  )
})

t.test('where a slate ends, copying can begin', async (t) => {
  const board = storyboard({ transitions: { default: { type: 'fade', duration: 0.5 } } })
  const { clips } = planShots(board, { ...FORMAT, slate: true })
  t.same(
    clips.map(({ cutFrames }) => cutFrames),
    [
      [0, 24, 84],
      [0, 12, 36],
    ],
  )
})

t.test('a slate begins where its shot is alone and ends with it at the latest', async (t) => {
  const scenes = [scene('a'), scene('b', { duration: 1 }), scene('c', { duration: 2 })]
  const plan = planShots(
    storyboard({ scenes, transitions: { default: { type: 'fade', duration: 0.5 } } }),
    FORMAT,
  )
  t.same(
    plan.shots.map((_, index) => slateSpan(plan, index)),
    [
      { from: 0, to: 24 },
      { from: 96, to: 108 },
      { from: 108, to: 132 },
    ],
  )
})
