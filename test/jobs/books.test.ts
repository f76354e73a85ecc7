import fc from 'fast-check'
import t from 'tap'
import { userUrn } from '../../core/access/owner.ts'
import type { UserPrincipal } from '../../core/access/principal.ts'
import { recountStorage } from '../../core/accounts/storage.ts'
import { checkBooks } from '../../core/invariants/check.ts'
import { createAcceptance } from '../../core/jobs/acceptance.ts'
import { type CreditsMode, grant } from '../../core/jobs/credits.ts'
import { cancelJob, completeJob, failJob, startJob } from '../../core/jobs/transitions.ts'
import { readConfig } from '../../core/platform/config.ts'
import { openDatabase, transaction } from '../../core/platform/database.ts'
import { Problem } from '../../core/platform/errors.ts'
import { BUILTIN_WORKFLOWS_DIR, loadWorkflows } from '../../core/workflows/load.ts'
import { anOutput, buildJob, buildTeam, buildUser } from '../support/builders.ts'
import { serverUrlOf, startDatabase } from '../support/postgres.ts'
import { studioEnv } from '../support/studio.ts'

const { url, pool } = await startDatabase(t)
const db = await openDatabase({
  url: serverUrlOf(url),
  poolSize: 4,
  applicationName: 'test',
  statementTimeoutMs: 10_000,
  role: 'app',
})
t.teardown(() => db.close())
const workflows = await loadWorkflows([BUILTIN_WORKFLOWS_DIR])
const store = { endpoint: 'http://127.0.0.1:9', accessKey: 'a', secretKey: 'b', bucket: 'c', region: 'd' }
const acceptanceIn = (mode: CreditsMode) =>
  createAcceptance({
    db,
    workflows,
    config: readConfig({
      ...studioEnv({ url, pool }, store as Parameters<typeof studioEnv>[1], 1),
      COMFYUI_URLS: 'http://127.0.0.1:9',
      CREDITS_MODE: mode,
    }),
  })
const acceptances = {
  enforce: acceptanceIn('enforce'),
  track: acceptanceIn('track'),
  off: acceptanceIn('off'),
}
const MODES = ['enforce', 'track', 'off'] as const
const OWNERS = ['person', 'team', 'membership'] as const

const never = new AbortController().signal
const OPENING = 20

type Owner = (typeof OWNERS)[number]
type Act =
  | { kind: 'create'; owner: Owner; mode: CreditsMode; seconds: number }
  | { kind: 'start' | 'cancel' | 'complete'; job: number }
  | { kind: 'fail'; job: number; how: 'system' | 'validation' | 'timeout' }
  | { kind: 'progress'; job: number; percent: number }
  | { kind: 'grant'; to: 'person' | 'team'; amount: number }

const job = fc.nat({ max: 9 })
const act: fc.Arbitrary<Act> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('create' as const),
      owner: fc.constantFrom(...OWNERS),
      mode: fc.constantFrom(...MODES, 'enforce'),
      seconds: fc.integer({ min: 1, max: 30 }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constantFrom('start', 'cancel', 'complete'), job }) as fc.Arbitrary<Act>,
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('fail' as const),
      job,
      how: fc.constantFrom('system', 'validation', 'timeout'),
    }) as fc.Arbitrary<Act>,
  },
  fc.record({
    kind: fc.constant('progress' as const),
    job,
    percent: fc.double({ min: 0, max: 100, noNaN: true }),
  }),
  fc.record({
    kind: fc.constant('grant' as const),
    to: fc.constantFrom('person', 'team'),
    amount: fc.nat({ max: 60 }),
  }) as fc.Arbitrary<Act>,
)

/** What jobs say of each source and of each owner; entries are asked for nothing but whether a balance was moved. */
async function tallied(sources: readonly string[]) {
  const { rows } = await pool.query<{ source: string; balance: number; moved: number }>(
    `select s.source,
       coalesce((select credits from users where 'framecast:user:' || id = s.source),
                (select credits from teams where 'framecast:team:' || id = s.source)) as balance,
       coalesce((select sum(j.credits_charged - j.credits_refunded)::int from jobs j
         join credit_entries e on e.job_id = j.id and e.kind = 'debit' and e.moves_balance
         where e.source = s.source), 0) as moved
     from unnest($1::text[]) as s (source)`,
    [sources],
  )
  return rows
}

