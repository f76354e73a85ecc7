import { t } from 'tap'
import { createApiKey } from '../../core/accounts/keys.ts'
import { appendEvent, eventHorizon, eventsBetween, expireEvents } from '../../core/jobs/events.ts'
import { createWatchLink } from '../../core/jobs/watch-links.ts'
import { transaction } from '../../core/platform/database.ts'
import { newId } from '../../core/platform/ids.ts'
import { buildCrew, buildPerson, type Crew, join, type Person } from '../projects/people.ts'
import { buildJob } from '../support/builders.ts'
import { component } from '../support/conformance.ts'
import { aStoryboard, read, type Studio, startStudio, until } from '../support/studio.ts'
import { Client, cancel, connect, type Message, range, write, writeMany } from './events.ts'

const studio = await startStudio(t, { timings: { recheckMs: 150, presenceMs: 400, pollMs: 300 } })

const follower = async (
  t: { teardown(work: () => void): unknown },
  { user }: Person,
  at: Pick<Studio, 'url' | 'logIn'> = studio,
): Promise<Client> => {
  const token = await studio.logIn(user)
  const client = new Client(`${at.url.replace('http', 'ws')}/v1/ws`, ['framecast.v1', `bearer.${token}`])
  t.teardown(() => client.socket.terminate())
  return client.opened()
}
const privateUrn = (crew: Crew, person: Person) => `framecast:${crew.teamId}:${person.user.userId}`

async function newProject(crew: Crew): Promise<string> {
  const made = await read<{ id: string }>(
    crew.owner.request(`/v1/teams/${crew.teamId}/projects`, {
      json: { name: 'A film', spec: aStoryboard() },
    }),
  )
  return made.body.id
}
const render = async (crew: Crew, id: string): Promise<string> =>
  (
    await read<{ id: string }>(
      crew.owner.request(`/v1/projects/${id}/render`, {
        json: { options: { engine: 'preview', resolution: '480p' } },
      }),
    )
  ).body.id

/** What a channel carried, as `<job>:<sequence>`. */
const carried = (client: Client, channel: string): string[] =>
  client.eventsOf(channel).map(({ job_id, sequence }) => `${job_id}:${sequence}`)
const arrived = (client: Client, channel: string, count: number): Promise<unknown> =>
  client.wait(() => (carried(client, channel).length >= count ? true : null), `${count} events of ${channel}`)
const notesOf = (client: Client, type: string): Message[] =>
  client.messages.filter((message) => message.type === type)

t.test('a project channel carries the jobs of the project, and no others', async (t) => {
  const crew = await buildCrew(studio)
  const [id, other] = [await newProject(crew), await newProject(crew)]
  const channel = `project:${id}`
  const client = await follower(t, crew.viewer)
  t.match(await client.follow(channel), { type: 'ack', channel, subscribed: true, last_position: Number })
  const job = await render(crew, id)
  const elsewhere = await render(crew, other)
  await write(studio.pool, elsewhere)
  await write(studio.pool, job)
  await cancel(studio.pool, job, crew.owner.user.userId)
  await arrived(client, channel, 3)
  t.strictSame(
    carried(client, channel),
    [1, 2, 3].map((sequence) => `${job}:${sequence}`),
  )
  t.match(client.eventsOf(channel)[2], { event_type: 'canceled', position: Number, payload: Object })
  const next = await render(crew, id)
  await arrived(client, channel, 4)
  t.equal(carried(client, channel)[3], `${next}:1`, 'later jobs of it too')
  await cancel(studio.pool, elsewhere, crew.owner.user.userId)
  await cancel(studio.pool, next, crew.owner.user.userId)
})

