import { once } from 'node:events'
import http from 'node:http'
import { t } from 'tap'
import { createApiKey, revokeApiKey } from '../../core/accounts/keys.ts'
import { createWatchLink } from '../../core/jobs/watch-links.ts'
import { buildJob, buildKey, buildMember, buildTeam, buildUser } from '../support/builders.ts'
import { read, type Studio, startStudio, until } from '../support/studio.ts'
import { cancel, expire, newJob, range, write, writeMany } from './events.ts'

type Stream = {
  response: http.IncomingMessage
  /** Everything received so far. */
  readonly text: string
  readonly ended: boolean
  /** Sequences of the events received, in order. */
  sequences(): number[]
  until(fits: (stream: Stream) => boolean, what: string, limitMs?: number): Promise<void>
  destroy(): void
}

async function open(
  t: { teardown(work: () => void): unknown },
  studio: Studio,
  path: string,
  headers: Record<string, string> = {},
): Promise<Stream> {
  const request = http.get(new URL(path, studio.url), {
    headers: { authorization: `Bearer ${studio.key}`, ...headers },
  })
  request.on('error', () => {})
  const [response] = (await once(request, 'response')) as [http.IncomingMessage]
  let text = ''
  let ended = false
  response.setEncoding('utf8')
  response.on('data', (chunk) => {
    text += chunk
  })
  response.on('close', () => {
    ended = true
  })
  response.on('error', () => {})
  t.teardown(() => request.destroy())
  const stream: Stream = {
    response,
    get text() {
      return text
    },
    get ended() {
      return ended
    },
    sequences: () =>
      [...text.matchAll(/^id: [0-9a-f-]{36}:(\d+)$/gm)].map(([, sequence]) => Number(sequence)),
    until: (fits, what, limitMs) => until(() => fits(stream), `${what}; got ${text.slice(-300)}`, limitMs),
    destroy: () => request.destroy(),
  }
  return stream
}

const has = (sequence: number) => (stream: Stream) => stream.sequences().includes(sequence)
const isEnded = (stream: Stream) => stream.ended

