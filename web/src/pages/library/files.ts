/** The files of an owner, where they are used, and what they take up: one request a hundred files. */
import { queryOptions } from '@tanstack/react-query'
import { type Asset, askWithHeaders } from '../../api/client.ts'

const PAGE = 100
/** More than these are found by their name in the API. */
const MOST_FILES = 1_000

type Library = { files: Asset[]; storage: { used: number; limit: number } | null }

export const libraryQuery = (owner: string) =>
  queryOptions({
    queryKey: ['assets', owner, 'library'],
    queryFn: async ({ signal }): Promise<Library> => {
      let files: Asset[] = []
      let storage: Library['storage'] = null
      for (let cursor: string | null | undefined; cursor !== null && files.length < MOST_FILES; ) {
        const { data, headers } = await askWithHeaders(
          (api, limit) =>
            api.GET('/v1/assets', {
              params: {
                query: {
                  owner,
                  status: 'ready',
                  include: 'usage',
                  limit: PAGE,
                  ...(cursor ? { cursor } : {}),
                },
              },
              signal: limit,
            }),
          signal,
        )
        files = [...files, ...data]
        const [used, most] = [headers.get('x-storage-used'), headers.get('x-storage-limit')]
        if (used !== null && most !== null) storage = { used: Number(used), limit: Number(most) }
        cursor = headers.get('x-next-cursor')
      }
      return { files, storage }
    },
    // A storyboard may have been saved since the last visit.
    staleTime: 0,
  })
