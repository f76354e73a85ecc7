/** Tabs that are pages of their own, with an address each. */
import { Link, type LinkProps } from '@tanstack/react-router'
import styles from './tabs.module.css'

export type Tab = { name: string; to: LinkProps['to']; exact?: boolean }

export function Tabs({
  label,
  tabs,
  params = {},
}: {
  label: string
  tabs: readonly Tab[]
  params?: { team?: string }
}) {
  return (
    <nav aria-label={label} className={styles.tabs}>
      {tabs.map(({ name, to, exact = false }) => (
        <Link
          key={name}
          {...({ to, params } as LinkProps)}
          className={styles.tab}
          activeOptions={{ exact, includeSearch: false }}
        >
          {name}
        </Link>
      ))}
    </nav>
  )
}
