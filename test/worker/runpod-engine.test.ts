/** The runpod engine over the wire of an endpoint, with every way in which that is known to go wrong. */

import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import t, { type Test } from 'tap'
import { findSubmission, reportName, storeSubmissionId } from '../../core/jobs/engine-submissions.ts'
import { readConfig } from '../../core/platform/config.ts'
import { findTools } from '../../core/platform/ffmpeg.ts'
import type { Logger } from '../../core/platform/log.ts'
import { BUILTIN_WORKFLOWS_DIR, loadWorkflows } from '../../core/workflows/load.ts'
import type { SceneRequest } from '../../worker/engines/engine.ts'
import { ReportBell } from '../../worker/engines/report-bell.ts'
import { createRunpodEngine, parseRemoteId } from '../../worker/engines/runpod.ts'
import type { FollowTimings } from '../../worker/engines/runpod-follow.ts'
import { buildJob, buildUser, stepOf } from '../support/builders.ts'
import { startFakeRunpod } from '../support/fake-runpod/server.ts'
import { handle, type WorkerFile } from '../support/fake-runpod/worker.ts'
import { makeFilm } from '../support/media.ts'
import { startDatabase } from '../support/postgres.ts'

const [database, tools, workflows, fake] = await Promise.all([
  startDatabase(t),
  findTools(process.env),
  loadWorkflows([BUILTIN_WORKFLOWS_DIR]),
  startFakeRunpod(t),
])
const { pool } = database
const clip = await makeFilm(tools, { size: '320x180' })
const folder = await mkdtemp(join(tmpdir(), 'framecast-test-runpod-'))
t.teardown(() => rm(folder, { recursive: true, force: true }))

const SECRET = 'an internal token of some length'
const lines: Record<string, unknown>[] = []
const log = pino(
  { level: 'debug' },
  { write: (text: string) => lines.push(JSON.parse(text)) },
) as unknown as Logger
const bell = new ReportBell()

const video = (bytes = clip): WorkerFile => ({ list: 'images', extension: '.mp4', bytes })
const giving =
  (...files: WorkerFile[]) =>
  async (input: unknown) =>
    handle(input, { files: () => files })

function engineWith(env: Record<string, string> = {}, timings: Partial<FollowTimings> = {}) {
  const config = readConfig({
    DATABASE_URL: database.url,
    DATA_KEY: Buffer.alloc(32, 7).toString('base64'),
    S3_ENDPOINT: 'http://127.0.0.1:9',
    S3_ACCESS_KEY: 'x',
    S3_SECRET_KEY: 'y',
    FRAMECAST_MODE: 'self-hosted',
    RUNPOD_API_KEY: fake.apiKey,
    RUNPOD_ENDPOINT_ID: fake.endpointId,
    RUNPOD_BASE_URL: fake.url,
    RUNPOD_RECONCILE_SECONDS: '0',
    INTERNAL_TOKEN: SECRET,
    ...env,
  })
  return createRunpodEngine({
    config,
    workflows,
    tools,
    db: pool,
    bell,
    log,
    timings: { pollMs: 20, maxPollMs: 60, unreachableMs: 2_000, ...timings },
  })
}
const engine = engineWith()

