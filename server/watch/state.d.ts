/** What the viewer knows of one job, and how that changes. `state.js` is held to these shapes by its annotations. */

export type Status = 'queued' | 'processing' | 'completed' | 'failed' | 'canceled'

/** In the order in which a render passes them; a viewer never goes back. */
export type Stage = 'waiting' | 'preparing' | 'scenes' | 'joining' | 'finishing'

export type Picture = {
  url: string
  /** When it was made, RFC 3339: tells pictures apart, as links to one picture differ from read to read. */
  at: string
}

/** One distinct scene that plays, at the place where it plays first. */
export type Scene = {
  id: string
  /** 1-based place among the storyboard's scenes, as a person counts them. */
  number: number
  prompt: string
  durationS: number
  /** 0 to 1; 1 is done. */
  fraction: number
  failed: boolean
  picture: Picture | null
}

export type Film = {
  url: string
  posterUrl: string | null
  contactSheetUrl: string | null
  durationS: number
  /** e.g. `1280x720` */
  resolution: string
  sizeBytes: number
  engine: string | null
  scenesReused: number
  /** Whether there is anything to hear. */
  silent: boolean
}

/** Why the job cannot be shown: no token, a token that does not hold (any more), or no such job for this token. */
export type Refusal = 'incomplete' | 'ended' | 'missing'

/**
 * How news arrive: not yet, by socket, by reading now and then (sockets do not get through), or not at all.
 */
export type Link = 'connecting' | 'live' | 'polling' | 'lost'

export type State = {
  jobId: string
  /** Null until the job was read once. */
  status: Status | null
  stage: Stage
  /** 0 to 100; never falls. */
  percent: number
  /** Seconds left, at least and at most; null while that is not known. */
  left: [number, number] | null
  title: string
  /** Width over height of the film that was asked for. */
  aspect: number
  scenes: Scene[]
  scenesReused: number
  /** Scene whose picture is the newest. */
  newest: string | null
  /** Name of the worker that took the job up, when it was heard: `host:process:random`. */
  worker: string | null
  /** Last event taken in; null: none, so events before the next one are not asked for. */
  sequence: number | null
  /** How often something came up that only reading the job can tell: events were missed, there is a film, a link ran out. */
  asks: number
  /** How many of them were there when the last read began: a read under way is no answer to what came after it began. */
  answered: number
  film: Film | null
  failure: { message: string; sceneId: string | null } | null
  creditsCharged: number
  creditsRefunded: number
  /** Milliseconds since 1970 by the server's clock. */
  startedAtMs: number | null
  completedAtMs: number | null
  refusal: Refusal | null
  link: Link
}

/** An event as the WebSocket carries it; payloads are read with care, as later versions may send more. */
export type JobEvent = {
  job_id: string
  sequence: number
  event_type: string
  payload: Record<string, unknown>
  created_at: string
}

/** What is read of a job; everything may be missing, as the page may be older or newer than the server. */
export type JobWire = {
  status: Status
  spec_snapshot?: { title?: unknown } | null
  options?: unknown
  progress?: unknown
  output?: unknown
  error?: unknown
  credits_charged?: unknown
  credits_refunded?: unknown
  started_at?: unknown
  completed_at?: unknown
}

export type Action =
  /** The job as read; `asks` as they were when the read began. */
  | { type: 'job'; job: JobWire; asks: number }
  | { type: 'ask' }
  | { type: 'event'; event: JobEvent }
  /** The subscription stands; `lastSequence` is where the live events go on. */
  | { type: 'subscribed'; lastSequence: number; resumed: boolean }
  /** The events since the last one are no longer kept. */
  | { type: 'expired' }
  | { type: 'refused'; refusal: Refusal }
  | { type: 'link'; link: Link }

export function initialState(jobId: string): State
/** Pure. Returns the very same state when the action changes nothing. */
export function reduce(state: State, action: Action): State
export function isOver(state: State): boolean
/** Whether the job has to be read. */
export function isStale(state: State): boolean
/** Distinct scenes in the order in which they first play. */
export function playingOrder(storyboard: unknown): Scene[]
export const STAGES: readonly Stage[]
