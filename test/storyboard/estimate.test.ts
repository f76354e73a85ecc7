import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import t from 'tap'
import { estimate } from '../../core/storyboard/estimate.ts'
import { parseStoryboard } from '../../core/storyboard/parse.ts'
import { planShots } from '../../core/storyboard/plan.ts'
import type { Storyboard } from '../../core/storyboard/types.ts'
import { anyStoryboard, scene, storyboard } from './build.ts'

const RATES = { creditsPerSecond: 1, gpuSecondsPerVideoSecond: 12, engine: 'comfyui' }
const lengths = (...durations: number[]) =>
  storyboard({ scenes: durations.map((duration, i) => scene(`s${i}`, { duration })) })
const credits = (
  document: Storyboard,
  resolution: '480p' | '720p' | '1080p' = '720p',
  over = {},
  cached?: Set<string>,
) => estimate(document, { resolution }, { ...RATES, ...over }, cached).estimated_credits

const parsed = parseStoryboard(readFileSync(new URL('../../examples/welcome.yaml', import.meta.url)))
const welcome = ('document' in parsed ? parsed.document : null) as Storyboard

t.test('the examples of the price list', async (t) => {
  t.equal(credits(lengths(5, 5)), 10)
  t.equal(credits(lengths(5, 5), '1080p'), 20)
  t.same(
    estimate(lengths(3.2, 7.5), { resolution: '480p' }, RATES).scenes.map((found) => found.credits),
    [2, 4],
  )
  t.equal(credits(welcome), 10)
  t.equal(credits(welcome, '720p', {}, new Set(['entrance', 'welcome'])), 0)
  t.equal(credits(welcome, '720p', {}, new Set(['entrance'])), 5)
  t.equal(credits(welcome, '1080p', { engine: 'preview' }), 0)
})

for (const [what, document, resolution, draft, creditsPerSecond, expected] of [
  ['exact products are not rounded up by float noise', lengths(1.1), '720p', false, 10, 11],
  ['a thousandth over is', lengths(1.001), '720p', false, 1, 2],
  ['a scene costs one at least', lengths(1), '480p', true, 0.1, 1],
  ['a rate of nothing still costs one', lengths(1), '720p', false, 0, 1],
  ['draft halves the factor', lengths(10), '720p', true, 1, 5],
  ['draft at 480p is a quarter', lengths(10), '480p', true, 1, 3],
  ['rates have thousandths', lengths(30), '1080p', false, 0.333, 20],
  ['0.1 + 0.2 is 0.3', lengths(3), '720p', false, 0.1 + 0.2, 1],
] as const) {
  t.test(`rounding: ${what}`, async (t) => {
    const found = estimate(document, { resolution, draft }, { ...RATES, creditsPerSecond })
    t.equal(found.estimated_credits, expected)
  })
}

t.test('a scene that plays twice is paid once, one that never plays is not paid', async (t) => {
  const document = storyboard({
    scenes: [scene('a'), scene('b'), scene('unused')],
    timeline: [{ scene: 'b' }, { scene: 'a' }, { scene: 'b' }, { montage: { scenes: ['a'] } }],
  })
  const found = estimate(document, { resolution: '720p' }, RATES)
  t.same(found.scenes, [
    { id: 'b', duration: 4, credits: 4 },
    { id: 'a', duration: 4, credits: 4 },
  ])
  t.equal(found.estimated_duration_seconds, 4 + 4 + 4 + 2.4)
  t.equal(found.estimated_generation_time_seconds, 30 + 8 * 12)
})

t.test('overlaps shorten the film, black ends do not', async (t) => {
  t.equal(estimate(welcome, { resolution: '720p' }, RATES).estimated_duration_seconds, 9.5)
  const ends = storyboard({ timeline: [{ transition: 'fade' }, { scene: 'a' }, { transition: 'fade' }] })
  t.equal(estimate(ends, { resolution: '720p' }, RATES).estimated_duration_seconds, 4)
})

t.test('time grows with the resolution factor, and what is there already takes none', async (t) => {
  const seconds = (resolution: '480p' | '1080p', draft: boolean, cached?: Set<string>) =>
    estimate(lengths(5, 5), { resolution, draft }, RATES, cached).estimated_generation_time_seconds
  t.equal(seconds('1080p', false), 30 + 240)
  t.equal(seconds('480p', true), 30 + 30)
  t.equal(seconds('1080p', false, new Set(['s0'])), 30 + 120)
})

t.test('rates may come as decimal text', async (t) => {
  t.equal(credits(lengths(10), '720p', { creditsPerSecond: '1.5' }), 15)
})

t.test('the estimated length is the planned length, up to rounding to frames', async () => {
  fc.assert(
    fc.property(anyStoryboard, (document) => {
      const planned = planShots(document, { resolution: '720p', aspect: '16:9', fps: 24 })
      const found = estimate(document, { resolution: '720p' }, RATES)
      // Half a frame for each rounding: scene, share of it, and join.
      const slack = (planned.shots.length * 3 * 0.5 + 1) / 24
      return (
        Math.abs(planned.durationS - found.estimated_duration_seconds) <= slack &&
        found.scenes.length === planned.clips.length
      )
    }),
    { numRuns: 200 },
  )
})
