/** The films of a team, and the ways to begin another. */
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router'
import { type DragEvent, useEffect, useMemo, useRef, useState } from 'react'
import { WELCOME_STORYBOARD } from '../../../core/storyboard/welcome.ts'
import { ApiError, ask, type Project } from '../api/client.ts'
import { makeProject } from '../document/create.ts'
import { SAMPLE } from '../first-film.ts'
import { connection } from '../live/connection.ts'
import { type HeardEvent, withEvent } from '../live/progress.ts'
import { projectsQuery, rendersQuery, teamsQuery } from '../queries.ts'
import { Button } from '../ui/controls.tsx'
import { Menu } from '../ui/dialog.tsx'
import { Icon } from '../ui/icon.tsx'
import { wordsOf } from './faults.tsx'
import pageStyles from './page.module.css'
import { type Deeds, ProjectCard } from './projects/card.tsx'
import { DeleteDialog, PasteDialog, RenameDialog } from './projects/dialogs.tsx'
import { copyName, matching, rendersOf } from './projects/renders.ts'
import { Sample } from './projects/sample.tsx'
import styles from './projects.module.css'

/** The team whose slug is in the address; undefined while teams are read, null when there is none of that name. */
export function useTeam() {
  const { team: slug } = useParams({ strict: false })
  const { data: teams } = useQuery(teamsQuery)
  return teams && (teams.find((team) => team.slug === slug) ?? null)
}

const FILTERS = [
  { label: 'All', status: undefined },
  { label: 'Rendering', status: 'rendering' },
  { label: 'Done', status: 'completed' },
  { label: 'Archived', status: 'archived' },
] as const

const LARGEST_FILE = 262_144

type Asked =
  | { kind: 'paste' }
  | { kind: 'rename'; project: Project }
  | { kind: 'delete'; project: Project }
  | null

/** Projects and renders of the team, kept in step with what its channel tells. */
function useProjects(teamId: string, isArchived: boolean) {
  const queries = useQueryClient()
  const owner = `framecast:team:${teamId}`
  const list = useQuery({ ...projectsQuery(teamId, isArchived), enabled: teamId !== '' })
  const renders = useQuery({ ...rendersQuery(owner), enabled: teamId !== '' })
  useEffect(() => {
    if (teamId === '') return
    const { queryKey } = rendersQuery(owner)
    const refresh = (): void => {
      queries.invalidateQueries({ queryKey: ['teams', teamId, 'projects'] })
      queries.invalidateQueries({ queryKey })
    }
    return connection.listen(`team:${teamId}`, {
      onStand: refresh,
      onMessage: (message) => {
        if (message.type !== 'event') return
        const isStep = ['started', 'progress', 'scene_complete'].includes(String(message.event_type))
        if (!isStep) return refresh()
        queries.setQueryData(queryKey, (jobs) =>
          jobs?.map((job) =>
            job.id === message.job_id ? withEvent(job, message as unknown as HeardEvent) : job,
          ),
        )
      },
    })
  }, [teamId, owner, queries])
  /** Every list of them: a project that leaves one comes into another. */
  const refresh = (): Promise<void> => queries.invalidateQueries({ queryKey: ['teams', teamId, 'projects'] })
  return { list, jobs: renders.data, isSettled: renders.isSuccess, refresh }
}

