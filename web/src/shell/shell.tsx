/** The frame around every page: the rail, the strip that says when the server is away, and the sign-in over a page. */
import { onlineManager, useQuery, useQueryClient } from '@tanstack/react-query'
import { Link, Outlet, useLocation, useNavigate, useParams } from '@tanstack/react-router'
import { lazy, Suspense, useEffect, useState } from 'react'
import { ask } from '../api/client.ts'
import { hearKeys, useCommand } from '../commands.ts'
import { connection } from '../live/connection.ts'
import { ConnectionStrip } from '../live/strip.tsx'
import { teamsQuery } from '../queries.ts'
import { callerQuery, SignInForm } from '../session.tsx'
import icon from '../styles/icon.svg'
import { chooseTheme, chosenTheme, type Theme } from '../theme.ts'
import { Dialog, Menu } from '../ui/dialog.tsx'
import { Icon } from '../ui/icon.tsx'
import { useRailNews } from './rail-news.ts'
import styles from './shell.module.css'

const Palette = lazy(async () => ({ default: (await import('./palette.tsx')).Palette }))
const KeysHelp = lazy(async () => ({ default: (await import('./palette.tsx')).KeysHelp }))

/** The team whose pages were open last: what belongs to no team is shown beside them. */
let lastTeam: string | undefined

const PLACES = [
  { to: '/t/$team', name: 'Projects', icon: 'projects', exact: true },
  { to: '/t/$team/library', name: 'Library', icon: 'library', exact: false },
  { to: '/t/$team/queue', name: 'Queue', icon: 'queue', exact: false },
  { to: '/engines', name: 'Engines', icon: 'engines', exact: false },
  { to: '/t/$team/team', name: 'Team', icon: 'team', exact: false },
] as const

/** Tabs of the team's page have addresses of their own. */
const TEAM_TABS = /^\/t\/[^/]+\/(webhooks|usage|audit)/

const THEMES: Readonly<Record<Theme, string>> = {
  system: 'Light or dark as the system',
  dark: 'Dark',
  light: 'Light',
}

/** Moves the focus to the next part of the page, as F6 does in other programs. */
function nextRegion(backwards: boolean): void {
  const regions = [
    ...document.querySelectorAll<HTMLElement>('nav, main, aside, section[aria-label], [role="region"]'),
  ].filter((region) => region.checkVisibility())
  const at = regions.findLastIndex((region) => region.contains(document.activeElement))
  const next = regions[(at + (backwards ? -1 : 1) + regions.length) % regions.length]
  if (!next) return
  if (!next.hasAttribute('tabindex')) next.tabIndex = -1
  next.focus()
}

export function Shell() {
  const { data: caller } = useQuery(callerQuery)
  const queries = useQueryClient()
  const navigate = useNavigate()
  const { team: shownTeam } = useParams({ strict: false })
  const { pathname } = useLocation()
  if (shownTeam) lastTeam = shownTeam
  const { data: teams } = useQuery({ ...teamsQuery, enabled: !shownTeam && !lastTeam })
  const team = shownTeam ?? lastTeam ?? teams?.[0]?.slug
  const news = useRailNews(team, caller?.user.id)
  const [open, setOpen] = useState<'palette' | 'keys' | null>(null)
  const [theme, setTheme] = useState(chosenTheme)

  useEffect(hearKeys, [])
  const everywhere = { group: 'Everywhere' }
  useCommand({
    ...everywhere,
    id: 'palette',
    title: 'Search and commands',
    keys: 'Mod+K',
    run: () => setOpen('palette'),
  })
  useCommand({ ...everywhere, id: 'keys', title: 'Show all keys', keys: '?', run: () => setOpen('keys') })
  useCommand({
    ...everywhere,
    id: 'next-region',
    title: 'Next part of the page',
    keys: 'F6',
    run: () => nextRegion(false),
  })
  useCommand({
    ...everywhere,
    id: 'previous-region',
    title: 'Previous part of the page',
    keys: 'Shift+F6',
    run: () => nextRegion(true),
  })

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
                title={news[name]?.name ?? name}
                aria-label={news[name]?.name ?? name}
                activeOptions={{ exact, includeSearch: false }}
                {...(name === 'Team' && TEAM_TABS.test(pathname) ? { 'aria-current': 'page' } : {})}
              >
                <Icon name={picture} size={18} />
                {news[name] ? (
                  <span className={news[name].text ? `${styles.badge} tabular` : styles.dot}>
                    {news[name].text}
                  </span>
                ) : null}
              </Link>
            ))
          : null}
        <button
          type="button"
          className={`${styles.place} ${styles.foot}`}
          title="Search and commands (Ctrl K)"
          aria-label="Search and commands"
          onClick={() => setOpen('palette')}
        >
          <Icon name="search" size={18} />
        </button>
        <Menu
          trigger={
            <button type="button" className={styles.place} title="Account" aria-label="Account">
              <Icon name="settings" size={18} />
            </button>
          }
          items={[
            { label: 'Account', onSelect: () => navigate({ to: '/account' }) },
            { label: 'API keys', onSelect: () => navigate({ to: '/account/keys' }) },
            { label: 'Sessions', onSelect: () => navigate({ to: '/account/sessions' }) },
            'separator',
            ...(Object.keys(THEMES) as Theme[]).map((each) => ({
              label: THEMES[each],
              ...(theme === each ? { icon: 'check' as const } : {}),
              onSelect: () => {
                chooseTheme(each)
                setTheme(each)
              },
            })),
            'separator',
            { label: 'Keys', onSelect: () => setOpen('keys') },
            { label: 'Sign out', onSelect: signOut },
          ]}
        />
      </nav>
      <div id="page" className={styles.page}>
        <ConnectionStrip />
        <Outlet />
      </div>
      <Suspense>
        {open === 'palette' ? <Palette onClose={() => setOpen(null)} /> : null}
        {open === 'keys' ? <KeysHelp onClose={() => setOpen(null)} /> : null}
      </Suspense>
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
