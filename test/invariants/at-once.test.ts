/** Rules that count or look at other rows, broken by two transactions at once: one of them is refused. */
import t from 'tap'
import { transaction } from '../../core/platform/database.ts'
import { violatedConstraint } from '../../core/platform/errors.ts'
import { newId } from '../../core/platform/ids.ts'
import { toProblem } from '../../server/problems.ts'
import { buildJob, buildMember, buildTeam, buildUser } from '../support/builders.ts'
import { startDatabase } from '../support/postgres.ts'
import { until } from '../support/studio.ts'
import {
  insertInto,
  invitationRow,
  jobRow,
  keyRow,
  membershipRow,
  projectRow,
  type Statement,
  teamRow,
  webhookRow,
} from './rows.ts'

const { pool } = await startDatabase(t)

/** One of two transactions: each statement in its turn, then the commit. */
type Work = Statement[]

/**
 * Two transactions on connections of their own, of which neither commits before both have done what they can: the second
 * has either finished its statements, or waits for the first.
 * @returns what refused each of them; null for one that was committed
 */
async function together(works: [Work, Work]): Promise<unknown[]> {
  const clients = await Promise.all([pool.connect(), pool.connect()])
  try {
    const [first, second] = clients
    const end = async (client: typeof first, done: Promise<unknown>): Promise<unknown> => {
      try {
        await done
        await client.query('commit')
        return null
      } catch (error) {
        await client.query('rollback')
        return error
      }
    }
    const run = async (client: typeof first, work: Work): Promise<void> => {
      for (const [sql, values] of work) await client.query(sql, values)
    }
    await Promise.all(clients.map((client) => client.query('begin')))
    const { rows } = await second.query<{ pid: number }>('select pg_backend_pid() as pid')
    await run(first, works[0])
    let settled = false
    const done = run(second, works[1]).finally(() => {
      settled = true
    })
    done.catch(() => {})
    await until(async () => {
      if (settled) return true
      const waiting = await pool.query('select 1 from pg_locks where pid = $1 and not granted', [
        rows[0]!.pid,
      ])
      return waiting.rowCount !== 0
    }, 'the second has done its work or waits')
    return await Promise.all([end(first, Promise.resolve()), end(second, done)])
  } finally {
    for (const client of clients) client.release()
  }
}

const insertTeam = (userId: string): Work => {
  const team = teamRow()
  return [
    insertInto('teams', team),
    insertInto('memberships', membershipRow(team.id as string, userId, { role: 'owner' })),
  ]
}

