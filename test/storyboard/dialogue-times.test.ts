import fc from 'fast-check'
import t from 'tap'
import { dialogueTimes, lineKey } from '../../core/storyboard/dialogue-times.ts'
import { planShots } from '../../core/storyboard/plan.ts'
import type { Scene, Storyboard } from '../../core/storyboard/types.ts'
import { anyStoryboard, scene, storyboard } from './build.ts'

const FORMAT = { resolution: '720p', aspect: '16:9', fps: 24 } as const

const lines = (starts: readonly (number | null)[]) => ({
  dialogue: starts.map((start, i) => ({ text: `line ${i}`, speaker: 'mara', start })),
})
const talking = (id: string, starts: readonly (number | null)[], duration = 4): Scene =>
  scene(id, { duration, audio: lines(starts) })

function times(over: Partial<Storyboard>) {
  const document = storyboard(over)
  return dialogueTimes(planShots(document, FORMAT), document)
}

const said = (over: Partial<Storyboard>) =>
  times(over).map(
    (line) => `${lineKey(line)} ${line.startS.toFixed(2)}+${line.skippedS.toFixed(2)} <${line.endLimitS}`,
  )

t.test('a line is spoken at its start within its scene, and cut at the end of it', async (t) => {
  t.same(said({ scenes: [talking('a', [null, 1.5]), talking('b', [2])] }), [
    'a/0 0.00+0.00 <4',
    'a/1 1.50+0.00 <4',
    'b/0 6.00+0.00 <8',
  ])
  t.match(times({ scenes: [talking('a', [1])] })[0], { speaker: 'mara', text: 'line 0', volume: 1 })
})

t.test('where scenes overlap, the next one speaks from where it begins', async (t) => {
  t.same(said({ scenes: [talking('a', [3.9]), talking('b', [0])], transitions: { default: 'fade' } }), [
    'b/0 3.50+0.00 <7.5',
    'a/0 3.90+0.00 <4',
  ])
})

t.test('a line that begins when its scene is over is not spoken', async (t) => {
  t.same(said({ scenes: [talking('a', [4, 20])] }), [])
})

t.test('a montage speaks what belongs to the frames it plays', async (t) => {
  const scenes = [talking('a', [0, 1, 3.5], 5)]
  t.same(said({ scenes, timeline: [{ montage: { scenes: ['a'] } }] }), [
    'a/0 0.00+1.00 <3',
    'a/1 0.00+0.00 <3',
    'a/2 2.50+0.00 <3',
  ])
})

t.test('a scene that is shown twice speaks twice', async (t) => {
  const scenes = [talking('a', [1]), scene('b')]
  const timeline = [{ scene: 'a' }, { scene: 'b' }, { flashback: { scenes: ['a'] } }]
  t.same(said({ scenes, timeline }), ['a/0 1.00+0.00 <4', 'a/0 9.00+0.00 <12'])
})

t.test('every line begins before its limit, and its limit lies within the film', async () => {
  const starts = fc.array(fc.option(fc.double({ min: 0, max: 40, noNaN: true })), { maxLength: 5 })
  fc.assert(
    fc.property(anyStoryboard, starts, (document, startsOfAll) => {
      const spoken = {
        ...document,
        scenes: document.scenes.map((one) => ({ ...one, audio: lines(startsOfAll) })),
      }
      const plan = planShots(spoken, FORMAT)
      let before = 0
      for (const { startS, endLimitS, skippedS } of dialogueTimes(plan, spoken)) {
        if (startS < before || startS >= endLimitS || endLimitS > plan.durationS || skippedS < 0) return false
        before = startS
      }
      return true
    }),
  )
})
