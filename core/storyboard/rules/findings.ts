/** Where the rules put what they find: capped, with structured paths until the end. */
import { formatPath, type Location, type Path, type Problem, type Warning } from '../problems.ts'
import type { SourceMap } from '../source-map.ts'

export const MAX_ERRORS = 200
const MAX_VALUE_LENGTH = 200
const MAX_VALID_VALUES = 100

/** How to show the place: the value (default), its key, or a text inside the value. */
type Place = { at?: 'key' } | { needle?: string }

export type Finding = {
  path: Path
  code: string
  message: string
  value?: unknown
  validValues?: readonly (string | number)[]
  limit?: number
} & Place

/** Long texts and whole objects are not sent back: the path says where they are. */
function shownValue(value: unknown): unknown {
  if (typeof value === 'string') {
    return value.length <= MAX_VALUE_LENGTH ? value : `${value.slice(0, MAX_VALUE_LENGTH).toWellFormed()}…`
  }
  return typeof value === 'object' && value !== null ? undefined : value
}

export class Findings {
  readonly #errors: Finding[] = []
  readonly #warnings: Finding[] = []

  /** True when another error would be dropped: rules stop looking then. */
  get isFull(): boolean {
    return this.#errors.length >= MAX_ERRORS
  }

  get hasErrors(): boolean {
    return this.#errors.length > 0
  }

  error(finding: Finding): void {
    if (!this.isFull) this.#errors.push(finding)
  }

  warn(finding: Finding): void {
    if (this.#warnings.length < MAX_ERRORS) this.#warnings.push(finding)
  }

  /** Errors and warnings for people; with a source map each has its place, and they come in reading order. */
  report(source?: SourceMap): { errors: Problem[]; warnings: Warning[] } {
    const errors = this.#errors.map((finding) => {
      const { path, code, message, validValues, limit } = finding
      const value = 'value' in finding ? shownValue(finding.value) : undefined
      return {
        path: formatPath(path),
        message,
        code,
        ...(value !== undefined && { value }),
        ...(validValues !== undefined && { valid_values: validValues.slice(0, MAX_VALID_VALUES) }),
        ...(limit !== undefined && { limit }),
        ...placeOf(finding, source),
      }
    })
    const warnings = this.#warnings.map((finding) => ({
      path: formatPath(finding.path),
      message: finding.message,
      code: finding.code,
      ...placeOf(finding, source),
    }))
    return { errors: inReadingOrder(errors), warnings: inReadingOrder(warnings) }
  }
}

/** Back from `timeline[1].transition` or `transitions["a->b"]` to parts: paths that planning made. */
export const parsePath = (path: string): (string | number)[] =>
  Array.from(path.matchAll(/\[(\d+)\]|\["([^"]*)"\]|(\w+)/g), ([, index, key, plain]) =>
    index !== undefined ? Number(index) : (key ?? plain ?? ''),
  )

function placeOf(finding: Finding, source: SourceMap | undefined): Partial<Location> {
  if (source === undefined) return {}
  if ('needle' in finding && finding.needle !== undefined) return source.find(finding.path, finding.needle)
  return source.locate(finding.path, 'at' in finding ? finding.at : undefined)
}

function inReadingOrder<T extends Partial<Location>>(places: T[]): T[] {
  return places.sort((a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0))
}
