/** The live display: state and width in, lines out. Pure; no line is ever wider than the width. */
import { clock, fit, harmless, NO_COLOUR, type Palette, textWidth } from '../text.ts'
import { etaRangeText, etaText, secondsLeft } from './eta.ts'
import { STAGES, type ViewState } from './state.ts'

export type RenderStyle = {
  width: number
  nowMs: number
  palette?: Palette
  unicode?: boolean
}

const GLYPHS = {
  rich: {
    full: '━',
    half: '╸',
    empty: '━',
    done: '✓',
    now: '◆',
    todo: '◇',
    cell: '■',
    part: '▣',
    none: '□',
    arrow: '▸',
  },
  plain: {
    full: '#',
    half: '>',
    empty: '-',
    done: 'x',
    now: '*',
    todo: 'o',
    cell: '#',
    part: '+',
    none: '.',
    arrow: '>',
  },
} as const

const SPINNER = { rich: '⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏', plain: '|/-\\' } as const

/** Text to the left and to the right of one line, the left one cut when both do not fit. Works on plain text. */
function spread(left: string, right: string, width: number): [string, string, string] {
  const room = width - textWidth(right) - (right === '' ? 0 : 2)
  if (room < 8) return [fit(left, width), '', '']
  const kept = fit(left, room)
  return [kept, ' '.repeat(width - textWidth(kept) - textWidth(right)), right]
}

function bar(percent: number, columns: number, palette: Palette, rich: boolean): string {
  const glyphs = rich ? GLYPHS.rich : GLYPHS.plain
  const halves = Math.round((percent / 100) * columns * 2)
  const full = Math.floor(halves / 2)
  const half = halves % 2
  return (
    palette.cyan(glyphs.full.repeat(full) + (half ? glyphs.half : '')) +
    palette.dim(glyphs.empty.repeat(columns - full - half))
  )
}

function stageLine(state: ViewState, width: number, palette: Palette, rich: boolean, nowMs: number): string {
  const glyphs = rich ? GLYPHS.rich : GLYPHS.plain
  const reached = (STAGES as readonly string[]).indexOf(state.stage)
  const at = reached < 0 ? STAGES.length : reached
  const spinner = [...(rich ? SPINNER.rich : SPINNER.plain)]
  const turning = spinner[Math.floor(nowMs / 100) % spinner.length] as string
  const parts: { text: string; paint: (text: string) => string }[] = STAGES.map((stage, index) => {
    const name =
      stage === 'scenes' && state.scenesTotal > 0 ? `scenes ${state.scenesDone}/${state.scenesTotal}` : stage
    if (index < at) return { text: `${glyphs.done} ${name}`, paint: palette.green }
    if (index === at) return { text: `${turning} ${name}`, paint: palette.bold }
    return { text: `${glyphs.todo} ${name}`, paint: palette.dim }
  })
  // Too narrow for all of them: the one that counts.
  const all = parts.reduce((sum, part) => sum + textWidth(part.text) + 3, -3)
  const shown = all <= width ? parts : parts.slice(Math.min(at, parts.length - 1)).slice(0, 1)
  return shown.map((part) => part.paint(fit(part.text, width))).join('   ')
}

/** One cell a scene, in the storyboard's order; many scenes share cells so that the row fits. */
function cells(state: ViewState, columns: number, palette: Palette, rich: boolean): string {
  const glyphs = rich ? GLYPHS.rich : GLYPHS.plain
  const count = Math.min(state.scenes.length, columns)
  const gap = count * 2 - 1 <= columns ? ' ' : ''
  const row: string[] = []
  for (let cell = 0; cell < count; cell += 1) {
    const from = Math.floor((cell * state.scenes.length) / count)
    const to = Math.max(from + 1, Math.floor(((cell + 1) * state.scenes.length) / count))
    const group = state.scenes.slice(from, to)
    const progress = group.reduce((sum, scene) => sum + scene.progress, 0) / group.length
    row.push(
      progress >= 1
        ? palette.green(glyphs.cell)
        : progress > 0
          ? palette.cyan(glyphs.part)
          : palette.dim(glyphs.none),
    )
  }
  return row.join(gap)
}

/** How long it still takes: as measured, else by the pace of the last seconds; null when nothing can be said. */
function leftText(state: ViewState, nowMs: number): string | null {
  if (state.connection === 'reconnecting') return null
  if (state.left) return etaRangeText(state.left.range, (nowMs - state.left.atMs) / 1_000)
  const seconds = secondsLeft(state.samples, nowMs)
  return seconds === null ? null : etaText(seconds)
}

/** The display of a running job: title, stages, bar, scenes, and a line about the connection when it is not well. */
export function renderView(state: ViewState, style: RenderStyle): string[] {
  const { nowMs, palette = NO_COLOUR, unicode: rich = true } = style
  const width = Math.max(16, style.width)
  const lines: string[] = []

  const [title, gap, elapsed] = spread(harmless(state.title), clock((nowMs - state.beganAtMs) / 1_000), width)
  lines.push(palette.bold(title) + gap + palette.dim(elapsed))
  lines.push(stageLine(state, width, palette, rich, nowMs))

  const left = leftText(state, nowMs)
  const percent = `${String(Math.floor(state.percent)).padStart(3)} %`
  const eta = left === null ? '' : `   ${left}`
  const showEta = width >= 20 + textWidth(percent) + textWidth(eta)
  // Room for the longest estimate is kept from the start, so that the bar does not change its length.
  const reserved = width >= 60 ? 26 : 6
  const columns = Math.max(4, Math.min(60, width - reserved - 1))
  lines.push(
    `${bar(state.percent, columns, palette, rich)} ${percent}${showEta && width >= 60 ? palette.dim(eta) : ''}`,
  )

  if (state.scenes.length > 0) {
    const row = cells(state, Math.min(50, width), palette, rich)
    const room = width - textWidth(row) - 2
    const current = currentText(state)
    lines.push(room >= 12 && current !== '' ? `${row}  ${palette.dim(fit(current, room))}` : row)
  }
  if (state.connection === 'reconnecting') {
    lines.push(palette.yellow(fit('connection lost, trying again; the render goes on', width)))
  }
  return lines
}

function currentText(state: ViewState): string {
  if (state.stage === 'waiting') return 'waiting for a worker'
  if (state.message) return harmless(state.message)
  if (state.stage === 'scenes' && state.currentScene) return harmless(state.currentScene)
  return state.scenesReused > 0 ? `${state.scenesReused} reused` : ''
}
