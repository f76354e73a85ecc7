/** Objects that vanish from the store, or rot in it, between the step that made them and the step that needs them. */
import t from 'tap'
import { objectPrefix, userUrn } from '../../core/access/owner.ts'
import {
  buildPayer,
  isStopped,
  keysUnder,
  leavesNothing,
  OPTIONS,
  promisesHold,
  startFaultStack,
  until,
} from '../support/faults.ts'

t.setTimeout(300_000)
const stack = await startFaultStack(t)
const { fake, store } = stack
const { pool } = stack.db
const NEVER = new AbortController().signal

/** Two scenes with a dissolve between them, a line in each, music below: every kind of step. */
const board = (title: string) => ({
  title,
  symbols: { keeper: { prompt: 'a keeper of lights', voice: { asset_id: 'asset_sfx_pop' } } },
  global_audio: { music: { asset_id: 'asset_music_tense_minimal', volume: 0.3 } },
  scenes: ['one', 'two'].map((id) => ({
    id,
    prompt: `${title}, picture ${id}`,
    duration: 1,
    audio: { dialogue: [{ speaker: 'keeper', text: `Here is ${title}, number ${id}.` }] },
  })),
  transitions: { default: { type: 'dissolve', duration: 0.5 } },
})
/** Of two scenes of one second that overlap by half a second. */
const FRAMES = 1.5 * OPTIONS.fps
const CHARGED = 2

/** Where a step put what it made. */
async function objectOf(jobId: string, kind: string, key = ''): Promise<string> {
  const { rows } = await pool.query(
    `select result ->> 'objectKey' as key from job_steps where job_id = $1 and kind = $2 and key = $3`,
    [jobId, kind, key],
  )
  return rows[0].key
}

/** Attempts and failures of the steps of a kind. */
const stepsOf = async (jobId: string, kind: string) =>
  (
    await pool.query(
      'select key, attempt, failures from job_steps where job_id = $1 and kind = $2 order by key',
      [jobId, kind],
    )
  ).rows

/** The same size, other bytes. */
async function spoil(key: string): Promise<void> {
  const size = (await store.stat(key))!.sizeBytes
  await store.putBytes(key, Buffer.alloc(size, 1), 'application/octet-stream', NEVER)
}

type Loss = {
  name: string
  /** The worker stands still here while it happens. */
  at: string
  /** Takes something away. */
  lose: (jobId: string) => Promise<void>
  /** Clips that are generated in all. */
  prompts?: number
  /** Kind and key of the steps that are done twice, and of the one that found out. */
  again: [string, string][]
  finder: string
}

/** The engine gives each scene the same film, so that their clips are one object: made again for one, it is there for both. */
const CLIPS: [string, string][] = [
  ['scene', 'one'],
  ['scene', 'two'],
]

const LOSSES: Loss[] = [
  {
    name: 'the mix has other bytes',
    at: 'worker.assemble.claimed',
    lose: async (id) => spoil(await objectOf(id, 'sound')),
    again: [['sound', '']],
    finder: 'assemble',
  },
  {
    name: 'clips and mix at once, before the assembly',
    at: 'worker.assemble.claimed',
    lose: async (id) => store.remove([await objectOf(id, 'scene', 'one'), await objectOf(id, 'sound')]),
    prompts: 3,
    again: [...CLIPS, ['sound', '']],
    finder: 'assemble',
  },
  {
    name: 'clips have other bytes, before the dissolve is drawn from them',
    at: 'worker.join.claimed',
    lose: async (id) => spoil(await objectOf(id, 'scene', 'one')),
    prompts: 3,
    again: CLIPS,
    finder: 'join',
  },
  {
    name: 'both spoken lines, before they are mixed',
    at: 'worker.sound.claimed',
    lose: async (id) =>
      store.remove([await objectOf(id, 'voice', 'one/0'), await objectOf(id, 'voice', 'two/0')]),
    again: [
      ['voice', 'one/0'],
      ['voice', 'two/0'],
    ],
    finder: 'sound',
  },
]

