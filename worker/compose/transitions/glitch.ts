/** Glitch: the signal breaks up, and when it holds again it is the other picture. Pure. */
import { commands, layer, TO_FILM, TO_RGB, table } from '../graph.ts'
import type { Drawing } from './drawing.ts'

/** Slices of the picture that are torn away: heights as shares of the picture's, and what is seen in them. */
const SLICES = [
  { height: 0.3, of: 'picture' },
  { height: 0.12, of: 'other' },
  { height: 0.09, of: 'blocks' },
  { height: 0.06, of: 'picture' },
  { height: 0.05, of: 'other' },
  { height: 0.03, of: 'picture' },
  { height: 0.015, of: 'blocks' },
] as const

/** Farthest tear and farthest parting of the colours, as shares of the width. */
const TEAR = 0.16
const PARTING = 0.022
/** A disturbance stands for about this long before the next: any shorter is a flicker, any longer an effect. */
const HOLD_S = 1 / 15

/** What one disturbance looks like; `slices[k]` is null where slice k is not torn. */
type Disturbance = {
  strength: number
  incoming: boolean
  slices: readonly ({ y: number; shift: number } | null)[]
  red: { x: number; y: number }
  blue: { x: number; y: number }
}

const STILL = { strength: 0, slices: [], red: { x: 0, y: 0 }, blue: { x: 0, y: 0 } } as const

/**
 * Torn slices, some of which already show the other picture or only blocks of colour; red and blue that part; noise and
 * scan lines. All of it is drawn by lot, but the same lots for the same join, so that a film comes out the same again.
 */
export function glitch(drawing: Drawing): string[] {
  const { format } = drawing
  const { width, height } = format
  const states = disturbances(drawing)
  const shows = (incoming: boolean) => states.map((state) => (state.incoming === incoming ? 1 : 0))
  const pixels = (shares: number[], side: number) => shares.map((share) => Math.round(share * side))
  const chains = [
    '[a]split[a1][a2]',
    '[b]split[b1][b2]',
    ...layer('[a1]', '[b1]', shows(true), format, '[seen]', 'choice'),
    ...layer('[a2]', '[b2]', shows(false), format, '[hidden]', 'opposite'),
    `[seen]${TO_RGB},split=${2 + sourcesOf('picture').length}[s0][toblocks]${sourcesOf('picture').join('')}`,
    `[hidden]${TO_RGB},split=${sourcesOf('other').length}${sourcesOf('other').join('')}`,
    `[toblocks]scale=${Math.ceil(width / 40)}:${Math.ceil(height / 24)}:flags=area,scale=${width}:${height}:flags=neighbor,${TO_RGB},` +
      `split=${sourcesOf('blocks').length}${sourcesOf('blocks').join('')}`,
  ]
  SLICES.forEach((slice, k) => {
    const torn = states.map((state) => state.slices[k] ?? null)
    const y = table(
      pixels(
        torn.map((tear) => tear?.y ?? 0),
        height,
      ),
      format,
    )
    const x = table(
      pixels(
        torn.map((tear) => tear?.shift ?? 0),
        width,
      ),
      format,
    )
    const tall = Math.max(2, Math.round(slice.height * height))
    chains.push(
      `[slice${k}]crop=${width}:${tall}:0:'${y}':exact=1[torn${k}]`,
      `[s${k}][torn${k}]overlay=x='${x}':y='${y}':format=gbrp:enable='${table(
        torn.map((tear) => (tear ? 1 : 0)),
        format,
      )}'[s${k + 1}]`,
    )
  })
  const shifts = {
    rh: pixels(
      states.map(({ red }) => red.x),
      width,
    ),
    rv: pixels(
      states.map(({ red }) => red.y),
      height,
    ),
    bh: pixels(
      states.map(({ blue }) => blue.x),
      width,
    ),
    bv: pixels(
      states.map(({ blue }) => blue.y),
      height,
    ),
  }
  const when = (holds: (strength: number) => boolean) =>
    `enable='${table(
      states.map(({ strength }) => (holds(strength) ? 1 : 0)),
      format,
    )}'`
  const line = Math.max(2, 2 * Math.round(height / 480))
  chains.push(
    [
      `[s${SLICES.length}]${commands('rgbashift@parted', shifts, format)}`,
      'rgbashift@parted=edge=wrap',
      `noise=alls=18:allf=t:${when((strength) => strength > 0.1 && strength <= 0.55)}`,
      `noise=alls=46:allf=t+u:${when((strength) => strength > 0.55)}`,
      TO_FILM,
      `drawgrid=w=${width}:h=${2 * line}:t=${line}:c=black@0.16:${when((strength) => strength > 0.2)}[v]`,
    ].join(','),
  )
  return chains
}

const sourcesOf = (kind: (typeof SLICES)[number]['of']): string[] =>
  SLICES.flatMap((slice, k) => (slice.of === kind ? [`[slice${k}]`] : []))

/** The disturbance at each frame: weak at both ends, strongest where the pictures change. */
function disturbances({ join, progress, format }: Drawing): Disturbance[] {
  const lot = lots(join.after + 2)
  const longest = Math.max(1, Math.round(2 * HOLD_S * format.fps) - 1)
  const states: Disturbance[] = []
  while (states.length < progress.length) {
    const at = progress[states.length]!
    const rise = Math.sin(Math.PI * at) ** 0.8
    // Between bursts the picture is nearly whole for a moment, except at the change itself.
    const calm = Math.abs(at - 0.5) > 0.18 && lot() < 0.25
    const strength = rise * (calm ? 0.12 : 0.45 + 0.55 * lot())
    const flicker = Math.abs(at - 0.5) < 0.22 && lot() < 0.3
    const part = PARTING * strength * (lot() < 0.5 ? -1 : 1)
    const state: Disturbance = {
      strength,
      incoming: at >= 0.5 !== flicker,
      slices: SLICES.map(({ height }) => {
        const [chance, y, shift] = [lot(), lot() * (1 - height), 2 * lot() - 1]
        return chance < strength * 1.1 && strength > 0.15 ? { y, shift: shift * TEAR * strength } : null
      }),
      red: { x: part * (0.6 + 0.8 * lot()), y: part * 0.3 * (lot() - 0.5) },
      blue: { x: -part * (0.6 + 0.8 * lot()), y: -part * 0.3 * (lot() - 0.5) },
    }
    const hold = Math.min(progress.length - states.length, 1 + Math.floor(lot() * longest))
    for (let frame = 0; frame < hold; frame += 1) states.push(state)
  }
  // Where the film begins or ends in black, black it is.
  return states.map((state, frame) =>
    progress[frame] === 0 || progress[frame] === 1
      ? { ...state, ...STILL, incoming: progress[frame] === 1 }
      : state,
  )
}

/** Numbers from 0 to 1 that look random and are the same for the same seed (mulberry32). */
function lots(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
