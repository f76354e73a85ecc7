/** The servers that render: how they do, what they work on, and what an operator may do about them. */
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { Engine } from '../api/client.ts'
import { count } from '../format.ts'
import { enginesAtWorkQuery } from '../queries.ts'
import { useCaller } from '../session.tsx'
import { Icon } from '../ui/icon.tsx'
import { Acts, Failures, KINDS, Memory, RunningWork, State } from './engines/parts.tsx'
import { ageWords, drainWords, isFree, troubleWords } from './engines/words.ts'
import styles from './engines.module.css'
import { wordsOf } from './faults.tsx'
import pageStyles from './page.module.css'

export function EnginesPage() {
  const { is_operator } = useCaller()
  const list = useQuery(enginesAtWorkQuery)
  const engines = list.data ?? []
  const hasGpu = engines.some(({ kind }) => kind !== 'preview')

  return (
    <main className={pageStyles.page} aria-busy={list.isPending}>
      <title>Engines – Framecast</title>
      <header className={pageStyles.head}>
        <h1>Engines</h1>
        {engines.length > 0 ? (
          <span className={pageStyles.small}>
            {count(engines.length, 'engine')}, {engines.filter(isFree).length} free
          </span>
        ) : null}
      </header>
      {list.error ? (
        <p role="alert" className={pageStyles.fault}>
          {wordsOf(list.error)}
        </p>
      ) : null}
      {list.isSuccess && !hasGpu ? (
        <p className={pageStyles.empty}>
          No GPU engine is set up. Animatics work.
          <a href="/docs">Add an engine</a>
        </p>
      ) : null}
      <ul className={pageStyles.section} aria-label="Engines">
        {engines.map((engine) => (
          <EngineCard key={engine.slug} engine={engine} canAct={is_operator === true} />
        ))}
        {list.isSuccess && !engines.some(({ kind }) => kind === 'runpod') ? <NoCloud /> : null}
      </ul>
    </main>
  )
}

/** That there is none is worth a line: people ask where their pictures go. */
function NoCloud() {
  return (
    <li className={styles.card} aria-label="Cloud">
      <div>
        <h2>Cloud</h2>
        <small>RunPod</small>
      </div>
      <div>
        <span className={`${styles.state} ${styles.off}`}>
          <Icon name="pause" />
          Off
        </span>
        <small>Nothing leaves this network</small>
      </div>
    </li>
  )
}

function EngineCard({ engine, canAct }: { engine: Engine; canAct: boolean }) {
  const { slug, name, kind, health, in_use, concurrency, loaded, recent_failures = [], standing } = engine
  const finishing = drainWords(engine)
  const trouble = troubleWords(engine)
  const age = ageWords(engine)
  const waiting = standing?.waiting.length ?? 0
  return (
    <li className={styles.card} aria-label={name}>
      <div>
        <h2>
          <Link to="/engines/$slug" params={{ slug }}>
            {name}
          </Link>
        </h2>
        <small>
          {KINDS[kind]}
          {health.version ? `, ${health.version}` : ''}
        </small>
      </div>
      <div>
        <State engine={engine} />
        <small className="tabular">
          {in_use} of {count(concurrency, 'place')} taken
          {waiting > 0 ? `, ${count(waiting, 'job')} ${waiting === 1 ? 'waits' : 'wait'}` : ''}
        </small>
      </div>
      <Memory health={health} />
      <div className={styles.acts}>{canAct ? <Acts engine={engine} /> : null}</div>
      <div className={styles.wide} role="status">
        {finishing ? <small>{finishing}</small> : null}
        {trouble ? (
          <small className={health.state === 'down' ? styles.down : styles.degraded}>{trouble}</small>
        ) : null}
        {age ? <small>{age}</small> : null}
      </div>
      {standing && standing.running.length > 0 ? (
        <div className={styles.wide}>
          <RunningWork work={standing.running} />
        </div>
      ) : null}
      {recent_failures.length > 0 || loaded.length > 0 ? (
        <div className={styles.wide}>
          {recent_failures.length > 0 ? (
            <details>
              <summary>{count(recent_failures.length, 'recent failure')}</summary>
              <Failures engine={engine} />
            </details>
          ) : null}
          {loaded.length > 0 ? <small>Likely in memory: {loaded.join(', ')}</small> : null}
        </div>
      ) : null}
    </li>
  )
}
