import t from 'tap'
import type { Join } from '../../core/storyboard/plan-types.ts'
import {
  DRAWN_AS,
  fadeColour,
  joinWarnings,
  treatmentFilters,
  wipeDirection,
} from '../../worker/compose/effects.ts'
import { FORMAT } from './fixtures.ts'

const join = (over: Partial<Join>): Join => ({
  after: 0,
  type: 'dissolve',
  frames: 12,
  params: {},
  effects: [],
  audio: null,
  ...over,
})

t.test('the colour of a fade', async (t) => {
  const table: [unknown, string | null][] = [
    [undefined, '000000'],
    ['black', '000000'],
    ['White', 'ffffff'],
    ['#f80', 'ff8800'],
    ['#FF8800', 'ff8800'],
    ['336699', '336699'],
    ['chartreuse?', null],
    ['#12', null],
    ['constructor', null],
    ["black,drawtext=text='x'", null],
    [7, null],
    [null, null],
  ]
  for (const [color, wanted] of table) {
    t.equal(fadeColour(color === undefined ? {} : { color }), wanted, String(color))
  }
})

t.test('the direction of a wipe', async (t) => {
  for (const direction of ['left', 'right', 'up', 'down'] as const)
    t.equal(wipeDirection({ direction }), direction)
  for (const direction of [undefined, null, 'sideways', 'left;null', 3])
    t.equal(wipeDirection({ direction }), 'left')
})

t.test('whoever asked for more than is drawn is told', async (t) => {
  t.same(joinWarnings(join({ type: 'wipe', params: { direction: 'up' } })), [])
  t.same(joinWarnings(join({ type: 'fade', params: { color: '#123456' } })), [])
  t.match(joinWarnings(join({ type: 'wipe', params: { direction: 'sideways' } })), [/left is used/])
  t.match(joinWarnings(join({ type: 'fade', params: { color: 'no' } })), [/black is used/])
  t.match(joinWarnings(join({ effects: [{ name: 'spin' }] })), [/Effects/])
  for (const type of ['blur', 'zoom', 'flash', 'glitch', 'custom'] as const) {
    t.match(joinWarnings(join({ type })), [/drawn as a dissolve/], type)
    t.equal(DRAWN_AS[type].as, 'dissolve')
  }
})

t.test('treatments: nothing asked, nothing done; values beyond their range are held', async (t) => {
  t.same(treatmentFilters(null, FORMAT), [])
  t.same(treatmentFilters({ desaturate: 0, blur: 0, grain: 0, vignette: false }, FORMAT), [])
  t.same(treatmentFilters({ desaturate: 7, vignette: true, grain: 9, blur: 5 }, FORMAT), [
    'hue=s=0.000',
    'gblur=sigma=4.50',
    'vignette=angle=PI/5',
    'noise=c0s=40:c0f=t',
  ])
})
