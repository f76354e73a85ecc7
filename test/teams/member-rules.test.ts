/** Who may change whose place: the whole table, and what the last owner means. */
import t from 'tap'
import { TEAM_ROLES, type TeamRole } from '../../core/access/roles.ts'
import { Problem } from '../../core/platform/errors.ts'
import type { Member } from '../../core/teams/locks.ts'
import { checkLeave, checkRemoval, checkRoleChange } from '../../core/teams/member-rules.ts'

const member = (userId: string, role: TeamRole): Member => ({ id: `m-${userId}`, userId, role })

const outcome = (work: () => unknown): string => {
  try {
    work()
    return 'ok'
  } catch (error) {
    if (error instanceof Problem) return error.code
    throw error
  }
}

/** Caller, target, and roles that the caller may give the target; everything else is refused. */
const MAY_GIVE: [caller: TeamRole, target: TeamRole, roles: TeamRole[]][] = TEAM_ROLES.flatMap((caller) =>
  TEAM_ROLES.map((target): [TeamRole, TeamRole, TeamRole[]] => {
    if (caller === 'owner') return [caller, target, ['owner', 'admin', 'member', 'viewer']]
    if (caller === 'admin' && target !== 'owner') return [caller, target, ['admin', 'member', 'viewer']]
    return [caller, target, []]
  }),
)

for (const [callerRole, targetRole, allowed] of MAY_GIVE) {
  const members = [member('caller', callerRole), member('target', targetRole), member('other', 'owner')]
  t.test(`${callerRole} on ${targetRole}`, (t) => {
    for (const role of TEAM_ROLES) {
      const found = outcome(() => checkRoleChange(members, { callerId: 'caller', targetId: 'target', role }))
      t.equal(found, allowed.includes(role) ? 'ok' : 'AUTHORIZATION_ERROR', `to ${role}`)
    }
    const removed = outcome(() => checkRemoval(members, { callerId: 'caller', targetId: 'target' }))
    t.equal(removed, allowed.length > 0 ? 'ok' : 'AUTHORIZATION_ERROR', 'removed')
    t.end()
  })
}

t.test('somebody who is not in the team', (t) => {
  const members = [member('ada', 'owner'), member('ben', 'member')]
  const role = 'viewer'
  t.equal(
    outcome(() => checkRoleChange(members, { callerId: 'cal', targetId: 'ben', role })),
    'AUTHORIZATION_ERROR',
  )
  t.equal(
    outcome(() => checkRemoval(members, { callerId: 'cal', targetId: 'ben' })),
    'AUTHORIZATION_ERROR',
  )
  t.equal(
    outcome(() => checkLeave(members, 'cal')),
    'NOT_FOUND',
  )
  t.equal(
    outcome(() => checkRoleChange(members, { callerId: 'ada', targetId: 'cal', role })),
    'NOT_FOUND',
  )
  t.equal(
    outcome(() => checkRemoval(members, { callerId: 'ada', targetId: 'cal' })),
    'NOT_FOUND',
  )
  t.end()
})

t.test('the last owner stays', (t) => {
  const members = [member('ada', 'owner'), member('ben', 'admin')]
  const ofAda = { callerId: 'ada', targetId: 'ada' }
  t.equal(
    outcome(() => checkRoleChange(members, { ...ofAda, role: 'member' })),
    'CONFLICT',
  )
  t.equal(
    outcome(() => checkRoleChange(members, { ...ofAda, role: 'owner' })),
    'ok',
    'as what they are',
  )
  t.equal(
    outcome(() => checkRemoval(members, ofAda)),
    'CONFLICT',
  )
  t.equal(
    outcome(() => checkLeave(members, 'ada')),
    'CONFLICT',
  )
  const two = [...members, member('cal', 'owner')]
  t.equal(
    outcome(() => checkRoleChange(two, { ...ofAda, role: 'member' })),
    'ok',
    'one of two does not',
  )
  t.equal(
    outcome(() => checkLeave(two, 'ada')),
    'ok',
  )
  t.end()
})

t.test('leaving as the last member ends the team', (t) => {
  t.strictSame(checkLeave([member('ada', 'owner')], 'ada'), {
    membership: member('ada', 'owner'),
    isLast: true,
  })
  t.match(checkLeave([member('ada', 'owner'), member('ben', 'viewer')], 'ben'), { isLast: false })
  t.end()
})
