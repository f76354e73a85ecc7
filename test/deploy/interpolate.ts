/** Variable substitution as Compose does it, so that tests see the file as it takes effect. */

export class MissingVariable extends Error {
  readonly variable: string
  constructor(variable: string, message: string) {
    super(message)
    this.variable = variable
  }
}

/** Where the text of `${...}` ends; braces nest in defaults. */
function closing(text: string, from: number): number {
  let depth = 1
  for (let i = from; i < text.length; i += 1) {
    if (text.startsWith('${', i)) depth += 1
    else if (text[i] === '}' && --depth === 0) return i
  }
  throw new Error(`no closing brace in ${text}`)
}

/**
 * Replaces `${NAME}`, `${NAME-word}`, `${NAME:-word}`, `${NAME?text}` and `${NAME:?text}` in one string.
 * @throws {MissingVariable} for the two forms with `?`, carrying their text
 */
export function interpolateText(text: string, env: Record<string, string>): string {
  let out = ''
  for (let i = 0; i < text.length; ) {
    if (text.startsWith('$$', i)) {
      out += '$'
      i += 2
    } else if (text.startsWith('${', i)) {
      const end = closing(text, i + 2)
      const match = /^([A-Za-z_][A-Za-z0-9_]*)(?:(:?)([-?])([\s\S]*))?$/.exec(text.slice(i + 2, end))
      if (!match) throw new Error(`not a substitution: ${text}`)
      const [, name = '', colon, kind, word = ''] = match
      const value = env[name]
      const absent = value === undefined || (colon === ':' && value === '')
      if (absent && kind === '?') throw new MissingVariable(name, word)
      out += absent && kind === '-' ? interpolateText(word, env) : (value ?? '')
      i = end + 1
    } else {
      out += text[i]
      i += 1
    }
  }
  return out
}

/** Applies `interpolateText` to every value of a document; keys are left alone, as Compose does. */
export function interpolate(value: unknown, env: Record<string, string>): unknown {
  if (typeof value === 'string') return interpolateText(value, env)
  if (Array.isArray(value)) return value.map((item) => interpolate(item, env))
  if (value !== null && typeof value === 'object') {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, interpolate(item, env)]))
  }
  return value
}

/** Names of the variables a document uses. */
export function variablesIn(value: unknown): Set<string> {
  const names = new Set<string>()
  for (const match of JSON.stringify(value).matchAll(/\$\{([A-Za-z_][A-Za-z0-9_]*)/g)) names.add(match[1]!)
  return names
}
