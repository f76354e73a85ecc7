/** Flashbacks and montages as brackets over their shots. Pure. */
import type { Shot, ShotPlan } from '../../../../../core/storyboard/plan-types.ts'
import { PACE_PERCENT } from '../../../../../core/storyboard/timeline.ts'
import type { Storyboard } from '../../../api/client.ts'
import { type GroupKind, shotPlace } from '../../../document/shots.ts'

export type Bracket = {
  /** Its element of the written timeline. */
  element: number
  kind: GroupKind
  /** First and last shot under it. */
  first: number
  last: number
  /** `Montage, fast` */
  words: string
  /** What that means, for the tip. */
  details: string
}

type Element = NonNullable<Storyboard['timeline']>[number]

const percent = (share: number): string => `${Math.round(share * 100)} %`

/** A flashback's look in words: `no colour, grain 30 %`. */
function treatmentWords(treatment: NonNullable<Element['flashback']>['treatment']): string {
  const { desaturate, grain, blur, vignette } = treatment ?? {}
  return [
    desaturate ? (desaturate === 1 ? 'no colour' : `${percent(desaturate)} less colour`) : '',
    grain ? `grain ${percent(grain)}` : '',
    blur ? `soft ${percent(blur)}` : '',
    vignette ? 'dark edges' : '',
  ]
    .filter(Boolean)
    .join(', ')
}

function wordsOf(kind: GroupKind, element: Element | undefined): { words: string; details: string } {
  if (kind === 'montage') {
    const pace = element?.montage?.pace ?? 'medium'
    return { words: `Montage, ${pace}`, details: `${PACE_PERCENT[pace]} % of each scene plays` }
  }
  const look = treatmentWords(element?.flashback?.treatment) || 'as it is'
  return { words: `Flashback, ${look}`, details: 'Its scenes play whole, with this look' }
}

/** The brackets of a film, in its order. */
export function bracketsOf(
  { timeline }: Partial<Storyboard>,
  shots: readonly Pick<Shot, 'path'>[],
): Bracket[] {
  const brackets: Bracket[] = []
  for (const [place, { path }] of shots.entries()) {
    const { group, index } = shotPlace(path)
    if (group === null) continue
    const last = brackets.at(-1)
    if (last?.element === index) last.last = place
    else
      brackets.push({
        element: index,
        kind: group,
        first: place,
        last: place,
        ...wordsOf(group, timeline?.[index]),
      })
  }
  return brackets
}

/**
 * The bracket that a dragged shot enters: the one over the shot that its middle is on.
 * @param from the shot that is dragged; its own place counts as no other's
 */
export function bracketAt(
  edges: readonly { start: number; end: number }[],
  brackets: readonly Bracket[],
  from: number,
  middle: number,
): number | null {
  const over = edges.findIndex(({ start, end }) => middle >= start && middle < end)
  const bracket = brackets.find(({ first, last }) => over >= first && over <= last)
  if (!bracket) return null
  const isAloneIn = bracket.first === from && bracket.last === from
  return isAloneIn ? null : bracket.element
}

/** The part of its scene that a shot plays, 0 to 1; null when it plays all of it. */
export function partOf(shot: Shot, clips: ShotPlan['clips']): { from: number; to: number } | null {
  const whole = clips.find(({ sceneId }) => sceneId === shot.sceneId)?.frames ?? shot.frames
  return shot.frames >= whole
    ? null
    : { from: shot.inFrame / whole, to: (shot.inFrame + shot.frames) / whole }
}
