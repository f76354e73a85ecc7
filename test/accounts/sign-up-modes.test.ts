/** Who may sign up: anybody, people with an invitation, or nobody. */
import t from 'tap'
import type { LogIn } from '../../schemas/types.ts'
import { buildMember, buildTeam, buildUser } from '../support/builders.ts'
import { read, type Studio, startStudio, type WireError } from '../support/studio.ts'

const password = 'a lamp that wakes at dusk'
const post = (studio: Studio, path: string, json: object) =>
  read<LogIn & WireError>(studio.request(path, { json, headers: { authorization: '' } }))

const refusal = (code: string, status: number) => ({ status, body: { error: { code } } })

/** An invitation and its token, as its mail would carry it. */
async function invite(studio: Studio, email: string, role = 'viewer') {
  const owner = await buildUser(studio.pool)
  const teamId = await buildTeam(studio.pool, owner)
  const made = await read<{ id: string }>(
    studio.as(await studio.logIn(owner))(`/v1/teams/${teamId}/invitations`, { json: { email, role } }),
  )
  const { rows } = await studio.pool.query('select token from invitations where id = $1', [made.body.id])
  return { teamId, id: made.body.id, token: rows[0].token as string }
}

t.test('by invitation', async (t) => {
  const studio = await startStudio(t, { env: { AUTH_LOCAL_SIGNUP: 'invite' } })
  const email = 'ada@studio.example'
  const signUp = (over: object = {}) => post(studio, '/v1/auth/signup', { email, password, ...over })
  const { teamId, id, token } = await invite(studio, email)

  t.match(await signUp(), refusal('AUTHORIZATION_ERROR', 403))
  t.match(await signUp({ invitation_token: '' }), refusal('AUTHORIZATION_ERROR', 403))
  t.match(await signUp({ invitation_token: 'nonsense' }), refusal('NOT_FOUND', 404))
  t.match(
    await signUp({ email: 'eve@studio.example', invitation_token: token }),
    refusal('NOT_FOUND', 404),
    'for another address',
  )
  const strangers = await studio.pool.query(`select 1 from users where email in ($1, 'eve@studio.example')`, [
    email,
  ])
  t.equal(strangers.rowCount, 0, 'nobody has come in so far')

  const made = await signUp({ email: email.toUpperCase(), invitation_token: token })
  t.match(made, { status: 201, body: { user: { tier: 'creator', upgraded_at: /Z$/ } } })
  const { rows } = await studio.pool.query(
    `select t.name, m.role, m.team_id = $2 as invited from memberships m join teams t on t.id = m.team_id
     where m.user_id = $1 order by invited`,
    [made.body.user.id, teamId],
  )
  t.strictSame(rows, [
    { name: 'My Team', role: 'owner', invited: false },
    { name: 'Test team', role: 'viewer', invited: true },
  ])
  const { rows: invitations } = await studio.pool.query(
    'select accepted_at is not null as accepted from invitations where id = $1',
    [id],
  )
  t.strictSame(invitations, [{ accepted: true }])
  t.match(
    await signUp({ email: 'eve@studio.example', invitation_token: token }),
    refusal('NOT_FOUND', 404),
    'once',
  )
  t.match(await post(studio, '/v1/auth/login', { email, password }), { status: 200 })

  t.test('one that is over opens nothing', async (t) => {
    for (const [column, value] of [
      ['revoked_at', 'now()'],
      ['declined_at', 'now()'],
      ['expires_at', `created_at + interval '1 millisecond'`],
    ] as const) {
      const late = await invite(studio, 'late@studio.example')
      await studio.pool.query(`update invitations set ${column} = ${value} where id = $1`, [late.id])
      t.match(
        await signUp({ email: 'late@studio.example', invitation_token: late.token }),
        refusal('NOT_FOUND', 404),
        column,
      )
    }
  })
})

t.test('by nobody', async (t) => {
  const studio = await startStudio(t, { env: { AUTH_LOCAL_SIGNUP: 'off' } })
  const email = 'ada@studio.example'
  const { token } = await invite(studio, email)
  for (const over of [{}, { invitation_token: token }])
    t.match(
      await post(studio, '/v1/auth/signup', { email, password, ...over }),
      refusal('AUTHORIZATION_ERROR', 403),
    )
  t.match(
    await post(studio, '/v1/auth/login', { email, password }),
    refusal('INVALID_CREDENTIALS', 401),
    'logging in is another matter',
  )
})

t.test('accounts of another issuer alone', async (t) => {
  const studio = await startStudio(t, { env: { AUTH_LOCAL: 'false', AUTH_JWT_SECRET: 'x'.repeat(32) } })
  const email = 'ada@studio.example'
  for (const path of ['signup', 'login', 'setup'])
    t.match(
      await post(studio, `/v1/auth/${path}`, { email, password, token: 'x' }),
      { status: 403, body: { error: { code: 'AUTHORIZATION_ERROR', message: /^Authorization error: / } } },
      path,
    )
  const member = await buildUser(studio.pool)
  await buildMember(studio.pool, await buildTeam(studio.pool, await buildUser(studio.pool)), member)
  const token = await studio.logIn(member)
  t.match(
    await read(studio.as(token)('/v1/account')),
    refusal('INVALID_TOKEN', 401),
    'sessions of ours end with it',
  )
  t.equal((await studio.request('/v1/status')).status, 200, 'keys go on')
})
