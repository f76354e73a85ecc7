/** Invitations through the API: from the invitation to the answer, without a mail server. */
import t from 'tap'
import { transaction } from '../../core/platform/database.ts'
import { newId } from '../../core/platform/ids.ts'
import { acceptInvitation } from '../../core/teams/invitations.ts'
import { buildMember, buildTeam, buildUser } from '../support/builders.ts'
import { startStudio } from '../support/studio.ts'
import { type Answer, aCreator, aCrew, aPerson, type Crew, loggedIn, refusal, trail } from './support.ts'

// The limit of a day has a server of its own below.
const studio = await startStudio(t, { env: { RATE_LIMITS: 'off' } })
const { pool } = studio

const statuses = (answers: Answer[]) => answers.map(({ status }) => status).sort()
let addresses = 0
const anAddress = () => `guest${++addresses}@example.test`

const invite = (crew: Crew, email: string, role = 'member', by = crew.owner) =>
  by.ask(`POST /v1/teams/${crew.teamId}/invitations`, { email, role })

const change = (id: unknown, sql: string) => pool.query(`update invitations set ${sql} where id = $1`, [id])
const EXPIRED = `created_at = now() - interval '8 days', expires_at = now() - interval '1 day'`

t.test('inviting', async (t) => {
  const crew = await aCrew(studio)
  const { teamId, owner, admin, member, viewer } = crew

  t.test(
    'an invitation is pending for seven days; without a mail server its link is in the reply',
    async (t) => {
      const email = anAddress()
      const { status, body } = await invite(crew, email, 'admin')
      t.equal(status, 201)
      t.match(body, { team_id: teamId, email, role: 'admin', state: 'pending', invited_by: owner.userId })
      t.strictSame(Object.keys(body), [
        'id',
        'team_id',
        'email',
        'role',
        'state',
        'invited_by',
        'expires_at',
        'created_at',
        'accept_url',
      ])
      t.equal(Date.parse(String(body.expires_at)) - Date.parse(String(body.created_at)), 7 * 86_400_000)
      const { rows } = await pool.query('select token from invitations where id = $1', [body.id])
      t.match(rows[0].token, /^[A-Za-z0-9_-]{43}$/)
      t.equal(
        body.accept_url,
        `${studio.config.APP_BASE_URL}/teams/${teamId}/invitations/${body.id}/accept?token=${rows[0].token}`,
      )
      const line = studio.lines.find(({ invitation_id }) => invitation_id === body.id)
      t.match(line, { level: 'info', accept_url: body.accept_url }, 'and in the log')
      t.match(await trail(studio, teamId), [['invitation.created', { email, role: 'admin' }]])
      t.notMatch(JSON.stringify(await trail(studio, teamId)), rows[0].token, 'the token is in no trail')
    },
  )

  t.test('is for owners and admins', async (t) => {
    t.equal((await invite(crew, anAddress(), 'viewer', admin)).status, 201)
    for (const person of [member, viewer, await aCreator(studio)])
      t.equal((await invite(crew, anAddress(), 'viewer', person)).status, 403)
    const starter = await aPerson(studio, { tier: 'starter' })
    t.match(await invite(crew, anAddress(), 'viewer', starter), {
      status: 403,
      body: { error: { code: 'INSUFFICIENT_TIER' } },
    })
  })

  t.test('what is wrong is 400, before rights are looked at', async (t) => {
    const bodies: [what: string, body: object][] = [
      ['no address', { role: 'member' }],
      ['no role', { email: anAddress() }],
      ['owner', { email: anAddress(), role: 'owner' }],
      ['an unknown role', { email: anAddress(), role: 'king' }],
      ['no at sign', { email: 'guest.example.test', role: 'member' }],
      ['no domain', { email: 'guest@localhost', role: 'member' }],
      ['blanks', { email: 'a b@example.test', role: 'member' }],
      ['a line break', { email: 'a@example.test\nBcc: b@example.test', role: 'member' }],
      ['two addresses', { email: 'a@example.test,b@example.test', role: 'member' }],
      ['what only quotes would allow', { email: 'a,b<c>@example.test', role: 'member' }],
      ['too long', { email: `${'x'.repeat(250)}@a.test`, role: 'member' }],
      ['the own address', { email: viewer.email.toUpperCase(), role: 'member' }],
    ]
    for (const [what, body] of bodies)
      t.match(
        await viewer.ask(`POST /v1/teams/${teamId}/invitations`, body),
        { status: 400, body: { error: { code: 'VALIDATION_ERROR' } } },
        what,
      )
    t.match(refusal(await invite(crew, owner.email.toUpperCase())), [400, /your own/])
  })

  t.test('a member is not invited, whatever the case of the address', async (t) => {
    t.match(refusal(await invite(crew, member.email.toUpperCase())), [409, /member of the team already/])
  })

  t.test('the newest invitation of an address replaces the one before', async (t) => {
    const email = anAddress()
    const first = await invite(crew, email)
    const second = await invite(crew, email.toUpperCase(), 'viewer')
    t.equal(second.status, 201)
    const { body } = await owner.ask(`GET /v1/teams/${teamId}/invitations`)
    const states = new Map(body.map(({ id, state }) => [id, state]))
    t.equal(states.get(first.body.id), 'revoked')
    t.equal(states.get(second.body.id), 'pending')
    const third = await Promise.all([invite(crew, email), invite(crew, email)])
    t.strictSame(statuses(third), [201, 201])
    const { rowCount } = await pool.query(
      'select 1 from invitations where team_id = $1 and email = $2 and revoked_at is null',
      [teamId, email],
    )
    t.equal(rowCount, 1, 'also when two come at once')
  })

  t.test('at most twenty go out a day, again included', async (t) => {
    const limited = await startStudio(t, {
      env: { RATE_LIMITS: 'on' },
      database: { url: studio.config.DATABASE_URL, pool },
    })
    const busy = await aCrew(limited)
    const first = await invite(busy, anAddress())
    // Today and tomorrow, should the day end meanwhile.
    await pool.query(
      `insert into rate_limits (bucket, window_start, count)
       select 'day:invitations:' || $1, to_timestamp((floor(extract(epoch from now()) / 86400) + n) * 86400), 19
       from generate_series(0, 1) n
       on conflict (bucket, window_start) do update set count = excluded.count`,
      [busy.teamId],
    )
    const resend = () => busy.owner.ask(`POST /v1/teams/${busy.teamId}/invitations/${first.body.id}/resend`)
    const answers = await Promise.all([invite(busy, anAddress()), resend(), invite(busy, anAddress())])
    t.equal(answers.filter(({ status }) => status < 300).length, 1)
    const refused = answers.filter(({ status }) => status === 429)
    t.equal(refused.length, 2)
    for (const { body, headers } of refused) {
      t.match(body.error, {
        code: 'RATE_LIMIT_EXCEEDED',
        message: /^Rate limit exceeded: a team sends 20/,
        retryAfter: Number,
      })
      t.equal(headers.get('retry-after'), String(body.error?.retryAfter))
      t.ok(Number(body.error?.retryAfter) <= 86_400)
    }
    t.equal((await invite(busy, busy.member.email)).status, 409, 'other reasons come first')
    t.equal((await invite(await aCrew(limited), anAddress())).status, 201, 'each team has a day of its own')
    const unlimited = await loggedIn(studio, busy.owner)
    t.equal(
      (await invite(busy, anAddress(), 'member', unlimited)).status,
      201,
      'where limits are off, there is none',
    )
  })

  t.test('at most fifty wait, also when two come at once', async (t) => {
    const busy = await aCrew(studio)
    await pool.query(
      `insert into invitations (id, team_id, invited_by, email, token)
       select gen_random_uuid(), $1, $2, 'many' || n || '@example.test', 'token-' || $3 || n from generate_series(1, 49) n`,
      [busy.teamId, busy.owner.userId, busy.teamId],
    )
    t.strictSame(
      statuses(await Promise.all([invite(busy, anAddress()), invite(busy, anAddress())])),
      [201, 409],
    )
    t.match(refusal(await invite(busy, anAddress())), [409, /50 invitations wait/])
    t.equal((await invite(busy, 'many7@example.test')).status, 201, 'one that replaces another has its place')
    await pool.query(
      `update invitations set ${EXPIRED} where team_id = $1 and email = 'many8@example.test'`,
      [busy.teamId],
    )
    t.equal((await invite(busy, anAddress())).status, 201, 'expired ones do not count')
  })
})

