/** The captions of a film: what its lines became, as cues, as files, and what there is to warn of. */
import { createHash } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type CaptionLine, type Cue, makeCues } from '../../core/captions/cues.ts'
import { toSrt, toVtt } from '../../core/captions/subtitles.ts'
import { dialogueTimes, lineKey } from '../../core/storyboard/dialogue-times.ts'
import type { ShotPlan } from '../../core/storyboard/plan-types.ts'
import type { Storyboard } from '../../core/storyboard/types.ts'
import type { WorkerContext } from '../context.ts'
import type { StepRun } from '../tasks/run-step.ts'
import type { VoiceOutcome } from './plan-voice.ts'

/** Caption files of one film, and the hash of what they say. */
export type Captions = { cues: Cue[]; srt: string; vtt: string; sha256: string; language: string }

type Voices = ReadonlyMap<string, Pick<VoiceOutcome, 'durationS' | 'wordTimes'>>

/** How long a store that is away is waited for, for the small files. */
const BUDGET_MS = 60_000

/**
 * Null for a film in which nothing is said. Pure.
 * @param voices what the lines became, by `lineKey`; one that is missing was not spoken
 */
export function captionsOf(
  plan: ShotPlan,
  storyboard: Storyboard,
  voices: Voices,
  language: string,
): Captions | null {
  const lines = dialogueTimes(plan, storyboard).map((line): CaptionLine => {
    const speech = voices.get(lineKey(line))
    return { ...line, spokenS: speech?.durationS ?? null, wordTimes: speech?.wordTimes ?? null }
  })
  const cues = makeCues(lines, plan.durationS)
  if (cues.length === 0) return null
  const srt = toSrt(cues)
  return { cues, srt, vtt: toVtt(cues), sha256: createHash('sha256').update(srt).digest('hex'), language }
}

/** Lines that turned out longer than what is left of their scene, told of once each. Pure. */
export function lateLineWarnings(storyboard: Pick<Storyboard, 'scenes'>, voices: Voices): string[] {
  return storyboard.scenes.flatMap((scene) =>
    (scene.audio?.dialogue ?? []).flatMap((line, index) => {
      const speech = voices.get(lineKey({ sceneId: scene.id, index }))
      const leftS = scene.duration - (line.start ?? 0)
      if (!speech || leftS <= 0 || speech.durationS <= leftS) return []
      return [
        `line ${index + 1} of scene ${scene.id} lasts ${speech.durationS.toFixed(1)} s, and ${leftS.toFixed(1)} s of the scene are left: its end is cut.`,
      ]
    }),
  )
}

const DRAWN_SCRIPTS = /^[\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}\P{L}]*$/u

/** Letters that the typeface of burnt captions does not have. Pure. */
export function typefaceWarnings(cues: readonly Cue[]): string[] {
  const line = cues.flatMap(({ lines }) => lines).find((text) => !DRAWN_SCRIPTS.test(text))
  return line === undefined
    ? []
    : [
        `captions are burnt in with Latin, Greek and Cyrillic letters only, which "${line}" is not written in.`,
      ]
}

/** The track of the film, as a file to mux. */
export async function captionTrack(
  captions: Captions,
  workDir: string,
): Promise<{ path: string; language: string }> {
  const path = join(workDir, 'captions.srt')
  await writeFile(path, captions.srt)
  return { path, language: captions.language }
}

/** Puts the files beside the film. */
export async function storeCaptions(
  { store }: WorkerContext,
  { signal }: StepRun,
  { srt, vtt }: Captions,
  videoKey: string,
): Promise<{ srt_key: string; vtt_key: string }> {
  const folder = videoKey.slice(0, videoKey.lastIndexOf('/'))
  const keys = { srt_key: `${folder}/captions.srt`, vtt_key: `${folder}/captions.vtt` }
  await store.putBytes(keys.srt_key, Buffer.from(srt), 'application/x-subrip', signal, BUDGET_MS)
  await store.putBytes(keys.vtt_key, Buffer.from(vtt), 'text/vtt', signal, BUDGET_MS)
  return keys
}
