/** Planned against rendered: random storyboards as films, looked at frame by frame. */
import path from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import t from 'tap'
import type { FilmFormat } from '../../core/media/format.ts'
import { slateSpan } from '../../core/storyboard/burn-in.ts'
import { planShots } from '../../core/storyboard/plan.ts'
import type { ShotPlan } from '../../core/storyboard/plan-types.ts'
import { TRANSITION_TYPES } from '../../core/storyboard/transitions.ts'
import type { Storyboard, TimelineElement, Transition } from '../../core/storyboard/types.ts'
import { conformClip, type Segment } from '../../worker/compose/conform.ts'
import { cutList } from '../../worker/compose/cut-list.ts'
import { check } from '../storyboard/build.ts'
import { frameHashes, makeClip, tempDir, tools, watch } from './fixtures.ts'
import { makeFilm } from './make-film.ts'

t.setTimeout(240_000)
const dir = await tempDir(t)
/** Smaller than films are: what is asked here has nothing to do with pixels. */
const FORMAT: FilmFormat = { width: 160, height: 90, fps: 16 }
const SCENES = ['a', 'b', 'c'] as const
const FILMS = 6

const transition: fc.Arbitrary<Transition> = fc.record({
  type: fc.constantFrom(...TRANSITION_TYPES),
  duration: fc.constantFrom(0, 0.05, 0.2, 0.5, 5),
})
const some = fc.array(fc.constantFrom(...SCENES), { minLength: 1, maxLength: 2 })
const element: fc.Arbitrary<TimelineElement> = fc.oneof(
  fc.record({ scene: fc.constantFrom(...SCENES) }),
  fc.record({ transition }),
  fc.record({
    flashback: fc.record({
      scenes: some,
      treatment: fc.constantFrom({ vignette: true }, { grain: 0.4 }, { desaturate: 1, blur: 0.6 }, {}),
    }),
  }),
  fc.record({
    montage: fc.record({ scenes: some, pace: fc.constantFrom('slow', 'medium', 'fast'), transition }),
  }),
)
const film = fc.record({
  storyboard: fc.record({
    title: fc.constant('Any film'),
    scenes: fc.tuple(
      ...SCENES.map((id) =>
        fc.record({
          id: fc.constant(id),
          prompt: fc.constant('a view'),
          duration: fc.constantFrom(1, 1.3, 2),
        }),
      ),
    ),
    transitions: fc.record({ default: transition }),
    timeline: fc
      .array(element, { maxLength: 6 })
      .map((all) => all.filter((one, i) => !one.transition || !all[i - 1]?.transition))
      .filter((all) => all.length === 0 || all.some((one) => !one.transition)),
  }) satisfies fc.Arbitrary<Storyboard>,
  options: fc.record({
    slate: fc.oneof({ weight: 4, arbitrary: fc.constant(false) }, fc.constant(true)),
    timecode: fc.oneof({ weight: 6, arbitrary: fc.constant(false) }, fc.constant(true)),
  }),
})

/** The scene's frame that a film's frame must be, bit for bit; null where something is drawn. */
function untouched({
  frames,
  shots,
  joins,
  burnIn,
  ...rest
}: ShotPlan): ({ sceneId: string; frame: number } | null)[] {
  const film: ({ sceneId: string; frame: number } | null)[] = Array.from({ length: frames }, () => null)
  for (const { index, sceneId, inFrame, startFrame, frames, treatment } of shots) {
    const head = joins.find(({ after }) => after === index - 1)?.frames ?? 0
    const tail = joins.find(({ after }) => after === index)?.frames ?? 0
    const slate = slateSpan({ shots, joins, ...rest }, index)
    for (let i = head; i < frames - tail; i += 1) {
      const at = startFrame + i
      const marked = burnIn?.timecode || (burnIn?.slate && at >= slate.from && at < slate.to)
      film[at] = treatment || marked ? null : { sceneId, frame: inFrame + i }
    }
  }
  return film
}

let made = 0

/** Composes the film from conformed clips whose every frame carries its number; throws where it is not the plan's. */
async function compare(
  storyboard: Storyboard,
  options: { slate: boolean; timecode: boolean },
): Promise<void> {
  made += 1
  const verdict = check(storyboard)
  if (!verdict.valid) throw new Error(`no valid storyboard: ${JSON.stringify(verdict.errors)}`)
  const planned = planShots(storyboard, { resolution: '480p', aspect: '16:9', fps: FORMAT.fps, ...options })
  const plan: ShotPlan = { ...planned, format: FORMAT }
  const segments = new Map<string, Segment>()
  const sources = new Map<string, string[]>()
  await Promise.all(
    plan.clips.map(async ({ sceneId, frames, cutFrames }) => {
      const name = path.join(dir, `${made}-${sceneId}`)
      const source = await makeClip(`${name}-source.mp4`, SCENES.indexOf(sceneId as 'a'), frames, {
        format: FORMAT,
        keyFrames: cutFrames,
      })
      const out = `${name}.mp4`
      const segment = await conformClip({
        tools,
        source,
        format: FORMAT,
        frames,
        cutFrames,
        out,
        workDir: dir,
      })
      segments.set(sceneId, segment)
      sources.set(sceneId, await frameHashes(segment.path))
    }),
  )
  // What was planned to be drawn, before there was any clip, is what has to be drawn.
  const asked = plan.clips.map(
    ({ sceneId, frames, cutFrames }) => [sceneId, { frames, keyFrames: cutFrames }] as const,
  )
  const [ahead, real] = [new Map(asked), segments].map((facts) => cutList(plan, facts).pieces)
  if (!isDeepStrictEqual(ahead, real)) throw new Error('the joins drawn ahead are not those of the film')

  const out = path.join(dir, `film-${made}.mp4`)
  const film = await makeFilm({ tools, plan, segments, workDir: path.join(dir, String(made)), out })
  const [seen, hashes] = await Promise.all([watch(film.path, FORMAT), frameHashes(film.path)])
  if (seen.length !== plan.frames) throw new Error(`${seen.length} frames for ${plan.frames}`)

  const wanted = untouched(plan)
  for (const [at, source] of wanted.entries()) {
    if (source === null) continue
    const { clip, frame } = seen[at]!
    if (SCENES[clip] !== source.sceneId || frame !== source.frame) {
      throw new Error(`frame ${at} shows ${SCENES[clip]}${frame}, not ${source.sceneId}${source.frame}`)
    }
    if (hashes[at] !== sources.get(source.sceneId)![source.frame]) throw new Error(`frame ${at} was touched`)
  }
  const copied = wanted.filter((source) => source !== null).length
  if (film.framesCopied !== copied) throw new Error(`${film.framesCopied} frames copied for ${copied}`)

  for (const { index, sceneId, inFrame, startFrame, frames, treatment } of plan.shots) {
    if (!treatment) continue
    const middle = Math.floor(frames / 2)
    if (hashes[startFrame + middle] === sources.get(sceneId)![inFrame + middle])
      throw new Error(`the treatment of shot ${index} is not seen`)
  }
}

t.test(`property: a film is its plan, frame for frame (${FILMS} random films)`, async (t) => {
  await fc.assert(
    fc.asyncProperty(film, ({ storyboard, options }) => compare(storyboard, options)),
    // A failure is told as it was found: to shrink it would take minutes.
    { numRuns: FILMS, endOnFailure: true },
  )
  t.ok(made >= FILMS)
})
