/** Lists that come from the server in pages, and what stands in their place. */
import { type QueryKey, useInfiniteQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { wordsOf } from '../pages/faults.tsx'
import { Button } from './controls.tsx'
import styles from './list.module.css'

const PAGE_ROWS = 60

export type PageQuery = { limit: number; cursor?: string }
type Rows<T> = { rows: T[]; next: string | null }
type Answer<T> = { data: T[]; headers: Headers }

/**
 * A list of the API, read page by page.
 * @param read asks for one page; its reply's headers name the next one
 * @param options `followMs`: after how long it is read again by itself
 */
export function usePages<T>(
  queryKey: QueryKey,
  read: (page: PageQuery, signal: AbortSignal) => Promise<Answer<T>>,
  options: { enabled?: boolean; followMs?: (rows: readonly T[]) => number | false } = {},
) {
  const query = useInfiniteQuery({
    queryKey,
    enabled: options.enabled ?? true,
    initialPageParam: null as string | null,
    queryFn: async ({ pageParam, signal }): Promise<Rows<T>> => {
      const page: PageQuery = { limit: PAGE_ROWS, ...(pageParam === null ? {} : { cursor: pageParam }) }
      const { data, headers } = await read(page, signal)
      return { rows: data, next: headers.get('x-next-cursor') }
    },
    getNextPageParam: ({ next }: Rows<T>) => next,
    refetchInterval: ({ state }) =>
      options.followMs?.(state.data?.pages.flatMap((page) => page.rows) ?? []) ?? false,
  })
  return { ...query, rows: query.data?.pages.flatMap((page) => page.rows) }
}

type Pages = Pick<
  ReturnType<typeof usePages>,
  'rows' | 'error' | 'refetch' | 'hasNextPage' | 'isFetchingNextPage' | 'fetchNextPage'
>

/** Name, action and rows of one list; `empty` is one sentence, with the action that ends the emptiness. */
export function ListSection({
  name,
  action,
  empty,
  pages,
  isEmpty = pages.rows?.length === 0,
  children,
}: {
  name: string
  action?: ReactNode
  empty: ReactNode
  pages: Pages
  isEmpty?: boolean
  children: ReactNode
}) {
  return (
    <section className={styles.section} aria-label={name}>
      <header className={styles.head}>
        <h2>{name}</h2>
        {isEmpty ? null : action}
      </header>
      {pages.error ? (
        <p role="alert" className={styles.fault}>
          {wordsOf(pages.error)}
          <Button onClick={() => pages.refetch()}>Try again</Button>
        </p>
      ) : pages.rows === undefined ? (
        <div className={styles.bones} aria-hidden="true">
          <i />
          <i />
          <i />
        </div>
      ) : isEmpty ? (
        <div className={styles.empty}>
          <p>{empty}</p>
          {action}
        </div>
      ) : (
        <>
          {children}
          {pages.hasNextPage ? (
            <Button disabled={pages.isFetchingNextPage} onClick={() => pages.fetchNextPage()}>
              Show more
            </Button>
          ) : null}
        </>
      )}
    </section>
  )
}
