import http from 'node:http'
import { connect } from 'node:net'
import { t } from 'tap'
import type { Scope } from '../../core/access/principal.ts'
import { createApiKey, revokeApiKey } from '../../core/accounts/keys.ts'
import { buildJob, buildKey, person } from '../support/builders.ts'
import { aStoryboard, read, type Studio, startStudio, until, type WireError } from '../support/studio.ts'

const MIB = 1024 * 1024

/** Sends exactly these bytes and gives back all that comes until the server hangs up. */
function speak(studio: Studio, bytes: string | Buffer): Promise<string> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(studio.url)
    const socket = connect(Number(port), hostname, () => socket.write(bytes))
    let text = ''
    socket.on('data', (chunk) => {
      text += chunk
    })
    socket.on('error', reject)
    socket.on('close', () => resolve(text))
    socket.setTimeout(15_000, () => socket.destroy(new Error('the server did not hang up')))
  })
}

/** A POST over plain http, which lets a test break off or lie about what it sends. */
function post(
  studio: Studio,
  path: string,
  headers: Record<string, string>,
  body: Buffer | string,
): Promise<{ status: number; body: WireError }> {
  return new Promise((resolve, reject) => {
    const request = http.request(new URL(path, studio.url), {
      method: 'POST',
      headers: { authorization: `Bearer ${studio.key}`, ...headers },
    })
    request.on('response', (response) => {
      let text = ''
      response.on('data', (chunk) => {
        text += chunk
      })
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body: JSON.parse(text) }))
    })
    request.on('error', reject)
    request.end(body)
  })
}

