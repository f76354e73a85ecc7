/** The documents send people to tasks of the Justfile: each of them is there. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'

const ROOT = join(import.meta.dirname, '../..')
const tasks = new Set(
  [...readFileSync(join(ROOT, 'Justfile'), 'utf8').matchAll(/^([a-z][a-z0-9-]*)(?: [^:\n]*)?:(?!=)/gm)].map(
    ([, name]) => name,
  ),
)
const documents = [
  'README.md',
  'CHANGELOG.md',
  ...['docs', 'bench', 'helm', 'comfyui'].flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.md'))
      .map((name) => join(folder, name)),
  ),
]

t.ok(tasks.has('test') && tasks.has('demo'), 'tasks are found')
for (const document of documents) {
  const text = readFileSync(join(ROOT, document), 'utf8')
  const named = new Set([...text.matchAll(/\bnpx just ([a-z][a-z0-9-]*)/g)].map(([, name]) => name))
  t.strictSame(
    [...named].filter((name) => !tasks.has(name)),
    [],
    document,
  )
}