t.test('a team channel carries its shared jobs and the own private ones', async (t) => {
  const crew = await buildCrew(studio)
  const channel = `team:${crew.teamId}`
  const [member, admin] = [await follower(t, crew.member), await follower(t, crew.admin)]
  await member.follow(channel)
  await admin.follow(channel)
  const shared = await buildJob(studio.pool, crew.owner.user, { owner: crew.urn })
  const own = await buildJob(studio.pool, crew.member.user, { owner: privateUrn(crew, crew.member) })
  const personal = await buildJob(studio.pool, crew.member.user)
  const last = await buildJob(studio.pool, crew.admin.user, { owner: crew.urn })
  await arrived(member, channel, 3)
  await arrived(admin, channel, 2)
  t.strictSame(carried(member, channel), [`${shared}:1`, `${own}:1`, `${last}:1`])
  t.strictSame(carried(admin, channel), [`${shared}:1`, `${last}:1`])
  t.notMatch(JSON.stringify([member.messages, admin.messages]), personal)
})

t.test('an event that matches two channels comes once in each', async (t) => {
  const crew = await buildCrew(studio)
  const id = await newProject(crew)
  const client = await follower(t, crew.owner)
  await client.follow(`team:${crew.teamId}`)
  await client.follow(`project:${id}`)
  const job = await render(crew, id)
  await client.follow(`job:${job}`, 0)
  for (const channel of [`team:${crew.teamId}`, `project:${id}`, `job:${job}`]) {
    await arrived(client, channel, 1)
    t.strictSame(carried(client, channel), [`${job}:1`])
  }
})

t.test('after a break it goes on after the last position, without gap or repetition', async (t) => {
  const crew = await buildCrew(studio)
  const channel = `team:${crew.teamId}`
  const jobs = await Promise.all(
    range(1, 3).map(() => buildJob(studio.pool, crew.owner.user, { owner: crew.urn })),
  )
  const first = await follower(t, crew.owner)
  const { last_position: start } = await first.follow(channel)
  for (const job of jobs) await write(studio.pool, job)
  await arrived(first, channel, 3)
  const seen = first.eventsOf(channel)
  first.socket.terminate()
  for (const n of range(1, 100)) await write(studio.pool, jobs[n % 3]!)

  const second = await follower(t, crew.owner)
  t.match(await second.follow(channel, Number(seen.at(-1)!.position)), { type: 'ack' })
  await write(studio.pool, jobs[0]!)
  await arrived(second, channel, 101)
  const all = [...seen, ...second.eventsOf(channel)]
  t.equal(all.length, 104)
  const positions = all.map(({ position }) => Number(position))
  t.strictSame(
    positions,
    positions.toSorted((a, b) => a - b),
    'by position',
  )
  t.equal(new Set(carried(second, channel)).size, 101, 'each once')
  for (const job of jobs) {
    const sequences = all.filter(({ job_id }) => job_id === job).map(({ sequence }) => Number(sequence))
    t.strictSame(sequences, range(2, 1 + sequences.length), 'and of each job without a gap')
  }
  t.match(await second.follow(channel, Number(start)), { type: 'ack' }, 'again from the start')
  await arrived(second, channel, 101 + 104)
})

t.test('a thousand events are replayed, one more is gone; so is what was kept too long', async (t) => {
  const crew = await buildCrew(studio)
  const channel = `team:${crew.teamId}`
  const client = await follower(t, crew.owner)
  const { last_position } = await client.follow(channel)
  const start = Number(last_position)
  const job = await buildJob(studio.pool, crew.owner.user, { owner: crew.urn })
  await writeMany(studio.pool, job, 999)
  const reader = await follower(t, crew.owner)
  await until(async () => (await eventHorizon(studio.pool)) >= start + 1_000, 'all are there')
  t.match(await reader.follow(channel, start), { type: 'ack' })
  await arrived(reader, channel, 1_000)
  await write(studio.pool, job)
  await arrived(reader, channel, 1_001)
  t.match(await reader.follow(channel, start), {
    type: 'error',
    code: 'GONE',
    channel,
    message: /read the team/,
  })
  t.match(await reader.follow(channel, start + 1), { type: 'ack' })

  const { rows } = await studio.pool.query<{ position: string }>(
    'select position from job_events where job_id = $1 and sequence = 500',
    [job],
  )
  const old = Number(rows[0]!.position)
  await studio.pool.query(
    `update job_events set created_at = now() - interval '8 days' where job_id = $1 and sequence <= 500`,
    [job],
  )
  t.equal(await expireEvents(studio.pool, 300), 300)
  t.equal(await expireEvents(studio.pool, 300), 200)
  t.equal(await expireEvents(studio.pool, 300), 0)
  t.match(await reader.follow(channel, old - 1), { type: 'error', code: 'GONE' })
  t.match(await reader.follow(channel, old), { type: 'ack' })
})