t.test('the list of a team', async (t) => {
  const crew = await aCrew(studio)
  const { teamId, owner, admin, member } = crew
  const made: Record<string, unknown> = {}
  for (const state of ['accepted', 'declined', 'revoked', 'expired', 'pending'])
    made[state] = (await invite(crew, anAddress())).body.id
  await change(made.accepted, 'accepted_at = now()')
  await change(made.declined, 'declined_at = now()')
  await change(made.revoked, 'revoked_at = now()')
  await change(made.expired, `expires_at = now() - interval '1 ms', created_at = now() - interval '8 days'`)
  const order = ['pending', 'revoked', 'declined', 'accepted', 'expired']

  t.test('newest first, by state, in pages', async (t) => {
    const listed = async (query: string) =>
      (await admin.ask(`GET /v1/teams/${teamId}/invitations${query}`)).body.map(({ id, state }) => [
        state,
        id,
      ])
    t.strictSame(
      await listed(''),
      order.map((state) => [state, made[state]]),
    )
    for (const state of order) t.strictSame(await listed(`?state=${state}`), [[state, made[state]]])
    const first = await owner.ask(`GET /v1/teams/${teamId}/invitations?limit=3`)
    const rest = await owner.ask(
      `GET /v1/teams/${teamId}/invitations?limit=3&cursor=${first.headers.get('x-next-cursor')}`,
    )
    t.strictSame(
      [...first.body, ...rest.body].map(({ state }) => state),
      order,
    )
    t.equal((await owner.ask(`GET /v1/teams/${teamId}/invitations?state=lost`)).status, 400)
  })

  t.test('only what can be accepted has its link', async (t) => {
    const { body } = await owner.ask(`GET /v1/teams/${teamId}/invitations`)
    t.strictSame(
      body.filter((row) => 'accept_url' in row).map(({ state }) => state),
      ['pending'],
    )
  })

  t.test('is for owners and admins', async (t) => {
    for (const person of [member, await aCreator(studio)])
      t.equal((await person.ask(`GET /v1/teams/${teamId}/invitations`)).status, 403)
    t.equal((await owner.ask(`GET /v1/teams/${newId()}/invitations`)).status, 403)
  })
})

