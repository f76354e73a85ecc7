import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { type Test, test } from 'tap'
import { stringify } from 'yaml'
import { fetchModel, hasModel, type Model, modelsOf, parseModels } from '../../comfyui/models.ts'

const run = promisify(execFile)
const root = new URL('../../', import.meta.url)
const list = parseModels(readFileSync(new URL('comfyui/models.yaml', root), 'utf8'))

const BYTES = Buffer.from(Array.from({ length: 300_000 }, (_, i) => (i * 7 + (i >> 8)) % 256))
const model: Model = {
  file: 'tiny.safetensors',
  folder: 'vae',
  url: 'https://weights.example/repo/tiny.safetensors',
  sizeBytes: BYTES.length,
  sha256: createHash('sha256').update(BYTES).digest('hex'),
  licence: 'Apache-2.0',
}
type Handler = (request: IncomingMessage, reply: ServerResponse, count: number) => void

/** A source of weights that does what `handler` says, and a folder to download into. */
async function source(t: Test, handler: Handler) {
  let count = 0
  const ranges: (string | undefined)[] = []
  const server = createServer((request, reply) => {
    ranges.push(request.headers.range)
    handler(request, reply, ++count)
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const dir = await mkdtemp(join(tmpdir(), 'framecast-models-'))
  t.teardown(async () => {
    server.closeAllConnections()
    server.close()
    await rm(dir, { recursive: true, force: true })
  })
  return { mirror: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, dir, ranges, retryMs: 1 }
}
const whole: Handler = (_request, reply) => reply.writeHead(200).end(BYTES)
/** Sends up to `bytes` and then cuts the line; goes on from a range the next time. */
const cut =
  (bytes: number): Handler =>
  (request, reply, count) => {
    const from = Number(/bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0)
    reply.writeHead(from > 0 ? 206 : 200, { 'content-length': BYTES.length - from })
    if (count > 1) reply.end(BYTES.subarray(from))
    else reply.write(BYTES.subarray(0, bytes), () => reply.destroy())
  }

test('every model of a built-in workflow is described, and none is described in vain', (t) => {
  for (const [workflow, { models }] of Object.entries(list.workflows)) {
    t.strictSame(
      modelsOf(list, workflow).map(({ file }) => file),
      models,
    )
    const graph = new URL(`comfyui/workflows/${workflow}.json`, root)
    t.ok(existsSync(graph), `${workflow} exists`)
    const named = [...readFileSync(graph, 'utf8').matchAll(/"([^"/]+\.safetensors)"/g)].map(
      (match) => match[1],
    )
    t.strictSame([...new Set(named)].sort(), [...models].sort(), `${workflow} names just these files`)
  }
  const used = new Set(Object.values(list.workflows).flatMap(({ models }) => models))
  t.strictSame(list.models.map(({ file }) => file).sort(), [...used].sort())
  t.end()
})

test('a list with an unsafe or incomplete entry is refused', (t) => {
  for (const wrong of [
    { file: '../evil.safetensors' },
    { file: 'weights.ckpt' },
    { folder: '/etc' },
    { folder: '..' },
    { sha256: 'abc' },
    { sizeBytes: 1.5 },
    { url: 'nowhere' },
  ]) {
    const text = stringify({ workflows: {}, models: [{ ...model, ...wrong }] })
    t.throws(() => parseModels(text), { code: 'model_list' }, JSON.stringify(wrong))
  }
  t.throws(() => parseModels(''), { code: 'model_list' })
  t.throws(() => modelsOf(list, 'no-such-workflow'), { message: /it has core-wan22-5b-t2v/ })
  t.end()
})

test('a model is fetched, checked and put in place', async (t) => {
  const { mirror, dir } = await source(t, (request, reply, count) => {
    t.equal(request.url, '/repo/tiny.safetensors', 'the mirror keeps the path')
    whole(request, reply, count)
  })
  let last = 0
  await fetchModel(model, { dir, mirror, onProgress: (doneBytes) => (last = doneBytes) })
  t.equal(last, BYTES.length)
  t.strictSame(readFileSync(join(dir, 'vae/tiny.safetensors')), BYTES)
  t.strictSame(await readdir(join(dir, 'vae')), ['tiny.safetensors'], 'nothing is left lying about')
  t.ok(await hasModel(dir, model, true))
})

test('a cut download goes on where it stopped', async (t) => {
  const { mirror, dir, ranges, retryMs } = await source(t, cut(100_000))
  await fetchModel(model, { dir, mirror, retryMs })
  t.ok(await hasModel(dir, model, true))
  t.equal(ranges.length, 2)
  t.match(ranges[1], /^bytes=[1-9]\d*-$/, 'with the bytes it had')
})

test('a source without ranges is read again from the start', async (t) => {
  const { mirror, dir } = await source(t, whole)
  await mkdir(join(dir, 'vae'))
  await writeFile(join(dir, 'vae/tiny.safetensors.part'), BYTES.subarray(0, 50_000))
  await fetchModel(model, { dir, mirror })
  t.ok(await hasModel(dir, model, true))
})

test('a whole partial file is put in place without another byte', async (t) => {
  const { mirror, dir, ranges } = await source(t, whole)
  await mkdir(join(dir, 'vae'))
  await writeFile(join(dir, 'vae/tiny.safetensors.part'), BYTES)
  await fetchModel(model, { dir, mirror })
  t.ok(await hasModel(dir, model, true))
  t.equal(ranges.length, 0)
})

test('a file with other bytes never appears', async (t) => {
  const other = Buffer.from(BYTES)
  other[1_000]! ^= 1
  const { mirror, dir } = await source(t, (_request, reply) => reply.end(other))
  await t.rejects(fetchModel(model, { dir, mirror }), { code: 'wrong_hash', message: /the list says/ })
  t.strictSame(await readdir(join(dir, 'vae')), [])
})

test('a source that sends more than it should is stopped', async (t) => {
  const { mirror, dir } = await source(t, (_request, reply) => reply.end(Buffer.concat([BYTES, BYTES])))
  await t.rejects(fetchModel(model, { dir, mirror }), { code: 'wrong_size' })
  t.strictSame(await readdir(join(dir, 'vae')), [])
})

test('a source that refuses or falls silent is given up after the attempts allowed', async (t) => {
  const refusing = await source(t, (_request, reply) => reply.writeHead(403).end('no'))
  await t.rejects(fetchModel(model, { ...refusing, attempts: 2 }), {
    code: 'download_failed',
    message: /answered 403/,
  })
  t.equal(refusing.ranges.length, 2)
  const silent = await source(t, (_request, reply) => reply.writeHead(200).write(BYTES.subarray(0, 10)))
  await t.rejects(fetchModel(model, { ...silent, attempts: 1, idleMs: 50 }), {
    code: 'download_failed',
    message: /no data for/,
  })
})

test('a disk that is too small is said so before anything is fetched', async (t) => {
  const { mirror, dir, ranges } = await source(t, whole)
  const huge = { ...model, sizeBytes: Number.MAX_SAFE_INTEGER }
  await t.rejects(fetchModel(huge, { dir, mirror }), { code: 'disk_full', message: /GB free/ })
  t.equal(ranges.length, 0)
})

test('the command fetches what is missing, leaves what is there, and checks', async (t) => {
  const { mirror, dir, ranges } = await source(t, whole)
  const file = join(dir, 'list.yaml')
  await writeFile(file, stringify({ workflows: {}, models: [model] }))
  const command = (...words: string[]) =>
    run(
      process.execPath,
      ['comfyui/fetch-models.ts', '--dir', dir, '--mirror', mirror, '--list', file, ...words],
      {
        cwd: root.pathname,
        timeout: 30_000,
      },
    ).then(
      ({ stdout }) => ({ code: 0, out: stdout }),
      (error: { code: number; stdout: string; stderr: string }) => ({
        code: error.code,
        out: error.stdout + error.stderr,
      }),
    )
  t.match(await command('--check'), { code: 1, out: /missing or wrong/ })
  t.match(await command(), { code: 0, out: /fetching 0\.0 GB, licence Apache-2\.0[\s\S]*: right/ })
  t.match(await command(), { code: 0, out: /: there/ })
  t.equal(ranges.length, 1, 'fetched once')
  await writeFile(join(dir, 'vae/tiny.safetensors'), Buffer.alloc(BYTES.length))
  t.match(await command('--check'), { code: 1, out: /missing or wrong/ })
  t.equal((await stat(join(dir, 'vae/tiny.safetensors'))).size, BYTES.length, 'a check changes nothing')
  t.match(await command('--nonsense'), { code: 2, out: /usage/ })
})
