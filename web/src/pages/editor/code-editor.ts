/** The text editor of the source view: CodeMirror with the storyboard's own completion, help and faults. */
import {
  autocompletion,
  type Completion,
  type CompletionContext,
  type CompletionResult,
  completionKeymap,
  pickedCompletion,
  startCompletion,
} from '@codemirror/autocomplete'
import { defaultKeymap, indentWithTab } from '@codemirror/commands'
import { yaml } from '@codemirror/lang-yaml'
import { bracketMatching, HighlightStyle, indentOnInput, syntaxHighlighting } from '@codemirror/language'
import { type Diagnostic, forEachDiagnostic, lintGutter, setDiagnostics } from '@codemirror/lint'
import { highlightSelectionMatches, searchKeymap } from '@codemirror/search'
import { Annotation, Compartment, EditorState, StateEffect, StateField } from '@codemirror/state'
import {
  Decoration,
  type DecorationSet,
  drawSelection,
  EditorView,
  highlightActiveLine,
  hoverTooltip,
  keymap,
  lineNumbers,
  WidgetType,
} from '@codemirror/view'
import { tags } from '@lezer/highlight'
import type { Problem } from '../../../../core/storyboard/problems.ts'
import { correctionOf, rangeOf } from '../../document/corrections.ts'
import { lineChanges, placesOf } from '../../document/line-changes.ts'
import { type Help, helpAt, type Names, type Suggestion, suggestionsAt } from '../../document/schema-help.ts'
import { toText } from '../../document/text.ts'

/** What is wrong, as the source view shows it. */
export type Fault = { problem: Problem; isError: boolean }

/** Name of the step for undo, of a change that is not typing. */
const step = Annotation.define<string>()

/** How long what a colleague changed stays marked. */
const MARKED_MS = 8_000

/** Marks places as changed by somebody; null takes the marks away. */
const marking = StateEffect.define<{ name: string; places: { from: number; to: number }[] } | null>()

/** The name of whoever changed what begins here. */
class Maker extends WidgetType {
  readonly name: string
  constructor(name: string) {
    super()
    this.name = name
  }
  override eq(other: Maker): boolean {
    return other.name === this.name
  }
  toDOM(): HTMLElement {
    const element = document.createElement('span')
    element.className = 'cm-maker'
    element.textContent = this.name
    return element
  }
}

const marks = StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update(before, { changes, effects, state }) {
    let now = before.map(changes)
    for (const effect of effects)
      if (effect.is(marking)) now = effect.value ? marksOf(state, effect.value) : Decoration.none
    return now
  },
  provide: (field) => EditorView.decorations.from(field),
})

function marksOf(
  { doc }: EditorState,
  { name, places }: { name: string; places: readonly { from: number; to: number }[] },
): DecorationSet {
  const line = Decoration.line({ class: 'cm-theirs', attributes: { title: `Changed by ${name}` } })
  const found = places.flatMap(({ from, to }) => {
    const first = doc.lineAt(Math.min(from, doc.length))
    // The line break at the end of what was inserted belongs to its last line.
    const last = doc.lineAt(Math.max(first.from, Math.min(to, doc.length) - 1))
    const lines = Array.from({ length: last.number - first.number + 1 }, (_, at) =>
      line.range(doc.line(first.number + at).from),
    )
    return [...lines, Decoration.widget({ widget: new Maker(name), side: 1 }).range(first.to)]
  })
  return Decoration.set(found, true)
}

