/** How bars of a chart lie in their box. Pure. */

/** A round number at or above the largest value, so that its line has a label people can read. */
export function ceilingOf(values: readonly number[]): number {
  const most = Math.max(0, ...values)
  if (most <= 1) return 1
  const power = 10 ** Math.floor(Math.log10(most))
  return ([1, 2, 5, 10].find((step) => step * power >= most) ?? 10) * power
}

export type Bar = { x: number; y: number; width: number; height: number }

/** One bar a value, left to right, with a gap between; what is more than nothing is seen. */
export function barsOf(values: readonly number[], box: { width: number; height: number }): Bar[] {
  const most = ceilingOf(values)
  const step = box.width / Math.max(1, values.length)
  const width = Math.max(1, Math.min(24, step - Math.min(4, step / 4)))
  return values.map((value, index) => {
    const height = value <= 0 ? 0 : Math.max(1, (value / most) * box.height)
    return { x: index * step + (step - width) / 2, y: box.height - height, width, height }
  })
}

/** `0`, `< 0.1`, `0.4`, `12`: minutes of seconds, with a decimal below ten where there is one. */
export function minutes(seconds: number): string {
  const value = seconds / 60
  if (value > 0 && value < 0.05) return '< 0.1'
  return Number.isInteger(value) || value >= 9.95 ? String(Math.round(value)) : value.toFixed(1)
}

/** `25 Nov` */
export const shortDay = (day: string): string =>
  new Date(`${day}T00:00:00Z`).toLocaleDateString('en-GB', {
    day: 'numeric',
    month: 'short',
    timeZone: 'UTC',
  })
