import { t } from 'tap'
import { TEAM_ROLES, type TeamRole } from '../../core/access/roles.ts'
import { createApiKey } from '../../core/accounts/keys.ts'
import { completeJob, failJob, startJob } from '../../core/jobs/transitions.ts'
import { transaction } from '../../core/platform/database.ts'
import { newId } from '../../core/platform/ids.ts'
import { buildCrew, buildPerson, type Crew, join, type Person } from '../projects/people.ts'
import { anOutput } from '../support/builders.ts'
import { aStoryboard, read, startStudio, until, type WireError } from '../support/studio.ts'

type WireJob = { id: string; owner: string; status: string; project_id: string | null; triggered_by: string }

const studio = await startStudio(t)
const options = { engine: 'preview', resolution: '480p' }
const membershipUrn = (crew: Crew, person: Person) => `framecast:${crew.teamId}:${person.user.userId}`

const generate = (person: Person, owner?: string, more: object = {}) =>
  read<WireJob & WireError>(
    person.request('/v1/generate', { json: { spec: aStoryboard(), options, owner, ...more } }),
  )
async function jobOf(person: Person, owner?: string): Promise<string> {
  const made = await generate(person, owner)
  if (made.status !== 201) throw new Error(`no job: ${JSON.stringify(made.body)}`)
  return made.body.id
}
const get = (person: Person, id: string) => read<WireJob>(person.request(`/v1/jobs/${id}`))
const cancel = (person: Person, id: string) =>
  read<WireJob>(person.request(`/v1/jobs/${id}/cancel`, { method: 'POST' }))
const remove = (person: Person, id: string) =>
  read<WireError>(person.request(`/v1/jobs/${id}`, { method: 'DELETE' }))
const clone = (person: Person, id: string, json?: object) =>
  read<WireJob & WireError>(person.request(`/v1/jobs/${id}/clone`, { method: 'POST', ...(json && { json }) }))
const listed = async (person: Person, query = '') =>
  (await read<WireJob[]>(person.request(`/v1/jobs${query}`))).body.map(({ id }) => id)

/** Ends a job without a word to anybody, so that the next one may be made. */
const end = (id: string) =>
  transaction(studio.pool, async (client) => {
    await startJob(client, id, 'worker-1')
    await failJob(client, id, 'system', { code: 'worker_lost', message: 'gone' })
  })
const finish = (id: string) =>
  transaction(studio.pool, async (client) => {
    await startJob(client, id, 'worker-1')
    await completeJob(client, id, anOutput(id))
  })
const finished = async (person: Person, owner?: string): Promise<string> => {
  const id = await jobOf(person, owner)
  await end(id)
  return id
}

/** Who of the team may, by what the API answers. */
async function roles(attempt: (role: TeamRole) => Promise<number>): Promise<Record<string, number>> {
  const found: [TeamRole, number][] = []
  for (const role of TEAM_ROLES) found.push([role, await attempt(role)])
  return Object.fromEntries(found)
}

t.test('everybody in a team sees its jobs; workers start them', async (t) => {
  const crew = await buildCrew(studio)
  const stranger = await buildPerson(studio)
  const id = await finished(crew.member, crew.urn)
  t.strictSame(await roles(async (role) => (await get(crew[role], id)).status), {
    owner: 200,
    admin: 200,
    member: 200,
    viewer: 200,
  })
  t.equal((await get(stranger, id)).status, 404)
  t.strictSame(
    await roles(async (role) => {
      const made = await generate(crew[role], crew.urn)
      if (made.status === 201) await end(made.body.id)
      return made.status
    }),
    { owner: 201, admin: 201, member: 201, viewer: 403 },
  )
  t.equal((await generate(stranger, crew.urn)).status, 403, 'an owner out of reach')
  t.equal((await generate(crew.viewer, membershipUrn(crew, crew.viewer))).status, 403)
  t.equal((await generate(crew.admin, membershipUrn(crew, crew.member))).status, 403, 'on behalf of another')
  t.equal((await generate(crew.member, 'framecast:team:films')).status, 400)
})

t.test('private work in a team is seen by its person alone', async (t) => {
  const crew = await buildCrew(studio)
  const id = await finished(crew.member, membershipUrn(crew, crew.member))
  t.strictSame(await roles(async (role) => (await get(crew[role], id)).status), {
    owner: 404,
    admin: 404,
    member: 200,
    viewer: 404,
  })
  t.strictSame(await listed(crew.owner), [])
})

