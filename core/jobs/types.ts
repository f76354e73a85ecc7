/** Words and shapes of jobs, as stored. URLs are made when a job is presented (present.ts). */

import type { LoudnessProfile } from '../storyboard/render-options.ts'

export const JOB_STATUSES = ['queued', 'processing', 'completed', 'failed', 'canceled'] as const
export type JobStatus = (typeof JOB_STATUSES)[number]
export const TERMINAL_STATUSES = ['completed', 'failed', 'canceled'] as const
export const isTerminal = (status: JobStatus): boolean =>
  (TERMINAL_STATUSES as readonly string[]).includes(status)

export type FailureType = 'system' | 'validation' | 'timeout' | 'canceled'
export type JobError = { code: string; message: string; scene_id?: string }

export type JobPhase = 'queued' | 'initializing' | 'generating' | 'stitching' | 'finalizing'

export type StoredPreview = { scene_id: string; key: string; generated_at: string }

export type JobProgress = {
  phase?: JobPhase
  /** 0 to 100, two decimals; never falls. */
  percent?: number
  scenes_total?: number
  scenes_completed?: number
  scenes_reused?: number
  current_scene?: string | null
  message?: string | null
  /** Newest picture of each scene; object keys, made into URLs when presented. */
  previews?: StoredPreview[]
  /** Seconds until the film is there, and from when to when; absent while there is too little to go by. */
  eta_seconds?: number
  eta_range?: [number, number]
  /** How far each scene has come, 0 to 1, by scene id; scenes at 0 are left out. */
  scenes?: Record<string, number>
}

/** What the sound track holds. */
export type FilmSound = {
  profile: LoudnessProfile
  /** Distinct sounds that are heard; 0: a silent track. */
  sources: number
  /** Of the film as delivered; null for silence. */
  lufs: number | null
  /** dBTP; null for silence. */
  true_peak_db: number | null
}

/** Of a film that has nothing to be heard. */
export const silentTrack = (profile: LoudnessProfile = 'web'): FilmSound => ({
  profile,
  sources: 0,
  lufs: null,
  true_peak_db: null,
})

/** A scene as it plays in a film: a scene that plays twice is there twice. */
export type FilmShot = {
  scene_id: string
  /** First frame of the film in which it is seen, of a transition into it too. */
  start_frame: number
  /** Frames in which it is seen, of both transitions too. */
  frames: number
}

export type JobOutput = {
  video_key: string
  thumbnail_key: string
  contact_sheet_key: string
  /** Absent in jobs of before there were captions. */
  captions?: { srt_key: string; vtt_key: string } | null
  /** `sha256` of the clip's bytes: absent in jobs of before it was kept. */
  scene_clips: { scene_id: string; key: string; sha256?: string; duration: number; reused: boolean }[]
  /** Seconds. */
  duration: number
  /** e.g. `1280x720` */
  resolution: string
  format: 'mp4'
  size_bytes: number
  sha256: string
  metadata: {
    model_used: string
    seed: number | null
    generation_time_ms: number
    frames: number
    fps: number
    scenes_total: number
    scenes_reused: number
    joins_encoded: number
    frames_copied: number
    frames_encoded: number
    /** Films made before sound was mixed say `silent`. */
    sound: FilmSound | 'silent'
    /** The scenes as they play, in frames of the film; absent in jobs of before they were kept. */
    shots?: FilmShot[]
    /** Seconds spent a stage: waiting, planning, scenes, assembling. */
    stages: Record<string, number>
    /** Scenes that went from one engine to another; absent in films of before that was told. */
    fallbacks?: { scene_id: string; from: string; to: string; code: string; message: string }[]
    /** Scenes that a cloud engine may have charged for twice. */
    possible_double_charge?: string[]
    warnings: string[]
  }
}

export const JOB_EVENT_TYPES = [
  'queued',
  'started',
  'progress',
  'scene_complete',
  'completed',
  'failed',
  'canceled',
] as const
export type JobEventType = (typeof JOB_EVENT_TYPES)[number]

/** Channel of NOTIFY for events; the payload is `job_id:sequence:position`. */
export const EVENTS_CHANNEL = 'job_events'

export type JobEvent = {
  id: string
  job_id: string
  sequence: number
  position: number
  event_type: JobEventType
  payload: Record<string, unknown>
  /** RFC 3339, UTC. */
  created_at: string
}

export type StepKind = 'plan' | 'scene' | 'voice' | 'join' | 'sound' | 'assemble'
