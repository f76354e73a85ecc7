/** The script that has ffmpeg read pieces one after another without decoding. Pure. */
import type { FilmFormat } from '../../core/media/format.ts'
import { REORDER_FRAMES, ticksPerFrame } from './check.ts'
import type { Piece } from './cut-list.ts'

/** One entry: a whole file, or the frames `from` to `to` of one, both on key frames. */
export type ListEntry = { path: string; from: number; to: number; fileFrames: number }

/**
 * Text of an ffconcat script.
 *
 * An in-point seeks to the key frame at or before it, so it is put a tenth of a frame late, or rounding could choose the
 * key frame before. An out-point ends the file at the first packet whose *decoding* time has reached it; the next
 * group's key frame is decoded `REORDER_FRAMES` early, and half a frame of slack keeps rounding away from either
 * neighbour. `duration` says where the next file begins, exactly.
 */
export function concatScript(entries: readonly ListEntry[], format: FilmFormat): string {
  const seconds = (frames: number): string => (frames / format.fps).toFixed(6)
  const lines = ['ffconcat version 1.0']
  for (const { path, from, to, fileFrames } of entries) {
    lines.push(`file ${quote(path)}`)
    if (from > 0) lines.push(`inpoint ${seconds(from + 0.1)}`)
    if (to < fileFrames) lines.push(`outpoint ${seconds(to - REORDER_FRAMES - 0.5)}`)
    lines.push(`duration ${seconds(to - from)}`)
  }
  return `${lines.join('\n')}\n`
}

/** A bitstream filter that puts every packet on the frame grid, whatever rounding the joining did. */
export const gridFilter = (format: FilmFormat): string => {
  const tick = ticksPerFrame(format)
  return `setts=pts=round(PTS/${tick})*${tick}:dts=(N-${REORDER_FRAMES})*${tick}:duration=${tick}`
}

/** Where each piece's packets come from: a copied range of a segment, or a file of its own. */
export function listEntries(
  pieces: readonly Piece[],
  segmentOf: (sceneId: string) => { path: string; frames: number },
  renderedPath: (index: number) => string,
): ListEntry[] {
  return pieces.map((piece, index) => {
    if (piece.kind === 'render') {
      return { path: renderedPath(index), from: 0, to: piece.frames, fileFrames: piece.frames }
    }
    const segment = segmentOf(piece.range.sceneId)
    return { path: segment.path, from: piece.range.from, to: piece.range.to, fileFrames: segment.frames }
  })
}

/** Single quotes take everything literally in a script except themselves. */
function quote(path: string): string {
  if (/[\n\r\0]/.test(path)) throw new TypeError('a path with line breaks cannot be listed')
  return `'${path.replaceAll("'", "'\\''")}'`
}