const THEME = EditorView.theme({
  '&': { height: '100%', backgroundColor: 'var(--bg)', color: 'var(--text-1)', fontSize: '13px' },
  '&.cm-focused': { outline: 'none' },
  '.cm-scroller': { fontFamily: 'var(--mono)', lineHeight: '20px' },
  '.cm-content': { caretColor: 'var(--text-1)', padding: '8px 0' },
  '.cm-cursor': { borderLeftColor: 'var(--text-1)' },
  '.cm-gutters': { backgroundColor: 'var(--bg)', color: 'var(--text-3)', border: 'none' },
  '.cm-activeLine, .cm-activeLineGutter': { backgroundColor: 'var(--panel)' },
  '&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground': {
    backgroundColor: 'var(--accent-soft)',
  },
  '.cm-theirs': { backgroundColor: 'var(--warn-soft)', boxShadow: 'inset 2px 0 0 var(--warn)' },
  '.cm-maker': {
    backgroundColor: 'var(--warn-soft)',
    borderRadius: '4px',
    color: 'var(--warn)',
    font: '500 11px/16px var(--font)',
    marginLeft: '12px',
    padding: '1px 6px',
    userSelect: 'none',
  },
  '.cm-selectionMatch': { backgroundColor: 'var(--hover)' },
  // The page allows no pictures out of its style sheets, so that marks are drawn with what styles have.
  '.cm-lintRange': { backgroundImage: 'none !important', paddingBottom: '0' },
  '.cm-lintRange-error': { textDecoration: 'underline wavy var(--bad) 1.5px', textUnderlineOffset: '4px' },
  '.cm-lintRange-warning': { textDecoration: 'underline wavy var(--warn) 1.5px', textUnderlineOffset: '4px' },
  '.cm-lintRange-active': { backgroundColor: 'var(--hover)' },
  '.cm-lintPoint::after': { borderBottomColor: 'var(--bad)' },
  '.cm-gutter-lint': { width: '16px' },
  '.cm-lint-marker': { content: 'normal !important', height: '10px', margin: '5px 3px', width: '10px' },
  '.cm-lint-marker-error': { background: 'var(--bad)', clipPath: 'polygon(50% 0, 100% 100%, 0 100%)' },
  '.cm-lint-marker-warning': {
    background: 'var(--warn)',
    clipPath: 'polygon(50% 0, 100% 50%, 50% 100%, 0 50%)',
  },
  '.cm-tooltip': {
    backgroundColor: 'var(--raised)',
    color: 'var(--text-1)',
    border: 'none',
    borderRadius: '6px',
    boxShadow: 'var(--shadow-menu)',
    fontFamily: 'var(--font)',
    maxWidth: '440px',
  },
  '.cm-tooltip .cm-tooltip-section:not(:first-child)': { borderTop: '1px solid var(--line)' },
  '.cm-diagnostic': { borderLeft: 'none', padding: '8px 12px' },
  '.cm-diagnosticAction': {
    backgroundColor: 'transparent',
    border: '1px solid var(--control)',
    borderRadius: '6px',
    color: 'var(--text-1)',
    fontWeight: '500',
    margin: '0 0 0 8px',
    minHeight: '24px',
    padding: '0 8px',
  },
  '.cm-diagnosticAction:hover': { backgroundColor: 'var(--hover)' },
  '.cm-tooltip-autocomplete ul': { fontFamily: 'var(--mono) !important', maxHeight: '260px !important' },
  '.cm-tooltip-autocomplete ul li': {
    borderRadius: '4px',
    lineHeight: '20px',
    padding: '2px 8px !important',
  },
  '.cm-tooltip-autocomplete ul li[aria-selected]': {
    backgroundColor: 'var(--hover) !important',
    color: 'var(--text-1) !important',
  },
  '.cm-completionMatchedText': { color: 'var(--accent)', textDecoration: 'none' },
  '.cm-completionDetail': {
    color: 'var(--text-2)',
    fontFamily: 'var(--font)',
    fontSize: '12px',
    fontStyle: 'normal',
    marginLeft: '12px',
  },
  '.cm-completionInfo': { color: 'var(--text-2)', maxWidth: '320px', padding: '8px 12px' },
  '.cm-panels': { backgroundColor: 'var(--panel)', color: 'var(--text-1)', fontFamily: 'var(--font)' },
  '.cm-panels.cm-panels-bottom': { borderTop: '1px solid var(--line)' },
  '.cm-textfield': {
    backgroundColor: 'var(--field)',
    border: '1px solid var(--control)',
    borderRadius: '6px',
    padding: '3px 8px',
  },
  '.cm-button': {
    backgroundColor: 'transparent',
    backgroundImage: 'none',
    border: '1px solid var(--control)',
    borderRadius: '6px',
  },
  '.cm-searchMatch': { backgroundColor: 'var(--warn-soft)' },
  '.cm-searchMatch-selected': { backgroundColor: 'var(--accent-soft)' },
})

/** Few colours, of the studio's own tokens, so that they hold in both themes. */
const COLOURS = HighlightStyle.define([
  { tag: [tags.propertyName, tags.definition(tags.propertyName)], color: 'var(--accent)' },
  { tag: [tags.number, tags.bool, tags.null], color: 'var(--ok)' },
  { tag: tags.comment, color: 'var(--text-3)', fontStyle: 'italic' },
  { tag: [tags.punctuation, tags.separator, tags.squareBracket, tags.brace], color: 'var(--text-2)' },
  { tag: tags.invalid, color: 'var(--bad)' },
])

/** A key's work, after which no other binding looks at the key. */
const handled =
  (work: (view: EditorView) => void) =>
  (view: EditorView): boolean => {
    work(view)
    return true
  }

