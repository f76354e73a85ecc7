/** Members through the API: seen, changed, removed, gone; also when several go at once. */
import t from 'tap'
import { createApiKey } from '../../core/accounts/keys.ts'
import { newId } from '../../core/platform/ids.ts'
import { buildJob, buildMember, buildTeam, buildUser } from '../support/builders.ts'
import { startStudio } from '../support/studio.ts'
import { type Answer, aCreator, aCrew, aPerson, loggedIn, refusal, trail } from './support.ts'

const studio = await startStudio(t)
const { pool } = studio

const statuses = (answers: Answer[]) => answers.map(({ status }) => status).sort()

async function ownersOf(teamId: string): Promise<number> {
  const { rows } = await pool.query(
    `select count(*)::int as n from memberships where team_id = $1 and role = 'owner'`,
    [teamId],
  )
  return rows[0].n
}

t.test('the list of members', async (t) => {
  const { teamId, owner, admin, member, viewer } = await aCrew(studio)
  const rename = (userId: string, name: string) =>
    pool.query('update users set name = $2 where id = $1', [userId, name])
  const [zoe, abe] = [await buildUser(pool), await buildUser(pool)]
  for (const person of [zoe, abe]) await buildMember(pool, teamId, person, 'member')
  await rename(zoe.userId, 'Zoe')
  await rename(abe.userId, 'Abe')
  await rename(viewer.userId, 'Aaron')
  const order = [owner, admin, abe, zoe, member, viewer].map(({ userId }) => userId)

  t.test('by rank, then by name, those without a name last', async (t) => {
    for (const person of [owner, viewer]) {
      const { status, body } = await person.ask(`GET /v1/teams/${teamId}/members`)
      t.equal(status, 200)
      t.strictSame(
        body.map(({ user_id }) => user_id),
        order,
      )
    }
    const { body } = await owner.ask(`GET /v1/teams/${teamId}/members`)
    t.match(body[3], {
      team_id: teamId,
      role: 'member',
      user_email: zoe.email,
      user_name: 'Zoe',
      user_avatar_url: null,
    })
    t.strictSame(Object.keys(body[3] ?? {}), [
      'id',
      'team_id',
      'user_id',
      'role',
      'created_at',
      'user_email',
      'user_name',
      'user_avatar_url',
    ])
  })

  t.test('in pages', async (t) => {
    const seen: unknown[] = []
    for (let cursor: string | null = ''; cursor !== null; ) {
      const page = await owner.ask(`GET /v1/teams/${teamId}/members?limit=1${cursor && `&cursor=${cursor}`}`)
      seen.push(...page.body.map(({ user_id }) => user_id))
      cursor = page.headers.get('x-next-cursor')
    }
    t.strictSame(seen, order)
  })

  t.test('for members alone; whether the team is there is not told', async (t) => {
    const stranger = await aCreator(studio)
    for (const id of [teamId, newId()])
      t.strictSame(refusal(await stranger.ask(`GET /v1/teams/${id}/members`)), [
        403,
        'Authorization error: you are not a member of this team',
      ])
  })
})

t.test('changing a role', async (t) => {
  const crew = await aCrew(studio)
  const { teamId, owner, admin, member, viewer } = crew
  const path = (userId: string) => `PATCH /v1/teams/${teamId}/members/${userId}`

  t.test('gives the membership back', async (t) => {
    t.match(await owner.ask(path(viewer.userId), { role: 'member' }), {
      status: 200,
      body: { user_id: viewer.userId, role: 'member', user_email: viewer.email },
    })
    t.match(await admin.ask(path(viewer.userId), { role: 'viewer' }), {
      status: 200,
      body: { role: 'viewer' },
    })
    t.equal((await owner.ask(path(viewer.userId), { role: 'viewer' })).status, 200, 'as it is already')
    t.match(await trail(studio, teamId), [
      ['member.role_changed', { user_id: viewer.userId, from: 'viewer', to: 'member' }],
      ['member.role_changed', { user_id: viewer.userId, from: 'member', to: 'viewer' }],
    ])
  })

  t.test('the order of refusals', async (t) => {
    const stranger = await aCreator(studio)
    t.match(
      refusal(await stranger.ask(path(stranger.userId), { role: 'owner' })),
      [400, /your own id/],
      'own id before all',
    )
    t.match(refusal(await viewer.ask(path(viewer.userId))), [400, /your own id/], 'also before the body')
    t.match(refusal(await viewer.ask(path(member.userId), { role: 'king' })), [
      400,
      /role must be one of owner, admin/,
    ])
    t.match(refusal(await owner.ask(path(member.userId), {})), [400, /role is missing/])
    t.equal((await stranger.ask(path(member.userId), { role: 'viewer' })).status, 403)
    t.equal((await member.ask(path(newId()), { role: 'viewer' })).status, 403, 'role before member')
    t.match(refusal(await admin.ask(path(owner.userId), { role: 'viewer' })), [403, /only an owner/])
    t.match(refusal(await admin.ask(path(member.userId), { role: 'owner' })), [403, /only an owner/])
    t.match(refusal(await admin.ask(path(newId()), { role: 'owner' })), [403, /only an owner/])
    t.match(refusal(await owner.ask(path(newId()), { role: 'viewer' })), [404, /no such member/])
    t.equal((await owner.ask(path('ada'), { role: 'viewer' })).status, 400)
  })

  t.test('nobody becomes owner of an eleventh team, also when two ask at once', async (t) => {
    for (let n = 0; n < 8; n += 1) await buildTeam(pool, member)
    const second = await aCrew(studio)
    await buildMember(pool, second.teamId, member, 'viewer')
    const answers = await Promise.all([
      owner.ask(path(member.userId), { role: 'owner' }),
      second.owner.ask(`PATCH /v1/teams/${second.teamId}/members/${member.userId}`, { role: 'owner' }),
    ])
    t.strictSame(statuses(answers), [200, 409])
    t.match(
      answers.map(refusal).find(([status]) => status === 409),
      [409, /owns 10 teams/],
    )
  })
})

