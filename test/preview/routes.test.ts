import { mkdirSync, writeFileSync } from 'node:fs'
import { request as httpRequest } from 'node:http'
import { join } from 'node:path'
import t from 'tap'
import { sharp } from '../../comfyui/preview/raster.ts'
import { type Exchange, exchanges, normalised, recording } from './recordings.ts'
import { call, type Engine, engineFor, listen, stillGraph } from './support.ts'

const png = (red: number): Promise<Buffer> =>
  sharp({ create: { width: 4, height: 4, channels: 3, background: { r: red, g: 0, b: 0 } } })
    .png()
    .toBuffer()

async function upload(engine: Engine, bytes: Buffer, form: Record<string, string>) {
  const body = new FormData()
  const { name = 'probe.png', field = 'image', ct = 'image/png', ...rest } = form
  body.set(field, new File([new Uint8Array(bytes)], name, { type: ct }))
  for (const [key, value] of Object.entries(rest)) body.set(key, value)
  const response = await fetch(`${engine.url}/upload/image`, { method: 'POST', body })
  const text = await response.text()
  return { status: response.status, text, json: text.startsWith('{') ? JSON.parse(text) : undefined }
}

t.test('uploads are kept apart, renamed, replaced and refused as recorded', async (t) => {
  const engine = await engineFor(t)
  const events = recording('g-upload-and-view')
  const [red, blue] = [await png(200), await png(10)]
  let note = ''
  for (const event of events) {
    if (event.kind === 'note') note = (event as { text: string }).text
    const { request, response } = event as Exchange
    if (event.kind !== 'http' || request.path !== '/upload/image') continue
    const bytes = note.includes('other bytes')
      ? blue
      : note.includes('not an image')
        ? Buffer.from([0, 1, 2])
        : red
    const got = await upload(engine, bytes, request.form!)
    t.equal(got.status, response.status, note)
    if (response.json) t.same(got.json, response.json, note)
    else t.equal(got.text, response.text ?? '', note)
  }
  for (const event of events) {
    if (event.kind === 'note') note = (event as { text: string }).text
    const { request, response } = event as Exchange
    if (event.kind !== 'http' || !request.path.startsWith('/view') || response.status === 206) continue
    const got = await call(engine, 'GET', request.path)
    t.equal(got.status, response.status, request.path)
    for (const [name, value] of Object.entries(response.headers)) {
      if (name !== 'Content-Length' || value === '0')
        t.equal(got.headers.get(name), value, `${request.path} ${name}`)
    }
  }
  const part = await fetch(`${engine.url}/view?filename=probe.png&type=input`, {
    headers: { range: 'bytes=0-9' },
  })
  t.equal(part.status, 206)
  t.match(part.headers.get('content-range'), /^bytes 0-9\/\d+$/)
  t.equal((await part.arrayBuffer()).byteLength, 10)
  const tail = await fetch(`${engine.url}/view?filename=probe.png&type=input`, {
    headers: { range: 'bytes=-5' },
  })
  t.equal((await tail.arrayBuffer()).byteLength, 5)
  const beyond = await fetch(`${engine.url}/view?filename=probe.png&type=input`, {
    headers: { range: 'bytes=9999-' },
  })
  t.equal(beyond.status, 416)
  const socket = await listen(engine, 'reader')
  const asked = exchanges(events).find(({ request }) => request.path === '/prompt')!.request.json
  const { json } = await call(engine, 'POST', '/prompt', { ...asked, client_id: 'reader' })
  await socket.ended(json.prompt_id)
  const entry = (await call(engine, 'GET', `/history/${json.prompt_id}`)).json[json.prompt_id]
  t.equal(entry.status.status_str, 'success', 'a subfolder upload is read by its path')
  socket.close()
})

t.test('results are read back in the recorded variants', async (t) => {
  const engine = await engineFor(t)
  const socket = await listen(engine, 'viewer')
  const { json } = await call(engine, 'POST', '/prompt', {
    prompt: stillGraph('trace_a/img'),
    client_id: 'viewer',
  })
  await socket.ended(json.prompt_id)
  socket.close()
  for (const { request, response } of exchanges(recording('a-success-saveimage'))) {
    if (!request.path.startsWith('/view')) continue
    const got = await call(engine, request.method, request.path.replace('img_00002_', 'img_00001_'))
    t.equal(got.status, response.status, request.path)
    for (const name of ['content-type', 'content-disposition', 'accept-ranges', 'x-content-type-options']) {
      const wanted = Object.entries(response.headers).find(([key]) => key.toLowerCase() === name)?.[1]
      t.equal(
        got.headers.get(name),
        wanted?.replace('00002', '00001') ?? null,
        `${request.method} ${request.path} ${name}`,
      )
    }
    if (request.method === 'HEAD') t.equal(got.bytes.length, 0)
  }
})