async function counters(owners: readonly string[]) {
  const { rows } = await pool.query(
    `select o.owner, coalesce(u.used, 0) = coalesce(j.used, 0) as used,
       coalesce(u.refunded, 0) = coalesce(j.refunded, 0) as refunded,
       coalesce(u.renders, 0) = coalesce(j.renders, 0) as renders,
       coalesce(u.seconds, 0) = coalesce(j.seconds, 0) as seconds
     from unnest($1::text[]) as o (owner)
     left join (select owner, sum(credits_used) as used, sum(credits_refunded) as refunded, sum(renders_count) as renders,
         sum(render_seconds) as seconds from usage group by owner) as u on u.owner = o.owner
     left join (select owner, sum(credits_charged) as used, sum(credits_refunded) as refunded,
         count(*) filter (where status = 'completed') as renders,
         sum(ceil((output ->> 'duration')::numeric)) as seconds from jobs group by owner) as j on j.owner = o.owner`,
    [owners],
  )
  return rows
}

t.test('whatever happens to jobs, balances and counters stay the sum of it', async (t) => {
  let created = 0
  let refused = 0
  let ended = 0
  await fc.assert(
    fc.asyncProperty(fc.array(act, { minLength: 10, maxLength: 30, size: 'max' }), async (acts) => {
      const user = await buildUser(pool, { credits: OPENING })
      const teamId = await buildTeam(pool, user, { credits: OPENING })
      const principal: UserPrincipal = { ...user, teams: new Map([[teamId, 'owner']]) }
      const urns: Record<Owner, string> = {
        person: userUrn(user.userId),
        team: `framecast:team:${teamId}`,
        membership: `framecast:${teamId}:${user.userId}`,
      }
      const granted = { person: OPENING, team: OPENING }
      const jobs: string[] = []
      for (const step of acts) {
        const id = 'job' in step ? jobs[step.job % Math.max(1, jobs.length)] : undefined
        if (step.kind === 'create') {
          const scene = { id: 'a', prompt: 'A quiet harbor at dawn', duration: step.seconds }
          const spec = { title: 'Two shots', scenes: [scene] }
          try {
            const made = await acceptances[step.mode].accept(principal, { spec, owner: urns[step.owner] })
            jobs.push(made.job.id)
            created += 1
            t.equal(made.job.creditsCharged, step.mode === 'off' ? 0 : step.seconds)
          } catch (error) {
            if (!(error instanceof Problem)) throw error
            t.match(error.code, /CONFLICT|INSUFFICIENT_CREDITS/)
            refused += 1
          }
        } else if (step.kind === 'grant') {
          await transaction(pool, (client) => grant(client, urns[step.to], step.amount, 'a test'))
          granted[step.to] += step.amount
        } else if (id !== undefined) {
          const moved = await transaction(pool, async (client) => {
            switch (step.kind) {
              case 'start':
                return startJob(client, id, 'worker-1')
              case 'cancel':
                return cancelJob(client, id, user.userId)
              case 'complete':
                return completeJob(client, id, { ...anOutput(id), duration: 1 + (jobs.length % 3) / 2 })
              case 'fail':
                return failJob(client, id, step.how, { code: 'x', message: 'y' })
              case 'progress':
                await client.query(
                  `update jobs set progress = progress || jsonb_build_object('percent', $2::numeric)
                   where id = $1 and status = 'processing'`,
                  [id, step.percent.toFixed(4)],
                )
                return false
            }
          })
          if (moved && step.kind !== 'start') ended += 1
        }
        const sources = [urns.person, urns.team]
        for (const { source, balance, moved } of await tallied(sources)) {
          const given = source === urns.person ? granted.person : granted.team
          t.equal(balance + moved, given, `${source} after ${JSON.stringify(step)}`)
        }
        for (const row of await counters(Object.values(urns)))
          t.match(row, { used: true, refunded: true, renders: true, seconds: true })
      }
      t.strictSame(await checkBooks(pool, never), [])
    }),
    { numRuns: 12 },
  )
  t.ok(created > 0 && ended > 0, `${created} created, ${refused} refused, ${ended} ended`)
})

t.test('private work in a team is paid for by the team', async (t) => {
  const user = await buildUser(pool, { credits: 50 })
  const teamId = await buildTeam(pool, user, { credits: 20 })
  const principal: UserPrincipal = { ...user, teams: new Map([[teamId, 'member']]) }
  const spec = { title: 'x', scenes: [{ id: 'a', prompt: 'A quiet harbor', duration: 15 }] }
  const owner = `framecast:${teamId}:${user.userId}`
  const { job } = await acceptances.enforce.accept(principal, { spec, owner })
  const balances = async () =>
    (await tallied([userUrn(user.userId), `framecast:team:${teamId}`])).map(({ balance }) => balance)
  t.strictSame(await balances(), [50, 5])
  await t.rejects(acceptances.enforce.accept(principal, { spec, owner }), { code: 'INSUFFICIENT_CREDITS' })
  await transaction(pool, (client) => cancelJob(client, job.id, user.userId))
  t.strictSame(await balances(), [50, 5 + 13])
})