t.test('removing a member', async (t) => {
  const { teamId, urn, owner, admin, member, viewer } = await aCrew(studio)
  const path = (userId: string) => `DELETE /v1/teams/${teamId}/members/${userId}`

  t.test('the order of refusals', async (t) => {
    const stranger = await aCreator(studio)
    t.match(refusal(await stranger.ask(path(stranger.userId))), [400, /your own id/])
    t.equal((await stranger.ask(path(member.userId))).status, 403)
    t.equal((await viewer.ask(path(newId()))).status, 403)
    t.match(refusal(await admin.ask(path(owner.userId))), [403, /only an owner/])
    t.match(refusal(await admin.ask(path(newId()))), [404, /no such member/])
  })

  t.test('nobody is left without a team', async (t) => {
    const newcomer = await aPerson(studio)
    await buildMember(pool, teamId, newcomer, 'member')
    t.match(refusal(await owner.ask(path(newcomer.userId))), [409, /only team/])
    t.match(refusal(await newcomer.ask(`POST /v1/teams/${teamId}/leave`)), [409, /your only team/])
  })

  t.test('ends what the membership opened, and keeps the work', async (t) => {
    const membership = `framecast:${teamId}:${member.userId}`
    const [teamKey, ownKey, personalKey] = await Promise.all(
      [urn, membership, `framecast:user:${member.userId}`].map(
        async (keyOwner) =>
          (await createApiKey(pool, { userId: member.userId, name: 'k', scopes: ['*'], owner: keyOwner }))
            .rawKey,
      ),
    )
    const job = await buildJob(pool, member, { owner: membership })
    t.equal((await admin.ask(path(member.userId))).status, 204)
    for (const key of [teamKey, ownKey]) t.equal((await studio.as(String(key))('/v1/jobs')).status, 401)
    t.equal((await studio.as(String(personalKey))('/v1/jobs')).status, 200)
    t.match(refusal(await member.ask(`GET /v1/teams/${teamId}`)), [403, /not a member/])
    t.equal((await member.ask(`GET /v1/jobs/${job}`)).status, 404)
    t.match((await trail(studio, teamId)).at(-1), [
      'member.removed',
      { user_id: member.userId, role: 'member', revoked_keys: { length: 2 } },
    ])
    await buildMember(pool, teamId, member, 'viewer')
    t.equal((await member.ask(`GET /v1/jobs/${job}`)).status, 200, 'there again with the membership')
  })
})

