/** The engines over the API and the command line: what everybody sees, and what operators may do. */
import root from 'tap'
import { createApiKey } from '../../core/accounts/keys.ts'
import { createEngineService } from '../../core/engines/service.ts'
import type { Database } from '../../core/platform/database.ts'
import { runCli } from '../cli/support.ts'
import { buildJob, buildUser } from '../support/builders.ts'
import { startFakeComfy } from '../support/fake-comfyui.ts'
import { startPart } from '../support/stack.ts'
import { read, startStudio, until, type WireError } from '../support/studio.ts'

root.setTimeout(180_000)
const fake = await startFakeComfy()
root.teardown(() => fake.close())
const secret = 'tr0ub4dor'
const address = fake.url.replace('//', `//studio:${secret}@`)
const studio = await startStudio(root, { env: { COMFYUI_URLS: address, PREVIEW_URL: '' } })
const slug = `comfyui-${new URL(fake.url).host.replaceAll(/[^a-z0-9]+/g, '-')}`

const operator = await buildUser(studio.pool)
await studio.pool.query('update users set is_operator = true where id = $1', [operator.userId])
const asOperator = studio.as(await studio.logIn(operator))
const engines = () => studio.client().GET('/v1/engines')

root.test('before a worker has started there are none', async (t) => {
  t.strictSame((await engines()).data, [])
  t.match(await read(asOperator(`/v1/admin/engines/${slug}/test`, { method: 'POST' })), { status: 404 })
})

root.test('a worker makes them known', async () => {
  const worker = startPart(root, 'worker/main.ts', studio.env)
  await worker.logged((line) => line.msg === 'worker started')
  await until(
    async () => ((await engines()).data?.[0]?.capabilities.workflows.length ?? 0) > 0,
    'a look at what is installed',
    60_000,
  )
})

root.test('everybody sees the servers, and no secret', async (t) => {
  const { data } = await engines()
  t.match(data, [
    {
      slug,
      kind: 'comfyui',
      name: new URL(fake.url).host,
      team_id: null,
      drain: false,
      concurrency: 1,
      in_use: 0,
      loaded: [],
      health: {
        state: 'healthy',
        version: '0.33.0',
        queue_running: 0,
        vram_total: 24e9,
        vram_free: 20e9,
        last_error: null,
      },
    },
  ])
  t.ok(data?.[0]?.capabilities.workflows.includes('core-wan22-5b-t2v'))
  const { data: one } = await studio.client().GET('/v1/engines/{slug}', { params: { path: { slug } } })
  t.equal(one?.slug, slug)
  const { data: health } = await studio
    .client()
    .GET('/v1/engines/{slug}/health', { params: { path: { slug } } })
  t.equal(health?.state, 'healthy')
  t.notMatch(JSON.stringify([data, one, health]), secret)
  t.match(await read(studio.request('/v1/engines/nothing-there')), { status: 404 })
})

root.test('the catalogue has classes, packages and files', async (t) => {
  const reply = await read<{
    hash: string
    node_classes: { name: string; pack: string | null; files: object }[]
  }>(asOperator(`/v1/admin/engines/${slug}/refresh-catalogue`, { method: 'POST' }))
  t.equal(reply.status, 200)
  const named = (name: string) => reply.body.node_classes.find((node) => node.name === name)
  t.match(named('UNETLoader'), { pack: null, files: { unet_name: ['wan2.2_ti2v_5B_fp16.safetensors'] } })
  t.match(named('ProbeSlow'), { pack: 'test' })
  t.match(await read(studio.request(`/v1/engines/${slug}/catalogue`)), {
    status: 200,
    body: { engine: slug, hash: reply.body.hash },
  })
})

root.test('a server that went away is told after three looks, and one that came back at once', async (t) => {
  await fake.leave()
  const states: string[] = []
  for (let n = 0; n < 3; n += 1) {
    const { body } = await read<{ state: string }>(
      asOperator(`/v1/admin/engines/${slug}/test`, { method: 'POST' }),
    )
    states.push(body.state)
  }
  t.equal(states.at(-1), 'down')
  t.ok(states.slice(0, 1).includes('degraded'))
  t.match(await read(studio.request(`/v1/engines/${slug}/health`)), {
    body: { last_error: /does not answer/ },
  })
  await fake.comeBack()
  t.match(await read(asOperator(`/v1/admin/engines/${slug}/test`, { method: 'POST' })), {
    body: { state: 'healthy', last_error: null },
  })
})

