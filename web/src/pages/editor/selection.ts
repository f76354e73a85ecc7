/** Which scenes are selected: one selection for board, timeline and inspector, kept in the address. Pure. */

type Named = { id: string }

/** A plain press selects one; Ctrl or Cmd adds or takes away; Shift takes all between. */
export type Selecting = 'only' | 'add' | 'run'

export const selecting = (event: { ctrlKey: boolean; metaKey: boolean; shiftKey: boolean }): Selecting =>
  event.shiftKey ? 'run' : event.ctrlKey || event.metaKey ? 'add' : 'only'

/**
 * The scenes that an address names, in the order in which they were chosen.
 * @param named ids between commas; absent: the first scene; empty: none
 */
export function chosenScenes<T extends Named>(
  scenes: readonly (T | null | undefined)[],
  named: string | undefined,
): T[] {
  const known = scenes.filter((scene): scene is T => scene?.id !== undefined)
  if (named === '') return []
  const chosen = (named ?? '').split(',').flatMap((id) => known.find((scene) => scene.id === id) ?? [])
  return chosen.length > 0 ? chosen : known.slice(0, 1)
}

/** The ids that are selected after a press on `id`; the last of them is the one that is seen. */
export function selection(
  ids: readonly string[],
  chosen: readonly string[],
  id: string,
  how: Selecting,
): string[] {
  if (id === '') return []
  const last = chosen.at(-1)
  if (how === 'add') return chosen.includes(id) ? chosen.filter((one) => one !== id) : [...chosen, id]
  if (how === 'run' && last !== undefined) {
    const [from, to] = [ids.indexOf(last), ids.indexOf(id)]
    const run = ids.slice(Math.min(from, to), Math.max(from, to) + 1)
    return [...run.filter((one) => one !== id), id]
  }
  return [id]
}