t.test('revoking and sending again', async (t) => {
  const crew = await aCrew(studio)
  const { teamId, owner, admin, member } = crew
  const path = (id: unknown) => `/v1/teams/${teamId}/invitations/${id}`

  t.test('revoked is final', async (t) => {
    const { body } = await invite(crew, anAddress())
    t.equal((await member.ask(`DELETE ${path(body.id)}`)).status, 403)
    t.equal((await admin.ask(`DELETE ${path(body.id)}`)).status, 204)
    t.strictSame(refusal(await admin.ask(`DELETE ${path(body.id)}`)), [
      409,
      'Conflict: the invitation was revoked',
    ])
    t.match(refusal(await admin.ask(`POST ${path(body.id)}/resend`)), [409, /was revoked/])
  })

  t.test('sent again, it is good for another seven days, by the same link', async (t) => {
    const { body } = await invite(crew, anAddress())
    await change(body.id, `created_at = now() - interval '6 days', expires_at = now() + interval '1 day'`)
    t.equal((await member.ask(`POST ${path(body.id)}/resend`)).status, 403)
    const again = await admin.ask(`POST ${path(body.id)}/resend`)
    t.match(again, { status: 200, body: { id: body.id, state: 'pending', accept_url: body.accept_url } })
    const days = (Date.parse(String(again.body.expires_at)) - Date.now()) / 86_400_000
    t.ok(days > 6.9 && days <= 7.01, `${days} days`)
    t.match((await trail(studio, teamId)).at(-1), ['invitation.resent'])
  })

  t.test('what is expired, unknown or of another team', async (t) => {
    const { body } = await invite(crew, anAddress())
    await change(body.id, EXPIRED)
    const other = await aCrew(studio)
    for (const [method, end] of [
      ['DELETE', ''],
      ['POST', '/resend'],
    ]) {
      t.strictSame(refusal(await owner.ask(`${method} ${path(body.id)}${end}`)), [
        409,
        'Conflict: the invitation has expired',
      ])
      t.equal((await owner.ask(`${method} ${path(newId())}${end}`)).status, 404)
      t.equal((await other.owner.ask(`${method} ${path(body.id)}${end}`)).status, 403)
      t.equal(
        (await other.owner.ask(`${method} /v1/teams/${other.teamId}/invitations/${body.id}${end}`)).status,
        404,
      )
      t.equal((await owner.ask(`${method} ${path('x')}${end}`)).status, 400)
    }
  })
})

