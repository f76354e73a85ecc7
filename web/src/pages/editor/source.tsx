/** The storyboard as text, with the server's own faults at their places. */
import '@fontsource-variable/jetbrains-mono/wght.css'
import { autocompletion, type CompletionContext, type CompletionResult } from '@codemirror/autocomplete'
import { defaultKeymap, indentWithTab } from '@codemirror/commands'
import { yaml } from '@codemirror/lang-yaml'
import { bracketMatching, HighlightStyle, indentOnInput, syntaxHighlighting } from '@codemirror/language'
import { lintGutter, setDiagnostics } from '@codemirror/lint'
import { highlightSelectionMatches, searchKeymap } from '@codemirror/search'
import { Compartment, EditorState } from '@codemirror/state'
import { drawSelection, EditorView, highlightActiveLine, keymap, lineNumbers } from '@codemirror/view'
import { tags } from '@lezer/highlight'
import { useEffect, useRef } from 'react'
import type { DocumentStore, Snapshot } from '../../document/store.ts'
import { count } from '../../format.ts'
import { Icon } from '../../ui/icon.tsx'
import styles from './editor.module.css'

const THEME = EditorView.theme({
  '&': { height: '100%', backgroundColor: 'var(--bg)', color: 'var(--text-1)', fontSize: '13px' },
  '.cm-scroller': { fontFamily: 'var(--mono)', lineHeight: '20px' },
  '.cm-content': { caretColor: 'var(--text-1)' },
  '.cm-cursor': { borderLeftColor: 'var(--text-1)' },
  '.cm-gutters': { backgroundColor: 'var(--bg)', color: 'var(--text-3)', border: 'none' },
  '.cm-activeLine, .cm-activeLineGutter': { backgroundColor: 'var(--panel)' },
  '&.cm-focused .cm-selectionBackground, .cm-selectionBackground': { backgroundColor: 'var(--accent-soft)' },
  '.cm-tooltip': {
    backgroundColor: 'var(--raised)',
    color: 'var(--text-1)',
    border: 'none',
    borderRadius: '6px',
    boxShadow: 'var(--shadow-menu)',
  },
  '.cm-tooltip-autocomplete ul li[aria-selected]': {
    backgroundColor: 'var(--hover)',
    color: 'var(--text-1)',
  },
})

/** A key's work, after which no other binding looks at the key. */
const handled = (work: () => void) => (): boolean => {
  work()
  return true
}

/** Few colours, of the studio's own tokens, so that they hold in both themes. */
const COLOURS = HighlightStyle.define([
  { tag: [tags.propertyName, tags.definition(tags.propertyName)], color: 'var(--accent)' },
  { tag: [tags.number, tags.bool, tags.null], color: 'var(--ok)' },
  { tag: tags.comment, color: 'var(--text-3)', fontStyle: 'italic' },
  { tag: [tags.punctuation, tags.separator, tags.squareBracket, tags.brace], color: 'var(--text-2)' },
  { tag: tags.invalid, color: 'var(--bad)' },
])

