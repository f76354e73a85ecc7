/** What makes two films the same film. Pure. */
import { contentKey } from '../../core/jobs/content-keys.ts'
import type { ShotPlan } from '../../core/storyboard/plan-types.ts'
import type { Piece } from './cut-list.ts'
import { layOutSheet, sheetSvg } from './sheet.ts'

/** Raised when films are put together in another way, so that old ones must not be reused. */
const FILM_VERSION = 1

export type FilmIngredients = {
  plan: ShotPlan
  pieces: readonly Piece[]
  /** Hash of the bytes of a scene's segment. */
  sha256Of: (sceneId: string) => string
  /** Content key of the drawn piece at this place of the list. */
  drawingKeyOf: (index: number) => string
  /** Hash of the sound track's bytes; null for silence. */
  sound: string | null
  captions: readonly { sha256: string; language: string }[]
}

/** Content key of a film with its pictures. The contact sheet names scenes, so their names count here. */
export function filmKey({ plan, pieces, sha256Of, drawingKeyOf, sound, captions }: FilmIngredients): string {
  return contentKey('film', {
    version: FILM_VERSION,
    format: plan.format,
    title: plan.title,
    pieces: pieces.map((piece, index) =>
      piece.kind === 'copy'
        ? { clip: sha256Of(piece.range.sceneId), from: piece.range.from, to: piece.range.to }
        : { drawn: drawingKeyOf(index) },
    ),
    sound,
    captions,
    sheet: sheetSvg(plan, layOutSheet(plan)),
  })
}
