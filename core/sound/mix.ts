/** A desk: sounds are placed in time and space, and some of each goes to the room. */

import { addRoom, type Room } from './reverb.ts'
import { type Canvas, createCanvas, type Mono, type Place, place, type Stereo } from './signal.ts'

export type Mix = {
  /** `room`: how much of it the room hears, 0 to 1. */
  add(sound: Mono | Stereo, where?: Place & { room?: number }): void
  /** The whole, with the room's answer. Once only. */
  finish(): Canvas
}

export function createMix(seconds: number, loops: boolean, room: Room, roomGain = 1): Mix {
  const canvas = createCanvas(seconds, loops)
  const send = createCanvas(seconds, loops)
  return {
    add(sound, { room = 0, ...where } = {}) {
      place(canvas, sound, where)
      if (room > 0) place(send, sound, { ...where, gain: (where.gain ?? 1) * room })
    },
    finish() {
      addRoom(canvas, send, room, roomGain)
      return canvas
    },
  }
}
