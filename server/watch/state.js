/**
 * The job as the viewer knows it. Everything moves forward only (percent by maximum, status and stage by rank, pictures
 * by their time), so events that come twice, late or out of turn do no harm.
 *
 * @import { JobEvent, JobWire, Scene, Stage, State, Status } from './state.d.ts'
 */

/** @type {typeof import('./state.d.ts').STAGES} */
export const STAGES = ['waiting', 'preparing', 'scenes', 'joining', 'finishing']

/** @type {Record<string, Stage>} */
const STAGE_OF_PHASE = {
  queued: 'waiting',
  initializing: 'preparing',
  generating: 'scenes',
  stitching: 'joining',
  finalizing: 'finishing',
}

/** @type {Record<Status, number>} */
const RANK = { queued: 0, processing: 1, completed: 2, failed: 2, canceled: 2 }

/** @type {typeof import('./state.d.ts').initialState} */
export const initialState = (jobId) => ({
  jobId,
  status: null,
  stage: 'waiting',
  percent: 0,
  left: null,
  title: '',
  aspect: 16 / 9,
  scenes: [],
  scenesReused: 0,
  newest: null,
  worker: null,
  sequence: null,
  asks: 0,
  answered: 0,
  film: null,
  failure: null,
  creditsCharged: 0,
  creditsRefunded: 0,
  startedAtMs: null,
  completedAtMs: null,
  refusal: null,
  link: 'connecting',
})

/** @type {typeof import('./state.d.ts').isStale} */
export const isStale = ({ asks, answered }) => asks > answered

/** @type {typeof import('./state.d.ts').isOver} */
export const isOver = ({ status, refusal }) => refusal !== null || (status !== null && RANK[status] === 2)

/** @param {unknown} value @returns {Record<string, any>} */
const object = (value) => (typeof value === 'object' && value !== null ? value : {})
/** @param {unknown} value @returns {any[]} */
const array = (value) => (Array.isArray(value) ? value : [])
/** @param {unknown} value @param {number} fallback */
const number = (value, fallback) => (typeof value === 'number' && Number.isFinite(value) ? value : fallback)
/** @param {unknown} value */
const text = (value) => (typeof value === 'string' && value !== '' ? value : null)
/** @param {unknown} value */
const time = (value) => (typeof value === 'string' ? Date.parse(value) || null : null)

/** @type {typeof import('./state.d.ts').playingOrder} */
export function playingOrder(storyboard) {
  const { scenes, timeline } = object(storyboard)
  /** @type {Map<string, Scene>} */
  const byId = new Map()
  array(scenes).forEach((scene, index) => {
    byId.set(String(scene?.id), {
      id: String(scene?.id),
      number: index + 1,
      prompt: String(scene?.prompt ?? ''),
      durationS: number(scene?.duration, 0),
      fraction: 0,
      failed: false,
      picture: null,
    })
  })
  const played = array(timeline).flatMap((element) => [
    ...(element?.scene ? [element.scene] : []),
    ...array(element?.flashback?.scenes),
    ...array(element?.montage?.scenes),
  ])
  if (played.length > 0) return [...new Set(played)].flatMap((id) => byId.get(String(id)) ?? [])
  // Sorting is stable: scenes with the same order, and those without, stay as they are written.
  return array(scenes)
    .map((scene) => ({ id: String(scene?.id), order: number(scene?.order, Number.POSITIVE_INFINITY) }))
    .sort((a, b) => (a.order === b.order ? 0 : a.order - b.order))
    .flatMap(({ id }) => byId.get(id) ?? [])
}

/** @param {unknown} aspect */
function aspectOf(aspect) {
  const [width, height] = String(aspect ?? '16:9')
    .split(':')
    .map(Number)
  return width && height ? width / height : 16 / 9
}

/** @param {State} state @param {Status} status @returns {State} */
function withStatus(state, status) {
  if (!(status in RANK)) return state
  // An end is an end: nothing that arrives later reopens a job.
  if (state.status && RANK[status] <= RANK[state.status]) return state
  return {
    ...state,
    status,
    percent: status === 'completed' ? 100 : state.percent,
    stage: status === 'completed' ? 'finishing' : state.stage,
  }
}

/** @param {Scene} scene @param {Record<string, any>} fractions @param {any} preview @returns {Scene} */
function withSceneProgress(scene, fractions, preview) {
  const fraction = Math.min(1, Math.max(scene.fraction, number(fractions[scene.id], 0)))
  const at = text(preview?.generated_at)
  const url = text(preview?.url)
  // The same picture may come under a fresher link: that one is taken, as the old one runs out.
  const picture =
    at && url && (!scene.picture || at >= scene.picture.at) && scene.picture?.url !== url
      ? { url, at }
      : scene.picture
  return fraction === scene.fraction && picture === scene.picture ? scene : { ...scene, fraction, picture }
}

/** @param {unknown} value @returns {[number, number] | null} */
function rangeOf(value) {
  const [low, high] = array(value).map((seconds) => number(seconds, -1))
  return low !== undefined && high !== undefined && low >= 0 && high >= low ? [low, high] : null
}

