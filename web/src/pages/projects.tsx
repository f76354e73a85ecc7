/** The films of a team, and the ways to begin another. */
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router'
import { type DragEvent, useEffect, useRef, useState } from 'react'
import { WELCOME_STORYBOARD } from '../../../core/storyboard/welcome.ts'
import { ask, type Project } from '../api/client.ts'
import { makeProject, readText } from '../document/create.ts'
import { clock, count, when } from '../format.ts'
import { connection } from '../live/connection.ts'
import { jobQuery, projectsQuery, teamsQuery } from '../queries.ts'
import { Button, TextField } from '../ui/controls.tsx'
import { Dialog, Menu } from '../ui/dialog.tsx'
import { Icon } from '../ui/icon.tsx'
import { wordsOf } from './faults.tsx'
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

type Asked =
  | { kind: 'paste' }
  | { kind: 'rename'; project: Project }
  | { kind: 'delete'; project: Project }
  | null

export function ProjectsPage() {
  const team = useTeam()
  const { q = '', status } = useSearch({ from: '/inside/t/$team' })
  const navigate = useNavigate({ from: '/t/$team' })
  const queries = useQueryClient()
  const filePicker = useRef<HTMLInputElement>(null)
  const [asked, setAsked] = useState<Asked>(null)
  const [fault, setFault] = useState<string>()
  const [isDropping, setDropping] = useState(false)
  const list = useQuery({ ...projectsQuery(team?.id ?? '', status === 'archived'), enabled: Boolean(team) })

  useEffect(() => {
    if (!team) return
    const refresh = (): void => {
      queries.invalidateQueries({ queryKey: ['teams', team.id, 'projects'] })
    }
    return connection.listen(`team:${team.id}`, {
      onStand: refresh,
      onMessage: ({ event_type, job_id }) => {
        queries.invalidateQueries({ queryKey: ['jobs', job_id] })
        if (event_type !== 'progress' && event_type !== 'scene_complete') refresh()
      },
    })
  }, [team, queries])

  if (team === null) throw new Error('There is no team here, or you may not see it.')

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
  const begin = (spec?: Record<string, unknown>, filename?: string): Promise<void> =>
    attempt(async () => {
      if (!team) return
      const project = await makeProject(team.id, spec, filename)
      await navigate({
        to: '/t/$team/p/$project',
        params: { team: team.slug, project: project.id },
        search: {},
      })
    })
  const beginWithText = (text: string, filename?: string): Promise<void> => {
    const read = readText(text, filename)
    if ('message' in read) {
      setFault(filename ? `${filename}: ${read.message}` : read.message)
      return Promise.resolve()
    }
    return begin(read.spec, filename)
  }
  const beginWithFile = async (file: File | undefined): Promise<void> => {
    if (!file) return
    if (file.size > 262_144) return setFault(`${file.name}: larger than the 256 KB a storyboard may have.`)
    await beginWithText(await file.text(), file.name)
  }
  const drop = (event: DragEvent): void => {
    event.preventDefault()
    setDropping(false)
    beginWithFile(event.dataTransfer.files[0])
  }

  const all = list.data ?? []
  const shown = all.filter(
    (project) =>
      (status === undefined ? project.status !== 'archived' : project.status === status) &&
      project.name.toLowerCase().includes(q.toLowerCase()),
  )

  return (
    <main
      className={`${styles.page} ${isDropping ? styles.dropping : ''}`}
      onDragOver={(event) => {
        event.preventDefault()
        setDropping(true)
      }}
      onDragLeave={() => setDropping(false)}
      onDrop={drop}
    >
      <title>{`Projects – ${team?.name ?? 'Framecast'}`}</title>
      <header className={styles.head}>
        <h1>Projects</h1>
        <label className={styles.search}>
          <Icon name="search" />
          <input
            type="search"
            placeholder="Search projects"
            aria-label="Search projects"
            value={q}
            onChange={(event) =>
              navigate({ search: (old) => ({ ...old, q: event.target.value }), replace: true })
            }
          />
        </label>
        <nav className={styles.filters} aria-label="Filter">
          {FILTERS.map(({ label, status: of }) => (
            <Link
              key={label}
              to="/t/$team"
              params={(old) => ({ team: old.team! })}
              search={of ? { status: of } : {}}
              aria-current={status === of}
            >
              {label}
            </Link>
          ))}
        </nav>
        <div className={styles.push}>
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
            accept=".yaml,.yml,.json"
            onChange={(event) => {
              beginWithFile(event.target.files?.[0])
              event.target.value = ''
            }}
          />
        </div>
      </header>
      {fault && !asked ? (
        <p role="alert" className={styles.fault}>
          <Icon name="failed" />
          {fault}
        </p>
      ) : null}
      {list.error ? (
        <p role="alert" className={styles.fault}>
          Projects could not be loaded. {wordsOf(list.error)}
          <Button onClick={() => list.refetch()}>Try again</Button>
        </p>
      ) : null}
      <ul className={styles.grid}>
        {list.isPending ? [1, 2, 3].map((bone) => <li key={bone} className={styles.bone} />) : null}
        {shown.map((project) => (
          <li key={project.id}>
            <ProjectCard project={project} teamSlug={team?.slug ?? ''} ask={setAsked} attempt={attempt} />
          </li>
        ))}
        {list.isSuccess && q === '' && status === undefined ? (
          <li className={styles.drop}>
            Drop a YAML or JSON file here
            <Button onClick={() => begin()}>Start blank</Button>
          </li>
        ) : null}
      </ul>
      {list.isSuccess && shown.length === 0 && (q !== '' || status) ? (
        <p>
          {q === '' ? 'Nothing here yet. ' : `No project matches “${q}”. `}
          <Link to="/t/$team" params={(old) => ({ team: old.team! })} search={{}}>
            {q === '' ? 'Show all' : 'Clear search'}
          </Link>
        </p>
      ) : null}
      <PasteDialog
        open={asked?.kind === 'paste'}
        fault={fault}
        onClose={() => setAsked(null)}
        onText={beginWithText}
      />
      {asked?.kind === 'rename' ? (
        <RenameDialog
          project={asked.project}
          fault={fault}
          onClose={() => setAsked(null)}
          onName={(name) =>
            attempt(async () => {
              await ask((api, signal) =>
                api.PATCH('/v1/projects/{id}', {
                  params: { path: { id: asked.project.id } },
                  body: { name },
                  signal,
                }),
              )
              await list.refetch()
            })
          }
        />
      ) : null}
      {asked?.kind === 'delete' ? (
        <Dialog
          open
          onClose={() => setAsked(null)}
          title={`Delete “${asked.project.name}” and its films?`}
          actions={
            <>
              <Button onClick={() => setAsked(null)}>Keep it</Button>
              <Button
                look="danger"
                onClick={() =>
                  attempt(async () => {
                    await ask((api, signal) =>
                      api.DELETE('/v1/projects/{id}', {
                        params: { path: { id: asked.project.id } },
                        signal,
                      }),
                    )
                    await list.refetch()
                  })
                }
              >
                Delete project
              </Button>
            </>
          }
        >
          <p>Assets used elsewhere stay.</p>
          {fault ? <p role="alert">{fault}</p> : null}
        </Dialog>
      ) : null}
    </main>
  )
}

