/** Transitions that a storyboard names: used, renamed and taken away without the film changing. */
import t from 'tap'
import type { Storyboard } from '../../web/src/api/client.ts'
import { changed } from '../../web/src/document/edit.ts'
import { chosenPreset, joinsOf, plainJoin } from '../../web/src/document/joins.ts'
import {
  freePresetName,
  presetNameRefusal,
  presetOf,
  presetUses,
  removedPreset,
  renamedPreset,
} from '../../web/src/document/presets.ts'

const SLOW = { type: 'dissolve' as const, duration: 1.5 }
const BOARD: Storyboard = {
  title: 'x',
  scenes: ['a', 'b', 'c'].map((id) => ({ id, prompt: id, duration: 4 })),
  transition_presets: { slow: SLOW },
  transitions: { default: 'slow', 'a->b': 'cut' },
  timeline: [
    { scene: 'a' },
    { scene: 'b' },
    { transition: 'slow' },
    { montage: { scenes: ['c', 'a'], transition: 'slow' } },
    { scene: 'b' },
  ],
}

t.test('a preset is found where it is used, and a join says which it uses', async (t) => {
  t.equal(presetUses(BOARD, 'slow').length, 3)
  t.strictSame(
    joinsOf(BOARD).map((join) => presetOf(BOARD, join)),
    [null, 'slow', 'slow', null],
  )
  const [first] = joinsOf(BOARD)
  t.equal(changed(BOARD, chosenPreset(first!, 'slow')).transitions?.['a->b'], 'slow')
})

t.test('another name goes to every place; taken away, what it said is written out', async (t) => {
  const renamed = changed(BOARD, renamedPreset(BOARD, 'slow', 'melt'))
  t.strictSame(renamed.transition_presets, { melt: SLOW })
  t.equal(presetUses(renamed, 'melt').length, 3)
  const without = changed(BOARD, removedPreset(BOARD, 'slow'))
  t.equal(without.transition_presets, undefined)
  t.strictSame(
    joinsOf(without).map(({ transition }) => transition.durationS),
    joinsOf(BOARD).map(({ transition }) => transition.durationS),
  )
})

t.test('names that are taken are refused', async (t) => {
  t.equal(presetNameRefusal(BOARD, 'melt'), undefined)
  t.match(presetNameRefusal(BOARD, 'fade'), 'every storyboard has')
  t.match(presetNameRefusal(BOARD, 'slow'), 'There is a preset')
  t.match(presetNameRefusal(BOARD, ' '), 'has a name')
  t.equal(freePresetName(BOARD), 'preset-1')
})

t.test('what is written for one join is taken away, and nothing else', async (t) => {
  const [first, second, third, last] = joinsOf(BOARD)
  t.equal(changed(BOARD, plainJoin(first!)).transitions?.['a->b'], undefined)
  t.equal(changed(BOARD, plainJoin(second!)).timeline?.length, 4)
  t.strictSame(changed(BOARD, plainJoin(third!)).timeline?.[3], { montage: { scenes: ['c', 'a'] } })
  t.equal(changed(BOARD, plainJoin(last!)).transitions?.['a->b'], undefined)
  const byDefault = joinsOf({ ...BOARD, timeline: [] })[1]!
  t.strictSame(plainJoin(byDefault), [], 'the default is not of this join alone')
})
