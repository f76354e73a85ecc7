/** The fake server of the tests, held to the recordings of the real one. */
import { once } from 'node:events'
import t, { type Test } from 'tap'
import { WebSocket } from 'ws'
import { type FakeComfy, startFakeComfy } from '../support/fake-comfyui.ts'
import { type Json, readTrace, type Trace, type TraceEvent, until } from './helpers.ts'

const CLIENT = 'e03e00bd19ab4ec2b646d24f44a477fb'

async function start(t: Test, stepMs = 0): Promise<FakeComfy> {
  const fake = await startFakeComfy({ stepMs })
  t.teardown(() => fake.close())
  return fake
}

const call = async (fake: FakeComfy, method: string, path: string, body?: unknown) => {
  const reply = await fetch(`${fake.url}${path}`, {
    method,
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  })
  const text = await reply.text()
  const json = (() => {
    try {
      return JSON.parse(text) as Json
    } catch {
      return undefined
    }
  })()
  return { status: reply.status, text, json, type: reply.headers.get('content-type') }
}

/** Opens a socket and keeps the text frames it gets. */
async function listen(fake: FakeComfy, clientId = CLIENT): Promise<{ frames: Json[]; socket: WebSocket }> {
  const socket = new WebSocket(`${fake.url.replace('http', 'ws')}/ws?clientId=${clientId}`)
  const frames: Json[] = []
  socket.on('message', (bytes: Buffer, binary: boolean) => {
    if (!binary) frames.push(JSON.parse(bytes.toString('utf8')) as Json)
  })
  await once(socket, 'message')
  return { frames, socket }
}

const isEnd = ({ type, data }: Json): boolean => type === 'executing' && (data as Json).node === null

/** What of a frame does not depend on the day: type, node, state, names of the fields. */
function outline(frame: Json): string {
  const data = frame.data as Json
  const nodes = Object.values((data.nodes ?? {}) as Record<string, Json>)
  const states = Array.isArray(data.nodes)
    ? JSON.stringify(data.nodes)
    : nodes.map(({ node_id, state, value, max, ...rest }) => [
        node_id,
        state,
        value,
        max,
        Object.keys(rest).sort(),
      ])
  return JSON.stringify([
    frame.type,
    data.node,
    data.node_id,
    data.value,
    data.max,
    Object.keys(data).sort(),
    states,
  ])
}

/** Frames as recorded on a socket, for one prompt or for all. */
const recorded = (trace: Trace): Json[] =>
  trace.events.filter((event) => event.kind === 'ws-recv').map((event) => event.json as unknown as Json)

const postsOf = (trace: Trace): TraceEvent[] =>
  trace.events.filter(({ request }) => request?.method === 'POST' && request.path === '/prompt')

t.test('a normal run sends the recorded messages in the recorded order', async (t) => {
  const trace = readTrace('a-success-saveimage')
  const fake = await start(t)
  const { frames, socket } = await listen(fake)
  await call(fake, 'POST', '/prompt', postsOf(trace)[0]?.request?.json)
  await until(() => frames.some(isEnd), 'the end')
  t.strictSame(frames.map(outline), recorded(trace).map(outline))

  const promptId = fake.posts[0]?.promptId
  const history = await call(fake, 'GET', `/history/${promptId}`)
  const job = await call(fake, 'GET', `/api/jobs/${promptId}`)
  for (const [path, mine] of [
    ['/history/', history.json?.[String(promptId)]],
    ['/api/jobs/', job.json],
  ] as const) {
    const event = trace.events.find(({ request }) => request?.path.startsWith(path))
    const theirs =
      path === '/history/' ? Object.values(event?.response?.json ?? {})[0] : event?.response?.json
    t.strictSame(Object.keys(mine as Json).sort(), Object.keys(theirs as Json).sort(), path)
  }

  // The same again: all cached, the old name, nothing new on disk.
  const second = readTrace('b-cached-identical')
  frames.length = 0
  await call(fake, 'POST', '/prompt', postsOf(second)[0]?.request?.json)
  await until(() => frames.some(isEnd), 'the cached end')
  t.strictSame(frames.map(outline), recorded(second).slice(1).map(outline))
  t.equal(fake.machine.files.size, 1)
  socket.terminate()
})

