/**
 * The sound plan: what is heard when, in samples of the film. It knows the storyboard and the shots, and no sound yet:
 * where something depends on how long a sound is, `placeSounds` decides once that is known. Pure.
 */
import { dialogueTimes, lineKey } from './dialogue-times.ts'
import type { Shot, ShotPlan } from './plan-types.ts'
import { playlist } from './timeline.ts'
import type { Scene, Storyboard } from './types.ts'

/** Samples a second, of each of two channels; whole for every film rate. */
export const SOUND_RATE = 48_000

export type SoundLane = 'music' | 'ambient' | 'sfx' | 'dialogue' | 'transition'

/** `power`: equal power, for sounds that have nothing to do with each other. `linear`: for one sound that changes its level. */
export type Fade = { samples: number; curve: 'power' | 'linear' }

export type SoundCue = {
  lane: SoundLane
  /** Asset id; of a line of dialogue its `lineKey`. */
  source: string
  /** Place in the document. */
  path: string
  /** The scene that people look for when something is wrong with it; null: the whole film. */
  sceneId: string | null
  /** Where in the film it begins, or has its middle. */
  at: number
  anchor: 'start' | 'middle'
  /** End of the time it may be heard, in the film. */
  until: number
  /** How much of the source is over when it begins. */
  skip: number
  /** 0 to 1, as written. */
  gain: number
  loop: boolean
  fadeIn: Fade
  /** Samples of the fade that ends where the sound does, as written. */
  fadeOut: number
  /** How it leaves at `until` when it would go on. */
  cut: Fade
}

export type SoundPlan = { samples: number; cues: SoundCue[] }

/** Keeps an edge from clicking; too short to be heard as a fade. */
const RAMP = 0.02 * SOUND_RATE
/** How long an effect may ring into the next scene, and how softly it leaves. */
const RING = 1 * SOUND_RATE
const RING_FADE = 0.25 * SOUND_RATE

const BEDS = ['music', 'ambient'] as const
type Bed = (typeof BEDS)[number]
type AudioRef = NonNullable<NonNullable<Storyboard['global_audio']>[Bed]>

const power = (samples: number): Fade => ({ samples, curve: 'power' })
const linear = (samples: number): Fade => ({ samples, curve: 'linear' })
const seconds = (value: number | null | undefined): number => Math.round((value ?? 0) * SOUND_RATE)

type Film = {
  storyboard: Storyboard
  plan: Pick<ShotPlan, 'shots' | 'joins' | 'frames' | 'format'>
  scenes: Map<string, { scene: Scene; path: string }>
  /** Samples of one picture. */
  unit: number
  samples: number
}

/**
 * Every sound of a film, in the order in which they begin.
 * @param storyboard the document that the plan was made from
 */
export function planSound(storyboard: Storyboard, plan: Film['plan']): SoundPlan {
  const unit = SOUND_RATE / plan.format.fps
  const film: Film = {
    storyboard,
    plan,
    unit,
    samples: plan.frames * unit,
    scenes: new Map(storyboard.scenes.map((scene, i) => [scene.id, { scene, path: `scenes[${i}].audio` }])),
  }
  const cues = [
    ...BEDS.flatMap((bed) => bedCues(film, bed)),
    ...effectCues(film),
    ...dialogueCues(film),
    ...transitionCues(film),
  ]
  return {
    samples: film.samples,
    cues: cues.filter(({ gain }) => gain > 0).sort((a, b) => a.at - b.at),
  }
}

const startOf = ({ unit }: Film, shot: Shot): number => shot.startFrame * unit
const endOf = ({ unit }: Film, shot: Shot): number => (shot.startFrame + shot.frames) * unit

/** Samples of the join behind shot `after` (-1: from black), 0 for a cut. */
const joinSamples = ({ plan, unit }: Film, after: number): number =>
  (plan.joins.find((join) => join.after === after)?.frames ?? 0) * unit

/** What one shot has for a bed: its scene's own, else the film's. */
type ShotBed = { shot: Shot; ref: AudioRef; path: string; sceneId: string | null }

