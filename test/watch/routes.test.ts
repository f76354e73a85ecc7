/** How the viewer is served: page, assets, caching, policy, size; and its modules against their types. */
import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import Koa from 'koa'
import t from 'tap'
import { watchPolicy, watchRoutes, withoutComments } from '../../server/routes/watch.ts'

const ROOT = join(import.meta.dirname, '../..')
/** Script of the whole page, compressed. */
const SCRIPT_LIMIT_BYTES = 12 * 1024

const app = new Koa()
app.use(watchRoutes({ mediaOrigins: ['https://films.example/bucket/', 'https://films.example'] }).routes())
app.silent = true
const server = createServer(app.callback()).listen(0, '127.0.0.1')
await once(server, 'listening')
const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
t.teardown(() => server.close())

const page = await fetch(`${base}/watch/any-job`)
const html = await page.text()
const links = [...html.matchAll(/(?:src|href)="(\/watch\/assets\/[^"]+)"/g)].map(
  (match) => match[1] as string,
)

t.test('the page is the same for every job and is asked about each time', async (t) => {
  t.equal(page.status, 200)
  t.equal(page.headers.get('content-type'), 'text/html; charset=utf-8')
  t.equal(page.headers.get('cache-control'), 'no-cache')
  t.equal(await (await fetch(`${base}/watch/another`)).text(), html)
  const again = await fetch(`${base}/watch/any-job`, {
    // Left to itself, fetch adds `no-cache` to a conditional request.
    headers: { 'if-none-match': page.headers.get('etag') ?? '', 'cache-control': 'max-age=0' },
  })
  t.equal(again.status, 304)
  t.equal((await fetch(`${base}/watch/any-job`, { method: 'HEAD' })).status, 200)
})

t.test(
  'the policy lets in the page’s own files and the media, and nothing written into the page',
  async (t) => {
    const policy = page.headers.get('content-security-policy') ?? ''
    const host = new URL(base).host
    t.equal(policy, watchPolicy(host, ['https://films.example']))
    t.match(policy, "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self';")
    t.match(policy, "img-src 'self' https://films.example data:; media-src 'self' https://films.example;")
    t.match(policy, `connect-src 'self' ws://${host} wss://${host};`)
    t.match(policy, "frame-ancestors 'none'; base-uri 'none'")
    t.notMatch(policy, 'unsafe')
    t.notMatch(html, /<script(?![^>]*src=)|<style|\sstyle=|\son\w+=/, 'no inline script or style')
    t.notMatch(watchPolicy("a; script-src 'unsafe-inline'", []), 'unsafe', 'a forged host adds nothing')
    t.throws(() => watchRoutes({ mediaOrigins: ['not an address'] }))
  },
)

t.test('every file the page names is there, kept for a year, and whole in each encoding', async (t) => {
  t.equal(links.length, 8)
  for (const link of links) {
    const plain = await fetch(`${base}${link}`, { headers: { 'accept-encoding': 'identity' } })
    t.equal(plain.status, 200, link)
    t.equal(plain.headers.get('cache-control'), 'public, max-age=31536000, immutable')
    t.equal(plain.headers.get('content-encoding'), null)
    const body = Buffer.from(await plain.arrayBuffer())
    t.ok(body.length > 200)
    for (const encoding of ['br', 'gzip']) {
      const packed = await fetch(`${base}${link}`, { headers: { 'accept-encoding': encoding } })
      t.ok(body.equals(Buffer.from(await packed.arrayBuffer())), `${link} ${encoding}`)
      t.equal(packed.headers.get('vary'), 'Accept-Encoding')
    }
  }
})

t.test('modules import only files that are served', async (t) => {
  for (const link of links.filter((name) => name.endsWith('.js'))) {
    const source = await (await fetch(`${base}${link}`)).text()
    for (const [, name] of source.matchAll(/from '\.\/([^']+)'/g)) {
      t.equal((await fetch(new URL(name as string, `${base}${link}`))).status, 200, `${link} -> ${name}`)
    }
    t.notMatch(source, /https?:\/\/(?!www\.w3\.org)/, 'no outside request')
  }
})

t.test('files of another version are served, but not kept; others are not there', async (t) => {
  const other = (links[0] as string).replace(/assets\/[^/]+/, 'assets/0000')
  const response = await fetch(`${base}${other}`)
  t.equal(response.status, 200)
  t.equal(response.headers.get('cache-control'), 'no-store')
  for (const name of ['page.html', 'tsconfig.json', 'state.d.ts', '..%2fapp.ts', '__proto__']) {
    t.not((await fetch(`${base}/watch/assets/0000/${name}`)).status, 200, name)
  }
})

t.test('all script together stays small', async (t) => {
  const sources = await Promise.all(
    [
      ...new Set(
        links.filter((link) => link.endsWith('.js')).concat(`${links[0]?.replace(/[^/]+$/, '')}film.js`),
      ),
    ].map(async (link) => Buffer.from(await (await fetch(`${base}${link}`)).arrayBuffer())),
  )
  const sizeBytes = sources.reduce((sum, source) => sum + gzipSync(source, { level: 9 }).length, 0)
  t.comment(`${sizeBytes} bytes with gzip`)
  t.ok(sizeBytes <= SCRIPT_LIMIT_BYTES, `${sizeBytes} bytes`)
})

t.test('comments are taken out and lines stay where they are', async (t) => {
  t.equal(
    withoutComments(
      "/**\n * a\n */\nlet a = 1 // b\n  // c\n  /** d */\n  /** @type {x} */ (y)\nlet u = 'http://x' /* e */\n",
    ),
    "\n\n\nlet a = 1 // b\n\n\n  (y)\nlet u = 'http://x' /* e */\n",
  )
})

t.test('the modules hold to their types', async (t) => {
  // Without the test runner's hooks, which the compiler does not start with.
  const { status, stdout, stderr } = spawnSync(
    'env',
    ['-u', 'NODE_OPTIONS', join(ROOT, 'node_modules/.bin/tsc'), '-p', 'server/watch'],
    {
      cwd: ROOT,
      encoding: 'utf8',
      timeout: 60_000,
    },
  )
  t.equal(status, 0, `${stdout}${stderr}`)
})

t.test('pages without the app have the colours of the studio', (t) => {
  const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8')
  const tokens = read('web/src/styles/tokens.css')
  const [dark, light] = read('server/light/light.css').split('@media (prefers-color-scheme: light)')
  const valuesIn = (css = ''): Map<string, string> =>
    new Map([...css.matchAll(/(--[\w-]+): (#[0-9a-f]{6});/g)].map((match) => [match[1]!, match[2]!]))
  const [inDark, inLight] = [valuesIn(dark), valuesIn(light)]
  t.ok(inDark.size > 10)
  t.strictSame([...inLight.keys()], [...inDark.keys()])
  for (const [name, value] of inDark)
    t.match(tokens, `${name}: light-dark(${inLight.get(name)}, ${value});`, name)
  t.end()
})