t.test('an event that commits late is not overtaken', async (t) => {
  const crew = await buildCrew(studio)
  const channel = `team:${crew.teamId}`
  const [slow, quick] = [
    await buildJob(studio.pool, crew.owner.user, { owner: crew.urn }),
    await buildJob(studio.pool, crew.owner.user, { owner: crew.urn }),
  ]
  const client = await follower(t, crew.owner)
  const { last_position } = await client.follow(channel)
  const before = Number(last_position)

  const writer = await studio.pool.connect()
  await writer.query('begin')
  await appendEvent(writer, slow, 'progress', { percent: 1 })
  await write(studio.pool, quick)
  const { rows } = await studio.pool.query<{ position: string }>(
    'select max(position) as position from job_events',
  )
  t.equal(Number(rows[0]!.position), before + 2, 'the later one is there')
  t.equal(await eventHorizon(studio.pool), before, 'and nobody may go by it yet')
  // Whoever comes now, with the newest position there is, would miss the slow one for good.
  const other = await follower(t, crew.owner)
  t.match(await other.follow(channel), { last_position: before })
  t.strictSame(carried(client, channel), [])
  await writer.query('commit')
  writer.release()
  for (const each of [client, other]) {
    await arrived(each, channel, 2)
    t.strictSame(carried(each, channel), [`${slow}:2`, `${quick}:2`], 'in the order of their positions')
  }

  const broken = await studio.pool.connect()
  await broken.query('begin')
  await appendEvent(broken, slow, 'progress', { percent: 2 })
  await write(studio.pool, quick)
  await broken.query('rollback')
  broken.release()
  await arrived(client, channel, 3)
  t.equal(carried(client, channel)[2], `${quick}:3`, 'what never commits holds nothing back')
})

t.test('many writers at once, some slow, some that fail: a reader by horizon misses nothing', async (t) => {
  const crew = await buildCrew(studio)
  const jobs = await Promise.all(
    range(1, 5).map(() => buildJob(studio.pool, crew.owner.user, { owner: crew.urn })),
  )
  const start = await eventHorizon(studio.pool)
  const seen: string[] = []
  let head = start
  let overtaken = 0
  let isOver = false
  const reading = (async () => {
    for (let rest = 2; rest > 0; ) {
      if (isOver) rest -= 1
      const horizon = await eventHorizon(studio.pool)
      const { rows } = await studio.pool.query<{ newest: string }>(
        'select max(position) as newest from job_events',
      )
      if (Number(rows[0]!.newest) > horizon) overtaken += 1
      for (const event of await eventsBetween(studio.pool, head, horizon, 10_000)) {
        if (event.position <= head) t.fail('positions only grow')
        head = event.position
        seen.push(`${event.job_id}:${event.sequence}`)
      }
    }
  })()
  const written: string[] = []
  await Promise.all(
    jobs.map(async (job, n) => {
      for (const round of range(1, 15)) {
        const isLost = (round + n) % 5 === 0
        await transaction(studio.pool, async (client) => {
          const sequences = [await appendEvent(client, job, 'progress', {})]
          await client.query('select pg_sleep($1)', [((round * 7 + n * 3) % 10) / 500])
          sequences.push(await appendEvent(client, job, 'progress', {}))
          if (isLost) throw new Error('changed my mind')
          written.push(...sequences.map((sequence) => `${job}:${sequence}`))
        }).catch((error) => {
          if (!isLost) throw error
        })
      }
    }),
  )
  isOver = true
  await reading
  t.strictSame(seen.toSorted(), written.toSorted(), 'every event, each once')
  t.ok(overtaken > 0, 'some were held back for others that came late')
})