/**
 * A bed goes on over the joins as long as the same sound is asked for and nobody asked for an end or a new beginning by a
 * fade. The film's own bed is one: where a scene replaces it, it is not heard, and comes back as if it had gone on.
 */
function bedCues(film: Film, bed: Bed): SoundCue[] {
  const runs: ShotBed[][] = []
  let before: ShotBed | null = null
  for (const shot of film.plan.shots) {
    const current = bedOf(film, shot, bed)
    if (current && before && goesOn(before, current)) runs.at(-1)!.push(current)
    else if (current) runs.push([current])
    before = current
  }
  return runs.flatMap((run) => runCues(film, bed, run))
}

function bedOf({ storyboard, scenes }: Film, shot: Shot, bed: Bed): ShotBed | null {
  const { scene, path } = scenes.get(shot.sceneId)!
  const own = scene.audio?.[bed]
  if (own) return { shot, ref: own, path: `${path}.${bed}`, sceneId: scene.id }
  const ofFilm = storyboard.global_audio?.[bed]
  return ofFilm ? { shot, ref: ofFilm, path: `global_audio.${bed}`, sceneId: null } : null
}

function goesOn(before: ShotBed, next: ShotBed): boolean {
  if (before.sceneId === null && next.sceneId === null) return true
  const isSame =
    before.ref.asset_id === next.ref.asset_id && (before.ref.loop ?? false) === (next.ref.loop ?? false)
  return isSame && !before.ref.fade_out && !next.ref.fade_in
}

/** One cue for each stretch of the run that has one level. */
function runCues(film: Film, bed: Bed, run: readonly ShotBed[]): SoundCue[] {
  const first = run[0]!
  const last = run.at(-1)!
  const start = startOf(film, first.shot)
  const skipAtStart = first.sceneId === null ? start : first.shot.inFrame * film.unit
  const levels: ShotBed[] = run.filter(
    ({ ref }, i) => i === 0 || (ref.volume ?? 1) !== (run[i - 1]!.ref.volume ?? 1),
  )
  return levels.map((level, i): SoundCue => {
    const next = levels[i + 1]
    const at = startOf(film, level.shot)
    const joinIn = joinSamples(film, level.shot.index - 1)
    return {
      lane: bed,
      source: first.ref.asset_id,
      path: first.path,
      sceneId: first.sceneId,
      at,
      anchor: 'start',
      skip: skipAtStart + at - start,
      gain: level.ref.volume ?? 1,
      loop: first.ref.loop ?? false,
      fadeIn: i === 0 ? power(Math.max(seconds(first.ref.fade_in), joinIn)) : linear(joinIn || RAMP),
      ...(next ? changeOf(film, next) : endOfRun(film, last)),
    }
  })
}

type Leaving = Pick<SoundCue, 'until' | 'fadeOut' | 'cut'>

/** Where one level gives way to the next. */
function changeOf(film: Film, next: ShotBed): Leaving {
  const samples = joinSamples(film, next.shot.index - 1) || RAMP
  const until = Math.min(film.samples, startOf(film, next.shot) + samples)
  return { until, fadeOut: 0, cut: linear(samples) }
}

function endOfRun(film: Film, { shot, ref }: ShotBed): Leaving {
  const fadeOut = seconds(ref.fade_out)
  const join = joinSamples(film, shot.index)
  const end = endOf(film, shot)
  if (fadeOut > 0 || join > 0) return { until: end, fadeOut, cut: power(Math.max(fadeOut, join)) }
  // At a cut the old bed leaves while the new one is there already, so that no hole is heard.
  return { until: Math.min(film.samples, end + RAMP), fadeOut: 0, cut: power(RAMP) }
}

function effectCues(film: Film): SoundCue[] {
  return film.plan.shots.flatMap((shot) => {
    const { scene, path } = film.scenes.get(shot.sceneId)!
    return (scene.audio?.sfx ?? []).flatMap((sfx, i): SoundCue[] => {
      const offset = seconds(sfx.start) - shot.inFrame * film.unit
      if (offset >= shot.frames * film.unit) return []
      const ringEnd = endOf(film, shot) + RING
      return [
        {
          lane: 'sfx',
          source: sfx.asset_id,
          path: `${path}.sfx[${i}]`,
          sceneId: scene.id,
          at: startOf(film, shot) + Math.max(0, offset),
          anchor: 'start',
          until: Math.min(film.samples, ringEnd),
          skip: Math.max(0, -offset),
          gain: sfx.volume ?? 1,
          loop: false,
          fadeIn: power(0),
          fadeOut: 0,
          cut: power(ringEnd > film.samples ? RAMP : RING_FADE),
        },
      ]
    })
  })
}

