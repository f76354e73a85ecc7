/** What a team has used: by day, by person, by project and by month. */
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { type ReactNode, useState } from 'react'
import { ask, askWithHeaders, type Usage, type UsageDays } from '../../api/client.ts'
import { count } from '../../format.ts'
import { Button } from '../../ui/controls.tsx'
import { ListSection, usePages } from '../../ui/list.tsx'
import { wordsOf } from '../faults.tsx'
import { minutes, shortDay } from './bars.ts'
import { Chart } from './chart.tsx'
import { RefusedPage, useHeldTeam } from './layout.tsx'
import styles from './usage.module.css'

const RANGES = [7, 30, 90] as const
const DAY_MS = 86_400_000

export function UsagePage() {
  const team = useHeldTeam()
  return team.user_role === 'viewer' ? <RefusedPage roles="owners, admins and members" /> : <TeamUsage />
}

function TeamUsage() {
  const team = useHeldTeam()
  const owner = `framecast:team:${team.id}`
  const [length, setLength] = useState<(typeof RANGES)[number]>(30)
  const from = new Date(Date.now() - (length - 1) * DAY_MS).toISOString().slice(0, 10)
  const usage = useQuery({
    queryKey: ['teams', team.id, 'usage-days', from],
    queryFn: ({ signal }): Promise<UsageDays> =>
      ask(
        (api, limit) => api.GET('/v1/usage/days', { params: { query: { owner, from } }, signal: limit }),
        signal,
      ),
    placeholderData: (before) => before,
  })
  const months = usePages<Usage>(['teams', team.id, 'usage'], (page, signal) =>
    askWithHeaders(
      (api, limit) => api.GET('/v1/usage', { params: { query: { owner, ...page } }, signal: limit }),
      signal,
    ),
  )

  return (
    <>
      <title>{`Usage – ${team.name}`}</title>
      <section className={styles.usage} aria-label="Usage by day">
        <header className={styles.head}>
          <h2>Usage</h2>
          <fieldset className={styles.ranges}>
            <legend className="sr-only">Days shown</legend>
            {RANGES.map((days) => (
              <button key={days} type="button" aria-pressed={days === length} onClick={() => setLength(days)}>
                {days} days
              </button>
            ))}
          </fieldset>
        </header>
        {usage.error ? (
          <p role="alert" className={styles.fault}>
            {wordsOf(usage.error)} <Button onClick={() => usage.refetch()}>Try again</Button>
          </p>
        ) : usage.data ? (
          <Figures usage={usage.data} />
        ) : (
          <div className={styles.bone} aria-hidden="true" />
        )}
      </section>
      <ListSection
        name="By month"
        pages={months}
        empty="Nothing was used yet. The first film of this team begins the list."
      >
        <Table
          caption="What the team used by month"
          heads={['Month', 'Films', 'Film time', 'Credits', 'API calls']}
          rows={(months.rows ?? []).map((month) => [
            month.period,
            month.renders_count,
            `${month.render_seconds} s`,
            month.net_credits,
            month.api_calls,
          ])}
        />
      </ListSection>
    </>
  )
}

function Figures({ usage }: { usage: UsageDays }) {
  const team = useHeldTeam()
  const days = usage.days.map(({ day }) => day)
  const used = usage.days.filter((day) => day.renders_count > 0)
  if (used.length === 0)
    return (
      <div className={styles.empty}>
        <p>Nothing was rendered in these days.</p>
        <Link to="/t/$team" params={{ team: team.slug }} search={{}}>
          Show the projects
        </Link>
      </div>
    )
  const figures = (row: { renders_count: number; credits: number; gpu_seconds: number }) => [
    row.renders_count,
    row.credits,
    minutes(row.gpu_seconds),
  ]
  return (
    <>
      <div className={styles.beside}>
        <div className={styles.charts}>
          <Chart
            name="Credits"
            days={days}
            values={usage.days.map(({ credits }) => credits)}
            label={(value) => count(value, 'credit')}
          />
          <Chart
            name="GPU time"
            days={days}
            values={usage.days.map(({ gpu_seconds }) => gpu_seconds / 60)}
            label={(value) => `${minutes(value * 60)} min`}
          />
        </div>
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, and keys have to reach it */}
        <section className={styles.scroll} tabIndex={0} aria-label="Figures by day">
          <Table
            caption="Usage by day"
            heads={['Day', 'Renders', 'Credits', 'GPU min']}
            rows={used.toReversed().map((row) => [shortDay(row.day), ...figures(row)])}
          />
        </section>
      </div>
      <div className={styles.pair}>
        <Table
          caption="Usage by person"
          heads={['Person', 'Renders', 'Credits', 'GPU min']}
          rows={usage.people.map((row) => [row.name ?? 'Somebody who has left', ...figures(row)])}
        />
        <Table
          caption="Usage by project"
          heads={['Project', 'Renders', 'Credits', 'GPU min']}
          rows={usage.projects.map((row) => [
            row.project_id === null ? 'Without a project' : (row.name ?? 'A project that is gone'),
            ...figures(row),
          ])}
        />
      </div>
    </>
  )
}

function Table({
  caption,
  heads,
  rows,
}: {
  caption: string
  heads: readonly string[]
  rows: readonly (readonly ReactNode[])[]
}) {
  return (
    <table className={`${styles.table} tabular`}>
      <caption className="sr-only">{caption}</caption>
      <thead>
        <tr>
          {heads.map((head) => (
            <th key={head} scope="col">
              {head}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map(([first, ...rest], row) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: rows are figures, read anew as a whole
          <tr key={row}>
            <th scope="row">{first}</th>
            {rest.map((value, column) => (
              <td key={heads[column + 1]}>{value}</td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  )
}
