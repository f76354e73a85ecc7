/** What was made once, by what made it: within one scope and one stage, and not beyond. */
import t from 'tap'
import { userUrn } from '../../core/access/owner.ts'
import { clipMeta } from '../../core/jobs/cached-clips.ts'
import {
  type CachedObject,
  findCached,
  forgetCached,
  storeCached,
  touchCached,
} from '../../core/jobs/content-cache.ts'
import { migrateDown, migrateUp } from '../../migrations/migrate.ts'
import { buildUser } from '../support/builders.ts'
import { startDatabase } from '../support/postgres.ts'

const { pool } = await startDatabase(t)

const KEY = 'a'.repeat(64)
const anEntry = (over: Partial<CachedObject> = {}): CachedObject => ({
  contentKey: KEY,
  objectKey: 'user/x/clips/1.mp4',
  sha256: 'b'.repeat(64),
  sizeBytes: 12,
  meta: { frames: 48, keyFrames: [0, 24] },
  ...over,
})
const aScope = async (): Promise<string> => userUrn((await buildUser(pool)).userId)

t.test('an entry is found as it was stored, in its scope and stage alone', async (t) => {
  const [scope, other] = [await aScope(), await aScope()]
  await storeCached(pool, scope, 'clip', anEntry())
  t.strictSame([...(await findCached(pool, scope, 'clip', [KEY, 'c'.repeat(64)])).values()], [anEntry()])
  t.equal((await findCached(pool, other, 'clip', [KEY])).size, 0)
  t.equal((await findCached(pool, scope, 'film', [KEY])).size, 0)
})

t.test('the first entry stays when two workers made the same', async (t) => {
  const scope = await aScope()
  await storeCached(pool, scope, 'join', anEntry())
  await storeCached(pool, scope, 'join', anEntry({ objectKey: 'user/x/clips/2.mp4' }))
  t.match((await findCached(pool, scope, 'join', [KEY])).get(KEY), { objectKey: 'user/x/clips/1.mp4' })
})

t.test('every use counts; a forgotten entry is gone', async (t) => {
  const scope = await aScope()
  await storeCached(pool, scope, 'audio', anEntry())
  await touchCached(pool, scope, 'audio', [KEY])
  await touchCached(pool, scope, 'audio', [KEY])
  const { rows } = await pool.query('select hits from content_cache where scope = $1', [scope])
  t.strictSame(rows, [{ hits: 2 }])
  await forgetCached(pool, scope, 'audio', [KEY])
  t.equal((await findCached(pool, scope, 'audio', [KEY])).size, 0)
})

t.test('clips of the time before stages are carried over', async (t) => {
  const { url, pool } = await startDatabase(t)
  const isThere = async (table: string): Promise<boolean> =>
    (await pool.query('select to_regclass($1) is not null as there', [table])).rows[0].there
  while (!(await isThere('scene_cache'))) await migrateDown(url)
  const scope = userUrn((await buildUser(pool)).userId)
  await pool.query(
    `insert into scene_cache (scope, content_key, object_key, sha256, size_bytes, frames, key_frames, hits)
     values ($1, $2, 'k.mp4', $3, 7, 48, '{0,24}', 3)`,
    [scope, KEY, 'b'.repeat(64)],
  )
  await migrateUp(url)
  const clip = (await findCached(pool, scope, 'clip', [KEY])).get(KEY)!
  t.match(clip, { objectKey: 'k.mp4', sizeBytes: 7 })
  t.strictSame(clipMeta(clip), { frames: 48, keyFrames: [0, 24] })
  const { rows } = await pool.query('select hits from content_cache')
  t.strictSame(rows, [{ hits: 3 }])
})