t.test('answering', async (t) => {
  t.test('a starter becomes a creator, with a team and a project of the own', async (t) => {
    const crew = await aCrew(studio)
    const starter = await aPerson(studio, { tier: 'starter' })
    const { body } = await invite(crew, starter.email.toUpperCase(), 'viewer')
    t.match(await starter.ask('GET /v1/invitations'), {
      status: 200,
      body: [
        { id: body.id, team_id: crew.teamId, state: 'pending', team_name: 'Crew', accept_url: undefined },
      ],
    })
    const accepted = await starter.ask(`POST /v1/invitations/${body.id}/accept`)
    t.match(accepted, {
      status: 200,
      body: { team_id: crew.teamId, user_id: starter.userId, role: 'viewer', user_email: starter.email },
    })
    const { rows } = await pool.query('select tier, upgraded_at from users where id = $1', [starter.userId])
    t.match(rows, [{ tier: 'creator', upgraded_at: Date }])
    const teams = await starter.ask('GET /v1/teams')
    t.match(teams.body, [
      { id: crew.teamId, user_role: 'viewer' },
      { name: 'My Team', user_role: 'owner' },
    ])
    const projects = await pool.query('select name, status, created_by from projects where team_id = $1', [
      teams.body[1]?.id,
    ])
    t.strictSame(projects.rows, [
      { name: 'Welcome to Framecast', status: 'draft', created_by: starter.userId },
    ])
    t.strictSame((await starter.ask('GET /v1/invitations')).body, [])
    t.match((await trail(studio, crew.teamId)).at(-1), ['invitation.accepted', { role: 'viewer' }])
  })

  t.test('a creator is a member besides', async (t) => {
    const crew = await aCrew(studio)
    const guest = await aCreator(studio)
    const { body } = await invite(crew, guest.email, 'admin')
    t.match(await guest.ask(`POST /v1/invitations/${body.id}/accept`), {
      status: 200,
      body: { role: 'admin' },
    })
    t.equal((await guest.ask('GET /v1/teams')).body.length, 2)
    t.equal((await guest.ask(`GET /v1/teams/${crew.teamId}/members`)).body.length, 5)
  })

  t.test('is for the invited address, and for once', async (t) => {
    const crew = await aCrew(studio)
    const guest = await aPerson(studio, { tier: 'starter' })
    const stranger = await aCreator(studio)
    const { body } = await invite(crew, guest.email)
    for (const answer of ['accept', 'decline']) {
      t.strictSame(refusal(await stranger.ask(`POST /v1/invitations/${body.id}/${answer}`)), [
        403,
        'Authorization error: this invitation is for another address',
      ])
      t.match(refusal(await guest.ask(`POST /v1/invitations/${newId()}/${answer}`)), [
        404,
        /no such invitation/,
      ])
      t.equal((await guest.ask(`POST /v1/invitations/x/${answer}`)).status, 400)
      t.match(
        await (await studio.request(`/v1/invitations/${body.id}/${answer}`, { method: 'POST' })).json(),
        { error: { code: 'INVALID_TOKEN' } },
        'a key answers nothing',
      )
    }
    t.equal((await guest.ask(`POST /v1/invitations/${body.id}/decline`)).status, 204)
    for (const answer of ['accept', 'decline'])
      t.match(refusal(await guest.ask(`POST /v1/invitations/${body.id}/${answer}`)), [409, /was declined/])
    t.strictSame((await guest.ask('GET /v1/invitations')).body, [])
    t.match((await trail(studio, crew.teamId)).at(-1), ['invitation.declined'])
    const tier = await pool.query('select tier from users where id = $1', [guest.userId])
    t.equal(tier.rows[0].tier, 'starter')
  })

  t.test('what is over stays so', async (t) => {
    const crew = await aCrew(studio)
    for (const [sql, why] of [
      ['accepted_at = now()', /was accepted/],
      ['revoked_at = now()', /was revoked/],
      [EXPIRED, /has expired/],
    ] as const) {
      const guest = await aCreator(studio)
      const { body } = await invite(crew, guest.email)
      await change(body.id, sql)
      for (const answer of ['accept', 'decline'])
        t.match(refusal(await guest.ask(`POST /v1/invitations/${body.id}/${answer}`)), [409, why])
    }
  })

  t.test('a member, and somebody with fifty teams, are told so', async (t) => {
    const crew = await aCrew(studio)
    const guest = await aCreator(studio)
    const { body } = await invite(crew, guest.email)
    await buildMember(pool, crew.teamId, guest, 'viewer')
    t.match(refusal(await guest.ask(`POST /v1/invitations/${body.id}/accept`)), [
      409,
      /member of this team already/,
    ])
    // No invitation may wait for a member: this one did only because the test let the member in by hand.
    await change(body.id, 'revoked_at = now()')

    const busy = await aCreator(studio)
    const hosts = await Promise.all(Array.from({ length: 5 }, () => buildUser(pool)))
    for (const host of hosts)
      for (let n = 0; n < 10; n += 1)
        if (host !== hosts[0] || n > 1) await buildMember(pool, await buildTeam(pool, host), busy, 'viewer')
    const two = [await aCrew(studio), await aCrew(studio)]
    const invitations = await Promise.all(two.map((each) => invite(each, busy.email)))
    const answers = await Promise.all(
      invitations.map((each) => busy.ask(`POST /v1/invitations/${each.body.id}/accept`)),
    )
    t.strictSame(statuses(answers), [200, 409], 'the fiftieth and the fifty-first at once')
    t.match(
      answers.map(refusal).find(([status]) => status === 409),
      [409, /50 teams/],
    )
    const left = await pool.query(
      `select count(*) filter (where accepted_at is null)::int as waiting from invitations where id = any($1)`,
      [invitations.map((each) => each.body.id)],
    )
    t.equal(left.rows[0].waiting, 1, 'it waits on')
  })
})

