/** Teams through the API: made, read, changed, deleted, within the limits that hold when everything happens at once. */
import t from 'tap'
import { createApiKey } from '../../core/accounts/keys.ts'
import { newId } from '../../core/platform/ids.ts'
import { buildJob, buildMember, buildTeam, buildUser } from '../support/builders.ts'
import { startStudio, until } from '../support/studio.ts'
import { aCreator, aCrew, aPerson, refusal, trail } from './support.ts'

const studio = await startStudio(t, { env: { CREDITS_MODE: 'enforce' } })
const { pool } = studio

/** Balances are the sum of their entries, for people and teams that are there and for those that are gone. */
async function booksBalance(): Promise<boolean> {
  const { rows } = await pool.query(
    `select source from (
       select e.source, sum(case e.kind when 'grant' then e.amount when 'refund' then e.amount else -e.amount end) as sum
       from credit_entries e where e.moves_balance group by e.source) folded
     left join teams t on 'framecast:team:' || t.id = folded.source
     where folded.source like 'framecast:team:%' and coalesce(t.credits, 0) <> folded.sum`,
  )
  return rows.length === 0
}

t.test('making a team', async (t) => {
  const ada = await aCreator(studio)

  t.test('its maker is the owner', async (t) => {
    const made = await ada.ask('POST /v1/teams', {
      name: 'Café Nº 5',
      id: newId(),
      user_role: 'viewer',
      credits: 9,
    })
    t.equal(made.status, 201)
    t.equal(made.headers.get('location'), `/v1/teams/${made.body.id}`)
    t.match(made.body, {
      name: 'Café Nº 5',
      slug: /^cafe-no-5-[0-9a-f]{8}$/,
      credits: 0,
      ephemeral_storage_bytes: 0,
      settings: {},
      user_role: 'owner',
      user_urn: `framecast:${made.body.id}:${ada.userId}`,
    })
    t.strictSame(Object.keys(made.body), [
      'id',
      'name',
      'slug',
      'credits',
      'ephemeral_storage_bytes',
      'settings',
      'created_at',
      'updated_at',
      'user_role',
      'user_urn',
    ])
    t.match(await ada.ask(`GET /v1/teams/${made.body.id}`), { status: 200, body: made.body })
    t.match(await trail(studio, String(made.body.id)), [['team.created', { name: 'Café Nº 5' }]])
  })

  t.test('a slug that is given is taken as it is, once', async (t) => {
    const ben = await aCreator(studio)
    const made = await ada.ask('POST /v1/teams', { name: 'One', slug: 'night-kiosk' })
    t.match(made, { status: 201, body: { slug: 'night-kiosk' } })
    t.strictSame(refusal(await ben.ask('POST /v1/teams', { name: 'Two', slug: 'night-kiosk' })), [
      409,
      'Conflict: the slug night-kiosk is taken',
    ])
    const answers = await Promise.all(
      [ada, ben].map((person) => person.ask('POST /v1/teams', { name: 'Three', slug: 'at-once' })),
    )
    t.strictSame(answers.map(({ status }) => status).sort(), [201, 409])
  })

  const wrong: [what: string, body: unknown][] = [
    ['no name', {}],
    ['an empty name', { name: '' }],
    ['a blank name', { name: ' \n\t' }],
    ['a long name', { name: 'x'.repeat(101) }],
    ['a name that is no text', { name: 5 }],
    ['a name that leaves no slug', { name: '!!!' }],
    ['an empty slug', { name: 'A', slug: '' }],
    ['capitals in the slug', { name: 'A', slug: 'Night' }],
    ['two hyphens', { name: 'A', slug: 'a--b' }],
    ['a hyphen at the end', { name: 'A', slug: 'a-' }],
    ['a long slug', { name: 'A', slug: 'a'.repeat(51) }],
    ['a line break in the slug', { name: 'A', slug: 'a\n' }],
    ['negative credits', { name: 'A', initial_credits: -1 }],
    ['half a credit', { name: 'A', initial_credits: 0.5 }],
    ['more credits than can be counted', { name: 'A', initial_credits: 2_147_483_648 }],
    ['a list', []],
  ]
  t.test('what is wrong is 400', async (t) => {
    const count = async () => (await pool.query('select count(*)::int as n from teams')).rows[0].n
    const before = await count()
    for (const [what, body] of wrong)
      t.match(
        await ada.ask('POST /v1/teams', body),
        { status: 400, body: { error: { code: 'VALIDATION_ERROR' } } },
        what,
      )
    t.equal(await count(), before)
  })

  t.test('names of a hundred characters, whatever they are', async (t) => {
    const name = '🎬'.repeat(99)
    t.match(await ada.ask('POST /v1/teams', { name: `${name}x` }), {
      status: 201,
      body: { name: `${name}x`, slug: /^clapper-clapper-/ },
    })
  })

  t.test('credits to begin with are an operator’s to give where they are enforced', async (t) => {
    t.match(await ada.ask('POST /v1/teams', { name: 'Rich', initial_credits: 100 }), {
      status: 403,
      body: { error: { code: 'AUTHORIZATION_ERROR' } },
    })
    t.equal((await ada.ask('POST /v1/teams', { name: 'Plain', initial_credits: 0 })).status, 201)
    await pool.query('update users set is_operator = true where id = $1', [ada.userId])
    const made = await ada.ask('POST /v1/teams', { name: 'Rich', initial_credits: 100 })
    await pool.query('update users set is_operator = false where id = $1', [ada.userId])
    t.match(made, { status: 201, body: { credits: 100 } })
    const { rows } = await pool.query('select kind, amount from credit_entries where source = $1', [
      `framecast:team:${made.body.id}`,
    ])
    t.strictSame(rows, [{ kind: 'grant', amount: 100 }])
    t.ok(await booksBalance())
  })

  t.test('at most ten that one owns, and fifty that one belongs to, also all at once', async (t) => {
    const cal = await aCreator(studio)
    for (let n = 0; n < 8; n += 1) await buildTeam(pool, cal)
    const answers = await Promise.all(
      Array.from({ length: 4 }, (_, n) => cal.ask('POST /v1/teams', { name: `Tenth ${n}` })),
    )
    t.strictSame(answers.map(({ status }) => status).sort(), [201, 409, 409, 409])
    t.match(answers.find(({ status }) => status === 409)?.body, {
      error: { code: 'CONFLICT', message: 'Conflict: you own 10 teams already' },
    })
    const dan = await aCreator(studio)
    const hosts = await Promise.all(Array.from({ length: 5 }, () => buildUser(pool)))
    for (const host of hosts)
      for (let n = 0; n < 10; n += 1)
        if (host !== hosts[0] || n > 0) await buildMember(pool, await buildTeam(pool, host), dan, 'viewer')
    t.match(await dan.ask('POST /v1/teams', { name: 'Fifty-first' }), {
      status: 409,
      body: { error: { message: 'Conflict: you belong to 50 teams already' } },
    })
  })
})

