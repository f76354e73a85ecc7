/** The command as a process: exit codes, what goes to which stream, signals. The server is a stand-in on the wire. */
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { EXIT } from '../../cli/exit.ts'
import {
  completedJob,
  GOOD_STORYBOARD,
  JOB_ID,
  ROOT,
  runCli,
  sendJson,
  sse,
  startCli,
  startStandIn,
  wireJob,
} from './support.ts'

t.jobs = 2
const GENERATE = 'POST /v1/generate'
const JOB = `GET /v1/jobs/${JOB_ID}`
const EVENTS = `GET /v1/jobs/${JOB_ID}/events`

/** A server on which a job runs and ends as told. */
const studio = (end: (url: string) => object, film = 'the film!') => {
  let url = ''
  let done = false
  return startStandIn({
    [GENERATE]: (_, response) => sendJson(response, 201, wireJob()),
    [JOB]: (_, response) => sendJson(response, 200, done ? end(url) : wireJob({ status: 'processing' })),
    [EVENTS]: (_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.write(sse(1, 'queued') + sse(2, 'started'))
      response.write(sse(3, 'scene_complete', { scene_id: 'left', scenes_completed: 1, scenes_total: 2 }))
      done = true
      response.end(sse(4, (end(url) as { status: string }).status))
    },
    'GET /film': (_, response) => response.end(film),
    'GET /sheet': (_, response) => response.end('png'),
    'GET /captions.vtt': (_, response) => response.end('WEBVTT'),
  }).then((server) => {
    url = server.url
    return server
  })
}

t.test('every exit code is documented, and no other', async (t) => {
  const text = readFileSync(path.join(ROOT, 'docs/cli.md'), 'utf8')
  const documented = [...text.matchAll(/^\| `(\d+)` \|/gm)].map((match) => Number(match[1]))
  t.strictSame(documented, Object.values(EXIT))
})

t.test('0: a film, its facts on standard output, progress as lines on standard error', async (t) => {
  const folder = t.testdir({ 'two doors.yaml': GOOD_STORYBOARD })
  await using server = await studio(completedJob)
  const args = [
    'render',
    'two doors.yaml',
    '--server',
    server.url,
    '--key',
    'sk_live_a',
    '--resolution',
    '480p',
    '--fps',
    '24',
    '--seed',
    '7',
  ]
  const end = await runCli([...args, '--contact-sheet', 'sheet.png', '--subtitles', 'two.vtt'], {
    cwd: folder,
  })
  t.equal(end.code, 0, end.err)
  t.equal(readFileSync(path.join(folder, 'two doors.mp4'), 'utf8'), 'the film!')
  t.equal(readFileSync(path.join(folder, 'sheet.png'), 'utf8'), 'png')
  t.equal(readFileSync(path.join(folder, 'two.vtt'), 'utf8'), 'WEBVTT')
  t.match(
    end.out,
    /^two doors\.mp4 {2}4\.0 s, 96 frames at 24 fps, 848x480, 9 B, 1 of 2 scenes reused, 4 credits\nsheet\.png\ntwo\.vtt\n$/,
  )
  t.match(end.err, new RegExp(`^job ${JOB_ID}\\n\\[0:00\\] planning, 0 %\\n`))
  t.match(end.err, /scenes/)
  t.match(end.err, /waiting 0\.10 s · planning 0\.20 s · scenes 3\.0 s · assembling 0\.50 s/)
  // biome-ignore lint/suspicious/noControlCharactersInRegex: no escape belongs into a file
  t.notMatch(end.out + end.err, /\u001b/)
  const posted = JSON.parse(server.requests.find((request) => request.route === GENERATE)?.body ?? '')
  t.match(posted, {
    spec: { title: 'Two doors' },
    options: { resolution: '480p', fps: 24, seed: 7 },
    idempotency_key: /^[0-9a-f-]{36}$/,
  })
  t.equal(server.requests[0]?.headers.authorization, 'Bearer sk_live_a')
})

