/**
 * Plays a recording of the real server back to a client: the recorded answer to each POST /prompt, then the recorded
 * frames of that prompt, and its recorded end in /history and /api/jobs. Ids are replaced by the client's own.
 */
import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type WebSocket, WebSocketServer } from 'ws'
import type { Json, Trace, TraceEvent } from '../comfyui-client/helpers.ts'

export type ReplayOptions = {
  /** Place (from 0) of the recorded POST /prompt that answers the client's first one. */
  from?: number
  /** Die after this many frames of a prompt, and be the recorded server that was started again. */
  killAfterFrames?: number
}

export type Replay = {
  readonly url: string
  readonly posts: Json[]
  readonly requests: string[]
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

type Scene = {
  post: TraceEvent
  frames: TraceEvent[]
  recordedId: string
  history: Json | null
  job: TraceEvent | null
}

const isPost = (event: TraceEvent): boolean =>
  event.kind === 'http' && event.request?.method === 'POST' && event.request.path === '/prompt'

/** Each recorded prompt with its frames and what the server said of it in the end. */
function scenesOf(trace: Trace): Scene[] {
  return trace.events.filter(isPost).map((post) => {
    const recordedId = String(post.response?.json?.prompt_id ?? '')
    const mine = (event: TraceEvent): boolean => {
      if (event.event_type === 1) return true
      const id = event.json?.data.prompt_id ?? event.metadata?.prompt_id
      return id === recordedId || (id === undefined && event.json?.type === 'executing')
    }
    const frames = trace.events.filter(
      (event) =>
        recordedId !== '' && (event.kind === 'ws-recv' || event.kind === 'ws-recv-binary') && mine(event),
    )
    const answers = (path: string): TraceEvent[] =>
      trace.events.filter(
        (event) => event.request?.method === 'GET' && event.request.path === `${path}/${recordedId}`,
      )
    const history = answers('/history').map((event) => event.response?.json?.[recordedId] as Json | undefined)
    const job = answers('/api/jobs').findLast((event) => event.response?.json?.status !== undefined) ?? null
    const entry = history.findLast((recorded) => recorded !== undefined)
    return { post, frames, recordedId, history: entry ?? historyFrom(job, frames), job }
  })
}

/**
 * The history entry of a prompt whose history was not asked for: the job tells the same under other names, and the
 * frames carry the very messages and outputs that history keeps.
 */
function historyFrom(job: TraceEvent | null, frames: readonly TraceEvent[]): Json | null {
  const recorded = job?.response?.json
  if (recorded?.outputs && typeof recorded.execution_status === 'object')
    return { outputs: recorded.outputs, status: recorded.execution_status }
  const messages = frames.flatMap(({ json }) =>
    json?.type.startsWith('execution_') ? [[json.type, json.data]] : [],
  )
  const success = messages.some(([type]) => type === 'execution_success')
  if (!success && !messages.some(([type]) => type === 'execution_error' || type === 'execution_interrupted'))
    return null
  const outputs = Object.fromEntries(
    frames.flatMap(({ json }) =>
      json?.type === 'executed' ? [[String(json.data.node), json.data.output]] : [],
    ),
  )
  return { outputs, status: { status_str: success ? 'success' : 'error', completed: success, messages } }
}

const send = (
  res: ServerResponse,
  status: number,
  body: unknown,
  type = 'application/json; charset=utf-8',
): void => {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  res.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(text) })
  res.end(text)
}

