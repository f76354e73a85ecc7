/** What a running server answers is what its OpenAPI document says. */
import sharp from 'sharp'
import { type Test, t } from 'tap'
import { SCOPES } from '../../core/access/principal.ts'
import { appendEvent } from '../../core/jobs/events.ts'
import { completeJob, failJob, startJob } from '../../core/jobs/transitions.ts'
import type { JobOutput, JobProgress } from '../../core/jobs/types.ts'
import { transaction } from '../../core/platform/database.ts'
import { newId } from '../../core/platform/ids.ts'
import pkg from '../../package.json' with { type: 'json' }
import { openApiDocument } from '../../server/openapi/document.ts'
import type { Operation } from '../../server/openapi/operation.ts'
import { OPERATIONS } from '../../server/openapi/operations.ts'
import { buildKey } from '../support/builders.ts'
import { component, faultsOf } from '../support/conformance.ts'
import { aStoryboard, read, type Studio, startStudio } from '../support/studio.ts'
import { connect, newJob } from './events.ts'

type Node = { [key: string]: unknown }

const operation = (operationId: string): Operation =>
  OPERATIONS.find((candidate) => candidate.operationId === operationId)!

const aFilm = (id: string): JobOutput => ({
  video_key: `films/${id}.mp4`,
  thumbnail_key: `films/${id}.jpg`,
  contact_sheet_key: `films/${id}.png`,
  scene_clips: [{ scene_id: 'harbor', key: `clips/${id}.mp4`, duration: 2, reused: false }],
  duration: 4,
  resolution: '854x480',
  format: 'mp4',
  size_bytes: 12_345,
  sha256: '0'.repeat(64),
  metadata: {
    model_used: 'preview-animatic',
    seed: 7,
    generation_time_ms: 10,
    frames: 96,
    fps: 24,
    scenes_total: 2,
    scenes_reused: 0,
    joins_encoded: 0,
    frames_copied: 96,
    frames_encoded: 0,
    sound: { profile: 'web', sources: 4, lufs: -14.1, true_peak_db: -1.6 },
    stages: { scenes: 1.5 },
    warnings: ['a join was shortened'],
  },
})

const someProgress: JobProgress = {
  phase: 'generating',
  percent: 45,
  scenes_total: 2,
  scenes_completed: 0,
  scenes_reused: 0,
  current_scene: 'harbor',
  scenes: { harbor: 0.5 },
  previews: [{ scene_id: 'harbor', key: 'previews/1.jpg', generated_at: new Date().toISOString() }],
}

/** A job that went through every kind of event to a film. */
async function finishedJob(studio: Studio): Promise<string> {
  const id = await newJob(studio)
  await transaction(studio.pool, async (client) => {
    await startJob(client, id, 'worker-1')
    await appendEvent(client, id, 'progress', someProgress)
    await client.query('update jobs set progress = progress || $2::jsonb where id = $1', [
      id,
      JSON.stringify(someProgress),
    ])
    const { scene_id } = someProgress.previews![0]!
    await appendEvent(client, id, 'scene_complete', {
      scene_id,
      scenes_completed: 1,
      scenes_total: 2,
      duration: 2,
      reused: false,
      previews: someProgress.previews,
    })
    await completeJob(client, id, aFilm(id))
  })
  return id
}

