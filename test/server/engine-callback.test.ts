/** Reports of engines, as they come from the wire: right and wrong, large and broken, repeated and late. */
import { request } from 'node:http'
import t from 'tap'
import { callbackUrl } from '../../core/jobs/engine-callback.ts'
import { findSubmission, recordSubmission } from '../../core/jobs/engine-submissions.ts'
import { buildJob, buildUser, stepOf } from '../support/builders.ts'
import { read, startStudio, type WireError } from '../support/studio.ts'

const INTERNAL_TOKEN = 'an internal token of some length'
const studio = await startStudio(t, { env: { INTERNAL_TOKEN, RATE_LIMITS: 'on' } })
const { pool } = studio

/** A scene whose submissions of these attempts are on record. */
async function aScene(attempts: number[], state = 'running') {
  const jobId = await buildJob(pool, await buildUser(pool), {
    steps: [{ kind: 'scene', key: 'one two', task: 'scene.runpod', engine: 'runpod' }],
  })
  const { id: stepId } = await stepOf(pool, jobId, 'scene', 'one two')
  for (const attempt of attempts) await recordSubmission(pool, { stepId, attempt }, 'runpod')
  if (state === 'running')
    await pool.query(
      `update job_steps set state = 'running', attempt = $2, lease_owner = 'w', lease_until = now() + interval '1 hour'
       where id = $1`,
      [stepId, Math.max(1, ...attempts)],
    )
  const target = { engine: 'runpod', jobId, scene: 'one two', attempt: attempts.at(-1) ?? 1 }
  const url = new URL(callbackUrl(target, { ENGINE_CALLBACK_BASE_URL: studio.url, INTERNAL_TOKEN })!)
  return { jobId, stepId: String(stepId), target, url }
}

const post = (
  url: URL,
  body = '{"id":"abc-e1","status":"COMPLETED"}',
  headers: Record<string, string> = {},
) =>
  read<WireError>(
    studio.request(`${url.pathname}${url.search}`, {
      method: 'POST',
      body,
      headers: { authorization: '', ...headers },
    }),
  )

const kept = (stepId: string, attempt = 1) => findSubmission(pool, { stepId, attempt })
const rowOf = async (stepId: string) =>
  (await pool.query('select * from engine_submissions where step_id = $1 order by attempt', [stepId])).rows

t.test('a report is answered with 200, kept, and wakes whoever waits', async (t) => {
  const { url, stepId } = await aScene([1])
  const listener = await pool.connect()
  const woken = new Promise((resolve) => listener.on('notification', ({ payload }) => resolve(payload)))
  await listener.query('listen engine_report')
  const reply = await post(url)
  t.match(reply, { status: 200, body: 'OK' })
  t.equal(await woken, `${stepId}/1`)
  listener.release(true)
  t.match(await kept(stepId), { remoteId: 'abc-e1', isReported: true })
})

t.test('the same once more, or another, changes nothing', async (t) => {
  const { url, stepId } = await aScene([1])
  await post(url)
  const before = await rowOf(stepId)
  for (const body of ['{"id":"abc-e1"}', '{"id":"other-e1"}', '{}', ''])
    t.equal((await post(url, body)).status, 200)
  t.strictSame(await rowOf(stepId), before)
})

t.test('many at once: the first counts', async (t) => {
  const { url, stepId } = await aScene([1])
  const replies = await Promise.all(['a', 'b', 'c', 'd', 'e'].map((id) => post(url, `{"id":"${id}-e1"}`)))
  t.ok(replies.every(({ status }) => status === 200))
  t.match((await kept(stepId)).remoteId, /^[a-e]-e1$/)
})

t.test('a scene that is over is left as it is', async (t) => {
  const { url, stepId, jobId } = await aScene([1])
  await pool.query(`update jobs set status = 'processing', started_at = now() where id = $1`, [jobId])
  await pool.query(
    `update job_steps set state = 'done', result = '{}', lease_owner = null, lease_until = null where id = $1`,
    [stepId],
  )
  t.equal((await post(url)).status, 200)
  t.strictSame(await kept(stepId), { remoteId: null, isReported: false })
})