function completion({ label, detail, info, insert, caret, goesOn }: Suggestion, at: number): Completion {
  return {
    label,
    ...(detail === undefined ? {} : { detail }),
    ...(info === undefined ? {} : { info }),
    // The order of the schema stays among what fits equally well.
    boost: Math.max(-99, 99 - at),
    apply: (view, picked, from, to) => {
      view.dispatch({
        changes: { from, to, insert },
        selection: { anchor: from + (caret ?? insert.length) },
        annotations: pickedCompletion.of(picked),
        userEvent: 'input.complete',
        scrollIntoView: true,
      })
      if (goesOn) startCompletion(view)
    },
  }
}

/** What a name or a value is typed of. */
const WORD = /^@?[\w-]*$/

const completing =
  (names: () => Names) =>
  ({ state, pos, explicit }: CompletionContext): CompletionResult | null => {
    const text = state.doc.toString()
    const found = suggestionsAt(text, pos, names())
    // Unasked only where something is being typed, or right behind a colon.
    if (!found || (!explicit && found.from === pos && !/: $/.test(text.slice(pos - 2, pos)))) return null
    // Who has typed a whole value presses Enter for the next line.
    const isWhole = (typed: string): boolean =>
      found.options.some(({ label, goesOn }) => label === typed && !goesOn)
    if (!explicit && isWhole(text.slice(found.from, pos))) return null
    return {
      from: found.from,
      to: found.to,
      options: found.options.map(completion),
      // What is typed on narrows the list at once: until it was asked for anew, Enter would take nothing.
      validFor: (typed) => WORD.test(typed) && !isWhole(typed),
    }
  }

/** The help of a field as a tooltip shows it. */
function helpElement({ title, description, facts }: Help): HTMLElement {
  const make = (name: string, text: string, className = ''): HTMLElement => {
    const element = document.createElement(name)
    element.textContent = text
    element.className = className
    return element
  }
  const element = make('div', '', 'cm-field-help')
  element.append(make('b', title), make('p', description))
  const list = make('dl', '')
  for (const { name, value } of facts) list.append(make('dt', name), make('dd', value))
  if (facts.length > 0) element.append(list)
  return element
}

export type CodeEditor = {
  view: EditorView
  /**
   * The text of the document, changed elsewhere. The caret stays where it is.
   * @param by name of the colleague whose change it is: what changed is marked for a while, or until a press into the text
   */
  setText(text: string, by: string | null): void
  setFaults(faults: readonly Fault[]): void
  setEditable(canEdit: boolean): void
  /** Puts the caret at a place and shows it. */
  go(from: number, to?: number): void
  /** Mends a fault; a step of its own for undo. */
  correct(problem: Problem): void
  destroy(): void
}