t.test('leaving', async (t) => {
  t.test('a team that one is not in is 404', async (t) => {
    const { teamId } = await aCrew(studio)
    const stranger = await aCreator(studio)
    for (const id of [teamId, newId()])
      t.strictSame(refusal(await stranger.ask(`POST /v1/teams/${id}/leave`)), [
        404,
        'Not found: no such team',
      ])
  })

  t.test('the only owner of others stays, everybody else may go', async (t) => {
    const { teamId, owner, admin, member, viewer } = await aCrew(studio)
    t.match(refusal(await owner.ask(`POST /v1/teams/${teamId}/leave`)), [409, /only owner/])
    for (const person of [admin, member, viewer])
      t.equal((await person.ask(`POST /v1/teams/${teamId}/leave`)).status, 204)
    t.strictSame(
      (await trail(studio, teamId)).map(([action]) => action),
      Array(3).fill('member.left'),
    )
    t.equal((await viewer.ask(`GET /v1/teams/${teamId}`)).status, 403)
  })

  t.test('the last member’s team is deleted', async (t) => {
    const owner = await aCreator(studio)
    const teamId = await buildTeam(pool, owner)
    const job = await buildJob(pool, owner, { owner: `framecast:team:${teamId}` })
    t.match(refusal(await owner.ask(`POST /v1/teams/${teamId}/leave`)), [409, /active renders/])
    await owner.ask(`POST /v1/jobs/${job}/cancel`)
    t.equal((await owner.ask(`POST /v1/teams/${teamId}/leave`)).status, 204)
    t.equal((await owner.ask(`GET /v1/teams/${teamId}`)).status, 404)
    t.match((await trail(studio, teamId)).at(-1), ['team.deleted'])
  })

  t.test('the last team is not left, only deleted', async (t) => {
    const owner = await aPerson(studio)
    const teamId = await buildTeam(pool, owner)
    t.match(refusal(await owner.ask(`POST /v1/teams/${teamId}/leave`)), [409, /your only team/])
    t.equal((await owner.ask(`GET /v1/teams/${teamId}`)).status, 200)
  })
})

t.test('at the same time', async (t) => {
  /** Two owners and a viewer; each owner has another team besides. */
  async function twoOwners() {
    const [ada, ben] = [await aCreator(studio), await aCreator(studio)]
    const teamId = await buildTeam(pool, ada)
    await buildMember(pool, teamId, ben, 'owner')
    await buildMember(pool, teamId, await buildUser(pool), 'viewer')
    return { teamId, ada, ben }
  }
  const ROUNDS = 4

  t.test('two owners leave: one stays', async (t) => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const { teamId, ada, ben } = await twoOwners()
      const answers = await Promise.all(
        [ada, ben].map((person) => person.ask(`POST /v1/teams/${teamId}/leave`)),
      )
      t.strictSame(statuses(answers), [204, 409])
      t.equal(await ownersOf(teamId), 1)
    }
  })

  t.test('two owners demote each other: one does', async (t) => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const { teamId, ada, ben } = await twoOwners()
      const path = ({ userId }: { userId: string }) => `PATCH /v1/teams/${teamId}/members/${userId}`
      const answers = await Promise.all([
        ada.ask(path(ben), { role: 'viewer' }),
        ben.ask(path(ada), { role: 'viewer' }),
      ])
      t.strictSame(statuses(answers), [200, 403])
      t.equal(await ownersOf(teamId), 1)
    }
  })

  t.test('two owners remove each other: one does', async (t) => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const { teamId, ada, ben } = await twoOwners()
      const path = ({ userId }: { userId: string }) => `DELETE /v1/teams/${teamId}/members/${userId}`
      t.strictSame(statuses(await Promise.all([ada.ask(path(ben)), ben.ask(path(ada))])), [204, 403])
      t.equal(await ownersOf(teamId), 1)
    }
  })

  t.test('an owner leaves while the other one is made a viewer: one owner is left', async (t) => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const { teamId, ada, ben } = await twoOwners()
      const answers = await Promise.all([
        ada.ask(`POST /v1/teams/${teamId}/leave`),
        ada.ask(`PATCH /v1/teams/${teamId}/members/${ben.userId}`, { role: 'viewer' }),
      ])
      t.equal(await ownersOf(teamId), 1)
      t.notOk(answers.every(({ status }) => status < 300))
    }
  })

  t.test('somebody leaves both of two teams: one is left', async (t) => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const [one, two] = [await twoOwners(), await twoOwners()]
      const cal = await loggedIn(studio, await buildUser(pool))
      for (const { teamId } of [one, two]) await buildMember(pool, teamId, cal, 'member')
      const answers = await Promise.all(
        [one, two].map(({ teamId }) => cal.ask(`POST /v1/teams/${teamId}/leave`)),
      )
      t.strictSame(statuses(answers), [204, 409])
    }
  })

  t.test(
    'an owner deletes the team while another person is let in: never a team that loses a member unasked',
    async (t) => {
      for (let round = 0; round < ROUNDS; round += 1) {
        const [owner, guest] = [await aCreator(studio), await aCreator(studio)]
        const teamId = await buildTeam(pool, owner)
        const invited = await owner.ask(`POST /v1/teams/${teamId}/invitations`, {
          email: guest.email,
          role: 'member',
        })
        const [deleted, accepted] = await Promise.all([
          owner.ask(`DELETE /v1/teams/${teamId}`),
          guest.ask(`POST /v1/invitations/${invited.body.id}/accept`),
        ])
        const outcome = `${deleted.status} ${accepted.status}`
        t.ok(['204 404', '409 200'].includes(outcome), outcome)
      }
    },
  )
})
