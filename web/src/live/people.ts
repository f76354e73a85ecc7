/** Who is who in a team, and who else has the project open. */
import { useQuery } from '@tanstack/react-query'
import { useCallback } from 'react'
import { membersQuery } from '../queries.ts'
import { useCaller } from '../session.tsx'

/** Names by user id; null for somebody who is not of the team any more. */
export type NameOf = (userId: string) => string | null

/** @param teamId undefined while it is read */
export function useNames(teamId: string | undefined): NameOf {
  const { data: members } = useQuery({ ...membersQuery(teamId ?? ''), enabled: teamId !== undefined })
  return useCallback(
    (userId) => {
      const member = members?.find(({ user_id }) => user_id === userId)
      return member ? (member.user_name ?? member.user_email.replace(/@.*/, '')) : null
    },
    [members],
  )
}

/** What somebody named by `useMakerName` made: "Jonas's" */
export const theirsOf = (maker: string): string => (/^(A|You)\b/.test(maker) ? 'theirs' : `${maker}'s`)

/** Who changed something, to the person at this screen. */
export function useMakerName(nameOf: NameOf): (userId: string | null) => string {
  const me = useCaller().user.id
  return useCallback(
    (userId) =>
      userId === null ? 'A colleague' : userId === me ? 'You, elsewhere,' : (nameOf(userId) ?? 'A colleague'),
    [me, nameOf],
  )
}

/** `JO` for Jonas, `MI` for Mara Ilves */
export function initials(name: string): string {
  const [first = '', second] = name.trim().split(/\s+/)
  return (second ? `${first[0]}${second[0]}` : first.slice(0, 2)).toUpperCase()
}