t.test('conventions', async (t) => {
  const studio = await startStudio(t, { env: { CORS_ORIGINS: 'https://studio.example' } })

  t.test('open addresses', async (t) => {
    t.match(await read(studio.request('/', { headers: { authorization: '' } })), {
      status: 200,
      body: /^Framecast API v\d+\.\d+\.\d+$/,
    })
    t.match(await read(studio.request('/health', { headers: { authorization: '' } })), {
      status: 200,
      body: 'OK',
    })
    t.match(await read(studio.request('/ready', { headers: { authorization: '' } })), {
      status: 200,
      body: 'READY',
    })
    const status = await read(studio.request('/v1/status'))
    t.match(status, {
      status: 200,
      body: {
        status: 'degraded',
        version: String,
        time: /Z$/,
        components: {
          database: { status: 'ok' },
          storage: { status: 'ok' },
          queue: { status: 'ok' },
          renderer: { status: 'down' },
        },
        queue_depth: 0,
        workers: 0,
      },
    })
  })

  t.test('a request has an id, kept when it is sane', async (t) => {
    const kept = await studio.request('/', { headers: { 'x-request-id': 'trace-7.A_b~c:d' } })
    t.equal(kept.headers.get('x-request-id'), 'trace-7.A_b~c:d')
    for (const bad of ['a b', 'x'.repeat(129), 'a"b']) {
      const made = (await studio.request('/', { headers: { 'x-request-id': bad } })).headers.get(
        'x-request-id',
      )
      t.match(made, /^[0-9a-f-]{36}$/)
    }
  })

  t.test('one log line a request, with the pattern and without secrets', async (t) => {
    const id = 'log-line-test'
    await studio.request('/v1/jobs/01890a5d-ac96-774b-bcce-b302099a8057?ticket=hidden', {
      headers: { 'x-request-id': id },
    })
    await until(() => studio.lines.some((line) => line.request_id === id), 'the line')
    const lines = studio.lines.filter((line) => line.request_id === id)
    t.equal(lines.length, 1)
    t.match(lines[0], {
      msg: 'request',
      method: 'GET',
      route: '/v1/jobs/:id',
      status: 404,
      ms: Number,
      user_id: studio.userId,
    })
    const all = JSON.stringify(studio.lines)
    t.notMatch(all, studio.key)
    t.notMatch(all, 'hidden')
    t.notMatch(all, '01890a5d-ac96-774b-bcce-b302099a8057')
  })

  t.test('unknown addresses, slashes at the end, wrong methods', async (t) => {
    for (const path of ['/nope', '/v1', '/v1/jobs/', '/health/', '/V1/jobs', '/v1/%2e%2e/jobs', '/watch']) {
      t.match(await read(studio.request(path)), { status: 404, body: { error: { code: 'NOT_FOUND' } } }, path)
    }
    const wrong = await read<WireError>(studio.request('/v1/generate'))
    t.match(wrong, { status: 405, body: { error: { code: 'METHOD_NOT_ALLOWED' } } })
    t.equal(wrong.headers.get('allow'), 'POST, OPTIONS')
    const removed = await read(studio.request('/v1/jobs', { method: 'DELETE' }))
    t.equal(removed.status, 405)
    t.equal(removed.headers.get('allow'), 'HEAD, GET, OPTIONS')
    t.equal((await studio.request('/v1/jobs', { method: 'OPTIONS' })).status, 204)
    t.equal((await studio.request('/v1/jobs', { method: 'HEAD' })).status, 200)
  })

  t.test('headers that protect', async (t) => {
    const { headers } = await studio.request('/v1/jobs')
    t.equal(headers.get('x-content-type-options'), 'nosniff')
    t.match(headers.get('content-security-policy'), "default-src 'none'")
    t.equal(headers.get('cache-control'), 'no-store')
    t.equal(headers.get('x-powered-by'), null)
  })

  t.test('pages of named origins may call, others may not', async (t) => {
    const origin = 'https://studio.example'
    const preflight = await studio.request('/v1/jobs', {
      method: 'OPTIONS',
      headers: { authorization: '', origin, 'access-control-request-method': 'GET' },
    })
    t.equal(preflight.status, 204)
    t.equal(preflight.headers.get('access-control-allow-origin'), origin)
    t.equal(preflight.headers.get('access-control-max-age'), '3600')
    t.match(preflight.headers.get('access-control-allow-methods'), 'DELETE')
    const refused = await studio.request('/v1/jobs', { headers: { authorization: '', origin } })
    t.equal(refused.status, 401)
    t.equal(refused.headers.get('access-control-allow-origin'), origin, 'the page can read the refusal')
    const other = await studio.request('/v1/jobs', { headers: { origin: 'https://studio.example.evil' } })
    t.equal(other.headers.get('access-control-allow-origin'), null)
    t.match(other.headers.get('vary'), 'Origin')
  })

  t.test('what is too long for an address or a header', async (t) => {
    t.equal((await studio.request(`/v1/jobs?x=${'y'.repeat(8_200)}`)).status, 414)
    t.match(
      await speak(studio, `GET / HTTP/1.1\r\nHost: x\r\nX-Long: ${'y'.repeat(20_000)}\r\n\r\n`),
      /^HTTP\/1.1 431 /,
    )
    t.match(await speak(studio, 'this is not HTTP\r\n\r\n'), /^HTTP\/1.1 400 [\s\S]*"VALIDATION_ERROR"/)
  })

  t.test('published schemas', async (t) => {
    const reply = await read(
      studio.request('/schemas/storyboard.schema.json', { headers: { authorization: '' } }),
    )
    t.match(reply, { status: 200, body: { title: 'Storyboard' } })
    t.equal(reply.headers.get('access-control-allow-origin'), '*')
    // Not by fetch, which asks for an unconditional answer as soon as a condition is given by hand.
    const again = await speak(
      studio,
      `GET /schemas/storyboard.schema.json HTTP/1.1\r\nHost: x\r\nConnection: close\r\nIf-None-Match: ${reply.headers.get('etag')}\r\n\r\n`,
    )
    t.match(again, /^HTTP\/1.1 304 /)
    for (const name of ['nope.schema.json', 'types.ts', '..%2fpackage.json']) {
      t.equal((await studio.request(`/schemas/${name}`)).status, 404, name)
    }
  })

  t.test('the viewer is served with a policy of its own', async (t) => {
    const page = await read(studio.request(`/watch/${studio.userId}`, { headers: { authorization: '' } }))
    t.equal(page.status, 200)
    t.match(page.headers.get('content-type'), 'text/html')
    t.match(page.headers.get('content-security-policy'), "script-src 'self'")
  })
})