/** A scene step as a worker runs it: attempts, and the remote id that they hand on. */
async function aScene(over: Partial<SceneRequest> = {}) {
  const jobId = await buildJob(pool, await buildUser(pool), {
    steps: [{ kind: 'scene', key: 'one', task: 'scene.runpod', engine: 'runpod' }],
  })
  const step = await stepOf(pool, jobId, 'scene', 'one')
  await pool.query(`update jobs set status = 'processing', started_at = now() where id = $1`, [jobId])
  const notes: string[] = []
  const remoteIds: string[] = []
  let attempt = 0
  return {
    jobId,
    stepId: String(step.id),
    notes,
    remoteIds,
    run(by = engine, signal = AbortSignal.timeout(30_000)) {
      attempt += 1
      const request: SceneRequest = {
        jobId,
        stepId: step.id,
        attempt,
        workflow: 'core-wan22-5b-t2v',
        sceneId: 'one',
        sceneNumber: 1,
        scenesTotal: 1,
        title: 'Test',
        prompt: 'a lighthouse at dusk',
        negativePrompt: '',
        writtenPrompt: 'a lighthouse at dusk',
        details: '',
        seed: 7,
        format: { width: 854, height: 480, fps: 24 } as SceneRequest['format'],
        frames: 24,
        durationS: 1,
        cutFrames: [],
        referenceImages: [],
        remoteId: remoteIds.at(-1) || null,
        workDir: folder,
        ...over,
      }
      return by.run(
        request,
        {
          remoteId: async (id) => void remoteIds.push(id),
          progress: ({ note }) => note && notes.at(-1) !== note && notes.push(note),
          preview() {},
        },
        signal,
      )
    },
  }
}

type Wanted = { code: string; retryable?: boolean; message?: RegExp }

type Sent = {
  input: {
    workflow: object
    framecast: { job: string; scene: string; attempt: number }
    images?: { name: string }[]
  }
}
const sentFor = (jobId: string) =>
  fake.jobs.filter(({ input }) => (input as Sent['input']).framecast.job === jobId)

t.test(
  'a scene is submitted with all that RunPod should know, and its id is kept before anything else',
  async (t) => {
    fake.handler = giving(video())
    const scene = await aScene()
    const result = await scene.run()
    t.match(result, { seed: 7, engineHost: 'runpod', model: /wan2\.2/ })
    t.notOk('possibleDoubleCharge' in result)
    t.strictSame(await readFile(result.path), clip)
    const [job, ...others] = sentFor(scene.jobId)
    t.equal(others.length, 0)
    t.match(job, { policy: { executionTimeout: 1_200_000, ttl: 3_000_000 } })
    t.match(
      job?.input,
      { framecast: { job: scene.jobId, scene: 'one', attempt: 1 } },
      'our own id travels with it',
    )
    const webhook = new URL(job!.webhook!)
    t.equal(webhook.pathname, '/internal/engines/runpod/callback')
    t.match(Object.fromEntries(webhook.searchParams), {
      job: scene.jobId,
      scene: 'one',
      attempt: '1',
      token: /^[\w-]{43}$/,
    })
    t.strictSame(
      scene.remoteIds.map((id) => parseRemoteId(id)?.id),
      [null, job!.id],
      'first that it leaves, then what it is called',
    )
    t.equal((await findSubmission(pool, { stepId: scene.stepId, attempt: 1 })).remoteId, job!.id)
  },
)

t.test('without INTERNAL_TOKEN it is given no address to report to', async (t) => {
  const scene = await aScene()
  await scene.run(engineWith({ INTERNAL_TOKEN: '' }))
  t.equal(sentFor(scene.jobId)[0]?.webhook, null)
})

t.test('a worker that comes after another takes the job up, and sends nothing', async (t) => {
  const started = Promise.withResolvers<void>()
  const go = Promise.withResolvers<void>()
  fake.handler = async (input) => {
    started.resolve()
    await go.promise
    return handle(input, { files: () => [video()] })
  }
  const scene = await aScene()
  const stop = new AbortController()
  const first = scene.run(engine, stop.signal)
  await started.promise
  stop.abort(new Error('shutdown'))
  await t.rejects(first, /shutdown/)
  const second = scene.run()
  go.resolve()
  await second
  t.equal(sentFor(scene.jobId).length, 1)
  t.equal(sentFor(scene.jobId)[0]?.state, 'COMPLETED')
  fake.handler = giving(video())
})

