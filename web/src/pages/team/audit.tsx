/** Who did what in a team. */
import { type AuditEntry, askWithHeaders, type Membership } from '../../api/client.ts'
import { when } from '../../format.ts'
import { ListSection, usePages } from '../../ui/list.tsx'
import { RefusedPage, useHeldTeam } from './layout.tsx'
import styles from './team.module.css'
import { actionWords, detailWords, isAdmin } from './words.ts'

export function AuditPage() {
  const team = useHeldTeam()
  return isAdmin(team.user_role) ? <Trail /> : <RefusedPage roles="owners and admins" />
}

function Trail() {
  const team = useHeldTeam()
  const params = { path: { id: team.id } }
  const members = usePages<Membership>(['teams', team.id, 'members'], (query, signal) =>
    askWithHeaders(
      (api, limit) => api.GET('/v1/teams/{id}/members', { params: { ...params, query }, signal: limit }),
      signal,
    ),
  )
  const pages = usePages<AuditEntry>(['teams', team.id, 'audit'], (query, signal) =>
    askWithHeaders(
      (api, limit) => api.GET('/v1/teams/{id}/audit', { params: { ...params, query }, signal: limit }),
      signal,
    ),
  )
  const names = new Map(
    members.rows?.map(({ user_id, user_name, user_email }) => [user_id, user_name ?? user_email]),
  )
  const who = ({ actor_id, actor_kind }: AuditEntry): string => {
    if (actor_id !== null) return names.get(actor_id) ?? 'Somebody who has left'
    return actor_kind === 'operator' ? 'The operator' : 'Framecast'
  }

  return (
    <>
      <title>{`Audit trail – ${team.name}`}</title>
      <ListSection name="Audit trail" pages={pages} empty="Nothing that is kept here has happened yet.">
        <ol className={styles.list}>
          {pages.rows?.map((entry) => (
            <li key={entry.id} className={styles.line}>
              <time className={`${styles.time} tabular`} dateTime={entry.created_at} title={entry.created_at}>
                {when(Date.parse(entry.created_at))}
              </time>
              <span className={styles.main}>
                {who(entry)} {actionWords(entry.action)}
                <small>{detailWords(entry, names)}</small>
              </span>
            </li>
          ))}
        </ol>
      </ListSection>
    </>
  )
}