t.test('bodies that cannot be used', async (t) => {
  const studio = await startStudio(t)
  const json = { 'content-type': 'application/json' }
  const render = (body: string | Buffer, headers: Record<string, string> = json) =>
    post(studio, '/v1/generate', headers, body)
  const plain = (body: string | Buffer, headers: Record<string, string> = json) =>
    post(studio, '/v1/spec/validate', headers, body)

  t.test('the wrong type is 415 where renders begin, 400 elsewhere', async (t) => {
    for (const type of [
      'text/plain',
      'application/x-www-form-urlencoded',
      'multipart/form-data; boundary=x',
      'application/json; charset=latin1',
    ]) {
      t.match(
        await render('{}', { 'content-type': type }),
        { status: 415, body: { error: { code: 'UNSUPPORTED_MEDIA_TYPE' } } },
        type,
      )
      t.match(
        await plain('{}', { 'content-type': type }),
        { status: 400, body: { error: { code: 'VALIDATION_ERROR' } } },
        type,
      )
    }
    t.equal((await render('{}', {})).status, 415)
    t.match(await render('{"spec":1}', { ...json, 'content-encoding': 'gzip' }), { status: 415 })
    t.match(await plain('{"spec":1}', { ...json, 'content-encoding': 'gzip' }), { status: 415 })
    t.equal(
      (await plain('{"spec":1}', { 'content-type': 'application/vnd.studio+json; charset=UTF-8' })).status,
      200,
    )
  })

  t.test('bad syntax is 400 everywhere, with its place', async (t) => {
    const rows: [text: string | Buffer, reason: string][] = [
      ['', 'invalid_json'],
      ['{"spec": {"title": "Har', 'invalid_json'],
      ['{"spec": {"a": 1, "a": 2}}', 'duplicate_key'],
      [`{"spec": ${'['.repeat(100_000)}`, 'too_deep'],
      [`{"spec": ${'{"a":'.repeat(50)}1${'}'.repeat(50)}}`, 'too_deep'],
      ['{"spec": {"__proto__": {"admin": true}}}', 'forbidden_key'],
      ['{"spec": "\\u0000"}', 'nul_character'],
      ['{"spec": 12345678901234567890}', 'unsafe_integer'],
      [Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x7d]), 'invalid_utf8'],
    ]
    for (const [text, reason] of rows) {
      const wanted = { status: 400, body: { error: { code: 'VALIDATION_ERROR', reason } } }
      t.match(await render(text), wanted, reason)
      t.match(await plain(text), wanted, reason)
    }
    t.match(await render('{\n  "spec": tru\n}'), {
      body: { error: { message: /line 2, column 11/, details: { line: 2, column: 11 } } },
    })
  })

  t.test('the wrong shape is 422 where renders begin, 400 elsewhere', async (t) => {
    for (const text of ['[]', '"spec"', 'null', '7', '{}', '{"Spec": {}}']) {
      t.match(await render(text), { status: 422, body: { error: { code: 'VALIDATION_ERROR' } } }, text)
      t.match(await plain(text), { status: 400, body: { error: { code: 'VALIDATION_ERROR' } } }, text)
    }
    for (const [field, value] of [
      ['owner', 7],
      ['options', []],
      ['idempotency_key', ''],
      ['idempotency_key', 'x'.repeat(256)],
    ]) {
      const reply = await render(JSON.stringify({ spec: aStoryboard(), [String(field)]: value }))
      t.match(reply, { status: 422, body: { error: { message: new RegExp(String(field)) } } }, String(field))
    }
  })

  t.test('5 MiB are read, one byte more is not', async (t) => {
    const fill = (bytes: number) => {
      const [head, tail] = ['{"spec":"', '"}']
      return head + 'a'.repeat(bytes - head.length - tail.length) + tail
    }
    t.match(await plain(fill(5 * MIB)), { status: 200, body: { valid: false } })
    t.match(await plain(fill(5 * MIB + 1)), { status: 413, body: { error: { code: 'PAYLOAD_TOO_LARGE' } } })
    t.match(await render(fill(5 * MIB + 1)), { status: 413 })
    const chunked = await post(
      studio,
      '/v1/spec/validate',
      { ...json, 'transfer-encoding': 'chunked' },
      fill(5 * MIB + 1),
    )
    t.equal(chunked.status, 413, 'also when the size was not announced')
  })

  t.test('an announced size that is too large is refused before it arrives', async (t) => {
    const head = `POST /v1/generate HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${studio.key}\r\nContent-Type: application/json\r\nContent-Length: 99999999\r\n\r\n{`
    t.match(await speak(studio, head), /^HTTP\/1.1 413 [\s\S]*PAYLOAD_TOO_LARGE/)
  })

  t.test('nothing of this left a row or was held against the server', async (t) => {
    const { rows } = await studio.pool.query(
      'select (select count(*) from jobs)::int as jobs, (select count(*) from credit_entries)::int as entries',
    )
    t.strictSame(rows[0], { jobs: 0, entries: 0 })
    t.notOk(
      studio.lines.some((line) => line.level === 'error'),
      'no unexpected failure was logged',
    )
  })
})

