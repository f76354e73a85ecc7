import { existsSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs'
import { basename, join, normalize, resolve, sep } from 'node:path'
import type { FileItem } from './types.ts'

export type FolderType = FileItem['type']
const TYPES: readonly FolderType[] = ['output', 'temp', 'input']
export const isFolderType = (value: unknown): value is FolderType => TYPES.includes(value as FolderType)

/** Finished files stay this long after a restart; a client fetches them within seconds. */
const KEPT_MS = 24 * 3_600_000

/** The engine's folders below one data folder. Names come from clients: none may lead outside. */
export class Folders {
  readonly #root: string

  constructor(dataDir: string) {
    this.#root = resolve(dataDir)
    for (const type of TYPES) mkdirSync(this.path(type), { recursive: true })
  }

  path(type: FolderType): string {
    return join(this.#root, type)
  }

  /** The path of `subfolder/name` in a folder, or null if it leads outside. */
  resolve(type: FolderType, subfolder: string, name: string): string | null {
    if (name.includes('\0') || subfolder.includes('\0')) return null
    const root = this.path(type)
    const path = resolve(root, normalize(subfolder), name)
    return path.startsWith(root + sep) ? path : null
  }

  /** A file as nodes name it: `name`, `folder/name`, or `name [output]`. Null if it does not exist. */
  annotated(value: string): string | null {
    const { name, type } = annotation(value)
    const path = this.resolve(type ?? 'input', '', name)
    return path && existsSync(path) && statSync(path).isFile() ? path : null
  }

  /** Names in the top of the input folder. */
  inputs(): string[] {
    return readdirSync(this.path('input'), { withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => entry.name)
      .sort()
  }

  /**
   * A free name for a result: the highest number in use for the prefix, plus one.
   * @throws {Error} if the prefix leads outside the folder
   */
  next(type: FolderType, prefix: string, extension: string): { path: string; item: FileItem } {
    const clean = normalize(prefix)
    const subfolder = clean.includes(sep) ? clean.slice(0, clean.lastIndexOf(sep)) : ''
    const stem = basename(clean)
    const folder = resolve(this.path(type), subfolder)
    const inside = folder === this.path(type) || folder.startsWith(this.path(type) + sep)
    if (!inside || stem === '' || stem === '..' || prefix.includes('\0')) {
      throw new Error('**** ERROR: Saving image outside the output folder is not allowed.')
    }
    mkdirSync(folder, { recursive: true })
    let highest = 0
    for (const name of readdirSync(folder)) {
      if (!name.startsWith(`${stem}_`)) continue
      const number = /^(\d+)_/.exec(name.slice(stem.length + 1))
      if (number) highest = Math.max(highest, Number(number[1]))
    }
    const filename = `${stem}_${String(highest + 1).padStart(5, '0')}_.${extension}`
    return {
      path: join(folder, filename),
      item: { filename, subfolder: subfolder.split(sep).join('/'), type },
    }
  }

  /** At start: temporary files go, and results nobody can ask for any more, since history lives in memory. */
  sweep(nowMs: number): void {
    rmSync(this.path('temp'), { recursive: true, force: true })
    mkdirSync(this.path('temp'), { recursive: true })
    for (const entry of readdirSync(this.path('output'), { recursive: true, withFileTypes: true })) {
      const path = join(entry.parentPath, entry.name)
      if (entry.isFile() && nowMs - statSync(path).mtimeMs > KEPT_MS) rmSync(path, { force: true })
    }
  }
}

/** Splits `name [temp]` into its parts. */
export function annotation(value: string): { name: string; type: FolderType | null } {
  const match = /^(.*?) ?\[(output|input|temp)\]$/s.exec(value)
  return match ? { name: match[1]!, type: match[2] as FolderType } : { name: value, type: null }
}
