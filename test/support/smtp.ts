/** A mail server for tests: takes messages over the wire, or refuses them. */
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { SMTPServer } from 'smtp-server'
import type { Scope } from './postgres.ts'

export type Delivered = {
  /** Envelope: whom it really went to. */
  from: string
  to: string[]
  /** By name in lower case, unfolded and decoded. */
  headers: ReadonlyMap<string, string>
  /** Bodies by media type, decoded. */
  parts: ReadonlyMap<string, string>
}

export type MailServer = { readonly url: string; readonly messages: Delivered[] }

/** `=C3=BC` and soft line ends to text. */
function decodeQuoted(text: string): string {
  const bytes = text
    .replace(/=\r\n/g, '')
    .replace(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
  return Buffer.from(bytes, 'latin1').toString()
}

/** Words of a header that are not plain ASCII: `=?UTF-8?Q?Z=C3=BCrich?=`. */
const decodeWords = (text: string): string =>
  text
    .replace(/\?= +=\?/g, '?==?')
    .replace(/=\?UTF-8\?([QB])\?([^?]*)\?=/g, (_, form: string, word: string) =>
      form === 'B' ? Buffer.from(word, 'base64').toString() : decodeQuoted(word.replaceAll('_', ' ')),
    )

function split(source: string): { headers: Map<string, string>; body: string } {
  const at = source.indexOf('\r\n\r\n')
  const lines = source
    .slice(0, at)
    .replace(/\r\n[ \t]+/g, ' ')
    .split('\r\n')
  const headers = new Map(
    lines.map((line) => {
      const colon = line.indexOf(':')
      return [line.slice(0, colon).toLowerCase(), decodeWords(line.slice(colon + 1).trim())]
    }),
  )
  return { headers, body: source.slice(at + 4) }
}

function decode(body: string, encoding: string | undefined): string {
  if (encoding === 'base64') return Buffer.from(body, 'base64').toString()
  return encoding === 'quoted-printable' ? decodeQuoted(body) : body
}

function parse(source: string): Pick<Delivered, 'headers' | 'parts'> {
  const { headers, body } = split(source)
  const boundary = /boundary="([^"]+)"/.exec(headers.get('content-type') ?? '')?.[1]
  const sections = boundary ? body.split(`--${boundary}`).slice(1, -1) : []
  const parts = sections.map((section) => {
    const part = split(section.replace(/^\r\n/, ''))
    const type = (part.headers.get('content-type') ?? '').split(';')[0] ?? ''
    const text = decode(part.body, part.headers.get('content-transfer-encoding'))
    return [type, text.replaceAll('\r\n', '\n')] as const
  })
  return { headers, parts: new Map(parts) }
}

/** @param options `refuse`: the answer to every recipient, a 5xx text */
export async function startMailServer(t: Scope, options: { refuse?: string } = {}): Promise<MailServer> {
  const messages: Delivered[] = []
  const server = new SMTPServer({
    authOptional: true,
    hideSTARTTLS: true,
    logger: false,
    onRcptTo(_address, _session, callback) {
      callback(options.refuse ? Object.assign(new Error(options.refuse), { responseCode: 550 }) : null)
    },
    onData(stream, { envelope }, callback) {
      const chunks: Buffer[] = []
      stream.on('data', (chunk: Buffer) => chunks.push(chunk))
      stream.on('end', () => {
        messages.push({
          from: envelope.mailFrom ? envelope.mailFrom.address : '',
          to: envelope.rcptTo.map(({ address }) => address),
          ...parse(Buffer.concat(chunks).toString('latin1')),
        })
        callback()
      })
    },
  })
  server.on('error', () => {})
  const listener = server.listen(0, '127.0.0.1')
  await once(listener, 'listening')
  t.teardown(() => new Promise<void>((resolve) => server.close(resolve)))
  return { url: `smtp://127.0.0.1:${(listener.address() as AddressInfo).port}`, messages }
}
