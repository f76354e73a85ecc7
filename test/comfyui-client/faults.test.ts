/** The client against a server that misbehaves. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import t, { type Test } from 'tap'
import { type ComfyClient, createComfyClient } from '../../comfyui/client/client.ts'
import { ComfyError } from '../../comfyui/client/errors.ts'
import type { ComfyLimits } from '../../comfyui/client/limits.ts'
import { FAKE_CLIP, type FakeComfy, type FakeOptions, startFakeComfy } from '../support/fake-comfyui.ts'
import { FAST, inTime, listener, until, videoRequest, workFolder } from './helpers.ts'

type Stage = { fake: FakeComfy; client: ComfyClient; folder: string }

async function stage(t: Test, options: FakeOptions = {}, limits: Partial<ComfyLimits> = {}): Promise<Stage> {
  const fake = await startFakeComfy(options)
  t.teardown(() => fake.close())
  return {
    fake,
    client: createComfyClient({ url: fake.url, limits: { ...FAST, ...limits } }),
    folder: workFolder(t),
  }
}

const failure = async (work: Promise<unknown>): Promise<ComfyError> => {
  const error = await work.then(
    () => new Error('it should have failed'),
    (reason: unknown) => reason,
  )
  if (error instanceof ComfyError) return error
  throw error
}

t.test('a good run: one post, the whole file, no socket left', async (t) => {
  const { fake, client, folder } = await stage(t)
  const heard = listener()
  const result = await client.run(videoRequest(folder), heard, inTime())
  t.equal(fake.posts.length, 1)
  t.ok(Buffer.from(FAKE_CLIP).equals(await readFile(result.path)))
  t.equal(result.path, `${folder}/clip.mp4`)
  t.equal(heard.fractions.at(-1), 1)
  t.ok(heard.notes.includes('step 2 of 4'))
  t.ok(heard.previews.length > 0)
  await until(() => fake.openSockets === 0, 'the socket to close')
})

t.test('every release: the routes it does not have are not needed', async (t) => {
  for (const version of ['0.3.44', '0.3.50', '0.3.64', '0.6.0', '0.25.1', '0.33.0']) {
    const { fake, client, folder } = await stage(t, { version })
    const result = await client.run(videoRequest(folder), listener(), inTime())
    t.equal(result.sizeBytes, FAKE_CLIP.length, version)
    t.equal(fake.posts.length, 1, version)
    t.equal(result.promptId, fake.posts[0]?.promptId, version)
  }
})

t.test('socket trouble of every kind is not a failure', async (t) => {
  for (const fault of ['duplicate', 'reorder', 'drop', 'deaf', 'refuse'] as const) {
    const { fake, client, folder } = await stage(t, { stepMs: 10 })
    fake.fail('socket', fault, fault === 'refuse' ? 100 : 1)
    const heard = listener()
    const result = await client.run(videoRequest(folder), heard, inTime())
    t.equal(result.sizeBytes, FAKE_CLIP.length, fault)
    t.equal(fake.posts.length, 1, `${fault}: posted once`)
    t.strictSame(
      heard.fractions,
      [...heard.fractions].sort((a, b) => a - b),
      `${fault}: progress never falls`,
    )
  }
})

t.test('a socket that is open but deaf is opened again', async (t) => {
  const { fake, client, folder } = await stage(
    t,
    { stepMs: 100, steps: 8 },
    { deafMs: 150, silenceMs: 5_000 },
  )
  fake.fail('socket', 'deaf')
  const heard = listener()
  await client.run(videoRequest(folder), heard, inTime())
  t.ok(heard.fractions.length > 1, 'progress came over the second connection')
})

t.test(
  'the end is found at once, though its message comes before the history and the last one never',
  async (t) => {
    const { fake, client, folder } = await stage(t, { historyDelayMs: 150 }, { pollMs: 8_000 })
    fake.fail('socket', 'no-end')
    const startedAt = performance.now()
    await client.run(videoRequest(folder), listener(), inTime())
    t.ok(performance.now() - startedAt < 3_000, 'long before the next poll')
  },
)

t.test('as a process of its own, with faults by request', async (t) => {
  const script = new URL('../support/fake-comfyui.ts', import.meta.url)
  const child = spawn(process.execPath, [script.pathname, '--port', '0', '--steps', '2'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  t.teardown(() => child.kill('SIGKILL'))
  const [line] = (await once(child.stdout, 'data')) as [Buffer]
  const { url } = JSON.parse(line.toString('utf8')) as { url: string }
  const ask = (body: unknown) => fetch(`${url}/__fake`, { method: 'POST', body: JSON.stringify(body) })
  const client = createComfyClient({ url, limits: FAST })
  await ask({ fail: ['run', 'oom', 1] })
  t.equal(
    (await failure(client.run(videoRequest(workFolder(t)), listener(), inTime()))).code,
    'out_of_memory',
  )
  await ask({ restart: true })
  t.equal((await client.run(videoRequest(workFolder(t)), listener(), inTime())).sizeBytes, FAKE_CLIP.length)
  const exit = once(child, 'exit')
  child.kill('SIGTERM')
  t.strictSame(await exit, [0, null])
})

t.test('a post without an answer is looked up, not repeated', async (t) => {
  const { fake, client, folder } = await stage(t, { stepMs: 10 })
  fake.fail('prompt', 'drop-reply')
  const result = await client.run(videoRequest(folder), listener(), inTime())
  t.equal(fake.posts.length, 1)
  t.equal(result.promptId, fake.posts[0]?.promptId)
})

t.test('a post that was never read is sent again under the same id', async (t) => {
  const { fake, client, folder } = await stage(t)
  for (const fault of ['drop-request', 'html'] as const) {
    fake.fail('prompt', fault)
    const before = fake.posts.length
    const heard = listener()
    await client.run(videoRequest(folder), heard, inTime())
    t.equal(fake.posts.length, before + 1, fault)
    t.equal(heard.ids.length, 1, fault)
  }
})

t.test('refusals are typed; a partly accepted graph is cancelled', async (t) => {
  const { fake, client, folder } = await stage(t, { stepMs: 30 })
  for (const [fault, code, retryable] of [
    ['missing-model', 'missing_model', false],
    ['partial', 'workflow_invalid', false],
    ['error-500', 'engine_rejected', true],
  ] as const) {
    fake.fail('prompt', fault)
    const error = await failure(client.run(videoRequest(folder), listener(), inTime()))
    t.equal(error.code, code, fault)
    t.equal(error.retryable, retryable, fault)
  }
  await until(() => fake.machine.remaining === 0, 'the partial one to be stopped')
  t.equal(fake.machine.files.size, 0)
})

t.test('failing nodes', async (t) => {
  const { fake, client, folder } = await stage(t)
  for (const [fault, code, retryable, hostAtFault] of [
    ['node-error', 'node_failed', true, false],
    ['value-error', 'node_failed', false, false],
    ['oom', 'out_of_memory', true, false],
    ['cuda', 'node_failed', true, true],
    ['no-output', 'bad_result', true, false],
  ] as const) {
    fake.fail('run', fault)
    const error = await failure(client.run(videoRequest(folder), listener(), inTime()))
    t.strictSame([error.code, error.retryable, error.hostAtFault], [code, retryable, hostAtFault], fault)
    t.notMatch(error.message, /\/srv|comfy\//, fault)
  }
})

t.test('a result that is no film is refused, and nothing is left on disk', async (t) => {
  for (const fault of ['html', 'empty', 'not-video'] as const) {
    const { fake, client, folder } = await stage(t)
    fake.fail('view', fault, 10)
    const error = await failure(client.run(videoRequest(folder), listener(), inTime()))
    t.strictSame([error.code, error.retryable, error.hostAtFault], ['bad_result', true, true], fault)
    await t.rejects(readFile(`${folder}/clip.mp4`), { code: 'ENOENT' })
    await t.rejects(readFile(`${folder}/clip.mp4.part`), { code: 'ENOENT' })
  }
})

t.test('a transfer that is cut or stalls is made again; the scene is not', async (t) => {
  for (const fault of ['truncated', 'stall'] as const) {
    const { fake, client, folder } = await stage(t)
    fake.fail('view', fault)
    const result = await client.run(videoRequest(folder), listener(), inTime())
    t.ok(Buffer.from(FAKE_CLIP).equals(await readFile(result.path)), fault)
    t.equal(fake.posts.length, 1, fault)
  }
  const { fake, client, folder } = await stage(t)
  fake.fail('view', 'truncated', 100)
  const error = await failure(client.run(videoRequest(folder), listener(), inTime()))
  t.equal(error.code, 'bad_result')
})

t.test('a file that is gone has the scene made again, under another name', async (t) => {
  const { fake, client, folder } = await stage(t)
  fake.fail('view', 'gone')
  await client.run(videoRequest(folder), listener(), inTime())
  t.equal(fake.posts.length, 2)
  const prefixes = fake.posts.map(({ graph }) => graph.save?.inputs.filename_prefix)
  t.notSame(prefixes[0], prefixes[1])
})

t.test('a server that goes away and comes back in time keeps the scene', async (t) => {
  const { fake, client, folder } = await stage(t, { stepMs: 40, steps: 6 })
  const heard = listener()
  const run = client.run(videoRequest(folder), heard, inTime())
  await until(() => heard.fractions.length > 0, 'progress')
  await fake.leave()
  await new Promise((resolve) => setTimeout(resolve, 200))
  await fake.comeBack()
  await run
  t.equal(fake.posts.length, 1)
})

t.test('a server that stays away is unreachable', async (t) => {
  const { fake, client, folder } = await stage(t, { stepMs: 40, steps: 20 })
  const heard = listener()
  const run = failure(client.run(videoRequest(folder), heard, inTime()))
  await until(() => heard.fractions.length > 0, 'progress')
  await fake.leave()
  const error = await run
  t.strictSame([error.code, error.retryable, error.hostAtFault], ['engine_unreachable', true, true])
  t.equal(fake.posts.length, 1)
})

t.test('a server that restarts without memory gets the scene again, and not for ever', async (t) => {
  const { fake, client, folder } = await stage(t, { stepMs: 30, steps: 6 })
  const heard = listener()
  const run = client.run(videoRequest(folder), heard, inTime())
  await until(() => heard.fractions.length > 0, 'progress')
  await fake.restart()
  const result = await run
  t.equal(fake.posts.length, 2)
  t.equal(result.promptId, heard.ids[1])

  fake.fail('run', 'lose', 100)
  const error = await failure(client.run(videoRequest(folder), listener(), inTime()))
  t.equal(error.code, 'engine_lost')
  t.equal(fake.posts.length, 2 + 3)
})

t.test('a silent server is interrupted by id', async (t) => {
  const { fake, client, folder } = await stage(t, {}, { deafMs: 150 })
  fake.fail('run', 'silent')
  const error = await failure(client.run(videoRequest(folder), listener(), inTime()))
  t.strictSame([error.code, error.retryable, error.hostAtFault], ['engine_silent', true, true])
  await until(() => fake.machine.remaining === 0, 'the prompt to stop')
  t.notOk(
    fake.requests.some((line) => line === 'POST /interrupt'),
    'never the bare form',
  )
})

t.test('a slow node has its own limit', async (t) => {
  const { client, folder } = await stage(
    t,
    { stepMs: 700, steps: 2 },
    { silenceMsByClass: { FramecastAnimatic: 5_000 } },
  )
  await client.run(videoRequest(folder), listener(), inTime())
  const short = await stage(t, { stepMs: 900, steps: 2 }, { silenceMsByClass: { SaveVideo: 5_000 } })
  const error = await failure(short.client.run(videoRequest(short.folder), listener(), inTime()))
  t.equal(error.code, 'engine_silent')
})

t.test('a queue that nothing works on is silence too', async (t) => {
  const { fake, client, folder } = await stage(t)
  fake.fail('run', 'stalled')
  const error = await failure(client.run(videoRequest(folder), listener(), inTime()))
  t.equal(error.code, 'engine_silent')
  t.match(error.message, /nothing runs/)
})

t.test('waiting behind another prompt is not silence', async (t) => {
  const { fake, client, folder } = await stage(t, { stepMs: 150, steps: 6 })
  const first = client.run(videoRequest(workFolder(t)), listener(), inTime())
  await until(() => fake.posts.length === 1, 'the first post')
  await client.run(videoRequest(folder), listener(), inTime())
  await first
  t.equal(fake.posts.length, 2)
})

t.test('an aborted signal leaves the work, and another process takes it up', async (t) => {
  const { fake, client, folder } = await stage(t, { stepMs: 40, steps: 6 })
  const stop = new AbortController()
  const heard = listener(() => stop.abort(new Error('shutting down')))
  await t.rejects(client.run(videoRequest(folder), heard, stop.signal), { message: 'shutting down' })
  t.equal(fake.machine.remaining, 1, 'still on the server')
  await until(() => fake.openSockets === 0, 'the socket to close')

  const other = createComfyClient({ url: fake.url, limits: FAST })
  const promptId = heard.ids[0] ?? ''
  const again = listener()
  t.equal(await other.holds(promptId, 1_000, inTime()), true)
  const result = await other.takeUp(videoRequest(folder), promptId, again, inTime())
  t.equal(result?.promptId, promptId)
  t.equal(fake.posts.length, 1)
  t.strictSame(again.ids, [], 'nothing was submitted')
  t.ok(again.fractions.length > 0, 'the progress is heard again')
})

t.test('what is not worth taking up is not', async (t) => {
  const { fake, client, folder } = await stage(t)
  t.equal(await client.holds('816a0137-b193-4fce-9512-cafa860704a3', 1_000, inTime()), false, 'unknown')
  fake.fail('run', 'oom')
  const heard = listener()
  await failure(client.run(videoRequest(folder), heard, inTime()))
  t.equal(await client.holds(heard.ids[0] ?? '', 1_000, inTime()), false, 'failed')
  const good = await client.run(videoRequest(folder), listener(), inTime())
  t.equal(await client.holds(good.promptId, 1_000, inTime()), true, 'finished well')
  fake.fail('view', 'gone')
  t.equal(await client.takeUp(videoRequest(folder), good.promptId, listener(), inTime()), null, 'file gone')
  fake.fail('view', 'not-video')
  t.equal(await client.takeUp(videoRequest(folder), good.promptId, listener(), inTime()), null, 'bad file')
})

t.test('cancel: waiting, running, gone, and the run that followed it', async (t) => {
  for (const version of ['0.3.64', '0.33.0']) {
    const { fake, client, folder } = await stage(t, { stepMs: 60, steps: 20, version })
    const one = failure(client.run(videoRequest(folder), listener(), inTime()))
    await until(() => fake.machine.running !== null, 'the first to run')
    const two = failure(client.run(videoRequest(workFolder(t)), listener(), inTime()))
    await until(() => fake.posts.length === 2, 'the second post')
    await client.cancel(fake.posts[1]?.promptId ?? '', inTime())
    const waiting = await two
    t.strictSame([waiting.code, waiting.retryable], ['interrupted', false], `${version} waiting`)
    await client.cancel(fake.posts[0]?.promptId ?? '', inTime())
    t.equal((await one).code, 'interrupted', `${version} running`)
    await client.cancel(fake.posts[0]?.promptId ?? '', inTime())
    t.equal(fake.posts.length, 2, 'nothing was submitted again')
  }
})

t.test('a server older than 0.3.57 is never sent an interrupt', async (t) => {
  const { fake, client, folder } = await stage(t, { stepMs: 20, steps: 10, version: '0.3.50' })
  const run = failure(client.run(videoRequest(folder), listener(), inTime()))
  await until(() => fake.machine.running !== null, 'it to run')
  await client.cancel(fake.posts[0]?.promptId ?? '', inTime())
  t.equal((await run).code, 'interrupted')
  t.notOk(fake.requests.includes('POST /interrupt'))
})

t.test('a server that is deaf to connections costs the connect limit, no more', async (t) => {
  // A full backlog would be needed for a true black hole; a server that accepts and says nothing is close enough.
  const mute = createServer((socket) => socket.on('error', () => {}))
  await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve))
  t.teardown(() => mute.close())
  const { port } = mute.address() as { port: number }
  const limits = { ...FAST, replyMs: 150, connectMs: 150, unreachableMs: 100 }
  const client = createComfyClient({ url: `http://127.0.0.1:${port}`, limits })
  const startedAt = performance.now()
  const error = await failure(client.run(videoRequest(workFolder(t)), listener(), inTime()))
  t.equal(error.code, 'engine_unreachable')
  t.ok(performance.now() - startedAt < 3_000)
})

t.test('a reply larger than allowed is not read', async (t) => {
  const { client } = await stage(t, {}, { replyBytes: 200 })
  await t.rejects(client.api.nodeInfo('KSampler', inTime()), { name: 'TransportError', message: /too large/ })
})

t.test('slow replies are waited for', async (t) => {
  const { fake, client, folder } = await stage(t)
  fake.delayMs = 120
  await client.run(videoRequest(folder), listener(), inTime())
  t.equal(fake.posts.length, 1)
})
