/** Plans, policies and the charge that follows them, over HTTP. */
import { t } from 'tap'
import { userUrn } from '../../core/access/owner.ts'
import { buildCrew } from '../projects/people.ts'
import { setBalance } from '../support/builders.ts'
import { aStoryboard, read, startStudio, type WireError } from '../support/studio.ts'

type Plan = {
  scenes: {
    scene_id: string
    action: string
    reason: string
    key: string
    estimate: { seconds: number; cost: number }
  }[]
  totals: Record<string, number>
  summary: string
  refusal: { reason: string; scenes: string[] } | null
}

// Nobody renders here. aStoryboard() costs 4 credits: two scenes of two seconds.
const studio = await startStudio(t, { env: { COMFYUI_URLS: 'http://127.0.0.1:9', CREDITS_MODE: 'enforce' } })
await setBalance(studio.pool, userUrn(studio.userId), 1_000)

const plan = (options: object = {}, spec: object = aStoryboard()) =>
  read<Plan & WireError>(studio.request('/v1/spec/plan', { json: { spec, options } }))
const generate = (options: object = {}, spec: object = aStoryboard()) =>
  read<{ id: string; credits_charged: number } & WireError>(
    studio.request('/v1/generate', { json: { spec, options } }),
  )
const cancel = (id: string) => studio.request(`/v1/jobs/${id}/cancel`, { method: 'POST' })
const remember = (scope: string, key: string) =>
  studio.pool.query(
    `insert into content_cache (scope, stage, content_key, object_key, sha256, size_bytes, meta)
     values ($1, 'clip', $2, 'clips/' || $2 || '.mp4', $2, 1, '{"frames":48,"keyFrames":[0]}')`,
    [scope, key],
  )
const rows = async (): Promise<number> =>
  (await studio.pool.query('select count(*)::int as n from jobs')).rows[0].n
const spent = async (): Promise<number> =>
  (await studio.pool.query('select count(*)::int as n from credit_entries')).rows[0].n

t.test('a plan says what each scene takes, and nothing is queued or spent', async (t) => {
  const before = [await rows(), await spent()]
  const found = await plan()
  t.match(found, {
    status: 200,
    body: {
      scenes: [
        {
          scene_id: 'harbor',
          stage: 'clip',
          action: 'render',
          reason: 'never_rendered',
          engine: 'comfyui',
          estimate: { seconds: 24, cost: 2 },
        },
        { scene_id: 'street', action: 'render', estimate: { seconds: 24, cost: 2 } },
      ],
      totals: { render: 2, reuse: 0, locked: 0, skip: 0, credits: 4, seconds: 78, film_seconds: 4 },
      summary: '2 scenes will render, 0 reused, 4 credits, about 1 min',
      refusal: null,
      warnings: [],
    },
  })
  t.strictSame([await rows(), await spent()], before)
})

t.test('the plan and the charge are the same, whatever the policy', async (t) => {
  const spec = aStoryboard({ title: 'One known' })
  const keys = (await plan({}, spec)).body.scenes.map(({ key }) => key)
  await remember(userUrn(studio.userId), keys[0]!)
  for (const [cache, credits, actions] of [
    ['use', 2, ['reuse', 'render']],
    ['refresh', 4, ['render', 'render']],
    ['bypass', 4, ['render', 'render']],
  ] as const) {
    const found = (await plan({ cache }, spec)).body
    t.equal(found.totals.credits, credits, cache)
    t.strictSame(
      found.scenes.map(({ action }) => action),
      actions,
      cache,
    )
    const estimate = await read<{ estimated_credits: number }>(
      studio.request('/v1/spec/estimate', { json: { spec, options: { cache } } }),
    )
    t.equal(estimate.body.estimated_credits, credits, `${cache}: the estimate`)
    const job = (await generate({ cache }, spec)).body
    t.equal(job.credits_charged, credits, `${cache}: the charge`)
    await cancel(job.id)
  }
})

