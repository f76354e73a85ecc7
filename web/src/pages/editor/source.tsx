/** The storyboard as text, with the server's own faults at their places. */
import '@fontsource-variable/jetbrains-mono/wght.css'
import { useQuery } from '@tanstack/react-query'
import { type ReactNode, useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react'
import type { Problem } from '../../../../core/storyboard/problems.ts'
import { byteSize } from '../../../../core/storyboard/values.ts'
import type { Asset } from '../../api/client.ts'
import { rangeOf } from '../../document/corrections.ts'
import { placeAt, sceneStarts } from '../../document/place.ts'
import { helpAt, namesOf } from '../../document/schema-help.ts'
import type { DocumentStore, Snapshot } from '../../document/store.ts'
import { formatted } from '../../document/text.ts'
import { count } from '../../format.ts'
import { assetsQuery } from '../../queries.ts'
import { Button } from '../../ui/controls.tsx'
import { CopyAs } from '../../ui/copy-as.tsx'
import { Icon } from '../../ui/icon.tsx'
import { type CodeEditor, type Fault, openCodeEditor } from './code-editor.ts'
import styles from './source.module.css'
import { FieldHelp, Outline, type OutlineScene, Problems } from './source-panels.tsx'

/** Of the storyboard as compact JSON, as the server counts it. */
const LIMIT_KB = 100

const EXAMPLE = `# A storyboard: scenes, and the people and places they share.
title: The last ferry
global_prompt:
  positive: 35 mm film, blue hour
symbols:
  mara: # write @mara in a prompt to use her
    prompt: a woman of forty in a yellow raincoat
scenes:
  - id: pier
    prompt: a small ferry at a wooden pier, rain
    duration: 4
  - id: rail
    prompt: slow push in on @mara at the stern rail
    duration: 5
transitions:
  default: dissolve
`

/** Files of the team, as names that the text may use. */
function namedFiles(assets: readonly Asset[] = []) {
  const of = (kind: string) =>
    assets
      .filter(({ content_type }) => content_type.startsWith(kind))
      .map(({ id, filename }) => ({ name: id, what: filename }))
  return { sounds: of('audio/'), pictures: of('image/') }
}

type Caret = { offset: number; line: number; column: number }

export default function SourceView({
  store,
  snapshot,
  canEdit,
  project,
  owner,
  sceneId,
  makerName,
  onScene,
  viewer,
}: {
  store: DocumentStore
  snapshot: Snapshot
  canEdit: boolean
  project: { id: string; name: string }
  /** Whose sounds and pictures are offered. */
  owner: string
  /** The scene that is selected: where the caret begins. */
  sceneId: string | undefined
  makerName: (userId: string | null) => string
  onScene: (sceneId: string) => void
  viewer: ReactNode
}) {
  const holder = useRef<HTMLDivElement>(null)
  const editor = useRef<CodeEditor | null>(null)
  const [caret, setCaret] = useState<Caret>({ offset: 0, line: 1, column: 1 })
  const { data: assets } = useQuery({ ...assetsQuery(owner), enabled: owner !== '' })
  const { text, document, checked } = snapshot

  const names = useMemo(() => namesOf(document, namedFiles(assets)), [document, assets])
  const namesNow = useRef(names)
  namesNow.current = names

  // Before the effects below, which fill it: faults that are known already come but once.
  useLayoutEffect(() => {
    if (!holder.current) return
    const opened = openCodeEditor({
      parent: holder.current,
      text: store.snapshot().text,
      names: () => namesNow.current,
      onText: store.edit,
      onCaret: (offset, line, column) => setCaret({ offset, line, column }),
      onUndo: () => void store.undo(),
      onRedo: () => void store.redo(),
    })
    editor.current = opened
    return () => {
      editor.current = null
      opened.destroy()
    }
  }, [store])

  useEffect(() => editor.current?.setEditable(canEdit), [canEdit])
  /** The last change of a colleague that is in the text already. */
  const seenChange = useRef(snapshot.takenIn)
  const { takenIn } = snapshot
  useLayoutEffect(() => {
    const isTheirs = takenIn !== seenChange.current
    seenChange.current = takenIn
    editor.current?.setText(text, isTheirs && takenIn ? makerName(takenIn.by) : null)
  }, [text, takenIn, makerName])

  const faults = useMemo(
    (): Fault[] => [
      ...(checked?.errors ?? []).map((problem) => ({ problem, isError: true })),
      ...(checked?.warnings ?? []).map((problem) => ({ problem, isError: false })),
    ],
    [checked],
  )
  // Before the frame is drawn, not after it: a fault is seen a frame earlier.
  useLayoutEffect(() => editor.current?.setFaults(faults), [faults])

  // The caret begins at what is wrong, else at the scene that is selected.
  const isPlaced = useRef(false)
  useEffect(() => {
    if (isPlaced.current || !checked || !editor.current) return
    isPlaced.current = true
    const now = store.snapshot()
    const [first] = checked.errors
    const range = first && rangeOf(now.text, first)
    const index = (now.document.scenes ?? []).findIndex((scene) => scene?.id === sceneId)
    const start = index < 0 ? undefined : sceneStarts(now.text)[index]
    if (range) editor.current.go(range.from)
    else editor.current.go(start ?? 0)
  }, [checked, sceneId, store])

  const starts = useMemo(() => sceneStarts(text), [text])
  const scenes = useMemo(
    (): OutlineScene[] =>
      (document.scenes ?? []).map((scene, index) => ({
        id: typeof scene?.id === 'string' ? scene.id : '',
        prompt: typeof scene?.prompt === 'string' ? scene.prompt : '',
        at: starts[index] ?? 0,
      })),
    [document, starts],
  )
  const current = useMemo(() => {
    const place = placeAt(text, caret.offset)
    // Between things, and in a comment, the caret is still in the scene that began last.
    if (!place) return starts.findLastIndex((start) => start <= caret.offset)
    return place.path[0] === 'scenes' && typeof place.path[1] === 'number' ? place.path[1] : -1
  }, [text, starts, caret.offset])
  const help = useMemo(() => helpAt(text, caret.offset, names), [text, caret.offset, names])

  // Viewer and selection follow the caret.
  const sceneAtCaret = scenes[current]?.id
  useEffect(() => {
    if (sceneAtCaret && isPlaced.current) onSceneNow.current(sceneAtCaret)
  }, [sceneAtCaret])
  const onSceneNow = useRef(onScene)
  onSceneNow.current = onScene

  const sizeKb = useMemo(() => Math.ceil(byteSize(document) / 1024), [document])
  const go = useCallback((at: number) => editor.current?.go(at), [])
  const goToProblem = useCallback(
    (problem: Problem) => go(rangeOf(store.snapshot().text, problem)?.from ?? 0),
    [go, store],
  )
  const correct = useCallback((problem: Problem) => editor.current?.correct(problem), [])
  const useExample = useCallback(() => {
    store.edit('start from the example', EXAMPLE)
    editor.current?.setText(EXAMPLE, null)
    editor.current?.go(0, EXAMPLE.length)
  }, [store])
  const isReadable = checked?.readable ?? true
  const errors = checked?.errors.length ?? 0

  return (
    <div className={styles.source}>
      <aside className={styles.side} aria-label="Problems">
        <Problems faults={faults} text={text} canEdit={canEdit} onGo={goToProblem} onCorrect={correct} />
        <Outline
          scenes={scenes}
          current={current}
          onGo={go}
          onExample={canEdit && isReadable ? useExample : undefined}
        />
      </aside>
      <section className={styles.code} aria-label="Source">
        <div ref={holder} className={styles.holder} />
        {errors > 0 ? (
          <p className={styles.toFix} role="status">
            <Icon name="failed" />
            {count(errors, 'problem')} to fix before this can render.
          </p>
        ) : null}
        <div className={`${styles.status} tabular`}>
          <span>YAML</span>
          <Button
            look="plain"
            disabled={!canEdit || !isReadable}
            onClick={() => store.edit('format', formatted(text))}
          >
            Format
          </Button>
          <span>r{snapshot.revision}</span>
          <span>
            Ln {caret.line}, Col {caret.column}
          </span>
          {sizeKb > LIMIT_KB ? (
            <span className={styles.bad} role="alert">
              The storyboard is {sizeKb} KB; the limit is {LIMIT_KB} KB.
            </span>
          ) : (
            <span>
              {sizeKb} of {LIMIT_KB} KB
            </span>
          )}
          {canEdit ? null : <span>Read only</span>}
          <span className={styles.push} />
          <CopyAs project={project} look="words" />
        </div>
      </section>
      <div className={styles.viewer}>{viewer}</div>
      <FieldHelp help={help} />
    </div>
  )
}
