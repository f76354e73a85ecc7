import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { heard, recording } from './recordings.ts'
import {
  boardGraph,
  call,
  type Engine,
  engineFor,
  type Frame,
  listen,
  longGraph,
  stillGraph,
} from './support.ts'

const types = (frames: { type: string }[]): string[] => frames.map(({ type }) => type)
const keys = (value: object): string[] => Object.keys(value).sort()
const submit = async (engine: Engine, body: unknown): Promise<{ prompt_id: string; number: number }> => {
  const { status, json } = await call(engine, 'POST', '/prompt', body)
  if (status !== 200) throw new Error(JSON.stringify(json))
  return json
}
const isProgress = ({ type }: Frame): boolean => type === 'progress'

for (const [name, flags] of [
  ['a2-progress-preview-legacy', false],
  ['a3-progress-preview-metadata', true],
] as const) {
  t.test(`${name}: progress and pictures come in the recorded order and form`, async (t) => {
    const engine = await engineFor(t)
    const socket = await listen(engine, 'painter', flags)
    const { prompt_id: id } = await submit(engine, { prompt: boardGraph(), client_id: 'painter' })
    const frames = await socket.ended(id)
    const pictures = frames.filter((frame): frame is Extract<Frame, { bytes: Buffer }> => 'bytes' in frame)
    t.ok(pictures.length >= 1)
    for (const picture of pictures) {
      t.equal(picture.bytes.readUInt32BE(0) >>> 8, 0xffd8ff, 'a JPEG')
      t.equal(picture.data.event, flags ? 4 : 1)
      const neighbour = frames[frames.indexOf(picture) + (flags ? 1 : -1)]!
      t.equal(neighbour.type, 'progress', flags ? 'before its progress' : 'after its progress')
      t.equal(neighbour.data.node, 'board')
    }
    const events = recording(name)
    if (flags) {
      const wanted = events.find((event) => event.kind === 'ws-recv-binary' && event.event_type === 4) as any
      t.same(keys(pictures[0]!.data.metadata), keys(wanted.metadata))
      t.equal(pictures[0]!.data.metadata.image_type, 'image/jpeg')
      t.equal(pictures[0]!.data.metadata.prompt_id, id)
    }
    // Kinds of message with their fields: exactly the recorded ones (whose files leave some `progress_state` out).
    const kinds = (list: { type: string; data: object }[]): string[] =>
      [...new Set(list.map(({ type, data }) => `${type} ${keys(data).join()}`))].sort()
    const recorded = heard(events).filter(({ data }) => data.output?.text === undefined)
    const states = { type: 'progress_state', data: { nodes: {}, prompt_id: '' } }
    t.same(kinds(frames.filter(({ type }) => type !== 'binary')), kinds([...recorded, states]))
    t.same(types(frames).slice(-3), ['execution_success', 'status', 'executing'])
    const done = frames.find(({ type }) => type === 'executed')!
    t.same(done.data.output, {
      images: [{ filename: 'clip_00001_.mp4', subfolder: 'framecast', type: 'output' }],
      animated: [true],
    })
    socket.close()
  })
}

