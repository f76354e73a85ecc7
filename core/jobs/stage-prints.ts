/**
 * What identifies the stages of a render besides its clips, before any of it is made: speech, transitions, sound, film. Made of
 * the words of the storyboard and the keys of clips, so that a plan can say what an earlier render made already; what is
 * taken from the cache in the end is decided by the bytes. Pure.
 */
import type { Config } from '../platform/config.ts'
import { dialogueTimes, lineKey } from '../storyboard/dialogue-times.ts'
import type { Join, ShotPlan } from '../storyboard/plan-types.ts'
import type { RenderOptions } from '../storyboard/render-options.ts'
import { planSound } from '../storyboard/sound-plan.ts'
import type { Storyboard } from '../storyboard/types.ts'
import { contentKey } from './content-keys.ts'

export type StagePrints = {
  /** By `lineKey`; the same words in the same voice have one print. */
  voice: Map<string, string>
  /** By the shot that a transition comes after; `scenes` are seen in it. */
  join: Map<number, { print: string; scenes: string[] }>
  /** Null: nothing is heard. */
  sound: string | null
  film: string
}

export type PrintRequest = {
  storyboard: Storyboard
  plan: ShotPlan
  /** Content keys of clips, by scene id. */
  clipKeys: ReadonlyMap<string, string>
  options: Pick<RenderOptions, 'loudness' | 'captions'>
  voiceEngine: Config['VOICE_ENGINE']
}

export function stagePrints({ storyboard, plan, clipKeys, options, voiceEngine }: PrintRequest): StagePrints {
  const voice = voicePrints(storyboard, plan, voiceEngine)
  const join = new Map(
    plan.joins.filter(({ frames }) => frames > 0).map((one) => [one.after, joinPrint(plan, one, clipKeys)]),
  )
  const { samples, cues } = planSound(storyboard, plan)
  const heard = cues.flatMap(({ path: _path, sceneId: _sceneId, ...cue }) => {
    const source = cue.lane === 'dialogue' ? voice.get(cue.source) : cue.source
    return source === undefined ? [] : [{ ...cue, source }]
  })
  const sound =
    heard.length === 0
      ? null
      : contentKey('plan:sound', { samples, heard, loudness: options.loudness ?? 'web' })
  const lines = options.captions === 'off' ? [] : dialogueTimes(plan, storyboard)
  const film = contentKey('plan:film', {
    title: plan.title,
    clips: plan.shots.map((shot) => ({ ...shot, sceneId: clipKeys.get(shot.sceneId), path: '' })),
    joins: plan.joins,
    burnIn: plan.burnIn ?? null,
    format: plan.format,
    sound,
    captions: [options.captions ?? 'soft', lines],
  })
  return { voice, join, sound, film }
}

/** Who says what, by `lineKey`; the voice of one speaker depends on those of all others. */
export function voicePrints(
  storyboard: Storyboard,
  plan: ShotPlan,
  engine: Config['VOICE_ENGINE'],
): Map<string, string> {
  if (engine === 'off') return new Map()
  const speakers = Object.entries(storyboard.symbols ?? {}).flatMap(([name, { prompt, voice }]) =>
    voice == null ? [] : [{ name, prompt, assetId: voice.asset_id }],
  )
  const hasVoice = new Set(speakers.map(({ name }) => name))
  return new Map(
    dialogueTimes(plan, storyboard).flatMap((line) =>
      line.speaker !== null && hasVoice.has(line.speaker)
        ? [
            [
              lineKey(line),
              contentKey('plan:voice', { engine, speakers, speaker: line.speaker, text: line.text }),
            ],
          ]
        : [],
    ),
  )
}

function joinPrint(
  { shots, format, burnIn }: ShotPlan,
  join: Join,
  clipKeys: ReadonlyMap<string, string>,
): { print: string; scenes: string[] } {
  const outgoing = shots[join.after]
  const incoming = shots[join.after + 1]
  const side = (shot: typeof outgoing, from: number) =>
    shot ? { clip: clipKeys.get(shot.sceneId), from, treatment: shot.treatment } : null
  const { type, frames, params, effects } = join
  const print = contentKey('plan:join', {
    drawn: { type, frames, params, effects },
    outgoing: side(outgoing, outgoing ? outgoing.inFrame + outgoing.frames - frames : 0),
    incoming: side(incoming, incoming?.inFrame ?? 0),
    format,
    // What is burnt in depends on where in the film it is.
    burnIn: burnIn ? { burnIn, after: join.after, shots } : null,
  })
  const seen = [outgoing, incoming].flatMap((shot) => (shot ? [shot.sceneId] : []))
  return { print, scenes: [...new Set(seen)] }
}

/** All of them. */
export const printsOf = ({ voice, join, sound, film }: StagePrints): string[] => [
  ...voice.values(),
  ...Array.from(join.values(), ({ print }) => print),
  ...(sound === null ? [] : [sound]),
  film,
]
