/** Texts that are brought along. The parser and the rules are heavy: this module is loaded when there is a text to read. */
import { parseStoryboard } from '../../../core/storyboard/parse.ts'
import type { Project } from '../api/client.ts'
import { check } from './check.ts'
import { makeProject } from './create.ts'
import { leaveDraft } from './store.ts'

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

/**
 * Makes a project of a file. One with faults is a project as well: its text is kept as it is written, to be put right where
 * the faults are.
 * @returns the project, and how many faults keep it from being rendered
 */
export async function makeProjectFromFile(
  teamId: string,
  text: string,
  filename: string,
): Promise<{ project: Project; faults: number }> {
  const read = readText(text, filename)
  const faults = check({ id: 0, text }).errors.length
  if ('spec' in read && faults === 0)
    return { project: await makeProject(teamId, read.spec, { filename }), faults }
  const name = filename.replace(/\.[a-z]+$/i, '')
  const project = await makeProject(teamId, 'spec' in read ? read.spec : { title: name, scenes: [] }, {
    filename,
  })
  leaveDraft(project, text)
  return { project, faults: Math.max(1, faults) }
}