t.test('the answer to a submission is lost', async (t) => {
  for (const what of ['hang-up-after', 'html-after', { status: 502 }] as const) {
    const name = typeof what === 'object' ? `status ${what.status}` : what
    t.test(`${name}: not sent again at once, but once, and the result says so`, async (t) => {
      const scene = await aScene()
      fake.fail({ on: 'run', what })
      await t.rejects(scene.run(), { code: 'engine_unreachable', retryable: true })
      const before = sentFor(scene.jobId).length
      const result = await scene.run()
      t.equal(result.possibleDoubleCharge, true)
      t.equal(sentFor(scene.jobId).length, before + 1)
      t.ok(lines.some((line) => line.possibleDoubleCharge === true && line.stepId === scene.stepId))
    })
  }

  t.test('a report names the job, which is taken up and not sent again', async (t) => {
    const scene = await aScene()
    fake.fail({ on: 'run', what: 'hang-up-after' })
    await t.rejects(scene.run(), { code: 'engine_unreachable' })
    const [job] = sentFor(scene.jobId)
    await storeSubmissionId(pool, { stepId: scene.stepId, attempt: 1 }, job!.id)
    const result = await scene.run()
    t.notOk('possibleDoubleCharge' in result)
    t.equal(sentFor(scene.jobId).length, 1)
    t.equal(parseRemoteId(scene.remoteIds.at(-1)!)?.attempt, 1)
  })

  t.test('the report comes while it is waited for', async (t) => {
    const scene = await aScene()
    fake.fail({ on: 'run', what: 'hang-up-after' })
    await t.rejects(scene.run(), { code: 'engine_unreachable' })
    const [job] = sentFor(scene.jobId)
    const second = scene.run(engineWith({ RUNPOD_RECONCILE_SECONDS: '3600' }))
    await storeSubmissionId(pool, { stepId: scene.stepId, attempt: 1 }, job!.id)
    bell.ring(reportName(scene.stepId, 1))
    await second
    t.equal(sentFor(scene.jobId).length, 1)
  })

  t.test('twice: then it is not sent a third time', async (t) => {
    const scene = await aScene()
    fake.fail({ on: 'run', what: 'hang-up-after', times: 2 })
    await t.rejects(scene.run(), { code: 'engine_unreachable' })
    await t.rejects(scene.run(), { code: 'engine_unreachable' })
    await t.rejects(scene.run(), { code: 'bad_result', retryable: false, message: /charged/ })
    t.equal(sentFor(scene.jobId).length, 2)
  })
})

t.test('what certainly did not arrive is sent again without doubt', async (t) => {
  const scene = await aScene()
  const nobody = createServer().listen(0, '127.0.0.1')
  await once(nobody, 'listening')
  const { port } = nobody.address() as AddressInfo
  nobody.close()
  await once(nobody, 'close')
  const away = engineWith({ RUNPOD_BASE_URL: `http://127.0.0.1:${port}/v2` })
  await t.rejects(scene.run(away), { code: 'engine_unreachable', retryable: true })
  t.equal(scene.remoteIds.at(-1), '')
  t.notOk('possibleDoubleCharge' in (await scene.run()))
})

t.test('too many requests are waited out', async (t) => {
  const scene = await aScene()
  fake.fail({ on: 'run', what: { status: 429, retryAfter: 0 }, times: 2 })
  fake.fail({ on: 'status', what: { status: 429, retryAfter: 0 }, times: 2 })
  await scene.run()
  t.equal(sentFor(scene.jobId).length, 1)
})

t.test(
  'a wrong key, a wrong endpoint and a refused request end the scene with what to look at',
  async (t) => {
    for (const [env, message] of [
      [{ RUNPOD_API_KEY: 'rpa_wrong' }, /RUNPOD_API_KEY/],
      [{ RUNPOD_ENDPOINT_ID: 'another' }, /RUNPOD_ENDPOINT_ID/],
    ] as const)
      await t.rejects((await aScene()).run(engineWith(env)), {
        code: 'engine_rejected',
        retryable: false,
        message,
      })
    fake.fail({ on: 'run', what: { status: 400, body: '{"error":"policy out of range"}' } })
    await t.rejects((await aScene()).run(), { code: 'engine_rejected', message: /policy out of range/ })
  },
)

