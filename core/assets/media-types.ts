/** What a file is, by its first bytes. Names and headers that callers send choose nothing. Pure. */

export const ASSET_TYPES = [
  'image/jpeg',
  'image/png',
  'image/webp',
  'audio/mpeg',
  'audio/wav',
  'audio/ogg',
  'video/mp4',
] as const
export type AssetType = (typeof ASSET_TYPES)[number]

export const isAssetType = (text: string): text is AssetType =>
  (ASSET_TYPES as readonly string[]).includes(text)

/** Bytes that `sniffType` wants to see. */
export const SNIFF_BYTES = 64

const ascii = (bytes: Uint8Array, start: number, end: number): string =>
  String.fromCharCode(...bytes.subarray(start, end))

/** The type of a file from its first bytes; null when it is none of those that an asset may have. */
export function sniffType(head: Uint8Array): AssetType | null {
  if (head[0] === 0xff && head[1] === 0xd8 && head[2] === 0xff) return 'image/jpeg'
  if (ascii(head, 0, 8) === '\x89PNG\r\n\x1a\n') return 'image/png'
  if (ascii(head, 0, 4) === 'RIFF') {
    const form = ascii(head, 8, 12)
    if (form === 'WEBP') return 'image/webp'
    return form === 'WAVE' ? 'audio/wav' : null
  }
  if (ascii(head, 0, 4) === 'OggS') return 'audio/ogg'
  if (ascii(head, 0, 3) === 'ID3') return 'audio/mpeg'
  if (head[0] === 0xff && ((head[1] ?? 0) & 0xe6) === 0xe2) return 'audio/mpeg'
  return ascii(head, 4, 8) === 'ftyp' ? 'video/mp4' : null
}