t.test('--json ends with one line that has it all', async (t) => {
  const folder = t.testdir({ 'a.yaml': GOOD_STORYBOARD })
  await using server = await studio(completedJob)
  const end = await runCli(['render', 'a.yaml', '--json', '--quiet', '-o', 'films/b.mp4'], {
    cwd: folder,
    env: { FRAMECAST_URL: server.url, FRAMECAST_API_KEY: 'sk_live_env' },
  })
  t.equal(end.code, 0, end.err)
  t.equal(end.err, '')
  t.equal(end.out.trim().split('\n').length, 1)
  t.match(JSON.parse(end.out), {
    job_id: JOB_ID,
    output: path.join(folder, 'films/b.mp4'),
    duration: 4,
    frames: 96,
    scenes_total: 2,
    scenes_reused: 1,
    joins_encoded: 1,
    credits: 4,
    stages: { waiting: 0.1, planning: 0.2, scenes: 3, assembling: 0.5, download: Number, total: Number },
  })
  t.equal(server.requests[0]?.headers.authorization, 'Bearer sk_live_env')
})

t.test('1: the render failed; nothing is written', async (t) => {
  const folder = t.testdir({ 'a.yaml': GOOD_STORYBOARD })
  await using server = await studio(() =>
    wireJob({
      status: 'failed',
      failure_type: 'system',
      credits_refunded: 4,
      error: { code: 'engine_error', message: 'out of memory', scene_id: 'left' },
    }),
  )
  const end = await runCli(['render', 'a.yaml', '--server', server.url], { cwd: folder })
  t.equal(end.code, EXIT.failed)
  t.match(
    end.err,
    /The render failed in scene left: out of memory \(engine_error\)\. 4 credits were given back\./,
  )
  t.notOk(existsSync(path.join(folder, 'a.mp4')))
  const asJson = await runCli(['render', 'a.yaml', '--server', server.url, '--json'], { cwd: folder })
  t.match(JSON.parse(asJson.out), { error: { exit_code: 1, message: /out of memory/ } })
})

t.test('2: wrong command lines, with a hint', async (t) => {
  for (const [args, words] of [
    [['rendr'], /Did you mean render/],
    [['render'], /Name a storyboard file, or a project with --project/],
    [['render', 'a.yaml', '--resolution', '4k'], /480p, 720p, 1080p/],
    [['render', 'a.yaml', '--seed', '-1'], /whole number/],
    [['render', 'a.yaml', '--fps', '25'], /16, 24, 30/],
    [['render', 'nothing-here.yaml', '--server', 'http://x'], /nothing-here\.yaml does not exist/],
    [['watch', 'abc'], /no job id/],
    [['jobs', '--server', 'studio:3000'], /an address looks like/],
    [['admin', 'jobs', 'cleanup', '--older-than', 'soon'], /no age/],
    [['admin', 'key', 'create', '--email', 'a@b.c', '--scopes', 'everything'], /no scope "everything"/],
  ] as const) {
    const end = await runCli(args, { env: { DATABASE_URL: 'postgresql://nobody@127.0.0.1:1/x' } })
    t.equal(end.code, EXIT.usage, args.join(' '))
    t.match(end.err, words)
    t.equal(end.out, '')
  }
})

t.test('2: no server named and none running here', async (t) => {
  const folder = t.testdir({ 'a.yaml': GOOD_STORYBOARD })
  const end = await runCli(['render', 'a.yaml'], { cwd: folder })
  t.equal(end.code, EXIT.usage)
  t.match(end.err, /no instance runs in \.framecast[\s\S]*--embedded/)
})

