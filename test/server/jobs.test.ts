import { t } from 'tap'
import { completeJob, failJob, startJob } from '../../core/jobs/transitions.ts'
import { transaction } from '../../core/platform/database.ts'
import { anOutput, buildJob, buildKey, person } from '../support/builders.ts'
import { aStoryboard, read, type Studio, startStudio, type WireError } from '../support/studio.ts'

type WireJob = { id: string; status: string; owner: string; created_at: string; [key: string]: unknown }

const options = { engine: 'preview', resolution: '480p' }
const asUser = (studio: Studio) => person(studio.userId)

async function endJob(studio: Studio, id: string): Promise<void> {
  await transaction(studio.pool, async (client) => {
    await startJob(client, id, 'worker-1')
    await completeJob(client, id, anOutput(id))
  })
}

t.test('asking for a render', async (t) => {
  const studio = await startStudio(t)
  const generate = (json: object, headers = {}) =>
    read<WireJob & WireError>(studio.request('/v1/generate', { json, headers }))

  t.test('as JSON', async (t) => {
    const made = await generate({ spec: aStoryboard(), options, ignored: { owner: 'x' } })
    t.equal(made.status, 201)
    t.equal(made.headers.get('location'), `/v1/jobs/${made.body.id}`)
    t.match(made.body, {
      status: 'queued',
      owner: `framecast:user:${studio.userId}`,
      triggered_by: studio.userId,
      project_id: null,
      spec_snapshot: aStoryboard(),
      options: { engine: 'preview', resolution: '480p', aspect: '16:9', fps: 24 },
      progress: { phase: 'queued', percent: 0 },
      output: null,
      error: null,
      idempotency_key: null,
    })
    t.match(await read(studio.request(`/v1/jobs/${made.body.id}`)), { status: 200, body: made.body })
    const { rows } = await studio.pool.query('select event_type from job_events where job_id = $1', [
      made.body.id,
    ])
    t.strictSame(rows, [{ event_type: 'queued' }])
    await studio.request(`/v1/jobs/${made.body.id}/cancel`, { method: 'POST' })
  })

  t.test('as YAML, the rest in the query', async (t) => {
    const yaml = `# a film\ntitle: Two shots\nscenes:\n  - {id: a, prompt: "A quiet harbor at dawn", duration: 2}\n`
    const query =
      'engine=preview&resolution=480p&aspect=1:1&fps=16&seed=7&draft=true&timecode=true&slate_take=2&loudness=ebu-r128'
    const made = await read<WireJob>(
      studio.request(`/v1/generate?${query}`, {
        method: 'POST',
        body: yaml,
        headers: { 'content-type': 'application/yaml', 'idempotency-key': 'yaml-1' },
      }),
    )
    t.match(made, {
      status: 201,
      body: {
        spec_snapshot: { title: 'Two shots', scenes: [{ id: 'a', duration: 2 }] },
        options: {
          engine: 'preview',
          resolution: '480p',
          aspect: '1:1',
          fps: 16,
          seed: 7,
          draft: true,
          timecode: true,
          slate: { take: 2 },
          loudness: 'ebu-r128',
        },
        idempotency_key: 'yaml-1',
      },
    })
    await studio.request(`/v1/jobs/${made.body.id}/cancel`, { method: 'POST' })
  })

  t.test('what is wrong in YAML is shown in its own lines', async (t) => {
    const send = (body: string, query = '') =>
      read<WireError>(
        studio.request(`/v1/generate${query}`, {
          method: 'POST',
          body,
          headers: { 'content-type': 'application/yaml' },
        }),
      )
    const syntax = await send('title: x\nscenes:\n  - id: a\n   prompt: b\n')
    t.match(syntax, {
      status: 400,
      body: { error: { code: 'VALIDATION_ERROR', details: { errors: [{ line: Number, column: Number }] } } },
    })
    const rules = await send('title: x\nscenes:\n  - id: a\n    prompt: b\n    duration: -3\n')
    t.match(rules, {
      status: 400,
      body: {
        error: {
          details: {
            valid: false,
            errors: [{ path: 'scenes[0].duration', line: 5, source: '    duration: -3' }],
          },
        },
      },
    })
    const layers = [
      'a: &a [x,x,x,x,x,x,x,x,x,x]',
      ...'bcdefghi'.split('').map((name, n) => `${name}: &${name} [${`*${'abcdefghi'[n]},`.repeat(10)}]`),
    ]
    const startedAt = performance.now()
    t.match(await send(layers.join('\n')), { status: 400 }, 'a bomb')
    t.ok(performance.now() - startedAt < 5_000)
    t.equal((await send(`title: ${'x'.repeat(300_000)}`)).status, 400, 'larger than 256 kB')
    t.match(await send('title: x\nscenes: []', '?fps=fast'), {
      status: 400,
      body: { error: { message: /fps/ } },
    })
    t.match(await send('title: x', '?fps=24&fps=30'), { status: 400, body: { error: { message: /once/ } } })
  })

  t.test('a storyboard that breaks rules is 400 with every error', async (t) => {
    const refused = await generate({
      spec: {
        title: '',
        scenes: [
          { id: 'a', prompt: 'x', duration: 2 },
          { id: 'a', prompt: 'y', duration: 2 },
        ],
      },
      options,
    })
    t.match(refused, {
      status: 400,
      body: { error: { code: 'VALIDATION_ERROR', details: { valid: false } } },
    })
    t.ok((refused.body.error.details as { errors: unknown[] }).errors.length >= 2)
  })

  t.test('the order of checks: owner, then idempotency, then storyboard', async (t) => {
    t.match(await generate({ spec: 5, owner: 'nobody' }), {
      status: 400,
      body: { error: { message: /owner/ } },
    })
    const foreign = 'framecast:user:01890a5d-ac96-774b-bcce-b302099a8057'
    t.match(await generate({ spec: 5, owner: foreign }), {
      status: 403,
      body: { error: { code: 'AUTHORIZATION_ERROR' } },
    })
    t.match(await generate({ spec: 5, options: { fps: 25 } }), { status: 400 })
    t.match(await generate({ spec: aStoryboard(), options: { ...options, workflow: 'nope' } }), {
      status: 400,
      body: { error: { message: /workflow/ } },
    })
  })

  t.test('one key, one job, whatever the body says', async (t) => {
    const first = await generate(
      { spec: aStoryboard(), options, idempotency_key: 'k-1' },
      { 'idempotency-key': 'not-this' },
    )
    t.equal(first.status, 201)
    t.equal(first.body.idempotency_key, 'k-1', 'the body wins over the header')
    const again = await generate({ spec: { nonsense: true }, idempotency_key: 'k-1' })
    t.match(again, { status: 200, body: { id: first.body.id } })
    const byHeader = await generate({ spec: aStoryboard() }, { 'idempotency-key': 'k-1' })
    t.match(byHeader, { status: 200, body: { id: first.body.id } })
    await studio.request(`/v1/jobs/${first.body.id}/cancel`, { method: 'POST' })
  })

  t.test('ten at once with one key make one job', async (t) => {
    const replies = await Promise.all(
      Array.from({ length: 10 }, () => generate({ spec: aStoryboard(), options, idempotency_key: 'race' })),
    )
    t.equal(new Set(replies.map((reply) => reply.body.id)).size, 1)
    t.strictSame(replies.map((reply) => reply.status).sort(), [...Array(9).fill(200), 201])
    await studio.request(`/v1/jobs/${replies[0]!.body.id}/cancel`, { method: 'POST' })
  })

  t.test('five active renders, and no sixth', async (t) => {
    const made = []
    for (let n = 0; n < 5; n += 1) made.push(await generate({ spec: aStoryboard(), options }))
    t.strictSame(
      made.map((reply) => reply.status),
      [201, 201, 201, 201, 201],
    )
    t.match(await generate({ spec: aStoryboard(), options }), {
      status: 409,
      body: { error: { code: 'CONFLICT' } },
    })
    for (const { body } of made) await studio.request(`/v1/jobs/${body.id}/cancel`, { method: 'POST' })
  })
})