for (const { name, at, lose, prompts = 2, again, finder } of LOSSES) {
  t.test(`lost: ${name}`, async (t) => {
    const user = await buildPayer(stack)
    const before = fake.posts.length
    const worker = await stack.startWorker({ FAULT_PLAN: `${at}:stop` })
    const { job } = await stack.jobs.accept(user, { spec: board(name), options: OPTIONS })
    await until('the worker to stand still', () => isStopped(worker.process.pid!), 90_000)
    await lose(job.id)
    worker.process.kill('SIGCONT')
    await stack.finished(job.id)
    await promisesHold(t, stack, job.id, { frames: FRAMES, charged: CHARGED })
    t.equal(fake.posts.length - before, prompts, 'only what was lost is generated again')
    for (const [kind, key] of again)
      t.match(
        (await stepsOf(job.id, kind)).find((step) => step.key === key),
        { attempt: 2, failures: 0 },
        `${kind} ${key} was done again`,
      )
    t.match(
      await stepsOf(job.id, finder),
      [{ attempt: 2, failures: 1 }],
      'the step that missed it waited for it',
    )
    await worker.stop()
  })
}

t.test('a drawn piece that is lost is drawn by the assembly itself', async (t) => {
  const user = await buildPayer(stack)
  const worker = await stack.startWorker({ FAULT_PLAN: 'worker.assemble.claimed:stop' })
  const { job } = await stack.jobs.accept(user, { spec: board('drawn'), options: OPTIONS })
  await until('the worker to stand still', () => isStopped(worker.process.pid!), 90_000)
  const joins = await keysUnder(stack, `${objectPrefix(userUrn(user.userId))}joins/`)
  t.ok(joins.length > 0)
  await store.remove(joins)
  worker.process.kill('SIGCONT')
  await stack.finished(job.id)
  await promisesHold(t, stack, job.id, { frames: FRAMES, charged: CHARGED })
  t.match(await stepsOf(job.id, 'assemble'), [{ attempt: 1, failures: 0 }])
  await worker.stop()
})

t.test('a clip that may only be taken, never made, fails the job and says so', async (t) => {
  const user = await buildPayer(stack)
  const first = await stack.startWorker()
  const { job: made } = await stack.jobs.accept(user, { spec: board('kept'), options: OPTIONS })
  await stack.finished(made.id)
  await first.stop()
  const posts = fake.posts.length

  const worker = await stack.startWorker({ FAULT_PLAN: 'worker.assemble.claimed:stop' })
  // Another transition, so that there is a film to be made of what is known.
  const spec = { ...board('kept'), transitions: { default: { type: 'wipe', duration: 0.5 } } }
  const { job } = await stack.jobs.accept(user, { spec, options: { ...OPTIONS, cache: 'only' } })
  await until('the worker to stand still', () => isStopped(worker.process.pid!), 90_000)
  await store.remove([await objectOf(job.id, 'scene', 'one')])
  worker.process.kill('SIGCONT')
  const failed = await stack.finished(job.id)
  await promisesHold(t, stack, job.id, { status: 'failed', charged: 0 })
  t.match(failed, {
    failure_type: 'system',
    error: { code: 'cache_miss', scene_id: 'one', message: /: one, two$/ },
  })
  t.equal(fake.posts.length, posts)
  await worker.stop()
})

t.test('a store that loses the mix each time ends the job after the third, refunded', async (t) => {
  const user = await buildPayer(stack)
  const worker = await stack.startWorker({ FAULT_PLAN: 'worker.assemble.claimed:stop' })
  const { job } = await stack.jobs.accept(user, { spec: board('every time'), options: OPTIONS })
  await until('the worker to stand still', () => isStopped(worker.process.pid!), 90_000)
  // From here on the mix goes as soon as it is there.
  const thief = pool.query(`create function steal() returns trigger language plpgsql as $$
    begin new.result = jsonb_set(new.result, '{objectKey}', '"nowhere/sound.mp4"'); return new; end $$`)
  await thief
  await pool.query(`create trigger steal before update on job_steps for each row
    when (new.kind = 'sound' and new.state = 'done') execute function steal()`)
  await store.remove([await objectOf(job.id, 'sound')])
  worker.process.kill('SIGCONT')
  const failed = await stack.finished(job.id)
  await pool.query('drop trigger steal on job_steps; drop function steal')
  await promisesHold(t, stack, job.id, { status: 'failed', charged: CHARGED, refunded: CHARGED })
  t.match(failed, { failure_type: 'system', error: { code: 'object_missing', message: /sound/ } })
  await worker.stop()
})

t.test('nothing is left behind', (t) => leavesNothing(t, stack, []))
