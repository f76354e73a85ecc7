/** POST /upload/image of the fake server. */
import type { Json } from './catalogue.ts'

/** Stores the file of a multipart body and returns the answer, or null for a body that is none. */
export function storeUpload(files: Map<string, Uint8Array>, contentType: string, body: Buffer): Json | null {
  const boundary = /boundary=(.+)$/.exec(contentType)?.[1]
  const latin = body.toString('latin1')
  const field = (name: string): string | undefined =>
    new RegExp(`name="${name}"\\r\\n\\r\\n([^\\r]*)`).exec(latin)?.[1]
  const head = /name="image"; filename="([^"]+)"(?:\r\n[^\r\n]+)*\r\n\r\n/.exec(latin)
  if (!boundary || !head?.[1]) return null
  const start = head.index + head[0].length
  const bytes = body.subarray(start, latin.indexOf(`\r\n--${boundary}`, start))
  const subfolder = field('subfolder') ?? ''
  const path = (name: string): string => (subfolder ? `${subfolder}/${name}` : name)
  let name = head[1]
  for (let n = 1; field('overwrite') !== 'true'; n++) {
    const there = files.get(path(name))
    if (!there || Buffer.compare(there, bytes) === 0) break
    name = head[1].replace(/(\.\w+)?$/, ` (${n})$1`)
  }
  files.set(path(name), Buffer.from(bytes))
  return { name, subfolder, type: 'input' }
}