t.test('when a notice is lost, the poll finds what it was about', async (t) => {
  const crew = await buildCrew(studio)
  const id = await newProject(crew)
  const client = await follower(t, crew.owner)
  await client.follow(`team:${crew.teamId}`)
  await client.follow(`project:${id}`)
  const job = await buildJob(studio.pool, crew.owner.user, { owner: crew.urn })
  await client.got(job, 1)
  await studio.pool.query('alter table job_events disable trigger job_events_notify')
  await write(studio.pool, job)
  await studio.pool.query('alter table job_events enable trigger job_events_notify')
  await client.got(job, 2)
  await studio.pool.query(`update projects set spec = '{"title": "saved past the server"}' where id = $1`, [
    id,
  ])
  t.strictSame(
    await client.wait(() => notesOf(client, 'spec_changed')[0], 'the change'),
    { type: 'spec_changed', channel: `project:${id}`, revision: 2, by: null },
    'who it was is not known any more',
  )
})

t.test('who may follow what', async (t) => {
  const crew = await buildCrew(studio)
  const id = await newProject(crew)
  const stranger = await buildPerson(studio)
  const starter = await buildPerson(studio, { tier: 'starter' })
  for (const person of [stranger, starter]) {
    const client = await follower(t, person)
    for (const [channel, kind] of [
      [`project:${id}`, 'project'],
      [`team:${crew.teamId}`, 'team'],
      [`project:${newId()}`, 'project'],
      [`team:${newId()}`, 'team'],
    ])
      t.match(await client.follow(channel!), {
        type: 'error',
        code: 'NOT_FOUND',
        message: `no such ${kind}`,
        channel,
      })
  }
  const withKey = async (scopes: Parameters<typeof createApiKey>[1]['scopes']) => {
    const { rawKey } = await createApiKey(studio.pool, { userId: crew.member.user.userId, name: 'x', scopes })
    return connect(t, studio, { headers: { authorization: rawKey } }).opened()
  }
  const jobsOnly = await withKey(['jobs:read'])
  t.match(await jobsOnly.follow(`project:${id}`), {
    type: 'error',
    code: 'FORBIDDEN',
    message: /projects:read/,
  })
  const projectsOnly = await withKey(['projects:read'])
  t.match(await projectsOnly.follow(`team:${crew.teamId}`), { type: 'ack' })
  const job = await render(crew, id)
  t.match(await projectsOnly.follow(`job:${job}`), { type: 'error', code: 'FORBIDDEN', message: /jobs:read/ })
  const { token } = await createWatchLink(studio.pool, {
    jobId: job,
    createdBy: crew.owner.user.userId,
    expiresInS: 60,
  })
  const watcher = await connect(t, studio, {
    headers: {},
    protocols: ['framecast.v1', `watch.${token}`],
  }).opened()
  t.match(await watcher.follow(`project:${id}`), { type: 'error', code: 'FORBIDDEN' })
  t.match(await watcher.follow(`job:${job}`), { type: 'ack' })

  const client = await follower(t, stranger)
  await join(studio, crew.teamId, stranger, 'viewer')
  t.match(await client.follow(`team:${crew.teamId}`), { type: 'ack' }, 'whoever joins may follow at once')
})

t.test('whoever leaves the team is told so and hears no more', async (t) => {
  const crew = await buildCrew(studio)
  const id = await newProject(crew)
  const client = await follower(t, crew.member)
  const own = await buildJob(studio.pool, crew.member.user)
  await client.follow(`project:${id.toUpperCase()}`)
  await client.follow(`team:${crew.teamId}`)
  await client.follow(`job:${own}`)
  await studio.pool.query('delete from memberships where team_id = $1 and user_id = $2', [
    crew.teamId,
    crew.member.user.userId,
  ])
  await client.wait(() => (notesOf(client, 'error').length === 2 ? true : null), 'a word on both channels')
  t.strictSame(
    notesOf(client, 'error')
      .map(({ code, channel, id }) => [code, channel, id])
      .sort(),
    [
      ['FORBIDDEN', `project:${id.toUpperCase()}`, undefined],
      ['FORBIDDEN', `team:${crew.teamId}`, undefined],
    ],
  )
  const job = await render(crew, id)
  await write(studio.pool, own)
  await client.got(own, 2)
  t.notMatch(JSON.stringify(client.messages), job)
})

