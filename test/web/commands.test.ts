/** The commands that stand for the render buttons: whole words of a shell, whatever is in them. */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import t from 'tap'
import { ANIMATIC, cliCommand, curlCommand, RENDER } from '../../web/src/document/commands.ts'

const ID = '0192f0c4-7c1e-7d5a-9a1b-0d6f3b0c8e11'

/** The words that a shell makes of a command, each on a line; `curl` and `framecast` print them. */
async function wordsOf(command: string): Promise<string[]> {
  const script = `curl() { printf '%s\\n' "$@"; }; framecast() { printf '%s\\n' "$@"; }; ${command}`
  const { stdout } = await promisify(execFile)('sh', ['-c', script], {
    env: { FRAMECAST_API_KEY: 'sk_live_x' },
  })
  return stdout.trimEnd().split('\n')
}

t.test('curl posts the options of the button with the key of the shell', async (t) => {
  t.same(await wordsOf(curlCommand('http://studio:3000', ID, ANIMATIC.options)), [
    '--fail-with-body',
    '-X',
    'POST',
    `http://studio:3000/v1/projects/${ID}/render`,
    '-H',
    'Authorization: Bearer sk_live_x',
    '-H',
    'Content-Type: application/json',
    '-d',
    '{"options":{"engine":"preview"}}',
  ])
})

t.test('the command line names project, server, options, and a file after the film', async (t) => {
  const words = (name: string, options: object): Promise<string[]> =>
    wordsOf(cliCommand('http://studio:3000', { id: ID, name }, { ...options }))
  t.same(await words('The last ferry', RENDER.options), [
    'render',
    '--project',
    ID,
    '--server',
    'http://studio:3000',
    '--output',
    'the-last-ferry.mp4',
  ])
  t.same((await words("$(rm -rf ~); it's `late`", { draft: true, workflow: "a 'b' $c" })).slice(5), [
    '--draft',
    '--workflow',
    "a 'b' $c",
    '--output',
    'rm-rf-it-s-late.mp4',
  ])
  t.equal((await words('…', {})).at(-1), 'film.mp4')
  t.equal((await words('Fähre 渡し', {})).at(-1), 'fähre-渡し.mp4')
})
