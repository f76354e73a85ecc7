/** The raster a board's scenery is drawn on: larger than the picture, so that a camera can travel over it. */
export type Stage = {
  readonly width: number
  readonly height: number
  /** Part of the raster that a resting camera sees, px. */
  readonly visibleWidth: number
  readonly visibleHeight: number
  /** Raster position of a fraction of the visible picture's width (0 left, 1 right; beyond is off screen). */
  x(fraction: number): number
  /** Raster position of a height in the landscape: 0 is the upper edge; 1 is where the words have taken over. */
  y(fraction: number): number
  /** Length in raster px of a fraction of the visible short side. */
  size(fraction: number): number
}

/** How much larger the raster is than what a resting camera sees. */
export const OVERSCAN = 1.2
/** Short side of what is visible, px. Scenery is soft, so it is drawn and moved small and enlarged once a frame. */
const SHORT_SIDE = 400

export function stageFor(width: number, height: number): Stage {
  const scale = Math.min(SHORT_SIDE, Math.min(width, height)) / Math.min(width, height)
  const even = (value: number): number => 2 * Math.round(value / 2)
  const [w, h] = [even(width * scale * OVERSCAN), even(height * scale * OVERSCAN)]
  const [visibleWidth, visibleHeight] = [w / OVERSCAN, h / OVERSCAN]
  // The words stand at the foot: what is to be seen is drawn above them, most of all on wide pictures.
  const aspect = width / height
  const landscape = aspect > 1.2 ? 0.8 : aspect < 0.8 ? 0.88 : 0.8
  return {
    width: w,
    height: h,
    visibleWidth,
    visibleHeight,
    x: (fraction) => w / 2 + (fraction - 0.5) * visibleWidth,
    y: (fraction) => h / 2 + (fraction * landscape - 0.5) * visibleHeight,
    size: (fraction) => fraction * Math.min(visibleWidth, visibleHeight),
  }
}
