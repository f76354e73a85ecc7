/** Bars by day, as a picture; the table beside it holds the same figures. */
import { barsOf, ceilingOf, shortDay } from './bars.ts'
import styles from './usage.module.css'

const BOX = { width: 720, height: 120 }

export function Chart({
  name,
  days,
  values,
  label,
}: {
  name: string
  days: readonly string[]
  values: readonly number[]
  /** A value with its unit. */
  label: (value: number) => string
}) {
  const bars = barsOf(values, BOX)
  const total = values.reduce((sum, value) => sum + value, 0)
  const [first = '', last = ''] = [days[0], days.at(-1)]
  return (
    <figure className={styles.chart}>
      <figcaption>
        {name} <b className="tabular">{label(total)}</b>
      </figcaption>
      <svg
        role="img"
        aria-label={`${name} by day, ${shortDay(first)} to ${shortDay(last)}: ${label(total)} in all`}
        viewBox={`0 0 ${BOX.width} ${BOX.height}`}
        preserveAspectRatio="none"
      >
        <line className={styles.rule} x1="0" x2={BOX.width} y1="0.5" y2="0.5" />
        <line className={styles.rule} x1="0" x2={BOX.width} y1={BOX.height - 0.5} y2={BOX.height - 0.5} />
        {bars.map((bar, index) => (
          <rect key={days[index]} className={styles.bar} {...bar}>
            <title>{`${shortDay(days[index] ?? '')}: ${label(values[index] ?? 0)}`}</title>
          </rect>
        ))}
      </svg>
      <p className={`${styles.axis} tabular`} aria-hidden="true">
        <span>{shortDay(first)}</span>
        <span>top line {label(ceilingOf(values))}</span>
        <span>{shortDay(last)}</span>
      </p>
    </figure>
  )
}
