import t from 'tap'
import type { Join, Treatment } from '../../core/storyboard/plan-types.ts'
import { EFFECT_NAMES, EFFECTS } from '../../core/storyboard/transition-effects.ts'
import type { RenderPiece } from '../../worker/compose/cut-list.ts'
import { pieceGraph } from '../../worker/compose/effects.ts'
import { wipeDirection } from '../../worker/compose/transitions/crossfades.ts'
import { treat } from '../../worker/compose/treatments.ts'
import { FORMAT } from './fixtures.ts'

const TYPES = ['fade', 'dissolve', 'wipe', 'blur', 'zoom', 'flash', 'glitch', 'custom'] as const

const joinPiece = (over: Partial<Join>): RenderPiece => {
  const join: Join = { after: 0, type: 'dissolve', frames: 12, params: {}, effects: [], audio: null, ...over }
  const side = (sceneId: string) => ({ sceneId, from: 0, to: join.frames, treatment: null })
  return {
    kind: 'render',
    startFrame: 0,
    frames: join.frames,
    join,
    outgoing: side('a'),
    incoming: side('b'),
  }
}

t.test('the direction of a wipe', async (t) => {
  for (const direction of ['left', 'right', 'up', 'down'] as const)
    t.equal(wipeDirection({ direction }), direction)
  for (const direction of [undefined, null, 'sideways', 'left;null', 3])
    t.equal(wipeDirection({ direction }), 'left')
})

t.test('no text of a storyboard comes into a filter graph', async (t) => {
  const params = { direction: 'left;movie=/etc/passwd', color: "black,drawtext=text='x'", factor: '2;null' }
  for (const type of TYPES) {
    const effects = [{ name: "opacity';movie=x", from: 0, to: 1 }]
    const graph = pieceGraph(joinPiece({ type, params, effects }), FORMAT)
    t.notMatch(graph, /movie|drawtext|passwd/, type)
  }
})

t.test('the longest graph there can be is still one argument of a program', async (t) => {
  // Linux gives one argument 128 KiB.
  const format = { width: 1920, height: 1080, fps: 30 } as const
  for (const type of TYPES) {
    for (const name of EFFECT_NAMES) {
      const { rest, min, max } = EFFECTS[name]
      const middle = (max + rest) / 2
      const effects = Array.from({ length: 5 }, () => ({
        name,
        from: rest === min ? middle : min,
        to: max,
        easing: 'ease_in_out' as const,
      }))
      const { length } = pieceGraph(joinPiece({ type, frames: 150, effects }), format)
      t.ok(length < 128 * 1024, `${type} with five ${name}: ${length}`)
    }
  }
})

t.test('treatments: nothing asked, nothing done; values beyond their range are held', async (t) => {
  const look = (treatment: Treatment | null) => treat(treatment, 5, FORMAT, '[in]', '[out]', 'look')
  const untouched = ['[in]setsar=1,format=yuv420p[out]']
  t.same(look(null), untouched)
  t.same(look({ desaturate: 0, blur: 0, grain: 0, vignette: false }), untouched)
  t.same(look({ desaturate: 7, vignette: true, blur: 5 }), [
    '[in]hue=s=0,gblur=sigma=4.5,vignette=angle=PI/5,setsar=1,format=yuv420p[out]',
  ])
  t.same(look({ grain: 9 }), look({ grain: 1 }))
})