t.test('failing and interrupted runs end as recorded', async (t) => {
  const bare = (frames: Json[]): string[] =>
    frames
      .filter(({ type }) => type !== 'progress_state' && type !== 'progress')
      .map((frame) => String(frame.type))
  const fake = await start(t, 5)
  const { frames, socket } = await listen(fake, '1951d1c9118848aba6544b081c4152fa')

  const oom = readTrace('d2-node-error-oom')
  await call(fake, 'POST', '/prompt', postsOf(oom)[0]?.request?.json)
  await until(() => frames.some(isEnd), 'the end')
  // Recorded with a warm cache: node 1 is not executed there.
  const cold = bare(recorded(oom))
  cold.splice(cold.lastIndexOf('executing', cold.indexOf('execution_error')), 0, 'executing')
  t.strictSame(bare(frames), cold)
  const error = frames.find(({ type }) => type === 'execution_error')?.data as Json
  const theirs = recorded(oom).find(({ type }) => type === 'execution_error')?.data as Json
  t.strictSame(Object.keys(error).sort(), Object.keys(theirs).sort())

  const interrupt = readTrace('e-interrupt-running')
  frames.length = 0
  await call(fake, 'POST', '/prompt', postsOf(interrupt)[0]?.request?.json)
  await until(() => frames.some(({ type }) => type === 'progress'), 'progress')
  t.equal((await call(fake, 'POST', '/interrupt', { prompt_id: 'somebody-else' })).status, 200)
  t.ok(fake.machine.running, 'not stopped by another id')
  await call(fake, 'POST', '/interrupt', { prompt_id: fake.posts.at(-1)?.promptId })
  await until(() => frames.some(isEnd), 'the end')
  const first = recorded(interrupt).slice(1)
  t.strictSame(bare(frames), bare(first.slice(0, first.findIndex(isEnd) + 1)))
  const entry = fake.machine.history.get(fake.posts.at(-1)?.promptId ?? '')
  t.match(entry?.status, { status_str: 'error', completed: false })
  socket.terminate()
})

t.test('a waiting prompt that is deleted leaves no trace, by either route', async (t) => {
  const trace = readTrace('f-cancel-queued')
  const fake = await start(t, 20)
  const ids: string[] = []
  for (const event of postsOf(trace).slice(0, 3)) {
    const { json } = await call(fake, 'POST', '/prompt', event.request?.json)
    ids.push(String(json?.prompt_id))
  }
  await until(() => fake.machine.running !== null, 'the first to run')
  const [running, deleted, cancelled] = ids
  t.equal((await call(fake, 'POST', '/queue', { delete: [deleted] })).status, 200)
  t.strictSame((await call(fake, 'POST', `/api/jobs/${cancelled}/cancel`)).json, { cancelled: true })
  t.equal((await call(fake, 'POST', '/queue', { delete: [running] })).status, 200)
  for (const id of [deleted, cancelled]) {
    t.strictSame((await call(fake, 'GET', `/history/${id}`)).json, {})
    const job = await call(fake, 'GET', `/api/jobs/${id}`)
    t.strictSame([job.status, job.json], [404, { error: 'Job not found' }])
  }
  t.equal((await call(fake, 'GET', `/api/jobs/${running}`)).json?.status, 'in_progress')
  t.strictSame((await call(fake, 'POST', `/api/jobs/${running}/cancel`)).json, { cancelled: true })
  await until(() => fake.machine.history.has(String(running)), 'the running one to end')
  t.equal((await call(fake, 'GET', `/api/jobs/${running}`)).json?.status, 'cancelled')
  t.strictSame((await call(fake, 'POST', `/api/jobs/${running}/cancel`)).json, { cancelled: false })
})