t.test('lists hold every owner within reach, or the one asked for', async (t) => {
  const crew = await buildCrew(studio)
  const own = await finished(crew.member)
  const shared = await finished(crew.admin, crew.urn)
  const hidden = await finished(crew.member, membershipUrn(crew, crew.member))
  const other = await finished(crew.admin)
  t.strictSame(await listed(crew.member), [hidden, shared, own])
  t.strictSame(await listed(crew.admin), [other, shared])
  t.strictSame(await listed(crew.viewer), [shared])
  t.strictSame(await listed(crew.member, `?owner=${crew.urn}`), [shared])
  t.strictSame(await listed(crew.member, `?owner=${membershipUrn(crew, crew.member).toUpperCase()}`), [
    hidden,
  ])
  t.strictSame(
    await listed(crew.member, `?owner=framecast:user:${crew.admin.user.userId}`),
    [],
    'out of reach',
  )
  t.strictSame(await listed(crew.member, '?owner=nonsense'), [])
  t.strictSame(await listed(crew.member, '?status=failed&limit=2'), [hidden, shared])
  t.strictSame(await listed(crew.member, `?project_id=${newId()}`), [])
})

t.test('in a team administrators stop any job, members their own', async (t) => {
  const crew = await buildCrew(studio)
  const mate = await buildPerson(studio)
  await join(studio, crew.teamId, mate, 'member')
  const stopped = async (owner: string, by: Person, starter = mate) => {
    const id = await jobOf(starter, owner)
    const { status } = await cancel(by, id)
    if (status !== 200) await end(id)
    return status
  }
  t.strictSame(await roles((role) => stopped(crew.urn, crew[role])), {
    owner: 200,
    admin: 200,
    member: 404,
    viewer: 404,
  })
  t.equal(await stopped(crew.urn, mate), 200, 'the own one')
  t.strictSame(await roles((role) => stopped(membershipUrn(crew, mate), crew[role])), {
    owner: 200,
    admin: 200,
    member: 404,
    viewer: 404,
  })
  t.equal(await stopped(`framecast:user:${mate.user.userId}`, crew.owner), 404, 'nobody stops personal work')
  const id = await finished(mate, crew.urn)
  t.equal((await cancel(crew.owner, id)).status, 409, 'a finished one')
  t.equal((await cancel(crew.owner, newId())).status, 404)
})

t.test('whoever started a job may stop it, also after leaving the team, and sees nothing else', async (t) => {
  const crew = await buildCrew(studio, { credits: 0 })
  const id = await jobOf(crew.member, crew.urn)
  const second = await finished(crew.member, crew.urn)
  await studio.pool.query('delete from memberships where team_id = $1 and user_id = $2', [
    crew.teamId,
    crew.member.user.userId,
  ])
  t.equal((await get(crew.member, id)).status, 404)
  t.strictSame(await listed(crew.member), [])
  t.equal((await clone(crew.member, second)).status, 404)
  t.equal((await remove(crew.member, second)).status, 404)
  t.match(await cancel(crew.member, id), { status: 200, body: { status: 'canceled' } })
})

t.test('in a team administrators delete any finished job, members their own', async (t) => {
  const crew = await buildCrew(studio)
  const mate = await buildPerson(studio)
  await join(studio, crew.teamId, mate, 'member')
  t.strictSame(
    await roles(async (role) => (await remove(crew[role], await finished(mate, crew.urn))).status),
    { owner: 204, admin: 204, member: 403, viewer: 403 },
  )
  t.equal((await remove(mate, await finished(mate, crew.urn))).status, 204)
  t.equal((await remove(crew.owner, await finished(mate, membershipUrn(crew, mate)))).status, 404)
  t.equal((await remove(mate, await finished(mate, membershipUrn(crew, mate)))).status, 204)
  const active = await jobOf(mate, crew.urn)
  t.match(await remove(mate, active), { status: 400, body: { error: { message: /only a finished job/ } } })
})

t.test('deleting a job frees its bytes where they were counted, and leaves a trace', async (t) => {
  const crew = await buildCrew(studio)
  const bytes = async () =>
    (
      await studio.pool.query(
        `select t.ephemeral_storage_bytes::int as team, u.ephemeral_storage_bytes::int as person
         from teams t, users u where t.id = $1 and u.id = $2`,
        [crew.teamId, crew.member.user.userId],
      )
    ).rows[0]
  const size = anOutput('').size_bytes
  const jobs = []
  for (const owner of [crew.urn, membershipUrn(crew, crew.member), undefined]) {
    const id = await jobOf(crew.member, owner)
    await finish(id)
    jobs.push(id)
  }
  t.strictSame(await bytes(), { team: 2 * size, person: size })
  for (const id of jobs) t.equal((await remove(crew.member, id)).status, 204)
  t.strictSame(await bytes(), { team: 0, person: 0 })
  const { rows } = await studio.pool.query(
    `select subject_id, team_id, actor_id, details from audit_entries
     where action = 'job.deleted' and subject_id = any($1) order by subject_id`,
    [jobs],
  )
  t.match(rows, [
    {
      subject_id: jobs[0],
      team_id: crew.teamId,
      actor_id: crew.member.user.userId,
      details: { bytes: size },
    },
    { subject_id: jobs[1], team_id: crew.teamId },
    { subject_id: jobs[2], team_id: null },
  ])
})

