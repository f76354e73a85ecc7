/** What the address of the library asks for, and what that leaves of it. Pure. */
import type { Asset } from '../../api/client.ts'

export const KINDS = ['picture', 'sound', 'video'] as const
export type Kind = (typeof KINDS)[number]
export type Whose = 'team' | 'mine' | 'system'

export type LibrarySearch = { q?: string; kind?: Kind; owner?: 'mine' | 'system'; unused?: 1 }

export const librarySearch = ({ q, kind, owner, unused }: Record<string, unknown>): LibrarySearch => {
  const known = KINDS.find((one) => one === kind)
  return {
    ...(typeof q === 'string' && q !== '' ? { q } : {}),
    ...(known ? { kind: known } : {}),
    ...(owner === 'mine' || owner === 'system' ? { owner } : {}),
    ...(unused === 1 || unused === '1' ? { unused: 1 as const } : {}),
  }
}

export const kindOf = (contentType: string): Kind =>
  contentType.startsWith('image/') ? 'picture' : contentType.startsWith('audio/') ? 'sound' : 'video'

export const matchingFiles = (files: readonly Asset[], { q = '', kind, unused }: LibrarySearch): Asset[] =>
  files.filter(
    (file) =>
      file.filename.toLowerCase().includes(q.trim().toLowerCase()) &&
      (kind === undefined || kindOf(file.content_type) === kind) &&
      (!unused || file.usage?.projects === 0),
  )

/** `3 scenes`, `1 scene and the whole film`, `Not used` */
export function usageWords(usage: Asset['usage']): string {
  if (!usage) return ''
  const { scenes, projects } = usage
  if (scenes > 0) return `${scenes} ${scenes === 1 ? 'scene' : 'scenes'}`
  return projects === 0 ? 'Not used' : `${projects} ${projects === 1 ? 'film' : 'films'}`
}

const UNITS = ['B', 'KB', 'MB', 'GB', 'TB']

/** `212 MB`, `1.2 GB` */
export function size(bytes: number): string {
  const power = Math.min(UNITS.length - 1, Math.floor(Math.log2(Math.max(1, bytes)) / 10))
  const value = bytes / 1024 ** power
  return `${value < 10 && power > 0 ? Number(value.toFixed(1)) : Math.round(value)} ${UNITS[power]}`
}

/** `1.2 of 10 GB` */
export function ofLimit(used: number, limit: number): string {
  const [whole, unit] = size(limit).split(' ')
  const part = used / 1024 ** UNITS.indexOf(unit!)
  return `${part < 10 ? Number(part.toFixed(1)) : Math.round(part)} of ${whole} ${unit}`
}