/** @param {State} state @param {unknown} value @returns {State} */
function withProgress(state, value) {
  const progress = object(value)
  const fractions = object(progress.scenes)
  const previews = new Map(array(progress.previews).map((preview) => [preview?.scene_id, preview]))
  const scenes = state.scenes.map((scene) => withSceneProgress(scene, fractions, previews.get(scene.id)))
  const stage = STAGE_OF_PHASE[progress.phase] ?? 'waiting'
  return {
    ...state,
    scenes,
    percent: Math.max(state.percent, Math.min(100, number(progress.percent, 0))),
    left: rangeOf(progress.eta_range),
    stage: STAGES.indexOf(stage) > STAGES.indexOf(state.stage) ? stage : state.stage,
    scenesReused: Math.max(state.scenesReused, number(progress.scenes_reused, 0)),
    newest: newestOf(scenes) ?? state.newest,
  }
}

/** @param {readonly Scene[]} scenes */
function newestOf(scenes) {
  /** @type {Scene | null} */
  let newest = null
  for (const scene of scenes) {
    if (scene.picture && (!newest?.picture || scene.picture.at > newest.picture.at)) newest = scene
  }
  return newest?.id ?? null
}

/** @param {State} state @param {unknown} value @returns {State} */
function withFailure(state, value) {
  const error = object(value)
  const sceneId = text(error.scene_id)
  return {
    ...state,
    failure: { message: text(error.message) ?? 'The cause is not known.', sceneId },
    scenes: state.scenes.map((scene) => (scene.id === sceneId ? { ...scene, failed: true } : scene)),
  }
}

/** @param {State} state @returns {State} */
const withEveryScene = (state) => ({
  ...state,
  scenes: state.scenes.map((scene) => (scene.fraction === 1 ? scene : { ...scene, fraction: 1 })),
})

/** @param {State} state @param {JobWire} job @returns {State} */
function withJob(state, job) {
  const options = object(job.options)
  let next = withStatus({ ...state, refusal: null }, job.status)
  if (next.scenes.length === 0) {
    next = {
      ...next,
      title: text(job.spec_snapshot?.title) ?? 'Untitled',
      scenes: playingOrder(job.spec_snapshot),
      aspect: aspectOf(options.aspect),
    }
  }
  next = withProgress(next, job.progress)
  next = {
    ...next,
    creditsCharged: number(job.credits_charged, 0),
    creditsRefunded: number(job.credits_refunded, 0),
    startedAtMs: time(job.started_at) ?? next.startedAtMs,
    completedAtMs: time(job.completed_at) ?? next.completedAtMs,
  }
  if (job.status === 'failed') next = withFailure(next, job.error)
  const output = object(job.output)
  const url = text(output.video_url)
  if (next.status !== 'completed' || !url) return next
  return {
    ...withEveryScene(next),
    film: {
      url,
      posterUrl: text(output.thumbnail_url),
      contactSheetUrl: text(output.contact_sheet_url),
      durationS: number(output.duration, 0),
      resolution: text(output.resolution) ?? '',
      sizeBytes: number(output.size_bytes, 0),
      engine: text(output.metadata?.model_used),
      scenesReused: number(output.metadata?.scenes_reused, 0),
      silent: output.metadata?.sound === 'silent',
    },
  }
}

/** @param {State} state @returns {State} */
const asking = (state) => ({ ...state, asks: state.asks + 1 })

/** @param {State} state @param {JobEvent} event @returns {State} */
function withEvent(state, event) {
  if (event.job_id !== state.jobId) return state
  if (state.sequence !== null && event.sequence <= state.sequence) return state
  const missed = state.sequence !== null && event.sequence > state.sequence + 1
  const next = { ...state, sequence: event.sequence, asks: state.asks + (missed ? 1 : 0) }
  // What a finished job still sends is late news of the time before.
  if (isOver(state)) return next
  const payload = object(event.payload)
  switch (event.event_type) {
    case 'started':
      return {
        ...withProgress(withStatus(next, 'processing'), { phase: 'initializing' }),
        worker: text(payload.worker) ?? state.worker,
        startedAtMs: state.startedAtMs ?? time(event.created_at),
      }
    case 'progress':
      return withProgress(withStatus(next, 'processing'), payload)
    case 'scene_complete':
      return {
        ...withProgress(next, { phase: 'generating', scenes: { [String(payload.scene_id)]: 1 } }),
        left: next.left,
      }
    case 'completed':
      // The event tells that there is a film; links to it come with the job.
      return asking(withEveryScene(withStatus(next, 'completed')))
    case 'failed':
      return asking(withFailure(withStatus(next, 'failed'), payload.error))
    case 'canceled':
      return asking(withStatus(next, 'canceled'))
    default:
      return next
  }
}

/** @type {typeof import('./state.d.ts').reduce} */
export function reduce(state, action) {
  switch (action.type) {
    case 'job':
      return { ...withJob(state, action.job), answered: Math.max(state.answered, action.asks) }
    case 'ask':
      return asking(state)
    case 'event':
      return withEvent(state, action.event)
    case 'subscribed':
      // Resumed: what was missed follows as events. Else the job is read for all that was before.
      return action.resumed ? state : asking({ ...state, sequence: action.lastSequence })
    case 'expired':
      return asking({ ...state, sequence: null })
    case 'refused':
      return { ...state, refusal: action.refusal }
    case 'link':
      return action.link === state.link ? state : { ...state, link: action.link }
  }
}
