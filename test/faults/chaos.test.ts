/** The fault harness: plans repeat, links break as told, a few runs keep every promise, and a broken promise is seen. */
import { mkdir, rmdir } from 'node:fs/promises'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import type { JobOutput } from '../../core/jobs/types.ts'
import { transaction } from '../../core/platform/database.ts'
import { startInstallation, stopProcesses } from './chaos/installation.ts'
import { planRun } from './chaos/plan.ts'
import { brokenPromises, type Facts, jobsOf, refundDue, type Violation } from './chaos/promises.ts'
import { startProxy } from './chaos/proxy.ts'
import { runOnce } from './chaos/run.ts'

t.setTimeout(280_000)

/** Engines that lie, a link that refuses, a server killed after a commit: none of them waits for a lease. */
const SEEDS = [32, 36]

t.test('a seed is a plan, and another seed another one', async (t) => {
  t.strictSame(planRun(7), planRun(7))
  t.notSame(planRun(7).faults, planRun(8).faults)
  const kinds = new Set(
    Array.from({ length: 300 }, (_, seed) => planRun(seed)).flatMap(({ faults }) =>
      faults.map(({ kind }) => kind),
    ),
  )
  t.equal(kinds.size, 11, 'every kind of fault has its turn')
})

t.test('the refunds that runs are held to are those of the table', async (t) => {
  const table = [
    [100, 'completed', null, 100, 0],
    [100, 'failed', 'system', 45, 100],
    [50, 'failed', 'system', 40, 50],
    [100, 'failed', 'timeout', 99, 100],
    [100, 'failed', 'validation', 40, 60],
    [7, 'failed', 'validation', 33.33, 4],
    [100, 'canceled', 'canceled', 0, 90],
    [100, 'canceled', 'canceled', 30, 63],
    [30, 'canceled', 'canceled', 30, 18],
    [1, 'canceled', 'canceled', 0, 0],
    [100, 'canceled', 'canceled', 100, 0],
  ] as const
  for (const [credits_charged, status, failure_type, percent, due] of table)
    t.equal(
      refundDue({ credits_charged, status, failure_type, progress: { percent } }),
      due,
      `${credits_charged} ${failure_type} ${percent}`,
    )
})

/** An echo behind a proxy, and a client of it. */
async function echo(t: Test) {
  const server = createServer((socket) => socket.on('error', () => {}).pipe(socket)).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  t.teardown(() => server.close())
  const link = await startProxy(t, { host: '127.0.0.1', port: (server.address() as AddressInfo).port })
  const ends = new Map<Socket, Promise<string>>()
  const open = async (): Promise<Socket> => {
    const socket = connect({ host: '127.0.0.1', port: link.port }).on('error', () => {})
    t.teardown(() => socket.destroy())
    const end = new Promise<string>((resolve) => socket.once('close', () => resolve('closed')))
    ends.set(socket, end)
    // One that is refused may be at its end before it was connected.
    await Promise.race([end, new Promise((resolve) => socket.once('connect', resolve))])
    return socket
  }
  const said = (socket: Socket): Promise<string> =>
    new Promise((resolve) => socket.once('data', (bytes) => resolve(String(bytes))))
  const closed = (socket: Socket) => ends.get(socket)!
  return { link, open, said, closed }
}

t.test('a link passes bytes, slowly when it is slow, and what was held when it is open again', async (t) => {
  const { link, open, said } = await echo(t)
  const socket = await open()
  for (const way of ['open', 'slow'] as const) {
    link.way = way
    const answer = said(socket)
    socket.write(way)
    t.equal(await answer, way)
  }
  link.way = 'hold'
  let answered = false
  const answer = said(socket)
  void answer.then(() => {
    answered = true
  })
  socket.write('held')
  const other = await open()
  const second = said(other)
  other.write('connected meanwhile')
  // A whole exchange over another link shows that time enough has passed.
  const { open: openOther, said: saidOther } = await echo(t)
  const witness = await openOther()
  const seen = saidOther(witness)
  witness.write('x')
  await seen
  t.notOk(answered)
  link.way = 'open'
  t.equal(await answer, 'held')
  t.equal(await second, 'connected meanwhile')
})

t.test('a link is cut, refuses, and loses its far end without a word', async (t) => {
  const { link, open, closed, said } = await echo(t)
  const first = await open()
  const firstClosed = closed(first)
  const hello = said(first)
  first.write('hello')
  await hello
  link.cut()
  t.equal(await firstClosed, 'closed')
  link.way = 'refuse'
  t.equal(await closed(await open()), 'closed')
  link.way = 'open'
  const half = await open()
  const before = said(half)
  half.write('before')
  await before
  link.halfOpen()
  half.on('data', () => t.fail('nobody is there'))
  half.write('after')
  const next = await open()
  const answer = said(next)
  next.write('next')
  t.equal(await answer, 'next', 'new connections are whole')
  t.notOk(half.destroyed)
})

