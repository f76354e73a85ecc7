/** Films over a RunPod endpoint, with real processes: server, worker, endpoint, and the reports between them. */
import t from 'tap'
import { REPORT_CHANNEL } from '../../core/jobs/engine-submissions.ts'
import type { JobOutput } from '../../core/jobs/types.ts'
import { findTools } from '../../core/platform/ffmpeg.ts'
import { buildUser } from '../support/builders.ts'
import { startFakeRunpod } from '../support/fake-runpod/server.ts'
import { handle } from '../support/fake-runpod/worker.ts'
import { makeFilm } from '../support/media.ts'
import { freePort } from '../support/postgres.ts'
import { startStack } from '../support/stack.ts'

const [tools, port] = await Promise.all([findTools(process.env), freePort()])
const clip = await makeFilm(tools, { size: '640x368' })
const fake = await startFakeRunpod(t, { webhookRetryMs: 200 })
const working = async (input: unknown) =>
  handle(input, { files: () => [{ list: 'images', extension: '.mp4', bytes: clip }] })
fake.handler = working

const stack = await startStack(t, {
  comfyuiUrls: [],
  env: {
    FRAMECAST_MODE: 'self-hosted',
    RUNPOD_API_KEY: fake.apiKey,
    RUNPOD_ENDPOINT_ID: fake.endpointId,
    RUNPOD_BASE_URL: fake.url,
    RUNPOD_RECONCILE_SECONDS: '600',
    INTERNAL_TOKEN: 'an internal token of some length',
    ENGINE_CALLBACK_BASE_URL: `http://127.0.0.1:${port}`,
  },
})
const base = `http://127.0.0.1:${port}`
let server = await stack.startServer({ PORT: String(port), APP_BASE_URL: base })
let worker = await stack.startWorker()

type Sent = { framecast: { job: string; scene: string } }
const sentFor = (jobId: string) => fake.jobs.filter(({ input }) => (input as Sent).framecast.job === jobId)

let films = 0
async function render(over: object = {}) {
  films += 1
  const spec = {
    title: `Film ${films}`,
    scenes: ['one', 'two'].map((id) => ({ id, prompt: `${id} of film ${films}`, duration: 1 })),
    ...over,
  }
  const { job } = await stack.jobs.accept(await buildUser(stack.db.pool), {
    spec,
    options: { resolution: '480p', aspect: '1:1', fps: 16 },
  })
  return job
}

const outcomes = async (jobId: string) =>
  (
    await stack.db.pool.query<{ key: string; attempt: number; result: Record<string, unknown> }>(
      `select key, attempt, result from job_steps where job_id = $1 and kind = 'scene' order by key`,
      [jobId],
    )
  ).rows

t.test('a storyboard becomes a film; the endpoint is the default where it is all there is', async (t) => {
  const job = await render()
  t.equal(job.engine, 'runpod')
  const done = await stack.finished(job.id)
  t.equal(done.status, 'completed', JSON.stringify(done.error))
  t.equal((done.output as JobOutput).metadata.frames, 32)
  t.equal(sentFor(job.id).length, 2)
  for (const { result } of await outcomes(job.id)) {
    t.match(result, { engineHost: 'runpod', model: /wan2\.2/ })
    t.notOk('possibleDoubleCharge' in result)
  }
  await fake.until(({ deliveries }) => deliveries.length >= 2)
  t.ok(
    fake.deliveries.every(({ status }) => status === 200),
    'each report was taken, whether it came before the film was done or after',
  )
})