/** Each gives two pieces of work, either of which is allowed, and what refuses the second of them. */
const RACES: [what: string, by: RegExp, prepare: () => Promise<[Work, Work]>][] = [
  [
    'two owners leave a team',
    /teams_owner_present/,
    async () => {
      const [ada, ben] = [await buildUser(pool), await buildUser(pool)]
      const team = await buildTeam(pool, ada)
      await buildMember(pool, team, ben, 'owner')
      const leave = (userId: string): Work => [
        ['delete from memberships where team_id = $1 and user_id = $2', [team, userId]],
      ]
      return [leave(ada.userId), leave(ben.userId)]
    },
  ],
  [
    'one owner leaves while the other becomes a viewer',
    /teams_owner_present/,
    async () => {
      const [ada, ben] = [await buildUser(pool), await buildUser(pool)]
      const team = await buildTeam(pool, ada)
      await buildMember(pool, team, ben, 'owner')
      return [
        [['delete from memberships where team_id = $1 and user_id = $2', [team, ada.userId]]],
        [[`update memberships set role = 'viewer' where team_id = $1 and user_id = $2`, [team, ben.userId]]],
      ]
    },
  ],
  [
    'a project begins to render while its job ends',
    /projects_job_present/,
    async () => {
      const ada = await buildUser(pool)
      const team = await buildTeam(pool, ada)
      const job = await buildJob(pool, ada, { owner: `framecast:team:${team}` })
      const project = newId()
      // For a moment the project has the job and does not show it: that is what the other one changes.
      await transaction(pool, async (client) => {
        await client.query(...insertInto('projects', projectRow(team, ada.userId, { id: project })))
        await client.query('update jobs set project_id = $2 where id = $1', [job, project])
      })
      return [
        [[`update projects set status = 'rendering' where id = $1`, [project]]],
        [
          [
            `update jobs set status = 'canceled', failure_type = 'canceled', completed_at = now() where id = $1`,
            [job],
          ],
        ],
      ]
    },
  ],
  [
    'a person with nine teams makes two more',
    /memberships_owned_limit/,
    async () => {
      const ada = await buildUser(pool)
      for (let n = 0; n < 9; n += 1) await buildTeam(pool, ada)
      return [insertTeam(ada.userId), insertTeam(ada.userId)]
    },
  ],
  [
    'a person in forty-nine teams comes into two more',
    /memberships_limit/,
    async () => {
      const guest = await buildUser(pool)
      const hosts = await Promise.all(Array.from({ length: 6 }, () => buildUser(pool)))
      const teams = await Promise.all(Array.from({ length: 51 }, (_, n) => buildTeam(pool, hosts[n % 6]!)))
      for (const team of teams.slice(0, 49)) await buildMember(pool, team, guest, 'viewer')
      const join = (team: string): Work => [insertInto('memberships', membershipRow(team, guest.userId))]
      return [join(teams[49]!), join(teams[50]!)]
    },
  ],
  [
    'two jobs of one project begin',
    /jobs_one_active_per_project/,
    async () => {
      const ada = await buildUser(pool)
      const team = await buildTeam(pool, ada)
      const project = newId()
      await pool.query(...insertInto('projects', projectRow(team, ada.userId, { id: project })))
      const begin = (): Work => [
        ...insertJob(`framecast:team:${team}`, ada.userId, { project_id: project }),
        [`update projects set status = 'rendering' where id = $1 and status = 'draft'`, [project]],
      ]
      return [begin(), begin()]
    },
  ],
  [
    'an owner with four jobs begins two more',
    /jobs_owner_concurrency/,
    async () => {
      const ada = await buildUser(pool)
      const owner = `framecast:team:${await buildTeam(pool, ada)}`
      for (let n = 0; n < 4; n += 1) await buildJob(pool, ada, { owner })
      return [insertJob(owner, ada.userId), insertJob(owner, ada.userId)]
    },
  ],
  [
    'a starter begins two jobs',
    /jobs_starter_concurrency/,
    async () => {
      const { userId } = await buildUser(pool, { tier: 'starter' })
      const owner = `framecast:user:${userId}`
      return [insertJob(owner, userId), insertJob(owner, userId)]
    },
  ],
  [
    'a team with forty-nine invitations sends two more',
    /invitations_pending_limit/,
    async () => {
      const ada = await buildUser(pool)
      const team = await buildTeam(pool, ada)
      const invite = (): Work => [insertInto('invitations', invitationRow(team, ada.userId))]
      for (let n = 0; n < 49; n += 1) await pool.query(...invite()[0]!)
      return [invite(), invite()]
    },
  ],
  [
    'a team with nineteen webhooks makes two more',
    /webhooks_limit/,
    async () => {
      const ada = await buildUser(pool)
      const team = await buildTeam(pool, ada)
      const hook = (): Work => [insertInto('webhooks', webhookRow(team, ada.userId))]
      for (let n = 0; n < 19; n += 1) await pool.query(...hook()[0]!)
      return [hook(), hook()]
    },
  ],
  [
    'somebody leaves a team while a key for it is made',
    /memberships_keys_ended|api_keys_membership/,
    async () => {
      const [ada, ben] = [await buildUser(pool), await buildUser(pool)]
      const team = await buildTeam(pool, ada)
      await buildMember(pool, team, ben)
      return [
        [['delete from memberships where team_id = $1 and user_id = $2', [team, ben.userId]]],
        [insertInto('api_keys', keyRow(ben.userId, { owner: `framecast:${team}:${ben.userId}` }))],
      ]
    },
  ],
]

/** A job and its debit. */
function insertJob(owner: string, userId: string, over: Record<string, unknown> = {}): Work {
  const row = jobRow(owner, userId, over)
  return [
    insertInto('jobs', row),
    insertInto('credit_entries', {
      id: newId(),
      source: owner,
      job_id: row.id,
      kind: 'debit',
      amount: 0,
      moves_balance: false,
    }),
  ]
}

for (const [what, by, prepare] of RACES)
  t.test(`${what} at once: one of both is refused`, async (t) => {
    const outcomes = await together(await prepare())
    const refused = outcomes.filter((outcome) => outcome !== null)
    t.equal(refused.length, 1, 'the other one goes through')
    t.match(violatedConstraint(refused[0]), by)
    t.equal(toProblem(refused[0])?.status, 409, 'a caller would be told of a conflict')
  })
