import { t } from 'tap'
import { TEAM_ROLES } from '../../core/access/roles.ts'
import { completeJob, failJob, startJob } from '../../core/jobs/transitions.ts'
import { transaction } from '../../core/platform/database.ts'
import { anOutput, setBalance } from '../support/builders.ts'
import { race } from '../support/race.ts'
import { aStoryboard, read, startStudio, type WireError } from '../support/studio.ts'
import { buildCrew, type Crew, type Person } from './people.ts'

type WireJob = {
  id: string
  owner: string
  status: string
  project_id: string | null
  spec_snapshot: object
  credits_charged: number
}
type WireProject = { id: string; status: string; spec_revision: number; latest_job?: { id: string } | null }

// Nobody renders here: jobs stay queued until a test moves them. aStoryboard() costs 4 credits.
const studio = await startStudio(t, {
  env: { COMFYUI_URLS: 'http://127.0.0.1:9', CREDITS_MODE: 'enforce' },
})

async function newProject({ teamId, owner }: Crew, spec: object | null = aStoryboard()): Promise<string> {
  const made = await read<WireProject>(
    owner.request(`/v1/teams/${teamId}/projects`, { json: { name: 'A film', spec } }),
  )
  return made.body.id
}
const render = (person: Person, id: string, json?: object, headers = {}) =>
  read<WireJob & WireError>(
    person.request(`/v1/projects/${id}/render`, { method: 'POST', headers, ...(json && { json }) }),
  )
const act = async (person: Person, id: string, action: string) =>
  (await person.request(`/v1/projects/${id}/${action}`, { method: 'POST' })).status
const remove = async (person: Person, id: string) =>
  (await person.request(`/v1/projects/${id}`, { method: 'DELETE' })).status
const project = async (person: Person, id: string) =>
  (await read<WireProject>(person.request(`/v1/projects/${id}`))).body
const statusOf = async (id: string): Promise<string | undefined> =>
  (await studio.pool.query<{ status: string }>('select status from projects where id = $1', [id])).rows[0]
    ?.status
const start = (id: string) => transaction(studio.pool, (client) => startJob(client, id, 'worker-1'))
const complete = (id: string) => transaction(studio.pool, (client) => completeJob(client, id, anOutput(id)))

t.test('a project follows its job', async (t) => {
  const crew = await buildCrew(studio, { credits: 100 })
  const id = await newProject(crew)
  const made = await render(crew.member, id)
  t.match(made, {
    status: 201,
    body: {
      owner: crew.urn,
      project_id: id,
      status: 'queued',
      spec_snapshot: aStoryboard(),
      credits_charged: 4,
    },
  })
  t.equal(made.headers.get('location'), `/v1/jobs/${made.body.id}`)
  t.match(await project(crew.viewer, id), {
    status: 'rendering',
    latest_job: { id: made.body.id, status: 'queued', completed_at: null },
  })
  await start(made.body.id)
  t.equal(await statusOf(id), 'rendering')
  await complete(made.body.id)
  t.match(await project(crew.viewer, id), {
    status: 'completed',
    latest_job: { id: made.body.id, status: 'completed', completed_at: String },
  })

  const second = await render(crew.owner, id, { options: { resolution: '1080p' } })
  t.equal(second.status, 201, 'a completed project may be rendered again')
  await start(second.body.id)
  await transaction(studio.pool, (client) =>
    failJob(client, second.body.id, 'system', { code: 'worker_lost', message: 'gone' }),
  )
  t.equal(await statusOf(id), 'draft', 'a failed render leaves a draft')

  const third = await render(crew.owner, id)
  t.equal((await crew.admin.request(`/v1/jobs/${third.body.id}/cancel`, { method: 'POST' })).status, 200)
  t.match(await project(crew.owner, id), { status: 'draft', latest_job: { id: third.body.id } })
})

