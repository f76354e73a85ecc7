/**
 * What the viewer talks to, as a small server on the wire that does what a test tells it: the job by GET, its events by
 * WebSocket, pictures and a film. The page itself comes from the real routes. For states that a healthy server seldom
 * shows; the real one is in test/e2e.
 */
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Koa from 'koa'
import sharp from 'sharp'
import { type WebSocket, WebSocketServer } from 'ws'
import { findTools, runFfmpeg } from '../../core/platform/ffmpeg.ts'
import { watchRoutes } from '../../server/routes/watch.ts'

export const TOKEN = 'test-token'
export const JOB_ID = '0199aaaa-0000-7000-8000-000000000001'

type Fields = Record<string, unknown>
type Message = { type: string; id?: string; channel?: string; after?: number }
export type StoredEvent = { sequence: number; event_type: string; payload: Fields }

const PROMPTS = [
  'Wide on the quay at dusk, @ferry lit from inside, rain on the stones',
  '@mara walks up the gangway toward a warm doorway',
  'Close on a wet rope leaving the bollard, black water below',
  'Straight down on @ferry, a white wake drawing a line across the bay',
  '@mara at the stern rail, hair blown forward, looking back at the harbour',
  'Cabin table, one lamp, hands unfolding a letter',
  'Engine room, brass gauges, everything trembles',
  'First wave over the bow',
  'Storm wall, lightning far off',
  'The lamp swings, the letter slides away',
  'Morning, flat sea, gulls',
  '@mara on the far quay, the ferry small behind her',
]

/** A storyboard of `count` scenes; `more` adds or replaces fields. */
export function buildStoryboard(count: number, more: Fields = {}): Fields {
  return {
    title: 'The last ferry',
    scenes: Array.from({ length: count }, (_, index) => ({
      id: `s${index + 1}`,
      prompt: PROMPTS[index % PROMPTS.length],
      duration: 4 + (index % 3),
    })),
    ...more,
  }
}

/** A job as the API shows it: queued, unless told otherwise. */
export function buildJob(more: Fields = {}): Fields {
  return {
    id: JOB_ID,
    status: 'queued',
    spec_snapshot: buildStoryboard(12),
    options: {},
    progress: {},
    output: null,
    error: null,
    credits_charged: 0,
    credits_refunded: 0,
    started_at: null,
    completed_at: null,
    created_at: new Date().toISOString(),
    ...more,
  }
}

/** Progress as events and jobs carry it: `done` scenes are ready, one more is on its way; both have pictures. */
export function buildProgress(
  url: string,
  done: number,
  total: number,
  part = 0.62,
  more: Fields = {},
): Fields {
  const seen = Math.min(total, done + (part > 0 ? 1 : 0))
  const scenes: Record<string, number> = {}
  for (let index = 0; index < seen; index += 1) scenes[`s${index + 1}`] = index < done ? 1 : part
  return {
    phase: 'generating',
    percent: Math.round((2 + (86 * (done + part)) / total) * 100) / 100,
    scenes_total: total,
    scenes_completed: done,
    scenes_reused: 0,
    scenes,
    previews: Array.from({ length: seen }, (_, index) => ({
      scene_id: `s${index + 1}`,
      url: `${url}/pictures/${index + 1}.jpg?v=${index < done ? 1 : part}`,
      generated_at: new Date(
        1_800_000_000_000 + index * 1_000 + (index < done ? 900 : part * 900),
      ).toISOString(),
    })),
    ...more,
  }
}

export function buildOutput(url: string, more: Fields = {}): Fields {
  return {
    video_url: `${url}/film.mp4`,
    thumbnail_url: `${url}/pictures/5.jpg`,
    contact_sheet_url: `${url}/pictures/1.jpg`,
    duration: 6,
    resolution: '640x360',
    format: 'mp4',
    size_bytes: 8_412_000,
    metadata: { model_used: 'preview', scenes_reused: 3 },
    ...more,
  }
}

