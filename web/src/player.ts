/** Where the editor stands in the film: one playhead for viewer, timeline and keys. */

export type Playhead = {
  /** Frame of the film, from 0. */
  frame: number
  playing: boolean
}

export type Player = ReturnType<typeof createPlayer>

export function createPlayer(fps: number) {
  const listeners = new Set<() => void>()
  let state: Playhead = { frame: 0, playing: false }
  let frames = 1
  let video: HTMLVideoElement | null = null

  const publish = (next: Playhead): void => {
    if (next.frame === state.frame && next.playing === state.playing) return
    state = next
    for (const listener of listeners) listener()
  }
  const clamp = (frame: number): number => Math.max(0, Math.min(frames - 1, Math.round(frame)))

  return {
    fps,
    subscribe(listener: () => void): () => void {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    state: (): Playhead => state,
    /** Length of what is played, in frames. */
    setFrames(count: number): void {
      frames = Math.max(1, count)
      publish({ ...state, frame: clamp(state.frame) })
    },
    /** Moves the playhead; stops the film. */
    seek(frame: number): void {
      const to = clamp(frame)
      if (video) {
        video.pause()
        // The middle of the frame: its edge may round to the one before.
        video.currentTime = (to + 0.5) / fps
      }
      publish({ frame: to, playing: false })
    },
    toggle(): void {
      if (!video) return
      if (video.paused) video.play().catch(() => publish({ ...state, playing: false }))
      else video.pause()
    },
    /** Takes the film's element, and lets go of it again. */
    attach(element: HTMLVideoElement): () => void {
      video = element
      let request = 0
      const tick = (): void => {
        request = requestAnimationFrame(tick)
        if (!element.paused)
          publish({ frame: clamp(Math.floor(element.currentTime * fps + 0.001)), playing: true })
        else if (state.playing) publish({ ...state, playing: false })
      }
      request = requestAnimationFrame(tick)
      element.currentTime = (state.frame + 0.5) / fps
      return () => {
        cancelAnimationFrame(request)
        video = null
        publish({ ...state, playing: false })
      }
    },
  }
}
