/** Signatures that the client of the store does not make by itself (AWS Signature Version 4). Pure. */
import { createHash, createHmac } from 'node:crypto'

const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest()

function signatureOf(canonical: string, date: string, scope: readonly string[], secretKey: string): string {
  const digest = createHash('sha256').update(canonical).digest('hex')
  const key = scope.reduce<string | Buffer>((secret, part) => hmac(secret, part), `AWS4${secretKey}`)
  return hmac(key, ['AWS4-HMAC-SHA256', date, scope.join('/'), digest].join('\n')).toString('hex')
}

/** A request as the client of the store is about to send it. */
export type SignedRequest = { method?: string; path?: string | null; headers?: Record<string, unknown> }

const AUTHORIZATION =
  /^AWS4-HMAC-SHA256 Credential=([^/]+)\/\d{8}\/([^,]+), ?SignedHeaders=([^,]+), ?Signature=/

/** The headers of a signed request, signed anew as of another time; null when it is not signed in its headers. */
export function datedAnew(
  { method = 'GET', path, headers = {} }: SignedRequest,
  now: Date,
  secretKey: string,
): Record<string, string> | null {
  const [, accessKey, rest, names] = AUTHORIZATION.exec(String(headers.authorization)) ?? []
  if (!accessKey || !rest || !names) return null
  const date = now.toISOString().replaceAll(/[-:]|\.\d+/g, '')
  const scope = [date.slice(0, 8), ...rest.split('/')]
  const dated: Record<string, string> = { 'x-amz-date': date }
  const lines = names.split(';').map((name) => `${name}:${dated[name] ?? String(headers[name])}`)
  const [resource = '/', query = ''] = (path ?? '/').split('?')
  const pairs = query
    .split('&')
    .filter(Boolean)
    .map((pair) => (pair.includes('=') ? pair : `${pair}=`))
  const payload = String(headers['x-amz-content-sha256'])
  const canonical = [method, resource, pairs.sort().join('&'), ...lines, '', names, payload].join('\n')
  const signature = signatureOf(canonical, date, scope, secretKey)
  const credential = `${accessKey}/${scope.join('/')}`
  return {
    ...dated,
    authorization: `AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=${names}, Signature=${signature}`,
  }
}

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
  const signature = signatureOf(canonical, parsed.searchParams.get('X-Amz-Date') ?? '', scope, secretKey)
  return `${parsed.origin}${parsed.pathname}?${canonicalQuery}&X-Amz-Signature=${signature}`
}
