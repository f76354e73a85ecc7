/** From shot plan to cut list: which frames of the film are copied, and which have to be drawn. Pure. */
import { slateSpan } from '../../core/storyboard/burn-in.ts'
import type { Join, Shot, ShotPlan, Treatment } from '../../core/storyboard/plan-types.ts'
import { ComposeError } from './errors.ts'

/** Frames `from` (included) to `to` (excluded) of a scene's segment. */
export type Range = { readonly sceneId: string; readonly from: number; readonly to: number }

/** A range as it goes into a drawing, with the look of its shot. */
export type Side = Range & { readonly treatment: Treatment | null }

/** Both ends of a copied range are key frames (or the segment's end), so that its packets stand alone. */
export type CopyPiece = {
  readonly kind: 'copy'
  readonly startFrame: number
  readonly frames: number
  readonly range: Range
}

/**
 * Frames to be drawn and encoded: a join (`outgoing` and `incoming`; one of them is null from and to black), or a
 * plain stretch of one shot (`join` null): under a treatment, with something burnt in, or between a cut and the next key
 * frame.
 */
export type RenderPiece = {
  readonly kind: 'render'
  readonly startFrame: number
  readonly frames: number
  readonly join: Join | null
  readonly outgoing: Side | null
  readonly incoming: Side | null
}

export type Piece = CopyPiece | RenderPiece

/** In film order, without gap or overlap. */
export type CutList = { pieces: Piece[]; frames: number; framesCopied: number; framesRendered: number }

type SegmentFacts = { readonly frames: number; readonly keyFrames: readonly number[] }

/**
 * Cuts the film: the body of each shot is copied as far as key frames allow; joins, treated shots and frames with something
 * burnt in are drawn.
 * @param segments facts of each scene's segment; key frames sorted, 0 first
 * @throws {ComposeError} `bad_plan` when plan and segments do not fit together
 */
export function cutList(plan: ShotPlan, segments: ReadonlyMap<string, SegmentFacts>): CutList {
  const joins = new Map(plan.joins.filter(({ frames }) => frames > 0).map((join) => [join.after, join]))
  const pieces: Piece[] = []
  let at = 0
  const push = (piece: Omit<CopyPiece, 'startFrame'> | Omit<RenderPiece, 'startFrame'>): void => {
    if (piece.frames === 0) return
    pieces.push({ ...piece, startFrame: at } as Piece)
    at += piece.frames
  }
  plan.shots.forEach((shot, index) => {
    const segment = segmentOf(shot, segments)
    const before = joins.get(index - 1)
    const after = joins.get(index)
    const head = before?.frames ?? 0
    const tail = after?.frames ?? 0
    if (head + tail > shot.frames)
      throw new ComposeError('bad_plan', `The joins of shot ${index} overlap each other.`)
    if (index === 0 && before) push(drawn(before, null, side(shot, 0, head)))
    pushBody(shot, head, shot.frames - tail, burntSpans(plan, index), segment, push)
    if (!after) return
    const next = plan.shots[index + 1]
    if (next && tail > next.frames)
      throw new ComposeError('bad_plan', `The join after shot ${index} outlasts the next.`)
    push(drawn(after, side(shot, shot.frames - tail, shot.frames), next ? side(next, 0, tail) : null))
  })
  if (at !== plan.frames)
    throw new ComposeError('bad_plan', `The pieces make ${at} frames, the plan says ${plan.frames}.`)
  const framesCopied = pieces.reduce((sum, piece) => sum + (piece.kind === 'copy' ? piece.frames : 0), 0)
  return { pieces, frames: at, framesCopied, framesRendered: at - framesCopied }
}

type Push = (piece: Omit<CopyPiece, 'startFrame'> | Omit<RenderPiece, 'startFrame'>) => void

type Span = { from: number; to: number }

/** Frames of a shot, counted within it, that have something burnt in. */
function burntSpans({ burnIn, shots, ...plan }: ShotPlan, index: number): Span[] {
  if (!burnIn) return []
  const { frames, startFrame } = shots[index]!
  if (burnIn.timecode) return [{ from: 0, to: frames }]
  const spans = [
    ...(burnIn.slate ? [slateSpan({ shots, ...plan }, index)] : []),
    ...(burnIn.captions ?? []).filter(({ from, to }) => from < startFrame + frames && to > startFrame),
  ]
  return spans.map(({ from, to }) => ({ from: from - startFrame, to: to - startFrame }))
}

/**
 * The part of a shot between its joins, `from` and `to` counted within the shot: copied from key frame to key frame wherever
 * nothing has to be drawn.
 */
function pushBody(
  shot: Shot,
  from: number,
  to: number,
  burnt: readonly Span[],
  segment: SegmentFacts,
  push: Push,
): void {
  const start = shot.inFrame + from
  const end = shot.inFrame + to
  // Between two neighbours of these either all frames are copied or none.
  const inner = segment.keyFrames.filter((frame) => frame > start && frame < end)
  const places = [start, ...inner, end]
  const isEdge = (frame: number): boolean => frame === segment.frames || segment.keyFrames.includes(frame)
  const isCopied = (first: number, last: number): boolean =>
    isEdge(first) &&
    isEdge(last) &&
    !isTreated(shot.treatment) &&
    !burnt.some((span) => span.from + shot.inFrame < last && span.to + shot.inFrame > first)
  let begun = start
  for (const [i, place] of places.entries()) {
    if (i === 0) continue
    const copied = isCopied(places[i - 1]!, place)
    const next = places[i + 1]
    if (next !== undefined && isCopied(place, next) === copied) continue
    if (copied)
      push({ kind: 'copy', frames: place - begun, range: { sceneId: shot.sceneId, from: begun, to: place } })
    else push(drawn(null, side(shot, begun - shot.inFrame, place - shot.inFrame), null))
    begun = place
  }
}

function drawn(
  join: Join | null,
  outgoing: Side | null,
  incoming: Side | null,
): Omit<RenderPiece, 'startFrame'> {
  const one = (outgoing ?? incoming)!
  return { kind: 'render', frames: one.to - one.from, join, outgoing, incoming }
}

const side = (shot: Shot, from: number, to: number): Side => ({
  sceneId: shot.sceneId,
  from: shot.inFrame + from,
  to: shot.inFrame + to,
  treatment: isTreated(shot.treatment) ? shot.treatment : null,
})

/** A treatment that changes no pixel is none, and its shot can be copied. */
const isTreated = (treatment: Treatment | null): boolean =>
  treatment !== null &&
  ((treatment.desaturate ?? 0) > 0 ||
    treatment.vignette === true ||
    (treatment.grain ?? 0) > 0 ||
    (treatment.blur ?? 0) > 0)

function segmentOf(shot: Shot, segments: ReadonlyMap<string, SegmentFacts>): SegmentFacts {
  const segment = segments.get(shot.sceneId)
  if (!segment) throw new ComposeError('bad_plan', `Scene ${shot.sceneId} has no segment.`)
  if (shot.inFrame < 0 || shot.frames < 1 || shot.inFrame + shot.frames > segment.frames) {
    throw new ComposeError('bad_plan', `Scene ${shot.sceneId} is too short for shot ${shot.index}.`)
  }
  return segment
}
