/** Where the editor stands in the film: one playhead for viewer, timeline and keys. */
import { createSeeker, frameAt, type Seeker } from './seeker.ts'

export type Playhead = {
  /** Frame of the film, from 0. */
  frame: number
  playing: boolean
  /** Times as fast as the film is meant to be; below 0 backwards. */
  speed: number
  /** First and last frame of the part that is looked at; null: the film's own. */
  from: number | null
  to: number | null
  /** Begins again at its end. */
  loop: boolean
  /** Length of what the playhead moves over. */
  frames: number
}

export type Player = ReturnType<typeof createPlayer>

const FASTEST = 8
const SLOW = 0.25

/** @param firstFps rate that frames are counted in until a film says its own */
export function createPlayer(firstFps: number) {
  const listeners = new Set<() => void>()
  let fps = firstFps
  let state: Playhead = {
    frame: 0,
    playing: false,
    speed: 1,
    from: null,
    to: null,
    loop: false,
    frames: 1,
  }
  let cuts: readonly number[] = []
  let screen: { element: HTMLVideoElement; seeker: Seeker; frames: number } | null = null
  let backwards = 0
  let turning: ReturnType<typeof setTimeout> | undefined
  let isAwaited = false

  const publish = (change: Partial<Playhead>): void => {
    const next = { ...state, ...change }
    if ((Object.keys(change) as (keyof Playhead)[]).every((key) => next[key] === state[key])) return
    state = next
    for (const listener of listeners) listener()
  }
  const clamp = (frame: number): number => Math.max(0, Math.min(state.frames - 1, Math.round(frame)))
  /** What plays: the part between in and out, as far as the film goes. */
  const part = (frames: number): { first: number; last: number } => {
    const end = frames - 1
    const first = Math.min(state.from ?? 0, end)
    return { first, last: Math.max(first, Math.min(state.to ?? end, end)) }
  }

  function halt(): void {
    cancelAnimationFrame(backwards)
    clearTimeout(turning)
    turning = undefined
    screen?.element.pause()
    publish({ playing: false, speed: 1 })
  }

  /** Stops where the film is, which may be a frame further than it was last seen. */
  function rest(): void {
    const { playing, speed } = state
    halt()
    if (!screen || !playing || speed < 0 || screen.element.seeking) return
    const { first, last } = part(screen.frames)
    const frame = Math.max(first, Math.min(frameAt(screen.element.currentTime, fps), last))
    screen.seeker.seek(frame)
    publish({ frame })
  }

  /** Browsers do not play backwards: frame after frame is looked up instead, as many as it can. */
  function playBackwards({ seeker, element, frames }: NonNullable<typeof screen>, speed: number): void {
    element.pause()
    const { first, last } = part(frames)
    let begin = performance.now()
    let origin = state.frame <= first || state.frame > last ? last : state.frame
    publish({ playing: true, speed, frame: origin })
    const tick = (now: number): void => {
      const frame = Math.round(origin + (Math.max(0, now - begin) / 1_000) * fps * speed)
      if (frame < first && !state.loop) {
        seeker.seek(first)
        publish({ frame: first, playing: false, speed: 1 })
        return
      }
      if (frame < first) {
        origin = last
        begin = now
      }
      const at = Math.max(first, frame < first ? last : frame)
      seeker.seek(at)
      publish({ frame: at })
      backwards = requestAnimationFrame(tick)
    }
    backwards = requestAnimationFrame(tick)
  }

  function play(speed: number): void {
    if (!screen) return
    cancelAnimationFrame(backwards)
    clearTimeout(turning)
    turning = undefined
    if (speed < 0) {
      playBackwards(screen, speed)
      return
    }
    const { element, seeker, frames } = screen
    const { first, last } = part(frames)
    if (state.frame < first || state.frame >= last) {
      seeker.seek(first)
      publish({ frame: first })
    }
    element.playbackRate = speed
    publish({ playing: true, speed })
    element.play().catch((error: unknown) => {
      if (error instanceof DOMException && error.name === 'NotAllowedError') halt()
    })
  }

  /** The end of the part: from its beginning again, or rest there. */
  function turn(): void {
    if (!screen) return
    const { element, seeker, frames } = screen
    const { first, last } = part(frames)
    if (!state.loop) {
      halt()
      if (state.to !== null) seeker.seek(last)
      publish({ frame: last })
      return
    }
    seeker.seek(first)
    publish({ frame: first })
    if (element.paused) element.play().catch(() => {})
  }

  /** A frame is on the screen. */
  function onFrame(frame: number): void {
    if (!screen || !state.playing || state.speed < 0 || turning || screen.element.seeking) return
    const { last } = part(screen.frames)
    publish({ frame: Math.min(frame, last) })
    if (state.to === null || frame < last) return
    // It stays for as long as a frame does; the next one is not to be seen.
    turning = setTimeout(
      () => {
        turning = undefined
        turn()
      },
      frame > last ? 0 : 700 / (fps * state.speed),
    )
  }

  return {
    /** Frames a second. */
    get fps(): number {
      return fps
    },
    subscribe(listener: () => void): () => void {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    state: (): Playhead => state,
    /** Length of what the playhead moves over. */
    setFrames(count: number): void {
      const frames = Math.max(1, count)
      publish({ frames, frame: Math.max(0, Math.min(frames - 1, state.frame)) })
    },
    /** First frames of the shots, for the way from cut to cut. */
    setCuts(frames: readonly number[]): void {
      cuts = frames
    },
    /** Moves the playhead; stops the film. */
    seek(frame: number): void {
      halt()
      const to = clamp(frame)
      screen?.seeker.seek(to)
      publish({ frame: to })
    },
    /** To the next cut, or the one before. */
    seekCut(direction: 1 | -1): void {
      const { frame, frames } = state
      const all = [0, ...cuts, frames - 1]
      const to = direction > 0 ? all.find((cut) => cut > frame) : all.findLast((cut) => cut < frame)
      if (to !== undefined) this.seek(to)
    },
    toggle(): void {
      if (state.playing) rest()
      else play(1)
    },
    stop: rest,
    /** Plays on or back; asked for again while it does, it goes twice as fast. */
    shuttle(direction: 1 | -1): void {
      const { playing, speed } = state
      const isSame = playing && Math.sign(speed) === direction && Math.abs(speed) >= 1
      play(direction * (isSame ? Math.min(FASTEST, Math.abs(speed) * 2) : 1))
    },
    /** Plays at a quarter of the speed. */
    slow(direction: 1 | -1): void {
      play(direction * SLOW)
    },
    /** Begins the part here; it is played over and over until it is cleared. */
    setIn(): void {
      const { frame, to } = state
      publish({ from: frame, to: to !== null && to <= frame ? null : to, loop: true })
    },
    /** Ends the part here. */
    setOut(): void {
      const { frame, from } = state
      publish({ to: frame, from: from !== null && from >= frame ? null : from, loop: true })
    },
    clearPart(): void {
      publish({ from: null, to: null, loop: false })
    },
    setLoop(loop: boolean): void {
      publish({ loop })
    },
    /** Plays the next film that comes to the screen, from its beginning. */
    playNext(): void {
      halt()
      isAwaited = true
      publish({ frame: 0 })
    },
    /**
     * Takes the film's element, and lets go of it again.
     * @param film its rate, and its length in frames
     */
    attach(element: HTMLVideoElement, film: { fps: number; frames: number }): () => void {
      fps = film.fps
      const seeker = createSeeker(element, fps)
      screen = { element, seeker, frames: film.frames }
      let request = 0
      const isPrecise = 'requestVideoFrameCallback' in element
      const onVideoFrame = (_now: number, { mediaTime }: { mediaTime: number }): void => {
        request = element.requestVideoFrameCallback(onVideoFrame)
        onFrame(Math.round(mediaTime * fps))
      }
      const onTick = (): void => {
        request = requestAnimationFrame(onTick)
        onFrame(frameAt(element.currentTime, fps))
      }
      request = isPrecise ? element.requestVideoFrameCallback(onVideoFrame) : requestAnimationFrame(onTick)
      const aborter = new AbortController()
      const { signal } = aborter
      // A new address of the same film begins at 0.
      const onReady = (): void => {
        seeker.seek(state.frame)
        if (!state.playing || state.speed < 0) return
        element.playbackRate = state.speed
        element.play().catch(() => {})
      }
      element.addEventListener('loadedmetadata', onReady, { signal })
      element.addEventListener('ended', turn, { signal })
      element.addEventListener(
        'pause',
        () => {
          // Media keys and the system pause films, too.
          const isOurs = !state.playing || state.speed < 0 || element.ended || element.error !== null
          if (element.paused && !isOurs) rest()
        },
        { signal },
      )
      if (isAwaited) {
        isAwaited = false
        play(1)
      }
      if (element.readyState >= HTMLMediaElement.HAVE_METADATA) onReady()
      return () => {
        aborter.abort()
        if (isPrecise) element.cancelVideoFrameCallback(request)
        else cancelAnimationFrame(request)
        halt()
        seeker.close()
        screen = null
      }
    },
  }
}