t.test('validate and estimate', async (t) => {
  const studio = await startStudio(t)
  t.match(await read(studio.request('/v1/spec/validate', { json: { spec: aStoryboard() } })), {
    status: 200,
    body: { valid: true, errors: [], warnings: Array },
  })
  for (const spec of [null, 5, 'x', [], {}]) {
    t.match(
      await read(studio.request('/v1/spec/validate', { json: { spec } })),
      { status: 200, body: { valid: false } },
      JSON.stringify(spec),
    )
  }
  const yaml = await read(
    studio.request('/v1/spec/validate', {
      method: 'POST',
      body: 'title: x\nscenes:\n  - id: a\n    prompt: b\n    duration: soon\n',
      headers: { 'content-type': 'application/yaml' },
    }),
  )
  t.match(yaml, { status: 200, body: { valid: false, errors: [{ path: 'scenes[0].duration', line: 5 }] } })
  const estimate = await read(studio.request('/v1/spec/estimate', { json: { spec: aStoryboard(), options } }))
  t.match(estimate, {
    status: 200,
    body: {
      estimated_duration_seconds: 4,
      estimated_credits: 0,
      estimated_generation_time_seconds: Number,
      scenes: [{ id: 'harbor', duration: 2, credits: 0 }, { id: 'street' }],
    },
  })
  t.match(await read(studio.request('/v1/spec/estimate', { json: { spec: {} } })), {
    status: 400,
    body: { error: { details: { valid: false } } },
  })
  t.match(
    await read(
      studio.request('/v1/spec/estimate', {
        json: { spec: aStoryboard(), owner: 'framecast:user:01890a5d-ac96-774b-bcce-b302099a8057' },
      }),
    ),
    { status: 403 },
  )
  const { rows } = await studio.pool.query('select count(*)::int as n from credit_entries')
  t.equal(rows[0].n, 0, 'nothing was spent')
})

