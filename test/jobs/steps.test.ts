import t from 'tap'
import { eventsAfter } from '../../core/jobs/events.ts'
import { renewLeases } from '../../core/jobs/leases.ts'
import { recordStepProgress, updateProgress } from '../../core/jobs/progress.ts'
import {
  claimStep,
  finishStep,
  handBackStep,
  insertSteps,
  retryStep,
  storeRemoteId,
} from '../../core/jobs/steps.ts'
import { sweep } from '../../core/jobs/sweep.ts'
import { cancelJob, completeJob, failJob } from '../../core/jobs/transitions.ts'
import type { JobOutput } from '../../core/jobs/types.ts'
import { transaction } from '../../core/platform/database.ts'
import { buildJob, buildUser, jobRow, queueRows, stepOf } from '../support/builders.ts'
import { startDatabase } from '../support/postgres.ts'

const { pool } = await startDatabase(t)
const user = async () => buildUser(pool)
const claim = (stepId: string, worker = 'w1') =>
  transaction(pool, (client) => claimStep(client, stepId, worker))
const expireLease = (stepId: string) =>
  pool.query(`update job_steps set lease_until = now() - interval '4 seconds' where id = $1`, [stepId])

const OUTPUT = { size_bytes: 1_000, duration: 2.2, resolution: '1280x720' } as JobOutput

t.test('accepting a job leaves one ready step, one queue row and one event', async (t) => {
  const jobId = await buildJob(pool, await user())
  const step = await stepOf(pool, jobId)
  t.equal(step.state, 'ready')
  const queued = await queueRows(pool, step.id)
  t.equal(queued.length, 1)
  t.equal(queued[0].max_attempts, 1, 'attempts are counted in our rows, not by the queue')
  t.equal((await eventsAfter(pool, jobId, 0, 10)).length, 1)
})

t.test('the first claim starts the job, and of many claims at once one wins', async (t) => {
  const jobId = await buildJob(pool, await user())
  const { id } = await stepOf(pool, jobId)
  const claims = await Promise.all(Array.from({ length: 8 }, (_, i) => claim(id, `w${i}`)))
  t.equal(claims.filter(Boolean).length, 1)
  t.equal((await jobRow(pool, jobId)).status, 'processing')
  t.strictSame(
    (await eventsAfter(pool, jobId, 0, 10)).map((event) => event.event_type),
    ['queued', 'started'],
  )
})

t.test('a worker that lost its step changes nothing any more', async (t) => {
  const jobId = await buildJob(pool, await user())
  const { id } = await stepOf(pool, jobId)
  const old = (await claim(id, 'paused'))!
  await expireLease(id)
  t.match(await sweep(pool, 1_800), { requeued: 1 })
  const current = (await claim(id, 'fresh'))!
  t.equal(current.attempt, old.attempt + 1)

  t.equal(await storeRemoteId(pool, old, 'x'), false)
  t.equal(await recordStepProgress(pool, old, 0.5, null), false)
  t.equal(await finishStep(pool, old, {}), false)
  t.equal(await handBackStep(pool, old), false)
  t.equal(
    await retryStep(
      pool,
      old,
      { code: 'x', message: 'x' },
      { delayS: 0, counted: true, forgetRemoteId: true },
    ),
    'lost',
  )
  t.strictSame(await renewLeases(pool, 'paused', [old]), [])
  t.match(await stepOf(pool, jobId), {
    state: 'running',
    attempt: current.attempt,
    failures: 1,
    remote_id: null,
  })
  t.equal(
    await transaction(pool, (client) => finishStep(client, current, {})),
    true,
    'the one that holds it goes on',
  )
})

t.test('an expired lease is superseded by a new queue row under the same key', async (t) => {
  const jobId = await buildJob(pool, await user())
  const { id } = await stepOf(pool, jobId)
  // As a dead worker leaves it: queue row locked, step running, lease over.
  await pool.query(
    `update graphile_worker._private_jobs set locked_at = now(), locked_by = 'dead', attempts = 1 where payload ->> 'step_id' = $1`,
    [id],
  )
  await claim(id, 'dead')
  await expireLease(id)
  await sweep(pool, 1_800)
  const live = (await queueRows(pool, id)).filter(
    (row) => row.locked_at === null && row.attempts < row.max_attempts,
  )
  t.equal(live.length, 1)
  t.equal(live[0].key, `step:${id}`)
})

