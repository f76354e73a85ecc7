/** What the cache lets go of, what stays whatever the rules, and what becomes of the objects. */
import t from 'tap'
import { objectPrefix, userUrn } from '../../core/access/owner.ts'
import type { UserPrincipal } from '../../core/access/principal.ts'
import { evict, evictScope, removeUnreferenced } from '../../core/jobs/cache-eviction.ts'
import {
  type CacheStage,
  findCached,
  replaceCached,
  storeCached,
  touchCached,
} from '../../core/jobs/content-cache.ts'
import { announceObject, claimStep, finishStep } from '../../core/jobs/steps.ts'
import { completeJob, startJob } from '../../core/jobs/transitions.ts'
import { transaction } from '../../core/platform/database.ts'
import { anOutput, buildJob, buildUser, stepOf } from '../support/builders.ts'
import { startDatabase } from '../support/postgres.ts'
import { race } from '../support/race.ts'

const { pool } = await startDatabase(t)
const DAY_S = 86_400
const RULES = { unusedS: 30 * DAY_S, maxBytes: 0 }
let made = 0

/** An entry that was used so many days ago. */
async function entry(
  scope: string,
  daysAgo: number,
  over: { stage?: CacheStage; sizeBytes?: number; objectKey?: string } = {},
) {
  made += 1
  const contentKey = made.toString(16).padStart(64, '0')
  const { stage = 'clip', sizeBytes = 10, objectKey = `${objectPrefix(scope)}clips/${contentKey}.mp4` } = over
  await storeCached(pool, scope, stage, { contentKey, objectKey, sha256: contentKey, sizeBytes, meta: {} })
  await pool.query(
    `update content_cache set last_used_at = now() - make_interval(secs => $3)
     where scope = $1 and content_key = $2`,
    [scope, contentKey, daysAgo * DAY_S],
  )
  return { contentKey, objectKey, stage }
}
const isThere = async (scope: string, { contentKey, stage }: { contentKey: string; stage: CacheStage }) =>
  (await findCached(pool, scope, stage, [contentKey])).has(contentKey)
const aPerson = async () => {
  const user = await buildUser(pool)
  return { user, scope: userUrn(user.userId) }
}
/** A job with a scene that was taken from the cache. */
const aJobWith = (user: UserPrincipal, objectKey: string) =>
  buildJob(pool, user, {
    steps: [{ kind: 'scene', key: 'a', task: 'scene.preview', result: { objectKey, reused: true } }],
  })
async function complete(jobId: string, objectKey: string) {
  const output = anOutput(jobId)
  await transaction(pool, async (client) => {
    await startJob(client, jobId, 'w')
    await client.query(
      `update job_steps set state = 'canceled', finished_at = now() where job_id = $1 and state <> 'done'`,
      [jobId],
    )
    await completeJob(client, jobId, {
      ...output,
      scene_clips: [{ scene_id: 'a', key: objectKey, duration: 1, reused: true }],
    })
  })
}

t.test('what nobody used for thirty days goes, and its objects are looked at', async (t) => {
  const { scope } = await aPerson()
  const [old, young] = [await entry(scope, 31), await entry(scope, 29)]
  t.strictSame(await evictScope(pool, scope, RULES, { dryRun: true }), { entries: 1, bytes: 10 })
  t.ok(await isThere(scope, old), 'a dry run takes nothing')
  t.strictSame(await evictScope(pool, scope, RULES), { entries: 1, bytes: 10 })
  t.strictSame([await isThere(scope, old), await isThere(scope, young)], [false, true])
  const { rows } = await pool.query(
    `select payload from graphile_worker._private_jobs where payload ->> 'scope' = $1`,
    [scope],
  )
  t.match(rows, [{ payload: { object_keys: [old.objectKey] } }])
})

t.test('above the limit the longest unused go first, in this scope alone', async (t) => {
  const [{ scope }, { scope: other }] = [await aPerson(), await aPerson()]
  const entries = [await entry(scope, 3), await entry(scope, 2), await entry(scope, 1)]
  const theirs = await entry(other, 5)
  const evicted = await evict(pool, { ...RULES, maxBytes: 25 }, { scope })
  t.strictSame([...evicted], [[scope, { entries: 1, bytes: 10 }]])
  t.strictSame(await Promise.all(entries.map((one) => isThere(scope, one))), [false, true, true])
  t.ok(await isThere(other, theirs))
})

t.test('one stage alone, when it is named', async (t) => {
  const { scope } = await aPerson()
  const [clip, voice] = [await entry(scope, 1), await entry(scope, 1, { stage: 'voice' })]
  await evictScope(pool, scope, { unusedS: 0, maxBytes: 0, stage: 'voice' })
  t.strictSame([await isThere(scope, clip), await isThere(scope, voice)], [true, false])
})

t.test('what an unfinished job counts on stays, and what the output of a finished one shows', async (t) => {
  const { user, scope } = await aPerson()
  const [running, shown, free] = [await entry(scope, 90), await entry(scope, 90), await entry(scope, 90)]
  await aJobWith(user, running.objectKey)
  const done = await aJobWith(user, shown.objectKey)
  await complete(done, shown.objectKey)
  t.strictSame(await evictScope(pool, scope, RULES), { entries: 1, bytes: 10 })
  t.strictSame(await Promise.all([running, shown, free].map((one) => isThere(scope, one))), [
    true,
    true,
    false,
  ])
  await pool.query('delete from jobs where id = $1', [done])
  t.strictSame(await evictScope(pool, scope, RULES), { entries: 1, bytes: 10 }, 'it goes after its job')
})