t.test('asking goes on over answers that are none', async (t) => {
  const scene = await aScene()
  fake.fail({ on: 'status', what: { status: 502 } })
  fake.fail({ on: 'status', what: 'hang-up-before' })
  fake.fail({ on: 'status', what: 'html-after' })
  fake.fail({ on: 'status', what: { status: 404 } })
  await scene.run()
  t.equal(sentFor(scene.jobId).length, 1)
})

t.test('nobody answers for long: the engine counts as away, and the job is kept', async (t) => {
  const scene = await aScene()
  fake.fail({ on: 'status', what: { status: 503 }, times: 10_000 })
  await t.rejects(scene.run(engineWith({}, { unreachableMs: 50 })), {
    code: 'engine_unreachable',
    retryable: true,
  })
  t.ok(parseRemoteId(scene.remoteIds.at(-1)!)?.id)
  fake.clearFaults()
  await scene.run()
  t.equal(sentFor(scene.jobId).length, 1)
})

t.test('RunPod has forgotten the job: sent once more, on record, and never a third time', async (t) => {
  const scene = await aScene()
  fake.handler = async (_input, job) => {
    fake.forget(job.id)
    return {}
  }
  await t.rejects(scene.run(), { code: 'engine_lost', retryable: true, message: /not know the scene/ })
  await t.rejects(scene.run(), { code: 'bad_result', retryable: false, message: /once more already/ })
  t.equal(sentFor(scene.jobId).length, 2)
  const other = await aScene()
  await t.rejects(other.run(), { code: 'engine_lost' })
  fake.handler = giving(video())
  t.equal((await other.run()).possibleDoubleCharge, true)
})