t.test('lists', async (t) => {
  const studio = await startStudio(t)
  const list = (query = '') => read<WireJob[] & WireError>(studio.request(`/v1/jobs${query}`))
  const ids: string[] = []
  for (let n = 0; n < 7; n += 1) {
    const id = await buildJob(studio.pool, asUser(studio))
    await endJob(studio, id)
    ids.unshift(id)
  }
  // As a busy second leaves them: some within one microsecond, some a microsecond apart within one millisecond.
  await studio.pool.query(
    `update jobs set created_at = '2026-01-02T03:04:05.123456Z'::timestamptz + make_interval(secs => n * 0.000001), started_at = null, completed_at = now()
     from (select id as job, (row_number() over (order by id) / 2) as n from jobs) numbered where id = job`,
  )
  const { rows } = await studio.pool.query<{ id: string }>(
    'select id from jobs order by created_at desc, id desc',
  )
  const sorted = rows.map((row) => row.id)

  t.test('newest first, page by page, each job once', async (t) => {
    t.strictSame(
      (await list()).body.map((job) => job.id),
      sorted,
    )
    const seen: string[] = []
    let next: string | null = '/v1/jobs?limit=2&offset=0'
    for (let pages = 0; next && pages < 10; pages += 1) {
      const page: Awaited<ReturnType<typeof list>> = await read<WireJob[] & WireError>(studio.request(next))
      t.equal(page.status, 200)
      seen.push(...page.body.map((job) => job.id))
      const link = page.headers.get('link')
      t.equal(link === null, page.headers.get('x-next-cursor') === null)
      next = link && (/<(.+)>; rel="next"/.exec(link)?.[1] ?? null)
    }
    t.strictSame(seen, sorted)
  })

  t.test('limit and offset', async (t) => {
    t.equal((await list('?limit=0')).body.length, 1, 'clamped to 1')
    t.equal((await list('?limit=1000')).body.length, 7)
    t.strictSame(
      (await list('?limit=2&offset=3')).body.map((job) => job.id),
      sorted.slice(3, 5),
    )
    t.strictSame(
      (await list('?offset=-5')).body.map((job) => job.id),
      sorted,
    )
    t.strictSame((await list('?offset=100')).body, [])
    const cursor = (await list('?limit=2')).headers.get('x-next-cursor')
    t.strictSame(
      (await list(`?limit=2&offset=5&cursor=${cursor}`)).body.map((job) => job.id),
      sorted.slice(2, 4),
      'a cursor wins',
    )
  })

  t.test('filters', async (t) => {
    const active = await buildJob(studio.pool, asUser(studio))
    t.strictSame(
      (await list('?status=queued')).body.map((job) => job.id),
      [active],
    )
    t.equal((await list('?status=completed')).body.length, 7)
    t.equal((await list(`?owner=framecast:user:${studio.userId}`)).body.length, 8)
    t.strictSame(
      (await list('?owner=framecast:user:01890a5d-ac96-774b-bcce-b302099a8057')).body,
      [],
      'out of reach',
    )
    t.strictSame((await list('?project_id=01890a5d-ac96-774b-bcce-b302099a8057')).body, [])
    t.strictSame(
      (await list('?created_after=2026-06-01T00:00:00Z')).body.map((job) => job.id),
      [active],
    )
    t.equal((await list('?created_before=2026-06-01T00:00:00%2B02:00')).body.length, 7)
    t.equal((await list('?unknown=1')).body.length, 8)
  })

  t.test('values that make no sense', async (t) => {
    for (const query of [
      'status=done',
      'status=queued&status=failed',
      'limit=many',
      'offset=1.5',
      'project_id=7',
      'created_after=yesterday',
      'created_after=2026-13-01T00:00:00Z',
      'created_before=99999-01-01T00:00:00Z',
      'cursor=x',
      'cursor=%00',
      `cursor=${Buffer.from(`2026-01-01T00:00:00Z ${studio.userId}`).toString('base64url')}.AAAA`,
    ])
      t.match(await list(`?${query}`), { status: 400, body: { error: { code: 'VALIDATION_ERROR' } } }, query)
  })
})

