/** Following a job over HTTP that breaks, lies and comes back. The server is a stand-in on the wire. */
import type http from 'node:http'
import t from 'tap'
import { ApiError, createApi } from '../../cli/api.ts'
import { CliError, EXIT } from '../../cli/exit.ts'
import { type FollowUpdate, followJob } from '../../cli/follow.ts'
import { completedJob, JOB_ID, sendJson, sse, startStandIn, wireJob } from './support.ts'

const JOB = `GET /v1/jobs/${JOB_ID}`
const EVENTS = `GET /v1/jobs/${JOB_ID}/events`

const openStream = (response: http.ServerResponse) => {
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  response.write('retry: 2000\n\n')
}

/** Follows with short waits; gives the updates as short texts. */
async function follow(url: string, over: { giveUpMs?: number; silenceMs?: number; pollForMs?: number } = {}) {
  const seen: string[] = []
  const job = await followJob(createApi(url, 'sk_live_x'), JOB_ID, {
    signal: AbortSignal.timeout(20_000),
    onUpdate(update: FollowUpdate) {
      if (update.kind === 'event') seen.push(`${update.event.sequence} ${update.event.type}`)
      else if (update.kind === 'connection') seen.push(update.connection)
    },
    reconnectMs: 10,
    pollMs: 10,
    ...over,
  })
  return { job, seen }
}

t.test('a dropped stream is resumed where it broke off, and repeated events count once', async (t) => {
  let connections = 0
  let status = wireJob({ status: 'processing' })
  await using server = await startStandIn({
    [JOB]: (_, response) => sendJson(response, 200, status),
    [EVENTS]: (_, response) => {
      connections += 1
      openStream(response)
      if (connections === 1) {
        response.write(sse(1, 'queued') + sse(2, 'started'))
        // Cut in the middle of an event: the half must not be believed.
        response.write(sse(3, 'progress', { percent: 10 }).slice(0, -5), () => response.destroy())
      } else {
        response.write(sse(2, 'started') + sse(3, 'progress', { percent: 10 }))
        status = completedJob('')
        response.end(sse(4, 'completed'))
      }
    },
  })
  const { job, seen } = await follow(server.url)
  t.equal(job.status, 'completed')
  t.strictSame(seen, ['live', '1 queued', '2 started', '3 progress', '4 completed'])
  const streams = server.requests.filter((request) => request.route === EVENTS)
  t.equal(streams[0]?.headers['last-event-id'], undefined)
  t.equal(streams[1]?.headers['last-event-id'], `${JOB_ID}:2`, 'resumes after the last whole event')
  t.equal(streams[1]?.headers.authorization, 'Bearer sk_live_x')
})

t.test('a server that restarts is waited for', async (t) => {
  let finished = false
  await using server = await startStandIn({
    [JOB]: (_, response) =>
      sendJson(response, 200, finished ? completedJob('') : wireJob({ status: 'processing' })),
    [EVENTS]: (_, response) => {
      openStream(response)
      response.write(sse(1, 'queued'))
      if (finished) response.end(sse(2, 'completed'))
    },
  })
  const seen: string[] = []
  const { promise: live, resolve: isLive } = Promise.withResolvers<void>()
  const { promise: lost, resolve: isLost } = Promise.withResolvers<void>()
  const following = followJob(createApi(server.url, undefined), JOB_ID, {
    signal: AbortSignal.timeout(20_000),
    reconnectMs: 10,
    onUpdate(update) {
      if (update.kind === 'event') isLive()
      if (update.kind !== 'connection') return
      seen.push(update.connection)
      if (update.connection === 'reconnecting') isLost()
    },
  })
  await live
  await server.leave()
  await lost
  finished = true
  await server.comeBack()
  t.equal((await following).status, 'completed')
  t.strictSame(seen, ['live', 'reconnecting', 'live'])
})

