/** The sounds and pictures that a storyboard can name: those of Framecast and those of the team. */
import { queryOptions } from '@tanstack/react-query'
import { SYSTEM_ASSETS } from '../../core/storyboard/system-assets.ts'
import { type Asset, ask, askWithHeaders, type SystemAsset } from './api/client.ts'
import { lineSound } from './document/sounds.ts'
import type { Peaks } from './pages/editor/wave.ts'
import { Lost, refusalOf, transfer } from './transfer.ts'

export type { Peaks } from './pages/editor/wave.ts'

export type Sound = {
  id: string
  name: string
  words: string
  category: SystemAsset['category'] | 'team'
  seconds: number | null
  peaks: Peaks | null
  /** Whether there is a file to hear. */
  isThere: boolean
}

/** Where spoken lines are heard: they have no id that the server could be asked for. */
const lineAddresses = new Map<string, string>()

/** Lines of a project that renders have had spoken already, as sounds. */
export const spokenLinesQuery = (projectId: string, revision: number, lastJob: string | null) =>
  queryOptions({
    queryKey: ['projects', projectId, 'lines', revision, lastJob],
    queryFn: async ({ signal }): Promise<Sound[]> => {
      const lines = await ask(
        (api, limit) =>
          api.GET('/v1/projects/{id}/lines', { params: { path: { id: projectId } }, signal: limit }),
        signal,
      )
      return lines.map(({ speaker, text, duration_seconds, peaks, url }) => {
        const id = lineSound({ speaker, text })
        lineAddresses.set(id, url)
        const name = speaker ? `${speaker}: ${text}` : text
        return { id, name, words: '', category: 'team', seconds: duration_seconds, peaks, isThere: true }
      })
    },
    // Links hold for an hour.
    staleTime: 1_800_000,
    refetchInterval: 3_000_000,
    placeholderData: (before) => before,
  })

/** More than these are found by their name in the library. */
const MOST_ASSETS = 500
const PAGE = 100

const filesFrom = (owner: string, cursor: string | null, signal: AbortSignal) =>
  askWithHeaders<Asset[]>(
    (api, limit) =>
      api.GET('/v1/assets', {
        params: { query: { owner, status: 'ready', limit: PAGE, ...(cursor === null ? {} : { cursor }) } },
        signal: limit,
      }),
    signal,
  )

/** Files of a team that are ready, newest first. */
export const teamFilesQuery = (owner: string) =>
  queryOptions({
    queryKey: ['assets', owner, 'all'],
    enabled: owner !== '',
    queryFn: async ({ signal }): Promise<Asset[]> => {
      const first = await filesFrom(owner, null, signal)
      let files = first.data
      for (let next = first.headers.get('x-next-cursor'); next && files.length < MOST_ASSETS; ) {
        const page = await filesFrom(owner, next, signal)
        files = [...files, ...page.data]
        next = page.headers.get('x-next-cursor')
      }
      return files
    },
    staleTime: 60_000,
  })

export const systemSoundsQuery = queryOptions({
  queryKey: ['system-assets', 'with-peaks'],
  queryFn: ({ signal }): Promise<SystemAsset[]> =>
    ask(
      (api, limit) => api.GET('/v1/system-assets', { params: { query: { limit: 100 } }, signal: limit }),
      signal,
    ),
  staleTime: 600_000,
})

/** Every sound, by id: the catalogue is known without asking, what is heard of it comes from the server. */
export function soundsOf(files: readonly Asset[] = [], system: readonly SystemAsset[] = []): Sound[] {
  const installed = new Map(system.map((sound) => [sound.id, sound]))
  return [
    ...files
      .filter(({ content_type }) => content_type.startsWith('audio/'))
      .map(
        (file): Sound => ({
          id: file.id,
          name: file.filename,
          words: 'Uploaded by the team',
          category: 'team',
          seconds: file.metadata.duration ?? null,
          peaks: file.metadata.peaks ?? null,
          isThere: true,
        }),
      ),
    ...SYSTEM_ASSETS.map(
      ({ id, name, description, category, seconds }): Sound => ({
        id,
        name,
        words: description,
        category,
        seconds,
        peaks: installed.get(id)?.peaks ?? null,
        isThere: installed.has(id),
      }),
    ),
  ]
}

export const pictureFiles = (files: readonly Asset[] = []): Asset[] =>
  files.filter(({ content_type }) => content_type.startsWith('image/'))

async function addressOf(id: string): Promise<string | undefined> {
  const line = lineAddresses.get(id)
  if (line) return line
  if (id.startsWith('asset_'))
    return (
      await ask((api, signal) => api.GET('/v1/system-assets/{id}', { params: { path: { id } }, signal }))
    ).preview_url
  return (await ask((api, signal) => api.GET('/v1/assets/{id}', { params: { path: { id } }, signal })))
    .download_url
}

export type Heard = { id: string | null; state: 'quiet' | 'coming' | 'playing'; fault: string | null }

/** One sound is heard at a time, wherever its button is. */
function createAudition() {
  const listeners = new Set<() => void>()
  let heard: Heard = { id: null, state: 'quiet', fault: null }
  let audio: HTMLAudioElement | null = null
  const publish = (next: Heard): void => {
    heard = next
    for (const listener of listeners) listener()
  }
  const stop = (): void => {
    audio?.pause()
    audio = null
    if (heard.id !== null) publish({ id: null, state: 'quiet', fault: null })
  }
  return {
    subscribe(listener: () => void): () => void {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    heard: (): Heard => heard,
    stop,
    /** Plays a sound from its beginning, or stops it when it is heard already. */
    async toggle(id: string, volume = 1): Promise<void> {
      const wasHeard = heard.id === id && heard.state !== 'quiet'
      stop()
      if (wasHeard) return
      publish({ id, state: 'coming', fault: null })
      try {
        const address = await addressOf(id)
        if (heard.id !== id) return
        if (!address) throw new Error('This sound has no file.')
        const element = new Audio(address)
        element.volume = Math.max(0, Math.min(1, volume))
        element.onended = stop
        audio = element
        await element.play()
        if (audio === element) publish({ id, state: 'playing', fault: null })
      } catch {
        // Another one may have been asked for meanwhile.
        if (heard.id === id) publish({ id, state: 'quiet', fault: 'This sound cannot be played here.' })
      }
    },
  }
}

export const audition = createAudition()

/** Sends a file to the team's library and waits until the server has looked at it; sent again, it goes on. */
export async function uploadFile(file: File, owner: string): Promise<Asset> {
  const refusal = refusalOf(file)
  if (refusal) throw new Error(`${file.name}: ${refusal}`)
  try {
    return await transfer(file, owner, {
      onShare: () => {},
      onSent: () => {},
      signal: new AbortController().signal,
    })
  } catch (error) {
    throw error instanceof Lost
      ? new Error(`Connection lost. Choose ${file.name} again to go on.`, { cause: error })
      : error
  }
}
