/**
 * What the viewer says: words for a state, figures as people read them. Pure.
 *
 * @import { Scene, Stage, State } from './state.d.ts'
 */
import { isOver } from './state.js'

/** @type {Record<Stage, string>} */
export const STAGE_NAMES = {
  waiting: 'Waiting',
  preparing: 'Preparing',
  scenes: 'Scenes',
  joining: 'Joining',
  finishing: 'Finishing',
}

/** Scene numbers as they stand on boards: `05`. @param {number} number */
export const twoDigits = (number) => String(number).padStart(2, '0')

/** @param {number} count @param {string} one */
const plural = (count, one) => `${count} ${one}${count === 1 ? '' : 's'}`

/** A time span in words, rounded to what matters: `42 s`, `3 min 5 s`, `1 h 12 min`. @param {number} seconds */
export function spanText(seconds) {
  const whole = Math.max(0, Math.floor(seconds))
  if (whole < 60) return `${whole} s`
  if (whole < 3_600) return whole % 60 ? `${Math.floor(whole / 60)} min ${whole % 60} s` : `${whole / 60} min`
  const minutes = Math.floor((whole % 3_600) / 60)
  return `${Math.floor(whole / 3_600)} h${minutes ? ` ${minutes} min` : ''}`
}

/** Length of a film: `0:05`, `1:00`. @param {number} seconds */
export function lengthText(seconds) {
  const whole = Math.round(seconds)
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`
}

/** @param {number} bytes */
export function sizeText(bytes) {
  if (bytes < 1e6) return `${Math.max(1, Math.round(bytes / 1e3))} kB`
  if (bytes < 1e9) return `${(bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0)} MB`
  return `${(bytes / 1e9).toFixed(1)} GB`
}

/** Never 100 before the end, so that "100%" is true. @param {State} state */
export const wholePercent = (state) =>
  state.status === 'completed' ? 100 : Math.min(99, Math.floor(state.percent))

/** @param {State} state */
export const scenesReady = (state) => state.scenes.filter((scene) => scene.fraction === 1).length

/** @param {Scene} scene @param {State} state */
export function sceneState(scene, state) {
  if (scene.failed) return 'failed'
  if (scene.fraction === 1) return 'ready'
  return scene.fraction > 0 && state.status === 'processing' ? 'running' : 'empty'
}

/** @param {Scene} scene @param {State} state */
export function sceneWord(scene, state) {
  const word = { failed: 'failed', ready: 'ready', empty: 'not rendered', running: '' }[
    sceneState(scene, state)
  ]
  return word || `rendering, ${Math.floor(scene.fraction * 100)} percent`
}

/** First letters of a prompt, cut at a word. @param {string} prompt @param {number} [length] */
export function shortPrompt(prompt, length = 100) {
  const line = prompt.replace(/\s+/g, ' ').trim()
  if (line.length <= length) return line
  return `${line.slice(0, length).replace(/\s+\S*$/, '')}…`
}

/** Causes come as they stand in a log; names such as `gpu-01` keep their small letter. @param {string} text */
const asSentence = (text) => text.replace(/^[a-z](?=[a-z]* )/, (letter) => letter.toUpperCase())

/**
 * What the page says in large: a word for the state, and a line that explains it.
 * @param {State} state
 * @returns {{ tone: 'calm' | 'running' | 'ok' | 'bad', title: string, text: string }}
 */
export function verdict(state) {
  if (state.refusal === 'incomplete') {
    return {
      tone: 'calm',
      title: 'This link is not complete',
      text: 'A watch link ends in a # and a long code. Open the whole link, or ask for it again.',
    }
  }
  if (state.refusal === 'ended') {
    return {
      tone: 'calm',
      title: 'This link has ended',
      text: 'It has run out or was withdrawn. Ask whoever shared it for a new one.',
    }
  }
  if (state.refusal === 'missing') {
    return {
      tone: 'calm',
      title: 'There is no render here, or you may not see it',
      text: 'It may have been deleted. Ask whoever shared the link.',
    }
  }
  switch (state.status) {
    case 'queued':
      return { tone: 'calm', title: 'Waiting', text: 'Waiting for a free engine.' }
    case 'processing':
      return { tone: 'running', title: STAGE_NAMES[state.stage], text: '' }
    case 'completed':
      return { tone: 'ok', title: 'Ready', text: state.film ? '' : 'Fetching the film.' }
    case 'failed': {
      const scene = state.scenes.find(({ id }) => id === state.failure?.sceneId)
      return {
        tone: 'bad',
        title: scene ? `Scene ${scene.number} failed` : 'This render failed',
        text: asSentence(state.failure?.message ?? ''),
      }
    }
    case 'canceled':
      return {
        tone: 'calm',
        title: `This render was canceled at ${wholePercent(state)}%`,
        text: scenesReady(state) > 0 ? 'Its finished scenes are kept for the next render.' : '',
      }
    default:
      return { tone: 'calm', title: 'Opening', text: '' }
  }
}

/** Title of the tab. @param {State} state */
export function tabTitle(state) {
  const name = state.title || 'Framecast'
  if (state.refusal || state.status === null) return name
  if (state.status === 'processing') return `${wholePercent(state)}% ${name}`
  const word = { queued: 'Waiting', completed: 'Ready', failed: 'Failed', canceled: 'Canceled' }[state.status]
  return `${word}: ${name}`
}

/** @param {State} state */
function creditsText({ creditsCharged, creditsRefunded }) {
  if (creditsCharged === 0) return ''
  const charged = plural(creditsCharged, 'credit')
  return creditsRefunded > 0 ? `${charged}, ${creditsRefunded} returned` : charged
}

/** Time left as a range, rounded outwards. @param {State['left']} left */
export function leftText(left) {
  if (!left) return ''
  const inMinutes = left[1] >= 90
  const [step, size, unit] = inMinutes ? [60, 1, 'min'] : [5, 5, 's']
  const from = Math.floor(left[0] / step) * size
  const to = Math.ceil(left[1] / step) * size
  return from > 0 ? `${from} to ${to} ${unit} left` : `less than ${to} ${unit} left`
}

/** Small facts in a row. @param {State} state @param {number} nowMs by the server's clock */
export function facts(state, nowMs) {
  const { film, startedAtMs, scenes } = state
  const spent = startedAtMs === null ? '' : spanText(((state.completedAtMs ?? nowMs) - startedAtMs) / 1_000)
  const reused = film?.scenesReused ?? state.scenesReused
  const reusedText = reused > 0 ? `${reused} reused` : ''
  /** @type {string[]} */
  let parts
  if (film) {
    parts = [
      plural(scenes.length, 'scene'),
      reusedText,
      lengthText(film.durationS),
      film.resolution.replace('x', ' × '),
      sizeText(film.sizeBytes),
      film.engine ?? '',
      spent && `made in ${spent}`,
      creditsText(state),
    ]
  } else if (state.status === 'queued') {
    parts = [plural(scenes.length, 'scene')]
  } else {
    parts = [
      `${scenesReady(state)} of ${plural(scenes.length, 'scene')} ready`,
      reusedText,
      spent && (isOver(state) ? `stopped after ${spent}` : spent),
      isOver(state) ? '' : leftText(state.left),
      isOver(state) ? creditsText(state) : state.worker ? `on ${state.worker.split(':')[0]}` : '',
    ]
  }
  return parts.filter(Boolean)
}

/**
 * What a screen reader should hear, or nothing: ends, stages, and each quarter, but not each percent.
 * @param {State} before @param {State} after
 */
export function announcement(before, after) {
  if (after.refusal !== before.refusal || (after.status !== before.status && after.status !== 'processing')) {
    const { title, text } = verdict(after)
    if (after.status === 'completed' && !after.refusal) return `The film ${after.title} is ready.`
    return text ? `${title}. ${text}` : `${title}.`
  }
  if (after.status !== 'processing') return ''
  if (after.stage !== before.stage || before.status !== 'processing') {
    return `${STAGE_NAMES[after.stage]}, ${wholePercent(after)} percent.`
  }
  const quarter = Math.floor(after.percent / 25)
  return quarter > Math.floor(before.percent / 25) ? `${quarter * 25} percent.` : ''
}
