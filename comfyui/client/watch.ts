/** Follows one prompt on the socket: signs of life, progress, pictures, and a bell when it is worth to look. */
import type { Target } from './http.ts'
import type { ComfyLimits } from './limits.ts'
import type { ComfyMessage } from './messages.ts'
import { type PromptGraph, type PromptProgress, trackProgress } from './progress.ts'
import { ComfySocket } from './socket.ts'

export type WatchCallbacks = {
  progress(progress: PromptProgress): void
  preview(image: Uint8Array, mime: 'image/jpeg' | 'image/png'): void
}

export type PromptWatch = {
  readonly connected: boolean
  /** A message said that the prompt ended; the history has the truth, now or in a moment. */
  readonly ended: boolean
  readonly nodeId: string | null
  /** True when the prompt moved on since the last call. */
  takeMoved(): boolean
  /** Milliseconds since the socket last said anything of this prompt. */
  quietMs(): number
  /** Waits for `ms`, or until something happens; rejects with the signal's reason. */
  wait(ms: number, signal: AbortSignal): Promise<void>
  /** Waits until the socket is in use, or failed once, at most `ms`: without it the prompt is followed by polling. */
  ready(ms: number, signal: AbortSignal): Promise<void>
  reopen(): void
  close(): void
}

const ENDS = new Set(['execution_success', 'execution_error', 'execution_interrupted'])

/**
 * Opens the socket for a prompt that is about to be posted, or that is there already. The prompt's id is its
 * client id too: so every connection object has its own, and a process that takes the prompt over later hears it.
 */
export function watchPrompt(
  target: Target,
  promptId: string,
  graph: PromptGraph,
  limits: ComfyLimits,
  on: WatchCallbacks,
  random: () => number,
): PromptWatch {
  const tracker = trackProgress(promptId, graph)
  let moved = false
  let ended = false
  let heardAt = performance.now()
  /** Rung while nobody waits, it is kept for the next wait: what it told of may be newer than the last look. */
  let rung = false
  const keepRing = (): void => {
    rung = true
  }
  let bell: () => void = keepRing
  let told = ''
  let picture: { image: Uint8Array; mime: 'image/jpeg' | 'image/png' } | null = null

  // Callbacks run outside the message handler, and only with the newest: a reader that falls behind makes the
  // server hold back the messages of all its clients.
  let telling = false
  const tellSoon = (): void => {
    if (telling) return
    telling = true
    setImmediate(() => {
      telling = false
      const { progress } = tracker
      const text = `${progress.fraction.toFixed(4)} ${progress.note}`
      if (text !== told) {
        told = text
        on.progress(progress)
      }
      if (picture) on.preview(picture.image, picture.mime)
      picture = null
    })
  }

  const socket = new ComfySocket(
    target,
    promptId,
    limits,
    {
      changed: () => bell(),
      message(message: ComfyMessage) {
        const { type, data } = message
        // After a reconnect the running node is named without its prompt; this socket knows one prompt only.
        const bare = type === 'executing' && data.prompt_id === undefined && typeof data.node === 'string'
        const ours = bare ? { type, data: { ...data, prompt_id: promptId } } : message
        if (ours.data.prompt_id !== promptId) return
        heardAt = performance.now()
        if (tracker.apply(ours)) {
          moved = true
          tellSoon()
        }
        if (ENDS.has(type) || (type === 'executing' && data.node === null)) {
          ended = true
          bell()
        }
      },
      frame(frame) {
        if (frame.kind !== 'preview') return
        // The old form names no prompt, and pictures of prompts without a client are sent to everybody: one is
        // ours only while a node of ours runs.
        if (frame.promptId === null ? tracker.nodeId === null : frame.promptId !== promptId) return
        heardAt = performance.now()
        moved = true
        picture = { image: frame.image, mime: frame.mime }
        tellSoon()
      },
    },
    random,
  )

  const wait = (ms: number, signal: AbortSignal): Promise<void> => {
    signal.throwIfAborted()
    if (rung) {
      rung = false
      return Promise.resolve()
    }
    return new Promise((resolve, reject) => {
      const settle = (): void => {
        clearTimeout(timer)
        signal.removeEventListener('abort', settle)
        bell = keepRing
        if (signal.aborted) reject(signal.reason)
        else resolve()
      }
      const timer = setTimeout(settle, ms)
      signal.addEventListener('abort', settle, { once: true })
      bell = settle
    })
  }

  return {
    get connected() {
      return socket.connected
    },
    get ended() {
      return ended
    },
    get nodeId() {
      return tracker.nodeId
    },
    takeMoved() {
      const was = moved
      moved = false
      return was
    },
    quietMs: () => performance.now() - heardAt,
    wait,
    async ready(ms, signal) {
      // The first try decides: what follows it comes in its own time.
      if (!socket.connected) await wait(ms, signal)
    },
    reopen() {
      heardAt = performance.now()
      socket.reopen()
    },
    close: () => socket.close(),
  }
}
