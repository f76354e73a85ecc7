/** A press of Render, as a command for a shell: what one does by hand today is a script tomorrow. Pure. */

export type RenderAction = {
  label: string
  /** Options of the job, as the button gives them. */
  options: Readonly<Record<string, unknown>>
}

export const RENDER: RenderAction = { label: 'Render', options: {} }
export const ANIMATIC: RenderAction = { label: 'Animatic', options: { engine: 'preview' } }

/** One word of a POSIX shell, whatever is in it. */
const word = (text: string): string =>
  /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`

/** Starts the render by one request; the answer is the job. The key stays out of the command: it comes from the shell. */
export const curlCommand = (
  server: string,
  projectId: string,
  options: Readonly<Record<string, unknown>>,
): string =>
  [
    `curl --fail-with-body -X POST ${word(`${server}/v1/projects/${projectId}/render`)}`,
    '-H "Authorization: Bearer $FRAMECAST_API_KEY"',
    "-H 'Content-Type: application/json'",
    `-d ${word(JSON.stringify({ options }))}`,
  ].join(' \\\n  ')

/** `The last ferry` as `the-last-ferry.mp4` */
const fileOf = (name: string): string =>
  `${
    name
      .toLowerCase()
      .replace(/[^\p{L}\p{N}]+/gu, '-')
      .replace(/^-+|-+$/g, '')
      .slice(0, 80) || 'film'
  }.mp4`

/** Starts the render, follows it, and fetches the film. */
export const cliCommand = (
  server: string,
  project: { id: string; name: string },
  options: Readonly<Record<string, unknown>>,
): string =>
  [
    `framecast render --project ${project.id} --server ${word(server)}`,
    ...Object.entries(options).map(([name, value]) =>
      value === true ? `--${name}` : `--${name} ${word(String(value))}`,
    ),
    `--output ${word(fileOf(project.name))}`,
  ].join(' ')