t.test('the life of a job', async (t) => {
  const studio = await startStudio(t)
  const act = (id: string, what: string, init: object = {}) =>
    read<WireJob & WireError>(studio.request(`/v1/jobs/${id}${what}`, { method: 'POST', ...init }))

  t.test('a finished job shows where its film is', async (t) => {
    const id = await buildJob(studio.pool, asUser(studio))
    await endJob(studio, id)
    const { body } = await read<WireJob>(studio.request(`/v1/jobs/${id}`))
    t.match(body, {
      status: 'completed',
      output: { duration: 4, resolution: '854x480', format: 'mp4' },
      completed_at: String,
    })
    const output = body.output as Record<string, string>
    for (const name of ['video_url', 'thumbnail_url', 'contact_sheet_url'])
      t.match(output[name], `${studio.url}/media/films/${id}`)
    t.notOk('video_key' in output)
  })

  t.test('cancel', async (t) => {
    const id = await buildJob(studio.pool, asUser(studio))
    t.match(await act(id, '/cancel'), {
      status: 200,
      body: { id, status: 'canceled', failure_type: 'canceled' },
    })
    t.match(await act(id, '/cancel'), { status: 409, body: { error: { code: 'CONFLICT' } } })
  })

  t.test('clone', async (t) => {
    const made = await read<WireJob>(
      studio.request('/v1/generate', { json: { spec: aStoryboard(), options } }),
    )
    t.match(await act(made.body.id, '/clone'), { status: 400 }, 'still active')
    await endJob(studio, made.body.id)
    const clone = await act(made.body.id, '/clone')
    t.match(clone, {
      status: 201,
      body: { status: 'queued', spec_snapshot: aStoryboard(), options: made.body.options as object },
    })
    t.not(clone.body.id, made.body.id)
    const keyed = await act(made.body.id, '/clone', { headers: { 'idempotency-key': 'c-1' } })
    t.match(await act(made.body.id, '/clone', { headers: { 'idempotency-key': 'c-1' } }), {
      status: 200,
      body: { id: keyed.body.id },
    })
    t.match(await act(made.body.id, '/clone', { json: { owner: 'x' } }), { status: 400 })
    t.match(await act(made.body.id, '/clone', { json: { owner: 5 } }), { status: 422 })
    t.match(
      await act(made.body.id, '/clone', { body: '{', headers: { 'content-type': 'application/json' } }),
      { status: 400 },
    )
    t.match(await act(made.body.id, '/clone', { body: '{}', headers: { 'content-type': 'text/plain' } }), {
      status: 415,
    })
    for (const id of [clone.body.id, keyed.body.id]) await act(id, '/cancel')
  })

  t.test('delete', async (t) => {
    const id = await buildJob(studio.pool, asUser(studio))
    t.equal((await studio.request(`/v1/jobs/${id}`, { method: 'DELETE' })).status, 400, 'still active')
    await transaction(studio.pool, async (client) => {
      await startJob(client, id, 'worker-1')
      await failJob(client, id, 'system', { code: 'worker_lost', message: 'gone' })
    })
    const gone = await studio.request(`/v1/jobs/${id}`, { method: 'DELETE' })
    t.equal(gone.status, 204)
    t.equal(await gone.text(), '')
    t.equal((await studio.request(`/v1/jobs/${id}`)).status, 404)
    const { rows } = await studio.pool.query('select 1 from job_events where job_id = $1', [id])
    t.equal(rows.length, 0)
  })
})

