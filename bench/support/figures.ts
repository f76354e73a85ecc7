/** Figures of a row of measurements. */

/** The value below which `share` (0 to 1) of the sorted values lie. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}

export const ms = (value: number): string => `${value.toFixed(1)} ms`

/** `label  p50 … p95 … p99 … max …` */
export function line(label: string, values: readonly number[]): string {
  const at = (share: number): string => ms(percentile(values, share)).padStart(10)
  return `${label.padEnd(34)} p50 ${at(0.5)}  p95 ${at(0.95)}  p99 ${at(0.99)}  max ${at(1)}`
}
