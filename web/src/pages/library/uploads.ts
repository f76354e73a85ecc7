/** Files on their way to the library: three at once, each with its own end. One that fails keeps no other back. */
import { ApiError, Offline } from '../../api/client.ts'
import { abandon, Lost, refusalOf, transfer } from '../../transfer.ts'
import { ofLimit } from './search.ts'

const AT_ONCE = 3

export type Sending = {
  id: number
  name: string
  state: 'waiting' | 'sending' | 'checking' | 'lost' | 'refused' | 'full'
  /** 0 to 1 */
  share: number
  /** What is wrong. */
  words: string
}

/** What a failure leaves of an upload: a loss while there is no network is no loss, it waits. */
function failed(error: unknown, share: number, isOnline: boolean): Partial<Sending> {
  if (error instanceof Lost || error instanceof Offline)
    return isOnline
      ? { state: 'lost', words: `Connection lost at ${Math.floor(share * 100)} %.` }
      : { state: 'waiting', words: '' }
  if (error instanceof ApiError && error.code === 'STORAGE_QUOTA_EXCEEDED') {
    const { used = 0, limit = 0 } = (error.details ?? {}) as { used?: number; limit?: number }
    return { state: 'full', words: `Storage is full: ${ofLimit(used, limit)}.` }
  }
  return { state: 'refused', words: error instanceof Error ? error.message : String(error) }
}

/** @param onReady a file has arrived and was found good */
export function createUploads(onReady: (owner: string) => void) {
  const listeners = new Set<() => void>()
  const held = new Map<number, { file: File; owner: string }>()
  const stops = new Set<AbortController>()
  let list: readonly Sending[] = []
  let nextId = 0

  const publish = (next: readonly Sending[]): void => {
    list = next
    for (const listener of listeners) listener()
  }
  const change = (id: number, part: Partial<Sending>): void =>
    publish(list.map((one) => (one.id === id ? { ...one, ...part } : one)))
  const drop = (id: number): void => {
    held.delete(id)
    publish(list.filter((one) => one.id !== id))
  }

  async function send(id: number, { signal }: AbortController): Promise<void> {
    const { file, owner } = held.get(id)!
    let share = list.find((one) => one.id === id)?.share ?? 0
    change(id, { state: 'sending', words: '' })
    try {
      await transfer(file, owner, {
        signal,
        onShare: (next) => {
          share = next
          change(id, { share })
        },
        onSent: () => change(id, { state: 'checking', share: 1 }),
      })
      drop(id)
      onReady(owner)
    } catch (error) {
      change(id, { share, ...failed(error, share, navigator.onLine) })
    }
  }

  function pump(): void {
    while (stops.size < AT_ONCE && navigator.onLine) {
      const next = list.find(({ state }) => state === 'waiting')
      if (!next) return
      const stop = new AbortController()
      stops.add(stop)
      send(next.id, stop).finally(() => {
        stops.delete(stop)
        pump()
      })
    }
  }

  return {
    subscribe(listener: () => void): () => void {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    list: (): readonly Sending[] => list,
    add(files: readonly File[], owner: string): void {
      const lines = files.map((file): Sending => {
        nextId += 1
        const refusal = refusalOf(file)
        if (refusal === null) held.set(nextId, { file, owner })
        return {
          id: nextId,
          name: file.name,
          state: refusal === null ? 'waiting' : 'refused',
          share: 0,
          words: refusal ?? '',
        }
      })
      publish([...list, ...lines])
      pump()
    },
    goOn(id: number): void {
      change(id, { state: 'waiting', words: '' })
      pump()
    },
    /** Takes a line away; of a file that has not arrived nothing is kept. */
    dismiss(id: number): void {
      const sending = held.get(id)
      drop(id)
      if (sending) abandon(sending.file, sending.owner)
    },
    /** The network is gone: what is on its way waits for it. */
    pause(): void {
      for (const stop of stops) stop.abort()
    },
    /** The network is back. */
    resume: pump,
  }
}

export type Uploads = ReturnType<typeof createUploads>