t.test('reading teams', async (t) => {
  t.test('one’s own, by name, in pages', async (t) => {
    const ada = await aPerson(studio)
    for (const name of ['delta', 'alpha', 'charlie', 'bravo', 'bravo']) await buildTeam(pool, ada, { name })
    const names = async (query: string) => {
      const { status, body, headers } = await ada.ask(`GET /v1/teams${query}`)
      t.equal(status, 200)
      return {
        names: body.map(({ name }) => name),
        next: headers.get('x-next-cursor'),
        link: headers.get('link'),
      }
    }
    t.match(await names(''), {
      names: ['alpha', 'bravo', 'bravo', 'charlie', 'delta'],
      next: null,
      link: null,
    })
    const first = await names('?limit=2')
    t.strictSame(first.names, ['alpha', 'bravo'])
    t.match(first.link, /^<http.*cursor=.*>; rel="next"$/)
    const second = await names(`?limit=2&cursor=${first.next}`)
    t.strictSame(second.names, ['bravo', 'charlie'])
    t.match(await names(`?limit=2&cursor=${second.next}`), { names: ['delta'], next: null })
    t.strictSame((await names('?offset=4')).names, ['delta'])
    t.equal((await ada.ask('GET /v1/teams?cursor=made-up')).status, 400)
  })

  t.test('a missing team is 404, a foreign one 403', async (t) => {
    const { teamId } = await aCrew(studio)
    const stranger = await aCreator(studio)
    for (const method of ['GET', 'PATCH', 'DELETE']) {
      const body = method === 'PATCH' ? { name: 'Mine' } : undefined
      t.strictSame(refusal(await stranger.ask(`${method} /v1/teams/${newId()}`, body)), [
        404,
        'Not found: no such team',
      ])
      t.strictSame(refusal(await stranger.ask(`${method} /v1/teams/${teamId}`, body)), [
        403,
        'Authorization error: you are not a member of this team',
      ])
      t.equal((await stranger.ask(`${method} /v1/teams/crew`, body)).status, 400)
    }
  })

  t.test('for people of tier creator who have logged in', async (t) => {
    const starter = await aPerson(studio, { tier: 'starter' })
    t.match(await starter.ask('GET /v1/teams'), {
      status: 403,
      body: {
        error: { code: 'INSUFFICIENT_TIER', message: 'Only creator tier users can access team operations' },
      },
    })
    t.match(await (await studio.request('/v1/teams')).json(), { error: { code: 'INVALID_TOKEN' } })
  })
})