t.test('what the endpoint gives', async (t) => {
  t.teardown(() => {
    fake.handler = giving(video())
  })
  const refused = async (t: Test, expected: Wanted, by = engine, over: Partial<SceneRequest> = {}) => {
    const scene = await aScene(over)
    await t.rejects(scene.run(by), expected)
  }

  t.test('a result that is too large to come back is lost, and the message says what to do', async (t) => {
    fake.handler = giving(video(Buffer.alloc(8_000_000, 1)))
    await refused(t, { code: 'bad_result', retryable: false, message: /too large.*BUCKET_ENDPOINT_URL/ })
  })
  t.test('files of VHS are dropped there', async (t) => {
    fake.handler = giving({ list: 'gifs', extension: '.mp4', bytes: clip })
    await refused(t, { code: 'bad_result', retryable: false, message: /VHS_VideoCombine/ })
  })
  t.test('a picture where a clip is wanted', async (t) => {
    fake.handler = giving({
      list: 'images',
      extension: '.png',
      bytes: Buffer.from('89504e470d0a1a0a', 'hex'),
    })
    await refused(t, { code: 'bad_result', message: /\.png where a clip was expected/ })
  })
  t.test('a page that calls itself a clip', async (t) => {
    fake.handler = giving(video(Buffer.from('<html>an error page</html>')))
    await refused(t, { code: 'bad_result', retryable: true, message: /no clip/ })
  })
  t.test('base64 that is cut off', async (t) => {
    fake.handler = async () => ({ images: [{ filename: 'a_00001_.mp4', type: 'base64', data: 'AAAA*' }] })
    await refused(t, { code: 'bad_result', message: /base64/ })
  })
  t.test('the main file among several, beside a part that failed', async (t) => {
    const scene = await aScene()
    fake.handler = async (input) => {
      const { images } = handle(input, { files: () => [video()] }) as { images: { filename: string }[] }
      const other = {
        filename: 'side-other_00001_.mp4',
        type: 'base64',
        data: Buffer.alloc(30).toString('base64'),
      }
      return { images: [...images, other], errors: ['node 9 has no output'] }
    }
    t.strictSame(await readFile((await scene.run()).path), clip)
    t.ok(lines.some((line) => JSON.stringify(line).includes('node 9 has no output')))
  })
  t.test('an image from before 5.0.0, which puts the file into a message', async (t) => {
    fake.handler = async () => ({ message: clip.toString('base64'), status: 'success' })
    const scene = await aScene()
    t.strictSame(await readFile((await scene.run()).path), clip)
  })
  t.test('more than RUNPOD_RESULT_MAX_MB', async (t) => {
    fake.handler = giving(video(Buffer.concat([clip, Buffer.alloc(1_100_000)])))
    await refused(
      t,
      { code: 'bad_result', retryable: false, message: /larger than 1 MB/ },
      engineWith({ RUNPOD_RESULT_MAX_MB: '1' }),
    )
  })
  t.test('memory that ran out, with advice', async (t) => {
    fake.handler = async () => ({
      error: 'Job processing failed',
      details: [
        'Workflow execution error: Node Type: KSampler, Node ID: 3, Message: CUDA out of memory. Tried to allocate 2 GiB',
      ],
    })
    await refused(t, { code: 'out_of_memory', retryable: false, message: /larger card/ })
  })
  t.test('a handler that raised', async (t) => {
    fake.handler = async () => {
      throw new Error('the disk at /workspace/models is gone')
    }
    await refused(t, { code: 'node_failed', retryable: true, message: /the disk at … is gone/ })
  })
  t.test('a failure that calls itself completed', async (t) => {
    fake.handler = async (_input, job) => {
      job.stop.signal.throwIfAborted()
      return { details: [], output: null, images: [], status: 'ok', error: '' }
    }
    await refused(t, { code: 'bad_result' })
  })
  t.test('cancelled from elsewhere', async (t) => {
    fake.handler = (_input, job) => once(job.stop.signal, 'abort')
    const scene = await aScene()
    const running = scene.run()
    await fake.until(() => sentFor(scene.jobId)[0]?.state === 'IN_PROGRESS')
    const { id } = sentFor(scene.jobId)[0]!
    await fetch(`${fake.url}/${fake.endpointId}/cancel/${id}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${fake.apiKey}` },
    })
    await t.rejects(running, { code: 'interrupted', retryable: true })
  })
  t.test('it runs longer than it may', async (t) => {
    fake.handler = (_input, job) => once(job.stop.signal, 'abort')
    await refused(
      t,
      { code: 'engine_silent', message: /RUNPOD_EXECUTION_SECONDS/ },
      engineWith({ RUNPOD_EXECUTION_SECONDS: '5' }),
    )
  })
})

