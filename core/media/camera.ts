/**
 * Camera travel over an oversized raster, as arguments of ffmpeg's `perspective` filter. It places corners at 1/256 px,
 * so slow travel stays smooth; `zoompan` and `crop` step by whole pixels and shiver.
 */

export type Move = 'push' | 'pull' | 'left' | 'right' | 'up' | 'down' | 'still'

/** `zoom` 1 sees the resting picture; `dx`, `dy` are fractions of it, to the right and down. */
type Pose = { readonly zoom: number; readonly dx: number; readonly dy: number }
export type Travel = { readonly from: Pose; readonly to: Pose }

/** Seconds after which a shot has made its whole way; shorter ones make less of it, so speed stays calm. */
const FULL_TRAVEL_S = 6

/**
 * @param depth how strongly a layer moves: 0 at infinity, 1 close by
 * @param seconds length of the shot
 */
export function travelOf(move: Move, depth: number, seconds: number): Travel {
  const amount = depth * Math.min(1, Math.max(0.25, seconds / FULL_TRAVEL_S))
  const rest: Pose = { zoom: 1.02, dx: 0, dy: 0 }
  const side = 0.06 * amount
  const zoom = 0.13 * amount
  switch (move) {
    case 'push':
      return { from: rest, to: { zoom: 1.02 + zoom, dx: 0, dy: 0 } }
    case 'pull':
      return { from: { zoom: 1.02 + zoom, dx: 0, dy: 0 }, to: rest }
    case 'left':
      return { from: { zoom: 1.04, dx: side, dy: 0 }, to: { zoom: 1.04, dx: -side, dy: 0 } }
    case 'right':
      return { from: { zoom: 1.04, dx: -side, dy: 0 }, to: { zoom: 1.04, dx: side, dy: 0 } }
    case 'up':
      return { from: { zoom: 1.04, dx: 0, dy: side }, to: { zoom: 1.04, dx: 0, dy: -side } }
    case 'down':
      return { from: { zoom: 1.04, dx: 0, dy: -side }, to: { zoom: 1.04, dx: 0, dy: side } }
    case 'still':
      return { from: rest, to: { zoom: 1.02 + zoom * 0.25, dx: side * 0.1, dy: 0 } }
  }
}

const STILL_MOVES = [
  'push',
  'pull',
  'left',
  'right',
  'push left',
  'push right',
  'pull left',
  'pull right',
] as const

/**
 * The way over a still picture that is a scene by itself: nearer or farther, along it, or both.
 * @param zoom how much closer the nearest moment is than the farthest, for a shot of full length
 * @param seed chooses the direction, so that neighbours differ and a repeat is the same
 */
export function stillTravel(zoom: number, seconds: number, seed: number): Travel {
  const near = 1 + (zoom - 1) * Math.min(1, Math.max(0.25, seconds / FULL_TRAVEL_S))
  const move = STILL_MOVES[seed % STILL_MOVES.length]!
  // As far aside as the picture reaches when it is near.
  const side = ((1 - 1 / near) / 2) * (move.includes('left') ? 1 : -1)
  const far: Pose = { zoom: 1, dx: 0, dy: 0 }
  const close = (dx: number): Pose => ({ zoom: near, dx, dy: 0 })
  switch (move) {
    case 'push':
      return { from: far, to: close(0) }
    case 'pull':
      return { from: close(0), to: far }
    case 'left':
    case 'right':
      return { from: close(side), to: close(-side) }
    case 'push left':
    case 'push right':
      return { from: far, to: close(-side) }
    case 'pull left':
    case 'pull right':
      return { from: close(side), to: far }
  }
}

/** What the camera sees at `share` (0..1) of a travel, as fractions of the raster. */
export function seenAt({ from, to }: Travel, overscan: number, share: number) {
  const along = (a: number, b: number): number => a + (b - a) * share
  const size = 1 / overscan / along(from.zoom, to.zoom)
  return {
    left: 0.5 + along(from.dx, to.dx) / overscan - size / 2,
    top: 0.5 + along(from.dy, to.dy) / overscan - size / 2,
    size,
  }
}

/**
 * The `perspective` filter for a travel over `frames` frames.
 * @param overscan how much larger the raster is than what a resting camera sees
 */
export function perspectiveFilter(travel: Travel, overscan: number, frames: number): string {
  const { from, to } = travel
  const along = (a: number, b: number): string =>
    `(${num(a)}+${num(b - a)}*(on-1)/${Math.max(1, frames - 1)})`
  const half = `(0.5/${num(overscan)}/${along(from.zoom, to.zoom)})`
  const [cx, cy] = [
    `(0.5+${along(from.dx, to.dx)}/${num(overscan)})`,
    `(0.5+${along(from.dy, to.dy)}/${num(overscan)})`,
  ]
  const [left, right] = [`W*(${cx}-${half})`, `W*(${cx}+${half})`]
  const [top, bottom] = [`H*(${cy}-${half})`, `H*(${cy}+${half})`]
  const corners = [left, top, right, top, left, bottom, right, bottom]
  const names = ['x0', 'y0', 'x1', 'y1', 'x2', 'y2', 'x3', 'y3']
  const points = names.map((name, i) => `${name}='${corners[i]}'`).join(':')
  return `perspective=${points}:interpolation=linear:sense=source:eval=frame`
}

const num = (value: number): string => value.toFixed(6)
