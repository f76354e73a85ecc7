/** Finding result files among a prompt's outputs. Pure. */

export type OutputFile = {
  nodeId: string
  filename: string
  subfolder: string
  /** `output`, or `temp` when the server forgets it at its next start. */
  type: string
  kind: 'video' | 'image' | 'audio' | 'other'
}

const KINDS: Record<string, OutputFile['kind']> = {
  mp4: 'video',
  webm: 'video',
  mkv: 'video',
  mov: 'video',
  avi: 'video',
  png: 'image',
  jpg: 'image',
  jpeg: 'image',
  webp: 'image',
  gif: 'image',
  flac: 'audio',
  mp3: 'audio',
  opus: 'audio',
  ogg: 'audio',
  wav: 'audio',
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** By extension, and never by the key it was listed under: videos come as `images`, as `gifs` and as `videos`. */
export const kindOf = (filename: string): OutputFile['kind'] =>
  KINDS[/\.([a-z0-9]+)$/i.exec(filename)?.[1]?.toLowerCase() ?? ''] ?? 'other'

/** All files that the nodes kept, in the order listed. Temporary files (previews) are no results. */
export function collectOutputs(outputs: unknown): OutputFile[] {
  if (!isObject(outputs)) return []
  const files: OutputFile[] = []
  for (const [nodeId, ui] of Object.entries(outputs)) {
    if (!isObject(ui)) continue
    for (const items of Object.values(ui)) {
      if (!Array.isArray(items)) continue
      for (const item of items) {
        if (!isObject(item) || typeof item.filename !== 'string' || item.filename === '') continue
        const type = typeof item.type === 'string' ? item.type : 'output'
        if (type === 'temp') continue
        const subfolder = typeof item.subfolder === 'string' ? item.subfolder : ''
        files.push({ nodeId, filename: item.filename, subfolder, type, kind: kindOf(item.filename) })
      }
    }
  }
  return files
}