t.test('an interrupt of another id does nothing; of the running one it stops ffmpeg at once', async (t) => {
  const engine = await engineFor(t)
  const socket = await listen(engine, 'stopper')
  const { prompt_id: id } = await submit(engine, { prompt: longGraph(), client_id: 'stopper' })
  await socket.until((frame) => isProgress(frame) && frame.data.value > 0)
  const other = { prompt_id: '0a382da7-6834-4d5b-9855-d99d4df7279a' }
  t.equal((await call(engine, 'POST', '/interrupt', other)).status, 200)
  t.equal((await call(engine, 'GET', `/api/jobs/${id}`)).json.status, 'in_progress')
  const asked = performance.now()
  const answer = await call(engine, 'POST', '/interrupt', { prompt_id: id })
  t.equal(answer.text, '')
  const frames = await socket.ended(id)
  t.ok(performance.now() - asked < 3_000, 'soon')
  const events = recording('e-interrupt-running')
  t.same(types(frames).slice(-3), ['execution_interrupted', 'status', 'executing'])
  const [ours, theirs] = [frames, heard(events)].map(
    (list) => (list as Frame[]).find(({ type }) => type === 'execution_interrupted')!.data,
  )
  t.same(keys(ours!), keys(theirs!))
  t.equal(ours!.node_type, 'FramecastAnimatic')
  const job = (await call(engine, 'GET', `/api/jobs/${id}`)).json
  const wanted = events.find((e) => e.kind === 'http' && e.request.path.startsWith('/api/jobs/')) as any
  t.same(keys(job), keys(wanted.response.json))
  t.equal(job.status, 'cancelled')
  t.equal(job.execution_status.status_str, 'error')
  t.same(readdirSync(join(engine.dataDir, 'temp')), [], 'nothing is left behind')
  // An interrupt while idle does not hit the next prompt.
  await call(engine, 'POST', '/interrupt')
  const next = await submit(engine, { prompt: stillGraph(), client_id: 'stopper' })
  t.ok((await socket.ended(next.prompt_id)).some(({ type }) => type === 'execution_success'))
  socket.close()
})

t.test('waiting prompts are deleted, cancelled and cleared without a trace', async (t) => {
  const engine = await engineFor(t)
  const socket = await listen(engine, 'queue')
  const running = await submit(engine, { prompt: longGraph(), client_id: 'queue' })
  const [b, c, d] = [
    await submit(engine, { prompt: stillGraph() }),
    await submit(engine, { prompt: stillGraph() }),
    await submit(engine, { prompt: stillGraph() }),
  ]
  await socket.until(isProgress)
  const queue = (await call(engine, 'GET', '/queue')).json
  t.equal(queue.queue_running[0][1], running.prompt_id)
  t.same(queue.queue_running[0][4], ['save'])
  t.same(
    queue.queue_pending.map((item: unknown[]) => item[1]),
    [b, c, d].map(({ prompt_id }) => prompt_id),
  )
  const open = (await call(engine, 'GET', '/api/jobs?status=pending,in_progress')).json
  t.same(
    open.jobs.map(({ status }: any) => status),
    ['pending', 'pending', 'pending', 'in_progress'],
  )
  t.same(keys(open.jobs[0]), [
    'create_time',
    'id',
    'outputs_count',
    'previewable_outputs_count',
    'priority',
    'status',
  ])
  t.same(open.pagination, { offset: 0, limit: null, total: 4, has_more: false })
  t.equal((await call(engine, 'POST', '/queue', { delete: [b.prompt_id] })).status, 200)
  t.same((await call(engine, 'POST', `/api/jobs/${c.prompt_id}/cancel`)).json, { cancelled: true })
  await call(engine, 'POST', '/queue', { delete: ['not-there', running.prompt_id] })
  t.same((await call(engine, 'GET', '/prompt')).json, { exec_info: { queue_remaining: 2 } })
  t.same((await call(engine, 'GET', `/history/${b.prompt_id}`)).json, {})
  const gone = await call(engine, 'GET', `/api/jobs/${b.prompt_id}`)
  t.equal(gone.status, 404)
  t.same(gone.json, { error: 'Job not found' })
  await call(engine, 'POST', '/queue', { clear: true })
  t.same((await call(engine, 'GET', '/prompt')).json, { exec_info: { queue_remaining: 1 } })
  t.same((await call(engine, 'POST', `/api/jobs/${running.prompt_id}/cancel`)).json, { cancelled: true })
  await socket.ended(running.prompt_id)
  t.same((await call(engine, 'POST', `/api/jobs/${running.prompt_id}/cancel`)).json, { cancelled: false })
  const many = { job_ids: [running.prompt_id, b.prompt_id] }
  t.same((await call(engine, 'POST', '/api/jobs/cancel', many)).json, { cancelled: false })
  const bad = await call(engine, 'POST', '/api/jobs/cancel', { job_ids: ['x'] })
  t.equal(bad.status, 400)
  t.same(bad.json, { error: 'job_ids contains invalid id(s)', invalid_ids: ['x'] })
  const bogus = await call(engine, 'GET', '/api/jobs?status=bogus')
  t.equal(bogus.status, 400)
  t.equal(
    bogus.json.error,
    'Invalid status value(s): bogus. Valid values: pending, in_progress, completed, failed, cancelled',
  )
  socket.close()
})

