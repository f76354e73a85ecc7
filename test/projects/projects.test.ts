import { t } from 'tap'
import { TEAM_ROLES } from '../../core/access/roles.ts'
import { createApiKey } from '../../core/accounts/keys.ts'
import { newId } from '../../core/platform/ids.ts'
import { aStoryboard, read, startStudio, type WireError } from '../support/studio.ts'
import { buildCrew, buildPerson, type Crew, type Person } from './people.ts'

type WireProject = {
  id: string
  name: string
  status: string
  spec: object | null
  spec_revision: number
  updated_at: string
  latest_job?: object | null
}

const studio = await startStudio(t)
const crew = await buildCrew(studio)

async function newProject(
  { teamId, owner }: Pick<Crew, 'teamId' | 'owner'>,
  body: object = { name: 'A film' },
): Promise<WireProject> {
  const made = await read<WireProject>(owner.request(`/v1/teams/${teamId}/projects`, { json: body }))
  if (made.status !== 201) throw new Error(`no project: ${JSON.stringify(made.body)}`)
  return made.body
}

const get = (id: string, as: Person = crew.owner) => read<WireProject>(as.request(`/v1/projects/${id}`))
const put = (id: string, spec: unknown, headers = {}, as: Person = crew.owner) =>
  read<WireProject & WireError>(
    as.request(`/v1/projects/${id}/spec`, { method: 'PUT', json: { spec }, headers }),
  )
const act = (id: string, action: string, as: Person = crew.owner) =>
  read<WireProject & WireError>(as.request(`/v1/projects/${id}/${action}`, { method: 'POST' }))

t.test('a project is made, read, renamed, archived and deleted', async (t) => {
  const made = await read<WireProject>(
    crew.member.request(`/v1/teams/${crew.teamId}/projects`, {
      json: { name: 'Harbor', status: 'completed' },
    }),
  )
  const { id } = made.body
  t.match(made, {
    status: 201,
    body: {
      team_id: crew.teamId,
      created_by: crew.member.user.userId,
      name: 'Harbor',
      status: 'draft',
      spec: null,
      spec_revision: 1,
    },
  })
  t.equal(made.headers.get('location'), `/v1/projects/${id}`)
  t.equal(made.headers.get('etag'), '"r1"')
  t.notOk('latest_job' in made.body)
  t.match(await get(id), { status: 200, body: { ...made.body, latest_job: null } })

  const rename = (json: object) =>
    read<WireProject>(crew.member.request(`/v1/projects/${id}`, { method: 'PATCH', json }))
  t.match(await rename({ name: 'Harbor, second cut' }), { status: 200, body: { name: 'Harbor, second cut' } })
  t.match(await rename({}), { status: 200, body: { name: 'Harbor, second cut' } }, 'nothing to change')

  t.match(await act(id, 'archive'), { status: 200, body: { status: 'archived' } })
  t.match(await act(id, 'archive'), { status: 409, body: { error: { message: /archived already/ } } })
  t.match(await rename({ name: 'Old harbor' }), { status: 200 }, 'an archived project may be renamed')
  t.match(await put(id, aStoryboard()), { status: 409, body: { error: { code: 'CONFLICT' } } })
  t.match(await act(id, 'unarchive'), { status: 200, body: { status: 'draft' } })
  t.match(await act(id, 'unarchive'), { status: 409, body: { error: { message: /not archived/ } } })

  t.equal((await crew.admin.request(`/v1/projects/${id}`, { method: 'DELETE' })).status, 204)
  t.equal((await get(id)).status, 404)
  const { rows } = await studio.pool.query('select * from audit_entries where subject_id = $1', [id])
  t.match(rows, [
    {
      action: 'project.deleted',
      team_id: crew.teamId,
      actor_id: crew.admin.user.userId,
      details: { name: 'Old harbor', files: 0, bytes: 0 },
    },
  ])
})