t.test('what was used in the last minutes stays whatever the rules', async (t) => {
  const { scope } = await aPerson()
  const fresh = await entry(scope, 0)
  t.strictSame(await evictScope(pool, scope, { unusedS: 0, maxBytes: 1 }), { entries: 0, bytes: 0 })
  t.ok(await isThere(scope, fresh))
})

t.test('a plan that holds an entry first keeps it; one that comes later finds it gone', async (t) => {
  const { scope } = await aPerson()
  const [held, late] = [await entry(scope, 40), await entry(scope, 40)]
  const plan = await pool.connect()
  await plan.query('begin')
  t.strictSame([...(await touchCached(plan, scope, 'clip', [held.contentKey]))], [held.contentKey])
  t.strictSame(await evictScope(pool, scope, RULES), { entries: 1, bytes: 10 }, 'passed over, not waited for')
  await plan.query('commit')
  plan.release()
  t.ok(await isThere(scope, held))
  t.equal((await touchCached(pool, scope, 'clip', [late.contentKey])).size, 0)
  t.strictSame(await evictScope(pool, scope, RULES), { entries: 0, bytes: 0 }, 'it was used just now')
})

t.test('a use that commits while eviction has the entry in view wins', async (t) => {
  const { scope } = await aPerson()
  const one = await entry(scope, 40)
  const lock = { text: 'lock table content_cache in access exclusive mode', values: [] }
  const [held, evicted] = await race(
    pool,
    lock,
    () => touchCached(pool, scope, 'clip', [one.contentKey]),
    () => evictScope(pool, scope, RULES),
  )
  t.equal(held.size + evicted.entries, 1, 'one of the two, never both')
  t.equal(await isThere(scope, one), held.size === 1)
})

t.test('an object goes when nothing needs it: no entry, no job, no step about to store it', async (t) => {
  const { user, scope } = await aPerson()
  const prefix = objectPrefix(scope)
  const key = (n: number) => `${prefix}clips/${n.toString(16).padStart(64, 'f')}.mp4`
  const removed: string[] = []
  const remove = async (keys: readonly string[]) => void removed.push(...keys)

  await entry(scope, 1, { objectKey: key(1) })
  await aJobWith(user, key(2))
  const jobId = await buildJob(pool, user, {
    steps: [{ kind: 'scene', key: 'b', task: 'scene.preview', contentKey: 'e'.repeat(64) }],
  })
  const { id } = await stepOf(pool, jobId, 'scene', 'b')
  const step = (await transaction(pool, (client) => claimStep(client, id, 'w')))!
  t.ok(await transaction(pool, (client) => announceObject(client, step, key(3))))
  t.ok(await transaction(pool, (client) => announceObject(client, step, key(3))), 'said twice is said')
  const foreign = [
    `${prefix}jobs/${jobId}/final.mp4`,
    `user/someone/clips/${'a'.repeat(64)}.mp4`,
    `${prefix}assets/x.png`,
  ]

  t.strictSame(await removeUnreferenced(pool, scope, [1, 2, 3, 4].map(key).concat(foreign), remove), [key(4)])
  t.strictSame(removed, [key(4), key(4).replace('.mp4', '.jpg')], 'with its still')

  await transaction(pool, (client) => finishStep(client, step, {}))
  t.equal(
    await transaction(pool, (client) => announceObject(client, step, key(5))),
    false,
    'the step is through',
  )
  t.strictSame(await removeUnreferenced(pool, scope, [key(3)], remove), [key(3)])
})

t.test('an object is not removed while a step says that it will store it', async (t) => {
  const { user, scope } = await aPerson()
  const objectKey = `${objectPrefix(scope)}clips/${'9'.repeat(64)}.mp4`
  const jobId = await buildJob(pool, user, { steps: [{ kind: 'scene', key: 'a', task: 'scene.preview' }] })
  const { id } = await stepOf(pool, jobId, 'scene', 'a')
  const step = (await transaction(pool, (client) => claimStep(client, id, 'w')))!
  const lock = {
    text: `select pg_advisory_xact_lock(hashtextextended('object:' || $1, 0))`,
    values: [objectKey],
  }
  const order: string[] = []
  await race(
    pool,
    lock,
    () =>
      transaction(pool, (client) => announceObject(client, step, objectKey)).then(() =>
        order.push('announced'),
      ),
    () => removeUnreferenced(pool, scope, [objectKey], async () => void order.push('removed')),
  )
  t.strictSame(order, ['announced'])
})

t.test('an entry that is replaced leaves its object to be looked at', async (t) => {
  const { scope } = await aPerson()
  const { contentKey, objectKey } = await entry(scope, 1)
  const next = { contentKey, objectKey: `${objectKey}2`, sha256: contentKey, sizeBytes: 7, meta: {} }
  await transaction(pool, (client) => replaceCached(client, scope, 'clip', next))
  t.match((await findCached(pool, scope, 'clip', [contentKey])).get(contentKey), next)
  const { rows } = await pool.query(
    `select payload -> 'object_keys' as keys from graphile_worker._private_jobs where payload ->> 'scope' = $1`,
    [scope],
  )
  t.strictSame(rows, [{ keys: [objectKey] }])
})
