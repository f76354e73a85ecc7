/**
 * Lists in pages, stable while rows are added: a page begins after the sort key of the last row of the one before. A list
 * is sorted by columns that all go one way, the last of which tells rows apart. Two forms: lists of entities, and lists
 * that are one statement of SQL.
 */

/** Sort key of a row: the values of the sorted columns, as text. */
export type PageKey = readonly string[]

/** A page of a list: at most `limit` rows after `after`, or from `offset` when there is none. */
export type Page = { limit: number; offset: number; after: PageKey | null }

/** How a list of entities is sorted: names of its fields. */
export type EntitySort = { direction: 'asc' | 'desc'; fields: readonly string[] }

const NEWEST_FIRST: EntitySort = { direction: 'desc', fields: ['createdAt', 'id'] }

const textOf = (value: unknown): string => (value instanceof Date ? value.toISOString() : String(value))

/** The condition for entities after the page's key; nothing when there is none. */
export function afterKey({ after }: Page, { direction, fields }: EntitySort = NEWEST_FIRST): object {
  if (!after) return {}
  const beyond = direction === 'asc' ? '$gt' : '$lt'
  return {
    $or: fields.map((field, at) => ({
      ...Object.fromEntries(fields.slice(0, at).map((earlier, index) => [earlier, after[index]])),
      [field]: { [beyond]: after[at] },
    })),
  }
}

/** Order and bounds; one row more than asked for tells whether there is a next page. */
export const pageOptions = (page: Page, { direction, fields }: EntitySort = NEWEST_FIRST) => ({
  orderBy: fields.map((field) => ({ [field]: direction })),
  limit: page.limit + 1,
  ...(page.after ? {} : { offset: page.offset }),
})

/** The entities of the page, and the key that the next one begins after; null on the last page. */
export function cutPage<Row extends object>(
  found: Row[],
  page: Page,
  { fields }: EntitySort = NEWEST_FIRST,
): { rows: Row[]; next: PageKey | null } {
  const rows = found.slice(0, page.limit)
  const last = rows.at(-1) as Record<string, unknown>
  return { rows, next: found.length > page.limit ? fields.map((field) => textOf(last[field])) : null }
}

/** How a list in SQL is sorted: expressions of the statement with their types; none of them is ever null. */
export type SqlSort = {
  direction: 'asc' | 'desc'
  columns: readonly (readonly [expression: string, type: 'text' | 'uuid' | 'integer' | 'timestamptz'])[]
}

/**
 * A page of a statement in SQL.
 * @param values the statement's parameters so far; those of the page come after them
 * @returns `key` for its select list, `after` for its where clause, `rest` for its end, and all parameters
 */
export function pageSql({ direction, columns }: SqlSort, page: Page, values: readonly unknown[]) {
  const all = [...values]
  const parameter = (value: unknown): string => `$${all.push(value)}`
  const names = columns.map(([expression]) => expression)
  const bounds = page.after?.map((value, at) => `${parameter(value)}::${columns[at]?.[1]}`)
  const after = bounds
    ? `(${names.join(', ')}) ${direction === 'asc' ? '>' : '<'} (${bounds.join(', ')})`
    : 'true'
  const order = names.map((name) => `${name} ${direction}`).join(', ')
  return {
    // As text, which keeps the microseconds that a Date would lose.
    key: `array[${names.map((name) => `(${name})::text`).join(', ')}] as page_key`,
    after,
    rest: `order by ${order} limit ${parameter(page.limit + 1)} offset ${parameter(page.after ? 0 : page.offset)}`,
    values: all,
  }
}

/** The rows of the page without their keys, and the key that the next page begins after; null on the last one. */
export function cutSqlPage<Row extends object>(
  found: (Row & { page_key: PageKey })[],
  page: Page,
): { rows: Row[]; next: PageKey | null } {
  const rows = found.slice(0, page.limit)
  return {
    rows: rows.map(({ page_key: _, ...row }) => row as unknown as Row),
    next: found.length > page.limit ? (rows.at(-1)?.page_key ?? null) : null,
  }
}
