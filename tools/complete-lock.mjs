/**
 * Completes package-lock.json with the platform packages that the registry in use does not carry.
 *
 * npm leaves an optional platform package out of the lock when it cannot read its manifest, and `npm ci`
 * then refuses the lock as incomplete. An entry with the right `os` and `cpu` is enough for `npm ci` to
 * skip the package on other platforms. Run after every change of dependencies; it is idempotent.
 */
import { readFileSync, writeFileSync } from 'node:fs'

const file = new URL('../package-lock.json', import.meta.url)
const lock = JSON.parse(readFileSync(file, 'utf8'))
const OS = ['darwin', 'linux', 'win32', 'windows', 'android', 'freebsd', 'openharmony']
const CPU = [
  ['arm64', 'arm64'],
  ['armv7', 'arm'],
  ['arm', 'arm'],
  ['x64', 'x64'],
  ['ia32', 'ia32'],
  ['ppc64', 'ppc64'],
  ['riscv64', 'riscv64'],
  ['s390x', 's390x'],
  ['loong64', 'loong64'],
]

let added = 0
for (const [path, entry] of Object.entries(lock.packages)) {
  for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
    const key = `node_modules/${name}`
    if (path === '' || lock.packages[key] || lock.packages[`${path}/${key}`]) continue
    const os = OS.find((word) => name.includes(`-${word}`))
    const cpu = CPU.find(([word]) => name.includes(`-${word}`))
    if (!os || !cpu) throw new Error(`cannot tell the platform of ${name}`)
    lock.packages[key] = {
      version: String(version).replace(/^[^0-9]*/, ''),
      ...(entry.dev ? { dev: true } : {}),
      optional: true,
      os: [os === 'windows' ? 'win32' : os],
      cpu: [cpu[1]],
    }
    added += 1
  }
}
lock.packages = Object.fromEntries(
  Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)),
)
writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`)
console.log(`${added} platform packages added to package-lock.json`)