t.test('results by address', async (t) => {
  t.teardown(() => {
    fake.handler = giving(video())
  })
  let listener: RequestListener = (_, response) => response.end(clip)
  let asked = 0
  const bucket = createServer((request, response) => {
    asked += 1
    listener(request, response)
  }).listen(0, '127.0.0.1')
  await once(bucket, 'listening')
  t.teardown(() => bucket.close())
  const base = `http://127.0.0.1:${(bucket.address() as AddressInfo).port}`
  const uploading = (address: string) => async (input: unknown) =>
    handle(input, { files: () => [video()], upload: () => address })
  const opened = engineWith({ RUNPOD_RESULT_ALLOWED_CIDRS: '127.0.0.1', RUNPOD_RESULT_MAX_MB: '1' })

  t.test('are fetched from a network that the operator has opened', async (t) => {
    fake.handler = uploading(`${base}/11-26/key.mp4?X-Amz-Signature=canary`)
    const scene = await aScene()
    t.strictSame(await readFile((await scene.run(opened)).path), clip)
  })
  t.test('and from no other that is not public', async (t) => {
    asked = 0
    for (const address of [
      `${base}/key.mp4`,
      'https://127.0.0.1/key.mp4',
      'https://169.254.169.254/latest/meta-data/',
      'http://93.184.216.34/key.mp4',
      'file:///etc/passwd',
      '/simulated_uploaded/key.mp4',
    ]) {
      fake.handler = uploading(address)
      const error = await (await aScene()).run().then(
        () => null,
        (thrown) => thrown,
      )
      t.match(error, { code: 'bad_result', retryable: false }, address)
      t.notMatch(error.message, /169\.254|passwd|canary/, 'the address is not shown')
    }
    t.equal(asked, 0)
  })
  for (const [what, answer, expected] of [
    [
      'a redirect is not followed',
      (_, r) => r.writeHead(302, { location: `${base}/else` }).end(),
      { code: 'bad_result' },
    ],
    [
      'an address that has expired',
      (_, r) => r.writeHead(403).end(),
      { code: 'bad_result', retryable: false, message: /expired/ },
    ],
    [
      'a store that is away for a moment',
      (_, r) => r.writeHead(503).end(),
      { code: 'engine_unreachable', retryable: true },
    ],
    [
      'more bytes than are wanted',
      (_, r) => r.end(Buffer.alloc(1_200_000)),
      { code: 'bad_result', message: /RUNPOD_RESULT_MAX_MB/ },
    ],
    [
      'a body that breaks off',
      (_, r) => r.writeHead(200, { 'content-length': '5000' }).write('x', () => r.destroy()),
      { code: 'engine_unreachable' },
    ],
    ['a page with 200', (_, r) => r.end('<html>sign in</html>'), { code: 'bad_result', message: /no clip/ }],
  ] as [string, RequestListener, Wanted][])
    t.test(what, async (t) => {
      listener = answer
      asked = 0
      fake.handler = uploading(`${base}/key.mp4`)
      await t.rejects((await aScene()).run(opened), expected)
      t.equal(asked, 1)
    })
})

t.test('a report only wakes whoever waits', async (t) => {
  const sleepy = engineWith({}, { pollMs: 600_000, maxPollMs: 600_000 })
  const scene = await aScene()
  const go = Promise.withResolvers<void>()
  fake.handler = async (input) => {
    await go.promise
    return handle(input, { files: () => [video()] })
  }
  const running = scene.run(sleepy)
  await fake.until(() => sentFor(scene.jobId)[0]?.state === 'IN_PROGRESS')
  go.resolve()
  await fake.until(() => sentFor(scene.jobId)[0]?.state === 'COMPLETED')
  // The first question may be on its way still: rung until it is heard.
  const ringing = setInterval(() => bell.ring(reportName(scene.stepId, 1)), 50)
  await running.finally(() => clearInterval(ringing))
  t.pass()
  fake.handler = giving(video())
})

t.test('pictures travel within the request, up to its limit', async (t) => {
  const image = async (bytes: number) => {
    const path = join(folder, `${bytes}.png`)
    await writeFile(path, Buffer.concat([Buffer.from('89504e470d0a1a0a', 'hex'), Buffer.alloc(bytes)]))
    return { path, sha256: 'c0ffee', weight: 1 }
  }
  const scene = await aScene({ workflow: 'core-wan22-5b-i2v', referenceImages: [await image(1_000)] })
  await scene.run()
  const { images, workflow } = sentFor(scene.jobId)[0]!.input as Sent['input']
  t.match(images, [{ name: 'framecast-c0ffee.png' }])
  t.match(JSON.stringify(workflow), /"image":"framecast-c0ffee.png"/)
  const before = fake.jobs.length
  const large = await aScene({ workflow: 'core-wan22-5b-i2v', referenceImages: [await image(7_600_000)] })
  await t.rejects(large.run(), { code: 'workflow_invalid', retryable: false, message: /RunPod takes 10 MB/ })
  t.equal(fake.jobs.length, before, 'refused here, before anything is sent')
  t.strictSame(large.remoteIds, [])
})

