import { readFileSync } from 'node:fs'
import t from 'tap'
import {
  EFFECT_NAMES,
  EFFECTS,
  findEffect,
  resolveEffect,
  shapes,
  valueAt,
} from '../../core/storyboard/transition-effects.ts'
import { TRANSITION_TYPES } from '../../core/storyboard/transitions.ts'

t.test('an effect is found however it is spelled', async (t) => {
  for (const name of ['rgb_split', 'RGB split', ' Rgb-Split ']) t.equal(findEffect(name), 'rgb_split')
  for (const name of ['', 'rgbsplit', 'toString', '__proto__']) t.equal(findEffect(name), null)
})

t.test('what is left out is at rest, what is too much is held', async (t) => {
  t.same(resolveEffect({ name: 'blur', to: 7 }), { name: 'blur', from: 0, to: 1, easing: 'linear' })
  t.match(resolveEffect({ name: 'zoom', from: 0.1 }), { from: 0.5, to: 1 })
  t.match(resolveEffect({ name: 'opacity' }), { from: 0, to: 1 })
  t.match(resolveEffect({ name: 'opacity', to: 0 }), { from: 1, to: 0 })
  t.equal(resolveEffect({ name: 'sparkle' }), null)
})

t.test('an effect shapes the picture that it leaves at rest at the far end', async (t) => {
  for (const [from, to, outgoing, incoming] of [
    [0, 1, true, false],
    [1, 0, false, true],
    [0.5, 1, true, true],
    [0, 0, false, false],
  ] as const) {
    t.same(shapes(resolveEffect({ name: 'blur', from, to })!), { outgoing, incoming }, `${from} to ${to}`)
  }
})

t.test('easings: the same ends, another way', async (t) => {
  const value = (easing: 'linear' | 'ease_in' | 'ease_out' | 'ease_in_out', at: number) =>
    valueAt({ name: 'rotate', from: -10, to: 30, easing }, at)
  for (const [easing, quarter] of [
    ['linear', 0],
    ['ease_in', -7.5],
    ['ease_out', 7.5],
    ['ease_in_out', -5],
  ] as const) {
    t.equal(value(easing, 0), -10)
    t.equal(value(easing, 0.25), quarter, easing)
    t.equal(value(easing, 1), 30)
  }
})

t.test('docs/storyboard.md names every type, effect with its range, and easing', async (t) => {
  const page = readFileSync(new URL('../../docs/storyboard.md', import.meta.url), 'utf8')
  for (const type of TRANSITION_TYPES) t.match(page, `| \`${type}\` |`, type)
  for (const easing of ['linear', 'ease_in', 'ease_out', 'ease_in_out'])
    t.match(page, `| \`${easing}\``, easing)
  const effects = page.slice(page.indexOf('\n## Effects'))
  for (const name of EFFECT_NAMES) {
    const row = effects
      .split('\n')
      .find((line) => line.startsWith('|') && line.split('|')[1]!.includes(`\`${name}\``))
    const { rest, min, max } = EFFECTS[name]
    const [, , atRest, range] = (row ?? '').split('|').map((cell) => cell.trim())
    t.equal(range, `${min} to ${max}`, `${name}: its range`)
    if (name !== 'opacity') t.equal(atRest, String(rest), `${name}: at rest`)
  }
})