t.test('bodies that are wrong are refused, and nothing is written', async (t) => {
  const { id } = await newProject(crew)
  const count = async () =>
    (await studio.pool.query('select count(*)::int as n from projects')).rows[0].n as number
  const before = await count()
  const big = { title: 'x'.repeat(102_400) }
  const bad: [method: string, path: string, json: unknown][] = [
    ['POST', `/v1/teams/${crew.teamId}/projects`, {}],
    ['POST', `/v1/teams/${crew.teamId}/projects`, { name: '' }],
    ['POST', `/v1/teams/${crew.teamId}/projects`, { name: 'é'.repeat(201) }],
    ['POST', `/v1/teams/${crew.teamId}/projects`, { name: null }],
    ['POST', `/v1/teams/${crew.teamId}/projects`, { name: 7 }],
    ['POST', `/v1/teams/${crew.teamId}/projects`, { name: 'x', spec: [] }],
    ['POST', `/v1/teams/${crew.teamId}/projects`, { name: 'x', spec: 'x' }],
    ['POST', `/v1/teams/${crew.teamId}/projects`, { name: 'x', spec: big }],
    ['POST', `/v1/teams/${crew.teamId}/projects`, []],
    ['POST', '/v1/teams/my-team/projects', { name: 'x' }],
    ['PATCH', `/v1/projects/${id}`, { name: '' }],
    ['PATCH', `/v1/projects/${id}`, { name: null }],
    ['PUT', `/v1/projects/${id}/spec`, {}],
    ['PUT', `/v1/projects/${id}/spec`, { spec: null }],
    ['PUT', `/v1/projects/${id}/spec`, { spec: [] }],
    ['PUT', `/v1/projects/${id}/spec`, { spec: big }],
    ['PATCH', '/v1/projects/1', { name: 'x' }],
  ]
  for (const [method, path, json] of bad) {
    const refused = await read<WireError>(crew.owner.request(path, { method, json }))
    t.match(
      refused,
      { status: 400, body: { error: { code: 'VALIDATION_ERROR' } } },
      `${method} ${JSON.stringify(json).slice(0, 60)}`,
    )
  }
  t.equal(await count(), before)
  t.match((await get(id)).body, { name: 'A film', spec: null, spec_revision: 1 })
  const longest = { name: '🎬'.repeat(200), spec: { title: 'x'.repeat(102_400 - '{"title":""}'.length) } }
  const kept = await newProject(crew, longest)
  t.match(kept, longest, '200 characters, however they are written, and 100 KB to the byte')
})

t.test('a storyboard is saved whole, whatever it says', async (t) => {
  const { id } = await newProject(crew, { name: 'Saved', spec: aStoryboard() })
  const half = { title: 'half of it', scenes: [{ id: '', duration: -1 }], later: { anything: true } }
  const saved = await put(id, half)
  t.match(saved, { status: 200, body: { spec_revision: 2, status: 'draft' } })
  t.strictSame(saved.body.spec, half)
  t.equal(saved.headers.get('etag'), '"r2"')
  t.equal((await put(id, half)).body.spec_revision, 2, 'the same again is no change')
})

t.test('whoever names an older revision is told, and overwrites nothing', async (t) => {
  const { id } = await newProject(crew)
  t.equal((await put(id, { a: 1 }, { 'if-match': '"r1"' })).body.spec_revision, 2)
  const late = await put(id, { a: 2 }, { 'if-match': '"r1"' })
  t.match(late, {
    status: 412,
    body: {
      error: { code: 'PRECONDITION_FAILED', reason: 'revision_conflict', details: { revision: 2 } },
    },
  })
  t.strictSame((await get(id)).body.spec, { a: 1 })
  t.equal((await put(id, { a: 3 }, { 'if-match': 'W/"r2"' })).status, 412, 'a weak tag never matches')
  t.equal((await put(id, { a: 3 }, { 'if-match': '"r9", "r2"' })).body.spec_revision, 3)
  t.equal((await put(id, { a: 4 }, { 'if-match': '*' })).body.spec_revision, 4)
  t.equal((await put(id, { a: 5 }, { 'if-match': 'r4' })).status, 400)
  t.equal((await put(id, { a: 5 })).body.spec_revision, 5, 'without the header the last one wins')

  const racers = await Promise.all(
    Array.from({ length: 8 }, (_, racer) => put(id, { racer }, { 'if-match': '"r5"' })),
  )
  t.strictSame(racers.map(({ status }) => status).sort(), [200, ...Array(7).fill(412)], 'one of eight')
})

