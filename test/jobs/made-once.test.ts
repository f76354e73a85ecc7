/** Two steps that would make the same: one makes it, the other waits behind it and goes on whatever becomes of the first. */
import t from 'tap'
import type { UserPrincipal } from '../../core/access/principal.ts'
import { claimStep, finishStep, handBackStep, retryStep } from '../../core/jobs/steps.ts'
import { sweep } from '../../core/jobs/sweep.ts'
import { cancelJob, failJob } from '../../core/jobs/transitions.ts'
import { transaction } from '../../core/platform/database.ts'
import { buildJob, buildMember, buildTeam, buildUser, queueRows, stepOf } from '../support/builders.ts'
import { startDatabase } from '../support/postgres.ts'

const { pool } = await startDatabase(t)

let keys = 0
const newKey = (): string => {
  keys += 1
  return keys.toString(16).padStart(64, '0')
}
const claim = (stepId: string) => transaction(pool, (client) => claimStep(client, stepId, 'w1'))

/** A job with one scene step of this key, and that step's id. */
async function aScene(
  user: UserPrincipal,
  contentKey: string,
  over: { owner?: string; cache?: string } = {},
): Promise<{ jobId: string; stepId: string }> {
  const jobId = await buildJob(pool, user, {
    ...(over.owner && { owner: over.owner }),
    steps: [
      {
        kind: 'scene',
        key: 'a',
        task: 'scene.preview',
        engine: 'preview',
        contentKey,
        input: { cache: over.cache ?? 'use' },
      },
    ],
  })
  return { jobId, stepId: (await stepOf(pool, jobId, 'scene', 'a')).id }
}

const stateOf = async (stepId: string): Promise<string> =>
  (await pool.query('select state from job_steps where id = $1', [stepId])).rows[0].state

/** A running step, and another one parked behind it. */
async function aPair() {
  const user = await buildUser(pool)
  const key = newKey()
  const [first, second] = [await aScene(user, key), await aScene(user, key)]
  const held = (await claim(first.stepId))!
  const parked = await claim(second.stepId)
  return { user, key, first, second, held, parked }
}

t.test('the second waits without a lease, and the bell is rung when the first is through', async (t) => {
  const { second, held, parked } = await aPair()
  t.equal(parked, null)
  t.match(await stepOf(pool, second.jobId, 'scene', 'a'), { state: 'waiting', lease_owner: null, attempt: 0 })
  await pool.query(`delete from graphile_worker._private_jobs where payload ->> 'step_id' = $1`, [
    second.stepId,
  ])
  await transaction(pool, (client) => finishStep(client, held, {}))
  t.equal(await stateOf(second.stepId), 'ready')
  t.equal((await queueRows(pool, second.stepId)).length, 1)
  t.ok(await claim(second.stepId))
})

const ENDS: Record<string, (pair: Awaited<ReturnType<typeof aPair>>) => Promise<unknown>> = {
  'is tried again later': ({ held }) =>
    transaction(pool, (client) =>
      retryStep(
        client,
        held,
        { code: 'x', message: 'x' },
        { delayS: 60, counted: true, forgetRemoteId: true },
      ),
    ),
  'is handed back': ({ held }) => transaction(pool, (client) => handBackStep(client, held)),
  'fails with its job': ({ first }) =>
    transaction(pool, (client) => failJob(client, first.jobId, 'system', { code: 'x', message: 'x' })),
  'is canceled': ({ first, user }) =>
    transaction(pool, (client) => cancelJob(client, first.jobId, user.userId)),
  'loses its worker': async ({ held }) => {
    await pool.query(`update job_steps set lease_until = now() - interval '1 minute' where id = $1`, [
      held.id,
    ])
    await sweep(pool, 1_800)
  },
  'is deleted': ({ first }) => pool.query('delete from jobs where id = $1', [first.jobId]),
}
for (const [what, end] of Object.entries(ENDS))
  t.test(`when the first ${what}, the second makes it`, async (t) => {
    const pair = await aPair()
    await end(pair)
    t.equal(await stateOf(pair.second.stepId), 'ready')
    t.ok(await claim(pair.second.stepId))
  })

t.test('a wake-up that met a locked row is made good by the sweeper', async (t) => {
  const { second, held } = await aPair()
  const client = await pool.connect()
  await client.query('begin')
  await client.query('select 1 from job_steps where id = $1 for update', [second.stepId])
  await transaction(pool, (other) => finishStep(other, held, {}))
  await client.query('rollback')
  client.release()
  t.equal(await stateOf(second.stepId), 'waiting')
  await sweep(pool, 1_800)
  t.equal(await stateOf(second.stepId), 'ready')
})

t.test('a parked step ends with its job, and its time runs like that of others', async (t) => {
  const { second, user } = await aPair()
  await transaction(pool, (client) => cancelJob(client, second.jobId, user.userId))
  t.equal(await stateOf(second.stepId), 'canceled')
  const late = await aPair()
  await pool.query(
    `update jobs set status = 'processing', created_at = now() - interval '2 hours', started_at = now() - interval '1 hour'
     where id = $1`,
    [late.second.jobId],
  )
  await sweep(pool, 1_800)
  t.equal(await stateOf(late.second.stepId), 'canceled')
})

t.test('of many claims of one key at once, one runs and the others wait', async (t) => {
  const user = await buildUser(pool)
  const key = newKey()
  const steps = []
  for (let n = 0; n < 5; n += 1) steps.push(await aScene(user, key))
  const claims = await Promise.all(steps.map(({ stepId }) => claim(stepId)))
  t.equal(claims.filter(Boolean).length, 1)
  const states = await Promise.all(steps.map(({ stepId }) => stateOf(stepId)))
  t.strictSame(states.toSorted(), ['running', 'waiting', 'waiting', 'waiting', 'waiting'])
})

t.test('work for a team is shared in the team, and never across', async (t) => {
  const owner = await buildUser(pool)
  const member = await buildUser(pool)
  const teamId = await buildTeam(pool, owner)
  await buildMember(pool, teamId, member)
  const key = newKey()
  const ofTeam = await aScene(owner, key, { owner: `framecast:team:${teamId}` })
  const ofMember = await aScene(member, key, { owner: `framecast:${teamId}:${member.userId}` })
  const personal = await aScene(member, key)
  t.ok(await claim(ofTeam.stepId))
  t.equal(await claim(ofMember.stepId), null, 'the team makes it already')
  t.ok(await claim(personal.stepId), 'a person is somebody else')
})

t.test('who renders again on purpose neither waits nor, when nothing is stored, is waited for', async (t) => {
  const user = await buildUser(pool)
  const key = newKey()
  const bypass = await aScene(user, key, { cache: 'bypass' })
  const use = await aScene(user, key)
  const refresh = await aScene(user, key, { cache: 'refresh' })
  for (const { stepId } of [bypass, use, refresh]) t.ok(await claim(stepId))
})
