/** The rooms and who may enter which: the folder tree is the architecture only while this holds. */
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import t from 'tap'

const root = resolve(import.meta.dirname, '../..')

/** Room -> rooms it may import from, besides itself. */
const ALLOWED: Record<string, readonly string[]> = {
  schemas: [],
  core: ['schemas'],
  server: ['core', 'schemas'],
  worker: ['core', 'schemas', 'comfyui/client'],
  'comfyui/client': ['core', 'schemas'],
  'comfyui/preview': ['core', 'schemas'],
  migrations: ['core', 'schemas'],
  cli: ['core', 'schemas', 'migrations', 'embedded'],
  embedded: ['core', 'schemas', 'migrations'],
  // What browsers run: of the core, only the parts that decide and never act.
  web: ['schemas', 'core/storyboard', 'core/jobs/refund.ts'],
}

/** Parts of a room that decide and never act: no I/O, no waiting. */
const PURE = [
  'core/storyboard',
  'core/access',
  'core/captions',
  'core/sound',
  'worker/compose/burn-in.ts',
  'worker/compose/cut-list.ts',
  'worker/compose/effects.ts',
  'worker/compose/transitions',
  'worker/compose/treatments.ts',
  'worker/failures.ts',
  'core/jobs/refund.ts',
]
const IO_MODULES =
  /^(node:(fs|net|http|https|child_process|worker_threads|dgram|tls)|pg|koa|ws|minio|sharp|undici)(\/|$)/

function sources(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(tsx?|js)$/.test(entry.name))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .filter((file) => !file.includes('node_modules') && !file.startsWith('web/dist'))
}

/** What a module imports; types vanish when it is loaded, so cycles of types alone do no harm. */
function imports(file: string, withTypes = true): string[] {
  const source = readFileSync(join(root, file), 'utf8').replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '')
  const text = withTypes ? source : source.replace(/^(import|export) type [^;]*? from .*$/gm, '')
  return [...text.matchAll(/(?:from\s+|import\s*\(\s*|^import\s+)['"]([^'"]+)['"]/gm)].map(
    (match) => match[1]!,
  )
}

const roomOf = (file: string): string | undefined =>
  Object.keys(ALLOWED)
    .sort((a, b) => b.length - a.length)
    .find((room) => file === room || file.startsWith(`${room}/`))

for (const [room, allowed] of Object.entries(ALLOWED)) {
  t.test(`${room} imports from ${allowed.join(', ') || 'nothing of ours'}`, async (t) => {
    const wrong: string[] = []
    for (const file of sources(room)) {
      for (const target of imports(file)) {
        if (!target.startsWith('.')) continue
        const path = relative(root, resolve(root, dirname(file), target))
        if (path === 'package.json') continue
        const isWithin = (part: string): boolean => path === part || path.startsWith(`${part}/`)
        if (roomOf(path) !== room && !allowed.some(isWithin)) wrong.push(`${file} -> ${path}`)
      }
    }
    t.strictSame(wrong, [])
  })
}

t.test('the parts that decide do no I/O', async (t) => {
  const files = PURE.flatMap((part) => (part.endsWith('.ts') ? [part] : sources(part)))
  t.ok(files.length > 5, 'there is something to hold')
  for (const file of files) {
    t.strictSame(
      imports(file).filter((target) => IO_MODULES.test(target)),
      [],
      file,
    )
    t.notMatch(
      readFileSync(join(root, file), 'utf8').replace(/\/\*[\s\S]*?\*\//g, ''),
      /\bawait\b/,
      `${file} waits for nothing`,
    )
  }
})

t.test('there are no cycles between modules', async (t) => {
  const graph = new Map<string, string[]>()
  for (const room of Object.keys(ALLOWED)) {
    for (const file of sources(room)) {
      graph.set(
        file,
        imports(file, false)
          .filter((target) => target.startsWith('.'))
          .map((target) => relative(root, resolve(root, dirname(file), target))),
      )
    }
  }
  const state = new Map<string, 'open' | 'done'>()
  const cycles: string[] = []
  const visit = (file: string, path: string[]): void => {
    if (state.get(file) === 'done') return
    if (state.get(file) === 'open') {
      cycles.push([...path.slice(path.indexOf(file)), file].join(' -> '))
      return
    }
    state.set(file, 'open')
    for (const next of graph.get(file) ?? []) visit(next, [...path, file])
    state.set(file, 'done')
  }
  for (const file of graph.keys()) visit(file, [])
  t.strictSame(cycles, [])
})

t.test('ffmpeg and the browser of the store are each reached through one module', async (t) => {
  const holders = (name: RegExp, homes: RegExp) =>
    Object.keys(ALLOWED)
      .flatMap((room) => sources(room))
      .filter((file) => imports(file).some((target) => name.test(target)) && !homes.test(file))
  t.strictSame(holders(/^fluent-ffmpeg$|^@ffmpeg-binary|^@ffprobe-installer/, /^core\/platform\/ffmpeg/), [])
  t.strictSame(holders(/^minio$/, /^core\/platform\/objects\.ts$/), [])
})