export function ProjectsPage() {
  const team = useTeam()
  const { q = '', status } = useSearch({ from: '/inside/t/$team' })
  const navigate = useNavigate({ from: '/t/$team' })
  const filePicker = useRef<HTMLInputElement>(null)
  const [asked, setAsked] = useState<Asked>(null)
  const [fault, setFault] = useState<string>()
  const [isDropping, setDropping] = useState(false)
  const { list, jobs, isSettled, refresh } = useProjects(team?.id ?? '', status === 'archived')
  const renders = useMemo(() => rendersOf(jobs ?? []), [jobs])

  if (team === null) throw new Error('There is no team here, or you may not see it.')
  const canEdit = team !== undefined && team.user_role !== 'viewer'
  const canDelete = team?.user_role === 'owner' || team?.user_role === 'admin'

  /** Does something to projects, and says what went wrong if it did. */
  const attempt = async (work: () => Promise<unknown>): Promise<void> => {
    setFault(undefined)
    try {
      await work()
      setAsked(null)
    } catch (error) {
      setFault(wordsOf(error))
    }
  }
  const open = async (project: Project, view?: 'source'): Promise<void> => {
    if (!team) return
    await navigate({
      to: '/t/$team/p/$project',
      params: { team: team.slug, project: project.id },
      search: view ? { view } : {},
    })
  }
  const begin = (spec?: Record<string, unknown>): Promise<void> =>
    attempt(async () => {
      if (team) await open(await makeProject(team.id, spec))
    })
  const beginWithText = (text: string): Promise<void> =>
    attempt(async () => {
      if (!team) return
      const { makeProjectFromFile, readText } = await import('../document/import.ts')
      const read = readText(text)
      if ('message' in read) throw new Error(read.message)
      const { project, faults } = await makeProjectFromFile(team.id, text, 'Untitled.yaml')
      await open(project, faults > 0 ? 'source' : undefined)
    })
  const beginWithFile = (file: File | undefined): Promise<void> =>
    attempt(async () => {
      if (!file || !team) return
      if (!/\.(ya?ml|json)$/i.test(file.name))
        throw new Error(`${file.name} is not taken: a storyboard is a YAML or JSON file.`)
      if (file.size > LARGEST_FILE)
        throw new Error(`${file.name}: ${Math.ceil(file.size / 1024)} KB, limit ${LARGEST_FILE / 1024} KB.`)
      const [{ makeProjectFromFile }, text] = await Promise.all([
        import('../document/import.ts'),
        file.text(),
      ])
      const { project, faults } = await makeProjectFromFile(team.id, text, file.name)
      await open(project, faults > 0 ? 'source' : undefined)
    })
  const drop = (event: DragEvent): void => {
    event.preventDefault()
    setDropping(false)
    if (canEdit) beginWithFile(event.dataTransfer.files[0])
  }

  const change = (id: string, name: string): Promise<unknown> =>
    ask((api, signal) => api.PATCH('/v1/projects/{id}', { params: { path: { id } }, body: { name }, signal }))
  const remove = (id: string): Promise<unknown> =>
    ask((api, signal) => api.DELETE('/v1/projects/{id}', { params: { path: { id } }, signal }))
  const deeds: Deeds = {
    rename: (project) => setAsked({ kind: 'rename', project }),
    duplicate: (project) =>
      attempt(async () => {
        const name = copyName(
          project.name,
          all.map((one) => one.name),
        )
        await makeProject(project.team_id, project.spec ?? undefined, { name })
        await refresh()
      }),
    archive: (project) =>
      attempt(async () => {
        const params = { path: { id: project.id } }
        await ask((api, signal) =>
          project.status === 'archived'
            ? api.POST('/v1/projects/{id}/unarchive', { params, signal })
            : api.POST('/v1/projects/{id}/archive', { params, signal }),
        )
        await refresh()
      }),
    remove: (project) => setAsked({ kind: 'delete', project }),
  }

  const all = list.data ?? []
  const shown = matching(all, { q, status })
  const isWhole = list.isSuccess && q === '' && status === undefined
  const sample = isWhole && all.length === 1 && all[0]?.name === SAMPLE ? all[0] : undefined

  return (
    <main
      className={`${pageStyles.page} ${isDropping ? pageStyles.dropping : ''}`}
      onDragOver={(event) => {
        event.preventDefault()
        setDropping(true)
      }}
      onDragLeave={() => setDropping(false)}
      onDrop={drop}
    >
      <title>{`Projects – ${team?.name ?? 'Framecast'}`}</title>
      <header className={pageStyles.head}>
        <h1>Projects</h1>
        <label className={pageStyles.search}>
          <Icon name="search" />
          <input
            type="search"
            placeholder="Search projects"
            aria-label="Search projects"
            value={q}
            onChange={(event) => {
              const text = event.target.value
              navigate({ search: ({ q: _, ...rest }) => (text ? { ...rest, q: text } : rest), replace: true })
            }}
          />
        </label>
        <nav className={pageStyles.filters} aria-label="Filter">
          {FILTERS.map(({ label, status: of }) => (
            <Link
              key={label}
              to="/t/$team"
              params={(old) => ({ team: old.team! })}
              search={{ ...(q ? { q } : {}), ...(of ? { status: of } : {}) }}
              activeOptions={{ exact: true, includeSearch: true }}
            >
              {label}
            </Link>
          ))}
        </nav>
        {canEdit ? (
          <div className={pageStyles.push}>
            <Menu
              trigger={
                <Button look="primary" icon="plus">
                  New storyboard
                </Button>
              }
              items={[
                { label: 'Blank', onSelect: () => begin() },
                {
                  label: 'From the example',
                  onSelect: () => begin(WELCOME_STORYBOARD as unknown as Record<string, unknown>),
                },
                { label: 'Paste text', onSelect: () => setAsked({ kind: 'paste' }) },
                { label: 'Open a file', onSelect: () => filePicker.current?.click() },
              ]}
            />
            <input
              ref={filePicker}
              type="file"
              hidden
              aria-label="Storyboard file"
              accept=".yaml,.yml,.json"
              onChange={(event) => {
                beginWithFile(event.target.files?.[0])
                event.target.value = ''
              }}
            />
          </div>
        ) : null}
      </header>
      {fault && !asked ? (
        <p role="alert" className={styles.fault}>
          <Icon name="failed" />
          {fault}
        </p>
      ) : null}
      {list.error && !list.data ? (
        <div role="alert" className={styles.fault}>
          Projects could not be loaded.
          <Button onClick={() => list.refetch()}>Try again</Button>
          <details>
            <summary>Details</summary>
            {wordsOf(list.error)}
            {list.error instanceof ApiError
              ? ` ${list.error.code}, request ${list.error.requestId ?? 'unknown'}`
              : ''}
          </details>
        </div>
      ) : null}
      {sample && isSettled ? (
        <Sample
          project={sample}
          renders={renders(sample.id)}
          teamSlug={team?.slug ?? ''}
          canDraw={canEdit}
          onBlank={() => begin()}
        />
      ) : isWhole && all.length === 0 ? (
        <section className={styles.nothing} aria-label="New storyboard">
          <Icon name="film" size={32} />
          <p>Start with a storyboard. Drop a file here, or</p>
          {canEdit ? <Button onClick={() => begin()}>Start blank</Button> : null}
        </section>
      ) : (
        <ul className={styles.grid}>
          {list.isPending ? [1, 2, 3].map((bone) => <li key={bone} className={styles.bone} />) : null}
          {shown.map((project) => (
            <li key={project.id}>
              <ProjectCard
                project={project}
                renders={renders(project.id)}
                teamSlug={team?.slug ?? ''}
                canEdit={canEdit}
                canDelete={canDelete}
                deeds={deeds}
              />
            </li>
          ))}
          {isWhole && canEdit ? (
            <li className={styles.drop}>
              Drop a YAML or JSON file here
              <Button onClick={() => begin()}>Start blank</Button>
            </li>
          ) : null}
        </ul>
      )}
      {list.isSuccess && shown.length === 0 && (q !== '' || status) ? (
        <p className={styles.noHit}>
          {q === '' ? 'Nothing here yet. ' : `No project matches “${q}”. `}
          <Link
            to="/t/$team"
            params={(old) => ({ team: old.team! })}
            search={q !== '' && status ? { status } : {}}
          >
            {q === '' ? 'Show all' : 'Clear search'}
          </Link>
        </p>
      ) : null}
      {asked?.kind === 'paste' ? (
        <PasteDialog fault={fault} onClose={() => setAsked(null)} onText={beginWithText} />
      ) : asked?.kind === 'rename' ? (
        <RenameDialog
          project={asked.project}
          fault={fault}
          onClose={() => setAsked(null)}
          onName={(name) =>
            attempt(async () => {
              await change(asked.project.id, name)
              await refresh()
            })
          }
        />
      ) : asked?.kind === 'delete' ? (
        <DeleteDialog
          project={asked.project}
          films={renders(asked.project.id).films}
          fault={fault}
          onClose={() => setAsked(null)}
          onDelete={() =>
            attempt(async () => {
              await remove(asked.project.id)
              await refresh()
            })
          }
        />
      ) : null}
    </main>
  )
}
