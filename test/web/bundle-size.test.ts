/** What a browser has to fetch before it shows anything, and what each page adds to that. */
import { existsSync, readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { t } from 'tap'

const FOLDER = new URL('../../web/dist/', import.meta.url)
const MANIFEST = new URL('manifest.json', FOLDER)
const MOST_FIRST_KB = 200

type Chunk = {
  file: string
  isEntry?: boolean
  imports?: string[]
  dynamicImports?: string[]
}

const skip = existsSync(MANIFEST) ? false : 'the studio is not built: npx just studio'

t.test('the first load of the studio stays small, and pages come when they are opened', { skip }, (t) => {
  const manifest = JSON.parse(readFileSync(MANIFEST, 'utf8')) as Record<string, Chunk>
  /** A chunk with all that it needs at once. */
  const closure = (name: string, known = new Set<string>()): Set<string> => {
    if (known.has(name)) return known
    known.add(name)
    for (const next of manifest[name]?.imports ?? []) closure(next, known)
    return known
  }
  const sizes = new Map<string, number>()
  const kilobytes = (names: Iterable<string>): number => {
    let sum = 0
    for (const name of names) {
      const file = manifest[name]?.file
      if (!file?.endsWith('.js')) continue
      const size = sizes.get(file) ?? gzipSync(readFileSync(new URL(file, FOLDER)), { level: 9 }).length
      sizes.set(file, size)
      sum += size
    }
    return sum / 1_000
  }
  const entry = Object.keys(manifest).find((name) => manifest[name]?.isEntry)
  if (entry === undefined) throw new Error('the studio has no entry')
  const first = closure(entry)
  const total = kilobytes(first)
  t.comment(`first load: ${total.toFixed(1)} kB of ${MOST_FIRST_KB}`)
  for (const page of [...first].flatMap((name) => manifest[name]?.dynamicImports ?? [])) {
    const more = [...closure(page)].filter((name) => !first.has(name))
    t.comment(`${page.replace(/^src\//, '')}: ${kilobytes(more).toFixed(1)} kB more`)
  }
  t.ok(total <= MOST_FIRST_KB, `${total.toFixed(1)} kB`)
  const text = [...first]
    .map((name) => readFileSync(new URL(manifest[name]!.file, FOLDER), 'utf8'))
    .join('\n')
  t.notMatch(text, /Implicit map keys need to be followed by map values/, 'the YAML parser is no part of it')
  t.end()
})