t.test('cancel: asked for, and waited until it has come', async (t) => {
  fake.handler = (_input, job) => once(job.stop.signal, 'abort')
  const scene = await aScene()
  const stop = new AbortController()
  const running = scene.run(engine, stop.signal)
  await fake.until(() => sentFor(scene.jobId)[0]?.state === 'IN_PROGRESS')
  stop.abort(new Error('canceled'))
  await t.rejects(running, /canceled/)
  fake.fail({ on: 'cancel', what: { status: 429, retryAfter: 0 } })
  fake.fail({ on: 'status', what: { status: 502 } })
  await engine.cancel(scene.remoteIds.at(-1)!, AbortSignal.timeout(20_000))
  t.equal(sentFor(scene.jobId)[0]?.state, 'CANCELLED')
  await engine.cancel(scene.remoteIds.at(-1)!, AbortSignal.timeout(20_000))
  t.pass('once more is no error')
  await engine.cancel('', AbortSignal.timeout(20_000))
  await engine.cancel('somebody/else', AbortSignal.timeout(20_000))
  fake.handler = giving(video())

  t.test('also of a job whose id only its record has, once it has it', async (t) => {
    const scene = await aScene()
    fake.handler = (_input, job) => once(job.stop.signal, 'abort')
    fake.fail({ on: 'run', what: 'hang-up-after' })
    await t.rejects(scene.run(), { code: 'engine_unreachable' })
    const pending = scene.remoteIds.at(-1)!
    await t.rejects(engine.cancel(pending, AbortSignal.timeout(20_000)), {
      code: 'engine_lost',
      retryable: true,
    })
    const { id } = sentFor(scene.jobId)[0]!
    await storeSubmissionId(pool, { stepId: scene.stepId, attempt: 1 }, id)
    await engine.cancel(pending, AbortSignal.timeout(20_000))
    t.equal(sentFor(scene.jobId)[0]?.state, 'CANCELLED')
    fake.handler = giving(video())
  })
})

t.test('an endpoint without workers', async (t) => {
  const now = () => AbortSignal.timeout(10_000)
  t.match(await engine.health(now()), { state: 'healthy', queuePending: 0 })
  fake.workers.max = 0
  const scene = await aScene()
  const stop = new AbortController()
  const running = scene.run(engineWith({}, { queuedMs: 0, healthMs: 0 }), stop.signal)
  running.catch(() => {})
  while (!scene.notes.some((note) => /scaled to zero/.test(note)))
    await new Promise((resolve) => setImmediate(resolve))
  t.match(await engine.health(now()), { state: 'degraded', queuePending: 1, detail: /scaled to zero/ })
  t.ok(
    lines.some((line) => /scaled to zero/.test(String(line.msg))),
    'and it is in the log',
  )
  fake.workers.throttled = 2
  t.match(await engine.health(now()), { state: 'degraded', detail: /throttled/ })
  fake.workers.throttled = 0
  fake.workers.max = 3
  fake.pump()
  await running
  t.match(await engine.health(now()), { state: 'healthy' })
  fake.fail({ on: 'health', what: { status: 502 } })
  t.match(await engine.health(now()), { state: 'down' })
})

t.test('no more scenes at once than there are places', async (t) => {
  let most = 0
  let running = 0
  fake.handler = async (input) => {
    most = Math.max(most, ++running)
    await new Promise((resolve) => setImmediate(resolve))
    running -= 1
    return handle(input, { files: () => [video()] })
  }
  const narrow = engineWith({ RUNPOD_CONCURRENCY: '1' })
  const scenes = await Promise.all([aScene(), aScene(), aScene()])
  await Promise.all(scenes.map((scene) => scene.run(narrow)))
  t.equal(most, 1)
})

t.test('neither key nor token nor signature is in the log', async (t) => {
  t.ok(lines.length > 20)
  t.notMatch(JSON.stringify(lines), /rpa_|canary|an internal token|token=/)
})
