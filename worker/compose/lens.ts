/** Moving a picture about while its frame stays full. Pure. */
import type { FilmFormat } from '../../core/media/format.ts'

/**
 * `filter` applied to the picture with `marginX` and `marginY` pixels of its mirror image around it, so that it may reach
 * beyond the edges. Margins are even, and no wider than the picture.
 */
export function mirrored(marginX: number, marginY: number, filter: string, format: FilmFormat): string {
  if (marginX === 0 && marginY === 0) return filter
  const { width, height } = format
  return [
    `pad=${width + 2 * marginX}:${height + 2 * marginY}:${marginX}:${marginY}`,
    `fillborders=left=${marginX}:right=${marginX}:top=${marginY}:bottom=${marginY}:mode=mirror`,
    filter,
    `crop=${width}:${height}:${marginX}:${marginY}`,
  ].join(',')
}
