/** The shape of a sound as a small picture, from what the server measured. */
import type { Peaks } from '../pages/editor/wave.ts'

const BARS = 60

export function Wave({ peaks, className }: { peaks: Peaks; className?: string | undefined }) {
  const step = Math.max(1, peaks.length / BARS)
  const heights = Array.from({ length: Math.min(BARS, peaks.length) }, (_, bar) =>
    Math.max(
      ...peaks
        .slice(Math.floor(bar * step), Math.max(Math.floor((bar + 1) * step), Math.floor(bar * step) + 1))
        .flat()
        .map(Math.abs),
    ),
  )
  const loudest = Math.max(0.001, ...heights)
  const bars = heights
    .map((height, bar) => `M${bar * 2 + 0.5} ${12 - (height / loudest) * 11}V${12 + (height / loudest) * 11}`)
    .join('')
  return (
    <svg
      className={className}
      viewBox={`0 0 ${heights.length * 2} 24`}
      preserveAspectRatio="none"
      aria-hidden="true"
    >
      <path d={bars} stroke="currentColor" strokeWidth="1" />
    </svg>
  )
}
