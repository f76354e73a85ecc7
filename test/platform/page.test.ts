/** Pages of lists that are one statement of SQL, in any order, whatever happens in between. */
import t from 'tap'
import { cutSqlPage, type Page, type PageKey, pageSql, type SqlSort } from '../../core/platform/page.ts'
import { startDatabase } from '../support/postgres.ts'

const { pool } = await startDatabase(t, { empty: true })
await pool.query('create table shots (id integer primary key, name text not null, at timestamptz not null)')

type Shot = { id: number; name: string }

const BY_NAME: SqlSort = {
  direction: 'asc',
  columns: [
    ['s.name', 'text'],
    ['s.id', 'integer'],
  ],
}
const NEWEST: SqlSort = {
  direction: 'desc',
  columns: [
    ['s.at', 'timestamptz'],
    ['s.id', 'integer'],
  ],
}

async function pageOf(sort: SqlSort, page: Partial<Page>) {
  const asked = { limit: 2, offset: 0, after: null, ...page }
  const { key, after, rest, values } = pageSql(sort, asked, [0])
  const { rows } = await pool.query<Shot & { page_key: PageKey }>(
    `select s.id, s.name, ${key} from shots s where s.id > $1 and ${after} ${rest}`,
    values,
  )
  return cutSqlPage<Shot>(rows, asked)
}

/** All ids in order, page by page; `between` is done after each. */
async function walk(sort: SqlSort, between: () => Promise<unknown> = async () => {}): Promise<number[]> {
  const ids: number[] = []
  let after: PageKey | null = null
  do {
    const found = await pageOf(sort, { after })
    ids.push(...found.rows.map(({ id }) => id))
    after = found.next
    await between()
  } while (after)
  return ids
}

t.beforeEach(async () => {
  await pool.query('truncate shots')
  // Microseconds apart: finer than a Date can tell.
  await pool.query(
    `insert into shots values (1, 'b', '2026-01-01T00:00:00.000001Z'), (2, 'a"\\,', '2026-01-01T00:00:00.000003Z'),
       (3, 'b', '2026-01-01T00:00:00.000002Z'), (4, '{x}', '2026-01-01T00:00:00.000004Z'), (5, 'a', '2026-01-01T00:00:00.000003Z')`,
  )
})

t.test('every row comes once, in order, whatever its name holds and however close the times', async (t) => {
  t.strictSame(await walk(BY_NAME), [5, 2, 1, 3, 4])
  t.strictSame(await walk(NEWEST), [4, 5, 2, 3, 1])
})

t.test('rows that come in between move no others', async (t) => {
  let next = 100
  const ids = await walk(NEWEST, () => pool.query(`insert into shots values ($1, 'new', now())`, [next++]))
  t.strictSame(ids, [4, 5, 2, 3, 1])
})

t.test('the last page says so; an offset counts from the start, and a key makes it moot', async (t) => {
  t.strictSame(await pageOf(BY_NAME, { limit: 5 }), {
    rows: [5, 2, 1, 3, 4].map((id) => ({ id, name: { 5: 'a', 2: 'a"\\,', 1: 'b', 3: 'b', 4: '{x}' }[id] })),
    next: null,
  })
  const { rows, next } = await pageOf(BY_NAME, { offset: 3 })
  t.strictSame(
    rows.map(({ id }) => id),
    [3, 4],
  )
  t.equal(next, null)
  t.strictSame(
    (await pageOf(BY_NAME, { after: ['b', '1'], offset: 3 })).rows.map(({ id }) => id),
    [3, 4],
  )
})
