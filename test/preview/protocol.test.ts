import { existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { type Exchange, exchanges, heard, normalised, recording } from './recordings.ts'
import { call, type Engine, engineFor, type Frame, listen, stillGraph } from './support.ts'

/** Sends a recorded request and waits for the prompt's last message, if it was taken. */
async function replay(engine: Engine, socket: Awaited<ReturnType<typeof listen>>, { request }: Exchange) {
  const body = request.raw ?? request.json
  const answer = await call(engine, request.method, request.path, body)
  const id = answer.json?.prompt_id
  if (request.path === '/prompt' && id && request.json?.client_id) await socket.ended(id)
  return answer
}

const withoutStates = (frames: Frame[]) => frames.filter(({ type }) => type !== 'progress_state')
const clientOf = (events: ReturnType<typeof recording>): string =>
  exchanges(events).find(({ request }) => request.json?.client_id)!.request.json.client_id

for (const name of ['a-success-saveimage', 'b-cached-identical', 'b2-partly-cached'] as const) {
  t.test(`${name}: the messages are those of the real server, in its order`, async (t) => {
    const engine = await engineFor(t)
    const events = recording(name)
    const socket = await listen(engine, clientOf(events))
    const asked = exchanges(events).find(({ request }) => request.path === '/prompt' && request.json)!
    if (name !== 'a-success-saveimage') {
      const first = exchanges(recording('a-success-saveimage')).find(({ request }) => request.json)!
      await replay(engine, socket, first)
      socket.frames.length = 1 // the status at connecting
    }
    const { json } = await replay(engine, socket, asked)
    t.same(normalised(json), normalised(asked.response.json))
    t.same(normalised(socket.frames), normalised(heard(events)))
    for (const { request, response } of exchanges(events)) {
      const path = request.path.replace(asked.response.json.prompt_id, json.prompt_id)
      if (path === request.path) continue
      const got = await call(engine, 'GET', path)
      t.equal(got.status, response.status)
      t.same(normalised(got.json), normalised(response.json), path)
    }
    socket.close()
  })
}

t.test('a cached result whose file is gone is reported all the same, until memory is freed', async (t) => {
  const engine = await engineFor(t)
  const events = recording('b3-cached-but-file-gone')
  const socket = await listen(engine, clientOf(events))
  for (const exchange of exchanges(events)) {
    const { request, response } = exchange
    const got = await replay(engine, socket, exchange)
    t.equal(got.status, response.status, request.path)
    const file = join(engine.dataDir, 'output', 'trace_b3', 'x_00001_.png')
    if (request.path === '/prompt' && existsSync(file) && response.json.number === 63) rmSync(file)
  }
  t.same(normalised(withoutStates(socket.frames)), normalised(heard(events)))
  socket.close()
})

t.test('every refused graph is refused with the same words', async (t) => {
  const engine = await engineFor(t)
  const events = recording('c-validation-errors')
  const socket = await listen(engine, clientOf(events))
  const known = new Set(['EmptyImage', 'SaveImage', 'LoadImage', 'NoSuchNode', undefined])
  let note = ''
  let checked = 0
  for (const event of events) {
    if (event.kind === 'note') note = (event as { text: string }).text
    if (event.kind !== 'http') continue
    const exchange = event as Exchange
    const graph = exchange.request.json?.prompt ?? {}
    const classes = Object.values(graph).map((node: any) => node?.class_type)
    if (exchange.request.path !== '/prompt' || !classes.every((name) => known.has(name))) continue
    const got = await replay(engine, socket, exchange)
    t.equal(got.status, exchange.response.status, note)
    t.equal(got.headers.get('content-type'), exchange.response.headers['Content-Type'], note)
    if (exchange.response.json) t.same(normalised(got.json), normalised(exchange.response.json), note)
    else t.equal(got.text, exchange.response.text, note)
    checked += 1
  }
  t.ok(checked >= 17, `${checked} cases`)
  t.same((await call(engine, 'GET', '/queue')).json, { queue_running: [], queue_pending: [] })
  socket.close()
})

t.test('a value outside a list of choices, a wrong type of link and a cycle are named', async (t) => {
  const engine = await engineFor(t)
  const { board, save } = (await import('./support.ts')).boardGraph()
  const faultOf = async (prompt: unknown, node: string) =>
    (await call(engine, 'POST', '/prompt', { prompt })).json.node_errors[node].errors[0]
  const format = await faultOf(
    { board, save: { ...save, inputs: { ...save.inputs, format: 'avi' } } },
    'save',
  )
  t.equal(format.type, 'value_not_in_list')
  t.equal(format.details, "format: 'avi' not in ['auto', 'mp4']")
  const image = stillGraph()['1']
  const link = await faultOf({ board: image, save }, 'save')
  t.equal(link.type, 'return_type_mismatch')
  t.equal(link.details, 'video, received_type(IMAGE) mismatch input_type(VIDEO)')
  const node = (from: string) => ({
    class_type: 'SaveImage',
    inputs: { images: [from, 0], filename_prefix: 'x' },
  })
  const cycle = await faultOf({ '1': node('3'), '3': node('1') }, '3')
  t.same(cycle, {
    type: 'dependency_cycle',
    message: 'Dependency cycle detected',
    details: '1 (SaveImage) -> 3 (SaveImage) -> 1 (SaveImage)',
    extra_info: { node_id: '3', cycle_nodes: ['1', '3'] },
  })
})

t.test('a corrupt picture fails the prompt as on the real server', async (t) => {
  const engine = await engineFor(t)
  const events = recording('d-node-error')
  const socket = await listen(engine, clientOf(events))
  const form = new FormData()
  form.set('image', new File([Buffer.from('\x89PNG\r\n\x1a\nnot really')], 'corrupt.png'))
  t.equal((await fetch(`${engine.url}/upload/image`, { method: 'POST', body: form })).status, 200)
  const asked = exchanges(events).find(({ request }) => request.path === '/prompt')!
  const { json } = await replay(engine, socket, asked)
  // Which nodes are "current outputs" is the other server's cache; the path in the message is its folder's.
  const plain = (value: unknown) =>
    JSON.parse(
      JSON.stringify(normalised(value), (key, item) =>
        key === 'current_outputs'
          ? []
          : typeof item === 'string'
            ? item.replace('/ComfyUI/input/', '')
            : item,
      ),
    )
  t.same(plain(withoutStates(socket.frames)), plain(heard(events)))
  for (const { request, response } of exchanges(events).slice(2)) {
    const got = await call(engine, 'GET', request.path.replace(asked.response.json.prompt_id, json.prompt_id))
    const [found, wanted] = [got.json, response.json].map(plain) as [any, any]
    for (const cut of ['execution_status', 'workflow'])
      if (typeof wanted[cut] === 'string') found[cut] = wanted[cut]
    t.same(found, wanted)
  }
  socket.close()
})

t.test('only the named outputs run; our own data comes back, credentials do not', async (t) => {
  const engine = await engineFor(t)
  const events = recording('m-partial-targets-extra-data')
  const socket = await listen(engine, clientOf(events))
  const asked = exchanges(events)[0]!
  const { json } = await replay(engine, socket, asked)
  t.same(normalised(withoutStates(socket.frames)), normalised(heard(events)))
  for (const { request, response } of exchanges(events).slice(1)) {
    const got = await call(engine, 'GET', request.path.replace(asked.response.json.prompt_id, json.prompt_id))
    const ids = (exchange: unknown) =>
      normalised(exchange, new Map([['0b7d3c8e-0000-4000-8000-000000000001', 'wf']]))
    t.same(ids(got.json), ids(response.json))
  }
  t.notMatch((await call(engine, 'GET', '/history')).text, /secret-value/)
  socket.close()
})

t.test('a socket without a client id is given one', async (t) => {
  const engine = await engineFor(t)
  const socket = await listen(engine)
  const sid = socket.frames[0]!.data.sid
  t.match(sid, /^[0-9a-f]{32}$/)
  const { json } = await call(engine, 'POST', '/prompt', { prompt: stillGraph('trace_l/c'), client_id: sid })
  await socket.ended(json.prompt_id)
  t.same(
    withoutStates(socket.frames).map(({ type }) => type),
    heard(recording('l2-ws-without-client-id')).map(({ type }) => type),
  )
  socket.close()
})

t.test(
  'prompt ids of the client are taken when canonical, and refused in the same words otherwise',
  async (t) => {
    const engine = await engineFor(t)
    for (const { request, response } of exchanges(recording('a4-client-prompt-id'))) {
      if (response.status !== 400) continue
      const got = await call(engine, 'POST', '/prompt', request.json)
      t.equal(got.status, 400)
      t.same(got.json, response.json)
    }
    const id = '816a0137-b193-4fce-9512-cafa860704a3'
    const body = { prompt: stillGraph(), prompt_id: id }
    t.equal((await call(engine, 'POST', '/prompt', body)).json.prompt_id, id)
    t.equal((await call(engine, 'POST', '/prompt', { ...body, prompt: stillGraph() })).json.prompt_id, id)
    t.match(
      (await call(engine, 'POST', '/prompt', { prompt: stillGraph(), prompt_id: null })).json.prompt_id,
      /^[0-9a-f-]{36}$/,
    )
  },
)