t.test('whoever is removed while a render is being accepted starts none for the team', async (t) => {
  const crew = await buildCrew(studio)
  const removal = await studio.pool.connect()
  for (const [person, change] of [
    [crew.member, 'delete from memberships where team_id = $1 and user_id = $2'],
    [crew.admin, `update memberships set role = 'viewer' where team_id = $1 and user_id = $2`],
  ] as const) {
    await removal.query('begin')
    await removal.query(change, [crew.teamId, person.user.userId])
    const asked = generate(person, crew.urn)
    await until(async () => {
      const { rows } = await studio.pool.query('select 1 from pg_locks where not granted')
      return rows.length > 0
    }, 'the render waits for the membership')
    await removal.query('commit')
    t.match(await asked, { status: 403, body: { error: { code: 'AUTHORIZATION_ERROR' } } }, change)
  }
  removal.release()
  const { rows } = await studio.pool.query('select 1 from jobs where owner = $1', [crew.urn])
  t.equal(rows.length, 0)
})

t.test('a clone belongs to whom the source belongs, unless another owner is asked for', async (t) => {
  const crew = await buildCrew(studio)
  const id = await finished(crew.admin, crew.urn)
  const again = await clone(crew.member, id)
  t.match(again, {
    status: 201,
    body: { owner: crew.urn, triggered_by: crew.member.user.userId, project_id: null, idempotency_key: null },
  })
  t.match(await clone(crew.member, again.body.id), { status: 400 }, 'it is still active')
  await end(again.body.id)
  const own = await clone(crew.viewer, id, { owner: `framecast:user:${crew.viewer.user.userId}` })
  t.equal(own.status, 201, 'a viewer may take it home')
  t.equal((await clone(crew.viewer, id)).status, 403, 'but not render for the team')
  t.equal((await clone(crew.member, id, { owner: 'framecast:artifact:x' })).status, 400)
  t.equal((await clone(crew.member, id, { owner: `framecast:team:${newId()}` })).status, 403)
  t.equal((await clone(await buildPerson(studio), id)).status, 404)
})

t.test('a key of a team stays within it', async (t) => {
  const crew = await buildCrew(studio)
  const elsewhere = await buildCrew(studio)
  await join(studio, elsewhere.teamId, crew.member, 'owner')
  const { rawKey } = await createApiKey(studio.pool, {
    userId: crew.member.user.userId,
    name: 'test',
    scopes: ['*'],
    owner: membershipUrn(crew, crew.member),
  })
  const key: Person = { user: crew.member.user, request: studio.as(rawKey) }
  const made = await generate(key, undefined, { idempotency_key: 'k1' })
  t.match(
    made,
    { status: 201, body: { owner: membershipUrn(crew, crew.member) } },
    'its owner is the default',
  )
  const own = await jobOf(crew.member)
  const other = await jobOf(crew.member, elsewhere.urn)
  t.strictSame(await listed(key), [made.body.id])
  for (const id of [own, other]) {
    t.equal((await get(key, id)).status, 404)
    t.equal((await cancel(key, id)).status, 404, 'not even what its own user started')
  }
  t.equal((await generate(key, `framecast:user:${crew.member.user.userId}`)).status, 403)
  t.equal((await generate(key, crew.urn)).status, 201)

  const personal = await generate(crew.member, undefined, { idempotency_key: 'k2' })
  t.equal(personal.status, 201)
  t.match(
    await generate(key, undefined, { idempotency_key: 'k2' }),
    { status: 409, body: { error: { message: /idempotency key/ } } },
    'nor is a job shown by the way of its idempotency key',
  )
})

t.test('the same key gives the same job, over generate, clone and render', async (t) => {
  const crew = await buildCrew(studio)
  const headers = { 'idempotency-key': 'once' }
  const first = await read<WireJob>(
    crew.member.request('/v1/generate', { json: { spec: aStoryboard(), options }, headers }),
  )
  t.equal(first.status, 201)
  const again = await read<WireJob>(
    crew.member.request('/v1/generate', { json: { spec: { nonsense: true }, options: { fps: 7 } }, headers }),
  )
  t.match(again, { status: 200, body: { id: first.body.id } }, 'whatever the new body says')
  const replay = await read<WireJob>(
    crew.member.request(`/v1/jobs/${first.body.id}/clone`, { method: 'POST', headers }),
  )
  t.match(replay, { status: 200, body: { id: first.body.id } })
  const body = await generate(crew.member, undefined, { idempotency_key: 'in the body' })
  const wins = await read<WireJob>(
    crew.member.request('/v1/generate', {
      json: { spec: aStoryboard(), options, idempotency_key: 'in the body' },
      headers,
    }),
  )
  t.equal(wins.body.id, body.body.id, 'the body goes before the header')
  t.match(
    await read<WireError>(
      crew.member.request('/v1/generate', {
        json: { spec: aStoryboard(), options, owner: `framecast:team:${newId()}` },
        headers,
      }),
    ),
    { status: 403 },
    'the owner is looked at first',
  )
  const own = await generate(crew.admin, undefined, { idempotency_key: 'once' })
  t.equal(own.status, 201, 'each caller has keys of the own')
})
