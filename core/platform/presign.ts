/** Presigned URLs whose signature covers headers as well (AWS Signature Version 4). Pure. */
import { createHash, createHmac } from 'node:crypto'

const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest()

/**
 * The same URL, signed anew so that it is good for a request with exactly these headers. The client of the store leaves
 * Content-Length and Content-Type out of what it signs, so that any file could be put.
 * @param url presigned by the store's client for `method`
 * @param headers names in lower case
 */
export function signHeaders(
  method: 'PUT',
  url: string,
  headers: Readonly<Record<string, string>>,
  secretKey: string,
): string {
  const parsed = new URL(url)
  const all = new Map(Object.entries({ ...headers, host: parsed.host }))
  const names = [...all.keys()].sort()
  const signed = encodeURIComponent(names.join(';'))
  // As it stands in the URL: what was encoded once must not be encoded again in another way.
  const query = parsed.search
    .slice(1)
    .split('&')
    .filter((pair) => !/^X-Amz-(Signature|SignedHeaders)=/.test(pair))
  const canonicalQuery = [...query, `X-Amz-SignedHeaders=${signed}`].sort().join('&')
  const canonical = [
    method,
    parsed.pathname,
    canonicalQuery,
    ...names.map((name) => `${name}:${all.get(name)}`),
    '',
    names.join(';'),
    'UNSIGNED-PAYLOAD',
  ].join('\n')
  const [, ...scope] = (parsed.searchParams.get('X-Amz-Credential') ?? '').split('/')
  const toSign = [
    'AWS4-HMAC-SHA256',
    parsed.searchParams.get('X-Amz-Date'),
    scope.join('/'),
    createHash('sha256').update(canonical).digest('hex'),
  ].join('\n')
  const key = scope.reduce<string | Buffer>((secret, part) => hmac(secret, part), `AWS4${secretKey}`)
  const signature = hmac(key, toSign).toString('hex')
  return `${parsed.origin}${parsed.pathname}?${canonicalQuery}&X-Amz-Signature=${signature}`
}
