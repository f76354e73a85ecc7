import { readFileSync } from 'node:fs'
import t from 'tap'
import { parse } from 'yaml'
import { upgradeToCreator } from '../../core/accounts/upgrade.ts'
import { ensureUser } from '../../core/accounts/users.ts'
import { transaction } from '../../core/platform/database.ts'
import { WELCOME_STORYBOARD } from '../../core/storyboard/welcome.ts'
import { buildUser } from '../support/builders.ts'
import { startDatabase } from '../support/postgres.ts'

const { pool } = await startDatabase(t)

async function personalSet(userId: string) {
  const { rows } = await pool.query(
    `select t.name as team, t.slug, t.credits, m.role, p.name as project, p.status, p.spec, p.created_by
     from memberships m join teams t on t.id = m.team_id left join projects p on p.team_id = t.id where m.user_id = $1`,
    [userId],
  )
  return rows
}

t.test('the welcome storyboard is the example of that name', async (t) => {
  const example = readFileSync(new URL('../../examples/welcome.yaml', import.meta.url), 'utf8')
  t.strictSame(WELCOME_STORYBOARD, parse(example))
})

t.test('an account that an operator makes has a team and a project to begin with', async (t) => {
  const operator = { email: 'operator@example.test', name: null, isOperator: true }
  const { id, created } = await ensureUser(pool, operator)
  t.equal(created, true)
  const [row, ...more] = await personalSet(id)
  t.match(row, {
    team: 'My Team',
    credits: 0,
    role: 'owner',
    project: 'Welcome to Framecast',
    status: 'draft',
  })
  t.match(row.slug, /^my-team-[0-9a-f]{8}$/)
  t.equal(row.created_by, id)
  t.strictSame(row.spec, WELCOME_STORYBOARD)
  t.strictSame(more, [])
  t.strictSame(await ensureUser(pool, operator), { id, created: false })
  t.equal((await personalSet(id)).length, 1, 'a second run adds nothing')
})

t.test('a starter becomes a creator once', async (t) => {
  const { userId } = await buildUser(pool, { tier: 'starter' })
  const upgrade = () => transaction(pool, (client) => upgradeToCreator(client, userId))
  const results = await Promise.all([upgrade(), upgrade()])
  t.strictSame(results.sort(), [false, true])
  t.equal((await personalSet(userId)).length, 1)
  const { rows } = await pool.query('select action from audit_entries where actor_id = $1', [userId])
  t.strictSame(rows, [{ action: 'user.upgraded' }])
})
