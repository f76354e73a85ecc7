/** The frame around every page: the rail, the strip that says when the server is away, and the sign-in over a page. */
import { onlineManager, useQuery, useQueryClient } from '@tanstack/react-query'
import { Link, Outlet, useNavigate, useParams } from '@tanstack/react-router'
import { ask } from '../api/client.ts'
import { connection } from '../live/connection.ts'
import { ConnectionStrip } from '../live/strip.tsx'
import { callerQuery, SignInForm } from '../session.tsx'
import icon from '../styles/icon.svg'
import { Dialog, Menu } from '../ui/dialog.tsx'
import { Icon } from '../ui/icon.tsx'
import styles from './shell.module.css'

const PLACES = [
  { to: '/t/$team', name: 'Projects', icon: 'projects', exact: true },
  { to: '/t/$team/library', name: 'Library', icon: 'library', exact: false },
  { to: '/t/$team/queue', name: 'Queue', icon: 'queue', exact: false },
  { to: '/t/$team/team', name: 'Team', icon: 'team', exact: false },
] as const

export function Shell() {
  const { data: caller } = useQuery(callerQuery)
  const queries = useQueryClient()
  const navigate = useNavigate()
  const { team } = useParams({ strict: false })

  const signOut = async (): Promise<void> => {
    await ask((api, signal) => api.POST('/v1/auth/logout', { signal })).catch(() => {})
    connection.close()
    queries.clear()
    await navigate({ to: '/sign-in', search: {} })
  }

  return (
    <div className={styles.shell}>
      <a className={styles.skip} href="#page">
        Skip to the page
      </a>
      <nav className={styles.rail} aria-label="Studio">
        <Link to="/" className={styles.mark} aria-label="Framecast">
          <img src={icon} alt="" />
        </Link>
        {team
          ? PLACES.map(({ to, name, icon: picture, exact }) => (
              <Link
                key={to}
                to={to}
                params={{ team }}
                className={styles.place}
                title={name}
                aria-label={name}
                activeOptions={{ exact, includeSearch: false }}
              >
                <Icon name={picture} size={18} />
              </Link>
            ))
          : null}
        <Menu
          trigger={
            <button
              type="button"
              className={`${styles.place} ${styles.foot}`}
              title="Account"
              aria-label="Account"
            >
              <Icon name="settings" size={18} />
            </button>
          }
          items={[
            { label: 'Account', onSelect: () => navigate({ to: '/account' }) },
            { label: 'API keys', onSelect: () => navigate({ to: '/account/keys' }) },
            { label: 'Sessions', onSelect: () => navigate({ to: '/account/sessions' }) },
            'separator',
            { label: 'Sign out', onSelect: signOut },
          ]}
        />
      </nav>
      <div id="page" className={styles.page}>
        <ConnectionStrip />
        <Outlet />
      </div>
      <Dialog
        open={caller === null && onlineManager.isOnline()}
        onClose={() => {}}
        mustAnswer
        title="Your session ended. Sign in to go on. Your edits are kept."
      >
        <SignInForm onDone={() => connection.retry()} />
      </Dialog>
    </div>
  )
}
