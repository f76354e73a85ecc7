/** The code that docs/webhooks.md gives to receivers does what it says. */
import { spawnSync } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import t from 'tap'
import { DELIVERY_EVENTS } from '../../core/webhooks/events.ts'
import { signedHeaders } from '../../core/webhooks/signing.ts'
import { RETRY_AFTER_S } from '../../core/webhooks/verdict.ts'

const guide = await readFile(new URL('../../docs/webhooks.md', import.meta.url), 'utf8')
const folder = await mkdtemp(join(tmpdir(), 'framecast-test-docs-'))
t.teardown(() => rm(folder, { recursive: true, force: true }))

const block = (language: string): string => {
  const found = new RegExp(`^\`\`\`${language}\n([\\s\\S]*?)^\`\`\``, 'm').exec(guide)?.[1]
  if (!found) throw new Error(`the guide has no ${language}`)
  return found
}

const secret = '5f0d7c1a9be24863a1c7e0f94d2b8856c3fe17a09d64b2e85f01c9a37d6e42b8'
const body = Buffer.from('{"event":"webhook.test","film":"Überblick 🎬"}')
const now = Math.floor(Date.now() / 1_000)
const headersAt = (time: number) => signedHeaders(secret, '01a1fd5e-5b1d-70a2-b8a6-0f3c6f2d9e11', time, body)

type Case = { what: string; secret: string; headers: Record<string, string>; body: string; good: boolean }
const good = { secret, headers: headersAt(now), body: body.toString('base64') }
const cases: Case[] = [
  { ...good, what: 'as it was sent', good: true },
  { ...good, what: 'a little late', headers: headersAt(now - 240), good: true },
  { ...good, what: 'too old', headers: headersAt(now - 400), good: false },
  { ...good, what: 'from the future', headers: headersAt(now + 400), good: false },
  { ...good, what: 'another body', body: Buffer.from('{}').toString('base64'), good: false },
  { ...good, what: 'another secret', secret: '0'.repeat(64), good: false },
  {
    ...good,
    what: 'another time',
    headers: { ...headersAt(now), 'x-webhook-timestamp': String(now - 1) },
    good: false,
  },
  { ...good, what: 'no headers', headers: {}, good: false },
  { ...good, what: 'no time', headers: { ...headersAt(now), 'x-webhook-timestamp': 'now' }, good: false },
  {
    ...good,
    what: 'a cut signature',
    headers: { ...headersAt(now), 'x-webhook-signature': 'sha256=' },
    good: false,
  },
]

t.test('in JavaScript', async (t) => {
  const file = join(folder, 'verify.mjs')
  await writeFile(file, block('js'))
  const { isFromFramecast } = (await import(pathToFileURL(file).href)) as {
    isFromFramecast(secret: string, headers: object, body: Buffer): boolean
  }
  for (const each of cases)
    t.equal(
      isFromFramecast(each.secret, each.headers, Buffer.from(each.body, 'base64')),
      each.good,
      each.what,
    )
})

const python = spawnSync('python3', ['--version']).status === 0
t.test('in Python', { skip: python ? false : 'there is no python3 here' }, async (t) => {
  const file = join(folder, 'verify.py')
  await writeFile(
    file,
    `${block('python')}
import base64, json, sys
cases = json.load(sys.stdin)
print(json.dumps([is_from_framecast(c["secret"], c["headers"], base64.b64decode(c["body"])) for c in cases]))
`,
  )
  const { stdout, stderr } = spawnSync('python3', [file], { input: JSON.stringify(cases), encoding: 'utf8' })
  t.equal(stderr, '')
  t.strictSame(
    JSON.parse(stdout),
    cases.map((each) => each.good),
  )
})

t.test('the tables hold what the code does', async (t) => {
  const listed = [...guide.matchAll(/^\| `((?:job|webhook)\.\w+)` \|/gm)].map(([, event]) => event)
  t.strictSame(listed.sort(), [...DELIVERY_EVENTS].sort())
  const minutes = RETRY_AFTER_S.map((seconds) => seconds / 60)
  t.match(guide, `after ${minutes[0]} minute, then ${minutes[1]}, ${minutes[2]}, and ${minutes[3]} minutes`)
})
