/** What is known about a running job, as the display needs it. Pure: job and events in, next state out. */
import type { JobProgress } from '../../schemas/types.ts'
import { type Job, storyboardOf } from '../api.ts'
import type { Connection, FollowUpdate, JobEvent } from '../follow.ts'

export const STAGES = ['waiting', 'planning', 'scenes', 'assembling'] as const
export type Stage = (typeof STAGES)[number] | 'completed' | 'failed' | 'canceled'

export type SceneState = {
  id: string
  /** 0 to 1. */
  progress: number
}

export type ViewState = {
  title: string
  stage: Stage
  /** 0 to 100; never falls. */
  percent: number
  scenes: readonly SceneState[]
  scenesTotal: number
  scenesDone: number
  scenesReused: number
  currentScene: string | null
  message: string | null
  connection: Connection
  /** Clock of the caller in ms: beginning of the display, and the moments at which the percentage rose. */
  beganAtMs: number
  samples: readonly { atMs: number; percent: number }[]
  /** Seconds left as the server reckons them, at least and at most, and when it said so; null while it does not know. */
  left: { range: readonly [number, number]; atMs: number } | null
}

const SAMPLES_KEPT = 240

export function newViewState(title: string, nowMs: number): ViewState {
  return {
    title,
    stage: 'waiting',
    percent: 0,
    scenes: [],
    scenesTotal: 0,
    scenesDone: 0,
    scenesReused: 0,
    currentScene: null,
    message: null,
    connection: 'live',
    beganAtMs: nowMs,
    samples: [],
    left: null,
  }
}

const STAGE_OF_PHASE: Record<string, Stage> = {
  queued: 'waiting',
  initializing: 'planning',
  generating: 'scenes',
  stitching: 'assembling',
  finalizing: 'assembling',
}
const order = (stage: Stage): number => {
  const at = (STAGES as readonly string[]).indexOf(stage)
  return at < 0 ? STAGES.length : at
}
/** Late or repeated news never takes the display back. */
const later = (a: Stage, b: Stage | undefined): Stage => (b !== undefined && order(b) > order(a) ? b : a)

function withPercent(state: ViewState, percent: number | undefined, nowMs: number): ViewState {
  if (percent === undefined || !(percent > state.percent)) return state
  const capped = Math.min(100, percent)
  return {
    ...state,
    percent: capped,
    samples: [...state.samples, { atMs: nowMs, percent: capped }].slice(-SAMPLES_KEPT),
  }
}

const withLeft = (range: JobProgress['eta_range'], atMs: number): ViewState['left'] =>
  range?.length === 2 ? { range: [range[0] ?? 0, range[1] ?? 0], atMs } : null

function withProgress(state: ViewState, progress: JobProgress, nowMs: number): ViewState {
  const scenes = state.scenes.map((scene) => ({
    ...scene,
    progress: Math.max(scene.progress, Math.min(1, progress.scenes?.[scene.id] ?? 0)),
  }))
  const next: ViewState = {
    ...state,
    stage: later(state.stage, STAGE_OF_PHASE[progress.phase ?? '']),
    scenes,
    scenesTotal: progress.scenes_total ?? state.scenesTotal,
    scenesDone: Math.max(state.scenesDone, progress.scenes_completed ?? 0),
    scenesReused: progress.scenes_reused ?? state.scenesReused,
    currentScene: progress.current_scene ?? state.currentScene,
    message: progress.message ?? null,
    left: withLeft(progress.eta_range, nowMs),
  }
  return withPercent(next, progress.percent, nowMs)
}

function withJob(state: ViewState, job: Job, nowMs: number): ViewState {
  const { title, scenes = [] } = storyboardOf(job)
  const ids = scenes.map((scene) => scene.id)
  const known = new Map(state.scenes.map((scene) => [scene.id, scene.progress]))
  const base: ViewState = {
    ...state,
    title: title ?? state.title,
    scenes: ids.map((id) => ({ id, progress: known.get(id) ?? 0 })),
    scenesTotal: state.scenesTotal || ids.length,
  }
  const next = withProgress(base, job.progress, nowMs)
  if (job.status === 'completed') return finish(next, 'completed', nowMs)
  if (job.status === 'failed' || job.status === 'canceled') return { ...next, stage: job.status }
  return next
}

function finish(state: ViewState, stage: 'completed', nowMs: number): ViewState {
  return withPercent(
    {
      ...state,
      stage,
      scenesDone: state.scenesTotal,
      scenes: state.scenes.map((scene) => ({ ...scene, progress: 1 })),
    },
    100,
    nowMs,
  )
}

function withEvent(state: ViewState, event: JobEvent, nowMs: number): ViewState {
  const { payload } = event
  switch (event.type) {
    case 'started':
      return { ...state, stage: later(state.stage, 'planning') }
    case 'progress':
      return withProgress(state, payload as JobProgress, nowMs)
    case 'scene_complete': {
      const next = withProgress(state, payload as JobProgress, nowMs)
      const done = payload.scene_id
      return {
        ...next,
        left: state.left,
        stage: later(next.stage, 'scenes'),
        scenes: next.scenes.map((scene) => (scene.id === done ? { ...scene, progress: 1 } : scene)),
      }
    }
    case 'completed':
      return finish(state, 'completed', nowMs)
    case 'failed':
    case 'canceled':
      return { ...state, stage: event.type }
    default:
      return state
  }
}

/** The state after an update, which was heard at `nowMs`. */
export function reduceView(state: ViewState, update: FollowUpdate, nowMs: number): ViewState {
  if (update.kind === 'connection') return { ...state, connection: update.connection }
  return update.kind === 'job' ? withJob(state, update.job, nowMs) : withEvent(state, update.event, nowMs)
}
