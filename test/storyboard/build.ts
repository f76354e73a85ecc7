/** Builders: valid by default, with only the interesting fields in the test. */
import fc from 'fast-check'
import { SYSTEM_ASSET_IDS } from '../../core/storyboard/system-assets.ts'
import type { Scene, Storyboard, TimelineElement, Transition } from '../../core/storyboard/types.ts'
import { type ValidationContext, validateStoryboard } from '../../core/storyboard/validate.ts'

export const scene = (id: string, over: Partial<Scene> = {}): Scene => ({
  id,
  prompt: `a view of ${id}`,
  duration: 4,
  ...over,
})

export const storyboard = (over: Partial<Storyboard> = {}): Storyboard => ({
  title: 'A film',
  scenes: [scene('a'), scene('b')],
  ...over,
})

export const context = (over: Partial<ValidationContext> = {}): ValidationContext => ({
  systemAssets: SYSTEM_ASSET_IDS,
  findAudioAsset: (id) => id === 'my-voice',
  findImageAsset: (id) => id === 'my-picture',
  voiceEngine: 'on',
  ...over,
})

export const check = (document: unknown, over: Partial<ValidationContext> = {}) =>
  validateStoryboard(document, context(over))

const transitionType = fc.constantFrom(
  ...(['cut', 'fade', 'dissolve', 'wipe', 'blur', 'zoom', 'flash', 'glitch', 'custom'] as const),
)

export const anyTransition: fc.Arbitrary<Transition> = fc.record(
  { type: transitionType, duration: fc.double({ min: 0, max: 5, noNaN: true }) },
  { requiredKeys: ['type'] },
)
const transitionRef = fc.oneof(fc.constantFrom('cut', 'fade', 'dissolve', 'wipe', 'slow'), anyTransition)

/** Any valid storyboard, timelines and transitions included. */
export const anyStoryboard: fc.Arbitrary<Storyboard> = fc
  .array(fc.integer({ min: 1000, max: 12_000 }), { minLength: 1, maxLength: 8 })
  .chain((lengthsMs) => {
    const ids = lengthsMs.map((_, i) => `s-${i}`)
    const id = fc.constantFrom(...ids)
    const some = fc.array(id, { minLength: 1, maxLength: 4 })
    const element: fc.Arbitrary<TimelineElement> = fc.oneof(
      fc.record({ scene: id }),
      fc.record({ transition: transitionRef }),
      fc.record({
        flashback: fc.record(
          { scenes: some, treatment: fc.record({ grain: fc.constant(0.5), vignette: fc.boolean() }) },
          { requiredKeys: ['scenes'] },
        ),
      }),
      fc.record({
        montage: fc.record(
          { scenes: some, pace: fc.constantFrom('slow', 'medium', 'fast'), transition: transitionRef },
          { requiredKeys: ['scenes'] },
        ),
      }),
    )
    return fc.record(
      {
        title: fc.constant('Any film'),
        scenes: fc.tuple(
          ...lengthsMs.map((ms, i) =>
            fc.record(
              {
                id: fc.constant(ids[i]!),
                prompt: fc.constant('a view'),
                duration: fc.constant(ms / 1000),
                order: fc.integer(),
              },
              { requiredKeys: ['id', 'prompt', 'duration'] },
            ),
          ),
        ),
        transition_presets: fc.record({ slow: anyTransition }),
        transitions: fc
          .record(
            { default: transitionRef, join: transitionRef, from: id, to: id },
            { requiredKeys: ['join', 'from', 'to'] },
          )
          .map(({ join, from, to, ...rest }) => ({ ...rest, [`${from}->${to}`]: join })),
        timeline: fc
          .array(element, { maxLength: 10 })
          // Two transitions in a row are an error, and a timeline must play something.
          .map((elements) =>
            elements.filter((el, i) => el.transition == null || elements[i - 1]?.transition == null),
          )
          .filter((elements) => elements.length === 0 || elements.some((el) => el.transition == null)),
      },
      { requiredKeys: ['title', 'scenes', 'transition_presets'] },
    ) as fc.Arbitrary<Storyboard>
  })