t.test('at the same time', async (t) => {
  const ROUNDS = 5

  t.test('accepted and revoked: exactly one of them', async (t) => {
    const crew = await aCrew(studio)
    for (let round = 0; round < ROUNDS; round += 1) {
      const guest = await aPerson(studio, { tier: 'starter' })
      const { body } = await invite(crew, guest.email)
      const [accepted, revoked] = await Promise.all([
        guest.ask(`POST /v1/invitations/${body.id}/accept`),
        crew.admin.ask(`DELETE /v1/teams/${crew.teamId}/invitations/${body.id}`),
      ])
      t.ok(
        ['200 409', '409 204'].includes(`${accepted.status} ${revoked.status}`),
        `${accepted.status} ${revoked.status}`,
      )
      const { rows } = await pool.query(
        `select (select count(*)::int from memberships where user_id = $1 and team_id = $2) as member,
           (select count(*)::int from memberships where user_id = $1) as all,
           (select tier from users where id = $1) as tier`,
        [guest.userId, crew.teamId],
      )
      const joined = accepted.status === 200
      t.strictSame(
        rows[0],
        joined ? { member: 1, all: 2, tier: 'creator' } : { member: 0, all: 0, tier: 'starter' },
      )
    }
  })

  t.test('accepted twice: one membership, one set', async (t) => {
    const crew = await aCrew(studio)
    const guest = await aPerson(studio, { tier: 'starter' })
    const { body } = await invite(crew, guest.email)
    const answers = await Promise.all(
      Array.from({ length: 4 }, () => guest.ask(`POST /v1/invitations/${body.id}/accept`)),
    )
    t.strictSame(statuses(answers), [200, 409, 409, 409])
    t.equal((await guest.ask('GET /v1/teams')).body.length, 2)
  })

  t.test('two teams invite a starter who accepts both: one set', async (t) => {
    const crews = [await aCrew(studio), await aCrew(studio)]
    const guest = await aPerson(studio, { tier: 'starter' })
    const invitations = await Promise.all(crews.map((crew) => invite(crew, guest.email)))
    const answers = await Promise.all(
      invitations.map(({ body }) => guest.ask(`POST /v1/invitations/${body.id}/accept`)),
    )
    t.strictSame(statuses(answers), [200, 200])
    t.equal((await guest.ask('GET /v1/teams')).body.length, 3)
  })

  t.test(
    'accepted while somebody invites the same address again: no invitation waits for a member',
    async (t) => {
      const crew = await aCrew(studio)
      for (let round = 0; round < ROUNDS; round += 1) {
        const guest = await aCreator(studio)
        const { body } = await invite(crew, guest.email)
        await Promise.all([
          guest.ask(`POST /v1/invitations/${body.id}/accept`),
          invite(crew, guest.email, 'viewer', crew.admin),
        ])
        const { rows } = await pool.query(
          `select (select count(*)::int from memberships where user_id = $1 and team_id = $2) as member,
           (select count(*)::int from invitations where team_id = $2 and email = $3 and accepted_at is null
              and revoked_at is null) as waiting`,
          [guest.userId, crew.teamId, guest.email],
        )
        t.equal(rows[0].member + rows[0].waiting, 1)
      }
    },
  )
})

t.test('by the token of the link, for somebody who signs up', async (t) => {
  const crew = await aCrew(studio)
  const starter = await buildUser(pool, { tier: 'starter' })
  const { body } = await invite(crew, starter.email)
  const { rows } = await pool.query('select token from invitations where id = $1', [body.id])
  const accept = (token: string, invitee = starter) =>
    transaction(pool, (client) => acceptInvitation(client, { token }, invitee)).then(
      ({ teamId }) => teamId,
      (error) => error.code,
    )
  t.equal(await accept('x'.repeat(43)), 'NOT_FOUND')
  t.equal(await accept(rows[0].token, await buildUser(pool)), 'AUTHORIZATION_ERROR')
  t.equal(await accept(rows[0].token), crew.teamId)
  t.equal(await accept(rows[0].token), 'CONFLICT')
})