t.test('refusals have the recorded status, type and nodes', async (t) => {
  const trace = readTrace('c-validation-errors')
  const fake = await start(t)
  let label = ''
  for (const { kind, text, request, response } of trace.events) {
    if (kind === 'note') label = text ?? ''
    if (request?.method !== 'POST' || request.path !== '/prompt') continue
    // How the real server stumbles over a node without inputs is not imitated.
    if (label === 'node inputs missing') continue
    const mine = await call(fake, 'POST', '/prompt', request.json ?? request.raw ?? '')
    t.equal(mine.status, response?.status, label)
    const theirs = response?.json as
      | { error?: Json; node_errors?: Record<string, { errors: Json[] }> }
      | undefined
    if (!theirs) {
      t.equal(mine.text, response?.text, label)
      continue
    }
    t.equal((mine.json?.error as Json | undefined)?.type, theirs.error?.type, `${label}: error`)
    const types = (errors: unknown): unknown =>
      Object.entries((errors ?? {}) as Record<string, { errors: Json[] }>).map(([id, node]) => [
        id,
        node.errors[0]?.type,
      ])
    if (label !== 'dependency cycle')
      t.strictSame(types(mine.json?.node_errors), types(theirs.node_errors), `${label}: nodes`)
  }
  await until(() => fake.machine.remaining === 0, 'the accepted ones to end')
})

t.test('ids, uploads and lookups behave as recorded', async (t) => {
  const fake = await start(t)
  for (const { request, response } of postsOf(readTrace('a4-client-prompt-id'))) {
    const mine = await call(fake, 'POST', '/prompt', request?.json)
    t.equal(mine.status, response?.status)
    t.equal((mine.json?.error as Json | undefined)?.type, (response?.json?.error as Json | undefined)?.type)
    const given = request?.json?.prompt_id
    if (mine.status === 200 && typeof given === 'string') t.equal(mine.json?.prompt_id, given)
  }

  const upload = async (bytes: string, fields: Record<string, string> = {}): Promise<unknown> => {
    const form = new FormData()
    form.set('image', new Blob([bytes], { type: 'image/png' }), 'probe.png')
    for (const [name, value] of Object.entries(fields)) form.set(name, value)
    return (await fetch(`${fake.url}/upload/image`, { method: 'POST', body: form })).json()
  }
  const trace = readTrace('g-upload-and-view')
  const theirs = trace.events
    .filter(({ request }) => request?.path === '/upload/image')
    .map(({ response }) => response?.json)
  t.strictSame(await upload('one'), theirs[0])
  t.strictSame(await upload('one'), theirs[1])
  t.strictSame(await upload('two'), theirs[2])
  t.strictSame(await upload('two', { overwrite: 'true' }), theirs[3])
  t.strictSame(await upload('one', { subfolder: 'job-42' }), theirs[4])
  t.equal((await call(fake, 'GET', '/view?filename=probe.png&type=input&subfolder=job-42')).text, 'one')

  for (const { request, response } of readTrace('h-info-routes').events) {
    if (
      !request ||
      !/^\/(queue|prompt|history|api\/jobs|api\/queue|nope|free|object_info)/.test(request.path)
    )
      continue
    if (response?.status === 403 || response?.status === 413) continue
    const mine = await call(fake, request.method, request.path, request.json)
    t.equal(mine.status, response?.status, `${request.method} ${request.path}`)
    if (response?.json && !request.path.startsWith('/object_info/S')) {
      const names = (value: unknown): string[] => Object.keys(value as Json).sort()
      t.strictSame(names(mine.json), names(response.json), request.path)
    }
  }
})

t.test('a restart loses queue and history, keeps files, and tells nobody', async (t) => {
  const fake = await start(t, 20)
  const { frames, socket } = await listen(fake)
  const trace = readTrace('p-server-killed-and-restarted')
  const [done, running] = postsOf(trace)
  await call(fake, 'POST', '/prompt', { ...done?.request?.json, client_id: CLIENT })
  await until(() => frames.some(isEnd), 'the first to end')
  await call(fake, 'POST', '/prompt', { ...running?.request?.json, client_id: CLIENT })
  await until(() => fake.machine.running !== null, 'the second to run')
  const closed = once(socket, 'close')
  await fake.restart()
  t.equal((await closed)[0], 1006)
  t.strictSame((await call(fake, 'GET', '/queue')).json, { queue_running: [], queue_pending: [] })
  t.strictSame((await call(fake, 'GET', '/history')).json, {})
  const files = [...fake.machine.files.keys()].filter((path) => path.startsWith('output/'))
  t.strictSame(files, ['output/trace_p/x_00001_.png'])
})
