/** The mail of an invitation: from the request over the queue to a real mail server. */
import { Logger as QueueLogger, runOnce } from 'graphile-worker'
import { pino } from 'pino'
import t from 'tap'
import { readConfig } from '../../core/platform/config.ts'
import type { Logger } from '../../core/platform/log.ts'
import { openMailer } from '../../core/platform/mail.ts'
import { sendInvitation } from '../../worker/tasks/send-invitation.ts'
import { buildTeam } from '../support/builders.ts'
import { freePort } from '../support/postgres.ts'
import { startMailServer } from '../support/smtp.ts'
import { type Studio, startStudio } from '../support/studio.ts'
import { aCreator, aCrew, type Crew } from './support.ts'

const server = await startMailServer(t)
const studio = await startStudio(t, { env: { SMTP_URL: server.url, RATE_LIMITS: 'off' } })
const { pool } = studio

const quiet = new QueueLogger(() => () => {})

/** Lets a worker with this mail server take what waits in the queue; what it logged. */
async function work(env: Record<string, string> = {}): Promise<string[]> {
  const config = readConfig({ ...studio.env, ...env })
  const lines: string[] = []
  const log = pino({}, { write: (line: string) => lines.push(line) }) as unknown as Logger
  const task = sendInvitation({ pool, mailer: openMailer(config), baseUrl: config.APP_BASE_URL, log })
  await runOnce({
    pgPool: pool,
    taskList: { 'mail.invitation': task },
    noHandleSignals: true,
    logger: quiet,
    // Results are in the queue when this returns.
    preset: { worker: { completeJobBatchDelay: 0, failJobBatchDelay: 0 } },
  })
  return lines
}
const invite = (crew: Crew, email: string, role = 'member') =>
  crew.owner.ask(`POST /v1/teams/${crew.teamId}/invitations`, { email, role })

/** Messages to an address; each test has addresses of its own. */
const mailTo = (email: string) => server.messages.filter(({ to }) => to.includes(email))

const queued = async (of: Studio, id: unknown) =>
  (
    await of.pool.query(
      `select attempts, max_attempts, last_error from graphile_worker.jobs
       where key = 'invitation:' || $1`,
      [String(id)],
    )
  ).rows

const tokenOf = async (id: unknown): Promise<string> =>
  (await pool.query('select token from invitations where id = $1', [id])).rows[0].token

t.test('an invitation goes out by mail, and its link is nowhere else', async (t) => {
  const crew = await aCrew(studio)
  await pool.query(`update users set name = 'Mara Lind' where id = $1`, [crew.owner.userId])
  await pool.query(`update teams set name = 'Northlight' where id = $1`, [crew.teamId])
  const { status, body } = await invite(crew, 'jonas@example.test', 'admin')
  t.equal(status, 201)
  const list = await crew.owner.ask(`GET /v1/teams/${crew.teamId}/invitations`)
  const token = await tokenOf(body.id)
  t.notMatch(JSON.stringify([body, list.body, studio.lines]), token)
  t.notOk('accept_url' in body)

  const lines = await work()
  const [message, ...more] = mailTo('jonas@example.test')
  t.equal(more.length, 0)
  t.strictSame(message?.to, ['jonas@example.test'])
  t.equal(message?.from, 'framecast@127.0.0.1')
  t.equal(message?.headers.get('from'), 'Framecast <framecast@127.0.0.1>')
  t.equal(message?.headers.get('to'), 'jonas@example.test')
  t.equal(message?.headers.get('subject'), 'Invitation to join team: Northlight')
  t.equal(message?.headers.get('auto-submitted'), 'auto-generated')
  const link = `${studio.config.APP_BASE_URL}/teams/${crew.teamId}/invitations/${body.id}/accept?token=${token}`
  const text = message?.parts.get('text/plain') ?? ''
  t.match(text, 'Mara Lind invites you to join the team Northlight on Framecast, as an admin.')
  t.match(text, `\n${link}\n`)
  t.match(
    text,
    /good for 7 days, until \d+ \w+ \d{4} at \d\d:\d\d UTC, and for the address jonas@example\.test alone/,
  )
  const html = message?.parts.get('text/html') ?? ''
  t.match(html, `<a href="${link}">Accept the invitation</a>`)
  t.match(html, '<strong>Northlight</strong>')
  t.match(html, '7 days')
  t.match(lines.join(''), 'invitation sent')
  t.notMatch(lines.join(''), token)
  t.strictSame(await queued(studio, body.id), [])
})