function ProjectCard({
  project,
  teamSlug,
  ask: askFor,
  attempt,
}: {
  project: Project
  teamSlug: string
  ask: (asked: Asked) => void
  attempt: (work: () => Promise<unknown>) => Promise<void>
}) {
  const queries = useQueryClient()
  const latest = project.latest_job
  const { data: job } = useQuery({ ...jobQuery(latest?.id ?? ''), enabled: Boolean(latest) })
  const scenes = Array.isArray(project.spec?.scenes) ? project.spec.scenes : []
  const seconds = scenes.reduce((sum: number, scene) => sum + (Number(scene?.duration) || 0), 0)
  const picture = job?.output?.thumbnail_url ?? job?.progress.previews?.at(-1)?.url ?? null
  const isRunning = job ? job.status === 'queued' || job.status === 'processing' : false
  const percent = job?.progress.percent ?? 0
  const isArchived = project.status === 'archived'

  const archive = (): Promise<void> =>
    attempt(async () => {
      const params = { path: { id: project.id } }
      await ask((api, signal) =>
        isArchived
          ? api.POST('/v1/projects/{id}/unarchive', { params, signal })
          : api.POST('/v1/projects/{id}/archive', { params, signal }),
      )
      await queries.invalidateQueries({ queryKey: ['teams'] })
    })

  return (
    <article className={styles.card}>
      <div className={styles.poster}>
        {picture ? <img src={picture} alt="" loading="lazy" /> : <Icon name="film" size={24} />}
      </div>
      <div className={styles.body}>
        <Link
          className={styles.name}
          to="/t/$team/p/$project"
          params={{ team: teamSlug, project: project.id }}
          search={{}}
        >
          {project.name}
        </Link>
        <p className={`${styles.facts} tabular`}>
          <span>{clock(seconds)}</span>
          <span>{count(scenes.length, 'scene')}</span>
        </p>
        <p className={styles.facts}>
          {isRunning ? (
            <span className={`${styles.state} ${styles.running} tabular`}>
              Rendering {Math.floor(percent)}%
            </span>
          ) : job?.status === 'failed' ? (
            <span className={`${styles.state} ${styles.bad}`}>
              <Icon name="failed" size={12} />
              Failed{job.error?.scene_id ? ` in ${job.error.scene_id}` : ''}
            </span>
          ) : job?.status === 'completed' ? (
            <span className={styles.state}>
              <span className={styles.ok}>
                <Icon name="check" size={12} />
              </span>
              Done {when(Date.parse(job.completed_at ?? job.updated_at))}
            </span>
          ) : (
            <span>Changed {when(Date.parse(project.updated_at))}</span>
          )}
        </p>
      </div>
      <div className={styles.more}>
        <Menu
          trigger={
            <button type="button" aria-label={`More for ${project.name}`} style={{ padding: 8 }}>
              <Icon name="more" />
            </button>
          }
          items={[
            { label: 'Rename', onSelect: () => askFor({ kind: 'rename', project }) },
            { label: isArchived ? 'Bring back' : 'Archive', onSelect: archive },
            'separator',
            { label: 'Delete', bad: true, onSelect: () => askFor({ kind: 'delete', project }) },
          ]}
        />
      </div>
      {isRunning ? (
        <div
          className={styles.bar}
          role="progressbar"
          aria-valuenow={Math.floor(percent)}
          aria-valuemin={0}
          aria-valuemax={100}
          aria-label={`Rendering ${project.name}`}
        >
          <i style={{ width: `${percent}%` }} />
        </div>
      ) : null}
    </article>
  )
}

