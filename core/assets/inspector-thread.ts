/**
 * The thread that looks into files. Starting a program holds up the thread that starts it, for as long as a busy machine
 * takes to let the new process begin: requests of others must not wait for that.
 */
import { parentPort } from 'node:worker_threads'
import { FfmpegError, type FfmpegErrorCode, type FfmpegTools, findTools } from '../platform/ffmpeg.ts'
import { type Inspection, inspectFile, Unusable } from './inspect.ts'
import type { AssetType } from './media-types.ts'

/** To the thread. */
export type InspectorOrder =
  | { type: 'inspect'; id: number; path: string; mediaType: AssetType; workDir: string }
  | { type: 'abort'; id: number }
/** Errors lose their class on the way between threads. */
export type InspectorFault =
  | { kind: 'unusable'; message: string }
  | { kind: 'ffmpeg'; message: string; code: FfmpegErrorCode; stderr: string; aborted: boolean }
  | { kind: 'other'; message: string }
/** From the thread. */
export type InspectorNews = { id: number } & ({ inspection: Inspection } | { fault: InspectorFault })

const port = parentPort!
const underWay = new Map<number, AbortController>()
let tools: Promise<FfmpegTools> | null = null

/** Looked for when the first sound or film comes: a server without them does everything else. */
function toolsWhenNeeded(): Promise<FfmpegTools> {
  tools ??= findTools(process.env).catch((error: unknown) => {
    tools = null
    throw error
  })
  return tools
}

function faultOf(error: unknown): InspectorFault {
  const message = error instanceof Error ? error.message : String(error)
  if (error instanceof Unusable) return { kind: 'unusable', message }
  if (!(error instanceof FfmpegError)) return { kind: 'other', message }
  const { code, stderr, aborted } = error
  return { kind: 'ffmpeg', message, code, stderr, aborted }
}

async function inspect({ id, path, mediaType, workDir }: Extract<InspectorOrder, { type: 'inspect' }>) {
  const stop = new AbortController()
  underWay.set(id, stop)
  const news: InspectorNews = await inspectFile(path, mediaType, {
    tools: toolsWhenNeeded,
    workDir,
    signal: stop.signal,
  }).then(
    (inspection) => ({ id, inspection }),
    (error: unknown) => ({ id, fault: faultOf(error) }),
  )
  underWay.delete(id)
  port.postMessage(news)
}

port.on('message', (order: InspectorOrder) => {
  if (order.type === 'abort') underWay.get(order.id)?.abort()
  else void inspect(order)
})