t.test('a body that stops coming is given up', async (t) => {
  const studio = await startStudio(t, { timings: { headersMs: 300, bodyMs: 300 } })
  const head = `POST /v1/generate HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${studio.key}\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{`
  t.match(await speak(studio, head), /^HTTP\/1.1 (408|400) /)
  t.match(await speak(studio, 'GET / HTTP/1.1\r\nHost: '), /^HTTP\/1.1 408 /)
})

t.test('who may come in', async (t) => {
  const studio = await startStudio(t)
  const as = (authorization: string, path = '/v1/jobs', init: object = {}) =>
    read<WireError>(studio.request(path, { headers: { authorization }, ...init }))
  const keyFor = async (...scopes: Parameters<typeof createApiKey>[1]['scopes']) =>
    (await createApiKey(studio.pool, { userId: studio.userId, name: 'scoped', scopes })).rawKey

  t.test('the credential', async (t) => {
    t.match(await as(''), {
      status: 401,
      body: { error: { code: 'MISSING_AUTHORIZATION', message: 'Authorization header required' } },
    })
    for (const header of ['Basic eDp5', 'Bearer', 'token', 'Bearer a b'])
      t.match(await as(header), { status: 401, body: { error: { code: 'INVALID_AUTHORIZATION' } } }, header)
    t.match(await as('Bearer eyJhbGciOiJub25lIn0.e30.'), {
      status: 401,
      body: { error: { code: 'INVALID_TOKEN' } },
    })
    t.match(await as(`Watch ${'a'.repeat(43)}`), { status: 401, body: { error: { code: 'INVALID_TOKEN' } } })
    for (const header of [`Bearer sk_live_${'0'.repeat(32)}`, 'sk_live_short', `Bearer ${studio.key}0`])
      t.match(
        await as(header),
        { status: 401, body: { error: { code: 'INVALID_API_KEY', message: 'Invalid or expired API key' } } },
        header,
      )
    for (const header of [`Bearer ${studio.key}`, studio.key, `bearer ${studio.key}`])
      t.equal((await as(header)).status, 200)
  })

  t.test('a revoked or expired key opens nothing with the next request', async (t) => {
    const { id, rawKey } = await createApiKey(studio.pool, {
      userId: studio.userId,
      name: 'short',
      scopes: ['*'],
    })
    t.equal((await as(rawKey)).status, 200)
    await revokeApiKey(studio.pool, id)
    t.match(await as(rawKey), { status: 401, body: { error: { code: 'INVALID_API_KEY' } } })
    const expired = await createApiKey(studio.pool, { userId: studio.userId, name: 'old', scopes: ['*'] })
    await studio.pool.query(`update api_keys set expires_at = now() - interval '1 second' where id = $1`, [
      expired.id,
    ])
    t.equal((await as(expired.rawKey)).status, 401)
  })

  t.test('each operation asks for its scope', async (t) => {
    const id = '01890a5d-ac96-774b-bcce-b302099a8057'
    const operations: [method: string, path: string, scope: Scope, also?: Scope][] = [
      ['POST', '/v1/generate', 'generate'],
      ['POST', '/v1/spec/validate', 'generate', 'projects:read'],
      ['POST', '/v1/spec/estimate', 'generate', 'projects:read'],
      ['GET', '/v1/jobs', 'jobs:read'],
      ['GET', `/v1/jobs/${id}`, 'jobs:read'],
      ['GET', `/v1/jobs/${id}/events`, 'jobs:read'],
      ['GET', `/v1/jobs/${id}/watch-links`, 'jobs:read'],
      ['POST', `/v1/jobs/${id}/watch-links`, 'jobs:read'],
      ['POST', `/v1/jobs/${id}/cancel`, 'jobs:write'],
      ['POST', `/v1/jobs/${id}/clone`, 'jobs:write'],
      ['DELETE', `/v1/jobs/${id}`, 'jobs:write'],
      ['DELETE', `/v1/jobs/${id}/watch-links/${id}`, 'jobs:write'],
      ['GET', '/v1/assets', 'assets:read'],
      ['GET', `/v1/assets/${id}`, 'assets:read'],
      ['POST', '/v1/assets/upload-url', 'assets:write'],
      ['POST', `/v1/assets/${id}/confirm`, 'assets:write'],
    ]
    const scopes = [
      'generate',
      'jobs:read',
      'jobs:write',
      'assets:read',
      'assets:write',
      'projects:read',
    ] as const
    const keys = new Map(
      await Promise.all(scopes.map(async (scope) => [scope, await keyFor(scope)] as const)),
    )
    for (const [method, path, scope, also] of operations) {
      for (const [held, key] of keys) {
        const { status, body } = await as(key, path, { method })
        const lacks = status === 403 && body.error.code === 'AUTHORIZATION_ERROR'
        t.equal(lacks, held !== scope && held !== also, `${method} ${path} with ${held}`)
      }
    }
    for (const path of ['/v1/status']) t.equal((await as(keys.get('generate')!, path)).status, 200, path)
    t.equal((await as(keys.get('generate')!, '/v1/ws/tickets', { method: 'POST' })).status, 201)
  })

  t.test('a watch link opens its own job, to look at', async (t) => {
    const principal = person(studio.userId)
    const [job, other] = [await buildJob(studio.pool, principal), await buildJob(studio.pool, principal)]
    const link = await read<{ id: string; url: string; expires_at: string }>(
      studio.request(`/v1/jobs/${job}/watch-links`, { method: 'POST' }),
    )
    t.equal(link.status, 201)
    const url = new URL(link.body.url)
    t.equal(url.pathname, `/watch/${job}`)
    const watch = `Watch ${url.hash.slice(1)}`
    t.match(await as(watch, `/v1/jobs/${job}`), { status: 200, body: { id: job } })
    t.match(await as(watch, `/v1/jobs/${other}`), { status: 404, body: { error: { code: 'NOT_FOUND' } } })
    t.equal((await as(watch, `/v1/jobs/${other}/events`)).status, 404)
    const closed: [string, string][] = [
      ['GET', '/v1/jobs'],
      ['POST', `/v1/jobs/${job}/cancel`],
      ['DELETE', `/v1/jobs/${job}`],
      ['POST', `/v1/jobs/${job}/watch-links`],
      ['POST', '/v1/ws/tickets'],
      ['POST', '/v1/generate'],
      ['GET', '/v1/assets'],
      ['GET', '/v1/status'],
    ]
    for (const [method, path] of closed)
      t.equal((await as(watch, path, { method })).status, 403, `${method} ${path}`)

    const links = await read<{ id: string }[]>(studio.request(`/v1/jobs/${job}/watch-links`))
    t.match(links, { status: 200, body: [{ id: link.body.id, created_by: studio.userId, revoked_at: null }] })
    t.notMatch(JSON.stringify(links.body), url.hash.slice(1), 'the token is never shown again')
    t.equal(
      (await studio.request(`/v1/jobs/${other}/watch-links/${link.body.id}`, { method: 'DELETE' })).status,
      404,
    )
    t.equal(
      (await studio.request(`/v1/jobs/${job}/watch-links/${link.body.id}`, { method: 'DELETE' })).status,
      204,
    )
    t.equal(
      (await studio.request(`/v1/jobs/${job}/watch-links/${link.body.id}`, { method: 'DELETE' })).status,
      404,
    )
    t.match(await as(watch, `/v1/jobs/${job}`), { status: 401, body: { error: { code: 'INVALID_TOKEN' } } })

    for (const expires_in of [59, 604_801, '60', 1.5])
      t.equal(
        (await studio.request(`/v1/jobs/${job}/watch-links`, { json: { expires_in } })).status,
        400,
        String(expires_in),
      )
    t.equal((await studio.request(`/v1/jobs/${job}/watch-links`, { json: { expires_in: 60 } })).status, 201)
  })

  t.test("other people's jobs are as if they were not there", async (t) => {
    const principal = person(studio.userId)
    const job = await buildJob(studio.pool, principal)
    const stranger = (await buildKey(studio.pool)).rawKey
    const missing = '01890a5d-ac96-774b-bcce-b302099a8057'
    const operations: [string, string][] = [
      ['GET', ''],
      ['GET', '/events'],
      ['POST', '/cancel'],
      ['POST', '/clone'],
      ['DELETE', ''],
      ['GET', '/watch-links'],
      ['POST', '/watch-links'],
    ]
    for (const [method, rest] of operations) {
      const foreign = await as(stranger, `/v1/jobs/${job}${rest}`, { method })
      const absent = await as(stranger, `/v1/jobs/${missing}${rest}`, { method })
      t.equal(foreign.status, 404, `${method} ${rest}`)
      t.strictSame(foreign.body, absent.body)
      t.equal((await as(stranger, `/v1/jobs/not-an-id${rest}`, { method })).status, 400)
    }
    t.strictSame((await as(stranger)).body, [])
  })
})
