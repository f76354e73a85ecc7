/** The lines of a job as steps: one for each line of each scene that plays, however often the scene is shown. */

import type { CachedObject } from '../../core/jobs/content-cache.ts'
import { contentKey } from '../../core/jobs/content-keys.ts'
import { type NewStep, stepName } from '../../core/jobs/steps.ts'
import { type DialogueTime, dialogueTimes, lineKey } from '../../core/storyboard/dialogue-times.ts'
import type { ShotPlan } from '../../core/storyboard/plan-types.ts'
import type { Storyboard } from '../../core/storyboard/types.ts'
import type { WorkerContext } from '../context.ts'
import type { Speaker, Voice, VoiceEngine, WordTime } from '../voice/engine.ts'
import { FINISH_VERSION } from '../voice/finish.ts'
import { presentCached } from './present-cached.ts'

/** What a voice step is told, stored with it. */
export type VoiceInput = {
  engine: VoiceEngine['kind']
  sceneId: string
  /** Place in the scene's dialogue, from 0. */
  index: number
  speaker: string
  /** As it is said aloud. */
  text: string
  voice: Voice
}

/** What a voice step leaves behind: the line as spoken, mono FLAC without silence at either end. */
export type VoiceOutcome = {
  objectKey: string
  sha256: string
  sizeBytes: number
  durationS: number
  sampleRate: number
  wordTimes: WordTime[] | null
  reused: boolean
}

export type PlannedVoices = {
  steps: NewStep[]
  /** Content keys of lines that were spoken before. */
  reused: string[]
}

/** Symbols that have a voice. */
const speakersOf = ({ symbols }: Storyboard): Speaker[] =>
  Object.entries(symbols ?? {}).flatMap(([name, { prompt, voice }]) =>
    voice == null ? [] : [{ name, prompt, assetId: voice.asset_id.toLowerCase() }],
  )

/** What each distinct line needs, in the order in which lines are first heard. Lines with nothing to say have no step. Pure. */
export function voiceInputs(
  engine: Pick<VoiceEngine, 'kind' | 'cast' | 'spoken'>,
  plan: Pick<ShotPlan, 'shots' | 'format'>,
  storyboard: Storyboard,
): VoiceInput[] {
  const cast = engine.cast(speakersOf(storyboard))
  const lines = new Map<string, DialogueTime>()
  for (const line of dialogueTimes(plan, storyboard))
    if (!lines.has(lineKey(line))) lines.set(lineKey(line), line)
  return [...lines.values()].flatMap(({ sceneId, index, speaker, text }) => {
    const voice = speaker === null ? undefined : cast.get(speaker)
    const said = engine.spoken(text)
    if (speaker === null || voice === undefined || said === null) return []
    return [{ engine: engine.kind, sceneId, index, speaker, text: said, voice }]
  })
}

/** Content key of a line as stored: whoever speaks and whichever film, the same words in the same voice are the same. */
export const voiceKey = (
  engine: Pick<VoiceEngine, 'kind' | 'settings'>,
  { text, voice }: VoiceInput,
): string =>
  contentKey('voice', { engine: engine.kind, settings: engine.settings, finish: FINISH_VERSION, voice, text })

/** Steps for the lines of a plan; those that the owner has had spoken before are done already. */
export async function planVoices(
  context: Pick<WorkerContext, 'db' | 'store' | 'voice'>,
  scope: string,
  plan: ShotPlan,
  storyboard: Storyboard,
): Promise<PlannedVoices> {
  const { voice: engine } = context
  if (!engine) return { steps: [], reused: [] }
  const lines = voiceInputs(engine, plan, storyboard).map((input) => ({
    input,
    key: voiceKey(engine, input),
  }))
  const known = await presentCached(
    context,
    scope,
    'voice',
    lines.map(({ key }) => key),
  )
  const first = new Map<string, string>()
  const steps = lines.map(({ input, key }): NewStep => {
    const step = { kind: 'voice' as const, key: lineKey(input), task: 'voice', contentKey: key, input }
    const spoken = known.get(key)
    if (spoken) return { ...step, result: reusedSpeech(spoken) }
    const same = first.get(key)
    if (same) return { ...step, after: [same] }
    first.set(key, stepName(step))
    return step
  })
  return { steps, reused: [...known.keys()] }
}

/** The outcome of a line that was spoken before. */
export const reusedSpeech = ({ objectKey, sha256, sizeBytes, meta }: CachedObject): VoiceOutcome => {
  const { durationS, sampleRate, wordTimes } = meta as Pick<
    VoiceOutcome,
    'durationS' | 'sampleRate' | 'wordTimes'
  >
  return { durationS, sampleRate, wordTimes, objectKey, sha256, sizeBytes, reused: true }
}
