/** Replies about a team of three. */
import type { Invitation, Membership, ReceivedInvitation, Team } from '../../schemas/types.ts'
import { TEAM_ID, USER_ID } from './examples.ts'

export const INVITATION_ID = '01a1fd5b-d901-7c35-9a1e-5d0c77e1b4f0'
export const MEMBER_ID = '01a1fd5b-d8fe-7b1b-8a64-0b9f6a3f2c11'

export const team: Team = {
  id: TEAM_ID,
  name: 'Northlight',
  slug: 'northlight-a1b2c3d4',
  credits: 500,
  ephemeral_storage_bytes: 48_210_944,
  settings: { grade: 'dusk' },
  created_at: '2026-11-21T09:02:11.120Z',
  updated_at: '2026-11-21T09:04:40.087Z',
  user_role: 'owner',
  user_urn: `framecast:${TEAM_ID}:${USER_ID}`,
}

export const newTeam: Team = {
  ...team,
  ephemeral_storage_bytes: 0,
  settings: {},
  updated_at: team.created_at,
}

const owner: Membership = {
  id: '01a1fd5b-d838-7a10-9b70-1f4f6a0c9e02',
  team_id: TEAM_ID,
  user_id: USER_ID,
  role: 'owner',
  created_at: '2026-11-21T09:02:11.120Z',
  user_email: 'mara@northlight.example',
  user_name: 'Mara Lind',
  user_avatar_url: null,
}

export const member: Membership = {
  id: '01a1fd5b-d902-7e9c-8d3b-7f0e4c5a6b1d',
  team_id: TEAM_ID,
  user_id: MEMBER_ID,
  role: 'member',
  created_at: '2026-11-21T09:05:02.334Z',
  user_email: 'jonas@northlight.example',
  user_name: null,
  user_avatar_url: null,
}

export const members: Membership[] = [owner, member]

export const invitation: Invitation = {
  id: INVITATION_ID,
  team_id: TEAM_ID,
  email: 'jonas@northlight.example',
  role: 'member',
  state: 'pending',
  invited_by: USER_ID,
  expires_at: '2026-11-28T09:04:12.005Z',
  created_at: '2026-11-21T09:04:12.005Z',
}

export const unsentInvitation: Invitation = {
  ...invitation,
  accept_url: `http://localhost:3000/teams/${TEAM_ID}/invitations/${INVITATION_ID}/accept?token=rM2vH1kZ8cQb4tXy0aGd7eWn5sLp9uJfTiVoCzRkB3A`,
}

export const receivedInvitation: ReceivedInvitation = { ...invitation, team_name: team.name }
