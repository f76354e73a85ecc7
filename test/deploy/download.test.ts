import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { type Test, test } from 'tap'
import { stringify } from 'yaml'
import { fetchModel } from '../../comfyui/download.ts'
import type { Model } from '../../core/workflows/models.ts'
import { checkWeight } from '../../core/workflows/weights-on-disk.ts'

const run = promisify(execFile)
const root = new URL('../../', import.meta.url)

const BYTES = Buffer.from(Array.from({ length: 300_000 }, (_, i) => (i * 7 + (i >> 8)) % 256))
const model: Model = {
  file: 'tiny.safetensors',
  folder: 'vae',
  url: 'https://weights.example/repo/tiny.safetensors',
  sizeBytes: BYTES.length,
  sha256: createHash('sha256').update(BYTES).digest('hex'),
  licence: 'Free',
  vramGb: null,
}
const listOf = (...models: Model[]): string =>
  stringify({
    version: 2,
    licences: { Free: { name: 'Free', restricted: false }, Paid: { name: 'Paid', restricted: true } },
    models,
  })
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
/** Sends up to `bytes`, and cuts the line once some of them are kept; goes on from a range the next time. */
const cut =
  (bytes: number, whenKept: () => Promise<void>): Handler =>
  (request, reply, count) => {
    const from = Number(/bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0)
    reply.writeHead(from > 0 ? 206 : 200, { 'content-length': BYTES.length - from })
    if (count > 1) reply.end(BYTES.subarray(from))
    else reply.write(BYTES.subarray(0, bytes), () => whenKept().then(() => reply.destroy()))
  }

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
  t.match(await checkWeight(dir, model, { deep: true }), { state: 'right' })
})

test('a cut download goes on where it stopped', async (t) => {
  const whenKept = async (): Promise<void> => {
    while (((await stat(join(dir, 'vae/tiny.safetensors.part')).catch(() => null))?.size ?? 0) === 0)
      await new Promise((resolve) => setTimeout(resolve, 5))
  }
  const { mirror, dir, ranges, retryMs } = await source(t, cut(100_000, whenKept))
  await fetchModel(model, { dir, mirror, retryMs })
  t.match(await checkWeight(dir, model, { deep: true }), { state: 'right' })
  t.equal(ranges.length, 2)
  t.match(ranges[1], /^bytes=[1-9]\d*-$/, 'with the bytes it had')
})

test('a source without ranges is read again from the start', async (t) => {
  const { mirror, dir } = await source(t, whole)
  await mkdir(join(dir, 'vae'))
  await writeFile(join(dir, 'vae/tiny.safetensors.part'), BYTES.subarray(0, 50_000))
  await fetchModel(model, { dir, mirror })
  t.match(await checkWeight(dir, model, { deep: true }), { state: 'right' })
})

test('a whole partial file is put in place without another byte', async (t) => {
  const { mirror, dir, ranges } = await source(t, whole)
  await mkdir(join(dir, 'vae'))
  await writeFile(join(dir, 'vae/tiny.safetensors.part'), BYTES)
  await fetchModel(model, { dir, mirror })
  t.match(await checkWeight(dir, model, { deep: true }), { state: 'right' })
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

test('a file without a published hash is fetched, held to its rough size, and its hash told', async (t) => {
  const { sizeBytes: _, ...rest } = model
  const unknown: Model = { ...rest, approxGb: BYTES.length / 1e9, sha256: null }
  const { mirror, dir } = await source(t, whole)
  t.equal(await fetchModel(unknown, { dir, mirror }), model.sha256)
  t.match(await checkWeight(dir, unknown, { deep: true }), { state: 'unverified', sha256: model.sha256 })
  const small = await source(t, (_request, reply) => reply.end(BYTES.subarray(0, 1_000)))
  await t.rejects(fetchModel(unknown, small), { code: 'wrong_size' })
  t.strictSame(await readdir(join(small.dir, 'vae')), [])
})

test('a file that is handed out to signed-in people only is left to them', async (t) => {
  const { dir, ranges } = await source(t, whole)
  await t.rejects(fetchModel({ ...model, gated: true }, { dir }), { code: 'gated', message: /by hand/ })
  t.equal(ranges.length, 0)
})

test('the command fetches what is missing, leaves what is there, and checks', async (t) => {
  const { mirror, dir, ranges } = await source(t, whole)
  const file = join(dir, 'list.yaml')
  await writeFile(file, listOf(model))
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
  t.match(await command(), { code: 0, out: /fetching 0\.0 GB, licence Free[\s\S]*: right/ })
  t.match(await command(), { code: 0, out: /: there/ })
  t.equal(ranges.length, 1, 'fetched once')
  await writeFile(join(dir, 'vae/tiny.safetensors'), Buffer.alloc(BYTES.length))
  t.match(await command('--check'), { code: 1, out: /missing or wrong/ })
  t.equal((await stat(join(dir, 'vae/tiny.safetensors'))).size, BYTES.length, 'a check changes nothing')
  t.match(await command('--nonsense'), { code: 2, out: /usage/ })
  await writeFile(
    file,
    listOf(
      { ...model, file: 'paid.safetensors', licence: 'Paid' },
      { ...model, file: 'free.safetensors', sha256: null },
    ),
  )
  const refused = await command()
  t.match(refused, { code: 1, out: /licence Paid is restricted: read it, then name it in ACCEPTED_LICENCES/ })
  t.match(refused, { out: /free\.safetensors: not fetched; no hash is published/ })
  t.match(await command('--allow-unverified'), { out: /free\.safetensors: unverified, sha256 [0-9a-f]{64}/ })
})

test('the command knows the weights of workflows', async (t) => {
  const args = ['comfyui/fetch-models.ts', '--dir', '/nowhere', '--check', '--workflow']
  const check = (slug: string) =>
    run(process.execPath, [...args, slug], { cwd: root.pathname, timeout: 30_000 }).catch(
      (error: { code: number; stdout: string; stderr: string }) => error,
    )
  t.match(await check('core-wan22-14b-t2v-4step'), {
    code: 1,
    stdout: /loras\/wan2\.2_t2v_lightx2v_4steps_lora_v1\.1_high_noise\.safetensors: missing or wrong/,
  })
  t.match(await check('no-such-workflow'), { code: 1, stderr: /no-such-workflow: is no workflow/ })
})