function PasteDialog({
  open,
  fault,
  onClose,
  onText,
}: {
  open: boolean
  fault: string | undefined
  onClose: () => void
  onText: (text: string) => void
}) {
  const [text, setText] = useState('')
  return (
    <Dialog
      open={open}
      onClose={onClose}
      title="Paste a storyboard"
      actions={
        <>
          <Button onClick={onClose}>Keep things as they are</Button>
          <Button look="primary" disabled={text.trim() === ''} onClick={() => onText(text)}>
            Make a project
          </Button>
        </>
      }
    >
      <textarea
        className={styles.text}
        aria-label="YAML or JSON"
        placeholder="YAML or JSON"
        value={text}
        onChange={(event) => setText(event.target.value)}
      />
      {fault ? <p role="alert">{fault}</p> : null}
    </Dialog>
  )
}

function RenameDialog({
  project,
  fault,
  onClose,
  onName,
}: {
  project: Project
  fault: string | undefined
  onClose: () => void
  onName: (name: string) => void
}) {
  const [name, setName] = useState(project.name)
  return (
    <Dialog
      open
      onClose={onClose}
      title={`Rename “${project.name}”`}
      actions={
        <>
          <Button onClick={onClose}>Keep the name</Button>
          <Button look="primary" disabled={name.trim() === ''} onClick={() => onName(name.trim())}>
            Rename
          </Button>
        </>
      }
    >
      <TextField
        label="Name"
        value={name}
        maxLength={200}
        error={fault}
        onChange={(event) => setName(event.target.value)}
      />
    </Dialog>
  )
}
