/** The frame of the pages of a team: its name, what it has left, and its tabs. */
import { Link, Outlet } from '@tanstack/react-router'
import { createContext, useContext } from 'react'
import type { Team } from '../../api/client.ts'
import { count } from '../../format.ts'
import { Tabs } from '../../ui/tabs.tsx'
import { useTeam } from '../projects.tsx'
import styles from './team.module.css'
import { isAdmin, type Role, refusedPage } from './words.ts'

type HeldTeam = Team & { user_role: Role }

const Held = createContext<HeldTeam | null>(null)

/** The team of the page. */
export function useHeldTeam(): HeldTeam {
  const team = useContext(Held)
  if (!team) throw new Error('this page has no team')
  return team
}

const TABS = [
  { name: 'Members', to: '/t/$team/team' },
  { name: 'Webhooks', to: '/t/$team/webhooks' },
  { name: 'Usage', to: '/t/$team/usage' },
] as const
const AUDIT = { name: 'Audit trail', to: '/t/$team/audit' } as const

export function TeamLayout() {
  const team = useTeam()
  if (team === null) throw new Error('There is no team here, or you may not see it.')
  if (!team) return <main className={styles.page} aria-busy="true" />
  const held: HeldTeam = { ...team, user_role: team.user_role ?? 'viewer' }
  return (
    <main className={styles.page}>
      <header className={styles.head}>
        <h1>{team.name}</h1>
        <span className="tabular">Balance {count(team.credits, 'credit')}</span>
      </header>
      <Tabs
        label="Team"
        tabs={isAdmin(held.user_role) ? [...TABS, AUDIT] : TABS}
        params={{ team: team.slug }}
      />
      <Held value={held}>
        <Outlet />
      </Held>
    </main>
  )
}

/** In place of a page that the person's role does not open. */
export function RefusedPage({ roles }: { roles: string }) {
  const team = useHeldTeam()
  return (
    <section className={styles.refused} aria-label="Not for you">
      <p>{refusedPage(roles, team)}</p>
      <Link to="/t/$team/team" params={{ team: team.slug }}>
        Show the members
      </Link>
    </section>
  )
}
