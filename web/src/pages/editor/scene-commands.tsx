/** What can be done with the selected scenes by keys: edit, rename, add after, duplicate, remove. */
import { useEffect, useRef, useState } from 'react'
import { removedScenes } from '../../document/edit.ts'
import { addedScene, isAll, type Removal, removal, removedShot } from '../../document/shots.ts'
import type { DocumentStore, Snapshot } from '../../document/store.ts'
import { count } from '../../format.ts'
import { freeId } from './board.tsx'
import { changing } from './inspector/editing.ts'
import { RemoveDialog } from './remove-dialog.tsx'
import { type EditorKey, KeyCommand, useKeys } from './use-keys.tsx'

const PROMPT = 'aside[aria-label="Scene"] textarea'
const NAME = 'aside[aria-label="Scene"] [data-field="scene-name"]'
/** Enter is theirs: it presses what has the focus. */
const PRESSED_BY_ENTER = 'button:not([data-card]), a, summary, input, [role="slider"]'

/** Focuses a field of the inspector, whatever fold it is in. */
function focusField(selector: string, isAll: boolean): void {
  const field = document.querySelector<HTMLInputElement | HTMLTextAreaElement>(selector)
  field?.closest('details')?.setAttribute('open', '')
  field?.focus()
  if (isAll) field?.select()
}

const shotWithFocus = (): number | null => {
  const place = document.activeElement?.closest<HTMLElement>('[data-shot]')?.dataset.shot
  return place === undefined ? null : Number(place)
}

/** The focus stays in its list, on the neighbour of what went. */
function focusNeighbour(next: string, shot: number | null, wasCard: boolean): void {
  if (shot === null && !wasCard) return
  requestAnimationFrame(() =>
    requestAnimationFrame(() => {
      const place = [shot, shot === null ? null : shot - 1].find(
        (at) => at !== null && document.querySelector(`[data-shot="${at}"]`),
      )
      const selector = wasCard ? `[data-card="${CSS.escape(next)}"]` : `[data-shot="${place}"]`
      document.querySelector<HTMLElement>(selector)?.focus()
    }),
  )
}

export function SceneCommands({
  store,
  snapshot: { document: storyboard, checked },
  chosen,
  onSelect,
  canEdit,
}: {
  store: DocumentStore
  snapshot: Snapshot
  chosen: readonly { id: string }[]
  onSelect: (sceneId: string) => void
  canEdit: boolean
}) {
  const [asked, setAsked] = useState<Removal | null>(null)
  const [said, setSaid] = useState('')
  const newId = useRef<string | null>(null)
  const change = changing(store)
  const scenes = (storyboard.scenes ?? []).filter((scene) => scene?.id !== undefined)
  const selected = scenes.find(({ id }) => id === chosen.at(-1)?.id)
  const when = canEdit && (checked?.readable ?? true)
  const ids = chosen.map(({ id }) => id)

  const remove = (gone: readonly string[]): void => {
    const shot = shotWithFocus()
    const wasCard = document.activeElement?.closest('[data-card]') != null
    const at = scenes.findIndex(({ id }) => gone.includes(id))
    const left = scenes.filter(({ id }) => !gone.includes(id))
    const next = left[Math.min(at, left.length - 1)]?.id ?? ''
    change(
      `remove ${gone.length === 1 ? gone[0] : count(gone.length, 'scene')}`,
      ...removedScenes(storyboard, gone),
    )
    onSelect(next)
    focusNeighbour(next, shot, wasCard)
    setSaid(`Removed ${gone.length === 1 ? gone[0] : count(gone.length, 'scene')}. Undo brings it back.`)
  }
  const removeShot = (sceneId: string, shot: number): void => {
    change(`remove a shot of ${sceneId}`, ...removedShot(storyboard, shot))
    focusNeighbour('', shot, false)
    setSaid(`Removed one shot of ${sceneId}. Undo brings it back.`)
  }
  const add = (scene: (typeof scenes)[number], name: string): void => {
    change(name, ...addedScene(storyboard, selected?.id, scene))
    onSelect(scene.id)
  }
  const keys: EditorKey[] = [
    {
      id: 'edit-prompt',
      title: 'Edit the prompt',
      keys: 'Enter',
      when: selected !== undefined,
      run: (target) => (target?.closest(PRESSED_BY_ENTER) ? false : focusField(PROMPT, false)),
    },
    {
      id: 'rename-scene',
      title: 'Rename the scene',
      keys: 'F2',
      when: when && chosen.length === 1,
      run: () => focusField(NAME, true),
    },
    {
      id: 'new-scene',
      title: 'New scene after this one',
      keys: 'N',
      when,
      run: () => {
        newId.current = freeId(scenes)
        add({ id: newId.current, prompt: 'Describe the shot', duration: 4 }, 'add a scene')
      },
    },
    {
      id: 'duplicate-scene',
      title: 'Duplicate the scene',
      keys: 'Mod+D',
      when: when && chosen.length === 1,
      run: () =>
        selected ? add({ ...selected, id: freeId(scenes, selected.id) }, `duplicate ${selected.id}`) : false,
    },
    {
      id: 'remove-scene',
      title: 'Remove the selected scenes',
      keys: 'Delete',
      when: when && chosen.length > 0,
      run: () => {
        const wanted = removal(storyboard, ids, shotWithFocus())
        if (wanted.kind === 'refused') setSaid(wanted.why)
        else if (wanted.kind === 'free') remove(wanted.ids)
        else setAsked(wanted)
      },
    },
  ]
  useKeys(keys)
  const selectedId = selected?.id
  // The fields of a new scene are there once it is selected.
  useEffect(() => {
    if (selectedId === undefined || selectedId !== newId.current) return
    newId.current = null
    focusField(PROMPT, true)
  }, [selectedId])

  return (
    <>
      {keys.map((key) => (
        <KeyCommand key={key.id} command={key} group="Scene" />
      ))}
      {asked ? (
        <RemoveDialog
          asked={asked}
          isLast={isAll(storyboard, asked.kind === 'asked' ? [asked.sceneId] : ids)}
          onClose={() => setAsked(null)}
          onScenes={(gone) => {
            setAsked(null)
            remove(gone)
          }}
          onShot={(sceneId, shot) => {
            setAsked(null)
            removeShot(sceneId, shot)
          }}
        />
      ) : null}
      <p className="sr-only" role="status">
        {said}
      </p>
    </>
  )
}