t.test('what may be done while it renders, and what may not', async (t) => {
  const crew = await buildCrew(studio, { credits: 100 })
  const id = await newProject(crew)
  const { body: job } = await render(crew.owner, id)
  t.match(await render(crew.owner, id), { status: 409, body: { error: { message: /is being rendered/ } } })
  t.equal(await act(crew.owner, id, 'archive'), 409)
  t.equal(await act(crew.owner, id, 'unarchive'), 409)
  t.equal(await remove(crew.owner, id), 409)
  t.equal(
    (await crew.owner.request(`/v1/projects/${id}`, { method: 'PATCH', json: { name: 'New name' } })).status,
    200,
  )
  const saved = await read<WireProject>(
    crew.owner.request(`/v1/projects/${id}/spec`, {
      method: 'PUT',
      json: { spec: aStoryboard({ title: 'Later' }) },
    }),
  )
  t.match(saved, { status: 200, body: { spec_revision: 2, status: 'rendering' } })
  const { rows } = await studio.pool.query(
    `select spec_revision, spec_snapshot ->> 'title' as title from jobs where id = $1`,
    [job.id],
  )
  t.strictSame(rows, [{ spec_revision: 1, title: 'Two shots' }], 'the job keeps what it began with')
  await start(job.id)
  await complete(job.id)
  t.equal(
    (
      await read<WireProject>(
        crew.owner.request(`/v1/projects/${id}/spec`, { method: 'PUT', json: { spec: aStoryboard() } }),
      )
    ).body.status,
    'completed',
    'a later storyboard leaves it completed',
  )
})

t.test('refusals, each before anything is written or charged', async (t) => {
  const crew = await buildCrew(studio, { credits: 100 })
  const id = await newProject(crew)
  const empty = await newProject(crew, null)
  const broken = await newProject(crew, { title: 'no scene' })
  const archived = await newProject(crew)
  await act(crew.owner, archived, 'archive')
  t.match(await render(crew.owner, empty), {
    status: 400,
    body: { error: { code: 'VALIDATION_ERROR', message: /no storyboard yet/ } },
  })
  t.match(await render(crew.owner, broken), {
    status: 400,
    body: { error: { details: { valid: false, errors: Array } } },
  })
  t.match(await render(crew.owner, archived), { status: 409, body: { error: { message: /archived/ } } })
  t.equal((await render(crew.owner, id, { options: { fps: 7 } })).status, 400)
  t.equal((await render(crew.owner, id, { options: 7 })).status, 422)
  const typed = { method: 'POST', body: 'x', headers: { 'content-type': 'text/plain' } }
  t.equal((await crew.owner.request(`/v1/projects/${id}/render`, typed)).status, 415)
  t.match(await render(crew.viewer, id), { status: 403, body: { error: { code: 'AUTHORIZATION_ERROR' } } })
  for (const role of TEAM_ROLES.filter((role) => role !== 'viewer')) {
    const { status, body } = await render(crew[role], id)
    t.equal(status, 201, role)
    await crew[role].request(`/v1/jobs/${body.id}/cancel`, { method: 'POST' })
  }
  await setBalance(studio.pool, `framecast:team:${crew.teamId}`, 3)
  const poor = await render(crew.owner, id)
  t.match(poor, { status: 402, body: { error: { code: 'INSUFFICIENT_CREDITS' } } })
  t.equal(await statusOf(id), 'draft', 'the project has not moved')
})

t.test('an idempotency key gives the render made first, while it runs and after', async (t) => {
  const crew = await buildCrew(studio, { credits: 100 })
  const id = await newProject(crew)
  const key = { 'idempotency-key': 'cut-7' }
  const first = await render(crew.member, id, undefined, key)
  t.equal(first.status, 201)
  t.match(await render(crew.member, id, undefined, key), { status: 200, body: { id: first.body.id } })
  await start(first.body.id)
  await complete(first.body.id)
  await act(crew.owner, id, 'archive')
  t.match(await render(crew.member, id, undefined, key), { status: 200, body: { id: first.body.id } })
  t.equal((await render(crew.viewer, id, undefined, key)).status, 403, 'the role comes first')
})

t.test('a deleted project leaves its jobs behind', async (t) => {
  const crew = await buildCrew(studio, { credits: 100 })
  const id = await newProject(crew)
  const { body: job } = await render(crew.owner, id)
  await start(job.id)
  await complete(job.id)
  t.match(
    await read<WireError>(crew.owner.request(`/v1/jobs/${job.id}`, { method: 'DELETE' })),
    { status: 400, body: { error: { message: /project/ } } },
    'a job of a project is kept',
  )
  t.equal(await remove(crew.admin, id), 204)
  t.match(await read<WireJob>(crew.viewer.request(`/v1/jobs/${job.id}`)), {
    status: 200,
    body: { project_id: null, owner: crew.urn, status: 'completed' },
  })
})

