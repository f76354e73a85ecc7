/** Shared by the client's tests: short limits, recordings, and requests that are valid by default. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Test } from 'tap'
import type { RunCallbacks, RunRequest } from '../../comfyui/client/client.ts'
import type { ComfyLimits } from '../../comfyui/client/limits.ts'
import type { PromptGraph } from '../../comfyui/client/progress.ts'

export type Json = Record<string, unknown>
export type TraceEvent = {
  kind: string
  socket?: string
  text?: string
  json?: { type: string; data: Json }
  request?: { method: string; path: string; json?: Json; raw?: string }
  response?: {
    status: number
    headers: Record<string, string>
    json?: Json
    text?: string
    body_bytes?: number
  }
  metadata?: Json
  event_type?: number
  first_24_bytes_hex?: string
}
export type Trace = { scenario: string; note: string; server: string; events: TraceEvent[] }

export const readTrace = (name: string): Trace =>
  JSON.parse(
    readFileSync(new URL(`../fixtures/comfyui-traces/${name}.json`, import.meta.url), 'utf8'),
  ) as Trace

/** Limits that let every wait run out within a test. */
export const FAST: Partial<ComfyLimits> = {
  connectMs: 2_000,
  replyMs: 2_000,
  silenceMs: 400,
  silenceMsByClass: {},
  pingMs: 5_000,
  deafMs: 2_000,
  pollMs: 100,
  pollFastMs: 25,
  historyMs: 1_000,
  lostGraceMs: 60,
  unreachableMs: 600,
  downloadIdleMs: 300,
}

export function workFolder(t: Test): string {
  const folder = mkdtempSync(join(tmpdir(), 'framecast-comfy-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** A board that is saved as a video: what the preview engine is asked for. */
export const videoGraph = (promptId = 'x'): PromptGraph => ({
  board: {
    class_type: 'FramecastAnimatic',
    inputs: { prompt: 'a lighthouse', frames: 24, fps: 24, seed: 1 },
  },
  save: {
    class_type: 'SaveVideo',
    inputs: {
      video: ['board', 0],
      filename_prefix: `framecast/job/${promptId}`,
      format: 'mp4',
      codec: 'h264',
    },
  },
})

export const videoRequest = (folder: string, over: Partial<RunRequest> = {}): RunRequest => ({
  shape: videoGraph(),
  prepare: async (promptId) => videoGraph(promptId),
  outputNode: 'save',
  outputKind: 'video',
  toPath: join(folder, 'clip'),
  ...over,
})

export type Heard = RunCallbacks & {
  ids: string[]
  fractions: number[]
  notes: string[]
  previews: { size: number; mime: string }[]
}

/** Callbacks that remember what they were told. `onProgress` may act on it. */
export function listener(onProgress: (fraction: number) => void = () => {}): Heard {
  const heard: Heard = {
    ids: [],
    fractions: [],
    notes: [],
    previews: [],
    async promptId(id) {
      heard.ids.push(id)
    },
    progress({ fraction, note }) {
      heard.fractions.push(fraction)
      heard.notes.push(note)
      onProgress(fraction)
    },
    preview(image, mime) {
      heard.previews.push({ size: image.byteLength, mime })
    },
  }
  return heard
}

/** A signal that ends a test that hangs, well before the runner would. */
export const inTime = (ms = 20_000): AbortSignal => AbortSignal.timeout(ms)

/** Waits until `check` holds, looking often; fails after `ms`. */
export async function until(check: () => boolean, what: string, ms = 5_000): Promise<void> {
  const end = performance.now() + ms
  while (!check()) {
    if (performance.now() > end) throw new Error(`not in time: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}
