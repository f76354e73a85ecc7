/** Operations on teams and their members. */
import * as example from './examples.ts'
import { CURSOR, NEXT_PAGE, pageOf } from './jobs.ts'
import { type Access, id, json, type Operation, type Refusal } from './operation.ts'
import * as teamExample from './team-examples.ts'

export const TEAM = id('id', 'team', example.TEAM_ID)
const MEMBER = id('user_id', 'user', teamExample.MEMBER_ID)

export const CREATORS: Access = { kind: 'session', creatorsOnly: true }

export const BAD_QUERY: Refusal = {
  code: 'VALIDATION_ERROR',
  when: 'A query value is wrong.',
  text: 'limit must be a whole number',
}
const NO_TEAM: Refusal = { code: 'NOT_FOUND', when: 'There is no such team.', text: 'no such team' }
const FOREIGN_TEAM: Refusal = {
  code: 'AUTHORIZATION_ERROR',
  when: 'The caller is not a member of the team.',
  text: 'you are not a member of this team',
}
/** Lists of a team do not tell whether it exists. */
export const NO_MEMBER: Refusal = {
  ...FOREIGN_TEAM,
  when: 'The caller is not a member of the team, or there is no such team.',
}
export const ROLE: Refusal = {
  code: 'AUTHORIZATION_ERROR',
  when: 'The caller’s role in the team does not allow it.',
  text: 'the role viewer may not do this',
}
const OWN_ID: Refusal = {
  code: 'VALIDATION_ERROR',
  when: 'The id is the caller’s own; this is looked at first.',
  text: 'this is your own id: nobody changes their own role',
}
const NO_SUCH_MEMBER: Refusal = {
  code: 'NOT_FOUND',
  when: 'There is no such member in the team.',
  text: 'no such member in this team',
}
const ON_OWNER: Refusal = {
  code: 'AUTHORIZATION_ERROR',
  when: 'An admin wants to change or remove an owner, or to make one.',
  text: 'only an owner may change or remove an owner',
}
export const conflict = (when: string, text: string): Refusal => ({ code: 'CONFLICT', when, text })
const LAST_OWNER = conflict(
  'It is the last owner.',
  'a team has at least one owner; make somebody else owner first',
)
const BLANK_NAME: Refusal = {
  code: 'VALIDATION_ERROR',
  when: 'The name is blank.',
  text: 'name must hold more than blanks',
}

