/** Moving a film to an exact frame. */

/** The frame that is on the screen at a time of the film. */
export const frameAt = (seconds: number, fps: number): number => Math.floor(seconds * fps + 0.001)

/** The middle of the frame: its edge may round to the one before. */
export const middleOf = (frame: number, fps: number): number => (frame + 0.5) / fps

export type Seeker = { seek(frame: number): void; close(): void }

/** What is needed of a video element. */
export type Seekable = {
  currentTime: number
  readonly seeking: boolean
  readonly readyState: number
  addEventListener(type: 'seeked', listener: () => void): void
  removeEventListener(type: 'seeked', listener: () => void): void
}

const HAVE_METADATA = 1

/**
 * One move at a time: while the film is on its way to a frame, only the newest wish is kept. Browsers that are asked
 * again and again show nothing until the asking ends.
 */
export function createSeeker(element: Seekable, fps: number): Seeker {
  let wanted: number | null = null
  const go = (frame: number): void => {
    wanted = null
    const time = middleOf(frame, fps)
    // Setting the same time again would take it away from the screen for a moment.
    if (Math.abs(element.currentTime - time) > 0.25 / fps) element.currentTime = time
  }
  const onSeeked = (): void => {
    if (wanted !== null) go(wanted)
  }
  element.addEventListener('seeked', onSeeked)
  return {
    seek(frame) {
      if (element.seeking) wanted = frame
      else if (element.readyState >= HAVE_METADATA) go(frame)
    },
    close() {
      element.removeEventListener('seeked', onSeeked)
    },
  }
}