t.test('only what is known: refused with the scenes that are missing, and nothing is charged', async (t) => {
  const spec = aStoryboard({ title: 'Only' })
  const keys = (await plan({}, spec)).body.scenes.map(({ key }) => key)
  const before = [await rows(), await spent()]
  // The clip of the first scene is known from before: prompts alone count for this engine.
  t.match(await generate({ cache: 'only' }, spec), {
    status: 409,
    body: { error: { code: 'CONFLICT', reason: 'cache_miss', details: { scenes: ['street'] } } },
  })
  t.match((await plan({ cache: 'only' }, spec)).body, {
    refusal: { reason: 'cache_miss', scenes: ['street'] },
    summary: /would be refused/,
  })
  t.strictSame([await rows(), await spent()], before)
  await remember(userUrn(studio.userId), keys[1]!)
  const job = await generate({ cache: 'only' }, spec)
  t.match(job, { status: 201, body: { credits_charged: 0 } })
  await cancel(job.body.id)
})

t.test('a part of the scenes: the others have to be there', async (t) => {
  const spec = aStoryboard({
    scenes: [
      { id: 'x', prompt: 'A field of rye', duration: 2 },
      { id: 'y', prompt: 'A barn at night', duration: 3 },
    ],
  })
  t.match(await generate({ scenes: ['x'] }, spec), {
    status: 409,
    body: { error: { reason: 'scenes_not_ready', details: { scenes: ['y'] } } },
  })
  t.match(await generate({ scenes: ['z'] }, spec), {
    status: 400,
    body: { error: { message: /has no scene z/, details: { errors: [{ path: 'options.scenes' }] } } },
  })
  for (const scenes of [[], 'x', [1], ['x', 'x']]) t.equal((await generate({ scenes }, spec)).status, 400)
  const keys = (await plan({}, spec)).body.scenes.map(({ key }) => key)
  await remember(userUrn(studio.userId), keys[1]!)
  const job = await generate({ scenes: ['x'], cache: 'refresh' }, spec)
  t.match(job, { status: 201, body: { credits_charged: 2 } })
  await cancel(job.body.id)
})

t.test('the policy is an option like others, also beside YAML', async (t) => {
  t.match(await generate({ cache: 'sometimes' }), {
    status: 400,
    body: { error: { message: /options.cache must be one of use, refresh, bypass, only/ } },
  })
  const yaml = 'title: By text\nscenes:\n  - id: a\n    prompt: A quiet harbor at dawn\n    duration: 2\n'
  const found = await read<Plan>(
    studio.request('/v1/spec/plan?cache=refresh&scenes=a', {
      method: 'POST',
      body: yaml,
      headers: { 'content-type': 'application/yaml' },
    }),
  )
  t.match(found, { status: 200, body: { scenes: [{ reason: 'refresh' }] } })
})

t.test('clips are never shared across owners', async (t) => {
  const spec = aStoryboard({ title: 'Shared' })
  const crew = await buildCrew(studio, { credits: 100 })
  const { key } = (await plan({}, spec)).body.scenes[0]!
  t.equal((await plan({}, spec)).body.scenes[0]!.action, 'reuse', 'known to the one')
  const forTeam = await read<Plan>(crew.member.request('/v1/spec/plan', { json: { spec, owner: crew.urn } }))
  t.match(forTeam.body.scenes[0], { key, action: 'render', estimate: { cost: 2 } })
})

t.test('a project’s plan is there for everybody in the team, viewers included', async (t) => {
  const crew = await buildCrew(studio)
  const made = await read<{ id: string }>(
    crew.owner.request(`/v1/teams/${crew.teamId}/projects`, {
      json: { name: 'A film', spec: aStoryboard() },
    }),
  )
  const ask = (json?: object) =>
    read<Plan & WireError>(
      crew.viewer.request(`/v1/projects/${made.body.id}/render-plan`, {
        method: 'POST',
        ...(json && { json }),
      }),
    )
  const all = await ask()
  t.match(all, {
    status: 200,
    body: {
      totals: { render: 2, credits: 4 },
      warnings: [{ message: 'the balance is 0 credits; this render needs 4' }],
    },
  })
  t.match(await ask({ scenes: ['street'] }), {
    status: 200,
    body: {
      scenes: [{ action: 'skip', reason: 'not_ready' }, { action: 'render' }],
      totals: { render: 1, skip: 1, credits: 2 },
      refusal: { reason: 'scenes_not_ready', scenes: ['harbor'] },
    },
  })
  t.equal((await ask({ scenes: [] })).status, 400)
  const { scenes } = all.body
  for (const { key } of scenes) await remember(crew.urn, key)
  t.match((await ask({ options: { cache: 'only' } })).body, {
    summary: '0 scenes will render, 2 reused, 0 credits, about 30 s',
    totals: { reuse: 2, credits: 0 },
  })
})