t.test('the token of an earlier submission is stale', async (t) => {
  const { stepId, target } = await aScene([1, 3])
  const old = new URL(
    callbackUrl({ ...target, attempt: 1 }, { ENGINE_CALLBACK_BASE_URL: studio.url, INTERNAL_TOKEN })!,
  )
  t.match(await post(old), { status: 404, body: { error: { code: 'NOT_FOUND' } } })
  t.ok((await rowOf(stepId)).every(({ reported_at }) => reported_at === null))
})

t.test('one of another scene, engine, secret or form opens nothing', async (t) => {
  const { url, stepId, target } = await aScene([1])
  const other = await aScene([1])
  const changed = (change: (url: URL) => void): URL => {
    const copy = new URL(url)
    change(copy)
    return copy
  }
  const wrong = [
    changed(({ searchParams }) => searchParams.set('job', other.jobId)),
    changed(({ searchParams }) => searchParams.set('scene', 'two')),
    changed(({ searchParams }) => searchParams.set('attempt', '2')),
    changed(({ searchParams }) => searchParams.set('attempt', '01')),
    changed(({ searchParams }) => searchParams.set('token', other.url.searchParams.get('token')!)),
    changed(({ searchParams }) => searchParams.set('token', '')),
    changed(({ searchParams }) => searchParams.delete('token')),
    changed((it) => {
      it.search = ''
    }),
    changed((it) => {
      it.pathname = '/internal/engines/comfyui/callback'
    }),
    changed((it) => {
      it.pathname = '/internal/engines/nobody/callback'
    }),
    changed((it) => {
      it.pathname = '/internal/engines/%00/callback'
    }),
    new URL(
      callbackUrl(target, { ENGINE_CALLBACK_BASE_URL: studio.url, INTERNAL_TOKEN: `${INTERNAL_TOKEN}x` })!,
    ),
    // Rightly signed, for what was never sent.
    new URL(
      callbackUrl({ ...target, attempt: 2 }, { ENGINE_CALLBACK_BASE_URL: studio.url, INTERNAL_TOKEN })!,
    ),
  ]
  for (const address of wrong)
    t.equal((await post(address)).status, 404, `${address.pathname}${address.search}`)
  t.strictSame(await kept(stepId), { remoteId: null, isReported: false })
  t.equal((await post(url)).status, 200, 'the right one does')
})

t.test('the body is the engine’s own, and only a hint', async (t) => {
  const padding = 'A'.repeat(11_000_000)
  for (const [what, body, id] of [
    [
      '20 MB with the id at the end',
      `{"output":{"images":[{"data":"${padding}${padding.slice(2_000_000)}"}]},"id":"big-e1"}`,
      'big-e1',
    ],
    ['the id at the head', `{"id":"head-e1","output":"${padding}"}`, 'head-e1'],
    ['a quoted id within a result', `{"output":"\\"id\\":\\"no-e1\\"","id":"yes-e1"}`, 'yes-e1'],
    ['no JSON', '<html>', null],
    ['an id of the wrong kind', '{"id":["x"]}', null],
    ['an id that is a path', '{"id":"../../x"}', null],
    ['nothing', '', null],
  ] as const) {
    const { url, stepId } = await aScene([1])
    t.equal((await post(url, body)).status, 200, what)
    t.equal((await kept(stepId)).remoteId, id, what)
  }
})

t.test('more than an engine may send is refused', async (t) => {
  const { url, stepId } = await aScene([1])
  const reply = await new Promise<number>((resolve, reject) => {
    const sending = request(
      url,
      { method: 'POST', headers: { 'content-length': '26000000' } },
      (response) => {
        response.resume()
        resolve(response.statusCode ?? 0)
        sending.destroy()
      },
    )
    sending.on('error', reject)
    sending.flushHeaders()
  })
  t.equal(reply, 413)
  t.strictSame(await kept(stepId), { remoteId: null, isReported: false })
})

t.test('where no token is set up, every address is unknown', async (t) => {
  t.equal(
    callbackUrl(
      { engine: 'runpod', jobId: 'x', scene: 'y', attempt: 1 },
      { ENGINE_CALLBACK_BASE_URL: studio.url, INTERNAL_TOKEN: '' },
    ),
    null,
  )
})

t.test('the token is in no log line, and reports are not counted as requests', async (t) => {
  const { url } = await aScene([1])
  const reply = await post(url)
  t.equal(reply.headers.get('x-ratelimit-limit'), null)
  t.notMatch(JSON.stringify(studio.lines), new RegExp(`${url.searchParams.get('token')}|${INTERNAL_TOKEN}`))
})
