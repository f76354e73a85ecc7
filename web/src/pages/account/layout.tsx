/** The frame of the pages of one's own account. */
import { Outlet } from '@tanstack/react-router'
import { useCaller } from '../../session.tsx'
import { Tabs } from '../../ui/tabs.tsx'
import styles from '../team/team.module.css'

const TABS = [
  { name: 'You', to: '/account', exact: true },
  { name: 'API keys', to: '/account/keys' },
  { name: 'Sessions', to: '/account/sessions' },
] as const

export function AccountLayout() {
  const { user } = useCaller()
  return (
    <main className={styles.page}>
      <header className={styles.head}>
        <h1>Account</h1>
        <span>{user.email}</span>
      </header>
      <Tabs label="Account" tabs={TABS} />
      <Outlet />
    </main>
  )
}
