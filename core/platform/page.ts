/** Lists in pages: newest first, by time of making and id, stable while rows are added. */

/** Sort key of a row. */
export type PageKey = { createdAt: Date; id: string }

/** A page of a list: at most `limit` rows after `after`, or from `offset` when there is none. */
export type Page = { limit: number; offset: number; after: PageKey | null }

/** The condition for rows after the page's key; nothing when there is none. */
export function afterKey({ after }: Page): object {
  if (!after) return {}
  return {
    $or: [{ createdAt: { $lt: after.createdAt } }, { createdAt: after.createdAt, id: { $lt: after.id } }],
  }
}

/** Order and bounds; one row more than asked for tells whether there is a next page. */
export const pageOptions = (page: Page) => ({
  orderBy: [{ createdAt: 'desc' as const }, { id: 'desc' as const }],
  limit: page.limit + 1,
  ...(page.after ? {} : { offset: page.offset }),
})

/** The rows of the page, and the key that the next one begins after; null on the last page. */
export function cutPage<Row extends PageKey>(
  found: Row[],
  page: Page,
): { rows: Row[]; next: PageKey | null } {
  const last = found.length > page.limit ? found[page.limit - 1] : undefined
  return {
    rows: found.slice(0, page.limit),
    next: last ? { createdAt: last.createdAt, id: last.id } : null,
  }
}