t.test('assets', async (t) => {
  const studio = await startStudio(t)
  const { default: sharp } = await import('sharp')
  const png = await sharp({ create: { width: 8, height: 6, channels: 3, background: '#804020' } })
    .png()
    .toBuffer()
  type WireAsset = { id: string; status: string; [key: string]: unknown }
  type Upload = {
    asset: WireAsset
    upload_url: string
    upload_method: string
    upload_headers: Record<string, string>
  }
  const announce = (json: object) =>
    read<Upload & WireError>(studio.request('/v1/assets/upload-url', { json }))

  const upload = await announce({ filename: 'mara.png', content_type: 'image/png', size_bytes: png.length })
  t.match(upload, {
    status: 201,
    body: { asset: { status: 'pending', filename: 'mara.png' }, upload_method: 'PUT', expires_at: String },
  })
  const { id } = upload.body.asset
  const confirm = () =>
    read<WireAsset & WireError>(studio.request(`/v1/assets/${id}/confirm`, { method: 'POST' }))
  t.match(await confirm(), { status: 409 }, 'not there yet')
  const put = await fetch(upload.body.upload_url, {
    method: upload.body.upload_method,
    headers: upload.body.upload_headers,
    body: new Uint8Array(png),
  })
  t.equal(put.status, 200)
  t.match(await confirm(), {
    status: 200,
    body: { id, status: 'ready', size_bytes: png.length, metadata: { width: 8, height: 6 } },
  })
  t.match(await confirm(), { status: 409 }, 'confirmed already')
  const found = await read<WireAsset>(studio.request(`/v1/assets/${id}`))
  const download = await fetch(String(found.body.download_url))
  t.equal(download.status, 200)
  t.match(download.headers.get('content-disposition'), /^attachment; filename="mara.png"/)
  t.strictSame(Buffer.from(await download.arrayBuffer()), png)
  t.match(await read(studio.request('/v1/assets')), { status: 200, body: [{ id }] })

  const others = []
  for (const [filename, content_type] of [
    ['a.mp3', 'audio/mpeg'],
    ['b.jpg', 'image/jpeg'],
    ['c.mp4', 'video/mp4'],
  ])
    others.unshift((await announce({ filename, content_type, size_bytes: 10 })).body.asset.id)
  const listed = async (query: string) =>
    (await read<WireAsset[]>(studio.request(`/v1/assets${query}`))).body.map((asset) => asset.id)
  t.strictSame(await listed(''), [...others, id], 'newest first')
  t.strictSame(await listed('?status=ready'), [id])
  t.strictSame(await listed('?content_type=image/'), [others[1], id])
  t.strictSame(await listed('?content_type=text/'), [])
  t.strictSame(await listed('?owner=framecast:user:01890a5d-ac96-774b-bcce-b302099a8057'), [])
  const first = await read<WireAsset[]>(studio.request('/v1/assets?limit=3'))
  const cursor = first.headers.get('x-next-cursor')
  t.strictSame(await listed(`?cursor=${cursor}`), [id])
  t.equal(
    (await studio.request(`/v1/jobs?cursor=${cursor}`)).status,
    400,
    'a cursor is good for its own list',
  )
  t.equal((await studio.request('/v1/assets?status=lost')).status, 400)

  for (const wrong of [
    { filename: 'a/b.png' },
    { filename: '' },
    { content_type: 'image/svg+xml' },
    { size_bytes: 0 },
    { size_bytes: 52_428_801 },
    { size_bytes: '10' },
  ])
    t.match(
      await announce({ filename: 'a.png', content_type: 'image/png', size_bytes: 10, ...wrong }),
      { status: 400, body: { error: { code: 'VALIDATION_ERROR' } } },
      JSON.stringify(wrong),
    )
  const { rawKey } = await buildKey(studio.pool)
  const stranger = { headers: { authorization: rawKey } }
  t.equal((await studio.request(`/v1/assets/${id}`, stranger)).status, 404)
  t.equal((await studio.request(`/v1/assets/${id}/confirm`, { method: 'POST', ...stranger })).status, 404)
})
