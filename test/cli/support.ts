/** Helpers of the tests of the command: running it as a process, and a server on the wire that can misbehave. */
import { spawn } from 'node:child_process'
import http from 'node:http'
import type net from 'node:net'
import path from 'node:path'
import { childEnv } from '../support/child-env.ts'

export const ROOT = path.resolve(import.meta.dirname, '../..')
export const JOB_ID = '0192f0c4-1111-7222-8333-444455556666'

export type Finished = { code: number | null; signal: string | null; out: string; err: string }
export type Running = {
  finished: Promise<Finished>
  /** Resolves when the text has been seen on either stream. */
  says(text: string): Promise<void>
  kill(signal: NodeJS.Signals): void
}

/** Runs the command by its sources; the environment is bare unless something is given. */
export function startCli(
  args: readonly string[],
  options: { env?: Record<string, string>; cwd?: string; input?: string; program?: string } = {},
): Running {
  const child = spawn(process.execPath, [path.join(ROOT, options.program ?? 'cli/main.ts'), ...args], {
    cwd: options.cwd ?? ROOT,
    env: { ...childEnv(), ...options.env },
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  child.stdin.end(options.input ?? '')
  let out = ''
  let err = ''
  const waiting: { text: string; resolve: () => void }[] = []
  const look = () => {
    for (const wait of waiting) if (out.includes(wait.text) || err.includes(wait.text)) wait.resolve()
  }
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text
    look()
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    err += text
    look()
  })
  const finished = new Promise<Finished>((resolve) => {
    child.once('close', (code, signal) => resolve({ code, signal, out, err }))
  })
  return {
    finished,
    says: (text) =>
      Promise.race([
        new Promise<void>((resolve) => {
          waiting.push({ text, resolve })
          look()
        }),
        finished.then((end) => {
          if (!end.out.includes(text) && !end.err.includes(text)) {
            throw new Error(`it ended (${end.code}) without saying ${JSON.stringify(text)}:\n${end.err}`)
          }
        }),
      ]),
    kill: (signal) => child.kill(signal),
  }
}

export const runCli = (...parameters: Parameters<typeof startCli>): Promise<Finished> =>
  startCli(...parameters).finished

export type Answer = (request: http.IncomingMessage, response: http.ServerResponse, body: string) => void

/** A server whose routes (`GET /v1/jobs/x`) are the test's; everything else is 404. */
export async function startStandIn(routes: Record<string, Answer>) {
  const requests: { route: string; headers: http.IncomingHttpHeaders; body: string }[] = []
  const sockets = new Set<net.Socket>()
  const server = http.createServer((request, response) => {
    const route = `${request.method} ${request.url?.split('?')[0]}`
    let body = ''
    request.setEncoding('utf8').on('data', (text: string) => {
      body += text
    })
    request.on('end', () => {
      requests.push({ route, headers: request.headers, body })
      const answer = routes[route]
      if (answer) answer(request, response, body)
      else sendJson(response, 404, { error: { code: 'NOT_FOUND', message: `Not found: ${route}` } })
    })
  })
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as net.AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    count: (route: string) => requests.filter((request) => request.route === route).length,
    dropAll() {
      for (const socket of sockets) socket.destroy()
    },
    /** Refuses connections until `comeBack`. */
    async leave() {
      const closed = new Promise((resolve) => server.close(resolve))
      for (const socket of sockets) socket.destroy()
      await closed
    },
    comeBack: () => new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve)),
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      server.closeAllConnections()
      if (server.listening) await new Promise((resolve) => server.close(resolve))
    },
  }
}

export function sendJson(response: http.ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' })
  response.end(JSON.stringify(body))
}

/** A job as the wire shows it, queued unless told otherwise. */
export const wireJob = (over: Record<string, unknown> = {}) => ({
  id: JOB_ID,
  status: 'queued',
  spec_snapshot: { title: 'Two doors', scenes: [{ id: 'left' }, { id: 'right' }] },
  progress: { phase: 'queued', percent: 0 },
  output: null,
  error: null,
  credits_charged: 4,
  credits_refunded: 0,
  failure_type: null,
  created_at: new Date().toISOString(),
  started_at: null,
  completed_at: null,
  ...over,
})

export const completedJob = (url: string, over: Record<string, unknown> = {}) =>
  wireJob({
    status: 'completed',
    progress: { phase: 'finalizing', percent: 100, scenes_total: 2, scenes_completed: 2 },
    completed_at: new Date().toISOString(),
    output: {
      video_url: `${url}/film`,
      contact_sheet_url: `${url}/sheet`,
      captions: { srt: `${url}/captions.srt`, vtt: `${url}/captions.vtt` },
      duration: 4,
      resolution: '848x480',
      size_bytes: 9,
      metadata: {
        frames: 96,
        fps: 24,
        scenes_total: 2,
        scenes_reused: 1,
        joins_encoded: 1,
        stages: { waiting: 0.1, planning: 0.2, scenes: 3, assembling: 0.5 },
      },
    },
    ...over,
  })

export const sse = (sequence: number, type: string, payload: unknown = {}): string =>
  `id: ${JOB_ID}:${sequence}\nevent: ${type}\ndata: ${JSON.stringify(payload)}\n\n`

export const GOOD_STORYBOARD = `title: Two doors
scenes:
  - {id: left, prompt: a door on the left, duration: 2}
  - {id: right, prompt: a door on the right, duration: 2}
`