t.test('changing a team', async (t) => {
  const { teamId, owner, admin, member, viewer } = await aCrew(studio)
  const path = `PATCH /v1/teams/${teamId}`

  t.test('owners and admins may, nobody else', async (t) => {
    t.match(await owner.ask(path, { name: 'Day crew' }), {
      status: 200,
      body: { name: 'Day crew', user_role: 'owner' },
    })
    t.match(await admin.ask(path, { settings: { a: { b: [1, null] } } }), {
      status: 200,
      body: { name: 'Day crew', settings: { a: { b: [1, null] } }, user_role: 'admin' },
    })
    for (const person of [member, viewer]) t.equal((await person.ask(path, { name: 'Ours' })).status, 403)
    t.match(await trail(studio, teamId), [
      ['team.changed', { name: { from: 'Crew', to: 'Day crew' } }],
      ['team.changed', { settings: 'replaced' }],
    ])
  })

  t.test('settings are replaced as a whole; slug, credits and the rest are left alone', async (t) => {
    const before = (await owner.ask(`GET /v1/teams/${teamId}`)).body
    const { status, body } = await owner.ask(path, {
      settings: { c: 1 },
      slug: 'mine',
      credits: 9,
      id: newId(),
    })
    t.equal(status, 200)
    t.strictSame(body, { ...before, settings: { c: 1 }, updated_at: body.updated_at })
    t.ok(String(body.updated_at) > String(before.updated_at))
    t.strictSame((await owner.ask(path, {})).body, body, 'no change at all')
  })

  t.test('what is wrong is 400 and changes nothing', async (t) => {
    const before = (await owner.ask(`GET /v1/teams/${teamId}`)).body
    const large = { text: `${'ü'.repeat(32_762)}x` }
    for (const body of [
      { name: '' },
      { name: '  ' },
      { name: null },
      { name: 'x'.repeat(101) },
      { settings: null },
      { settings: [] },
      { settings: 'x' },
      { settings: { text: `${large.text}x` } },
      { settings: {}, name: 1 },
    ])
      t.match(await owner.ask(path, body), { status: 400, body: { error: { code: 'VALIDATION_ERROR' } } })
    t.strictSame((await owner.ask(`GET /v1/teams/${teamId}`)).body, before)
    t.equal((await owner.ask(path, { settings: large })).status, 200, '64 KiB are let through')
  })
})

