/** New projects from nothing, an example, or a text. */
import { parseStoryboard } from '../../../core/storyboard/parse.ts'
import { ask, type Project } from '../api/client.ts'

const BLANK = { title: 'Untitled', scenes: [] }

/** The storyboard in a text, whatever its faults, or why it cannot even be read. */
export function readText(
  text: string,
  filename?: string,
): { spec: Record<string, unknown> } | { message: string } {
  const parsed = parseStoryboard(text, { filename })
  if ('errors' in parsed) {
    const [first] = parsed.errors
    const place = first?.line ? `Line ${first.line}, column ${first.column}: ` : ''
    return { message: `${place}${first?.message ?? 'this is not a storyboard'}` }
  }
  const { document } = parsed
  if (typeof document !== 'object' || document === null || Array.isArray(document))
    return { message: 'A storyboard is a list of named fields such as title and scenes.' }
  return { spec: document as Record<string, unknown> }
}

/** Name of a project for a storyboard: its title, else the file's name. */
export const nameOf = (spec: Record<string, unknown>, filename?: string): string =>
  typeof spec.title === 'string' && spec.title.trim() !== ''
    ? spec.title.trim().slice(0, 200)
    : (filename?.replace(/\.[a-z]+$/i, '') ?? 'Untitled').slice(0, 200)

export const makeProject = (
  teamId: string,
  spec: Record<string, unknown> = BLANK,
  filename?: string,
): Promise<Project> =>
  ask((api, signal) =>
    api.POST('/v1/teams/{id}/projects', {
      params: { path: { id: teamId } },
      body: { name: nameOf(spec, filename), spec },
      signal,
    }),
  )
