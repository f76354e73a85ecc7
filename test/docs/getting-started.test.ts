/** The page is run from its first command to its last, against the whole system; what it shows is what happens. */
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { t } from 'tap'
import { startStack } from '../support/stack.ts'
import { until } from '../support/studio.ts'
import { fits, startShell, stepsOf } from './console.ts'

t.setTimeout(600_000)

const page = await readFile(new URL('../../docs/getting-started.md', import.meta.url), 'utf8')

/** Whether a command only looks: it may be given again. */
const isRead = (command: string): boolean => command.startsWith('ask ') && !/ -d | -X | -N|>/.test(command)

t.test('shown replies tell one from another', async (t) => {
  const shown = '{"id":"01a21263-25bc-7d7e-a807-40f621b80569","tier":"starter",…,"credits":0}'
  for (const [output, wanted] of [
    ['{"id":"01a21264-04b4-7bc0-b51e-43db450c5441","tier":"starter","name":"x","credits":12}', true],
    ['{"id":"01a21264-04b4-7bc0-b51e-43db450c5441","tier":"creator","name":"x","credits":12}', false],
    ['{"id":7,"tier":"starter","name":"x","credits":0}', false],
    ['{"id":"01a21264-04b4-7bc0-b51e-43db450c5441","tier":"starter","name":"x","credits":null}', false],
    ['{"error":{"code":"NOT_FOUND"}}', false],
  ] as const)
    t.equal(fits(shown, output), wanted, output)
  t.ok(fits('a\n…\nz', 'a\nb\nc\nz'))
  t.notOk(fits('a\n…\nz', 'a\nb'))
  t.strictSame(stepsOf('```console\n$ cat <<END\n> x\n> END\n$ a \\\n    b\nc\n\nd\n```\n'), [
    { command: 'cat <<END\nx\nEND', shown: '' },
    { command: 'a \\\n    b', shown: 'c\n\nd' },
  ])
})

t.test('every command of the page does what the page shows', async (t) => {
  const steps = stepsOf(page)
  t.ok(steps.length > 2)
  const received: { headers: IncomingHttpHeaders; body: string }[] = []
  const receiver = createServer((request, response) => {
    let body = ''
    request.setEncoding('utf8').on('data', (text: string) => {
      body += text
    })
    request.on('end', () => {
      received.push({ headers: request.headers, body })
      response.writeHead(204).end()
    })
  }).listen(0, '127.0.0.1')
  t.teardown(() => receiver.close())
  const stack = await startStack(t, {
    env: { WEBHOOK_ALLOW_INSECURE: 'true', WEBHOOK_ALLOWED_CIDRS: '127.0.0.1' },
  })
  const { url } = await stack.startServer()
  await stack.startWorker({ APP_BASE_URL: url })
  const { port } = receiver.address() as AddressInfo

  const folder = await mkdtemp(join(tmpdir(), 'framecast-guide-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  const shell = startShell(folder, {})
  t.teardown(() => shell.close())
  /** What a reader puts in for themselves. */
  const own = new Map([
    ['export FRAMECAST_URL=', `export FRAMECAST_URL=${url}`],
    ['HOOK=', `HOOK=http://127.0.0.1:${port}/framecast`],
  ])
  for (const { command, shown } of steps) {
    const replaced = [...own].find(([start]) => command.startsWith(start))?.[1]
    let answer = await shell.run(replaced ?? command)
    // What happens by itself, like a delivery, may still be on its way.
    if (isRead(command) && !fits(shown, answer.output))
      await until(
        async () => {
          answer = await shell.run(command)
          return fits(shown, answer.output)
        },
        command,
        30_000,
      ).catch(() => {})
    t.equal(answer.code, 0, command)
    t.ok(fits(shown, answer.output), `is answered as shown: ${command}`, { shown, ...answer } as object)
  }

  const [tested, told, ...rest] = received
  t.match(tested, { headers: { 'x-webhook-signature': /^sha256=[0-9a-f]{64}$/ }, body: /webhook\.test/ })
  t.match(JSON.parse(told?.body ?? '{}'), { event: 'job.completed', job: { status: 'completed' } })
  t.strictSame(rest, [], 'the receiver got what it asked for, once')
  const film = await stat(join(folder, 'film.mp4'))
  t.ok(film.size > 10_000, 'there is a film')
})
