/** The header Content-Disposition (RFC 6266). Pure. */

/** With a name that everybody reads, and, where that had to leave something out, the whole one for those who read it. */
export function disposition(kind: 'inline' | 'attachment', filename: string | null): string {
  if (filename === null) return kind
  const plain = filename.replace(/[^A-Za-z0-9 ._-]/g, '_')
  if (plain === filename) return `${kind}; filename="${plain}"`
  const full = encodeURIComponent(filename.toWellFormed()).replace(
    /['()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  )
  return `${kind}; filename="${plain}"; filename*=UTF-8''${full}`
}