/** An evening, in the colours of scene `number`: enough of a picture to judge the page around it. */
async function drawPicture(number: number): Promise<Buffer> {
  const hue = (205 + number * 37) % 360
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="640" height="360"><defs>
    <linearGradient id="s" x2="0" y2="1"><stop stop-color="hsl(${hue},35%,16%)"/><stop offset=".7" stop-color="hsl(${(hue + 170) % 360},55%,52%)"/></linearGradient></defs>
    <rect width="640" height="360" fill="url(#s)"/><circle cx="${120 + ((number * 97) % 400)}" cy="215" r="38" fill="#ffe9c0"/>
    <path d="M0 240 Q 160 ${200 + number * 3} 320 240 T 640 236 V360 H0Z" fill="hsl(${hue},40%,12%)"/></svg>`
  return sharp(Buffer.from(svg)).jpeg({ quality: 80 }).toBuffer()
}

async function drawFilm(): Promise<Buffer> {
  const dir = await mkdtemp(join(tmpdir(), 'framecast-watch-'))
  try {
    const path = join(dir, 'film.mp4')
    const tools = await findTools(process.env)
    await runFfmpeg(
      tools,
      {
        inputs: [
          { lavfi: 'gradients=size=640x360:rate=24:duration=6:c0=#0b2038:c1=#e08a4a:speed=0.02' },
          { lavfi: 'anullsrc=r=48000:cl=stereo:d=6' },
        ],
        outputs: [
          { path, options: '-c:v libx264 -pix_fmt yuv420p -g 24 -c:a aac -movflags +faststart'.split(' ') },
        ],
      },
      { wallMs: 60_000 },
    )
    return await readFile(path)
  } finally {
    await rm(dir, { recursive: true, force: true })
  }
}

export type StandIn = {
  readonly url: string
  readonly watchUrl: string
  job: Fields
  /** Token that is let in; null: every request is refused. */
  token: string | null
  /** Every API request and socket is cut off, as by a server that is gone. */
  down: boolean
  /** Only sockets are refused. */
  noSockets: boolean
  /** Sockets stay open and say nothing more, as on a line that died without a word. */
  mute: boolean
  /** The next `subscribe` with `after` is answered with GONE. */
  forgetful: boolean
  /** Links to the film made so far answer 403. */
  filmExpired: boolean
  readonly reads: number
  readonly sockets: number
  readonly subscriptions: { after: number | null; protocol: string }[]
  readonly filmRanges: string[]
  /** Stores an event and sends it to all; `to: 'nobody'` loses it on the way. */
  emit(eventType: string, payload: Fields, to?: 'all' | 'nobody'): StoredEvent
  /** Sends an event once more, as it is. */
  repeat(event: StoredEvent): void
  /** Ends all sockets: with a close code, or by cutting the line. */
  drop(code?: number): void
  close(): Promise<void>
}

function sendRange(response: ServerResponse, body: Buffer, range: string | undefined): void {
  const match = /^bytes=(\d+)-(\d*)$/.exec(range ?? '')
  response.setHeader('Content-Type', 'video/mp4')
  response.setHeader('Accept-Ranges', 'bytes')
  response.setHeader('Cache-Control', 'no-store')
  if (!match) {
    response.writeHead(200, { 'Content-Length': body.length }).end(body)
    return
  }
  const start = Number(match[1])
  const end = match[2] ? Number(match[2]) : body.length - 1
  response.writeHead(206, {
    'Content-Length': end - start + 1,
    'Content-Range': `bytes ${start}-${end}/${body.length}`,
  })
  response.end(body.subarray(start, end + 1))
}

export async function startStandIn(): Promise<StandIn> {
  const app = new Koa()
  app.use(watchRoutes({ mediaOrigins: [] }).routes())
  const page = app.callback()
  const pictures = new Map<number, Buffer>()
  const events: StoredEvent[] = []
  const live = new Set<WebSocket>()
  let film: Buffer | null = null
  let reads = 0
  let sockets = 0

  const server = createServer(async (request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://stand-in')
    if (pathname.startsWith('/watch/')) return page(request, response)
    const picture = /^\/pictures\/(\d+)\.jpg$/.exec(pathname)
    if (picture) {
      const number = Number(picture[1])
      if (!pictures.has(number)) pictures.set(number, await drawPicture(number))
      return response.writeHead(200, { 'Content-Type': 'image/jpeg' }).end(pictures.get(number))
    }
    if (pathname === '/film.mp4') {
      film ??= await drawFilm()
      standIn.filmRanges.push(request.headers.range ?? '')
      if (standIn.filmExpired && !searchParams.has('fresh')) return response.writeHead(403).end()
      return sendRange(response, film, request.headers.range)
    }
    if (standIn.down) return request.socket.destroy()
    if (!pathname.startsWith('/v1/jobs/')) return response.writeHead(404).end()
    reads += 1
    if (standIn.token === null || request.headers.authorization !== `Watch ${standIn.token}`) {
      return response.writeHead(401).end('{}')
    }
    if (pathname !== `/v1/jobs/${JOB_ID}`) return response.writeHead(404).end('{}')
    response.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify(standIn.job))
  })

  const wire = (event: StoredEvent): string =>
    JSON.stringify({
      type: 'event',
      channel: `job:${JOB_ID}`,
      job_id: JOB_ID,
      position: event.sequence,
      created_at: new Date().toISOString(),
      ...event,
    })
  const sendAll = (event: StoredEvent): void => {
    for (const socket of live) socket.send(wire(event))
  }

  const door = new WebSocketServer({ noServer: true, handleProtocols: () => 'framecast.v1' })
  server.on('upgrade', (request, socket, head) => {
    sockets += 1
    const protocol = request.headers['sec-websocket-protocol'] ?? ''
    if (standIn.down || standIn.noSockets) return socket.destroy()
    if (!protocol.includes(`watch.${standIn.token}`)) {
      return socket.end('HTTP/1.1 401 Unauthorized\r\nConnection: close\r\n\r\n')
    }
    door.handleUpgrade(request, socket, head, (client) => {
      client.on('error', () => {})
      client.on('close', () => live.delete(client))
      client.on('message', (data) => {
        if (standIn.mute) return
        const message = JSON.parse(String(data)) as Message
        if (message.type === 'ping') return client.send(JSON.stringify({ type: 'pong' }))
        const after = message.after ?? null
        standIn.subscriptions.push({ after, protocol })
        if (standIn.forgetful && after !== null) {
          standIn.forgetful = false
          return client.send(JSON.stringify({ type: 'error', id: message.id, code: 'GONE', message: '' }))
        }
        const last = events.at(-1)?.sequence ?? 0
        client.send(
          JSON.stringify({
            type: 'ack',
            id: message.id,
            channel: message.channel,
            subscribed: true,
            last_sequence: last,
          }),
        )
        if (after !== null) for (const event of events) if (event.sequence > after) client.send(wire(event))
        live.add(client)
      })
    })
  })

  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const standIn: StandIn = {
    url,
    watchUrl: `${url}/watch/${JOB_ID}#${TOKEN}`,
    job: buildJob(),
    token: TOKEN,
    down: false,
    noSockets: false,
    mute: false,
    forgetful: false,
    filmExpired: false,
    get reads() {
      return reads
    },
    get sockets() {
      return sockets
    },
    subscriptions: [],
    filmRanges: [],
    emit(eventType, payload, to = 'all') {
      const event = { sequence: (events.at(-1)?.sequence ?? 0) + 1, event_type: eventType, payload }
      events.push(event)
      if (to === 'all') sendAll(event)
      return event
    },
    repeat: sendAll,
    drop(code) {
      for (const socket of live) {
        if (code) socket.close(code)
        else socket.terminate()
      }
      live.clear()
    },
    async close() {
      standIn.drop()
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
  return standIn
}
