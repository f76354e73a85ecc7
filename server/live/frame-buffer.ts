/** What waits for a slow WebSocket reader, and what is left out when it grows too long. Pure. */

export type Frame = {
  readonly text: string
  /** Channel of a progress event, which may be left out: the next one says it all again. Null for all else. */
  readonly progressOf: string | null
}

export type FrameLimits = { frames: number; bytes: number }

export const FRAME_LIMITS: FrameLimits = { frames: 256, bytes: 1024 * 1024 }

export type FrameBuffer = {
  /** Queues a frame. False: even without the progress frames there is no room, and the reader has to go. */
  push(frame: Frame): boolean
  /** The next text to send: first of all a `lagged` note for each channel that lost frames. */
  shift(): string | undefined
  readonly size: number
  readonly bytes: number
}

export function createFrameBuffer(limits: FrameLimits = FRAME_LIMITS): FrameBuffer {
  const frames: { text: string; bytes: number; progressOf: string | null }[] = []
  const dropped = new Map<string, number>()
  let bytes = 0

  const fits = (extraBytes: number): boolean =>
    frames.length < limits.frames && bytes + extraBytes <= limits.bytes
  const countDrop = (channel: string): void => {
    dropped.set(channel, (dropped.get(channel) ?? 0) + 1)
  }

  return {
    push({ text, progressOf }) {
      const size = Buffer.byteLength(text)
      for (let at = 0; !fits(size) && at < frames.length; ) {
        const old = frames[at]!
        if (old.progressOf === null) {
          at += 1
          continue
        }
        countDrop(old.progressOf)
        bytes -= old.bytes
        frames.splice(at, 1)
      }
      if (!fits(size)) {
        if (progressOf === null) return false
        countDrop(progressOf)
        return true
      }
      frames.push({ text, bytes: size, progressOf })
      bytes += size
      return true
    },
    shift() {
      for (const [channel, count] of dropped) {
        dropped.delete(channel)
        return JSON.stringify({ type: 'lagged', channel, dropped: count })
      }
      const frame = frames.shift()
      if (frame) bytes -= frame.bytes
      return frame?.text
    },
    get size() {
      return frames.length + dropped.size
    },
    get bytes() {
      return bytes
    },
  }
}