export default function SourceView({
  store,
  snapshot,
  canEdit,
  onScene,
}: {
  store: DocumentStore
  snapshot: Snapshot
  canEdit: boolean
  onScene: (sceneId: string) => void
}) {
  const holder = useRef<HTMLDivElement>(null)
  const view = useRef<EditorView | null>(null)
  const access = useRef(new Compartment())

  useEffect(() => {
    if (!holder.current) return
    const symbols = (context: CompletionContext): CompletionResult | null => {
      const word = context.matchBefore(/@\w*/)
      if (!word) return null
      return {
        from: word.from + 1,
        options: Object.entries(store.snapshot().document.symbols ?? {}).map(([label, symbol]) => ({
          label,
          detail: String(symbol?.prompt ?? '').slice(0, 60),
        })),
      }
    }
    const editor = new EditorView({
      parent: holder.current,
      state: EditorState.create({
        doc: store.snapshot().text,
        extensions: [
          lineNumbers(),
          lintGutter(),
          drawSelection(),
          highlightActiveLine(),
          highlightSelectionMatches(),
          indentOnInput(),
          bracketMatching(),
          syntaxHighlighting(COLOURS),
          yaml(),
          autocompletion({ override: [symbols] }),
          keymap.of([
            { key: 'Mod-z', run: handled(store.undo) },
            { key: 'Mod-Shift-z', run: handled(store.redo) },
            ...searchKeymap,
            ...defaultKeymap,
            indentWithTab,
          ]),
          access.current.of(EditorState.readOnly.of(false)),
          EditorView.contentAttributes.of({ 'aria-label': 'Storyboard as YAML' }),
          EditorView.lineWrapping,
          THEME,
          EditorView.updateListener.of((update) => {
            // What comes from the store is in the store.
            if (update.docChanged && !update.transactions.some((change) => change.isUserEvent('store')))
              store.edit('typing', update.state.doc.toString())
          }),
        ],
      }),
    })
    view.current = editor
    return () => {
      view.current = null
      editor.destroy()
    }
  }, [store])

  useEffect(() => {
    view.current?.dispatch({
      effects: access.current.reconfigure(EditorState.readOnly.of(!canEdit)),
    })
  }, [canEdit])

  useEffect(() => {
    const editor = view.current
    if (!editor) return
    const shown = editor.state.doc.toString()
    if (shown === snapshot.text) return
    // Only what differs is replaced, so that the caret stays where it is.
    let start = 0
    while (start < shown.length && shown[start] === snapshot.text[start]) start += 1
    let end = 0
    while (
      end < shown.length - start &&
      end < snapshot.text.length - start &&
      shown[shown.length - 1 - end] === snapshot.text[snapshot.text.length - 1 - end]
    )
      end += 1
    editor.dispatch({
      changes: {
        from: start,
        to: shown.length - end,
        insert: snapshot.text.slice(start, snapshot.text.length - end),
      },
      userEvent: 'store',
    })
  }, [snapshot.text])

  const problems = [
    ...(snapshot.checked?.errors ?? []).map((problem) => ({ ...problem, isError: true })),
    ...(snapshot.checked?.warnings ?? []).map((problem) => ({ ...problem, isError: false })),
  ]

  useEffect(() => {
    const editor = view.current
    if (!editor) return
    const { doc } = editor.state
    const found = [
      ...(snapshot.checked?.errors ?? []).map((problem) => ({ problem, severity: 'error' as const })),
      ...(snapshot.checked?.warnings ?? []).map((problem) => ({ problem, severity: 'warning' as const })),
    ]
    editor.dispatch(
      setDiagnostics(
        editor.state,
        found.map(({ problem, severity }) => {
          const line = doc.line(Math.min(doc.lines, Math.max(1, problem.line ?? 1)))
          const from = Math.min(line.to, line.from + (problem.column ?? 1) - 1)
          const to = Math.min(line.to, line.from + (problem.endColumn ?? (problem.column ?? 1) + 1) - 1)
          return { from, to: Math.max(from, to), severity, message: problem.message }
        }),
      ),
    )
  }, [snapshot.checked])

  const go = (line: number | undefined, path: string): void => {
    const editor = view.current
    if (!editor) return
    const place = editor.state.doc.line(Math.min(editor.state.doc.lines, Math.max(1, line ?? 1)))
    editor.dispatch({
      selection: { anchor: place.from },
      effects: EditorView.scrollIntoView(place.from, { y: 'center' }),
    })
    editor.focus()
    const scene = /^scenes\[(\d+)\]/.exec(path)
    const id = scene ? snapshot.document.scenes?.[Number(scene[1])]?.id : undefined
    if (id) onScene(id)
  }

  return (
    <>
      <section className={styles.source} aria-label="Source">
        <div ref={holder} className={styles.codeHolder} />
      </section>
      <aside className={styles.panel} aria-label="Problems">
        <div className={styles.panelHead}>
          <h2>Problems</h2>
          <small className="tabular">
            {problems.length === 0 ? 'None' : count(snapshot.checked?.errors.length ?? 0, 'error')}
          </small>
        </div>
        <div className={styles.problems}>
          {problems.map((problem) => (
            <button
              type="button"
              key={`${problem.path} ${problem.code} ${problem.line}`}
              className={styles.problem}
              onClick={() => go(problem.line, problem.path)}
            >
              <span className={problem.isError ? styles.bad : styles.warn}>
                <Icon name={problem.isError ? 'failed' : 'diamond'} />
              </span>
              <span>{problem.message}</span>
              <small className="tabular">
                {problem.line
                  ? `Line ${problem.line}, column ${problem.column}`
                  : problem.path || 'The whole storyboard'}
              </small>
            </button>
          ))}
        </div>
      </aside>
    </>
  )
}
