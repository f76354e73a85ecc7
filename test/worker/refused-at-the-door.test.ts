/** What no server can render is refused over HTTP with one clear error, before anything is queued or charged. */
import t from 'tap'
import { BUILTIN_WORKFLOWS_DIR, loadWorkflows } from '../../core/workflows/load.ts'
import { buildCrew } from '../projects/people.ts'
import { startFakeComfy } from '../support/fake-comfyui.ts'
import { startPart } from '../support/stack.ts'
import { read, startStudio, until, type WireError } from '../support/studio.ts'

t.setTimeout(120_000)
const library = await loadWorkflows([BUILTIN_WORKFLOWS_DIR])
const modelsOf = (slug: string): readonly string[] => library.get(slug)!.models
const GB = 1e9

// A card of 8 GB with the weights of a model for 24, and without the nodes of AnimateDiff.
const fake = await startFakeComfy({
  models: [...modelsOf('core-wan22-5b-t2v'), ...modelsOf('core-wan22-14b-t2v')],
  vramBytes: 8 * GB,
})
t.teardown(() => fake.close())
const label = new URL(fake.url).host
const studio = await startStudio(t, {
  env: {
    COMFYUI_URLS: fake.url,
    PREVIEW_URL: '',
    CREDITS_MODE: 'enforce',
    // Packages of others are never offered in production.
    FRAMECAST_MODE: 'developer',
  },
})
const { pool } = studio
startPart(t, 'worker/main.ts', { ...studio.env, WORKER_ROLES: 'scene' })
await until(
  async () => (await pool.query(`select 1 from engine_hosts where workflows <> '{}'`)).rows.length > 0,
  'a look at the server',
  60_000,
)
const crew = await buildCrew(studio, { credits: 100 })
const spec = { title: 'One', scenes: [{ id: 'a', prompt: 'a lighthouse', duration: 1 }] }

/** All that a render begins with. */
const beginnings = async () =>
  (
    await pool.query(`select (select count(*) from jobs) as jobs, (select count(*) from job_steps) as steps,
      (select count(*) from credit_entries) as entries, (select sum(credits) from teams) as credits,
      (select count(*) from graphile_worker._private_jobs q join graphile_worker._private_tasks k on k.id = q.task_id
       where k.identifier = 'plan') as queued, (select count(*) from projects where status = 'rendering') as rendering`)
  ).rows[0]

const REFUSALS: { what: string; options: object; message: RegExp }[] = [
  {
    what: 'a node class that is not installed',
    options: { workflow: 'core-animatediff-sd15' },
    message: new RegExp(
      `^Validation error: options\\.workflow: no server can run core-animatediff-sd15: ${label} has no node ADE_[^;]*, and does not have the model [^;]+$`,
    ),
  },
  {
    what: 'weights that are not there',
    options: { workflow: 'core-wan22-14b-i2v' },
    message: new RegExp(`no server can run core-wan22-14b-i2v: ${label} does not have the model [^;]+$`),
  },
  {
    what: 'a card that is too small',
    options: { workflow: 'core-wan22-14b-t2v' },
    message: new RegExp(
      `no server can run core-wan22-14b-t2v: ${label} has 8 GB of graphics memory, and core-wan22-14b-t2v needs 24 GB$`,
    ),
  },
  {
    what: 'a workflow of nobody',
    options: { workflow: 'core-of-nobody' },
    message: /the comfyui engine has no workflow "core-of-nobody"; it has core-/,
  },
  {
    what: 'an engine that is not set up',
    options: { engine: 'runpod' },
    message: /options\.engine: this installation has no runpod engine$/,
  },
]

for (const { what, options, message } of REFUSALS) {
  t.test(`refused: ${what}`, async (t) => {
    const { owner, teamId } = crew
    const made = await read<{ id: string }>(
      owner.request(`/v1/teams/${teamId}/projects`, { json: { name: 'A film', spec } }),
    )
    const before = await beginnings()
    const team = `framecast:team:${teamId}`
    const asks: [string, Promise<Response>][] = [
      ['generate', owner.request('/v1/generate', { json: { spec, owner: team, options } })],
      ['render', owner.request(`/v1/projects/${made.body.id}/render`, { json: { options } })],
      ['plan', owner.request(`/v1/projects/${made.body.id}/render-plan`, { json: { options } })],
      ['estimate', owner.request('/v1/spec/estimate', { json: { spec, options } })],
    ]
    for (const [name, reply] of asks) {
      const { status, body } = await read<WireError>(reply)
      t.equal(status, 400, name)
      t.match(body.error, { code: 'VALIDATION_ERROR', message }, name)
    }
    t.strictSame(await beginnings(), before, 'nothing is queued, charged or begun')
    t.equal(fake.posts.length, 0)
  })
}

t.test('what the card can hold is taken, and the default follows the card', async (t) => {
  const { status, body } = await read<{ options: { workflow: string } }>(
    crew.owner.request('/v1/generate', { json: { spec, owner: `framecast:team:${crew.teamId}` } }),
  )
  t.equal(status, 201)
  t.equal(body.options.workflow, 'core-wan22-5b-t2v')
})
