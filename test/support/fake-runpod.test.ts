/** The local RunPod endpoint, held to what RunPod's documentation says of the real one. */

import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import t from 'tap'
import { startFakeRunpod } from './fake-runpod/server.ts'
import { handle } from './fake-runpod/worker.ts'

const fake = await startFakeRunpod(t, { webhookRetryMs: 10, limits: { cancel: 2 } })
const call = async (method: string, path: string, body?: unknown, key = fake.apiKey) => {
  const reply = await fetch(`${fake.url}/${fake.endpointId}${path}`, {
    method,
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  return { status: reply.status, body: (await reply.json()) as Record<string, unknown> }
}
const submitted = async (more: object = {}) =>
  String((await call('POST', '/run', { input: { any: 1 }, ...more })).body.id)
const ended = async (id: string) => {
  await fake.until(({ jobs }) => jobs.find((job) => job.id === id)?.endedAt !== null)
  return (await call('GET', `/status/${id}`)).body
}

t.test('a job waits, runs and is over, with absent keys rather than null ones', async (t) => {
  fake.workers.max = 0
  fake.handler = async () => ({ images: [] })
  const first = await call('POST', '/run', { input: { any: 1 } })
  t.match(first, { status: 200, body: { id: /-e1$/, status: 'IN_QUEUE' } })
  const id = String(first.body.id)
  t.strictSame((await call('GET', `/status/${id}`)).body, { id, status: 'IN_QUEUE' })
  t.match((await call('GET', '/health')).body, { jobs: { inQueue: 1 }, workers: { idle: 0, running: 0 } })
  fake.workers.max = 3
  fake.pump()
  const done = await ended(id)
  t.match(done, { id, status: 'COMPLETED', output: { images: [] }, delayTime: Number, executionTime: Number })
  t.notOk('error' in done)
})

t.test('what a handler returns under error ends as a failure, an exception as JSON text', async (t) => {
  fake.handler = async () => ({ error: 'no', details: ['x'] })
  t.match(await ended(await submitted()), { status: 'FAILED', error: 'no', output: { details: ['x'] } })
  fake.handler = async () => {
    throw new TypeError('broken')
  }
  const { error } = await ended(await submitted())
  t.match(JSON.parse(String(error)), { error_type: "<class 'TypeError'>", error_message: 'broken' })
})

t.test('a result above the limit arrives as completed without output', async (t) => {
  fake.handler = async () => ({ data: 'x'.repeat(10_000_001) })
  const done = await ended(await submitted())
  t.equal(done.status, 'COMPLETED')
  t.notOk('output' in done)
})

t.test('bad requests, keys and ids', async (t) => {
  t.equal((await call('POST', '/run', { input: {} }, 'wrong')).status, 401)
  t.equal((await call('GET', '/status/none')).status, 404)
  t.equal((await call('POST', '/status/none')).status, 404, 'status is asked for by GET')
  t.equal((await call('POST', '/run', {})).status, 400)
  t.equal((await call('POST', '/run', { input: {}, policy: { executionTimeout: 1 } })).status, 400)
  t.equal((await call('POST', '/run', { input: { data: 'x'.repeat(10_000_001) } })).status, 400)
})

t.test('cancelled once, and limited in how often that is asked', async (t) => {
  fake.handler = (_input, { stop }) => once(stop.signal, 'abort')
  const id = await submitted()
  t.match(await call('POST', `/cancel/${id}`), { status: 200, body: { id, status: 'CANCELLED' } })
  t.match(await ended(id), { status: 'CANCELLED' })
  await call('POST', `/cancel/${id}`)
  t.equal((await call('POST', `/cancel/${id}`)).status, 429)
})

t.test('a webhook is tried three times, until it is answered with 200', async (t) => {
  const answers = [500, 204, 200]
  const seen: unknown[] = []
  const hook = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    seen.push(JSON.parse(Buffer.concat(chunks).toString()))
    response.writeHead(answers.shift() ?? 500).end()
  }).listen(0, '127.0.0.1')
  await once(hook, 'listening')
  t.teardown(() => hook.close())
  fake.handler = async () => ({ fine: true })
  const before = fake.deliveries.length
  const id = await submitted({ webhook: `http://127.0.0.1:${(hook.address() as AddressInfo).port}/` })
  await fake.until(({ deliveries }) => deliveries.length === before + 3)
  t.equal(seen.length, 3)
  t.match(seen[0], { id, status: 'COMPLETED', output: { fine: true } })
})

t.test('worker-comfyui: what it takes, and what it drops', (t) => {
  const give =
    (list: 'images' | 'gifs', temp = false) =>
    () => [{ list, extension: '.mp4', bytes: Buffer.from('x'), temp }]
  const graph = { workflow: { 9: { inputs: { filename_prefix: 'a/b' } } } }
  t.strictSame(handle(null, { files: give('images') }), { error: 'Please provide input' })
  t.strictSame(handle('{', { files: give('images') }), { error: 'Invalid JSON format in input' })
  t.strictSame(handle({}, { files: give('images') }), { error: "Missing 'workflow' parameter" })
  t.match(handle({ ...graph, images: [{}] }, { files: give('images') }), { error: /images/ })
  t.strictSame(handle(graph, { files: give('images') }), {
    images: [{ filename: 'b_00001_.mp4', type: 'base64', data: 'eA==' }],
  })
  t.strictSame(handle(graph, { files: give('gifs') }), { status: 'success_no_images', images: [] })
  t.strictSame(handle(graph, { files: give('images', true) }), { status: 'success_no_images', images: [] })
  t.end()
})
