/**
 * A ComfyUI server on the wire, for tests and benches: the routes and messages of the real one (held to the
 * recordings by test/comfyui-client/fake-server.test.ts), a given file as result, and faults on request.
 *
 * In this process: `await using fake = await startFakeComfy({ clip })`, then `fake.fail('view', 'truncated')`.
 * As a process of its own: `node test/support/fake-comfyui.ts --port 0 --clip x.mp4` prints one JSON line with its
 * `url`; POST /__fake with `{"fail": ["view", "truncated", 1]}`, `{"restart": true}`, `{"awayMs": 500}` does the same.
 */
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { parseArgs } from 'node:util'
import { type WebSocket, WebSocketServer } from 'ws'
import { atLeast } from '../../comfyui/client/version.ts'
import {
  failedValidation,
  missingInput,
  missingModel,
  refused,
  reply,
  WRONG_ID,
} from './fake-comfyui/bodies.ts'
import { type Json, loadCatalogue, validate } from './fake-comfyui/catalogue.ts'
import { jobOf } from './fake-comfyui/jobs.ts'
import { type Graph, type Item, Machine, type RunFault } from './fake-comfyui/machine.ts'
import { storeUpload } from './fake-comfyui/upload.ts'

type FaultsByPart = {
  /** POST /prompt: a page instead of JSON; a 500; queued but no answer; cut before it is read; outputs dropped. */
  prompt: 'html' | 'error-500' | 'drop-reply' | 'drop-request' | 'partial' | 'missing-model'
  run: RunFault
  view: 'html' | 'empty' | 'truncated' | 'gone' | 'stall' | 'not-video'
  /** A whole connection: not made, each message twice, in pairs swapped, cut at the first progress, none, no last. */
  socket: 'refuse' | 'duplicate' | 'reorder' | 'drop' | 'deaf' | 'no-end'
  upload: 'error-500'
}
export type FakePart = keyof FaultsByPart

