/** New projects from nothing or a storyboard. Texts are read by `import.ts`, which comes when it is needed. */
import { ask, type Project } from '../api/client.ts'

const BLANK = { title: 'Untitled', scenes: [] }

/** Name of a project for a storyboard: its title, else the file's name. */
const nameOf = (spec: Record<string, unknown>, filename?: string): string =>
  typeof spec.title === 'string' && spec.title.trim() !== ''
    ? spec.title.trim().slice(0, 200)
    : (filename?.replace(/\.[a-z]+$/i, '') ?? 'Untitled').slice(0, 200)

export const makeProject = (
  teamId: string,
  spec: Record<string, unknown> = BLANK,
  { name, filename }: { name?: string; filename?: string } = {},
): Promise<Project> =>
  ask((api, signal) =>
    api.POST('/v1/teams/{id}/projects', {
      params: { path: { id: teamId } },
      body: { name: name ?? nameOf(spec, filename), spec },
      signal,
    }),
  )
