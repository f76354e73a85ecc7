/** Secrets of an instance: made once, readable by the owner of the folder alone. */
import { randomBytes } from 'node:crypto'
import { readFile, rename, writeFile } from 'node:fs/promises'

export type Secrets = { dataKey: string; postgresPassword: string }

export async function readSecrets(file: string): Promise<Secrets> {
  return JSON.parse(await readFile(file, 'utf8')) as Secrets
}

/** Writes a file that only its owner may read, all of it or nothing. */
export async function writePrivate(file: string, text: string): Promise<void> {
  const draft = `${file}.new`
  await writeFile(draft, text, { mode: 0o600 })
  await rename(draft, file)
}

export async function ensureSecrets(file: string): Promise<Secrets> {
  try {
    return await readSecrets(file)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
  const secrets: Secrets = {
    dataKey: randomBytes(32).toString('base64'),
    postgresPassword: randomBytes(24).toString('hex'),
  }
  await writePrivate(file, `${JSON.stringify(secrets)}\n`)
  return secrets
}
