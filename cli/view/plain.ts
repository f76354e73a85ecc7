/** Progress where there is no terminal: one line for every step that matters, none that repeats. Pure. */
import { clock, harmless } from '../text.ts'
import type { ViewState } from './state.ts'

const STEP_PERCENT = 10

/** The line to write after `next` followed `before`; null when nothing worth a line has happened. */
export function plainLine(before: ViewState, next: ViewState, nowMs: number): string | null {
  const at = `[${clock((nowMs - next.beganAtMs) / 1_000)}]`
  const percent = `${Math.floor(next.percent)} %`
  if (next.connection !== before.connection) {
    if (next.connection === 'reconnecting') return `${at} connection lost, trying again; the render goes on`
    if (before.connection === 'reconnecting') return `${at} connected again`
  }
  if (next.stage !== before.stage) {
    if (next.stage === 'completed') return null // the result follows
    const scenes = next.stage === 'scenes' ? ` (${next.scenesTotal})` : ''
    return `${at} ${next.stage}${scenes}, ${percent}`
  }
  if (next.scenesDone !== before.scenesDone) {
    const ready = next.scenes.filter(
      (scene, index) => scene.progress >= 1 && (before.scenes[index]?.progress ?? 0) < 1,
    )
    const [first] = ready
    const name = ready.length === 1 && first ? `, ${harmless(first.id)} is ready` : ''
    const reused = next.scenesReused > before.scenesReused ? `, ${next.scenesReused} reused` : ''
    return `${at} scenes ${next.scenesDone}/${next.scenesTotal}${reused || name}, ${percent}`
  }
  const step = (state: ViewState) => Math.floor(state.percent / STEP_PERCENT)
  if (step(next) !== step(before) && next.percent < 100) return `${at} ${next.stage}, ${percent}`
  return null
}
