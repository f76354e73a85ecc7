/** Mail by SMTP: one message a connection, each wait with a limit. */
import { createTransport } from 'nodemailer'
import type { Config } from './config.ts'
import { withDeadline } from './retry.ts'

export type Mail = {
  /** The same for every attempt at one message: a server that has it already can tell. */
  id: string
  to: string
  subject: string
  text: string
  html: string
}

export type Mailer = {
  /** @throws when the server refuses the message or does not take it within the limit */
  send(mail: Mail): Promise<void>
}

const CONNECT_MS = 5_000
const SILENCE_MS = 10_000
const TOTAL_MS = 30_000

/** The sender when MAIL_FROM is not set. */
const defaultSender = (baseUrl: string): string => `Framecast <framecast@${new URL(baseUrl).hostname}>`

/** The mail server, as configured; null when there is none. */
export function openMailer(config: Pick<Config, 'SMTP_URL' | 'MAIL_FROM' | 'APP_BASE_URL'>): Mailer | null {
  if (config.SMTP_URL === '') return null
  const transport = createTransport(
    {
      url: config.SMTP_URL,
      connectionTimeout: CONNECT_MS,
      dnsTimeout: CONNECT_MS,
      greetingTimeout: CONNECT_MS,
      socketTimeout: SILENCE_MS,
      // Messages are ours alone: nothing in them may make the library read a file or an address.
      disableFileAccess: true,
      disableUrlAccess: true,
    },
    {
      from: config.MAIL_FROM || defaultSender(config.APP_BASE_URL),
      headers: { 'Auto-Submitted': 'auto-generated' },
    },
  )
  const { hostname } = new URL(config.APP_BASE_URL)
  return {
    async send({ id, to, subject, text, html }) {
      const message = {
        messageId: `<${id}@${hostname}>`,
        // As an object, an address is taken as it is; as text it would be read as a list of them.
        to: { name: '', address: to },
        subject,
        text,
        html,
      }
      await withDeadline(transport.sendMail(message), TOTAL_MS, 'the mail server did not take the message')
    },
  }
}
