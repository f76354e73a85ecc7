/** Removes what tasks leave behind; refuses while a private instance uses it. */
import { rm } from 'node:fs/promises'
import { resolve } from 'node:path'
import { layoutOf } from '../embedded/layout.ts'
import { findHolder } from '../embedded/lock.ts'

const dataDir = resolve('.framecast')
const holder = await findHolder(layoutOf(dataDir).lock)
if (holder) {
  console.error(`An instance is running in .framecast (process ${holder.pid}): stop it first.`)
  process.exit(1)
}
for (const folder of ['.framecast', '.tap', 'out', 'coverage', 'tmp'])
  await rm(folder, { recursive: true, force: true })
