/** Operations on invitations: of a team, and to the caller. */
import { INVITATION_STATES } from '../../core/teams/invitations.ts'
import { CURSOR, NEXT_PAGE, pageOf } from './jobs.ts'
import { type Access, id, json, type Operation, query, type Refusal, type Reply } from './operation.ts'
import * as example from './team-examples.ts'
import { BAD_QUERY, CREATORS, conflict, NO_MEMBER, ROLE, TEAM } from './teams.ts'

const OF_TEAM = id('invitation_id', 'invitation', example.INVITATION_ID)
const INVITATION = id('id', 'invitation', example.INVITATION_ID)
const SESSION: Access = { kind: 'session' }

const NOT_IN_TEAM: Refusal = {
  code: 'NOT_FOUND',
  when: 'The team has no such invitation.',
  text: 'no such invitation in this team',
}
const NO_INVITATION: Refusal = {
  code: 'NOT_FOUND',
  when: 'There is no such invitation.',
  text: 'no such invitation',
}
const OTHER_ADDRESS: Refusal = {
  code: 'AUTHORIZATION_ERROR',
  when: 'The invitation is for another address than the caller’s.',
  text: 'this invitation is for another address',
}
const NOT_PENDING = conflict(
  'It was accepted, declined or revoked, or has expired.',
  'the invitation was revoked',
)
const DAY: Refusal = {
  code: 'RATE_LIMIT_EXCEEDED',
  when: 'The team has sent twenty invitations today (UTC), again included.',
  text: 'a team sends 20 invitations a day; retry after 3600 seconds',
}
const MEMBER = conflict('The person is a member.', 'this person is a member of the team already')

/** With a mail server, and without: then the link is in the reply. */
const sent = (status: number, description: string): Reply => ({
  status,
  description,
  content: {
    type: 'application/json',
    schema: 'invitation',
    examples: {
      mailed: { summary: 'A mail is on its way', value: example.invitation },
      unmailed: {
        summary: 'Without a mail server, with the link to pass on',
        value: example.unsentInvitation,
      },
    },
  },
})

export const invitationOperations: readonly Operation[] = [
  {
    method: 'get',
    path: '/v1/teams/{id}/invitations',
    operationId: 'listTeamInvitations',
    summary: 'List the invitations of a team',
    description:
      'For owners and admins; newest first. Where no mail server is configured, those that are pending have `accept_url`, to be passed on by hand.',
    tag: 'Invitations',
    access: CREATORS,
    parameters: [
      TEAM,
      query('state', 'Invitations of this state alone.', { enum: INVITATION_STATES }),
      ...pageOf(100),
      CURSOR,
    ],
    replies: [
      { ...json(200, 'A page of invitations.', ['invitation'], [example.invitation]), headers: NEXT_PAGE },
    ],
    refusals: [BAD_QUERY, NO_MEMBER, ROLE],
  },
  {
    method: 'post',
    path: '/v1/teams/{id}/invitations',
    operationId: 'createInvitation',
    summary: 'Invite somebody',
    description:
      'For owners and admins. A mail with a link goes to the address; it is good for seven days. An older invitation that waits for the same address is revoked. Where no mail server is configured, the reply has `accept_url`, to be passed on by hand.',
    tag: 'Invitations',
    access: CREATORS,
    parameters: [TEAM],
    body: {
      description: 'Whom, and as what.',
      required: true,
      content: [
        {
          type: 'application/json',
          schema: 'invitation-request',
          example: { email: 'jonas@northlight.example', role: 'member' },
        },
      ],
    },
    replies: [sent(201, 'The invitation.')],
    refusals: [
      {
        code: 'VALIDATION_ERROR',
        when: 'The address has not the form of one.',
        text: 'email must be an address such as ada@studio.example',
      },
      {
        code: 'VALIDATION_ERROR',
        when: 'The address is the caller’s own.',
        text: 'email is your own; nobody invites themselves',
      },
      NO_MEMBER,
      ROLE,
      MEMBER,
      conflict('Fifty invitations wait.', '50 invitations wait already; revoke one first'),
      DAY,
    ],
  },
  {
    method: 'delete',
    path: '/v1/teams/{id}/invitations/{invitation_id}',
    operationId: 'revokeInvitation',
    summary: 'Revoke an invitation',
    description: 'For owners and admins.',
    tag: 'Invitations',
    access: CREATORS,
    parameters: [TEAM, OF_TEAM],
    replies: [{ status: 204, description: 'It opens nothing any more.' }],
    refusals: [NO_MEMBER, ROLE, NOT_IN_TEAM, NOT_PENDING],
  },
  {
    method: 'post',
    path: '/v1/teams/{id}/invitations/{invitation_id}/resend',
    operationId: 'resendInvitation',
    summary: 'Send an invitation again',
    description: 'For owners and admins. The same link is good for another seven days.',
    tag: 'Invitations',
    access: CREATORS,
    parameters: [TEAM, OF_TEAM],
    replies: [sent(200, 'The invitation.')],
    refusals: [NO_MEMBER, ROLE, NOT_IN_TEAM, NOT_PENDING, DAY],
  },
  {
    method: 'get',
    path: '/v1/invitations',
    operationId: 'listInvitations',
    summary: 'List invitations to the caller',
    description: 'Those that wait for the caller’s address, newest first, with the name of the team.',
    tag: 'Invitations',
    access: SESSION,
    parameters: [...pageOf(100), CURSOR],
    replies: [
      {
        ...json(200, 'A page of invitations.', ['received-invitation'], [example.receivedInvitation]),
        headers: NEXT_PAGE,
      },
    ],
    refusals: [BAD_QUERY],
  },
  {
    method: 'post',
    path: '/v1/invitations/{id}/accept',
    operationId: 'acceptInvitation',
    summary: 'Accept an invitation',
    description:
      'The caller becomes a member. A starter becomes a creator, with a team and a project of their own to begin with.',
    tag: 'Invitations',
    access: SESSION,
    parameters: [INVITATION],
    replies: [json(200, 'The membership.', 'membership', example.member)],
    refusals: [
      NO_INVITATION,
      OTHER_ADDRESS,
      NOT_PENDING,
      conflict('The caller is a member already.', 'you are a member of this team already'),
      conflict('The caller belongs to fifty teams.', 'you belong to 50 teams already; leave one first'),
    ],
  },
  {
    method: 'post',
    path: '/v1/invitations/{id}/decline',
    operationId: 'declineInvitation',
    summary: 'Decline an invitation',
    tag: 'Invitations',
    access: SESSION,
    parameters: [INVITATION],
    replies: [{ status: 204, description: 'It is declined for good.' }],
    refusals: [NO_INVITATION, OTHER_ADDRESS, NOT_PENDING],
  },
]
