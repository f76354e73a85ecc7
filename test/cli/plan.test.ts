/** `framecast plan`, `render --cache` and `admin cache`, against a real server. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { userUrn } from '../../core/access/owner.ts'
import { buildCrew } from '../projects/people.ts'
import { aStoryboard, read, startStudio } from '../support/studio.ts'
import { runCli } from './support.ts'

const studio = await startStudio(t, { env: { COMFYUI_URLS: 'http://127.0.0.1:9' } })
const file = join(t.testdir(), 'film.json')
await writeFile(file, JSON.stringify(aStoryboard()))
const env = { FRAMECAST_URL: studio.url, FRAMECAST_API_KEY: studio.key }
const cli = (...args: string[]) => runCli(args, { env })
const admin = (...args: string[]) =>
  runCli(['admin', 'cache', ...args], { env: { DATABASE_OWNER_URL: studio.env.DATABASE_OWNER_URL! } })

type Plan = { scenes: { key: string; action: string; reason: string }[]; totals: { credits: number } }
const planned = async (...args: string[]): Promise<Plan> =>
  JSON.parse((await cli('plan', file, '--json', ...args)).out)

t.test('a plan is a table and a sentence', async (t) => {
  const { code, out } = await cli('plan', file, '--engine', 'comfyui')
  t.equal(code, 0)
  t.match(out, /scene +action +why +time +credits\nharbor +render +never rendered +24\.0 s +2\n/)
  t.match(out, '2 scenes will render, 0 reused, 4 credits, about 1 min')
})

t.test('what is known is reused, unless the policy says otherwise', async (t) => {
  for (const { key } of (await planned()).scenes)
    await studio.pool.query(
      `insert into content_cache (scope, stage, content_key, object_key, sha256, size_bytes, last_used_at)
       values ($1, 'clip', $2, 'k', $2, 1, now() - interval '40 days')`,
      [userUrn(studio.userId), key],
    )
  t.equal((await planned()).totals.credits, 0)
  t.equal((await planned('--cache', 'refresh')).totals.credits, 4)
  t.equal((await planned('--cache', 'refresh', '--scenes', 'harbor')).totals.credits, 2)
})

t.test('a render that would be refused says so, and the exit code too', async (t) => {
  await writeFile(
    file,
    JSON.stringify(aStoryboard({ scenes: [{ id: 'new', prompt: 'A new place', duration: 2 }] })),
  )
  const plan = await cli('plan', file, '--cache', 'only')
  t.equal(plan.code, 5)
  t.match(plan.out, 'This render would be refused: options.cache is "only"')
  const render = await cli('render', file, '--cache', 'only', '-o', join(t.testdir(), 'film.mp4'))
  t.match(render, { code: 5, err: /would have to be rendered: new/ })
})

t.test('a project is planned by its id', async (t) => {
  const crew = await buildCrew(studio)
  const made = await read<{ id: string }>(
    crew.owner.request(`/v1/teams/${crew.teamId}/projects`, {
      json: { name: 'A film', spec: aStoryboard() },
    }),
  )
  const token = await studio.logIn(crew.viewer.user)
  const asViewer = (...args: string[]) => runCli(args, { env: { ...env, FRAMECAST_API_KEY: token } })
  t.match(await asViewer('plan', '--project', made.body.id), { code: 0, out: /2 scenes will render/ })
  t.match(await asViewer('plan', '--project', 'x'), { code: 2 })
  t.match(await asViewer('plan'), { code: 2, err: /Name a storyboard file/ })

  // A viewer may look at what a render would do, and not start one.
  t.match(await asViewer('render', '--project', made.body.id), { code: 5 })
  for (const [args, says] of [
    [[], /Name a storyboard file, or a project/],
    [[file, '--project', made.body.id], /Name a storyboard file, or a project/],
    [['--project', 'x'], /"x" is no id of a project/],
  ] as const)
    t.match(await asViewer('render', ...args), { code: 2, err: says })
})

t.test('an operator looks at the cache and lets it go', async (t) => {
  t.match((await admin('list')).out, /framecast:user:\S+ +clip +2 +2 B/)
  t.match(JSON.parse((await admin('list', '--json')).out), [{ stage: 'clip', entries: 2, bytes: 2, hits: 0 }])
  const left = async () => (await studio.pool.query('select 1 from content_cache')).rows.length
  t.match(JSON.parse((await admin('evict', '--dry-run', '--json')).out), {
    evicted: [{ scope: userUrn(studio.userId), entries: 2, bytes: 2 }],
    dry_run: true,
  })
  t.equal(await left(), 2)
  t.match((await admin('evict', '--older-than', '50d')).out, '0 entries are gone')
  t.match((await admin('evict')).out, '2 entries are gone')
  t.equal(await left(), 0)
})

t.test('a team looks at its cache, and its administrators let it go', async (t) => {
  const crew = await buildCrew(studio)
  await studio.pool.query(
    `insert into content_cache (scope, stage, content_key, object_key, sha256, size_bytes, last_used_at)
     select $1, stage, repeat(n, 64), 'k' || n, repeat(n, 64), 5, now() - make_interval(days => days)
     from (values ('clip', 'a', 2), ('clip', 'b', 9), ('voice', 'c', 9)) as v (stage, n, days)`,
    [crew.urn],
  )
  const path = `/v1/teams/${crew.teamId}/cache`
  const look = async () =>
    (await read<{ stage: string; entries: number; bytes: number }[]>(crew.viewer.request(path))).body
  t.match(await look(), [
    { stage: 'clip', entries: 2, bytes: 10, hits: 0, last_used_at: String },
    { stage: 'voice', entries: 1 },
    { stage: 'join', entries: 0, bytes: 0, last_used_at: null },
    { stage: 'audio' },
    { stage: 'film' },
  ])
  const evict = (who: typeof crew.admin, query: string) =>
    read(who.request(`${path}${query}`, { method: 'DELETE' }))
  t.equal((await evict(crew.member, '')).status, 403)
  t.equal((await evict(crew.admin, '?older_than=soon')).status, 400)
  t.equal((await evict(crew.admin, '?stage=still')).status, 400)
  t.match(await evict(crew.admin, '?stage=clip&older_than=5d'), {
    status: 200,
    body: { entries: 1, bytes: 5 },
  })
  t.match(await evict(crew.admin, ''), { body: { entries: 2, bytes: 10 } })
  const { rows } = await studio.pool.query(
    `select details from audit_entries where action = 'cache.evicted' order by id`,
  )
  t.match(rows, [{ details: { entries: 1, stage: 'clip' } }, { details: { entries: 2, stage: null } }])
  const own = await read<{ entries: number }[]>(crew.owner.request('/v1/account/cache'))
  t.match(own, { status: 200, body: [{ entries: 0 }] })
  t.match(await read(crew.owner.request('/v1/account/cache', { method: 'DELETE' })), { body: { entries: 0 } })
})