t.test('names may hold anything', async (t) => {
  const crew = await aCrew(studio)
  await pool.query('update teams set name = $2 where id = $1', [
    crew.teamId,
    '<img src=x> "Day" & Night\r\nBcc: eve@example.test\u2028',
  ])
  await pool.query('update users set name = $2 where id = $1', [crew.owner.userId, 'Zoë <b>'])
  await invite(crew, `o'neil+x&y@example.test`)
  await work()
  const message = server.messages.at(-1)
  t.strictSame(message?.to, [`o'neil+x&y@example.test`])
  t.notOk(message?.headers.has('bcc'))
  t.equal(
    message?.headers.get('subject'),
    'Invitation to join team: <img src=x> "Day" & Night Bcc: eve@example.test',
  )
  const html = message?.parts.get('text/html') ?? ''
  t.match(html, '&lt;img src=x&gt; &quot;Day&quot; &amp; Night')
  t.match(html, 'Zoë &lt;b&gt; invites')
  t.notMatch(html, /<img|<b>/)
  t.match(message?.parts.get('text/plain'), 'Zoë <b> invites you to join the team <img src=x>')
})

t.test('whoever has no name is named by address', async (t) => {
  const crew = await aCrew(studio)
  await invite(crew, 'no-name@example.test')
  await work()
  t.match(mailTo('no-name@example.test')[0]?.parts.get('text/plain'), `${crew.owner.email} invites you`)
})

t.test('sent again, it is another message with the same link', async (t) => {
  const crew = await aCrew(studio)
  const { body } = await invite(crew, 'again@example.test')
  await work()
  t.equal((await crew.admin.ask(`POST /v1/teams/${crew.teamId}/invitations/${body.id}/resend`)).status, 200)
  await work()
  const messages = mailTo('again@example.test')
  t.equal(messages.length, 2)
  const [first, second] = messages.map(({ headers }) => headers.get('message-id'))
  t.not(first, second)
  for (const { parts } of messages) t.match(parts.get('text/plain'), await tokenOf(body.id))
})

t.test('what was revoked before it went out is not sent', async (t) => {
  const crew = await aCrew(studio)
  const { body } = await invite(crew, 'late@example.test')
  t.equal((await crew.owner.ask(`DELETE /v1/teams/${crew.teamId}/invitations/${body.id}`)).status, 204)
  await work()
  t.strictSame(mailTo('late@example.test'), [])
  t.strictSame(await queued(studio, body.id), [])
})

t.test('a request that is refused sends nothing', async (t) => {
  const crew = await aCrew(studio)
  t.equal((await invite(crew, crew.member.email)).status, 409)
  t.equal((await invite(crew, 'no address')).status, 400)
  const before = server.messages.length
  await work()
  t.equal(server.messages.length, before)
})

t.test('a mail server that refuses, or is not there, fails no request; the queue tries again', async (t) => {
  const refusing = await startMailServer(t, { refuse: 'no such mailbox' })
  const nobody = `smtp://127.0.0.1:${await freePort()}`
  for (const [url, why] of [
    [refusing.url, /no such mailbox/],
    [nobody, /ECONNREFUSED/],
  ] as const) {
    const owner = await aCreator(studio)
    const teamId = await buildTeam(pool, owner)
    const made = await owner.ask(`POST /v1/teams/${teamId}/invitations`, {
      email: 'x@example.test',
      role: 'viewer',
    })
    t.equal(made.status, 201)
    await work({ SMTP_URL: url })
    const [row] = await queued(studio, made.body.id)
    t.match(row, { attempts: 1, max_attempts: 8, last_error: why })
    await pool.query(`select graphile_worker.remove_job('invitation:' || $1)`, [made.body.id])
  }
})

t.test('a worker that knows of no mail server says so', async (t) => {
  const crew = await aCrew(studio)
  const { body } = await invite(crew, 'lost@example.test')
  const lines = await work({ SMTP_URL: '' })
  t.match(lines.join(''), 'SMTP_URL is not set for this worker')
  t.strictSame(await queued(studio, body.id), [])
})

t.test('the sender is whoever MAIL_FROM names', async (t) => {
  const crew = await aCrew(studio)
  await invite(crew, 'sender@example.test')
  await work({ MAIL_FROM: 'Studio Nord <studio@nord.example>' })
  const [message] = mailTo('sender@example.test')
  t.equal(message?.from, 'studio@nord.example')
  t.equal(message?.headers.get('from'), 'Studio Nord <studio@nord.example>')
})