export type FakeComfy = {
  readonly url: string
  readonly machine: Machine
  /** Accepted prompts, in order. */
  readonly posts: { promptId: string; clientId: string | undefined; graph: Graph; extraData: Json }[]
  /** `METHOD path` of every request. */
  readonly requests: string[]
  /** The next `times` uses of a part go wrong. */
  fail<P extends FakePart>(part: P, what: FaultsByPart[P], times?: number): void
  /** A run goes on when this has resolved. */
  hold: ((graph: Graph) => Promise<void> | undefined) | null
  /** The same after a step was told of, with its picture. */
  holdAfter: ((graph: Graph, step: number) => Promise<void> | undefined) | null
  /** Every reply waits this long. */
  delayMs: number
  /** Killed and started again on the same port: sockets cut, memory lost, files kept. */
  restart(): Promise<void>
  /** Refuses connections; what it runs goes on. */
  leave(): Promise<void>
  comeBack(): Promise<void>
  dropSockets(): void
  readonly openSockets: number
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

export type FakeOptions = {
  port?: number
  clip?: Uint8Array
  picture?: Uint8Array
  /** The JPEG that is shown while a run goes on; one that cannot be decoded unless given. */
  preview?: Uint8Array
  version?: string
  steps?: number
  stepMs?: number
  historyDelayMs?: number
  models?: readonly string[]
  /** Graphics memory it reports. */
  vramBytes?: number
  /** Only these node classes are installed. */
  classes?: readonly string[]
}

/** Enough of an MP4 for a client that looks at the first bytes only. */
export const FAKE_CLIP: Uint8Array = Buffer.concat([
  Buffer.from('00000020667479706d703432000000006d7034326d703431', 'hex'),
  Buffer.alloc(60_000, 7),
])

const MODELS = [
  'wan2.2_ti2v_5B_fp16.safetensors',
  'umt5_xxl_fp8_e4m3fn_scaled.safetensors',
  'wan2.2_vae.safetensors',
] as const
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/
const JPEG = Buffer.from('ffd8ffe000104a46494600010100000100010000ffd9', 'hex')

export async function startFakeComfy(options: FakeOptions = {}): Promise<FakeComfy> {
  const version = options.version ?? '0.33.0'
  const since = (wanted: string): boolean => atLeast(version, wanted)
  const whole = loadCatalogue(options.models ?? MODELS)
  const catalogue = options.classes
    ? new Map([...whole].filter(([name]) => options.classes?.includes(name)))
    : whole
  const faults = new Map<FakePart, { what: string; left: number }>()
  const take = <P extends FakePart>(part: P): FaultsByPart[P] | null => {
    const fault = faults.get(part)
    if (!fault || fault.left <= 0) return null
    fault.left--
    return fault.what as FaultsByPart[P]
  }
  type Client = {
    socket: WebSocket
    metadata: boolean
    fault: FaultsByPart['socket'] | null
    held: string | null
  }
  const clients = new Map<string, Client>()
  const connections = new Set<Socket>()
  const posts: FakeComfy['posts'] = []
  const requests: string[] = []

  const deliver = (client: Client, text: string): unknown => {
    const { socket, fault } = client
    if (fault === 'deaf' || (fault === 'no-end' && text.includes('"node":null'))) return
    if (fault === 'drop' && text.includes('"progress"')) return socket.terminate()
    if (fault === 'reorder') {
      if (client.held === null) {
        client.held = text
        return
      }
      socket.send(text)
      socket.send(client.held)
      client.held = null
      return
    }
    socket.send(text)
    if (fault === 'duplicate') socket.send(text)
  }
  const machine = new Machine({
    clip: options.clip ?? FAKE_CLIP,
    picture: options.picture,
    steps: options.steps ?? 4,
    stepMs: options.stepMs ?? 0,
    historyDelayMs: options.historyDelayMs ?? 0,
    isOutput: (classType) => catalogue.get(classType)?.output_node === true,
    takeRunFault: () => take('run'),
    held: (graph) => fake.hold?.(graph),
    heldAfter: (graph, step) => fake.holdAfter?.(graph, step),
    send(clientId, message) {
      const client = clients.get(clientId ?? '')
      if (client) deliver(client, JSON.stringify(message))
    },
    broadcast(message) {
      for (const client of clients.values()) deliver(client, JSON.stringify(message))
    },
    preview(clientId, promptId, nodeId) {
      const client = clients.get(clientId ?? '')
      if (!client || client.fault) return
      const head = Buffer.alloc(8)
      const picture = options.preview ?? JPEG
      if (!client.metadata) {
        head.writeUInt32BE(1, 0)
        head.writeUInt32BE(1, 4)
        return client.socket.send(Buffer.concat([head, picture]))
      }
      const node = { node_id: nodeId, display_node_id: nodeId, parent_node_id: null, real_node_id: nodeId }
      const meta = Buffer.from(JSON.stringify({ ...node, prompt_id: promptId, image_type: 'image/jpeg' }))
      head.writeUInt32BE(4, 0)
      head.writeUInt32BE(meta.length, 4)
      client.socket.send(Buffer.concat([head, meta, picture]))
    },
  })

  const text500 = (res: ServerResponse): void =>
    reply(res, 500, 'text/plain; charset=utf-8', '500 Internal Server Error\n\nServer got itself in trouble')
  const nothing = (res: ServerResponse, status: number): void => {
    res.writeHead(status, { 'content-length': 0 })
    res.end()
  }
  const json = (res: ServerResponse, body: unknown, status = 200): void =>
    reply(res, status, 'application/json; charset=utf-8', JSON.stringify(body))

  function postPrompt(req: IncomingMessage, res: ServerResponse, body: Buffer): unknown {
    const fault = take('prompt')
    if (fault === 'drop-request') return void req.socket.destroy()
    if (fault === 'error-500') return text500(res)
    if (fault === 'html') return reply(res, 200, 'text/html', '<html><body>Welcome</body></html>')
    if (fault === 'missing-model')
      return json(res, { error: failedValidation, node_errors: { model: missingModel } }, 400)
    const number = machine.nextNumber()
    let request: Json
    try {
      request = JSON.parse(body.toString('utf8')) as Json
    } catch {
      return text500(res)
    }
    if (!('prompt' in request))
      return json(res, refused('no_prompt', 'No prompt provided', 'No prompt provided'), 400)
    const given = request.prompt_id
    if (
      since('0.25.0') &&
      given !== undefined &&
      given !== null &&
      !(typeof given === 'string' && UUID.test(given))
    )
      return json(res, refused('invalid_prompt_id', 'prompt_id must be a valid UUID', WRONG_ID), 400)
    const promptId = since('0.3.45') && given !== undefined && given !== null ? String(given) : randomUUID()
    let verdict: ReturnType<typeof validate>
    try {
      verdict = validate(request.prompt, catalogue, new Set(machine.inputFiles.keys()))
    } catch {
      return text500(res)
    }
    if ('error' in verdict) return json(res, verdict, 400)
    const clientId = typeof request.client_id === 'string' ? request.client_id : undefined
    const graph = request.prompt as Graph
    const extraData: Json = { ...((request.extra_data ?? {}) as Json) }
    if (clientId) extraData.client_id = clientId
    if (since('0.3.69')) extraData.create_time = Date.now()
    const front = request.front ? -number : number
    const item: Item = [
      (request.number as number | undefined) ?? front,
      promptId,
      graph,
      extraData,
      verdict.outputs,
    ]
    posts.push({ promptId, clientId, graph, extraData })
    machine.enqueue(item)
    if (fault === 'drop-reply') return void req.socket.destroy()
    const nodeErrors = fault === 'partial' ? { other: missingInput } : verdict.nodeErrors
    json(res, { prompt_id: promptId, number: item[0], node_errors: nodeErrors })
  }

  function jobs(res: ServerResponse, method: string, path: string, query: URLSearchParams): unknown {
    if (!since('0.6.0')) return reply(res, 404, 'application/octet-stream', '')
    const [, , , id, action] = path.split('/')
    if (id && action === 'cancel' && method === 'POST') {
      if (!since('0.26.0')) return reply(res, 404, 'application/octet-stream', '')
      return json(res, { cancelled: machine.remove(id) || machine.interrupt(id) })
    }
    if (id) {
      const job = jobOf(machine, id, true)
      return job ? json(res, job) : json(res, { error: 'Job not found' }, 404)
    }
    const wanted = query.get('status')?.split(',')
    const ids = [
      ...machine.history.keys(),
      ...(machine.running ? [machine.running.item[1]] : []),
      ...machine.pending.map(([, p]) => p),
    ]
    const all = ids
      .map((known) => jobOf(machine, known, false))
      .filter((job) => job && (!wanted || wanted.includes(String(job.status))))
    const limit = query.has('limit') ? Number(query.get('limit')) : null
    const list = limit === null ? all : all.slice(0, limit)
    json(res, {
      jobs: list,
      pagination: { offset: 0, limit, total: all.length, has_more: list.length < all.length },
    })
  }

  function view(req: IncomingMessage, res: ServerResponse, query: URLSearchParams): unknown {
    const [name, sub, type] = [
      query.get('filename') ?? '',
      query.get('subfolder') ?? '',
      query.get('type') ?? 'output',
    ]
    if (name.includes('..') || name.startsWith('/')) return nothing(res, 400)
    if (sub.includes('..')) return nothing(res, 403)
    const bytes =
      type === 'input'
        ? machine.inputFiles.get(sub ? `${sub}/${name}` : name)
        : machine.files.get(`${type}/${sub}/${name}`)
    const fault = take('view')
    if (!bytes || fault === 'gone') return nothing(res, 404)
    if (fault === 'html') return reply(res, 200, 'text/html', '<html><body>Sign in</body></html>')
    const mime = /mp4$/.test(name) ? 'video/mp4' : 'image/png'
    const head = {
      'content-type': mime,
      'accept-ranges': 'bytes',
      'content-disposition': `filename="${name}"`,
    }
    if (fault === 'empty') return reply(res, 200, mime, '')
    if (fault === 'not-video') return reply(res, 200, mime, 'this is not a film')
    res.writeHead(200, { ...head, 'content-length': bytes.length })
    if (req.method === 'HEAD') return void res.end()
    if (fault === 'truncated')
      return void res.write(bytes.subarray(0, bytes.length >> 1), () => req.socket.destroy())
    if (fault === 'stall') return void res.write(bytes.subarray(0, bytes.length >> 1))
    res.end(bytes)
  }

  async function control(res: ServerResponse, body: Buffer): Promise<void> {
    const { fail, restart, awayMs, delayMs } = JSON.parse(body.toString('utf8')) as {
      fail?: [FakePart, never, number?]
      restart?: boolean
      awayMs?: number
      delayMs?: number
    }
    if (fail) fake.fail(...fail)
    if (delayMs !== undefined) fake.delayMs = delayMs
    json(res, { posts: posts.length })
    await once(res, 'finish')
    if (restart) await fake.restart()
    if (awayMs !== undefined) {
      await fake.leave()
      setTimeout(() => void fake.comeBack(), awayMs)
    }
  }

  async function handle(req: IncomingMessage, res: ServerResponse): Promise<unknown> {
    const url = new URL(req.url ?? '/', 'http://fake')
    const path = url.pathname.startsWith('/api/jobs')
      ? url.pathname
      : url.pathname.replace(/^\/api(?=\/)/, '')
    const method = req.method ?? 'GET'
    const chunks: Buffer[] = []
    for await (const chunk of req as AsyncIterable<Buffer>) chunks.push(chunk)
    const body = Buffer.concat(chunks)
    if (path === '/__fake') return control(res, body)
    requests.push(`${method} ${path}`)
    if (fake.delayMs > 0) await new Promise((resolve) => setTimeout(resolve, fake.delayMs))
    const posted = (): Json => (body.length > 0 ? (JSON.parse(body.toString('utf8')) as Json) : {})

    if (path.startsWith('/api/jobs')) return jobs(res, method, path, url.searchParams)
    if (path === '/prompt' && method === 'POST') return postPrompt(req, res, body)
    if (path === '/prompt') return json(res, { exec_info: { queue_remaining: machine.remaining } })
    if (path === '/queue' && method === 'POST') {
      const { delete: ids, clear } = posted()
      for (const id of clear ? machine.pending.map(([, p]) => p) : ((ids as string[] | undefined) ?? []))
        machine.remove(id)
      return nothing(res, 200)
    }
    if (path === '/queue')
      return json(res, {
        queue_running: machine.running ? [machine.running.item] : [],
        queue_pending: machine.pending,
      })
    if (path === '/interrupt') {
      machine.interrupt(since('0.3.57') ? (posted().prompt_id as string | undefined) : undefined)
      return nothing(res, 200)
    }
    if (path === '/history' && method === 'POST') return nothing(res, 200)
    if (path === '/history' && /\D/.test(url.searchParams.get('max_items') ?? '')) return text500(res)
    if (path.startsWith('/history')) {
      const id = decodeURIComponent(path.slice('/history/'.length))
      const newest = Number(url.searchParams.get('max_items') ?? 10_000)
      const all = [...machine.history]
      const entries = id
        ? all.filter(([known]) => known === id)
        : all.slice(all.length - Math.min(newest, all.length))
      return json(
        res,
        Object.fromEntries(
          entries.map(([known, { prompt, outputs, status, meta }]) => [
            known,
            { prompt, outputs, status, meta },
          ]),
        ),
      )
    }
    if (path === '/view') return view(req, res, url.searchParams)
    if (path === '/upload/image') {
      if (take('upload')) return text500(res)
      const stored = storeUpload(machine.inputFiles, req.headers['content-type'] ?? '', body)
      return stored ? json(res, stored) : nothing(res, 400)
    }
    if (path === '/system_stats')
      return json(res, {
        system: { os: 'linux', comfyui_version: version, argv: ['main.py'] },
        devices: [
          options.vramBytes === undefined
            ? DEVICE
            : { ...DEVICE, type: 'cuda', vram_total: options.vramBytes },
        ],
      })
    if (path === '/features')
      return json(res, { supports_preview_metadata: since('0.3.45'), max_upload_size: 104857600 })
    if (path === '/free') return body.length > 0 ? nothing(res, 200) : text500(res)
    if (path === '/object_info') return json(res, Object.fromEntries(catalogue))
    if (path.startsWith('/object_info/')) {
      const name = decodeURIComponent(path.slice('/object_info/'.length))
      return json(res, catalogue.has(name) ? { [name]: catalogue.get(name) } : {})
    }
    reply(res, 404, 'application/octet-stream', '')
  }

  const server = createServer((req, res) => {
    handle(req, res).catch(() => (res.headersSent ? res.destroy() : text500(res)))
  })
  server.on('connection', (socket) => {
    connections.add(socket)
    socket.on('close', () => connections.delete(socket))
  })
  const sockets = new WebSocketServer({ noServer: true })
  server.on('upgrade', (req, socket, head) => {
    const fault = take('socket')
    if (fault === 'refuse') return void socket.destroy()
    sockets.handleUpgrade(req, socket, head, (ws) => {
      const sid = new URL(req.url ?? '/', 'http://fake').searchParams.get('clientId') || randomUUID()
      const client: Client = { socket: ws, metadata: false, fault, held: null }
      clients.set(sid, client)
      const status = { exec_info: { queue_remaining: machine.remaining } }
      ws.send(JSON.stringify({ type: 'status', data: { status, sid } }))
      const { running } = machine
      if (running?.item[3].client_id === sid)
        ws.send(JSON.stringify({ type: 'executing', data: { node: running.item[4][0] } }))
      ws.once('message', (bytes: Buffer) => {
        const first = JSON.parse(bytes.toString('utf8')) as { type: string; data: Json }
        if (first.type !== 'feature_flags' || !since('0.3.45')) return
        client.metadata = first.data.supports_preview_metadata === true
        ws.send(JSON.stringify({ type: 'feature_flags', data: { supports_preview_metadata: true } }))
      })
      // The server's own mistake, kept: it forgets whoever holds the id now, not the one that left.
      ws.on('close', () => clients.delete(sid))
      ws.on('error', () => {})
    })
  })

  const listen = async (port: number): Promise<number> => {
    server.listen(port, '127.0.0.1')
    await once(server, 'listening')
    return (server.address() as AddressInfo).port
  }
  const cut = (): void => {
    for (const socket of connections) socket.destroy()
  }
  const port = await listen(options.port ?? 0)

  const fake: FakeComfy = {
    url: `http://127.0.0.1:${port}`,
    machine,
    posts,
    requests,
    hold: null,
    holdAfter: null,
    delayMs: 0,
    fail: (part, what, times = 1) => void faults.set(part, { what, left: times }),
    async leave() {
      if (!server.listening) return
      server.close()
      cut()
      await once(server, 'close')
    },
    async comeBack() {
      if (!server.listening) await listen(port)
    },
    async restart() {
      await fake.leave()
      machine.wipe()
      clients.clear()
      await fake.comeBack()
    },
    dropSockets() {
      for (const { socket } of clients.values()) socket.terminate()
    },
    get openSockets() {
      return clients.size
    },
    async close() {
      machine.wipe()
      await fake.leave()
    },
    [Symbol.asyncDispose]: () => fake.close(),
  }
  return fake
}

const DEVICE = { name: 'cuda:0 Fake', type: 'cuda', index: 0, vram_total: 24e9, vram_free: 20e9 }

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      port: { type: 'string', default: '0' },
      clip: { type: 'string' },
      steps: { type: 'string', default: '4' },
      'step-ms': { type: 'string', default: '0' },
      version: { type: 'string', default: '0.33.0' },
    },
  })
  const fake = await startFakeComfy({
    port: Number(values.port),
    ...(values.clip ? { clip: readFileSync(values.clip) } : {}),
    steps: Number(values.steps),
    stepMs: Number(values['step-ms']),
    version: values.version,
  })
  console.log(JSON.stringify({ url: fake.url }))
  process.once('SIGTERM', () => void fake.close().then(() => process.exit(0)))
}