export function openCodeEditor({
  parent,
  text: firstText,
  names,
  onText,
  onCaret,
  onUndo,
  onRedo,
}: {
  parent: HTMLElement
  text: string
  names: () => Names
  /** @param name of the step, for undo */
  onText: (name: string, text: string) => void
  onCaret: (offset: number, line: number, column: number) => void
  onUndo: () => void
  onRedo: () => void
}): CodeEditor {
  const access = new Compartment()

  /** Goes to the next fault, or to the one before, and reads it out. */
  const toFault = (view: EditorView, isForward: boolean): boolean => {
    const places: { from: number; to: number; message: string }[] = []
    forEachDiagnostic(view.state, ({ message }, from, to) => places.push({ from, to, message }))
    const { head } = view.state.selection.main
    const next = isForward
      ? (places.find(({ from }) => from > head) ?? places[0])
      : (places.findLast(({ from }) => from < head) ?? places.at(-1))
    if (!next) return true
    view.dispatch({
      selection: { anchor: next.from },
      effects: [EditorView.scrollIntoView(next.from, { y: 'center' }), EditorView.announce.of(next.message)],
    })
    return true
  }
  const correctAtCaret = (view: EditorView): boolean => {
    const { head } = view.state.selection.main
    let action: (() => void) | undefined
    forEachDiagnostic(view.state, ({ actions }, from, to) => {
      const [first] = actions ?? []
      if (!action && first && head >= from && head <= to) action = () => first.apply(view, from, to)
    })
    action?.()
    return true
  }

  let marked: ReturnType<typeof setTimeout> | undefined
  const unmark = (): void => {
    clearTimeout(marked)
    if (view.state.field(marks).size > 0) view.dispatch({ effects: marking.of(null) })
  }
  const view = new EditorView({
    parent,
    state: EditorState.create({
      doc: firstText,
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
        autocompletion({
          override: [completing(names)],
          icons: false,
          maxRenderedOptions: 60,
          interactionDelay: 0,
        }),
        hoverTooltip((shown, at) => {
          const help = helpAt(shown.state.doc.toString(), at, names())
          return help && { pos: help.from, end: help.to, create: () => ({ dom: helpElement(help) }) }
        }),
        keymap.of([
          ...completionKeymap,
          { key: 'Mod-z', run: handled(onUndo) },
          { key: 'Mod-Shift-z', run: handled(onRedo) },
          { key: 'F8', run: (shown) => toFault(shown, true), shift: (shown) => toFault(shown, false) },
          { key: 'Mod-.', run: correctAtCaret },
          ...searchKeymap,
          ...defaultKeymap,
          indentWithTab,
        ]),
        access.of(EditorState.readOnly.of(false)),
        // What can be edited has the focus without it; tools that look for what has the focus go by the attribute.
        EditorView.contentAttributes.of({ 'aria-label': 'Storyboard as YAML', tabindex: '0' }),
        EditorView.lineWrapping,
        EditorView.domEventHandlers({
          paste: (event, shown) => pasteJson(event, shown),
          mousedown: () => unmark(),
        }),
        marks,
        THEME,
        EditorView.updateListener.of((update) => {
          const { state } = update
          // What comes from the store is in the store.
          if (update.docChanged && !update.transactions.some((change) => change.isUserEvent('store'))) {
            const name = update.transactions.map((change) => change.annotation(step)).find(Boolean)
            onText(name ?? 'typing', state.doc.toString())
          }
          if (update.docChanged || update.selectionSet) {
            const { head } = state.selection.main
            const line = state.doc.lineAt(head)
            onCaret(head, line.number, head - line.from + 1)
          }
        }),
      ],
    }),
  })

  const correct = (problem: Problem): void => {
    const correction = correctionOf(view.state.doc.toString(), problem)
    if (!correction || view.state.readOnly) return
    const { from, to, insert, label } = correction
    view.dispatch({
      changes: { from, to, insert },
      selection: { anchor: from + insert.length },
      annotations: step.of(`${label[0]!.toLowerCase()}${label.slice(1)}`),
      userEvent: 'input.correct',
      effects: EditorView.scrollIntoView(from, { y: 'nearest', yMargin: 40 }),
    })
    view.focus()
  }

  return {
    view,
    correct,
    setText(text, by) {
      const shown = view.state.doc.toString()
      if (shown === text) return
      const changes = lineChanges(shown, text)
      const places = placesOf(changes)
      view.dispatch({ changes, userEvent: 'store' })
      if (by === null) return
      const { doc } = view.state
      const lines = places.map(({ from }) => doc.lineAt(Math.min(from, doc.length)).number)
      view.dispatch({
        effects: [
          marking.of({ name: by, places }),
          EditorView.announce.of(`${by} changed line ${lines.join(', ')}.`),
        ],
      })
      clearTimeout(marked)
      marked = setTimeout(unmark, MARKED_MS)
    },
    setFaults(faults) {
      const text = view.state.doc.toString()
      const diagnostics = faults.map(({ problem, isError }): Diagnostic => {
        const { from, to } = rangeOf(text, problem) ?? { from: 0, to: 0 }
        const correction = correctionOf(text, problem)
        return {
          from,
          to,
          severity: isError ? 'error' : 'warning',
          message: problem.message,
          actions: correction ? [{ name: correction.label, apply: () => correct(problem) }] : [],
        }
      })
      view.dispatch(setDiagnostics(view.state, diagnostics))
    },
    setEditable(canEdit) {
      view.dispatch({ effects: access.reconfigure(EditorState.readOnly.of(!canEdit)) })
    },
    go(from, to = from) {
      const length = view.state.doc.length
      view.dispatch({
        selection: { anchor: Math.min(from, length), head: Math.min(to, length) },
        effects: EditorView.scrollIntoView(Math.min(from, length), { y: 'center' }),
      })
      view.focus()
    },
    destroy() {
      clearTimeout(marked)
      view.destroy()
    },
  }
}

/** A whole storyboard as JSON, pasted over everything, becomes YAML; anything else is pasted as it is. */
function pasteJson(event: ClipboardEvent, view: EditorView): boolean {
  const text = event.clipboardData?.getData('text/plain') ?? ''
  const { doc, selection } = view.state
  const { from, to } = selection.main
  const isAll = doc.sliceString(0, from).trim() === '' && doc.sliceString(to).trim() === ''
  if (view.state.readOnly || !isAll || !/^\s*\{/.test(text)) return false
  let document: unknown
  try {
    document = JSON.parse(text)
  } catch {
    return false
  }
  view.dispatch({
    changes: { from: 0, to: doc.length, insert: toText(document) },
    selection: { anchor: 0 },
    annotations: step.of('paste JSON'),
    userEvent: 'input.paste',
  })
  return true
}
