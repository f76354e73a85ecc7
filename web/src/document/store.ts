/**
 * One open storyboard: its text, what was read of it, undo, and saving. The newest text is in this browser's storage within
 * a quarter of a second, whatever the server does; it leaves there when the server has it.
 */

import { ApiError, ask, askWithHeaders, Offline, type Project, type Storyboard } from '../api/client.ts'
import { readProject } from '../queries.ts'
import type { Checked } from './check.ts'
import { type Conflict, isFields, merge, same } from './merge.ts'
import { withDocument } from './patch.ts'
import { toText } from './text.ts'
import { inverse, joined, made, read, type Step, type TheirChange, whoChanged } from './undo.ts'

export type SaveState =
  | { kind: 'saved'; at: number }
  | { kind: 'saving' }
  /** Typed and not sent yet. */
  | { kind: 'changed' }
  /** The text cannot be read, so there is nothing to save. */
  | { kind: 'unreadable' }
  | { kind: 'offline' }
  /** The server no longer knows who this is. */
  | { kind: 'signed-out' }
  /** The same fields were changed by somebody else. */
  | { kind: 'conflict'; by: string | null; conflicts: readonly Conflict[] }
  | { kind: 'refused'; message: string }

/** What becomes of a field that two people changed. */
export type Choice = { keep: 'mine' | 'theirs' } | { keep: 'both'; value: string }

/** The last change of somebody else that was taken in. */
export type TakenIn = {
  /** Id of the user; null when nobody said. */
  by: string | null
  revision: number
  /** Ids of the scenes that it touched. */
  scenes: readonly string[]
  /** Whether there were changes of this tab to put together with it. */
  isMerged: boolean
  at: number
}

export type Snapshot = {
  text: string
  /** The last version that could be read. */
  document: Partial<Storyboard>
  checked: Checked | null
  save: SaveState
  revision: number
  /** Edits that the server does not have. */
  waiting: number
  takenIn: TakenIn | null
  /** Name of the step that undo would take back. */
  undo: string | null
  redo: string | null
  /** Undo or redo would take back what somebody else changed: it waits for an answer. */
  asked: { what: 'undo' | 'redo'; name: string; by: string | null } | null
}

/** What undo does with what somebody else changed: leaves it, or changes it all the same; `not`: it does nothing. */
export type UndoAnswer = 'theirs' | 'mine' | 'not'

const KEEP_AFTER_MS = 250
const SAVE_AFTER_MS = 800
const RETRY_AFTER_MS = 4_000
const MOST_STEPS = 200
/** Changes of others that are remembered, to say whose a field is. */
const MOST_CHANGES = 40
/** Typing goes on as one step until it pauses for so long. */
const STEP_PAUSE_MS = 800

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

/** Leaves a text for the page that opens the project next, as an earlier visit would have. */
export function leaveDraft(project: Project, text: string): void {
  const draft: Draft = { text, baseText: textOf(project), etag: `"r${project.spec_revision}"` }
  localStorage.setItem(draftKey(project.id), JSON.stringify(draft))
}

const textOf = ({ spec, name }: Project): string => toText(spec ?? { title: name, scenes: [] })

const revisionOf = (etag: string): number => Number(/\d+/.exec(etag)?.[0] ?? 0)

/** Ids of the scenes that differ, those included that only one side has. */
function scenesTouched(before: unknown, after: unknown): string[] {
  const scenes = (document: unknown): Map<string, unknown> => {
    const list = isFields(document) && Array.isArray(document.scenes) ? document.scenes : []
    return new Map(list.filter(isFields).map((scene) => [String(scene.id), scene]))
  }
  const [old, now] = [scenes(before), scenes(after)]
  return [...new Set([...old.keys(), ...now.keys()])].filter((id) => !same(old.get(id), now.get(id)))
}

export type DocumentStore = ReturnType<typeof openDocument>

