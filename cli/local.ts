/** The private instance that runs in a folder, if one does. */
import { readFile } from 'node:fs/promises'
import { layoutOf } from '../embedded/layout.ts'
import { findHolder } from '../embedded/lock.ts'

export const DEFAULT_DATA_DIR = '.framecast'

/** Address and key of the instance that runs in `dataDir`; null when there is none, or it is not up yet. */
export async function findLocalInstance(dataDir: string): Promise<{ url: string; key: string } | null> {
  const layout = layoutOf(dataDir)
  const holder = await findHolder(layout.lock).catch(() => null)
  if (!holder?.url) return null
  const key = (await readFile(layout.key, 'utf8').catch(() => '')).trim()
  return key === '' ? null : { url: holder.url, key }
}
