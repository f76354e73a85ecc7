/** The servers that render: how they do, what they work on, and what an operator may do about them. */
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { ask, type Engine } from '../api/client.ts'
import { count, when } from '../format.ts'
import { connection } from '../live/connection.ts'
import { enginesQuery } from '../queries.ts'
import { useCaller } from '../session.tsx'
import { Button } from '../ui/controls.tsx'
import { Icon, type IconName } from '../ui/icon.tsx'
import styles from './engines.module.css'
import { wordsOf } from './faults.tsx'
import pageStyles from './page.module.css'

const LOOK_EVERY_MS = 5_000
/** A look older than this is shown with its age. */
const STALE_MS = 30_000
const GIB = 2 ** 30

type Shown = { word: string; look: 'healthy' | 'degraded' | 'down' | 'unknown' | 'off'; icon: IconName }

/** The state of a server in a word and a shape. */
function shownState({ kind, drain, health, in_use }: Engine): Shown {
  if (drain) return { word: in_use > 0 ? 'Finishing' : 'Out of service', look: 'off', icon: 'pause' }
  // Nobody looks at a cloud endpoint before it has work.
  if (kind === 'runpod' && health.state === 'unknown') return { word: 'On', look: 'healthy', icon: 'check' }
  const states: Record<Engine['health']['state'], Shown> = {
    healthy: { word: 'Healthy', look: 'healthy', icon: 'check' },
    degraded: { word: 'Degraded', look: 'degraded', icon: 'diamond' },
    down: { word: 'Down', look: 'down', icon: 'failed' },
    unknown: { word: 'Not looked at', look: 'unknown', icon: 'diamond' },
  }
  return states[health.state]
}

const KINDS: Record<Engine['kind'], string> = {
  comfyui: 'ComfyUI',
  preview: 'Preview, on the CPU: animatics, 0 credits',
  runpod: 'RunPod, in the cloud',
}

export function EnginesPage() {
  const { is_operator } = useCaller()
  const queries = useQueryClient()
  // Health is told as it changes; places are taken and left more often than that.
  const list = useQuery({ ...enginesQuery, refetchInterval: LOOK_EVERY_MS })
  useEffect(() => {
    const read = (): void => {
      queries.invalidateQueries(enginesQuery)
    }
    return connection.listen('engines', {
      onStand: read,
      onMessage: ({ type }) => {
        if (type === 'engine.health') read()
      },
    })
  }, [queries])
  const engines = list.data ?? []
  const free = engines.filter(
    ({ drain, health, in_use, concurrency }) => !drain && health.state === 'healthy' && in_use < concurrency,
  ).length
  const hasGpu = engines.some(({ kind }) => kind !== 'preview')

  return (
    <main className={pageStyles.page}>
      <title>Engines – Framecast</title>
      <header className={pageStyles.head}>
        <h1>Engines</h1>
        {engines.length > 0 ? (
          <span className={pageStyles.small}>
            {count(engines.length, 'engine')}, {free} free
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
          <a href="/docs">The API and its engines</a>
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
  const queries = useQueryClient()
  const [busy, setBusy] = useState(false)
  const [fault, setFault] = useState<string>()
  const {
    slug,
    name,
    kind,
    drain,
    health,
    in_use,
    concurrency,
    loaded,
    recent_failures: failures = [],
  } = engine
  const { word, look, icon } = shownState(engine)
  const lookedAt = health.checked_at ? Date.parse(health.checked_at) : null
  const isStale = lookedAt !== null && Date.now() - lookedAt > STALE_MS

  const act = async (what: 'drain' | 'resume' | 'test'): Promise<void> => {
    setBusy(true)
    setFault(undefined)
    try {
      await ask((api, signal) =>
        api.POST(`/v1/admin/engines/{slug}/${what}`, { params: { path: { slug } }, signal }),
      )
    } catch (error) {
      setFault(wordsOf(error))
    } finally {
      await queries.invalidateQueries(enginesQuery)
      setBusy(false)
    }
  }

  return (
    <li className={styles.card} aria-label={name}>
      <div>
        <h2>{name}</h2>
        <small>
          {KINDS[kind]}
          {health.version ? `, ${health.version}` : ''}
        </small>
      </div>
      <div>
        <span className={`${styles.state} ${styles[look]}`}>
          <Icon name={icon} />
          {word}
        </span>
        <small className="tabular">
          {in_use} of {count(concurrency, 'place')} taken
          {health.queue_pending ? `, ${health.queue_pending} waiting there` : ''}
        </small>
      </div>
      <Memory health={health} />
      <div className={styles.acts}>
        {canAct && kind !== 'runpod' ? (
          <>
            {drain ? (
              <Button disabled={busy} onClick={() => act('resume')}>
                {in_use > 0 ? 'Undo' : 'Resume'}
              </Button>
            ) : (
              <Button disabled={busy} onClick={() => act('drain')}>
                Drain
              </Button>
            )}
            <Button disabled={busy} onClick={() => act('test')}>
              {busy ? 'Looking' : 'Test'}
            </Button>
          </>
        ) : null}
      </div>
      <div className={styles.wide} role="status">
        {drain && in_use > 0 ? (
          <small>
            {name} finishes {count(in_use, 'scene')}, then takes no more.
          </small>
        ) : null}
        {health.last_error && lookedAt !== null ? (
          <small className={health.state === 'down' ? styles.down : styles.degraded}>
            {name}: {health.last_error} ({when(lookedAt)}).
          </small>
        ) : null}
        {failures.length > 0 ? (
          <details>
            <summary>{count(failures.length, 'recent failure')}</summary>
            <ol className={styles.failures}>
              {failures.map((failure) => (
                <li key={failure.at}>
                  <time dateTime={failure.at} className="tabular">
                    {when(Date.parse(failure.at))}
                  </time>
                  {failure.message}
                </li>
              ))}
            </ol>
          </details>
        ) : null}
        {loaded.length > 0 ? <small>Likely in memory: {loaded.join(', ')}</small> : null}
        {isStale ? <small>Last looked at {when(lookedAt)}.</small> : null}
        {fault ? <small className={styles.down}>{fault}</small> : null}
      </div>
    </li>
  )
}

/** Graphics memory as a bar and in figures; nothing for a server that has none. */
function Memory({ health }: { health: Engine['health'] }) {
  const { vram_total, vram_free } = health
  if (!vram_total || vram_free === null) return <div />
  const used = vram_total - vram_free
  const words = `${(used / GIB).toFixed(1)} of ${(vram_total / GIB).toFixed(1)} GB`
  return (
    <div>
      <div className={styles.bar} role="img" aria-label={`VRAM: ${words} in use`}>
        <i style={{ width: `${Math.min(100, (100 * used) / vram_total)}%` }} />
      </div>
      <small className="tabular">VRAM {words}</small>
    </div>
  )
}
