import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { WebSocket } from 'ws'
import { startPreviewEngine } from '../../comfyui/preview/server.ts'
import { findTools } from '../../core/platform/ffmpeg.ts'

export const tools = await findTools(process.env)
export const quiet = pino({ level: 'silent' })

export type Frame =
  | { type: string; data: Record<string, any> }
  | { type: 'binary'; data: Record<string, any>; bytes: Buffer }

/** An engine of its own in a folder of its own; both go with the test. */
export async function engineFor(t: { teardown(fn: () => unknown): void }) {
  const dataDir = mkdtempSync(join(tmpdir(), 'framecast-preview-'))
  const engine = await startPreviewEngine({ dataDir, tools, log: quiet })
  t.teardown(async () => {
    await engine.close()
    rmSync(dataDir, { recursive: true, force: true })
  })
  return { ...engine, dataDir }
}

export type Engine = Awaited<ReturnType<typeof engineFor>>

/** A socket that keeps everything it hears. */
export async function listen(engine: Engine, clientId?: string, flags = false) {
  const query = clientId === undefined ? '' : `?clientId=${clientId}`
  const socket = new WebSocket(`${engine.url.replace('http', 'ws')}/ws${query}`)
  const frames: Frame[] = []
  const waiting = new Set<() => void>()
  socket.on('message', (data: Buffer, isBinary: boolean) => {
    frames.push(isBinary ? decodeBinary(data) : JSON.parse(String(data)))
    for (const wake of waiting) wake()
  })
  await once(socket, 'open')
  if (flags) socket.send(JSON.stringify({ type: 'feature_flags', data: { supports_preview_metadata: true } }))
  /** Resolves with all frames once one of them fits; fails with what was heard instead after `ms`. */
  const until = async (fits: (frame: Frame) => boolean, ms = 20_000): Promise<Frame[]> => {
    const deadline = performance.now() + ms
    while (!frames.some(fits)) {
      const left = deadline - performance.now()
      if (left <= 0) throw new Error(`not heard; got ${frames.map((f) => f.type).join(' ')}`)
      let wake = (): void => {}
      const heard = new Promise<void>((resolve) => {
        wake = resolve
        waiting.add(wake)
      })
      const timer = setTimeout(wake, left)
      await heard
      clearTimeout(timer)
      waiting.delete(wake)
    }
    return frames
  }
  const ended = (promptId: string) =>
    until((f) => f.type === 'executing' && f.data.node === null && f.data.prompt_id === promptId)
  await until((f) => f.type === 'status')
  if (flags) await until((f) => f.type === 'feature_flags')
  return { socket, frames, until, ended, close: () => socket.terminate() }
}

function decodeBinary(bytes: Buffer): Frame {
  const event = bytes.readUInt32BE(0)
  if (event === 1) {
    return { type: 'binary', data: { event, format: bytes.readUInt32BE(4) }, bytes: bytes.subarray(8) }
  }
  const length = bytes.readUInt32BE(4)
  const metadata = JSON.parse(bytes.subarray(8, 8 + length).toString())
  return { type: 'binary', data: { event, metadata }, bytes: bytes.subarray(8 + length) }
}

export async function call(engine: Engine, method: string, path: string, body?: unknown) {
  const init: RequestInit = { method }
  if (body !== undefined) init.body = typeof body === 'string' ? body : JSON.stringify(body)
  const response = await fetch(engine.url + path, init)
  const bytes = Buffer.from(await response.arrayBuffer())
  const text = bytes.toString('utf8')
  const isJson = response.headers.get('content-type')?.startsWith('application/json') ?? false
  return {
    status: response.status,
    headers: response.headers,
    bytes,
    text,
    json: isJson ? JSON.parse(text) : undefined,
  }
}

let colours = 0
const nextColour = (): number => {
  colours += 1
  return colours
}

/** EmptyImage -> SaveImage, different every time so that nothing is cached. */
export const stillGraph = (prefix = 'test/x', colour = nextColour()) => ({
  '1': { class_type: 'EmptyImage', inputs: { width: 64, height: 48, batch_size: 1, color: colour } },
  '2': { class_type: 'SaveImage', inputs: { images: ['1', 0], filename_prefix: prefix } },
})

export const boardInputs = {
  title: 'Welcome to Framecast',
  scene_id: 'welcome',
  scene_number: 2,
  scenes_total: 5,
  prompt: 'First-person step out on @stage, a flash of light, then @crowd standing up to greet you',
  width: 320,
  height: 180,
  frames: 24,
  fps: 24,
  seed: 7,
  cut_frames: '0',
  images: '',
  details: '1.0 s · fade in 0.5 s',
}

export const boardGraph = (over: Record<string, unknown> = {}, prefix = 'framecast/clip') => ({
  board: { class_type: 'FramecastAnimatic', inputs: { ...boardInputs, ...over } },
  save: {
    class_type: 'SaveVideo',
    inputs: { video: ['board', 0], filename_prefix: prefix, format: 'mp4', codec: 'h264' },
  },
})

/** A board that takes some seconds: something to interrupt. */
export const longGraph = (over: Record<string, unknown> = {}) =>
  boardGraph({ width: 1280, height: 720, frames: 1_800, ...over })
