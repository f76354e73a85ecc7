/** The list of fault points is that of the code, and so is what the harness draws from. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { SERVER_POINTS, WORKER_POINTS } from '../faults/chaos/plan.ts'

const ROOT = join(import.meta.dirname, '../..')
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8')
const KINDS = ['plan', 'scene', 'voice', 'join', 'sound', 'assemble']

/** Points that the sources name; those of a claim are named once for all kinds of steps. */
const inCode = ['core', 'server', 'worker']
  .flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true }).map((name) => join(folder, String(name))),
  )
  .filter((path) => path.endsWith('.ts'))
  .flatMap((path) => [
    ...read(path).matchAll(/\bfault\((?:'([a-z_.]+\.[a-z_.]+)'|`(worker)\.\$\{step\.kind\}\.(\w+)`)\)/g),
  ])
  .flatMap(([, name, worker, place]) => name ?? KINDS.map((kind) => `${worker}.${kind}.${place}`))
  .sort()
const told = [...read('docs/reliability.md').matchAll(/^\| `([a-z_.]+)` \|/gm)]
  .map(([, name]) => name!)
  .sort()

t.test('every fault point is told of, and nothing else', async (t) => {
  t.strictSame(told, [...new Set(inCode)])
  t.ok(told.filter((name) => name.startsWith('worker.') && !name.startsWith('worker.webhook')).length >= 12)
})

t.test('the harness draws from all of them, but for engines that it does not have', async (t) => {
  const within = told.filter((name) => !name.startsWith('worker.runpod.'))
  t.strictSame([...WORKER_POINTS, ...SERVER_POINTS].sort(), within)
})