export async function startReplay(trace: Trace, options: ReplayOptions = {}): Promise<Replay> {
  const version = trace.server.replace(/^\D*/, '')
  const hasJobs = version !== '0.3.64'
  let scenes = scenesOf(trace).slice(options.from ?? 0)
  const live = new Map<string, { scene: Scene; ended: boolean }>()
  const sockets = new Map<string, WebSocket>()
  const posts: Json[] = []
  const requests: string[] = []
  const views = trace.events.filter(
    (event) => event.request?.method === 'GET' && event.request.path.startsWith('/view'),
  )
  let killed = false

  const renamed = (value: unknown, from: string, to: string): string =>
    JSON.stringify(value).replaceAll(from, to)

  function play(promptId: string, scene: Scene, clientId: string): void {
    const state = { scene, ended: false }
    live.set(promptId, state)
    const frames = [...scene.frames]
    let sent = 0
    const next = (): void => {
      if (options.killAfterFrames === sent && !killed) {
        killed = true
        live.clear()
        // The server that comes up again is the one recorded after the kill.
        const up = trace.events.findIndex(({ text }) => text === 'server up again')
        scenes = scenes.filter(({ post }) => trace.events.indexOf(post) > up)
        for (const socket of sockets.values()) socket.terminate()
        return
      }
      const frame = frames.shift()
      const socket = sockets.get(clientId)
      if (!frame) {
        state.ended = true
        return
      }
      sent++
      // History is written between the terminal message and `executing` null.
      if (frame.json?.type === 'executing' && frame.json.data.node === null) state.ended = true
      if (frame.kind === 'ws-recv') socket?.send(renamed(frame.json, scene.recordedId, promptId))
      else if (frame.event_type === 4) {
        const meta = Buffer.from(renamed(frame.metadata, scene.recordedId, promptId))
        const head = Buffer.alloc(8)
        head.writeUInt32BE(4, 0)
        head.writeUInt32BE(meta.length, 4)
        socket?.send(Buffer.concat([head, meta, Buffer.alloc(64, 1)]))
      } else if (frame.first_24_bytes_hex) socket?.send(Buffer.from(frame.first_24_bytes_hex, 'hex'))
      setImmediate(next)
    }
    setImmediate(next)
  }

  const server = createServer(async (req, res) => {
    const chunks: Buffer[] = []
    for await (const chunk of req as AsyncIterable<Buffer>) chunks.push(chunk)
    const body = chunks.length > 0 ? (JSON.parse(Buffer.concat(chunks).toString('utf8')) as Json) : {}
    const path = (req.url ?? '').split('?')[0] ?? ''
    requests.push(`${req.method} ${path}`)
    const id = decodeURIComponent(path.split('/').at(-1) ?? '')
    const known = live.get(id)
    if (path === '/system_stats') return send(res, 200, { system: { comfyui_version: version }, devices: [] })
    if (path === '/prompt' && req.method === 'POST') {
      const scene = scenes.shift()
      if (!scene) return send(res, 500, 'no more recorded prompts', 'text/plain')
      posts.push(body)
      const { status, json, text } = scene.post.response ?? { status: 500, text: '' }
      const promptId = String(body.prompt_id)
      if (scene.recordedId) play(promptId, scene, String(body.client_id))
      if (json === undefined) return send(res, status, text ?? '', 'text/plain; charset=utf-8')
      return send(res, status, scene.recordedId ? renamed(json, scene.recordedId, promptId) : json)
    }
    if (path === '/queue') {
      const running = [...live]
        .filter(([, { ended }]) => !ended)
        .map(([promptId]) => [1, promptId, {}, {}, []])
      return send(res, 200, { queue_running: running, queue_pending: [] })
    }
    if (path.startsWith('/history/')) {
      const entry = known?.ended ? known.scene.history : null
      return send(res, 200, entry ? renamed({ [id]: entry }, known?.scene.recordedId ?? '', id) : {})
    }
    if (path.startsWith('/api/jobs/') && hasJobs) {
      if (!known) return send(res, 404, { error: 'Job not found' })
      if (!known.ended) return send(res, 200, { id, status: 'in_progress' })
      const recorded = known.scene.job?.response?.json
      return send(
        res,
        200,
        recorded ? renamed(recorded, known.scene.recordedId, id) : { id, status: 'completed' },
      )
    }
    if (path === '/view') {
      const wanted = new URL(req.url ?? '', 'http://x').searchParams.get('filename')
      const place = views.findIndex((event) => event.request?.path.includes(`filename=${wanted}`))
      const view = place < 0 ? null : views.splice(place, 1)[0]
      if (view && view.response?.status !== 200) return send(res, view.response?.status ?? 404, '')
      res.writeHead(200, { 'content-length': 100 })
      // The recordings leave the bytes of files out; a client looks at the first of them.
      return void res.end(Buffer.concat([Buffer.from('89504e470d0a1a0a', 'hex'), Buffer.alloc(92, 'x')]))
    }
    send(res, 404, '', 'application/octet-stream')
  })
  const upgrades = new WebSocketServer({ noServer: true })
  server.on('upgrade', (req, socket, head) =>
    upgrades.handleUpgrade(req, socket, head, (ws) => {
      const sid = new URL(req.url ?? '', 'http://x').searchParams.get('clientId') ?? ''
      sockets.set(sid, ws)
      ws.on('error', () => {})
      ws.send(
        JSON.stringify({ type: 'status', data: { status: { exec_info: { queue_remaining: 0 } }, sid } }),
      )
    }),
  )
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const replay: Replay = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    posts,
    requests,
    async close() {
      for (const socket of sockets.values()) socket.terminate()
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
    [Symbol.asyncDispose]: () => replay.close(),
  }
  return replay
}