export const teamOperations: readonly Operation[] = [
  {
    method: 'get',
    path: '/v1/teams',
    operationId: 'listTeams',
    summary: 'List the caller’s teams',
    description: 'By name.',
    tag: 'Teams',
    access: CREATORS,
    parameters: [...pageOf(100), CURSOR],
    replies: [{ ...json(200, 'A page of teams.', ['team'], [teamExample.team]), headers: NEXT_PAGE }],
    refusals: [BAD_QUERY],
  },
  {
    method: 'post',
    path: '/v1/teams',
    operationId: 'createTeam',
    summary: 'Make a team',
    description:
      'The caller is its owner. A slug that is given is taken as it is; otherwise one is made from the name, with eight digits that keep teams of one name apart. `initial_credits` are granted to the team; where credits are enforced, only an operator may give any.',
    tag: 'Teams',
    access: CREATORS,
    body: {
      description: 'Name, and what else it begins with.',
      required: true,
      content: [
        {
          type: 'application/json',
          schema: 'team-request',
          example: { name: 'Northlight', initial_credits: 500 },
        },
      ],
    },
    replies: [
      {
        ...json(201, 'The new team.', 'team', teamExample.newTeam),
        headers: { Location: 'Path of the team.' },
      },
    ],
    refusals: [
      BLANK_NAME,
      {
        code: 'VALIDATION_ERROR',
        when: 'The slug is not of the form, or the name holds nothing to make one from.',
        text: 'slug must be 1 to 50 lower-case letters, digits and single hyphens, with a letter or digit at both ends',
      },
      {
        code: 'AUTHORIZATION_ERROR',
        when: 'Credits are enforced here, and the caller is no operator.',
        text: 'initial_credits are for an operator to give',
      },
      conflict('The slug is taken.', 'the slug northlight is taken'),
      conflict('The caller owns ten teams.', 'you own 10 teams already'),
      conflict('The caller belongs to fifty teams.', 'you belong to 50 teams already'),
    ],
  },
  {
    method: 'get',
    path: '/v1/teams/{id}',
    operationId: 'getTeam',
    summary: 'Read a team',
    tag: 'Teams',
    access: CREATORS,
    parameters: [TEAM],
    replies: [json(200, 'The team.', 'team', teamExample.team)],
    refusals: [NO_TEAM, FOREIGN_TEAM],
  },
  {
    method: 'patch',
    path: '/v1/teams/{id}',
    operationId: 'changeTeam',
    summary: 'Change a team’s name or settings',
    description: 'For owners and admins. Settings are replaced as a whole; the slug never changes.',
    tag: 'Teams',
    access: CREATORS,
    parameters: [TEAM],
    body: {
      description: 'What is to change.',
      required: true,
      content: [
        { type: 'application/json', schema: 'team-change-request', example: { settings: { grade: 'dusk' } } },
      ],
    },
    replies: [json(200, 'The team.', 'team', teamExample.team)],
    refusals: [
      BLANK_NAME,
      {
        code: 'VALIDATION_ERROR',
        when: 'Settings are larger than 64 KiB as compact JSON.',
        text: 'settings may have 65536 bytes (64 KiB) as JSON; these have 70000',
      },
      NO_TEAM,
      FOREIGN_TEAM,
      ROLE,
    ],
  },
  {
    method: 'delete',
    path: '/v1/teams/{id}',
    operationId: 'deleteTeam',
    summary: 'Delete a team',
    description:
      'For its owner, once there is nobody else in it and nothing renders. Projects, renders, files and webhooks go with it, and what is left of its credits. Usage and the audit trail stay.',
    tag: 'Teams',
    access: CREATORS,
    parameters: [TEAM],
    replies: [{ status: 204, description: 'It is gone; its files are removed in the background.' }],
    refusals: [
      NO_TEAM,
      FOREIGN_TEAM,
      ROLE,
      conflict(
        'There are other members.',
        'the team has other members; remove them first, or leave it to them',
      ),
      conflict('A render is active.', 'the team has active renders; wait for them or cancel them'),
    ],
  },
  {
    method: 'get',
    path: '/v1/teams/{id}/members',
    operationId: 'listMembers',
    summary: 'List the members of a team',
    description: 'Owners, admins, members, viewers; each by name, and those without a name last.',
    tag: 'Teams',
    access: CREATORS,
    parameters: [TEAM, ...pageOf(100), CURSOR],
    replies: [
      { ...json(200, 'A page of members.', ['membership'], teamExample.members), headers: NEXT_PAGE },
    ],
    refusals: [BAD_QUERY, NO_MEMBER],
  },
  {
    method: 'patch',
    path: '/v1/teams/{id}/members/{user_id}',
    operationId: 'changeMember',
    summary: 'Change a member’s role',
    description: 'For owners and admins; owners are changed and made by owners alone.',
    tag: 'Teams',
    access: CREATORS,
    parameters: [TEAM, MEMBER],
    body: {
      description: 'The new role.',
      required: true,
      content: [
        { type: 'application/json', schema: 'membership-change-request', example: { role: 'member' } },
      ],
    },
    replies: [json(200, 'The membership.', 'membership', teamExample.member)],
    refusals: [
      OWN_ID,
      NO_MEMBER,
      ROLE,
      ON_OWNER,
      NO_SUCH_MEMBER,
      LAST_OWNER,
      conflict('The person owns ten teams.', 'this person owns 10 teams already'),
    ],
  },
  {
    method: 'delete',
    path: '/v1/teams/{id}/members/{user_id}',
    operationId: 'removeMember',
    summary: 'Remove a member',
    description:
      'For owners and admins; owners are removed by owners alone. Keys of the team that the person made end at once, open streams within a minute. The person’s private work in the team is kept, and there again should they come back.',
    tag: 'Teams',
    access: CREATORS,
    parameters: [TEAM, MEMBER],
    replies: [{ status: 204, description: 'The person is no member any more.' }],
    refusals: [
      { ...OWN_ID, text: 'this is your own id: use leave to go' },
      NO_MEMBER,
      ROLE,
      ON_OWNER,
      NO_SUCH_MEMBER,
      LAST_OWNER,
      conflict(
        'It is the person’s only team; creators have at least one.',
        'this is the only team of this person, who has to have one',
      ),
    ],
  },
  {
    method: 'post',
    path: '/v1/teams/{id}/leave',
    operationId: 'leaveTeam',
    summary: 'Leave a team',
    description: 'When the last member leaves, the team is deleted.',
    tag: 'Teams',
    access: CREATORS,
    parameters: [TEAM],
    replies: [{ status: 204, description: 'The caller is no member any more.' }],
    refusals: [
      { ...NO_TEAM, when: 'There is no such team, or the caller is not a member of it.' },
      conflict(
        'The caller is the only owner of others.',
        'you are the only owner; make somebody else owner first',
      ),
      conflict(
        'It is the caller’s only team; creators have at least one.',
        'this is your only team; make or join another one first',
      ),
      conflict(
        'The caller is the last member, and a render is active.',
        'the team has active renders; wait for them or cancel them',
      ),
    ],
  },
]