/** Opens the storyboard of a project as the server has it, and brings back what an earlier visit could not save. */
export function openDocument(project: Project, firstEtag: string) {
  const worker = new Worker(new URL('./check-worker.ts', import.meta.url), { type: 'module' })
  const listeners = new Set<() => void>()
  const undone: Step[] = []
  const done: Step[] = []
  const theirChanges: TheirChange[] = []
  let etag = firstEtag
  /** What the server has, as text of ours and as a document: the common ground for merging. */
  let baseText = textOf(project)
  let base: unknown = project.spec ?? { title: project.name, scenes: [] }
  let checkId = 0
  let keepTimer: ReturnType<typeof setTimeout> | undefined
  let saveTimer: ReturnType<typeof setTimeout> | undefined
  let meetTimer: ReturnType<typeof setTimeout> | undefined
  let saving = false
  let meeting = false
  let closed = false
  /** The newest revision that was heard of, and who made which. */
  let heard = project.spec_revision
  const makers = new Map<number, string | null>()
  /** Somebody else's version that clashes with this one. */
  let clash: { theirs: Storyboard; etag: string; revision: number } | null = null
  let onChecked: (() => void)[] = []
  let snapshot: Snapshot = {
    text: baseText,
    document: (project.spec ?? {}) as Partial<Storyboard>,
    checked: null,
    save: { kind: 'saved', at: Date.parse(project.updated_at) },
    revision: project.spec_revision,
    waiting: 0,
    takenIn: null,
    undo: null,
    redo: null,
    asked: null,
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
    for (const go of onChecked.splice(0)) go()
    if (snapshot.save.kind === 'changed') plan(SAVE_AFTER_MS)
  }

  /** Resolves when `snapshot.document` is what the text says. */
  async function checkIsThrough(): Promise<void> {
    while (snapshot.checked?.id !== checkId)
      await new Promise<void>((resolve) => {
        onChecked = [...onChecked, resolve]
      })
  }

  function plan(afterMs: number): void {
    clearTimeout(saveTimer)
    if (!closed) saveTimer = setTimeout(save, afterMs)
  }

  /** The text became another one, by whatever way. */
  function show(text: string, more: Partial<Snapshot> = {}): void {
    checkId += 1
    publish({
      text,
      save: snapshot.save.kind === 'conflict' ? snapshot.save : { kind: 'changed' },
      ...more,
    })
    worker.postMessage({ id: checkId, text })
    keepTimer ??= setTimeout(keep, KEEP_AFTER_MS)
  }

  /**
   * Changes the text.
   * @param name of the step, for undo: "Undo: shorten scene 5". The same name within a pause is one step.
   * @param document what the text says, where that is known: views show it at once instead of after the check
   */
  function edit(name: string, text: string, document?: Partial<Storyboard>): void {
    if (text === snapshot.text) return
    const last = done.at(-1)
    const now = Date.now()
    let { waiting } = snapshot
    const isOn = last?.name === name && last.after === snapshot.text && now - last.at < STEP_PAUSE_MS
    if (isOn) {
      done[done.length - 1] = { ...last, after: text, at: now }
      waiting = Math.max(1, waiting)
    } else {
      done.push({ name, before: snapshot.text, after: text, at: now })
      if (done.length > MOST_STEPS) done.shift()
      waiting += 1
    }
    undone.length = 0
    show(text, { waiting, asked: null, ...(document ? { document } : {}) })
  }

  /**
   * Takes the last step back, or makes it again. What somebody else changed since is asked about, unless `keep` is said.
   * @returns whether the text is another one now
   */
  function step(what: 'undo' | 'redo', keep?: 'theirs' | 'mine'): boolean {
    const [from, to] = what === 'undo' ? [done, undone] : [undone, done]
    const last = from.at(-1)
    if (!last) return false
    const wanted = inverse(last)
    const today = snapshot.text
    const result = made(wanted, today, keep)
    if (result === null) {
      // A text that cannot be read was typed on at once: together with the step before, it can be told what changed.
      from.pop()
      const before = from.pop()
      if (before) from.push(joined(before, last))
      publish({})
      return step(what, keep)
    }
    if (result.clashes.length > 0 && keep === undefined) {
      publish({ asked: { what, name: last.name, by: whoChanged(wanted, result.clashes, theirChanges) } })
      return false
    }
    from.pop()
    // All that it changed was changed since, and is left.
    if (result.text === today) {
      publish({ asked: null })
      return false
    }
    to.push({ name: last.name, before: today, after: result.text, at: 0 })
    show(result.text, { waiting: snapshot.waiting + 1, asked: null })
    return true
  }

  async function save(): Promise<void> {
    const { kind } = snapshot.save
    if (saving || meeting || closed || kind === 'saved' || kind === 'conflict' || kind === 'unreadable')
      return
    const { text, checked } = snapshot
    // The check that belongs to this text is still under way; it plans the next save.
    if (checked?.id !== checkId || !checked.readable) return
    saving = true
    publish({ save: { kind: 'saving' } })
    const spec = checked.document as Record<string, unknown>
    const { waiting } = snapshot
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
        waiting: isNewest ? 0 : Math.max(1, snapshot.waiting - waiting),
        save: isNewest ? { kind: 'saved', at: Date.parse(data.updated_at) } : { kind: 'changed' },
      })
      if (!isNewest) plan(SAVE_AFTER_MS)
    } catch (error) {
      // Before the next save may begin.
      saving = false
      await failed(error)
    } finally {
      saving = false
    }
    if (heard > snapshot.revision) await meet()
  }

  async function failed(error: unknown): Promise<void> {
    keep()
    if (error instanceof ApiError && error.status === 412) return meet()
    if (error instanceof ApiError && error.status === 401) {
      publish({ save: { kind: 'signed-out' } })
      plan(RETRY_AFTER_MS)
      return
    }
    if (
      error instanceof Offline ||
      (error instanceof ApiError && (error.status >= 500 || error.status === 429))
    ) {
      publish({ save: { kind: 'offline' } })
      plan(RETRY_AFTER_MS)
      return
    }
    publish({ save: { kind: 'refused', message: error instanceof Error ? error.message : String(error) } })
  }

  const isMineWaiting = (): boolean => snapshot.save.kind !== 'saved'

  /** Somebody else saved: what touches other fields goes together, the rest is asked. */
  async function meet(): Promise<void> {
    if (meeting || closed) return
    meeting = true
    clearTimeout(meetTimer)
    try {
      const held = await readProject(project.id)
      // What was typed while the answer was on its way counts, too.
      await checkIsThrough()
      heard = Math.max(heard, held.project.spec_revision)
      takeIn(held)
      if (snapshot.save.kind === 'saving') publish({ save: { kind: 'changed' } })
      // They went on while the answer was on its way.
      const known = Math.max(clash?.revision ?? 0, held.project.spec_revision)
      if (heard > known) meetTimer = setTimeout(meet, 0)
    } catch (error) {
      if (isMineWaiting()) await failed(error)
      else meetTimer = setTimeout(meet, RETRY_AFTER_MS)
    } finally {
      meeting = false
    }
    if (snapshot.save.kind === 'changed') plan(SAVE_AFTER_MS)
  }

  function takeIn({ project: newest, etag: newestEtag }: Awaited<ReturnType<typeof readProject>>): void {
    const { text, checked } = snapshot
    if (newest.spec_revision <= snapshot.revision && clash === null && newestEtag === etag) return
    // A text that cannot be read cannot be put together with anything: it stays until it can.
    if (!checked?.readable) {
      publish({ save: { kind: 'unreadable' } })
      return
    }
    const theirs = (newest.spec ?? {}) as unknown as Storyboard
    const merged = merge(base, snapshot.document, theirs)
    const by = makers.get(newest.spec_revision) ?? null
    if (merged.conflicts.length > 0) {
      clash = { theirs, etag: newestEtag, revision: newest.spec_revision }
      keep()
      publish({ save: { kind: 'conflict', by, conflicts: merged.conflicts } })
      return
    }
    clash = null
    const scenes = scenesTouched(base, theirs)
    const wasMine = !same(base, snapshot.document)
    adopt(theirs, newestEtag, by)
    const takenIn: TakenIn = {
      by,
      revision: newest.spec_revision,
      scenes,
      isMerged: wasMine && !merged.isTheirs,
      at: Date.now(),
    }
    show(withDocument(text, merged.document), {
      revision: newest.spec_revision,
      save: { kind: 'changed' },
      takenIn,
    })
    if (!merged.isTheirs) return
    forget()
    publish({ waiting: 0, save: { kind: 'saved', at: Date.parse(newest.updated_at) } })
  }

  /** Their version is the common ground from now on. */
  function adopt(theirs: unknown, theirEtag: string, by: string | null): void {
    theirChanges.push({ by, base, theirs })
    if (theirChanges.length > MOST_CHANGES) theirChanges.shift()
    etag = theirEtag
    base = theirs
    baseText = toText(theirs)
  }

  /** Settles a conflict. What clashes and is not chosen yet, since it was typed meanwhile, is asked next. */
  function resolve(choices: ReadonlyMap<string, Choice>): void {
    const { save: state, text } = snapshot
    if (state.kind !== 'conflict' || clash === null) return
    const { theirs, etag: theirEtag, revision } = clash
    const merged = merge(base, snapshot.document, theirs, (conflict) => {
      const choice = choices.get(conflict.path)
      return choice?.keep === 'both'
        ? choice.value
        : choice?.keep === 'theirs'
          ? conflict.theirs
          : conflict.mine
    })
    const open = merged.conflicts.filter(({ path }) => !choices.has(path))
    if (open.length > 0) {
      publish({ save: { ...state, conflicts: merged.conflicts } })
      return
    }
    clash = null
    adopt(theirs, theirEtag, state.by)
    const settled = withDocument(text, merged.document)
    done.push({ name: 'settle the conflict', before: text, after: settled, at: 0 })
    show(settled, { revision, save: { kind: 'changed' } })
  }

  const draft = readDraft(project.id)
  const ground = draft ? read(draft.baseText) : null
  if (draft && draft.text !== baseText) {
    if (ground !== null && draft.etag !== firstEtag) {
      // Others went on since: the draft goes together with their work as if it had been typed just now.
      etag = draft.etag
      base = ground
      baseText = draft.baseText
      snapshot = { ...snapshot, revision: revisionOf(draft.etag) }
    }
    done.push({ name: 'bring back what was not saved', before: baseText, after: draft.text, at: 0 })
    show(draft.text, { waiting: 1 })
    if (heard > snapshot.revision) void meet()
  } else worker.postMessage({ id: checkId, text: baseText })

  return {
    subscribe(listener: () => void): () => void {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    snapshot: (): Snapshot => snapshot,
    edit,
    undo: () => step('undo'),
    redo: () => step('redo'),
    /** Answers what undo or redo asked. */
    answer(answer: UndoAnswer): void {
      const { asked } = snapshot
      if (!asked) return
      publish({ asked: null })
      if (answer !== 'not') step(asked.what, answer)
    },
    /** Saves now, if there is anything to save. */
    saveNow: (): void => plan(0),
    /** Reads what somebody else saved, unless it is what this tab knows. */
    async theirChange(revision: number, by: string | null): Promise<void> {
      if (by !== null || !makers.has(revision)) makers.set(revision, by)
      heard = Math.max(heard, revision)
      if (revision <= snapshot.revision || saving) return
      await meet()
    },
    resolve,
    close(): void {
      if (keepTimer) keep()
      closed = true
      clearTimeout(saveTimer)
      clearTimeout(meetTimer)
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