t.test(
  '3: an invalid storyboard is shown like a compiler shows it, before anything is asked of a server',
  async (t) => {
    const folder = t.testdir({ 'bad.yaml': GOOD_STORYBOARD.replace('duration: 2', 'duration: 99') })
    await using server = await studio(completedJob)
    const end = await runCli(['render', 'bad.yaml', '--server', server.url], { cwd: folder })
    t.equal(end.code, EXIT.invalid)
    t.match(end.err, /^bad\.yaml:3:54 error V5_\w+: .*\n {4}3 \| {3}- \{id: left.*\n {6}\| {54}\^\^\n/)
    t.equal(server.requests.length, 0)
    const check = await runCli(['validate', 'bad.yaml'], { cwd: folder })
    t.equal(check.code, EXIT.invalid)
    t.match(check.out, /bad\.yaml: 1 error, 1 warning\n$/)
    t.equal(check.err, '')
    const broken = await runCli(['validate', '-', '--json'], { input: 'title: [' })
    t.equal(broken.code, EXIT.invalid)
    t.match(JSON.parse(broken.out), { file: '-', valid: false, errors: [{ line: 1 }] })
  },
)

t.test('3: what only the server finds is put to its place in the file', async (t) => {
  const folder = t.testdir({ 'a.yaml': GOOD_STORYBOARD })
  await using server = await startStandIn({
    [GENERATE]: (_, response) =>
      sendJson(response, 400, {
        error: {
          code: 'VALIDATION_ERROR',
          message: 'Validation error: the storyboard has 1 error',
          details: {
            valid: false,
            errors: [{ path: 'scenes[1].prompt', code: 'V4_x', message: 'not this door' }],
            warnings: [],
          },
        },
      }),
  })
  const end = await runCli(['render', 'a.yaml', '--server', server.url], { cwd: folder })
  t.equal(end.code, EXIT.invalid)
  t.match(end.err, /a\.yaml:4:\d+ error V4_x: not this door\n {4}4 \| {3}- \{id: right/)
})

t.test('4: nobody answers', async (t) => {
  await using server = await startStandIn({})
  await server.leave()
  const end = await runCli(['cancel', JOB_ID, '--server', server.url])
  t.equal(end.code, EXIT.unreachable)
  t.match(end.err, /cannot be reached \(ECONNREFUSED\)/)
})

t.test('5: the server says no', async (t) => {
  const folder = t.testdir({ 'a.yaml': GOOD_STORYBOARD })
  await using server = await startStandIn({
    [GENERATE]: (_, response) =>
      sendJson(response, 401, { error: { code: 'INVALID_API_KEY', message: 'Invalid or expired API key' } }),
  })
  const end = await runCli(['render', 'a.yaml', '--server', server.url], { cwd: folder })
  t.equal(end.code, EXIT.refused)
  t.match(end.err, /framecast: Invalid or expired API key\nGive a valid key/)
  const gone = await runCli(['watch', JOB_ID, '--server', server.url])
  t.equal(gone.code, EXIT.refused)
})

t.test('6: canceled by somebody', async (t) => {
  const folder = t.testdir({ 'a.yaml': GOOD_STORYBOARD })
  await using server = await studio(() => wireJob({ status: 'canceled', credits_refunded: 3 }))
  const end = await runCli(['render', 'a.yaml', '--server', server.url], { cwd: folder })
  t.equal(end.code, EXIT.canceled)
  t.match(end.err, /canceled; 3 credits were given back/)
})

t.test('130: Ctrl-C leaves the job running and says how to come back', async (t) => {
  const folder = t.testdir({ 'a.yaml': GOOD_STORYBOARD })
  await using server = await startStandIn({
    [GENERATE]: (_, response) => sendJson(response, 201, wireJob()),
    [JOB]: (_, response) => sendJson(response, 200, wireJob({ status: 'processing' })),
    [EVENTS]: (_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.write(sse(1, 'queued') + sse(2, 'started'))
    },
  })
  for (const program of ['cli/main.ts', 'cli/bin.js']) {
    const cli = startCli(['render', 'a.yaml', '--server', server.url], { cwd: folder, program })
    await cli.says('planning')
    cli.kill('SIGINT')
    const end = await cli.finished
    t.equal(end.code, EXIT.interrupted, program)
    t.match(
      end.err,
      `Job ${JOB_ID} goes on without this command.\nWatch it:  framecast watch ${JOB_ID} --server ${server.url}\n`,
    )
  }
  t.equal(server.count(`POST /v1/jobs/${JOB_ID}/cancel`), 0)
  const cli = startCli(['render', 'a.yaml', '--server', server.url], { cwd: folder })
  await cli.says('planning')
  cli.kill('SIGTERM')
  t.equal((await cli.finished).code, EXIT.terminated)
})

t.test('jobs and cancel speak plainly and in JSON', async (t) => {
  await using server = await startStandIn({
    'GET /v1/jobs': (request, response) => {
      t.equal(request.url, '/v1/jobs?limit=5&status=failed')
      sendJson(response, 200, [wireJob({ status: 'failed', completed_at: new Date().toISOString() })])
    },
    [`POST /v1/jobs/${JOB_ID}/cancel`]: (_, response) =>
      sendJson(response, 200, wireJob({ status: 'canceled', credits_refunded: 4 })),
  })
  const list = await runCli(['jobs', '-n', '5', '--status', 'failed', '--server', server.url])
  t.match(list.out, new RegExp(`^${JOB_ID}  failed`))
  const asJson = await runCli(['jobs', '-n', '5', '--status', 'failed', '--json', '--server', server.url])
  t.match(JSON.parse(asJson.out), [{ id: JOB_ID }])
  const cancel = await runCli(['cancel', JOB_ID, '--json', '--server', server.url])
  t.match(JSON.parse(cancel.out), { job_id: JOB_ID, status: 'canceled', credits_refunded: 4 })
})