t.test('files that a browser would run are handed out to be kept', async (t) => {
  const engine = await engineFor(t)
  mkdirSync(join(engine.dataDir, 'output'), { recursive: true })
  writeFileSync(join(engine.dataDir, 'output', 'x.html'), '<script>alert(1)</script>')
  const got = await call(engine, 'GET', '/view?filename=x.html')
  t.equal(got.headers.get('content-type'), 'application/octet-stream')
  t.match(got.headers.get('content-disposition'), /^attachment/)
})

t.test('read-only routes and their failures look as recorded', async (t) => {
  const engine = await engineFor(t)
  const skipped = ['/models', '/models/checkpoints', '/users', '/object_info/ImageScale', '/system_stats']
  for (const { request, response } of exchanges(recording('h-info-routes'))) {
    if (skipped.includes(request.path) || response.status === 403 || response.status === 413) continue
    const got = await call(engine, request.method, request.path, request.json)
    t.equal(got.status, response.status, request.path)
    if (response.json)
      t.same(normalised(withoutExtras(got.json)), normalised(withoutExtras(response.json)), request.path)
    else t.equal(got.text, response.text ?? '', request.path)
  }
  const { system, devices } = (await call(engine, 'GET', '/api/system_stats')).json
  t.equal(system.comfyui_version, '0.33.0')
  t.equal(system.argv[0], 'framecast-preview', 'it says what it is')
  t.equal(devices[0].type, 'cpu')
  t.same(Object.keys((await call(engine, 'GET', '/object_info')).json).sort(), [
    'EmptyImage',
    'FramecastAnimatic',
    'LoadImage',
    'PreviewImage',
    'SaveImage',
    'SaveVideo',
  ])
  for (const headers of [{ origin: 'http://evil.example' }, { 'sec-fetch-site': 'cross-site' }]) {
    const status = await new Promise((resolve, reject) => {
      const asked = httpRequest(`${engine.url}/queue`, { headers }, (response) => {
        response.resume()
        resolve(response.statusCode)
      })
      asked.on('error', reject).end()
    })
    t.equal(status, 403)
  }
})

/** Hints for the browser's menus, which this engine has no use for. */
function withoutExtras(value: any): unknown {
  const copy = structuredClone(value)
  for (const info of Object.values(copy ?? {}) as any[])
    if (info?.python_module) delete info.essentials_category
  for (const info of Object.values(copy ?? {}) as any[]) {
    if (!info?.python_module) continue
    delete info.search_aliases
    const prefix = info.input.required.filename_prefix
    if (prefix) prefix[1] = { default: prefix[1].default }
  }
  return copy
}

t.test('a body over the limit is refused before it is read', async (t) => {
  const engine = await engineFor(t)
  const answer = await new Promise<{ status?: number; text: string }>((resolve, reject) => {
    const headers = { 'content-length': '105906210', 'content-type': 'application/json' }
    const asked = httpRequest(`${engine.url}/prompt`, { method: 'POST', headers }, (response) => {
      let text = ''
      response.on('data', (chunk) => {
        text += chunk
      })
      response.on('end', () => resolve({ status: response.statusCode!, text }))
    })
    asked.on('error', reject)
    asked.write('{')
  })
  t.same(answer, { status: 413, text: 'Maximum request body size 104857600 exceeded.' })
})

t.test('history is paged, forgotten and cleared', async (t) => {
  const engine = await engineFor(t)
  const socket = await listen(engine, 'h')
  const ids: string[] = []
  for (let i = 0; i < 5; i += 1) {
    const { json } = await call(engine, 'POST', '/prompt', { prompt: stillGraph(), client_id: 'h' })
    ids.push(json.prompt_id)
  }
  await socket.ended(ids[4]!)
  const shown = async (query: string) => Object.keys((await call(engine, 'GET', `/history${query}`)).json)
  t.same(await shown('?max_items=2'), ids.slice(3))
  t.same(await shown('?max_items=2&offset=0'), ids.slice(0, 2))
  t.same(await shown('?max_items=2&offset=1'), ids.slice(1, 3))
  t.same(await shown('?offset=3'), ids.slice(3))
  const page = (await call(engine, 'GET', '/api/jobs?limit=2&sort_order=desc')).json
  t.same(
    page.jobs.map(({ id }: any) => id),
    [ids[4], ids[3]],
  )
  t.same(page.pagination, { offset: 0, limit: 2, total: 5, has_more: true })
  await call(engine, 'POST', '/history', { delete: [ids[0]] })
  t.same((await call(engine, 'GET', `/history/${ids[0]}`)).json, {})
  await call(engine, 'POST', '/history', { clear: true })
  t.same(await shown(''), [])
  socket.close()
})

t.test('a file prefix may not leave the output folder', async (t) => {
  const engine = await engineFor(t)
  const socket = await listen(engine, 'p')
  const { json } = await call(engine, 'POST', '/prompt', {
    prompt: stillGraph('../../evil/x'),
    client_id: 'p',
  })
  const frames = await socket.ended(json.prompt_id)
  const failure = frames.find(({ type }) => type === 'execution_error')!
  t.match(failure.data.exception_message, /outside the output folder is not allowed/)
  socket.close()
})