t.test('lists come by the last change, in pages, archived ones apart', async (t) => {
  const crew = await buildCrew(studio)
  const ids: string[] = []
  for (let n = 0; n < 5; n += 1) ids.push((await newProject(crew, { name: `P${n}` })).id)
  // Far apart, so that the order is told by the clock of the database and not by luck.
  for (const [n, id] of ids.entries())
    await studio.pool.query(
      `update projects set created_at = now() - interval '1 day', name = $2 where id = $1`,
      [id, `P${n}`],
    )
  await act(ids[1]!, 'archive', crew.owner)
  await put(ids[2]!, { touched: true }, {}, crew.owner)
  const list = (query = '') =>
    read<WireProject[]>(crew.viewer.request(`/v1/teams/${crew.teamId}/projects${query}`))
  const names = async (query = '') => (await list(query)).body.map(({ name }) => name)
  t.strictSame(await names(), ['P2', 'P4', 'P3', 'P0'])
  t.strictSame(await names('?include_archived=true'), ['P2', 'P1', 'P4', 'P3', 'P0'])
  t.strictSame(await names('?include_archived=false'), ['P2', 'P4', 'P3', 'P0'])
  t.strictSame(await names('?status=archived'), ['P1'])
  t.strictSame(await names('?status=rendering'), [])

  const first = await list('?limit=3')
  t.strictSame(
    first.body.map(({ name }) => name),
    ['P2', 'P4', 'P3'],
  )
  const cursor = first.headers.get('x-next-cursor')
  t.match(first.headers.get('link'), /rel="next"/)
  const last = await list(`?limit=3&cursor=${cursor}`)
  t.strictSame(
    last.body.map(({ name }) => name),
    ['P0'],
  )
  t.equal(last.headers.get('x-next-cursor'), null)
  t.strictSame(await names('?limit=2&offset=1'), ['P4', 'P3'])
  for (const query of ['?status=done', '?include_archived=yes', '?limit=x', '?cursor=x'])
    t.equal((await list(query)).status, 400, query)
})

t.test('each role may do what its row of the table says', async (t) => {
  const { teamId } = crew
  const may: [action: string, allowed: string, act: (person: Person) => Promise<number>][] = [
    [
      'list',
      'owner admin member viewer',
      async (p) => (await p.request(`/v1/teams/${teamId}/projects`)).status,
    ],
    ['read', 'owner admin member viewer', async (p) => (await get((await newProject(crew)).id, p)).status],
    [
      'create',
      'owner admin member',
      async (p) => (await p.request(`/v1/teams/${teamId}/projects`, { json: { name: 'x' } })).status,
    ],
    [
      'rename',
      'owner admin member',
      async (p) =>
        (await p.request(`/v1/projects/${(await newProject(crew)).id}`, { method: 'PATCH', json: {} }))
          .status,
    ],
    [
      'save',
      'owner admin member',
      async (p) => (await put((await newProject(crew)).id, { a: 1 }, {}, p)).status,
    ],
    ['archive', 'owner admin', async (p) => (await act((await newProject(crew)).id, 'archive', p)).status],
    [
      'unarchive',
      'owner admin',
      async (p) => {
        const { id } = await newProject(crew)
        await act(id, 'archive')
        return (await act(id, 'unarchive', p)).status
      },
    ],
    [
      'delete',
      'owner admin',
      async (p) =>
        (await p.request(`/v1/projects/${(await newProject(crew)).id}`, { method: 'DELETE' })).status,
    ],
  ]
  for (const [action, allowed, attempt] of may) {
    for (const role of TEAM_ROLES) {
      const status = await attempt(crew[role])
      const isAllowed = allowed.split(' ').includes(role)
      t.equal(status < 300, isAllowed, `${role} ${isAllowed ? 'may' : 'may not'} ${action} (${status})`)
      if (!isAllowed) t.equal(status, 403)
    }
  }
})