t.test('three lost workers, and the job fails with a full refund', async (t) => {
  const person = await buildUser(pool, { credits: 0 })
  const jobId = await buildJob(pool, person, { credits: 7 })
  const { id } = await stepOf(pool, jobId)
  for (const worker of ['a', 'b', 'c']) {
    t.ok(await claim(id, worker))
    await expireLease(id)
    await sweep(pool, 1_800)
  }
  t.match(await jobRow(pool, jobId), {
    status: 'failed',
    failure_type: 'system',
    error: { code: 'worker_lost' },
    credits_refunded: 7,
  })
  const { rows } = await pool.query('select credits from users where id = $1', [person.userId])
  t.equal(rows[0].credits, 7)
  t.match(await stepOf(pool, jobId), { state: 'canceled' })
})

t.test('a hand-over is not counted, but ten claims of any kind end the job', async (t) => {
  const jobId = await buildJob(pool, await user())
  const { id } = await stepOf(pool, jobId)
  for (let i = 1; i <= 9; i += 1) {
    const step = (await claim(id))!
    t.ok(await transaction(pool, (client) => handBackStep(client, step)))
  }
  t.match(await stepOf(pool, jobId), { state: 'ready', failures: 0, attempt: 9 })
  await claim(id)
  await expireLease(id)
  await sweep(pool, 1_800)
  t.match(await jobRow(pool, jobId), { status: 'failed', error: { code: 'worker_lost' } })
})

t.test('counted failures are tried again twice, uncounted ones more often', async (t) => {
  const jobId = await buildJob(pool, await user())
  const { id } = await stepOf(pool, jobId)
  const fail = async (counted: boolean) => {
    const step = (await claim(id))!
    return transaction(pool, (client) =>
      retryStep(client, step, { code: 'x', message: 'x' }, { delayS: 0, counted, forgetRemoteId: false }),
    )
  }
  t.equal(await fail(false), 'retried')
  t.equal(await fail(true), 'retried')
  t.equal(await fail(true), 'retried')
  t.equal(await fail(true), 'spent')
  t.match(
    await stepOf(pool, jobId),
    { state: 'running', failures: 3 },
    "what follows is the caller's decision",
  )
})

t.test('the last of several steps makes the dependant ready, and rings for it', async (t) => {
  const jobId = await buildJob(pool, await user())
  const plan = (await claim((await stepOf(pool, jobId)).id))!
  await transaction(pool, async (client) => {
    await finishStep(client, plan, {})
    await insertSteps(
      client,
      jobId,
      [
        { kind: 'scene', key: 'a', task: 'scene.preview' },
        { kind: 'scene', key: 'b', task: 'scene.preview' },
        { kind: 'scene', key: 'known', task: 'scene.preview', result: { reused: true } },
      ],
      { kind: 'assemble', key: '', task: 'assemble' },
    )
  })
  t.match(await stepOf(pool, jobId, 'assemble'), { state: 'waiting', waiting_on: 2 })
  t.match(await stepOf(pool, jobId, 'scene', 'known'), { state: 'done', progress: 1 })
  const steps = await Promise.all(
    ['a', 'b'].map(async (key) => (await claim((await stepOf(pool, jobId, 'scene', key)).id))!),
  )
  await Promise.all(
    steps.map((step) => transaction(pool, (client) => finishStep(client, step, { reused: false }))),
  )
  const assemble = await stepOf(pool, jobId, 'assemble')
  t.match(assemble, { state: 'ready', waiting_on: 0 })
  t.equal((await queueRows(pool, assemble.id)).length, 1)
})

t.test('an assembly with nothing to wait for is ready at once', async (t) => {
  const jobId = await buildJob(pool, await user())
  const plan = (await claim((await stepOf(pool, jobId)).id))!
  await transaction(pool, async (client) => {
    await finishStep(client, plan, {})
    await insertSteps(
      client,
      jobId,
      [{ kind: 'scene', key: 'k', task: 'scene.preview', result: { reused: true } }],
      {
        kind: 'assemble',
        key: '',
        task: 'assemble',
      },
    )
  })
  t.match(await stepOf(pool, jobId, 'assemble'), { state: 'ready' })
})

