/** Initials of the others who have the project open. */
import { useCaller } from '../session.tsx'
import { initials, type NameOf } from './people.ts'
import styles from './presence.module.css'

const MOST = 5

export function Presence({ users, nameOf }: { users: readonly string[]; nameOf: NameOf }) {
  const me = useCaller().user.id
  const others = users.filter((id) => id !== me).map((id) => ({ id, name: nameOf(id) ?? 'A colleague' }))
  if (others.length === 0) return null
  return (
    <ul className={styles.people} aria-label="Also here">
      {others.slice(0, MOST).map(({ id, name }) => (
        <li key={id} title={name}>
          <span aria-hidden="true">{initials(name)}</span>
          <span className="sr-only">{name}</span>
        </li>
      ))}
      {others.length > MOST ? (
        <li
          title={others
            .slice(MOST)
            .map(({ name }) => name)
            .join(', ')}
        >
          +{others.length - MOST}
        </li>
      ) : null}
    </ul>
  )
}
