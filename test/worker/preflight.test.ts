/** A job that no server can render is refused before it is queued: workers look, the table tells, the server decides. */
import t from 'tap'
import { registerHosts } from '../../core/engines/hosts.ts'
import { openDatabase } from '../../core/platform/database.ts'
import { freshHostFacts, storeHostFacts } from '../../core/workflows/host-facts.ts'
import { BUILTIN_WORKFLOWS_DIR, loadWorkflows } from '../../core/workflows/load.ts'
import { runCli } from '../cli/support.ts'
import { buildUser } from '../support/builders.ts'
import { startFakeComfy } from '../support/fake-comfyui.ts'
import { startStack } from '../support/stack.ts'

const library = await loadWorkflows([BUILTIN_WORKFLOWS_DIR])
const models = library.get('core-wan22-5b-t2v')!.models
const fake = await startFakeComfy({ models })
t.teardown(() => fake.close())
const stack = await startStack(t, { comfyuiUrls: [fake.url] })
const spec = { title: 'One', scenes: [{ id: 'a', prompt: 'a lighthouse', duration: 1 }] }
const label = new URL(fake.url).host

/** What is written of a person: jobs of others end while this is looked at. */
const rowsOf = async (userId: string) =>
  (
    await stack.db.pool.query(
      `select (select count(*) from jobs where triggered_by = $1) as jobs,
         (select count(*) from credit_entries where source = 'framecast:user:' || $1) as credits`,
      [userId],
    )
  ).rows
const factsSeen = async () => {
  for (;;) {
    const facts = await freshHostFacts(stack.db.pool, 'comfyui')
    if (facts.length > 0) return facts
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

t.test('before anybody has looked, a job is taken at its word', async (t) => {
  const { job } = await stack.jobs.accept(await buildUser(stack.db.pool), {
    spec,
    options: { workflow: 'core-wan22-14b-t2v' },
  })
  t.equal(job.options.workflow, 'core-wan22-14b-t2v')
})

t.test('a worker records what its servers are and lack', async (t) => {
  await stack.startWorker()
  const [facts] = await factsSeen()
  t.match(facts, { label, version: '0.33.0' })
  const fit = (slug: string) => facts?.workflows[slug]
  t.strictSame(fit('core-wan22-5b-t2v'), {
    digest: library.get('core-wan22-5b-t2v')!.digest,
    missing_nodes: [],
    missing_models: [],
    needs_version: null,
  })
  t.match(fit('core-wan22-14b-t2v')?.missing_models, [/wan2\.2_t2v_high_noise_14B/])
  t.match(fit('core-animatediff-sd15')?.missing_nodes, ['ADE_ApplyAnimateDiffModelSimple'])
  t.notOk(fit('preview-animatic'), 'of its own engine only')
})

t.test(
  'then a job for what is missing is refused with one clear error, and leaves nothing behind',
  async (t) => {
    const user = await buildUser(stack.db.pool)
    const before = await rowsOf(user.userId)
    const request = { spec, options: { workflow: 'core-wan22-14b-t2v' } }
    const asks: (() => Promise<unknown>)[] = [
      () => stack.jobs.accept(user, request),
      () => stack.jobs.estimate(user, request),
    ]
    for (const ask of asks)
      await t.rejects(ask(), {
        code: 'VALIDATION_ERROR',
        status: 400,
        reason: 'workflow_rejected',
        message: new RegExp(
          `options\\.workflow: no server can run core-wan22-14b-t2v: ${label} does not have the model wan2\\.2_t2v_high`,
        ),
      })
    t.strictSame(await rowsOf(user.userId), before)
    const { job } = await stack.jobs.accept(await buildUser(stack.db.pool), { spec })
    t.equal(job.options.workflow, 'core-wan22-5b-t2v', 'the default is what is there')
  },
)

t.test('the server may read these facts and not write them', async (t) => {
  const app = await openDatabase({
    url: stack.env.DATABASE_URL!,
    poolSize: 2,
    applicationName: 'test',
    statementTimeoutMs: 10_000,
    role: 'app',
  })
  t.teardown(() => app.close())
  const facts = await freshHostFacts(app.pool, 'comfyui')
  t.match(facts, [{ label }])
  await t.rejects(storeHostFacts(app.pool, 'comfyui', facts), { code: '42501' })
})

t.test('the command line says where a workflow runs', async (t) => {
  const env = { DATABASE_URL: stack.env.DATABASE_URL! }
  const { out } = await runCli(['workflows'], { env })
  t.match(out, new RegExp(`core-wan22-5b-t2v .* on ${label}`))
  t.match(out, /core-wan22-14b-t2v .* on no server/)
  t.match(
    out,
    new RegExp(`default: core-wan22-5b-t2v \\(${label}: .*passed over: core-wan22-14b-t2v-4step, because`),
  )
  const { workflows } = JSON.parse((await runCli(['workflows', '--json'], { env })).out)
  t.match(
    workflows.find(({ slug }: { slug: string }) => slug === 'core-z-image-still'),
    { offered: true, hosts: [{ host: label, able: false, lack: /does not have the model/ }] },
  )
})

t.test('scenes that the workflow cannot make are named, too', async (t) => {
  await t.rejects(
    stack.jobs.accept(await buildUser(stack.db.pool), { spec, options: { workflow: 'core-wan22-5b-i2v' } }),
    {
      code: 'VALIDATION_ERROR',
      message: /core-wan22-5b-i2v starts from a picture, and scene "a" has none/,
    },
  )
  await t.rejects(
    stack.jobs.accept(await buildUser(stack.db.pool), { spec, options: { workflow: 'core-svd-i2v' } }),
    {
      message: /not offered here: its weights are under Stability-AI-Community/,
    },
  )
})

t.test('facts grow old: what was missing may be there by now', async (t) => {
  await stack.db.pool.query(`update engine_hosts set checked_at = now() - interval '10 minutes'`)
  t.strictSame(await freshHostFacts(stack.db.pool, 'comfyui'), [])
  const { job } = await stack.jobs.accept(await buildUser(stack.db.pool), {
    spec,
    options: { workflow: 'core-wan22-14b-t2v' },
  })
  t.ok(job.id)
  await stack.db.pool.query(`update engine_hosts set seen_at = now() - interval '60 days', key = 'gone'`)
  await registerHosts(stack.db.pool, 'comfyui', [])
  const { rows } = await stack.db.pool.query('select key from engine_hosts')
  t.notOk(
    rows.some(({ key }) => key === 'gone'),
    'and a server that nobody has named for weeks is forgotten',
  )
})
