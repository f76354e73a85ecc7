/** People of a team, what they may do, and invitations to it. */
import { useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { ask, askWithHeaders, type Membership } from '../../api/client.ts'
import { useCaller } from '../../session.tsx'
import { Confirm, type Question } from '../../ui/confirm.tsx'
import { Button } from '../../ui/controls.tsx'
import { ListSection, usePages } from '../../ui/list.tsx'
import { useAttempt } from '../../ui/use-attempt.ts'
import { Invitations, InviteDialog } from './invitations.tsx'
import { useHeldTeam } from './layout.tsx'
import styles from './team.module.css'
import { isAdmin, type Role, refusalWords } from './words.ts'

const ROLES: readonly Role[] = ['viewer', 'member', 'admin', 'owner']

const nameOf = ({ user_name, user_email }: Membership): string => user_name ?? user_email

export function MembersPage() {
  const team = useHeldTeam()
  const caller = useCaller()
  const queries = useQueryClient()
  const navigate = useNavigate()
  const [isInviting, setInviting] = useState(false)
  const [question, setQuestion] = useState<Question | null>(null)
  const { fault, attempt } = useAttempt(refusalWords)
  const canManage = isAdmin(team.user_role)
  const path = { id: team.id }

  const members = usePages<Membership>(['teams', team.id, 'members'], (page, signal) =>
    askWithHeaders(
      (api, limit) => api.GET('/v1/teams/{id}/members', { params: { path, query: page }, signal: limit }),
      signal,
    ),
  )
  const refresh = (): Promise<void> => queries.invalidateQueries({ queryKey: ['teams'] })

  const changeRole = (member: Membership, role: Role): Promise<boolean> =>
    attempt(
      async () => {
        await ask((api, signal) =>
          api.PATCH('/v1/teams/{id}/members/{user_id}', {
            params: { path: { ...path, user_id: member.user_id } },
            body: { role },
            signal,
          }),
        )
        await refresh()
      },
      (error) => refusalWords(error, nameOf(member)),
    )
  const askToRemove = (member: Membership): void =>
    setQuestion({
      title: `Remove ${nameOf(member)} from ${team.name}?`,
      body: 'Keys made for this team end at once. Projects and films stay.',
      verb: 'Remove',
      keep: 'Keep the member',
      words: (error) => refusalWords(error, nameOf(member)),
      work: async () => {
        await ask((api, signal) =>
          api.DELETE('/v1/teams/{id}/members/{user_id}', {
            params: { path: { ...path, user_id: member.user_id } },
            signal,
          }),
        )
        await refresh()
      },
    })
  const askToLeave = (): void =>
    setQuestion({
      title: `Leave ${team.name}?`,
      body:
        members.rows?.length === 1
          ? 'You are the only one here: the team ends, with its projects and films.'
          : 'You no longer see its projects and films. They stay with the team.',
      verb: 'Leave the team',
      keep: 'Stay',
      words: refusalWords,
      work: async () => {
        await ask((api, signal) => api.POST('/v1/teams/{id}/leave', { params: { path }, signal }))
        await navigate({ to: '/' })
        await refresh()
      },
    })

  /** Why a role is not to be changed here; null where it is. */
  const lockOf = (member: Membership): string | null => {
    if (!canManage) return 'Only owners and admins can change roles'
    if (member.user_id === caller.user.id) return 'Nobody changes their own role'
    if (member.role === 'owner' && team.user_role !== 'owner') return 'Only owners can change owners'
    return null
  }
  const offered = (member: Membership): readonly Role[] =>
    team.user_role === 'owner' || member.role === 'owner' ? ROLES : ROLES.slice(0, 3)

  return (
    <>
      <title>{`Members – ${team.name}`}</title>
      {fault ? (
        <p role="alert" className={styles.fault}>
          {fault}
        </p>
      ) : null}
      <ListSection
        name="Members"
        pages={members}
        empty="Nobody is here."
        action={
          canManage ? (
            <Button look="primary" icon="plus" onClick={() => setInviting(true)}>
              Invite
            </Button>
          ) : null
        }
      >
        <ul className={styles.list}>
          {members.rows?.map((member) => {
            const lock = lockOf(member)
            const isMe = member.user_id === caller.user.id
            return (
              <li key={member.id} className={styles.line}>
                <span className={styles.main}>
                  {nameOf(member)}
                  {isMe ? ' (you)' : ''}
                  {member.user_name === null ? null : <small>{member.user_email}</small>}
                </span>
                {lock ? (
                  <span className={styles.role} title={lock}>
                    {member.role}
                  </span>
                ) : (
                  <select
                    className={styles.select}
                    aria-label={`Role of ${nameOf(member)}`}
                    value={member.role}
                    onChange={(event) => changeRole(member, event.target.value as Role)}
                  >
                    {offered(member).map((role) => (
                      <option key={role}>{role}</option>
                    ))}
                  </select>
                )}
                <span className={styles.does}>
                  {isMe ? (
                    <Button onClick={askToLeave}>Leave</Button>
                  ) : lock === null ? (
                    <Button aria-label={`Remove ${nameOf(member)}`} onClick={() => askToRemove(member)}>
                      Remove
                    </Button>
                  ) : null}
                </span>
              </li>
            )
          })}
        </ul>
      </ListSection>
      {canManage ? <Invitations onInvite={() => setInviting(true)} /> : null}
      <InviteDialog open={isInviting} onClose={() => setInviting(false)} />
      <Confirm question={question} onClose={() => setQuestion(null)} />
    </>
  )
}
