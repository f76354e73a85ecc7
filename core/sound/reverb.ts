/** A room: eight delay lines that feed each other (feedback delay network), after two diffusers. */
import { type Canvas, framesOf, RATE, type Stereo } from './signal.ts'

export type Room = {
  /** For 60 dB. */
  seconds: number
  /** How far apart the walls are; 1 is a hall. */
  size: number
  /** What the walls leave of high tones at every echo, 0 to 1. */
  brightness: number
  preDelayS?: number
}

export const ROOMS = {
  closet: { seconds: 0.25, size: 0.2, brightness: 0.6 },
  chamber: { seconds: 0.7, size: 0.4, brightness: 0.65, preDelayS: 0.006 },
  street: { seconds: 0.9, size: 1.1, brightness: 0.4, preDelayS: 0.015 },
  stage: { seconds: 1.5, size: 0.8, brightness: 0.55, preDelayS: 0.015 },
  hall: { seconds: 2.4, size: 1.1, brightness: 0.5, preDelayS: 0.022 },
  works: { seconds: 2.0, size: 1.4, brightness: 0.45, preDelayS: 0.025 },
} as const satisfies Record<string, Room>

/** Lengths in samples without a common divisor, so that echoes do not fall together. */
const LINES = [1_423, 1_637, 1_871, 2_053, 2_251, 2_473, 2_741, 2_999] as const
const DIFFUSERS = [241, 383, 563, 797] as const

function diffuser(length: number): (x: number) => number {
  const line = new Float32Array(length)
  let at = 0
  return (x) => {
    const delayed = line[at]!
    const y = delayed - 0.6 * x
    line[at] = x + 0.6 * y
    if (++at === length) at = 0
    return y
  }
}

/** What the room answers to a sound, without the sound itself. @param warmUpS heard first, for sounds that loop */
export function reverberate(dry: Stereo, room: Room, warmUpS = 0): Stereo {
  const lengths = LINES.map((length) => Math.max(16, Math.round(length * room.size)))
  const lines = lengths.map((length) => new Float32Array(length))
  const feedback = Float64Array.from(lengths, (length) => 10 ** ((-3 * length) / (room.seconds * RATE)))
  const held = new Float64Array(8)
  const at = new Int32Array(8)
  const d = new Float64Array(8)
  const keep = room.brightness
  const [a, b, c, e] = DIFFUSERS.map((length) =>
    diffuser(Math.max(8, Math.round(length * Math.min(1, room.size)))),
  )
  const delay = framesOf(room.preDelayS ?? 0)
  const frames = dry.left.length
  const wet = { left: new Float32Array(frames), right: new Float32Array(frames) }

  for (let i = -framesOf(warmUpS); i < frames; i++) {
    const read = i - delay
    const from = read >= 0 ? read : warmUpS > 0 ? read + frames : -1
    const left = from >= 0 ? c!(a!(dry.left[from]!)) : 0
    const right = from >= 0 ? e!(b!(dry.right[from]!)) : 0
    for (let line = 0; line < 8; line++) {
      const low = held[line]! + keep * (lines[line]![at[line]!]! - held[line]!)
      held[line] = low
      d[line] = low * feedback[line]!
    }
    if (i >= 0) {
      wet.left[i] = d[0]! - d[2]! + d[4]! - d[6]!
      wet.right[i] = d[1]! - d[3]! + d[5]! - d[7]!
    }
    // Hadamard: every line goes to every line, and no energy is made.
    for (let span = 1; span < 8; span *= 2) {
      for (let group = 0; group < 8; group += span * 2) {
        for (let k = group; k < group + span; k++) {
          const x = d[k]!
          const y = d[k + span]!
          d[k] = x + y
          d[k + span] = x - y
        }
      }
    }
    for (let line = 0; line < 8; line++) {
      lines[line]![at[line]!] = d[line]! * 0.353_553_390_593 + (line % 2 === 0 ? left : right)
      if (++at[line]! === lengths[line]!) at[line] = 0
    }
  }
  return wet
}

/** Adds the room's answer to what is on `send` to a canvas of the same length. */
export function addRoom(canvas: Canvas, send: Stereo, room: Room, gain = 1): void {
  // Two thirds of its time: what is left then is 40 dB down.
  const wet = reverberate(
    send,
    room,
    canvas.loops ? Math.min(room.seconds * 0.7, send.left.length / RATE) : 0,
  )
  for (let i = 0; i < wet.left.length; i++) {
    canvas.left[i]! += wet.left[i]! * gain
    canvas.right[i]! += wet.right[i]! * gain
  }
}
