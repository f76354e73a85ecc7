/** Files on their way to the library: three at once, each with its own end. One that fails keeps no other back. */
import { ApiError, ask, Offline } from '../../api/client.ts'
import { ofLimit, size } from './search.ts'

const TYPES: Readonly<Record<string, string>> = {
  png: 'image/png',
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  webp: 'image/webp',
  mp3: 'audio/mpeg',
  wav: 'audio/wav',
  ogg: 'audio/ogg',
  mp4: 'video/mp4',
}
export const ENDINGS = Object.keys(TYPES)
const LARGEST = 52_428_800
const AT_ONCE = 3

export type Sending = {
  id: number
  name: string
  state: 'waiting' | 'sending' | 'checking' | 'lost' | 'refused' | 'full'
  /** 0 to 1 */
  share: number
  /** What is wrong, or what is to be known. */
  words: string
}

const typeOf = (name: string): string | undefined => TYPES[name.split('.').at(-1)?.toLowerCase() ?? '']

/** Why a file is not worth sending; null when it is. */
export function refusalOf({ name, size: bytes }: { name: string; size: number }): string | null {
  if (!typeOf(name)) return 'not taken: PNG, JPEG, WEBP, MP3, WAV, OGG or MP4'
  if (bytes === 0) return 'not taken: it is empty'
  return bytes > LARGEST ? `too large: ${size(bytes)}, limit ${size(LARGEST)}` : null
}

class Lost extends Error {}

/** Puts the bytes where the store wants them. Unlike fetch, XMLHttpRequest tells how much has gone. */
function put(
  file: File,
  target: { upload_url: string; upload_method: string; upload_headers: Record<string, unknown> },
  onShare: (share: number) => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest()
    request.open(target.upload_method, target.upload_url)
    for (const [name, value] of Object.entries(target.upload_headers)) {
      // Browsers set the length themselves, and let nobody else.
      if (name.toLowerCase() !== 'content-length') request.setRequestHeader(name, String(value))
    }
    request.upload.onprogress = ({ loaded, total }) => onShare(total > 0 ? loaded / total : 0)
    request.onload = () =>
      request.status < 300 ? resolve() : reject(new Error(`the store answered ${request.status}`))
    request.onerror = () => reject(new Lost())
    request.send(file)
  })
}

/** @param onReady a file has arrived and was found good */
export function createUploads(onReady: (owner: string) => void) {
  const listeners = new Set<() => void>()
  const held = new Map<number, { file: File; owner: string }>()
  let list: readonly Sending[] = []
  let nextId = 0
  let running = 0

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

  async function send(id: number): Promise<void> {
    const { file, owner } = held.get(id)!
    let share = 0
    change(id, { state: 'sending', share })
    try {
      const upload = await ask((api, signal) =>
        api.POST('/v1/assets/upload-url', {
          body: {
            filename: file.name,
            content_type: typeOf(file.name) as 'image/png',
            size_bytes: file.size,
            owner,
          },
          signal,
        }),
      )
      await put(file, upload, (next) => {
        share = next
        change(id, { share })
      })
      change(id, { state: 'checking', share: 1 })
      await ask((api, signal) =>
        api.POST('/v1/assets/{id}/confirm', { params: { path: { id: upload.asset.id } }, signal }),
      )
      drop(id)
      onReady(owner)
    } catch (error) {
      if (error instanceof Lost || error instanceof Offline)
        change(id, { state: 'lost', words: `Connection lost at ${Math.floor(share * 100)} %.` })
      else if (error instanceof ApiError && error.code === 'STORAGE_QUOTA_EXCEEDED') {
        const { used = 0, limit = 0 } = (error.details ?? {}) as { used?: number; limit?: number }
        change(id, { state: 'full', words: `Storage is full: ${ofLimit(used, limit)}.` })
      } else change(id, { state: 'refused', words: error instanceof Error ? error.message : String(error) })
    }
  }

  function pump(): void {
    while (running < AT_ONCE && navigator.onLine) {
      const next = list.find(({ state }) => state === 'waiting')
      if (!next) return
      running += 1
      send(next.id).finally(() => {
        running -= 1
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
    /** A new address takes the whole file: what had arrived is not kept. */
    goOn(id: number): void {
      change(id, { state: 'waiting', share: 0, words: 'Sent again from its beginning' })
      pump()
    },
    dismiss: drop,
    /** The network is back. */
    resume: pump,
  }
}

export type Uploads = ReturnType<typeof createUploads>
