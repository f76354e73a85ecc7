import { useNavigate, useSearch } from '@tanstack/react-router'
import { SignInForm } from '../session.tsx'
import icon from '../styles/icon.svg'
import styles from './sign-in.module.css'

export function SignInPage() {
  const navigate = useNavigate()
  const { next } = useSearch({ from: '/sign-in' })
  return (
    <main className={styles.page}>
      <title>Sign in – Framecast</title>
      <div className={styles.card}>
        <h1 className={styles.brand}>
          <img src={icon} alt="" />
          Framecast
        </h1>
        <SignInForm onDone={() => navigate({ to: next ?? '/' })} />
      </div>
    </main>
  )
}
