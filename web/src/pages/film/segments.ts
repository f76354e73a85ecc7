/** Films by scene: what is seen when, and which places of two films belong together. Pure. */
import type { Job } from '../../api/client.ts'

type FilmShot = NonNullable<NonNullable<Job['output']>['metadata']['shots']>[number]

/** A scene as it plays, from cut to cut; `end` is the first frame that is no longer of it. */
export type Segment = { sceneId: string; start: number; end: number }

/** What the screen shows when: a transition is split at its middle. */
export function segmentsOf(shots: readonly FilmShot[], frames: number): Segment[] {
  const starts = shots.map(({ start_frame }, at) => {
    const before = shots[at - 1]
    const overlap = before ? Math.max(0, before.start_frame + before.frames - start_frame) : 0
    return start_frame + Math.floor(overlap / 2)
  })
  return shots.map(({ scene_id }, at) => ({
    sceneId: scene_id,
    start: starts[at]!,
    end: starts[at + 1] ?? Math.max(frames, starts[at]! + 1),
  }))
}

/** Index of the segment at a frame; the last one holds for what comes after. */
export function segmentAt(segments: readonly Segment[], frame: number): number {
  const next = segments.findIndex(({ end }) => frame < end)
  return next === -1 ? segments.length - 1 : next
}

/**
 * Which segment of `b` belongs to each of `a`; null where there is none. The longest run of scenes in the same order goes
 * together first, then scenes that stand elsewhere.
 */
export function align(a: readonly Segment[], b: readonly Segment[]): (number | null)[] {
  // lengths[i][j]: longest common run of what follows a[i] and b[j].
  const lengths = Array.from({ length: a.length + 1 }, () => new Array<number>(b.length + 1).fill(0))
  for (let i = a.length - 1; i >= 0; i -= 1)
    for (let j = b.length - 1; j >= 0; j -= 1)
      lengths[i]![j] =
        a[i]!.sceneId === b[j]!.sceneId
          ? lengths[i + 1]![j + 1]! + 1
          : Math.max(lengths[i + 1]![j]!, lengths[i]![j + 1]!)
  const found = new Array<number | null>(a.length).fill(null)
  let i = 0
  let j = 0
  while (i < a.length && j < b.length) {
    if (a[i]!.sceneId === b[j]!.sceneId) found[i++] = j++
    else if (lengths[i + 1]![j]! >= lengths[i]![j + 1]!) i += 1
    else j += 1
  }
  const taken = new Set(found)
  return found.map((match, at) => {
    if (match !== null) return match
    const moved = b.findIndex(({ sceneId }, index) => sceneId === a[at]!.sceneId && !taken.has(index))
    if (moved === -1) return null
    taken.add(moved)
    return moved
  })
}

export type Side = { segments: readonly Segment[]; fps: number; frames: number }

export type Counterpart = {
  /** Frame of the other film; null: it has no such scene. */
  frame: number | null
  /** Seconds by which the other film's scene is longer; below 0: shorter. */
  longerS: number
}

/** The other film's counterpart of a frame of `a`; a scene that is shorter there stays at its last frame. */
export function counterpart(
  a: Side,
  b: Side,
  matches: readonly (number | null)[],
  frame: number,
): Counterpart {
  const at = segmentAt(a.segments, frame)
  const mine = a.segments[at]
  // Films without a list of their scenes run beside each other.
  if (!mine || b.segments.length === 0)
    return {
      frame: Math.min(b.frames - 1, Math.floor((frame / a.fps) * b.fps + 0.001)),
      longerS: b.frames / b.fps - a.frames / a.fps,
    }
  const match = matches[at]
  const theirs = match === null || match === undefined ? undefined : b.segments[match]
  if (!theirs) return { frame: null, longerS: 0 }
  const inside = Math.floor(((frame - mine.start) / a.fps) * b.fps + 0.001)
  return {
    frame: Math.min(theirs.end - 1, theirs.start + inside),
    longerS: (theirs.end - theirs.start) / b.fps - (mine.end - mine.start) / a.fps,
  }
}
