/** Two films on one clock: the second follows the first. */
import type { Player } from '../../player.ts'
import { createSeeker } from '../../seeker.ts'
import { correction } from './correction.ts'

export type FollowOptions = {
  player: Player
  first: HTMLVideoElement
  second: HTMLVideoElement
  /** Frame of the second film that belongs to one of the first; null: there is none. */
  placeOf: (frame: number) => number | null
  /** Rate of the second film. */
  fps: number
}

/** Keeps the second film beside the first, until the returned function is called. */
export function follow({ player, first, second, placeOf, fps }: FollowOptions): () => void {
  const seeker = createSeeker(second, fps)
  const aborter = new AbortController()
  const { signal } = aborter
  let request = 0
  let holds = false

  /** A first film that runs on while the second one loads would only be further away then. */
  const hold = (wanted: boolean): void => {
    if (wanted === holds) return
    holds = wanted
    const { playing, speed } = player.state()
    if (playing && speed > 0) first.playbackRate = wanted ? 0 : speed
  }

  const runBeside = (): void => {
    const { speed } = player.state()
    const now = first.currentTime * player.fps
    const frame = placeOf(Math.floor(now + 0.001))
    if (frame === null) {
      hold(false)
      second.pause()
      return
    }
    const next = placeOf(Math.floor(now + 0.001) + 1)
    // At the end of a scene that is shorter in the second film, it stays.
    const isHeld = next === frame && fps >= player.fps
    const wantedS = (frame + (isHeld ? 0.5 : now - Math.floor(now + 0.001))) / fps
    const isReady = second.readyState >= HTMLMediaElement.HAVE_FUTURE_DATA || second.ended
    hold(!isReady && second.error === null && second.readyState > 0)
    if (second.seeking) return
    if (isHeld) {
      second.pause()
      seeker.seek(frame)
      return
    }
    const step = correction(second.currentTime - wantedS, Math.min(fps, player.fps), speed)
    if (step.kind === 'seek') second.currentTime = wantedS
    else if (Math.abs(second.playbackRate - step.rate) > 0.004) second.playbackRate = step.rate
    if (second.paused && !second.ended) second.play().catch(() => {})
  }

  const tick = (): void => {
    request = 0
    const { playing, speed } = player.state()
    if (playing && speed > 0) {
      runBeside()
      request = requestAnimationFrame(tick)
    } else stand()
  }

  /** While the first one stands, or runs backwards, the second shows the very frame. */
  const stand = (): void => {
    hold(false)
    second.pause()
    const frame = placeOf(player.state().frame)
    if (frame !== null) seeker.seek(frame)
  }

  const onChange = (): void => {
    const { playing, speed } = player.state()
    if (!playing || speed < 0) stand()
    else if (request === 0) request = requestAnimationFrame(tick)
  }
  second.addEventListener('loadedmetadata', onChange, { signal })
  const unsubscribe = player.subscribe(onChange)
  onChange()
  return () => {
    aborter.abort()
    unsubscribe()
    cancelAnimationFrame(request)
    hold(false)
    seeker.close()
    second.pause()
  }
}
