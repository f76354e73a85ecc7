/** Builds the studio into `web/dist`, unless what it is made of has not changed since. `--force` builds anyway. */
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { build } from 'vite'

const root = resolve(import.meta.dirname, '..')
const note = join(root, 'web/dist/made-from')
/** What the studio is made of, besides the versions in the lock file. */
const SOURCES = [
  'web/src',
  'web/index.html',
  'web/vite.config.ts',
  'web/precompiled-schema.ts',
  'core/storyboard',
  'core/jobs/refund.ts',
  'schemas',
]

function filesIn(path: string): string[] {
  const whole = join(root, path)
  if (!existsSync(whole)) return []
  if (/\.[a-z]+$/.test(path)) return [whole]
  return readdirSync(whole, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
}

function fingerprint(): string {
  const hash = createHash('sha256')
  for (const file of [...SOURCES, 'package-lock.json'].flatMap(filesIn))
    hash.update(file.slice(root.length)).update(readFileSync(file))
  return hash.digest('hex')
}

const now = fingerprint()
const before = existsSync(note) ? readFileSync(note, 'utf8') : ''
if (now !== before || process.argv.includes('--force')) {
  await build({ configFile: join(root, 'web/vite.config.ts'), logLevel: 'warn' })
  writeFileSync(note, now)
}