t.test('number and front decide the order', async (t) => {
  const engine = await engineFor(t)
  const socket = await listen(engine, 'order')
  const first = await submit(engine, { prompt: longGraph(), client_id: 'order' })
  const add = (extra: object) => submit(engine, { prompt: stillGraph(), client_id: 'order', ...extra })
  const [plain, front1, front2, low, half] = [
    await add({}),
    await add({ front: true }),
    await add({ front: true }),
    await add({ number: -500 }),
    await add({ number: 0.5 }),
  ]
  t.same(
    [plain, front1, front2, low, half].map(({ number }) => number),
    [1, -2, -3, -500, 0.5],
  )
  await socket.until(isProgress)
  await call(engine, 'POST', '/interrupt', { prompt_id: first.prompt_id })
  const frames = await socket.ended(plain.prompt_id)
  t.same(
    frames.filter(({ type }) => type === 'execution_start').map(({ data }) => data.prompt_id),
    [first, low, front2, front1, half, plain].map(({ prompt_id }) => prompt_id),
  )
  socket.close()
})

t.test(
  'a prompt without a client: everybody sees progress, nobody its life; its interruption is told to all',
  async (t) => {
    const engine = await engineFor(t)
    const [a, b] = [await listen(engine, 'a'), await listen(engine, 'b')]
    const { prompt_id: id } = await submit(engine, { prompt: longGraph() })
    await Promise.all([a.until(isProgress), b.until(isProgress)])
    await call(engine, 'POST', '/interrupt', { prompt_id: id })
    for (const socket of [a, b]) {
      const frames = await socket.until(({ type }) => type === 'execution_interrupted')
      await socket.until(
        (f) => frames.indexOf(f) > types(frames).indexOf('execution_interrupted') && f.type === 'status',
      )
      const seen = new Set(types(frames))
      seen.delete('binary')
      const wanted = new Set(types(heard(recording('k-no-client-id'))))
      t.same([...seen].sort(), [...wanted].sort())
      socket.close()
    }
  },
)

t.test('two clients hear their own prompts only, and both every status', async (t) => {
  const engine = await engineFor(t)
  const [a, b] = [await listen(engine, 'a'), await listen(engine, 'b')]
  const one = await submit(engine, { prompt: stillGraph(), client_id: 'a' })
  const two = await submit(engine, { prompt: stillGraph(), client_id: 'b' })
  await Promise.all([a.ended(one.prompt_id), b.ended(two.prompt_id)])
  const owners = (frames: Frame[]) => [...new Set(frames.flatMap(({ data }) => data.prompt_id ?? []))]
  t.same(owners(a.frames), [one.prompt_id])
  t.same(owners(b.frames), [two.prompt_id])
  a.close()
  b.close()
})

t.test('a client that connects again in mid-run is told the running node, then hears on', async (t) => {
  const engine = await engineFor(t)
  const before = await listen(engine, 'again')
  const { prompt_id: id } = await submit(engine, { prompt: longGraph(), client_id: 'again' })
  await before.until(isProgress)
  before.close()
  const after = await listen(engine, 'again')
  await after.until(({ type }) => type === 'executing')
  t.same(after.frames[1], { type: 'executing', data: { node: 'board' } })
  await after.until(isProgress)
  await call(engine, 'POST', '/interrupt', { prompt_id: id })
  await after.ended(id)
  after.close()
})

t.test('the engine closes in mid-run, and a second one starts where it was', async (t) => {
  const engine = await engineFor(t)
  const socket = await listen(engine, 'last')
  await submit(engine, { prompt: longGraph(), client_id: 'last' })
  await socket.until((frame) => isProgress(frame) && frame.data.value > 0)
  const asked = performance.now()
  await engine.close()
  t.ok(performance.now() - asked < 4_000)
  await t.rejects(fetch(`${engine.url}/queue`))
  socket.close()
})