t.test('410 means reading the job and taking what is left of the events', async (t) => {
  let streams = 0
  let done = false
  await using server = await startStandIn({
    [JOB]: (_, response) =>
      sendJson(response, 200, done ? completedJob('') : wireJob({ status: 'processing' })),
    [EVENTS]: (request, response) => {
      streams += 1
      if (streams === 1) {
        openStream(response)
        response.write(sse(5, 'progress'), () => response.destroy())
      } else if (request.headers['last-event-id']) {
        sendJson(response, 410, { error: { code: 'GONE', message: 'Gone: replay expired' } })
      } else {
        openStream(response)
        done = true
        response.end(sse(90, 'completed'))
      }
    },
  })
  const { job, seen } = await follow(server.url)
  t.equal(job.status, 'completed')
  t.equal(streams, 3)
  t.strictSame(seen, ['live', '5 progress', '90 completed'])
})

t.test('where streams are refused or swallowed, the job is polled', async (t) => {
  for (const refuse of [
    (response: http.ServerResponse) =>
      sendJson(response, 429, { error: { code: 'RATE_LIMIT_EXCEEDED', message: 'x' } }),
    (response: http.ServerResponse) =>
      response.writeHead(200, { 'content-type': 'text/html' }).end('<p>proxy</p>'),
  ]) {
    let reads = 0
    await using server = await startStandIn({
      [JOB]: (_, response) => {
        reads += 1
        sendJson(response, 200, reads < 5 ? wireJob({ status: 'processing' }) : completedJob(''))
      },
      [EVENTS]: (_, response) => refuse(response),
    })
    const { job, seen } = await follow(server.url)
    t.equal(job.status, 'completed')
    t.strictSame(seen, ['polling'])
    t.equal(server.count(EVENTS), 1, 'no stream is tried again while polling works')
  }
})

t.test('a stream that says nothing at all is given up and opened again', async (t) => {
  let streams = 0
  let done = false
  await using server = await startStandIn({
    [JOB]: (_, response) =>
      sendJson(response, 200, done ? completedJob('') : wireJob({ status: 'processing' })),
    [EVENTS]: (_, response) => {
      streams += 1
      openStream(response)
      if (streams === 2) {
        done = true
        response.end(sse(1, 'completed'))
      }
    },
  })
  const { job } = await follow(server.url, { silenceMs: 60 })
  t.equal(job.status, 'completed')
  t.equal(streams, 2)
})

t.test('a job that is finished already needs no stream', async (t) => {
  await using server = await startStandIn({
    [JOB]: (_, response) => sendJson(response, 200, completedJob('')),
  })
  t.equal((await follow(server.url)).job.status, 'completed')
  t.equal(server.count(EVENTS), 0)
})

t.test('a job that may not be read ends the following at once', async (t) => {
  await using server = await startStandIn({
    [JOB]: (_, response) =>
      sendJson(response, 404, { error: { code: 'NOT_FOUND', message: 'Not found: no such job' } }),
  })
  await t.rejects(follow(server.url), { name: ApiError.name, status: 404, exitCode: EXIT.refused })
})

t.test('a server that stays away is given up, with the way back', async (t) => {
  await using server = await startStandIn({})
  await server.leave()
  const error = await follow(server.url, { giveUpMs: 50 }).catch((thrown: unknown) => thrown)
  t.ok(error instanceof CliError)
  t.match(error, { exitCode: EXIT.unreachable, hint: new RegExp(`framecast watch ${JOB_ID}`) })
})

t.test('Ctrl-C ends it while it waits', async (t) => {
  await using server = await startStandIn({
    [JOB]: (_, response) => sendJson(response, 200, wireJob({ status: 'processing' })),
    [EVENTS]: (_, response) => openStream(response),
  })
  const controller = new AbortController()
  const reason = new Error('stop')
  const following = followJob(createApi(server.url, undefined), JOB_ID, {
    signal: controller.signal,
    onUpdate: (update) => {
      if (update.kind === 'connection') controller.abort(reason)
    },
  })
  await t.rejects(following, reason)
})