t.test('a project of another team is not there, and its list is not open', async (t) => {
  const stranger = await buildPerson(studio)
  const { id } = await newProject(crew)
  const attempts: [method: string, path: string, json?: object][] = [
    ['GET', ''],
    ['PATCH', '', { name: 'x' }],
    ['PUT', '/spec', { spec: {} }],
    ['POST', '/archive'],
    ['POST', '/unarchive'],
    ['POST', '/render'],
    ['DELETE', ''],
  ]
  for (const [method, path, json] of attempts) {
    const ask = (project: string) =>
      read<WireError>(stranger.request(`/v1/projects/${project}${path}`, { method, ...(json && { json }) }))
    const [foreign, missing] = await Promise.all([ask(id), ask(newId())])
    t.equal(foreign.status, 404, `${method} ${path}`)
    t.strictSame(foreign.body, missing.body, 'as if it were absent')
  }
  for (const team of [crew.teamId, newId()]) {
    t.equal((await stranger.request(`/v1/teams/${team}/projects`)).status, 403)
    t.equal((await stranger.request(`/v1/teams/${team}/projects`, { json: { name: 'x' } })).status, 403)
  }
})

t.test('starters have no projects, and keys need the scope', async (t) => {
  const starter = await buildPerson(studio, { tier: 'starter' })
  t.match(await read<WireError>(starter.request(`/v1/teams/${crew.teamId}/projects`)), {
    status: 403,
    body: {
      error: { code: 'INSUFFICIENT_TIER', message: 'Only creator tier users can access team operations' },
    },
  })
  const keyOf = async (scopes: Parameters<typeof createApiKey>[1]['scopes'], owner?: string) => {
    const { rawKey } = await createApiKey(studio.pool, {
      userId: crew.member.user.userId,
      name: 'test',
      scopes,
      ...(owner && { owner }),
    })
    return studio.as(rawKey)
  }
  const { id } = await newProject(crew)
  const reader = await keyOf(['projects:read'])
  t.equal((await reader(`/v1/projects/${id}`)).status, 200)
  t.equal((await reader(`/v1/projects/${id}`, { method: 'PATCH', json: {} })).status, 403)
  const writer = await keyOf(['projects:write'])
  t.equal((await writer(`/v1/projects/${id}`)).status, 403)
  t.equal((await writer(`/v1/projects/${id}`, { method: 'PATCH', json: {} })).status, 200)
  t.equal(
    (await writer(`/v1/projects/${id}/archive`, { method: 'POST' })).status,
    403,
    'a key never widens the role of its user',
  )
  const other = await buildCrew(studio)
  const ownKey = await keyOf(['*'], crew.urn)
  t.equal((await ownKey(`/v1/projects/${id}`)).status, 200, 'a key of the team opens it')
  t.equal((await ownKey(`/v1/projects/${(await newProject(other)).id}`)).status, 404)
})

t.test('the files of a deleted project go with it, and their bytes', async (t) => {
  const crew = await buildCrew(studio)
  const { id } = await newProject(crew)
  const addFile = async (status: string, bytes: number, projectId: string | null = id) => {
    const file = newId()
    await studio.pool.query(
      `insert into asset_files (id, owner, uploaded_by, project_id, filename, s3_key, content_type, size_bytes, status)
       values ($1, $2, $3, $4, 'a.png', $5, 'image/png', $6, $7)`,
      [
        file,
        crew.urn,
        crew.member.user.userId,
        projectId,
        `team/${crew.teamId}/shared/assets/${file}/a.png`,
        bytes,
        status,
      ],
    )
    return file
  }
  const kept = await addFile('ready', 1_000, null)
  const ready = await addFile('ready', 300)
  const pending = await addFile('pending', 50)
  await studio.pool.query('update teams set ephemeral_storage_bytes = 1300 where id = $1', [crew.teamId])
  t.equal((await crew.owner.request(`/v1/projects/${id}`, { method: 'DELETE' })).status, 204)
  const { rows: files } = await studio.pool.query('select id from asset_files where owner = $1', [crew.urn])
  t.strictSame(files, [{ id: kept }])
  const { rows: teams } = await studio.pool.query(
    'select ephemeral_storage_bytes::int as bytes from teams where id = $1',
    [crew.teamId],
  )
  t.strictSame(teams, [{ bytes: 1_000 }])
  const { rows: removals } = await studio.pool.query(
    `select key from graphile_worker.jobs where task_identifier = 'objects.remove' and key like $1 order by key`,
    [`objects:team/${crew.teamId}/%`],
  )
  t.strictSame(
    removals.map(({ key }) => key),
    [ready, pending].map((file) => `objects:team/${crew.teamId}/shared/assets/${file}/`).sort(),
  )
})