root.test('an operator drains and resumes; it is written down who did', async (t) => {
  t.match(await read(asOperator(`/v1/admin/engines/${slug}/drain`, { method: 'POST' })), {
    status: 200,
    body: { slug, drain: true },
  })
  t.match((await engines()).data, [{ drain: true }])
  t.match(await read(asOperator(`/v1/admin/engines/${slug}/resume`, { method: 'POST' })), {
    status: 200,
    body: { drain: false },
  })
  const { rows } = await studio.pool.query(
    `select action, actor_id, actor_kind, details from audit_entries where subject_type = 'engine' order by created_at, id`,
  )
  t.match(rows, [
    { action: 'engine.drained', actor_id: operator.userId, actor_kind: 'operator', details: { slug } },
    { action: 'engine.resumed', actor_id: operator.userId },
  ])
})

root.test('nobody else may, and a key of an operator has to carry everything', async (t) => {
  const narrow = await createApiKey(studio.pool, {
    userId: operator.userId,
    name: 'x',
    scopes: ['jobs:read'],
  })
  const wide = await createApiKey(studio.pool, { userId: operator.userId, name: 'y', scopes: ['*'] })
  for (const name of ['drain', 'resume', 'test', 'refresh-catalogue']) {
    const path = `/v1/admin/engines/${slug}/${name}`
    for (const request of [studio.request, studio.as(narrow.rawKey)]) {
      const reply = await read<WireError>(request(path, { method: 'POST' }))
      t.match(reply, { status: 403, body: { error: { code: 'AUTHORIZATION_ERROR' } } }, name)
    }
  }
  t.match((await engines()).data, [{ drain: false }], 'nothing was changed')
  t.match(await read(studio.as(wide.rawKey)(`/v1/admin/engines/${slug}/drain`, { method: 'POST' })), {
    status: 200,
  })
  await studio.as(wide.rawKey)(`/v1/admin/engines/${slug}/resume`, { method: 'POST' })
})

root.test('the command line shows them, drains and resumes', async (t) => {
  const env = { ...studio.env, FRAMECAST_URL: studio.url, FRAMECAST_API_KEY: studio.key }
  const run = (args: string[]) => runCli(args, { env })
  const list = await run(['engines'])
  t.match(list, { code: 0, out: new RegExp(`${slug}.*healthy`) })
  const [line] = (await run(['engines', '--json'])).out.trim().split('\n')
  t.match(JSON.parse(line ?? ''), { slug, health: { state: 'healthy' } })
  t.match(await run(['admin', 'engines', 'drain', slug, '--dry-run']), { code: 0 })
  t.match((await engines()).data, [{ drain: false }])
  t.match(await run(['admin', 'engines', 'drain', slug]), { code: 0, out: /drained/ })
  t.match((await engines()).data, [{ drain: true }])
  t.match((await run(['engines'])).out, /drained/)
  t.match(await run(['admin', 'engines', 'resume', slug, '--json']), { code: 0 })
  t.match((await engines()).data, [{ drain: false }])
  t.match(await run(['admin', 'engines', 'drain', 'nothing-there']), { code: 5, err: /no engine/ })
})

root.test(
  'a cloud endpoint is listed where one is configured, known by its last scene, without its key',
  async (t) => {
    const key = 'rp_k3y_of_the_cloud'
    const cloud = createEngineService({
      db: { system: studio.pool } as Database,
      config: { RUNPOD_API_KEY: key, RUNPOD_CONCURRENCY: 3 },
    })
    const listed = (await cloud.list()).at(-1)
    t.match(listed, {
      slug: 'runpod',
      kind: 'runpod',
      concurrency: 3,
      in_use: 0,
      health: { state: 'unknown', checked_at: null },
    })
    t.notMatch(JSON.stringify(listed), key)
    t.match(await cloud.find('runpod'), { slug: 'runpod' })
    t.notOk(
      (await engines()).data?.some(({ kind }) => kind === 'runpod'),
      'and not where none is',
    )
    await buildJob(studio.pool, operator, {
      steps: [{ kind: 'scene', key: 'a', task: 'scene.runpod', engine: 'runpod' }],
    })
    const end = (state: string, error: object | null, result: object | null) =>
      studio.pool.query(
        `update job_steps set state = $1, started_at = now(), waiting_on = 0, error = $2, result = $3 where engine = 'runpod'`,
        [state, error, result],
      )
    await end('failed', { code: 'x', message: 'no worker took it' }, null)
    t.match(await cloud.health('runpod'), { state: 'degraded', last_error: 'no worker took it' })
    await end('done', null, {})
    t.match(await cloud.health('runpod'), { state: 'healthy', last_error: null })
  },
)