t.test('two renders of one project at once: one of them is refused', async (t) => {
  const crew = await buildCrew(studio, { credits: 1_000 })
  for (let round = 0; round < 5; round += 1) {
    const id = await newProject(crew)
    const replies = await Promise.all([
      render(crew.owner, id),
      render(crew.admin, id),
      render(crew.member, id),
    ])
    t.strictSame(replies.map(({ status }) => status).sort(), [201, 409, 409])
    const { id: job } = replies.find(({ status }) => status === 201)!.body
    t.equal((await crew.owner.request(`/v1/jobs/${job}/cancel`, { method: 'POST' })).status, 200)
  }
})

const lockOf = (id: string) => ({ text: 'select 1 from projects where id = $1 for update', values: [id] })

t.test('render against archive: whichever is first wins, and the project shows it', async (t) => {
  const crew = await buildCrew(studio, { credits: 1_000 })
  const one = await newProject(crew)
  const [rendered, archived] = await race(
    studio.pool,
    lockOf(one),
    () => render(crew.owner, one),
    () => act(crew.admin, one, 'archive'),
  )
  t.strictSame([rendered.status, archived, await statusOf(one)], [201, 409, 'rendering'])

  const two = await newProject(crew)
  const [archivedFirst, refused] = await race(
    studio.pool,
    lockOf(two),
    () => act(crew.admin, two, 'archive'),
    () => render(crew.owner, two),
  )
  t.strictSame([archivedFirst, refused.status, await statusOf(two)], [200, 409, 'archived'])
  t.match(refused.body, { error: { message: /archived/ } })
})

t.test('render against delete: the project is rendered or gone, never half of both', async (t) => {
  const crew = await buildCrew(studio, { credits: 1_000 })
  const one = await newProject(crew)
  const [rendered, removed] = await race(
    studio.pool,
    lockOf(one),
    () => render(crew.owner, one),
    () => remove(crew.admin, one),
  )
  t.strictSame([rendered.status, removed, await statusOf(one)], [201, 409, 'rendering'])

  const two = await newProject(crew)
  const [removedFirst, missed] = await race(
    studio.pool,
    lockOf(two),
    () => remove(crew.admin, two),
    () => render(crew.owner, two),
  )
  t.strictSame([removedFirst, missed.status, await statusOf(two)], [204, 404, undefined])
})

t.test('jobs that end and everything else that touches their projects never block each other', async (t) => {
  const crew = await buildCrew(studio, { credits: 10_000 })
  for (let round = 0; round < 6; round += 1) {
    const ids = await Promise.all(Array.from({ length: 4 }, () => newProject(crew)))
    const jobs = await Promise.all(ids.map(async (id) => (await render(crew.owner, id)).body.id))
    for (const job of jobs) await start(job)
    const outcomes = await Promise.all(
      ids.flatMap((id, at) => [
        at % 2 === 0
          ? complete(jobs[at]!)
          : crew.owner.request(`/v1/jobs/${jobs[at]}/cancel`, { method: 'POST' }),
        remove(crew.owner, id),
        act(crew.admin, id, 'archive'),
        crew.member.request(`/v1/projects/${id}/spec`, { method: 'PUT', json: { spec: { at } } }),
        render(crew.member, id),
      ]),
    )
    const statuses = outcomes.map((outcome) =>
      typeof outcome === 'object' ? outcome.status : typeof outcome === 'number' ? outcome : 200,
    )
    t.notOk(
      statuses.some((status) => status >= 500),
      statuses.join(' '),
    )
    for (const { id } of (await read<WireJob[]>(crew.owner.request('/v1/jobs?status=queued'))).body)
      await crew.owner.request(`/v1/jobs/${id}/cancel`, { method: 'POST' })
  }
  const { rows } = await studio.pool.query(
    `select p.id from projects p where p.status = 'rendering'
       and not exists (select 1 from jobs j where j.project_id = p.id and j.status in ('queued', 'processing'))`,
  )
  t.strictSame(rows, [], 'a rendering project has an active job')
})
