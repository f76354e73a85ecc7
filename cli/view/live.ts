/** Draws lines in place at the foot of a terminal. */
import { textWidth } from '../text.ts'

type Screen = Pick<NodeJS.WriteStream, 'write' | 'columns' | 'on' | 'off'>

export type LiveDisplay = {
  /** Writes a line above the display, which moves down. */
  above(line: string): void
  /** Draws once more and stops; `keep` leaves the last picture standing. */
  stop(keep: boolean): void
}

const FRAME_MS = 100
const HIDE = '\u001b[?25l'
const SHOW = '\u001b[?25h'

/** Rows that lines of these widths take on a terminal of `columns`: narrowing one wraps what is there already. Pure. */
export function rowsTaken(widths: readonly number[], columns: number): number {
  return widths.reduce((sum, width) => sum + Math.max(1, Math.ceil(width / Math.max(1, columns))), 0)
}

/** Starts drawing what `picture` gives for a width, ten times a second and after every resize. */
export function startLive(screen: Screen, picture: (width: number) => string[]): LiveDisplay {
  let drawn: number[] = []

  function erase(): string {
    const rows = rowsTaken(drawn, screen.columns ?? 80)
    drawn = []
    return rows === 0 ? '' : `\u001b[${rows}A\r\u001b[J`
  }

  function draw(extra = ''): void {
    // One column is left free: writing into the last one makes some terminals wrap.
    const lines = picture((screen.columns ?? 80) - 1)
    const before = erase()
    screen.write(`${before}${extra}${lines.map((line) => `${line}\n`).join('')}`)
    drawn = lines.map(textWidth)
  }

  const onExit = () => screen.write(SHOW)
  const onResize = () => draw()
  screen.write(HIDE)
  draw()
  const timer = setInterval(draw, FRAME_MS)
  screen.on('resize', onResize)
  process.once('exit', onExit)
  return {
    above: (line) => draw(`${line}\n`),
    stop(keep) {
      clearInterval(timer)
      screen.off('resize', onResize)
      process.off('exit', onExit)
      if (keep) draw()
      else screen.write(erase())
      drawn = []
      screen.write(SHOW)
    },
  }
}
