/** Where a private instance keeps its things: everything under one folder, nothing outside it. */
import { chmod, mkdir } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

/** The checkout: where `server/`, `worker/` and the rest of the sources are. */
export const PROJECT_DIR = fileURLToPath(new URL('..', import.meta.url))

export type Layout = {
  readonly root: string
  readonly postgres: string
  readonly objects: string
  readonly preview: string
  readonly work: string
  readonly logs: string
  readonly tmp: string
  readonly lock: string
  readonly ports: string
  readonly secrets: string
  /** The local operator's API key, as text. */
  readonly key: string
  /** Password of the local operator, as text. */
  readonly password: string
}

export function layoutOf(dataDir: string): Layout {
  const root = path.resolve(dataDir)
  const inside = (name: string) => path.join(root, name)
  return {
    root,
    postgres: inside('postgres'),
    objects: inside('objects'),
    preview: inside('preview'),
    work: inside('work'),
    logs: inside('logs'),
    tmp: inside('tmp'),
    lock: inside('lock'),
    ports: inside('ports.json'),
    secrets: inside('secrets.json'),
    key: inside('key'),
    password: inside('password'),
  }
}

/** Makes the folders. Others may pass through the root (Postgres runs as somebody else under root), not look into it. */
export async function makeFolders(layout: Layout): Promise<void> {
  await mkdir(layout.root, { recursive: true })
  await chmod(layout.root, 0o711)
  for (const folder of [layout.objects, layout.preview, layout.work, layout.logs, layout.tmp]) {
    await mkdir(folder, { recursive: true, mode: 0o700 })
  }
}