function dialogueCues(film: Film): SoundCue[] {
  return dialogueTimes(film.plan, film.storyboard).map(
    (line): SoundCue => ({
      lane: 'dialogue',
      source: lineKey(line),
      path: `${film.scenes.get(line.sceneId)!.path}.dialogue[${line.index}]`,
      sceneId: line.sceneId,
      at: seconds(line.startS),
      anchor: 'start',
      until: seconds(line.endLimitS),
      skip: seconds(line.skippedS),
      gain: line.volume,
      loop: false,
      fadeIn: power(0),
      fadeOut: 0,
      cut: power(RAMP),
    }),
  )
}

/** Cuts may have a sound too; it stands on the cut. */
function transitionCues(film: Film): SoundCue[] {
  const { shots } = film.plan
  return playlist(film.storyboard).joins.flatMap(({ after, transition, path }): SoundCue[] => {
    const { audio } = transition
    if (!audio) return []
    const half = joinSamples(film, after) / 2
    const next = shots[after + 1]
    return [
      {
        lane: 'transition',
        source: audio.assetId,
        path: `${path ?? 'transitions'}.audio`,
        sceneId: (next ?? shots[after]!).sceneId,
        at: next ? startOf(film, next) + half : film.samples - half,
        anchor: 'middle',
        until: film.samples,
        skip: 0,
        gain: audio.volume,
        loop: false,
        fadeIn: power(0),
        fadeOut: 0,
        cut: power(RAMP),
      },
    ]
  })
}

/** A cue of a sound whose length is known: exactly the samples that are heard. */
export type PlacedSound = {
  lane: SoundLane
  source: string
  start: number
  length: number
  skip: number
  gain: number
  /** Overlap of the repeats, 0 for a sound that is not repeated. */
  loopOverlap: number
  fadeIn: Fade
  fadeOut: Fade
}

/** Repeats of a loop overlap by 50 ms; a sound that is shorter than two of them by half of itself. */
const LOOP_OVERLAP = 0.05 * SOUND_RATE

/**
 * Cues as they are heard, with sounds of known lengths.
 * @param lengths samples of each source; a source that is not there (a line that was not spoken) is not heard
 */
export function placeSounds({ cues }: SoundPlan, lengths: ReadonlyMap<string, number>): PlacedSound[] {
  return cues
    .flatMap((cue) => placeSound(cue, lengths.get(cue.source) ?? 0))
    .sort((a, b) => a.start - b.start)
}

function placeSound(cue: SoundCue, sourceSamples: number): PlacedSound[] {
  const { lane, source, gain, loop, until } = cue
  const head = cue.anchor === 'middle' ? cue.at - Math.floor(sourceSamples / 2) : cue.at
  const start = Math.max(0, head)
  const skip = cue.skip + start - head
  const isLooped = loop && sourceSamples > 1
  const left = isLooped ? Number.POSITIVE_INFINITY : sourceSamples - skip
  const length = Math.min(left, until - start)
  if (length <= 0) return []
  const fadeIn = skip > 0 && cue.fadeIn.samples === 0 ? power(RAMP) : cue.fadeIn
  const fadeOut = left > length ? cue.cut : power(cue.fadeOut)
  // Fades that are longer than the sound share its length.
  const share = Math.min(1, length / (fadeIn.samples + fadeOut.samples))
  const fitted = ({ samples, curve }: Fade): Fade => ({ samples: Math.floor(samples * share), curve })
  return [
    {
      lane,
      source,
      start,
      length,
      skip,
      gain,
      loopOverlap: isLooped ? Math.min(LOOP_OVERLAP, Math.floor(sourceSamples / 2)) : 0,
      fadeIn: fitted(fadeIn),
      fadeOut: fitted(fadeOut),
    },
  ]
}
