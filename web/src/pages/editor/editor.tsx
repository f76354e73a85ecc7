/** One project: its storyboard in two views that are one document, its render, and its film. */
import { useQuery, useSuspenseQuery } from '@tanstack/react-query'
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router'
import {
  lazy,
  Suspense,
  useCallback,
  useEffect,
  useMemo,
  useRef,
  useState,
  useSyncExternalStore,
} from 'react'
import { type DocumentStore, openDocument, type Snapshot } from '../../document/store.ts'
import { useLiveJob } from '../../live/job.ts'
import { useNews } from '../../live/news.ts'
import { useMakerName, useNames } from '../../live/people.ts'
import { Presence } from '../../live/presence.tsx'
import { isOver } from '../../live/progress.ts'
import { useLiveProject } from '../../live/project.ts'
import { Tab } from '../../live/tab.tsx'
import { waitingEdits } from '../../live/waiting-edits.ts'
import { createPlayer } from '../../player.ts'
import { type HeldProject, planQuery, projectQuery, teamsQuery } from '../../queries.ts'
import { useCaller } from '../../session.tsx'
import { IconButton } from '../../ui/controls.tsx'
import { Icon } from '../../ui/icon.tsx'
import { Toasts } from '../../ui/toast.tsx'
import { PageFault } from '../faults.tsx'
import type { Shown } from '../film/film-view.tsx'
import { useFilms } from '../film/use-films.ts'
import { Board } from './board.tsx'
import { Conflict } from './conflict.tsx'
import styles from './editor.module.css'
import { EditorCommands } from './editor-commands.tsx'
import { Inspector } from './inspector.tsx'
import { Outcome } from './outcome.tsx'
import { Refused } from './refused.tsx'
import { RenderBar, type StartRender } from './render-bar.tsx'
import { SaveChip } from './save-chip.tsx'
import { SceneCommands } from './scene-commands.tsx'
import { chosenScenes, type Selecting, selection } from './selection.ts'
import { redoStep, undoStep } from './steps.ts'
import { Timeline } from './timeline.tsx'
import { UndoQuestion } from './undo-question.tsx'
import { useLibrary } from './use-library.ts'
import { Viewer } from './viewer.tsx'

const SourceView = lazy(() => import('./source.tsx'))
const LibrarySheet = lazy(() => import('../library/sheet.tsx'))
const FilmView = lazy(() => import('../film/film-view.tsx'))

export function EditorPage() {
  const { project: projectId } = useParams({ from: '/inside/t/$team/p/$project' })
  const held = useQuery({ ...projectQuery(projectId), refetchOnMount: 'always' })
  if (held.error && !held.isFetchedAfterMount) return <PageFault error={held.error} />
  // What an earlier visit read is too old to write over.
  if (!held.data || !held.isFetchedAfterMount) return <main aria-busy="true" />
  return <Editor key={projectId} held={held.data} />
}

/** The storyboard of a project, opened once for as long as the page is there. */
function useDocument(held: HeldProject): DocumentStore | null {
  // The project is read again now and then; the document that is open stays.
  const [first] = useState(held)
  const [store, setStore] = useState<DocumentStore | null>(null)
  useEffect(() => {
    const opened = openDocument(first.project, first.etag)
    setStore(opened)
    const saveNow = (): void => opened.saveNow()
    addEventListener('blur', saveNow)
    addEventListener('pagehide', saveNow)
    return () => {
      removeEventListener('blur', saveNow)
      removeEventListener('pagehide', saveNow)
      opened.close()
    }
  }, [first])
  return store
}

function Editor({ held }: { held: HeldProject }) {
  const store = useDocument(held)
  if (!store) return <main aria-busy="true" />
  return <OpenEditor held={held} store={store} />
}

/** How long a card stays marked that somebody else changed. */
const THEIRS_MS = 4_000
const NOBODYS: readonly string[] = []