t.test('runs keep every promise, and every promise that is broken is seen', async (t) => {
  const endings: (() => unknown)[] = []
  const installation = await startInstallation({ teardown: (work) => endings.unshift(work) })
  t.teardown(async () => {
    for (const end of endings) await end()
  })
  endings.unshift(() => stopProcesses(installation))
  const { pool, store, receiver, workDirs } = installation
  let facts!: Facts
  for (const seed of SEEDS) {
    const run = await runOnce(installation, seed)
    facts = run.facts
    t.strictSame(
      run.result.violations,
      [],
      `seed ${seed}: ${run.result.faults.join('; ')}\n${run.result.timeline.join('\n')}`,
    )
  }
  const jobs = await jobsOf(installation, facts.customer)
  const job = jobs.find(
    ({ status, owner }) => status === 'completed' && owner === facts.customer.owners.team,
  )!
  const output = job.output as JobOutput

  /** Changes rows behind the back of every trigger. */
  const meddle = (text: string, values: unknown[] = [job.id]): Promise<unknown> =>
    transaction(pool, async (client) => {
      await client.query('set local session_replication_role = replica')
      await client.query(text, values)
    })
  const film = async (bytes: Buffer): Promise<void> =>
    store.putBytes(output.video_key, bytes, 'video/mp4', AbortSignal.timeout(20_000))
  const chunks: Buffer[] = []
  for await (const chunk of await store.read(output.video_key, AbortSignal.timeout(20_000)))
    chunks.push(chunk as Buffer)
  const whole = Buffer.concat(chunks)
  const received = [...receiver.received]
  const stray = join(workDirs['worker-b'], 'worker-stray')

  const planted: [Violation['promise'], string, () => Promise<unknown>, () => Promise<unknown>][] = [
    [
      'R1',
      'a job without an end',
      () =>
        meddle(
          `update jobs set completed_at = null, status = 'processing', output = null, output_size_bytes = null where id = $1`,
        ),
      () =>
        meddle(
          `update jobs set completed_at = now(), status = 'completed', output = $2::jsonb, output_size_bytes = $3
           where id = $1`,
          [job.id, JSON.stringify(output), output.size_bytes],
        ),
    ],
    [
      'R1',
      'a job under another key',
      () => meddle(`update jobs set idempotency_key = 'x' || idempotency_key where id = $1`),
      () => meddle('update jobs set idempotency_key = substr(idempotency_key, 2) where id = $1'),
    ],
    [
      'R2',
      'a refund that is not due',
      () =>
        meddle(
          `insert into credit_entries (id, source, job_id, kind, amount, moves_balance) values ($1, $2, $1, 'refund', 1, true)`,
          [job.id, job.owner],
        ),
      () => meddle('delete from credit_entries where id = $1'),
    ],
    [
      'R2',
      'another price',
      () => meddle('update jobs set credits_charged = credits_charged + 10 where id = $1'),
      () => meddle('update jobs set credits_charged = credits_charged - 10 where id = $1'),
    ],
    ['R3', 'a film of other bytes', () => film(Buffer.concat([whole, Buffer.from('x')])), () => film(whole)],
    [
      'R3',
      'a picture that is gone',
      () => meddle(`update jobs set output = jsonb_set(output, '{thumbnail_key}', '"gone"') where id = $1`),
      () => meddle('update jobs set output = $2::jsonb where id = $1', [job.id, JSON.stringify(output)]),
    ],
    [
      'R4',
      'a credit too many',
      () => meddle('update teams set credits = credits + 1 where id = $1', [job.owner.split(':')[2]]),
      () => meddle('update teams set credits = credits - 1 where id = $1', [job.owner.split(':')[2]]),
    ],
    [
      'R5',
      'a gap in the events',
      () => meddle('update job_events set sequence = sequence + 1000 where job_id = $1 and sequence = 2'),
      () => meddle('update job_events set sequence = sequence - 1000 where job_id = $1 and sequence = 1002'),
    ],
    [
      'R5',
      'a second end',
      () => meddle(`update job_events set event_type = 'failed' where job_id = $1 and sequence = 2`),
      () => meddle(`update job_events set event_type = 'started' where job_id = $1 and sequence = 2`),
    ],
    [
      'R5',
      'a webhook that never came',
      async () => void receiver.received.splice(0),
      async () => void receiver.received.push(...received),
    ],
    [
      'R6',
      'a server that is late',
      async () => void facts.injected.returns.push({ serverMs: 10_000_000, workersMs: 0 }),
      async () => void facts.injected.returns.pop(),
    ],
    [
      'R7',
      'a lease',
      () =>
        meddle(
          `update job_steps set state = 'running', lease_owner = 'nobody', lease_until = now() + interval '1 hour'
           where job_id = $1 and kind = 'plan'`,
        ),
      () =>
        meddle(
          `update job_steps set state = 'done', lease_owner = null, lease_until = null
           where job_id = $1 and kind = 'plan'`,
        ),
    ],
    ['R7', 'a folder', () => mkdir(stray), () => rmdir(stray)],
    [
      'R8',
      'a step done twice',
      () =>
        meddle(
          `insert into chaos.history (what, id, job, was, became) select 'job_steps', id, job_id, '{"state":"done"}', '{"state":"done","result":"other"}' from job_steps where job_id = $1 limit 1`,
        ),
      () => meddle(`delete from chaos.history where was = '{"state":"done"}'`, []),
    ],
    [
      'rules',
      'usage that was not',
      () => meddle('update usage set credits_used = credits_used + 1 where owner = $1', [job.owner]),
      () => meddle('update usage set credits_used = credits_used - 1 where owner = $1', [job.owner]),
    ],
  ]
  for (const [promise, what, plant, undo] of planted) {
    await plant()
    const broken = await brokenPromises(installation, facts)
    t.ok(
      broken.some((violation) => violation.promise === promise),
      `${promise}: ${what}`,
    )
    await undo()
  }
  t.strictSame(await brokenPromises(installation, facts), [], 'and none when all is put right')

  // What was noted by hand above is noted by the triggers, too.
  await transaction(pool, async (client) => {
    await client.query('alter table jobs disable trigger user')
    await client.query('alter table jobs enable trigger chaos_note')
    await client.query(`update jobs set error = '{"code":"late"}' where id = $1`, [job.id])
    await client.query('alter table jobs enable trigger user')
  })
  t.match(await brokenPromises(installation, facts), [{ promise: 'R8' }], 'a late write to a job')
})
