/** Secrets of an instance: made once, readable by the owner of the folder alone. */
import { randomBytes } from 'node:crypto'
import { readFile, rename, writeFile } from 'node:fs/promises'

export type Secrets = {
  dataKey: string
  /** Of the owner of the tables. */
  postgresPassword: string
  /** Of the server's login, which owns nothing. */
  serverPassword: string
}

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
  const kept = await readSecrets(file).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error
    return null
  })
  if (kept?.serverPassword) return kept
  // An older instance lacks what came later; what it has stays.
  const secrets: Secrets = {
    dataKey: randomBytes(32).toString('base64'),
    postgresPassword: randomBytes(24).toString('hex'),
    serverPassword: randomBytes(24).toString('hex'),
    ...kept,
  }
  await writePrivate(file, `${JSON.stringify(secrets)}\n`)
  return secrets
}