/** Scenes that somebody else changed a moment ago. */
function useTheirs({ takenIn }: Snapshot): readonly string[] {
  const [over, setOver] = useState<Snapshot['takenIn']>(null)
  useEffect(() => {
    if (!takenIn) return
    const timer = setTimeout(() => setOver(takenIn), THEIRS_MS)
    return () => clearTimeout(timer)
  }, [takenIn])
  return takenIn && takenIn !== over ? takenIn.scenes : NOBODYS
}

function OpenEditor({ held: { project }, store }: { held: HeldProject; store: DocumentStore }) {
  const snapshot = useSyncExternalStore(store.subscribe, store.snapshot)
  const { team: teamSlug } = useParams({ from: '/inside/t/$team/p/$project' })
  const { data: teams } = useSuspenseQuery(teamsQuery)
  const team = teams.find(({ slug }) => slug === teamSlug)
  const { scene: sceneId, view = 'board', a, b, at } = useSearch({ from: '/inside/t/$team/p/$project' })
  const navigate = useNavigate({ from: '/t/$team/p/$project' })
  const [{ users, startedJob, lost }, onStarted] = useLiveProject(project.id, store)
  const jobId = startedJob ?? project.latest_job?.id ?? null
  const job = useLiveJob(project.id, jobId)
  const [isNews, takeNote] = useNews(job)
  const nameOf = useNames(team?.id)
  const makerName = useMakerName(nameOf)
  const theirs = useTheirs(snapshot)
  const canEdit = team?.user_role !== 'viewer'
  const isManager = team?.user_role === 'owner' || team?.user_role === 'admin'
  const me = useCaller().user.id
  const player = useMemo(() => createPlayer(24), [])
  const films = useFilms(project.id, job)
  const [refused, setRefused] = useState<unknown>(null)
  const startRender = useRef<StartRender>(null)
  const onRender: StartRender = (options) => startRender.current?.(options)
  const onShow = useCallback(
    (change: { [K in keyof Shown]: Shown[K] | undefined }) => {
      navigate({ search: (old) => ({ ...old, ...change }), replace: true })
    },
    [navigate],
  )
  /** The two newest films beside each other. */
  const onCompare = useCallback(() => {
    const [newest, before] = films.films ?? []
    navigate({
      search: (old) => ({
        ...old,
        view: 'film' as const,
        ...(newest && before ? { a: newest.id, b: before.id } : {}),
        at: player.state().frame,
      }),
    })
  }, [films.films, navigate, player])
  /** The sound that is selected, by its place in the document. */
  const [part, setPart] = useState<string | null>(null)
  const endedJob = job && isOver(job) ? job.id : null
  const hasPlan = snapshot.checked?.errors.length === 0
  const { data: plan } = useQuery({
    ...planQuery(project.id, snapshot.revision, endedJob),
    enabled: hasPlan,
  })
  const again = { engine: String(job?.options.engine ?? 'auto') }
  const { data: planAgain } = useQuery({
    ...planQuery(project.id, snapshot.revision, endedJob, again),
    enabled: hasPlan && isNews && job?.status === 'failed',
  })

  const library = useLibrary(store, player, canEdit && (snapshot.checked?.readable ?? true))
  const { waiting } = snapshot
  useEffect(() => {
    waitingEdits.set(waiting)
    return () => waitingEdits.set(0)
  }, [waiting])

  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (!(event.ctrlKey || event.metaKey)) return
      const key = event.key.toLowerCase()
      const target = event.target as HTMLElement
      if (key === 's') {
        event.preventDefault()
        store.saveNow()
      } else if (key === 'z' && !target.closest('.cm-editor')) {
        event.preventDefault()
        if (event.shiftKey) redoStep(store)
        else undoStep(store)
      }
    }
    addEventListener('keydown', onKey)
    return () => removeEventListener('keydown', onKey)
  }, [store])

  const scenes = snapshot.document.scenes ?? []
  const chosen = chosenScenes(scenes, sceneId)
  const selected = chosen.at(-1)
  const owner = team ? `framecast:team:${team.id}` : ''
  const selectAll = (ids: readonly string[]): void => {
    setPart(null)
    navigate({ search: (old) => ({ ...old, scene: ids.join(',') }), replace: true })
  }
  const select = (scene: string, how: Selecting = 'only'): void =>
    selectAll(
      selection(
        scenes.map((one) => one?.id ?? ''),
        chosen.map(({ id }) => id),
        scene,
        how,
      ),
    )
  const link = (of: 'board' | 'source' | 'film') => ({
    to: '/t/$team/p/$project' as const,
    params: { team: teamSlug, project: project.id },
    search: { ...(sceneId ? { scene: sceneId } : {}), ...(of === 'board' ? {} : { view: of }) },
    activeOptions: { exact: true },
    'data-on': view === of,
  })
  const shown: Shown = {
    ...(a === undefined ? {} : { a }),
    ...(b === undefined ? {} : { b }),
    ...(at === undefined ? {} : { at }),
  }
  if (lost) throw new Error(`You no longer have access to ${project.name}.`)

  const viewer = (
    <Viewer
      job={job}
      films={films.films}
      scene={selected}
      player={player}
      revision={snapshot.revision}
      credits={plan?.totals.credits}
      canRender={canEdit}
      onRender={onRender}
      onCompare={onCompare}
      isAlone={view === 'source'}
    />
  )

  return (
    <main className={styles.editor} onDragOver={library.onDragOver} onDrop={library.onDrop}>
      <Toasts />
      <UndoQuestion asked={snapshot.asked} makerName={makerName} onAnswer={store.answer} />
      <Tab name={project.name} job={job} isNews={isNews} />
      <EditorCommands store={store} snapshot={snapshot} canEdit={canEdit} />
      {view === 'board' ? (
        <SceneCommands
          store={store}
          snapshot={snapshot}
          chosen={chosen}
          onSelect={select}
          canEdit={canEdit}
        />
      ) : null}
      <header className={styles.top}>
        <div className={styles.crumb}>
          <Link to="/t/$team" params={{ team: teamSlug }} search={{}}>
            {team?.name ?? teamSlug}
          </Link>
          <span>/</span>
          <h1>{project.name}</h1>
        </div>
        <SaveChip snapshot={snapshot} makerName={makerName} onShow={select} />
        <nav className={styles.views} aria-label="Views">
          <Link {...link('board')}>
            <Icon name="board" />
            Board
          </Link>
          <Link {...link('source')}>
            <Icon name="source" />
            Source
          </Link>
          <Link {...link('film')}>
            <Icon name="film" />
            Film
          </Link>
        </nav>
        <div className={styles.push} />
        <Presence users={users} nameOf={nameOf} />
        {canEdit && view === 'board' ? (
          <IconButton
            data-wide
            icon="library"
            label={library.isOpen ? 'Close the library' : 'Open the library'}
            aria-expanded={library.isOpen}
            onClick={() => library.setOpen(!library.isOpen)}
          />
        ) : null}
        <IconButton
          icon="undo"
          label={snapshot.undo ? `Undo: ${snapshot.undo}` : 'Nothing to undo'}
          disabled={!snapshot.undo || !canEdit}
          onClick={() => undoStep(store)}
        />
        <IconButton
          icon="redo"
          label={snapshot.redo ? `Redo: ${snapshot.redo}` : 'Nothing to redo'}
          disabled={!snapshot.redo || !canEdit}
          onClick={() => redoStep(store)}
        />
        <RenderBar
          projectId={project.id}
          snapshot={snapshot}
          plan={snapshot.checked?.errors.length === 0 ? plan : undefined}
          job={job}
          canRender={canEdit}
          canCancel={isManager || job?.triggered_by === me}
          saveNow={store.saveNow}
          onStarted={onStarted}
          onRefused={setRefused}
          start={startRender}
          onFirstProblem={() => navigate({ search: (old) => ({ ...old, view: 'source' as const }) })}
        />
      </header>
      <div style={{ display: 'flex', flexDirection: 'column', minHeight: 0 }}>
        {refused === null || (job && !isOver(job)) ? null : (
          <Refused
            error={refused}
            projectId={project.id}
            revision={snapshot.revision}
            plan={plan}
            team={team}
            onRender={onRender}
            onDismiss={() => setRefused(null)}
          />
        )}
        {job && isNews ? (
          <Outcome
            job={job}
            plan={planAgain}
            nameOf={nameOf}
            canRender={canEdit}
            onPlay={() => {
              if (view === 'film' && (a ?? films.films?.[0]?.id) === job.id) {
                if (!player.state().playing) player.toggle()
                return
              }
              player.playNext()
              navigate({
                search: (old) => ({ ...old, view: 'film' as const, a: job.id, b: undefined, at: undefined }),
              })
            }}
            onOpenScene={(scene) => navigate({ search: { scene } })}
            onTryAgain={() => onRender(again)}
            onDismiss={takeNote}
          />
        ) : null}
        {snapshot.save.kind === 'conflict' ? (
          <Conflict
            key={snapshot.save.conflicts.map(({ path }) => path).join()}
            name={makerName(snapshot.save.by)}
            conflicts={snapshot.save.conflicts}
            withBefore={view === 'source'}
            onResolve={store.resolve}
          />
        ) : null}
        {snapshot.checked && !snapshot.checked.readable ? (
          <div className={styles.unreadable} role="status">
            The text cannot be read at line {snapshot.checked.errors[0]?.line ?? 1}. Board and timeline show
            the version before.
          </div>
        ) : null}
        <div className={styles.main} data-view={view} style={{ flex: 1 }}>
          {view === 'source' ? (
            <Suspense fallback={<div aria-busy="true" />}>
              <SourceView
                store={store}
                snapshot={snapshot}
                canEdit={canEdit}
                project={project}
                owner={team ? `framecast:team:${team.id}` : ''}
                sceneId={sceneId}
                makerName={makerName}
                onScene={select}
                viewer={viewer}
              />
            </Suspense>
          ) : view === 'film' ? (
            <Suspense fallback={<div aria-busy="true" />}>
              <FilmView
                films={films}
                job={job}
                player={player}
                shown={shown}
                onShow={onShow}
                revision={snapshot.revision}
                credits={plan?.totals.credits}
                canRender={canEdit}
                onRender={onRender}
              />
            </Suspense>
          ) : (
            <>
              <Board
                store={store}
                snapshot={snapshot}
                plan={plan}
                job={job}
                theirs={theirs}
                selected={selected?.id}
                chosen={chosen}
                onSelect={select}
                canEdit={canEdit}
              />
              {viewer}
              <Inspector
                store={store}
                snapshot={snapshot}
                plan={plan}
                job={job}
                chosen={chosen}
                part={part}
                owner={owner}
                canEdit={canEdit}
                onSelect={select}
              />
            </>
          )}
        </div>
        {library.isOpen && canEdit && view === 'board' ? (
          <Suspense fallback={null}>
            <LibrarySheet
              owner={owner}
              sceneId={selected?.id}
              usesOf={library.usesOf}
              onUse={library.use}
              onClose={() => library.setOpen(false)}
            />
          </Suspense>
        ) : null}
        {view === 'board' ? (
          <Timeline
            store={store}
            snapshot={snapshot}
            plan={plan}
            job={job}
            player={player}
            chosen={chosen}
            part={part}
            onSelect={select}
            onSelectAll={selectAll}
            onPart={setPart}
            owner={owner}
            canEdit={canEdit}
          />
        ) : null}
      </div>
    </main>
  )
}
