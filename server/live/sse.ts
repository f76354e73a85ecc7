/** A job's events as server-sent events. */
import type { ServerResponse } from 'node:http'
import { TERMINAL_STATUSES } from '../../core/jobs/types.ts'
import type { FeedEvent } from './feed.ts'

export type SseOptions = {
  batches: AsyncIterable<readonly FeedEvent[]>
  /** Events up to here were stored before the stream began: they are sent no faster than the reader takes them. */
  replayUntil: number
  /** Aborts when the stream has to end for a reason of ours. */
  signal: AbortSignal
  keepAliveMs: number
  stallMs: number
}

/** What may wait for a reader that does not take it. */
const MAX_WAITING_BYTES = 1024 * 1024

export const isTerminalEvent = (event: FeedEvent): boolean =>
  (TERMINAL_STATUSES as readonly string[]).includes(event.eventType)

export const sseFrame = (event: FeedEvent): string =>
  `id: ${event.jobId}:${event.sequence}\nevent: ${event.eventType}\ndata: ${event.payload}\n\n`

/** The number after the last colon of a Last-Event-ID; null when there is none. */
export function lastEventSequence(lastEventId: string | undefined): number | null {
  const digits = /^(?:.*:)?(\d{1,15})$/.exec(lastEventId?.trim() ?? '')?.[1]
  return digits === undefined ? null : Number(digits)
}

/** Resolves when the reader has taken what was written; false when it took nothing for `limitMs`, or is gone. */
function drained(response: ServerResponse, limitMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const finish = (took: boolean) => () => {
      clearTimeout(timer)
      response.off('drain', onDrain)
      response.off('close', onClose)
      resolve(took)
    }
    const onDrain = finish(true)
    const onClose = finish(false)
    const timer = setTimeout(onClose, limitMs)
    response.once('drain', onDrain)
    response.once('close', onClose)
  })
}

/**
 * Writes the stream and ends the response: after the terminal event, when `signal` aborts, or when the reader is too
 * slow. Resolves with the reason; never rejects.
 */
export async function writeEventStream(
  response: ServerResponse,
  { batches, replayUntil, signal, keepAliveMs, stallMs }: SseOptions,
): Promise<'finished' | 'closing' | 'slow reader' | 'reader gone' | 'failed'> {
  const keepAlive = setInterval(() => {
    if (!response.destroyed && response.writableLength < MAX_WAITING_BYTES) response.write(': keep-alive\n\n')
  }, keepAliveMs)
  try {
    response.write('retry: 2000\n\n')
    for await (const batch of batches) {
      for (const event of batch) {
        const ready = response.write(sseFrame(event))
        if (isTerminalEvent(event)) return 'finished'
        if (response.destroyed) return 'reader gone'
        // What is stored can wait in the table; what is live waits here, up to the limit.
        const isReplay = event.sequence <= replayUntil
        const inTime = isReplay
          ? ready || (await drained(response, stallMs))
          : response.writableLength <= MAX_WAITING_BYTES
        if (!inTime) {
          response.destroy()
          return 'slow reader'
        }
      }
    }
    if (response.destroyed) return 'reader gone'
    if (signal.aborted) response.write(': reconnect\n\n')
    return 'closing'
  } catch {
    return 'failed'
  } finally {
    clearInterval(keepAlive)
    response.end()
  }
}