t.test('a step waits for the steps it names and for no others', async (t) => {
  const jobId = await buildJob(pool, await user())
  const plan = (await claim((await stepOf(pool, jobId)).id))!
  await transaction(pool, async (client) => {
    await finishStep(client, plan, {})
    await insertSteps(
      client,
      jobId,
      [
        { kind: 'scene', key: 'a', task: 'scene.preview' },
        { kind: 'scene', key: 'b', task: 'scene.preview' },
        { kind: 'scene', key: 'known', task: 'scene.preview', result: { reused: true } },
        { kind: 'join', key: '0', task: 'join', after: ['scene/a', 'scene/b'] },
        { kind: 'join', key: '1', task: 'join', after: ['scene/known', 'scene/b'] },
        { kind: 'sound', key: '', task: 'sound', after: ['scene/known'] },
      ],
      { kind: 'assemble', key: '', task: 'assemble' },
    )
  })
  t.match(await stepOf(pool, jobId, 'join', '0'), { state: 'waiting', waiting_on: 2 })
  t.match(await stepOf(pool, jobId, 'join', '1'), { state: 'waiting', waiting_on: 1 })
  t.match(await stepOf(pool, jobId, 'sound'), { state: 'ready' })
  const b = (await claim((await stepOf(pool, jobId, 'scene', 'b')).id))!
  await transaction(pool, (client) => finishStep(client, b, {}))
  const join = await stepOf(pool, jobId, 'join', '1')
  t.match(join, { state: 'ready' })
  t.equal((await queueRows(pool, join.id)).length, 1)
  t.match(await stepOf(pool, jobId, 'join', '0'), { state: 'waiting', waiting_on: 1 })
  t.match(await stepOf(pool, jobId, 'assemble'), { state: 'waiting', waiting_on: 4 })
  await t.rejects(
    transaction(pool, (client) =>
      insertSteps(client, jobId, [{ kind: 'join', key: '9', task: 'join', after: ['scene/none'] }], {
        kind: 'assemble',
        key: 'other',
        task: 'assemble',
      }),
    ),
    /waits for scene\/none/,
  )
})

t.test('cancel against complete: one wins, and the other changes nothing', async (t) => {
  for (let round = 0; round < 10; round += 1) {
    const person = await buildUser(pool)
    const jobId = await buildJob(pool, person, { credits: 10 })
    await claim((await stepOf(pool, jobId)).id)
    const [canceled, completed] = await Promise.all([
      transaction(pool, (client) => cancelJob(client, jobId, person.userId)),
      transaction(pool, (client) => completeJob(client, jobId, OUTPUT)),
    ])
    t.equal(Number(canceled) + Number(completed), 1)
    const job = await jobRow(pool, jobId)
    t.equal(job.credits_refunded, canceled ? 9 : 0)
    const terminal = (await eventsAfter(pool, jobId, 0, 50)).filter((event) =>
      ['completed', 'failed', 'canceled'].includes(event.event_type),
    )
    t.equal(terminal.length, 1)
  }
})

t.test('a canceled job stops remote work by id, and its steps are out of play', async (t) => {
  const person = await user()
  const jobId = await buildJob(pool, person)
  const plan = (await claim((await stepOf(pool, jobId)).id))!
  await transaction(pool, async (client) => {
    await finishStep(client, plan, {})
    await insertSteps(
      client,
      jobId,
      [{ kind: 'scene', key: 'a', task: 'scene.preview', engine: 'preview' }],
      {
        kind: 'assemble',
        key: '',
        task: 'assemble',
      },
    )
  })
  const scene = (await claim((await stepOf(pool, jobId, 'scene', 'a')).id))!
  await storeRemoteId(pool, scene, 'host/prompt-1')
  await transaction(pool, (client) => cancelJob(client, jobId, person.userId))
  const { rows } = await pool.query(
    `select task_identifier, payload from graphile_worker.jobs j join graphile_worker._private_jobs p using (id) where j.key = $1`,
    [`interrupt:${scene.id}`],
  )
  t.match(rows, [{ task_identifier: 'interrupt.preview', payload: { remote_id: 'host/prompt-1' } }])
  t.equal(await transaction(pool, (client) => finishStep(client, scene, {})), false)
  t.equal(await claim((await stepOf(pool, jobId, 'assemble')).id), null)
})