t.test('a refund goes back only where the charge came from', async (t) => {
  const user = await buildUser(pool, { credits: 50 })
  const spec = { title: 'x', scenes: [{ id: 'a', prompt: 'A quiet harbor', duration: 10 }] }
  const { job } = await acceptances.track.accept(user, { spec })
  await transaction(pool, (client) => cancelJob(client, job.id, user.userId))
  t.match(await tallied([userUrn(user.userId)]), [{ balance: 50 }], 'recorded, but no balance was touched')
  const { rows } = await pool.query('select credits_charged, credits_refunded from jobs where id = $1', [
    job.id,
  ])
  t.strictSame(rows, [{ credits_charged: 10, credits_refunded: 9 }])
})

t.test('a balance, a counter or a job that is off is found, and named', async (t) => {
  t.strictSame(await checkBooks(pool, never), [])
  const user = await buildUser(pool, { credits: 7 })
  const source = userUrn(user.userId)
  const spec = { title: 'x', scenes: [{ id: 'a', prompt: 'A quiet harbor', duration: 5 }] }
  const { job } = await acceptances.enforce.accept(user, { spec })
  t.strictSame(await checkBooks(pool, never), [])

  await pool.query('update users set credits = credits + 1 where id = $1', [user.userId])
  await pool.query('update usage set credits_used = credits_used + 2 where owner = $1', [source])
  await pool.query('alter table jobs disable trigger jobs_guard')
  await pool.query('update jobs set credits_charged = 6 where id = $1', [job.id])
  await pool.query('alter table jobs enable trigger jobs_guard')
  t.match(await checkBooks(pool, never), [
    { rule: 'CREDIT-BALANCE', violations: [{ id: source, detail: '3 instead of 2' }] },
    { rule: 'CREDIT-DEBIT', violations: [{ id: job.id, detail: '5' }] },
    { rule: 'CREDIT-USAGE', violations: [{ id: source, detail: /^7 used .* instead of 5 / }] },
  ])
  // What was broken for the test is put right again.
  await pool.query('update users set credits = credits - 1 where id = $1', [user.userId])
  await pool.query('update usage set credits_used = credits_used - 2 where owner = $1', [source])
  await pool.query('alter table jobs disable trigger jobs_guard')
  await pool.query('update jobs set credits_charged = 5 where id = $1', [job.id])
  await pool.query('alter table jobs enable trigger jobs_guard')
  const busy = await pool.connect()
  await busy.query('begin')
  await busy.query('select pg_advisory_xact_lock($1)', [0x66636263])
  t.equal(await checkBooks(pool, never), null, 'one process looks at a time')
  await busy.query('rollback')
  busy.release()
  await t.rejects(checkBooks(pool, AbortSignal.abort()), { name: 'AbortError' })
})

t.test('stored bytes that were miscounted are counted anew', async (t) => {
  const user = await buildUser(pool)
  const teamId = await buildTeam(pool, user)
  const team = `framecast:team:${teamId}`
  const hidden = `framecast:${teamId}:${user.userId}`
  for (const owner of [userUrn(user.userId), team, hidden]) {
    const id = await buildJob(pool, user, { owner })
    await transaction(pool, async (client) => {
      await startJob(client, id, 'worker-1')
      await completeJob(client, id, anOutput(id))
    })
  }
  await pool.query(
    `insert into asset_files (id, owner, uploaded_by, filename, s3_key, content_type, size_bytes, status)
     select gen_random_uuid(), $1::text, $2, status, status || $1::text, 'image/png', 100, status
     from unnest(array['ready', 'pending', 'failed']) as status`,
    [hidden, user.userId],
  )
  const film = anOutput('').size_bytes
  const ofTeam = { payer: team, was: 2 * film, bytes: 2 * film + 100 }
  t.strictSame(await recountStorage(pool, never), [ofTeam], 'the file was never counted; films were')
  t.strictSame(await recountStorage(pool, never), [])
  await pool.query('update users set ephemeral_storage_bytes = 1 where id = $1', [user.userId])
  t.strictSame(await recountStorage(pool, never), [{ payer: userUrn(user.userId), was: 1, bytes: film }])
})
