/**
 * One open storyboard: its text, what was read of it, undo, and saving. The newest text is in this browser's storage within
 * a quarter of a second, whatever the server does; it leaves there when the server has it.
 */
import { ApiError, ask, askWithHeaders, Offline, type Project, type Storyboard } from '../api/client.ts'
import { readProject } from '../queries.ts'
import type { Checked } from './check.ts'
import { merge } from './merge.ts'
import { toText } from './text.ts'

export type SaveState =
  | { kind: 'saved'; at: number }
  | { kind: 'saving' }
  /** Typed and not sent yet. */
  | { kind: 'changed' }
  /** The text cannot be read, so there is nothing to save. */
  | { kind: 'unreadable' }
  | { kind: 'offline' }
  /** The same field was changed by somebody else. */
  | { kind: 'conflict'; theirs: Storyboard; theirEtag: string; paths: string[] }
  | { kind: 'refused'; message: string }

export type Snapshot = {
  text: string
  /** The last version that could be read. */
  document: Partial<Storyboard>
  checked: Checked | null
  save: SaveState
  revision: number
  /** Name of the step that undo would take back. */
  undo: string | null
  redo: string | null
}

const KEEP_AFTER_MS = 250
const SAVE_AFTER_MS = 800
const RETRY_AFTER_MS = 4_000
const MOST_STEPS = 200
/** Typing goes on as one step until it pauses for so long. */
const STEP_PAUSE_MS = 800

type Step = { name: string; text: string; at: number }
type Draft = { text: string; baseText: string; etag: string }

const draftKey = (projectId: string): string => `framecast.draft.${projectId}`

function readDraft(projectId: string): Draft | null {
  try {
    const kept = JSON.parse(localStorage.getItem(draftKey(projectId)) ?? 'null') as Draft | null
    return kept && typeof kept.text === 'string' && typeof kept.baseText === 'string' ? kept : null
  } catch {
    return null
  }
}

export type DocumentStore = ReturnType<typeof openDocument>

