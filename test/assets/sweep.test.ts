/** Objects without a row are found and left to the queue; what is young, or has a row, stays. */
import t from 'tap'
import { sweepObjects } from '../../core/assets/sweep.ts'
import { newId } from '../../core/platform/ids.ts'
import { buildJob, buildUser } from '../support/builders.ts'
import { startDatabase } from '../support/postgres.ts'
import { startStore } from '../support/store.ts'

const [{ pool }, { store }] = await Promise.all([startDatabase(t), startStore(t)])
const DAY_MS = 86_400_000

t.test('folders without a row, older than a day', async (t) => {
  const user = await buildUser(pool)
  const job = await buildJob(pool, user)
  const signal = new AbortController().signal
  const now = Date.now()
  const [lost, young] = [newId(now - 2 * DAY_MS), newId(now)]
  const of = (kind: string, id: string) => `user/${user.userId}/${kind}/${id}/`
  const bytes = Buffer.from('x')
  for (const key of [
    `${of('jobs', lost)}film.mp4`,
    `${of('jobs', lost)}thumbnail.jpg`,
    `${of('assets', lost)}a.png`,
    `${of('assets', young)}a.png`,
    `${of('jobs', job)}film.mp4`,
    `user/${user.userId}/clips/abc.mp4`,
    `team/${user.userId}/shared/jobs/${lost}/film.mp4`,
  ])
    await store.putBytes(key, bytes, 'video/mp4', signal)

  const orphans = [of('assets', lost), of('jobs', lost), `team/${user.userId}/shared/jobs/${lost}/`].sort()
  t.strictSame((await sweepObjects(pool, store, { remove: false, now, signal })).sort(), orphans)
  const queued = () =>
    pool.query<{ prefix: string }>(
      `select payload ->> 'prefix' as prefix from graphile_worker._private_jobs where key like 'objects:%' order by 1`,
    )
  t.equal((await queued()).rowCount, 0, 'a look removes nothing')
  // A day later the job is old enough to be asked about, and has its row.
  await sweepObjects(pool, store, { remove: true, now: now + 2 * DAY_MS, signal })
  t.strictSame(
    (await queued()).rows.map(({ prefix }) => prefix),
    [...orphans, of('assets', young)].sort(),
  )
  await t.rejects(sweepObjects(pool, store, { remove: false, now, signal: AbortSignal.abort() }), {
    name: 'AbortError',
  })
})