t.test('a job that runs out of time fails as timeout with a full refund', async (t) => {
  const jobId = await buildJob(pool, await user(), { credits: 5 })
  await claim((await stepOf(pool, jobId)).id)
  await pool.query(
    `update jobs set created_at = now() - interval '3 hours', started_at = now() - interval '2 hours' where id = $1`,
    [jobId],
  )
  t.match(await sweep(pool, 1_800), { timedOut: 1 })
  t.match(await jobRow(pool, jobId), { status: 'failed', failure_type: 'timeout', credits_refunded: 5 })
})

t.test('a lost bell is rung again', async (t) => {
  const jobId = await buildJob(pool, await user())
  const { id } = await stepOf(pool, jobId)
  await pool.query(`delete from graphile_worker._private_jobs where payload ->> 'step_id' = $1`, [id])
  await pool.query(`update job_steps set ready_at = now() - interval '31 seconds' where id = $1`, [id])
  t.match(await sweep(pool, 1_800), { rung: 1 })
  t.equal((await queueRows(pool, id)).length, 1)
  t.match(await sweep(pool, 1_800), { rung: 0 }, 'and not once more while a bell is there')
})

t.test('two sweepers at once do the work of one', async (t) => {
  const jobId = await buildJob(pool, await user())
  const { id } = await stepOf(pool, jobId)
  await claim(id)
  await expireLease(id)
  await Promise.all([sweep(pool, 1_800), sweep(pool, 1_800), sweep(pool, 1_800)])
  t.match(await stepOf(pool, jobId), { state: 'ready', failures: 1 })
})

t.test('progress never falls, and is stored as an event at most once a second', async (t) => {
  const jobId = await buildJob(pool, await user())
  const plan = (await claim((await stepOf(pool, jobId)).id))!
  await transaction(pool, async (client) => {
    await finishStep(client, plan, {})
    await insertSteps(
      client,
      jobId,
      [
        { kind: 'scene', key: 'a', task: 'scene.preview' },
        { kind: 'scene', key: 'b', task: 'scene.preview' },
      ],
      { kind: 'assemble', key: '', task: 'assemble' },
    )
  })
  const scene = (await claim((await stepOf(pool, jobId, 'scene', 'a')).id))!
  const percents: number[] = []
  for (const fraction of [0.2, 0.6, 0.5, 0.9]) {
    await recordStepProgress(pool, scene, fraction, null)
    await transaction(pool, (client) => updateProgress(client, jobId, true))
    percents.push(Number((await jobRow(pool, jobId)).progress.percent))
  }
  t.strictSame(
    percents,
    [...percents].sort((a, b) => a - b),
  )
  await transaction(pool, (client) => handBackStep(client, scene))
  await transaction(pool, (client) => updateProgress(client, jobId, true))
  t.equal(
    Number((await jobRow(pool, jobId)).progress.percent),
    percents.at(-1),
    'a lost attempt does not turn it back',
  )
  const stored = (await eventsAfter(pool, jobId, 0, 100)).filter((event) => event.event_type === 'progress')
  t.ok(stored.length <= 2, `${stored.length} events`)
})

t.test('events of a job are numbered without a gap under concurrency', async (t) => {
  const jobId = await buildJob(pool, await user())
  await claim((await stepOf(pool, jobId)).id)
  await Promise.all(
    Array.from({ length: 20 }, () =>
      transaction(pool, async (client) => {
        await client.query(`update jobs set progress_event_at = null where id = $1`, [jobId])
        await updateProgress(client, jobId)
      }),
    ),
  )
  await transaction(pool, (client) => failJob(client, jobId, 'system', { code: 'x', message: 'x' }))
  const sequences = (await eventsAfter(pool, jobId, 0, 100)).map((event) => event.sequence)
  t.strictSame(
    sequences,
    sequences.map((_, index) => index + 1),
  )
})
