import { execFile } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { promisify } from 'node:util'
import { test } from 'tap'
import { parse } from 'yaml'

const run = promisify(execFile)
const root = new URL('../../', import.meta.url)
const read = (path: string) => readFileSync(new URL(path, root), 'utf8')
const docs = read('docs/deploy.md')
const notes = read('helm/framecast/templates/NOTES.txt')

test('programs and files that the deployment guide names exist', (t) => {
  const named = [docs, notes].flatMap((text) => [
    ...[...text.matchAll(/\bnode ([a-z/-]+\.(?:ts|js))/g)].map((match) => match[1]!),
    ...[...text.matchAll(/`((?:comfyui|helm|examples)\/[A-Za-z0-9/._-]+)`/g)].map((match) => match[1]!),
  ])
  t.ok(named.length > 8)
  t.strictSame(
    [...new Set(named)].filter((path) => !existsSync(new URL(path, root))),
    [],
  )
  for (const file of readdirSync(new URL('helm/framecast/ci', root)))
    t.match(docs, file, `${file} is explained`)
  t.end()
})

test('services and volumes in the commands of the guide are those of compose.yaml', (t) => {
  const compose = parse(read('compose.yaml'), { merge: true }) as {
    name: string
    services: object
    volumes: object
  }
  const words = [
    ...docs.matchAll(/docker compose (?:exec(?: -T)?|stop|start|run --rm|up -d --wait) ([a-z-]+)/g),
  ]
  t.ok(words.length >= 5)
  for (const [command, service] of words) t.ok(service! in compose.services, command)
  const volumes = [...docs.matchAll(/-v ([a-z]+)_([a-z-]+):\/data/g)]
  t.ok(volumes.length >= 2)
  for (const [text, project, volume] of volumes)
    t.ok(project === compose.name && volume! in compose.volumes, text)
  t.end()
})

const cli = existsSync(new URL('cli/main.ts', root))
test('the command for the first key is one that the CLI has', {
  skip: cli ? false : 'cli/main.ts is not there',
}, async (t) => {
  const command = /exec server (node cli\/bin\.js [a-z ]+)/.exec(docs)?.[1]?.trim().split(' ') ?? []
  const { stdout } = await run(process.execPath, [...command.slice(1), '--help'], {
    cwd: root.pathname,
    timeout: 30_000,
  })
  t.match(stdout, new RegExp(`Usage: .*${command.slice(2).join(' ')}`))
})