/** Opens the storyboard of a project as the server has it, and brings back what an earlier visit could not save. */
export function openDocument(project: Project, firstEtag: string) {
  const worker = new Worker(new URL('./check-worker.ts', import.meta.url), { type: 'module' })
  const listeners = new Set<() => void>()
  const undone: Step[] = []
  const done: Step[] = []
  let etag = firstEtag
  /** What the server has, as text of ours and as a document: the common ground for merging. */
  let baseText = toText(project.spec ?? { title: project.name, scenes: [] })
  let base: unknown = project.spec
  let checkId = 0
  let keepTimer: ReturnType<typeof setTimeout> | undefined
  let saveTimer: ReturnType<typeof setTimeout> | undefined
  let saving = false
  let closed = false
  let snapshot: Snapshot = {
    text: baseText,
    document: (project.spec ?? {}) as Partial<Storyboard>,
    checked: null,
    save: { kind: 'saved', at: Date.parse(project.updated_at) },
    revision: project.spec_revision,
    undo: null,
    redo: null,
  }

  const publish = (change: Partial<Snapshot>): void => {
    snapshot = {
      ...snapshot,
      ...change,
      undo: done.at(-1)?.name ?? null,
      redo: undone.at(-1)?.name ?? null,
    }
    for (const listener of listeners) listener()
  }

  const keep = (): void => {
    clearTimeout(keepTimer)
    keepTimer = undefined
    try {
      const draft: Draft = { text: snapshot.text, baseText, etag }
      localStorage.setItem(draftKey(project.id), JSON.stringify(draft))
    } catch {
      // Storage is full or closed to us: the text is still on the screen, and saving goes on.
    }
  }
  const forget = (): void => {
    clearTimeout(keepTimer)
    keepTimer = undefined
    localStorage.removeItem(draftKey(project.id))
  }

  worker.onmessage = ({ data }: MessageEvent<Checked>) => {
    if (data.id !== checkId) return
    const isDocument =
      typeof data.document === 'object' && data.document !== null && !Array.isArray(data.document)
    publish({
      checked: data,
      ...(isDocument ? { document: data.document as Partial<Storyboard> } : {}),
      ...(snapshot.save.kind === 'changed' && !isDocument ? { save: { kind: 'unreadable' } } : {}),
      ...(snapshot.save.kind === 'unreadable' && isDocument ? { save: { kind: 'changed' } } : {}),
    })
    if (snapshot.save.kind === 'changed') plan(SAVE_AFTER_MS)
  }

  function plan(afterMs: number): void {
    clearTimeout(saveTimer)
    if (!closed) saveTimer = setTimeout(save, afterMs)
  }

  /** The text became another one, by whatever way. */
  function show(text: string): void {
    checkId += 1
    publish({
      text,
      save: snapshot.save.kind === 'conflict' ? snapshot.save : { kind: 'changed' },
    })
    worker.postMessage({ id: checkId, text })
    keepTimer ??= setTimeout(keep, KEEP_AFTER_MS)
  }

  /**
   * Changes the text.
   * @param name of the step, for undo: "Undo: shorten scene 5". The same name within a pause is one step.
   */
  function edit(name: string, text: string): void {
    if (text === snapshot.text) return
    const last = done.at(-1)
    const now = Date.now()
    if (last && last.name === name && now - last.at < STEP_PAUSE_MS) last.at = now
    else {
      done.push({ name, text: snapshot.text, at: now })
      if (done.length > MOST_STEPS) done.shift()
    }
    undone.length = 0
    show(text)
  }

  function step(from: Step[], to: Step[]): void {
    const last = from.pop()
    if (!last) return
    to.push({ name: last.name, text: snapshot.text, at: 0 })
    show(last.text)
  }

  async function save(): Promise<void> {
    if (saving || closed || snapshot.save.kind === 'conflict' || snapshot.save.kind === 'unreadable') return
    const { text, checked } = snapshot
    // The check that belongs to this text is still under way; it plans the next save.
    if (checked?.id !== checkId || !checked.readable) return
    saving = true
    publish({ save: { kind: 'saving' } })
    const spec = checked.document as Record<string, unknown>
    try {
      const { data, headers } = await askWithHeaders((api, signal) =>
        api.PUT('/v1/projects/{id}/spec', {
          params: { path: { id: project.id }, header: { 'If-Match': etag } },
          body: { spec },
          signal,
        }),
      )
      etag = headers.get('etag') ?? `"r${data.spec_revision}"`
      base = spec
      baseText = text
      const isNewest = snapshot.text === text
      if (isNewest) forget()
      publish({
        revision: data.spec_revision,
        save: isNewest ? { kind: 'saved', at: Date.parse(data.updated_at) } : { kind: 'changed' },
      })
      if (!isNewest) plan(SAVE_AFTER_MS)
    } catch (error) {
      await failed(error)
    } finally {
      saving = false
    }
  }

  async function failed(error: unknown): Promise<void> {
    keep()
    if (error instanceof ApiError && error.status === 412) return meet()
    const isTransient =
      error instanceof Offline || (error instanceof ApiError && (error.status >= 500 || error.status === 429))
    if (isTransient || (error instanceof ApiError && error.status === 401)) {
      publish({ save: { kind: 'offline' } })
      plan(RETRY_AFTER_MS)
      return
    }
    publish({ save: { kind: 'refused', message: error instanceof Error ? error.message : String(error) } })
  }

  /** Somebody else saved first: what touches other fields goes together, the rest is asked. */
  async function meet(): Promise<void> {
    let held: Awaited<ReturnType<typeof readProject>>
    try {
      held = await readProject(project.id)
    } catch (error) {
      return failed(error)
    }
    const theirs = (held.project.spec ?? {}) as unknown as Storyboard
    const merged = merge(base, snapshot.document, theirs)
    if (merged.conflicts.length > 0) {
      publish({
        save: { kind: 'conflict', theirs, theirEtag: held.etag, paths: merged.conflicts },
      })
      return
    }
    accept(held.etag, theirs, held.project.spec_revision)
    if (merged.isTheirs) {
      show(toText(theirs))
      forget()
      publish({ save: { kind: 'saved', at: Date.parse(held.project.updated_at) } })
    } else show(toText(merged.document))
  }

  function accept(nextEtag: string, document: unknown, revision: number): void {
    etag = nextEtag
    base = document
    baseText = toText(document)
    publish({ revision })
  }

  const draft = readDraft(project.id)
  if (draft && draft.text !== baseText) {
    done.push({ name: 'bring back what was not saved', text: baseText, at: 0 })
    show(draft.text)
  } else worker.postMessage({ id: checkId, text: baseText })

  return {
    subscribe(listener: () => void): () => void {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    snapshot: (): Snapshot => snapshot,
    edit,
    undo: () => step(done, undone),
    redo: () => step(undone, done),
    /** Saves now, if there is anything to save. */
    saveNow: (): void => plan(0),
    /** Reads what somebody else saved, unless it is what this tab knows. */
    async theirChange(revision: number): Promise<void> {
      if (revision <= snapshot.revision || saving) return
      await meet()
    },
    /** Settles a conflict. */
    resolve(keepMine: boolean): void {
      if (snapshot.save.kind !== 'conflict') return
      const { theirs, theirEtag } = snapshot.save
      accept(theirEtag, theirs, snapshot.revision)
      publish({ save: { kind: 'changed' } })
      if (keepMine) plan(0)
      else edit('take the other version', toText(theirs))
    },
    close(): void {
      if (keepTimer) keep()
      closed = true
      clearTimeout(saveTimer)
      worker.terminate()
    },
  }
}

/** Renders the project as it was saved last. */
export const renderProject = (projectId: string, options: Record<string, unknown>, key: string) =>
  ask((api, signal) =>
    api.POST('/v1/projects/{id}/render', {
      params: { path: { id: projectId }, header: { 'Idempotency-Key': key } },
      body: { options },
      signal,
    }),
  )
