/** One server that renders: how it does, its work, what it can do, and what failed there last. */
import { useQuery } from '@tanstack/react-query'
import { Link, useParams } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { when } from '../format.ts'
import { enginesAtWorkQuery } from '../queries.ts'
import { useCaller } from '../session.tsx'
import { type Fact, Facts } from '../ui/facts.tsx'
import { Acts, Failures, KINDS, Memory, RunningWork, State, WaitingWork } from './engines/parts.tsx'
import { ageWords, drainWords, troubleWords } from './engines/words.ts'
import styles from './engines.module.css'
import { wordsOf } from './faults.tsx'
import pageStyles from './page.module.css'

function Part({ name, none, children }: { name: string; none: string | null; children: ReactNode }) {
  return (
    <section className={pageStyles.section} aria-label={name}>
      <h2>{name}</h2>
      {none === null ? (
        <div className={styles.part}>{children}</div>
      ) : (
        <p className={pageStyles.small}>{none}</p>
      )}
    </section>
  )
}

export function EnginePage() {
  const { slug } = useParams({ from: '/inside/engines/$slug' })
  const { is_operator } = useCaller()
  const list = useQuery(enginesAtWorkQuery)
  const engine = list.data?.find((each) => each.slug === slug)

  if (!engine)
    return (
      <main className={pageStyles.page} aria-busy={list.isPending}>
        <title>Engine – Framecast</title>
        <header className={pageStyles.head}>
          <h1>{list.isPending ? 'Engine' : 'There is no engine here, or you may not see it.'}</h1>
        </header>
        {list.error ? (
          <p role="alert" className={pageStyles.fault}>
            {wordsOf(list.error)}
          </p>
        ) : null}
        <Link to="/engines">Show all engines</Link>
      </main>
    )

  const { name, kind, health, in_use, concurrency, loaded, capabilities, recent_failures = [] } = engine
  const { running = [], waiting = [] } = engine.standing ?? {}
  const notes = [drainWords(engine), troubleWords(engine), ageWords(engine)].filter((words) => words !== null)
  const facts: Fact[] = [
    ['Kind', KINDS[kind]],
    ['Version', health.version ?? 'not known'],
    ['Places', `${in_use} of ${concurrency} taken`],
    ['Answers in', health.latency_ms === null ? 'not known' : `${health.latency_ms} ms`],
    ['Looked at', health.checked_at ? when(Date.parse(health.checked_at)) : 'never'],
    [
      'Its own queue',
      health.queue_running === null
        ? 'not known'
        : `${health.queue_running} running, ${health.queue_pending ?? 0} waiting`,
    ],
  ]
  return (
    <main className={pageStyles.page}>
      <title>{`${name} – Framecast`}</title>
      <header className={pageStyles.head}>
        <Link to="/engines" className={pageStyles.up}>
          Engines
        </Link>
        <h1>{name}</h1>
        <State engine={engine} />
        {is_operator ? (
          <span className={`${pageStyles.push} ${styles.acts}`}>
            <Acts engine={engine} />
          </span>
        ) : null}
      </header>
      <div role="status" className={styles.notes}>
        {notes.map((words) => (
          <p key={words} className={health.state === 'down' ? styles.down : styles.off}>
            {words}
          </p>
        ))}
      </div>
      <div className={styles.columns}>
        <div>
          <Part name="Running" none={running.length === 0 ? 'Nothing runs here now.' : null}>
            <RunningWork work={running} />
          </Part>
          <Part name="Waiting" none={waiting.length === 0 ? 'Nothing waits for this engine.' : null}>
            <WaitingWork work={waiting} />
          </Part>
          <Part
            name="Recent failures"
            none={recent_failures.length === 0 ? 'No scene has failed here lately.' : null}
          >
            <Failures engine={engine} />
          </Part>
        </div>
        <div>
          <Part name="State" none={null}>
            <Memory health={health} />
            <Facts facts={facts} />
          </Part>
          <Part
            name="Workflows"
            none={capabilities.workflows.length === 0 ? 'No workflow is known to run here.' : null}
          >
            <ul className={styles.names}>
              {capabilities.workflows.map((workflow) => (
                <li key={workflow}>{workflow}</li>
              ))}
            </ul>
          </Part>
          <Part
            name="Likely in memory"
            none={loaded.length === 0 ? 'No weights are known to be loaded.' : null}
          >
            <ul className={styles.names}>
              {loaded.map((file) => (
                <li key={file}>{file}</li>
              ))}
            </ul>
          </Part>
        </div>
      </div>
    </main>
  )
}