t.test('a running server', async (t) => {
  const studio = await startStudio(t)
  const call = async (
    t: Test,
    operationId: string,
    path: string,
    init: Parameters<Studio['request']>[1] = {},
  ) => {
    const method = operation(operationId).method.toUpperCase()
    const reply = await read(studio.request(path, { method, ...init }))
    const type = (reply.headers.get('content-type') ?? '').split(';')[0]!
    t.strictSame(faultsOf(operation(operationId), { ...reply, type }), [], `${operationId} ${reply.status}`)
    return reply
  }
  const yaml = (body: string) => ({ body, headers: { 'content-type': 'application/yaml' } })

  t.test('serves the document of this version and address', async (t) => {
    const reply = await read(studio.request('/openapi.json', { headers: { authorization: '' } }))
    t.equal(reply.status, 200)
    t.equal(reply.headers.get('content-type'), 'application/json; charset=utf-8')
    t.strictSame(
      reply.body,
      JSON.parse(JSON.stringify(openApiDocument(pkg.version, studio.config.APP_BASE_URL))),
    )
    const etag = reply.headers.get('etag') ?? ''
    const again = await studio.request('/openapi.json', {
      headers: { 'if-none-match': etag, 'cache-control': 'max-age=0' },
    })
    t.equal(again.status, 304)
  })

  t.test('storyboards', async (t) => {
    const spec = aStoryboard()
    await call(t, 'validateStoryboard', '/v1/spec/validate', { json: { spec } })
    const faulty = 'title: x\nscenes:\n  - {id: a, prompt: b, duration: -3, colour: red}\n'
    const { body } = await call(t, 'validateStoryboard', '/v1/spec/validate', yaml(faulty))
    t.match(body, { valid: false, errors: [{ line: 3 }], warnings: Array })
    await call(t, 'validateStoryboard', '/v1/spec/validate', yaml('title: [x'))
    await call(t, 'validateStoryboard', '/v1/spec/validate', { json: {} })
    await call(t, 'estimateStoryboard', '/v1/spec/estimate', { json: { spec } })
    await call(t, 'estimateStoryboard', '/v1/spec/estimate', { json: { spec: {} } })
    await call(t, 'estimateStoryboard', '/v1/spec/estimate?fps=7', yaml(faulty))
  })

  t.test('jobs', async (t) => {
    const request = { json: { spec: aStoryboard(), idempotency_key: 'one' } }
    const made = await call(t, 'generate', '/v1/generate', request)
    t.equal(made.status, 201)
    t.equal((await call(t, 'generate', '/v1/generate', request)).status, 200)
    for (const [status, init] of [
      [422, { json: { spec: aStoryboard(), owner: 7 } }],
      [400, { json: { spec: {} } }],
      [400, { body: '{', headers: { 'content-type': 'application/json' } }],
      [415, { body: 'x', headers: { 'content-type': 'text/plain' } }],
      [401, { json: {}, headers: { authorization: '' } }],
      [403, { json: { spec: aStoryboard(), owner: `framecast:user:${newId()}` } }],
    ] as const)
      t.equal((await call(t, 'generate', '/v1/generate', init)).status, status)

    const id = String((made.body as { id: string }).id)
    await call(t, 'cancelJob', `/v1/jobs/${id}/cancel`)
    t.equal((await call(t, 'cancelJob', `/v1/jobs/${id}/cancel`)).status, 409)
    const clone = await call(t, 'cloneJob', `/v1/jobs/${id}/clone`)
    t.equal((await call(t, 'cloneJob', `/v1/jobs/${(clone.body as Node).id}/clone`)).status, 400)
    t.equal((await call(t, 'deleteJob', `/v1/jobs/${id}`)).status, 204)
    t.equal((await call(t, 'deleteJob', `/v1/jobs/${id}`)).status, 404)

    const finished = await finishedJob(studio)
    t.match((await call(t, 'getJob', `/v1/jobs/${finished}`)).body, { status: 'completed', output: Object })
    const failed = await newJob(studio)
    await transaction(studio.pool, async (client) => {
      await startJob(client, failed, 'worker-1')
      await failJob(client, failed, 'system', { code: 'worker_lost', message: 'gone', scene_id: 'harbor' })
    })
    t.match((await call(t, 'getJob', `/v1/jobs/${failed}`)).body, { status: 'failed', error: Object })
    const page = await call(t, 'listJobs', '/v1/jobs?limit=1')
    for (const name of Object.keys(operation('listJobs').replies[0]!.headers ?? {}))
      t.ok(page.headers.get(name), `${name} is there`)
    t.equal((await call(t, 'listJobs', '/v1/jobs?limit=x')).status, 400)
    t.equal((await call(t, 'getJob', '/v1/jobs/none')).status, 400)
  })

  t.test('events, over both streams', async (t) => {
    const id = await finishedJob(studio)
    const stream = await call(t, 'streamJobEvents', `/v1/jobs/${id}/events`)
    const events = [...String(stream.body).matchAll(/^id: (\S+):(\d+)\nevent: (\w+)\ndata: (.*)$/gm)]
    const types = ['queued', 'started', 'progress', 'scene_complete', 'completed']
    t.strictSame(
      events.map(([, , , type]) => type),
      types,
    )
    const isEvent = component('JobEvent')
    for (const [, job_id, sequence, event_type, data] of events) {
      const [position, created_at] = [1, new Date().toISOString()]
      const payload = JSON.parse(data!)
      const event = { job_id, sequence: Number(sequence), position, event_type, payload, created_at }
      t.ok(isEvent(event), String(event_type), { found: isEvent.errors } as object)
      t.notOk(isEvent({ ...event, payload: { ...payload, percent: 'much' } }), 'and no other payload')
    }

    const client = await connect(t, studio).opened()
    await client.subscribe(id, 0)
    await client.got(id, types.length)
    await client.ask({ type: 'ping', id: 'p' })
    await client.ask({ type: 'unsubscribe', id: 'u', channel: `job:${id}` })
    await client.ask({ type: 'subscribe', id: 'n', channel: `job:${newId()}` })
    const isMessage = component('WebSocketMessage')
    for (const message of client.messages)
      t.ok(isMessage(message), message.type, { found: isMessage.errors, message } as object)
    t.strictSame([...new Set(client.messages.map(({ type }) => type))].sort(), [
      'ack',
      'error',
      'event',
      'pong',
    ])
    t.equal((await call(t, 'openWebSocket', '/v1/ws')).status, 426)
    await call(t, 'createTicket', '/v1/ws/tickets')
  })

  t.test('watch links', async (t) => {
    const id = await newJob(studio)
    const made = await call(t, 'createWatchLink', `/v1/jobs/${id}/watch-links`, { json: { expires_in: 60 } })
    t.equal(made.status, 201)
    t.equal(
      (await call(t, 'createWatchLink', `/v1/jobs/${id}/watch-links`, { json: { expires_in: 1 } })).status,
      400,
    )
    const link = String((made.body as { id: string }).id)
    t.equal((await call(t, 'revokeWatchLink', `/v1/jobs/${id}/watch-links/${link}`)).status, 204)
    t.match((await call(t, 'listWatchLinks', `/v1/jobs/${id}/watch-links`)).body, [{ revoked_at: String }])
  })

  t.test('assets', async (t) => {
    const picture = await sharp({ create: { width: 8, height: 6, channels: 3, background: 'red' } })
      .png()
      .toBuffer()
    const announce = { filename: 'red.png', content_type: 'image/png', size_bytes: picture.byteLength }
    const { body } = await call(t, 'createUpload', '/v1/assets/upload-url', { json: announce })
    const { asset, upload_url, upload_method, upload_headers } = body as {
      asset: { id: string }
      upload_url: string
      upload_method: string
      upload_headers: Record<string, string>
    }
    t.equal((await call(t, 'confirmUpload', `/v1/assets/${asset.id}/confirm`)).status, 409)
    const put = await fetch(upload_url, {
      method: upload_method,
      headers: upload_headers,
      body: new Uint8Array(picture),
      signal: AbortSignal.timeout(10_000),
    })
    t.equal(put.status, 200)
    t.match((await call(t, 'confirmUpload', `/v1/assets/${asset.id}/confirm`)).body, { status: 'ready' })
    const ready = await call(t, 'getAsset', `/v1/assets/${asset.id}`)
    await call(t, 'listAssets', '/v1/assets')
    const link = new URL((ready.body as { download_url: string }).download_url)
    const file = await studio.request(`${link.pathname}${link.search}`, { headers: { authorization: '' } })
    t.strictSame(Buffer.from(await file.arrayBuffer()), picture)
    t.equal((await call(t, 'getMedia', link.pathname)).status, 403)
    t.equal((await call(t, 'createUpload', '/v1/assets/upload-url', { json: {} })).status, 400)
  })

  t.test('the installation', async (t) => {
    for (const [operationId, path] of [
      ['getVersion', '/'],
      ['getHealth', '/health'],
      ['getReadiness', '/ready'],
      ['getStatus', '/v1/status'],
      ['getSchema', '/schemas/none'],
    ] as const)
      await call(t, operationId, path)
  })

  t.test('each operation takes the credentials that it names, and no others', async (t) => {
    const job = await finishedJob(studio)
    const made = await studio.request(`/v1/jobs/${job}/watch-links`, { method: 'POST' })
    const token = ((await made.json()) as { url: string }).url.split('#')[1]
    const keys = new Map<string, string>()
    for (const scope of SCOPES) keys.set(scope, (await buildKey(studio.pool, [scope])).rawKey)
    const ask = async ({ method, path }: Operation, authorization: string, id: string): Promise<number> => {
      const address = path.replace('{id}', id).replace(/\{\w+\}/, newId())
      const reply = await studio.request(address, {
        method: method.toUpperCase(),
        headers: { authorization },
      })
      // Some answer 403 for other reasons too: a team that the caller is not in, a role.
      isScopeMissing = /lacks the scope/.test(await reply.text())
      return reply.status
    }
    let isScopeMissing = false
    for (const operation of OPERATIONS) {
      const { access, operationId } = operation
      if (access.kind === 'websocket') continue
      if (access.kind === 'public') {
        t.not(await ask(operation, '', job), 401, `${operationId} is open`)
        continue
      }
      t.equal(await ask(operation, '', job), 401, `${operationId} needs a credential`)
      const opened = access.kind === 'key' && access.watchers ? 200 : 403
      t.equal(await ask(operation, `Watch ${token}`, job), opened, `${operationId} with a watch link`)
      if (access.kind === 'session') {
        t.equal(await ask(operation, `Bearer ${keys.get('*')}`, newId()), 401, `${operationId} takes no key`)
        continue
      }
      for (const scope of SCOPES) {
        const isLet = access.scopes.length === 0 || scope === '*' || access.scopes.includes(scope)
        const status = await ask(operation, `Bearer ${keys.get(scope)}`, newId())
        if (isScopeMissing === isLet) t.fail(`${operationId} with the scope ${scope}: ${status}`)
      }
    }
  })
})
