/** What a box that is drawn over the lanes takes. Pure. */

export type Rectangle = { left: number; top: number; right: number; bottom: number }

/** The box between two corners, whichever was first. */
export const boxOf = (x: number, y: number, byX: number, byY: number): Rectangle => ({
  left: Math.min(x, x + byX),
  top: Math.min(y, y + byY),
  right: Math.max(x, x + byX),
  bottom: Math.max(y, y + byY),
})

const touches = (a: Rectangle, b: Rectangle): boolean =>
  a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom

/** Scenes of all that the box touches, each once, in the order in which they stand. */
export function scenesIn(
  box: Rectangle,
  things: readonly (Rectangle & { sceneId: string | null })[],
): string[] {
  const touched = things.filter((thing) => touches(box, thing))
  return [...new Set(touched.flatMap(({ sceneId }) => (sceneId === null ? [] : [sceneId])))]
}