t.test('deleting a team', async (t) => {
  t.test('its owner may, once there is nobody else and nothing renders', async (t) => {
    const { teamId, urn, owner, admin, member, viewer } = await aCrew(studio)
    const path = `DELETE /v1/teams/${teamId}`
    const job = await buildJob(pool, owner, { owner: urn })
    for (const person of [admin, member, viewer]) t.equal((await person.ask(path)).status, 403)
    t.strictSame(refusal(await owner.ask(path)), [
      409,
      'Conflict: the team has other members; remove them first, or leave it to them',
    ])
    await pool.query(`delete from memberships where team_id = $1 and role <> 'owner'`, [teamId])
    t.strictSame(refusal(await owner.ask(path)), [
      409,
      'Conflict: the team has active renders; wait for them or cancel them',
    ])
    t.equal(
      (await studio.as(await studio.logIn(owner))(`/v1/jobs/${job}/cancel`, { method: 'POST' })).status,
      200,
    )
    t.equal((await owner.ask(path)).status, 204)
    t.strictSame(refusal(await owner.ask(`GET /v1/teams/${teamId}`)), [404, 'Not found: no such team'])
  })

  t.test('private work of somebody who left counts as well', async (t) => {
    const owner = await aCreator(studio)
    const left = await buildUser(pool)
    const teamId = await buildTeam(pool, owner)
    await buildJob(pool, left, { owner: `framecast:${teamId}:${left.userId}` })
    t.match(refusal(await owner.ask(`DELETE /v1/teams/${teamId}`)), [409, /active renders/])
  })

  t.test('what it had goes, what was written down stays', async (t) => {
    const owner = await aCreator(studio)
    const teamId = await buildTeam(pool, owner, { name: 'Brief', credits: 70 })
    const urn = `framecast:team:${teamId}`
    const { rawKey } = await createApiKey(pool, {
      userId: owner.userId,
      name: 'k',
      scopes: ['*'],
      owner: urn,
    })
    await pool.query('insert into projects (id, team_id, created_by, name) values ($1, $2, $3, $4)', [
      newId(),
      teamId,
      owner.userId,
      'Film',
    ])
    t.equal((await owner.ask(`DELETE /v1/teams/${teamId}`)).status, 204)
    for (const table of ['projects', 'memberships'])
      t.equal((await pool.query(`select 1 from ${table} where team_id = $1`, [teamId])).rowCount, 0, table)
    t.equal((await studio.as(rawKey)('/v1/jobs')).status, 401, 'its keys open nothing')
    t.ok(await booksBalance(), 'the balance went with an entry')
    t.match(await trail(studio, teamId), [['team.deleted', { name: 'Brief', credits: 70 }]])
    const queued = await pool.query(
      `select task_identifier as task, run_at > now() as later from graphile_worker.jobs
       where key like 'team-purge:' || $1 || '%' order by run_at`,
      [teamId],
    )
    t.strictSame(queued.rows, [
      { task: 'team.purge', later: false },
      { task: 'team.purge', later: true },
    ])
    t.match(await owner.ask('GET /v1/teams'), { status: 200, body: [{ name: 'Own team' }] })
  })

  t.test('the last team may go: its owner makes another one', async (t) => {
    const owner = await aPerson(studio)
    const teamId = await buildTeam(pool, owner)
    t.equal((await owner.ask(`DELETE /v1/teams/${teamId}`)).status, 204)
    t.strictSame((await owner.ask('GET /v1/teams')).body, [])
    t.equal((await owner.ask('POST /v1/teams', { name: 'Again' })).status, 201)
  })

  t.test('no work comes to a team that is being deleted', async (t) => {
    const owner = await aCreator(studio)
    const teamId = await buildTeam(pool, owner)
    const urn = `framecast:team:${teamId}`
    const client = await pool.connect()
    try {
      await client.query('begin')
      await client.query('delete from teams where id = $1', [teamId])
      const job = buildJob(pool, owner, { owner: urn }).then(
        () => 'made',
        (error) => error.constraint,
      )
      await until(async () => {
        const { rowCount } = await client.query(
          `select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
        )
        return rowCount === 1
      }, 'the job waits for the team')
      await client.query('commit')
      t.equal(await job, 'jobs_owner_team')
    } finally {
      client.release()
    }
  })
})