t.test('a new storyboard is announced to all who follow the project, on every server', async (t) => {
  const crew = await buildCrew(studio)
  const id = await newProject(crew)
  const channel = `project:${id}`
  const other = await startStudio(t, {
    database: { url: studio.env.DATABASE_OWNER_URL!, pool: studio.pool },
    env: { DATA_KEY: studio.env.DATA_KEY! },
    timings: { presenceMs: 400 },
  })
  const here = await follower(t, crew.owner)
  const there = await follower(t, crew.viewer, other)
  await here.follow(channel)
  await there.follow(channel)
  const save = (spec: object) =>
    crew.member.request(`/v1/projects/${id}/spec`, { method: 'PUT', json: { spec } })
  await save({ title: 'one' })
  await save({ title: 'one' })
  await save({ title: 'two' })
  for (const client of [here, there]) {
    await client.wait(() => (notesOf(client, 'spec_changed').length >= 2 ? true : null), 'two changes')
    t.strictSame(notesOf(client, 'spec_changed'), [
      { type: 'spec_changed', channel, revision: 2, by: crew.member.user.userId },
      { type: 'spec_changed', channel, revision: 3, by: crew.member.user.userId },
    ])
  }

  const ids = (...people: Person[]) => people.map(({ user }) => user.userId).sort()
  const both = ids(crew.owner, crew.viewer)
  const looksOn = (client: Client, users: readonly string[]) =>
    client.wait(
      () => (String(notesOf(client, 'presence').at(-1)?.users) === String(users) ? true : null),
      `presence of ${users}`,
    )
  await looksOn(here, both)
  await looksOn(there, both)
  const window = await follower(t, crew.owner)
  await window.follow(channel)
  await looksOn(window, both)
  const before = notesOf(there, 'presence').length
  window.socket.close()
  await window.end()
  const third = await follower(t, crew.admin, other)
  await third.follow(channel)
  await looksOn(here, ids(crew.owner, crew.viewer, crew.admin))
  t.equal(notesOf(there, 'presence').length, before + 1, 'a second window of the same person is no news')
  await third.ask({ type: 'unsubscribe', id: 'u', channel })
  await looksOn(here, both)
  await other.server.close()
  await looksOn(here, ids(crew.owner))
  const isMessage = component('WebSocketMessage')
  for (const message of [...here.messages, ...there.messages])
    t.ok(isMessage(message), message.type, { found: isMessage.errors, message } as object)
})

t.test('the engines channel tells every user of a change of health, once', async (t) => {
  await studio.pool.query(
    `insert into engine_hosts (engine, key, label, slug, workflows, checked_at, probed_at)
     values ('comfyui', 'http://gpu-02:8188', 'gpu-02:8188', 'comfyui-gpu-02-8188', '{}', now(), now())`,
  )
  const crew = await buildCrew(studio)
  const client = await follower(t, crew.viewer)
  t.match(await client.follow('engines'), { type: 'ack', channel: 'engines', subscribed: true })
  const told = (state: string) =>
    client.wait(
      () => notesOf(client, 'engine.health').find((note) => note.state === state) ?? null,
      `a change to ${state}`,
    )
  await studio.pool.query(
    `update engine_hosts set probe_failures = 3, last_error = 'gpu-02:8188 does not answer' where slug = 'comfyui-gpu-02-8188'`,
  )
  t.match(await told('down'), {
    channel: 'engines',
    slug: 'comfyui-gpu-02-8188',
    drain: false,
    last_error: 'gpu-02:8188 does not answer',
  })
  await studio.pool.query(`update engine_hosts set probe_failures = 0 where slug = 'comfyui-gpu-02-8188'`)
  t.match(await told('healthy'), { last_error: null })
  t.equal(notesOf(client, 'engine.health').length, 2, 'each change once')
})
