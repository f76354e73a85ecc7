/** The shot plan: what planning makes of a checked storyboard. All counts are whole frames at the film's rate. */
import type { FilmFormat } from '../media/format.ts'

export type TransitionType =
  | 'cut'
  | 'fade'
  | 'dissolve'
  | 'wipe'
  | 'blur'
  | 'zoom'
  | 'flash'
  | 'glitch'
  | 'custom'

export type Easing = 'linear' | 'ease_in' | 'ease_out' | 'ease_in_out'

export type Treatment = { desaturate?: number; vignette?: boolean; grain?: number; blur?: number }

export type TransitionEffect = { name: string; from?: number; to?: number; easing?: Easing }

/** One distinct scene that plays: generated once, however often it is shown. */
export type ClipPlan = {
  sceneId: string
  /** 1-based place in `scenes`, as a person counts them. */
  sceneNumber: number
  /** Whole scene, in frames. */
  frames: number
  durationS: number
  /** Positive prompt after symbol expansion and the global prompt. */
  prompt: string
  negativePrompt: string
  /** The prompt as written, `@names` unexpanded: for people. */
  writtenPrompt: string
  /** One line about the scene, for people. */
  details: string
  /** Names of used symbols, in order of first use. */
  symbols: string[]
  referenceImages: { symbol: string; assetId: string; weight: number }[]
  /** Frames at which the film cuts into the clip, sorted, unique, 0 first: key frames are wanted there. */
  cutFrames: number[]
}

/** A scene as played on the timeline. */
export type Shot = {
  index: number
  sceneId: string
  /** Where it stands in the document, e.g. `timeline[3].flashback.scenes[0]` or `scenes[2]`. */
  path: string
  /** First frame of the clip that plays (montage takes the middle). */
  inFrame: number
  /** Frames played, joins included. */
  frames: number
  /** First frame of the shot in the film (its incoming join included). */
  startFrame: number
  treatment: Treatment | null
}

/**
 * What happens between shot `after` and shot `after + 1`. `after` = -1 is from black, `after` = last shot is to black;
 * those two lie over the shot's own frames and do not shorten the film. A cut has 0 frames and is not listed.
 */
export type Join = {
  after: number
  type: Exclude<TransitionType, 'cut'>
  /** Overlap in frames, already cut down to half of the shorter neighbour. */
  frames: number
  params: Record<string, unknown>
  effects: TransitionEffect[]
  audio: { assetId: string; volume: number } | null
}

/** Drawn into the picture; a frame with something on it cannot be copied. */
export type BurnIn = {
  /** At the head of each shot: title, scene, shot, take. */
  slate: { take: number } | null
  /** In every frame: the film's time code and the scene. */
  timecode: boolean
  /** Frames of the film, `from` included and `to` not, in which lines of dialogue stand at the foot of the picture. */
  captions?: { from: number; to: number; lines: string[] }[]
}

export type ShotPlan = {
  title: string
  format: FilmFormat
  clips: ClipPlan[]
  shots: Shot[]
  joins: Join[]
  /** Length of the film. */
  frames: number
  durationS: number
  /** Absent: nothing. */
  burnIn?: BurnIn
}