t.test('reports wake the worker, repeated and stray ones change nothing', async (t) => {
  const listener = await stack.db.pool.connect()
  const heard: string[] = []
  listener.on('notification', ({ payload }) => heard.push(String(payload)))
  await listener.query(`listen ${REPORT_CHANNEL}`)
  const job = await render()
  await fake.until(() => sentFor(job.id).some(({ webhook }) => webhook !== null))
  const { webhook } = sentFor(job.id)[0]!
  const stray = new URL(webhook!)
  stray.searchParams.set('token', 'x'.repeat(43))
  const post = async (url: URL | string) =>
    (await fetch(url, { method: 'POST', body: '{"id":"stray"}' })).status
  t.equal(await post(stray), 404)
  t.equal((await stack.finished(job.id)).status, 'completed')
  t.equal(await post(webhook!), 200, 'late: the film is done')
  t.equal(await post(webhook!), 200)
  t.equal(sentFor(job.id).length, 2)
  t.ok(heard.length >= 1)
  listener.release(true)
})

t.test(
  'a report that comes before the id is stored: the answer is lost, the report finds the job',
  async (t) => {
    const before = fake.deliveries.length
    fake.fail({ on: 'run', what: 'hang-up-after', times: 2 })
    const job = await render()
    await fake.until(({ deliveries }) => deliveries.length >= before + 2)
    const done = await stack.finished(job.id)
    t.equal(done.status, 'completed', JSON.stringify(done.error))
    t.equal(sentFor(job.id).length, 2, 'nothing was sent twice')
    for (const { attempt, result } of await outcomes(job.id)) {
      t.ok(attempt >= 2)
      t.notOk('possibleDoubleCharge' in result)
    }
  },
)

t.test('without any report, asking is enough', async (t) => {
  fake.reports = false
  const job = await render()
  t.equal((await stack.finished(job.id)).status, 'completed')
  fake.reports = true
})

t.test('a worker that is killed after it has sent the scenes: the next one takes them up', async (t) => {
  const go = Promise.withResolvers<void>()
  fake.handler = async (input) => {
    await go.promise
    return working(input)
  }
  const job = await render()
  await fake.until(() => sentFor(job.id).length === 2)
  const stored = async () =>
    (
      await stack.db.pool.query(
        `select 1 from job_steps where job_id = $1 and kind = 'scene' and remote_id ~ '-e1$'`,
        [job.id],
      )
    ).rows.length === 2
  while (!(await stored())) await new Promise((resolve) => setTimeout(resolve, 20))
  await worker.stop('SIGKILL')
  worker = await stack.startWorker()
  go.resolve()
  fake.handler = working
  const done = await stack.finished(job.id)
  t.equal(done.status, 'completed', JSON.stringify(done.error))
  t.equal(sentFor(job.id).length, 2)
})

t.test('a job that is cancelled is cancelled there too', async (t) => {
  fake.handler = (_input, { stop }) =>
    new Promise((resolve) => stop.signal.addEventListener('abort', () => resolve({})))
  const user = await buildUser(stack.db.pool)
  const { job } = await stack.jobs.accept(user, {
    spec: { title: 'Gone', scenes: [{ id: 'one', prompt: 'a scene nobody wants', duration: 1 }] },
    options: { resolution: '480p' },
  })
  await fake.until(() => sentFor(job.id)[0]?.state === 'IN_PROGRESS')
  await stack.jobs.cancel(user, job.id)
  await fake.until(() => sentFor(job.id)[0]?.state === 'CANCELLED')
  t.pass()
  fake.handler = working
})

t.test('a scene that fails there fails the film, with the scene named', async (t) => {
  fake.handler = async () => ({ error: 'Job processing failed', details: ['Message: CUDA out of memory'] })
  const job = await render()
  const done = await stack.finished(job.id)
  t.match(done, {
    status: 'failed',
    error: { code: 'out_of_memory', scene_id: /one|two/, message: /larger card/ },
  })
  fake.handler = working
})

t.test('neither the key nor a token of an address is in any log', async (t) => {
  await server.part.stop()
  server = await stack.startServer({ PORT: String(port), APP_BASE_URL: base })
  const logged = JSON.stringify([worker.lines, server.part.lines])
  t.notMatch(logged, /rpa_FAKE|an internal token|token=/)
})
