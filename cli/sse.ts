/** Reading server-sent events. Pure: text in, messages out. */

export type SseMessage = { id: string; event: string; data: string }

/** Longer than any event of ours by far; a stream without line ends must not fill the memory. */
const LARGEST_BUFFER = 2 ** 20

/**
 * A parser for one connection. `push` takes text as it arrives, cut anywhere, and gives the messages that are complete.
 * @throws {Error} when more than 1 MiB comes without an end of message
 */
export function createSseParser(): { push(text: string): SseMessage[]; retryMs(): number | null } {
  let buffer = ''
  let id = ''
  let event = ''
  let data: string[] = []
  let retryMs: number | null = null

  function line(text: string, messages: SseMessage[]): void {
    if (text === '') {
      if (data.length > 0) messages.push({ id, event: event || 'message', data: data.join('\n') })
      event = ''
      data = []
      return
    }
    const colon = text.indexOf(':')
    if (colon === 0) return // a comment keeps the connection alive
    const field = colon < 0 ? text : text.slice(0, colon)
    const value = colon < 0 ? '' : text.slice(colon + 1).replace(/^ /, '')
    if (field === 'id') id = value
    else if (field === 'event') event = value
    else if (field === 'data') data.push(value)
    else if (field === 'retry' && /^\d{1,6}$/.test(value)) retryMs = Number(value)
  }

  return {
    push(text) {
      const messages: SseMessage[] = []
      buffer += text
      // A lone CR at the very end may be the first half of CRLF: it waits for what follows.
      for (;;) {
        const end = /\r\n|\n|\r(?!$)/.exec(buffer)
        if (!end) break
        line(buffer.slice(0, end.index), messages)
        buffer = buffer.slice(end.index + end[0].length)
      }
      if (buffer.length > LARGEST_BUFFER) throw new Error('an event is larger than 1 MiB')
      return messages
    },
    retryMs: () => retryMs,
  }
}