t.test('a job as it happens', async (t) => {
  const studio = await startStudio(t, { timings: { sseKeepAliveMs: 50 } })

  t.test('everything from the first, then live, then the end', async (t) => {
    const job = await newJob(studio)
    await write(studio.pool, job, 'started', { worker: 'w' })
    const stream = await open(t, studio, `/v1/jobs/${job}/events`)
    t.equal(stream.response.statusCode, 200)
    t.match(stream.response.headers, {
      'content-type': /^text\/event-stream/,
      'cache-control': 'no-cache',
      'x-accel-buffering': 'no',
    })
    await stream.until(has(2), 'what was stored')
    await stream.until(({ text }) => text.includes(': keep-alive\n\n'), 'a sign of life')
    await write(studio.pool, job, 'progress', {
      percent: 5,
      message: 'line\nbreak',
      previews: [{ scene_id: 'a', key: 'p/a.png', generated_at: 'x' }],
    })
    await stream.until(has(3), 'what comes')
    await cancel(studio.pool, job, studio.userId)
    await stream.until(isEnded, 'the end')
    t.strictSame(stream.sequences(), [1, 2, 3, 4])
    t.ok(stream.text.startsWith('retry: 2000\n'))
    t.match(
      stream.text,
      `id: ${job}:1\nevent: queued\ndata: {}\n\nid: ${job}:2\nevent: started\ndata: {"worker":"w"}\n\n`,
    )
    const [, data = ''] = /event: progress\ndata: (.*)\n\n/.exec(stream.text) ?? []
    t.match(JSON.parse(data), {
      percent: 5,
      message: 'line\nbreak',
      previews: [{ scene_id: 'a', url: new RegExp(`^${studio.url}/media/p/a.png`) }],
    })
    t.match(stream.text, /event: canceled\ndata: \{"canceled_by":"[^"]+","credits_refunded":0\}\n\n/)
    t.equal(stream.response.complete, true, 'ended, not cut')
  })

  t.test('a finished job is replayed and closed', async (t) => {
    const job = await newJob(studio)
    await writeMany(studio.pool, job, 450)
    await cancel(studio.pool, job, studio.userId)
    const stream = await open(t, studio, `/v1/jobs/${job}/events`)
    await stream.until(isEnded, 'the end')
    t.strictSame(stream.sequences(), range(1, 452))
  })

  t.test('going on where it stopped', async (t) => {
    const job = await newJob(studio)
    await writeMany(studio.pool, job, 5)
    await cancel(studio.pool, job, studio.userId)
    const rows: [headers: Record<string, string>, query: string, expected: number[]][] = [
      [{ 'last-event-id': `${job}:4` }, '', [5, 6, 7]],
      [{ 'last-event-id': '6' }, '', [7]],
      [{ 'last-event-id': 'nonsense' }, '', range(1, 7)],
      [{}, '?last_event_id=5', [6, 7]],
      [{ 'last-event-id': '6' }, '?last_event_id=1', [7]],
      // A browser that comes back after the end must not wait for ever.
      [{ 'last-event-id': `${job}:7` }, '', []],
      [{ 'last-event-id': '99' }, '', []],
    ]
    for (const [headers, query, expected] of rows) {
      const stream = await open(t, studio, `/v1/jobs/${job}/events${query}`, headers)
      await stream.until(isEnded, 'the end')
      t.strictSame(stream.sequences(), expected, JSON.stringify([headers, query]))
    }
  })

  t.test('410 when events in between are gone', async (t) => {
    const job = await newJob(studio)
    await writeMany(studio.pool, job, 5)
    await expire(studio.pool, job, 3)
    const events = (lastEventId: string) =>
      read(studio.request(`/v1/jobs/${job}/events`, { headers: { 'last-event-id': lastEventId } }))
    t.match(await events('2'), { status: 410, body: { error: { code: 'GONE' } } })
    t.match(await events(`${job}:0`), { status: 410 })
    const stream = await open(t, studio, `/v1/jobs/${job}/events`, { 'last-event-id': '3' })
    await stream.until(has(6), 'the rest')
    t.strictSame(stream.sequences(), [4, 5, 6])
    const whole = await open(t, studio, `/v1/jobs/${job}/events`)
    await whole.until(has(6), 'all that is stored')
    t.strictSame(whole.sequences(), [4, 5, 6], 'without an id all that is stored')
    await cancel(studio.pool, job, studio.userId)
    await expire(studio.pool, job, 7)
    t.match(await events('6'), { status: 410 }, 'none is stored at all')
    const bare = await open(t, studio, `/v1/jobs/${job}/events`)
    await bare.until(isEnded, 'the end of a finished job without stored events')
    t.strictSame(bare.sequences(), [])
  })

  t.test('a watch link may look on', async (t) => {
    const job = await newJob(studio)
    const { token } = await createWatchLink(studio.pool, {
      jobId: job,
      createdBy: studio.userId,
      expiresInS: 60,
    })
    const stream = await open(t, studio, `/v1/jobs/${job}/events`, { authorization: `Watch ${token}` })
    await stream.until(has(1), 'the first event')
  })

  t.test('twenty streams a caller', async (t) => {
    const job = await newJob(studio)
    const streams = await Promise.all(range(1, 20).map(() => open(t, studio, `/v1/jobs/${job}/events`)))
    const more = () => open(t, studio, `/v1/jobs/${job}/events`)
    const refused = await more()
    t.equal(refused.response.statusCode, 429)
    t.ok(refused.response.headers['retry-after'])
    const { rawKey } = await buildKey(studio.pool)
    const other = await open(t, studio, `/v1/jobs/${job}/events`, { authorization: rawKey })
    t.equal(other.response.statusCode, 404, 'others are not in the way of anybody')
    for (const stream of streams) stream.destroy()
    await until(async () => (await more()).response.statusCode === 200, 'a place given back')
  })

  t.test('readers that leave while they come in leave nothing behind', async (t) => {
    const job = await newJob(studio)
    for (let n = 0; n < 40; n += 1) {
      const request = http.get(new URL(`/v1/jobs/${job}/events`, studio.url), {
        headers: { authorization: studio.key },
      })
      request.on('error', () => {})
      request.on('response', (response) => response.resume())
      // Some before they are looked at, some in the middle, some when the stream is open.
      setTimeout(() => request.destroy(), n / 2)
      await new Promise((resolve) => request.once('close', resolve))
    }
    await until(async () => {
      const streams = await Promise.all(range(1, 20).map(() => open(t, studio, `/v1/jobs/${job}/events`)))
      const all = streams.every(({ response }) => response.statusCode === 200)
      for (const stream of streams) stream.destroy()
      return all
    }, 'all twenty places')
  })

  t.test('a reader that does not read is closed, and can come back', async (t) => {
    const job = await newJob(studio)
    const stream = await open(t, studio, `/v1/jobs/${job}/events`)
    await stream.until(has(1), 'the first event')
    stream.response.pause()
    for (let n = 0; n < 8; n += 1)
      await writeMany(studio.pool, job, 25, { percent: 1, message: 'x'.repeat(60_000) })
    stream.response.resume()
    await stream.until(isEnded, 'the end')
    t.equal(stream.response.complete, false, 'cut, so that the client knows to come back')
    const last = stream.sequences().at(-1)!
    t.ok(last < 201)
    const again = await open(t, studio, `/v1/jobs/${job}/events`, { 'last-event-id': String(last) })
    await again.until(has(201), 'the rest', 20_000)
    t.strictSame([...stream.sequences(), ...again.sequences()], range(1, 201))
  })
})

t.test('a credential that ends ends the stream', async (t) => {
  const studio = await startStudio(t, { timings: { recheckMs: 100 } })
  const job = await newJob(studio)
  const { id, rawKey } = await createApiKey(studio.pool, {
    userId: studio.userId,
    name: 'short',
    scopes: ['jobs:read'],
  })
  const stream = await open(t, studio, `/v1/jobs/${job}/events`, { authorization: rawKey })
  await stream.until(has(1), 'the first event')
  await revokeApiKey(studio.pool, id)
  await stream.until(isEnded, 'the end')

  t.test('and so does a membership', async (t) => {
    const owner = await buildUser(studio.pool)
    const ada = await buildUser(studio.pool)
    const teamId = await buildTeam(studio.pool, owner)
    await buildMember(studio.pool, teamId, ada, 'viewer')
    const teamJob = await buildJob(studio.pool, owner, { owner: `framecast:team:${teamId}` })
    const path = `/v1/jobs/${teamJob}/events`
    const follow = async (user: typeof ada) => {
      const opened = await open(t, studio, path, { authorization: `Bearer ${await studio.logIn(user)}` })
      await opened.until(has(1), 'the first event')
      return opened
    }
    const [hers, owners] = [await follow(ada), await follow(owner)]
    await studio.pool.query('delete from memberships where user_id = $1', [ada.userId])
    await hers.until(isEnded, 'the end')
    await write(studio.pool, teamJob)
    await owners.until(has(2), 'an event for those who stay')
    t.strictSame(hers.sequences(), [1])
  })
})

t.test('a server that goes tells its readers to come back', async (t) => {
  const studio = await startStudio(t)
  const job = await newJob(studio)
  const stream = await open(t, studio, `/v1/jobs/${job}/events`)
  await stream.until(has(1), 'the first event')
  await studio.server.close()
  await stream.until(isEnded, 'the end')
  t.match(stream.text, /: reconnect\n\n$/)
  t.equal(stream.response.complete, true)
})
